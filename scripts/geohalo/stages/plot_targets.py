"""Draw the ranked targets, the concentration-area curve of the map that they were cut from, and what explains both."""

import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.effort import read_effort
from geohalo.files.tables import read_csv
from geohalo.files.targets import EFFORT_COLUMNS
from geohalo.products.concentration_area import concentration_area_curve
from geohalo.products.figures import concentration_area_plot, effort_map, save_figure, target_map
from geohalo.stages.shared.explanation_figures import attribution_figure, fingerprint_figure
from geohalo.stages.shared.plots import deposit_table, map_ground, warned


def plot_targets(
    name: str, variant: str, reach: float, files: dict[str, str], figures: dict[str, str]
) -> None:
    """Write the figures from elements, deposits, the evidence, and tables and maps of the targets.

    Where the map is explained, also those of what elements add, with its files; where exploration effort is known, the
    one of score and effort.
    """
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    ground, known = map_ground(name, survey), deposit_table(files["deposits"])
    score, rank = (read_geotiff(files[key])[0] for key in ("score", "ranks"))
    targets = read_csv(
        files["targets"], keep_default_na=False, na_values=dict.fromkeys(("distance_km", *EFFORT_COLUMNS), "")
    )
    warning = warned(read_csv(files["metrics"]), files["deposit_ranks"], variant, survey, reach)
    drawn = target_map(
        ground,
        score=score,
        rank=rank,
        targets=targets,
        deposits=known,
        areas=read_csv(files["ground"]),
        warned=warning,
    )
    save_figure(drawn, figures["targets"])
    if "effort" in figures:
        effort = read_effort(files["effort"])
        drawn = effort_map(ground, score, effort, rank, targets, known, warning)
        save_figure(drawn, figures["effort"])
    table = read_csv(files["thresholds"])
    curve = concentration_area_curve(score[survey.mask])
    classes = table[table["kind"] == "concentration_area"]
    save_figure(concentration_area_plot(name, *curve, classes), figures["concentration_area"])
    if "attribution" in figures:
        attribution_figure(ground, known, files["attribution"], files["ranks"], figures["attribution"])
        fingerprint_figure(name, files, figures["fingerprints"])
