"""Draw the ranked targets, and the concentration-area curve of the map that they were cut from."""

import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.concentration_area import concentration_area_curve
from geohalo.products.figures import concentration_area_plot, save_figure, target_map
from geohalo.stages.shared.plots import deposit_table, map_ground, warned


def plot_targets(
    name: str, variant: str, reach: float, files: dict[str, str], figures: dict[str, str]
) -> None:
    """Write both figures from elements, deposits, tables and maps of the targets, and the evidence."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    score, rank = (read_geotiff(files[key])[0] for key in ("score", "ranks"))
    targets = read_csv(files["targets"], keep_default_na=False, na_values={"distance_km": ""})
    drawn = target_map(
        map_ground(name, survey),
        score=score,
        rank=rank,
        targets=targets,
        deposits=deposit_table(files["deposits"]),
        areas=read_csv(files["ground"]),
        warned=warned(read_csv(files["metrics"]), files["deposit_ranks"], variant, survey, reach),
    )
    save_figure(drawn, figures["targets"])
    table = read_csv(files["thresholds"])
    curve = concentration_area_curve(score[survey.mask])
    classes = table[table["kind"] == "concentration_area"]
    save_figure(concentration_area_plot(name, *curve, classes), figures["concentration_area"])
