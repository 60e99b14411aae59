"""Draw the anomaly maps, the truth beside them where it is known, and the evidence."""

import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.anomaly_figures import MapEvidence
from geohalo.products.figures import anomaly_map, save_figure, truth_map
from geohalo.stages.shared.evidence_figures import evidence_figures
from geohalo.stages.shared.plots import deposit_table, interval, map_ground, warned


def plot_anomalies(
    name: str, variant: str, reach: float, files: dict[str, str], figures: dict[str, str]
) -> None:
    """Write the figures from elements, deposits, maps and the tables of evidence; perhaps truth and realisations."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    ground, known = map_ground(name, survey), deposit_table(files["deposits"])
    metrics, drawn = read_csv(files["metrics"]), set()
    if "realisations" in files:
        # The evidence of what is drawn: their mean.
        measured = read_csv(files["realisations"])
        metrics = measured[measured["realisation"] == "mean"]
        drawn = set(measured["realisation"]) - {"interpolated", "mean"}
    evidence = MapEvidence(
        capture=interval(metrics, variant, "held_out", "capture"),
        above_decoys=interval(metrics, variant, "held_out", "above_decoys"),
        random=interval(metrics, variant, "random", "capture")[0],
        realisations=len(drawn),
        warned=warned(metrics, files["deposit_ranks"], variant, survey, reach),
    )
    score, heldout = (read_geotiff(files[file])[0] for file in ("score", "heldout_score"))
    save_figure(anomaly_map(ground, score, known, evidence, "final"), figures["anomaly_map"])
    save_figure(anomaly_map(ground, heldout, known, evidence, "held-out"), figures["heldout_map"])
    if "truth" in files:
        with xr.open_dataset(files["truth"]) as truth:
            near = truth.reindex(
                x=survey.grid.x, y=survey.grid.y, method="nearest", tolerance=survey.grid.cell
            )
        halo, false, overburden = (
            near[layer].where(survey.mask).to_numpy() for layer in ("halo", "false", "overburden")
        )
        save_figure(truth_map(ground, halo, false, overburden, heldout, known), figures["truth"])
    evidence_figures(name, files, figures)
