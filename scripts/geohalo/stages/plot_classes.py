"""Draw the map of classes beside the labels, the folds, and the evidence."""

import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.figures import (
    class_comparison,
    class_folds_map,
    class_map,
    confusion_plot,
    history_plot,
    save_figure,
)
from geohalo.stages.shared.plots import map_ground


def plot_classes(name: str, variant: str, files: dict[str, str], figures: dict[str, str]) -> None:
    """Write the figures; ``files`` has elements, labels, folds, metrics, classes, confusion and history."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    ground = map_ground(name, survey)
    labelled, *part = read_geotiff(files["labels"])
    classes, metrics = read_geotiff(files["classes"])[0], read_csv(files["metrics"])
    drawn = class_map(ground, classes, labelled, metrics, variant, masked=bool(part))
    save_figure(drawn, figures["class_map"])
    save_figure(class_folds_map(ground, read_geotiff(files["folds"])), figures["folds"])
    save_figure(confusion_plot(name, read_csv(files["confusion"]), variant), figures["confusion"])
    save_figure(class_comparison(name, metrics), figures["metrics"])
    save_figure(history_plot(name, read_csv(files["history"]), "labels"), figures["history"])
