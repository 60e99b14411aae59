"""Draw the anomaly maps, and the truth beside them where it is known."""

import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.figures import anomaly_map, save_figure, truth_map
from geohalo.stages.shared.plots import deposit_table, ground, interval, warned


def plot_anomalies(
    name: str, variant: str, reach: float, files: dict[str, str], figures: dict[str, str]
) -> None:
    """Write the figures from elements, deposits, metrics, deposit_ranks, maps; perhaps truth and realisations."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    where, known, metrics = (
        ground(name, survey),
        deposit_table(files["deposits"]),
        read_csv(files["metrics"]),
    )
    drawn = set()
    if "realisations" in files:
        # The evidence of what is drawn: their mean.
        measured = read_csv(files["realisations"])
        metrics = measured[measured["realisation"] == "mean"]
        drawn = set(measured["realisation"]) - {"interpolated", "mean"}
    evidence = {
        "capture": interval(metrics, variant, "held_out", "capture"),
        "above_decoys": interval(metrics, variant, "held_out", "above_decoys"),
        "random": interval(metrics, variant, "random", "capture")[0],
        "realisations": len(drawn),
        "warned": warned(metrics, files["deposit_ranks"], variant, survey, reach),
    }
    for figure, file, kind in (
        ("anomaly_map", "score", "final"),
        ("heldout_map", "heldout_score", "held-out"),
    ):
        score = read_geotiff(files[file])[0]
        save_figure(anomaly_map(**where, score=score, deposits=known, **evidence, kind=kind), figures[figure])
    if "truth" in files:
        with xr.open_dataset(files["truth"]) as truth:
            near = truth.reindex(
                x=survey.grid.x, y=survey.grid.y, method="nearest", tolerance=survey.grid.cell
            )
        layers = {
            layer: near[layer].where(survey.mask).to_numpy() for layer in ("halo", "false", "overburden")
        }
        score = read_geotiff(files["heldout_score"])[0]
        save_figure(truth_map(**where, **layers, score=score, deposits=known), figures["truth"])
