"""Judge scores that were learned on another survey by the deposits of this one, and make the map."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from _cells import Survey, surveyed_places, write_geotiff
from _folds import read_folds
from _job import job, whole
from _scores import read_mean, read_scores
from geohalo.evidence.controls import PROBABILITY_CONTROLS
from geohalo.evidence.evaluate import measure
from geohalo.evidence.judged import judged_places
from geohalo.products.styles import is_variant


def measure_transfer(
    files: dict[str, str], folder: str, samples: str | None, about: dict, labels: dict, bootstrap: int
) -> pd.DataFrame:
    """Return the metrics of every method; deposits, decoys and test cells are those of the survey's held-out folds."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    with xr.open_dataset(files["scores"]) as data:
        methods = [str(name) for name in data["method"].to_numpy()]
    folds = read_folds(folder, "held_out", survey.mask)
    places = pd.read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
    sampled = surveyed_places(samples)[0] if samples else None
    judged = judged_places(folds, survey.cells, places, labels, bootstrap, labels["seed"], sampled)
    parts = []
    for method in methods:
        # One map, which knows no deposit of this survey: the same for every fold.
        alike = np.broadcast_to(
            read_mean(files["scores"], "transfer", survey, method), folds.held_out_region.shape
        )
        part = measure(alike, judged, is_variant(method) or method in PROBABILITY_CONTROLS).metrics
        scales = about["scales"] if is_variant(method) else ""
        parts.append(part.assign(**about | {"variant": method, "scales": scales, "split": "transfer"}))
    columns = ["survey", "source", "variant", "scales", "split", *parts[0].columns[:5]]
    mean, spread = read_scores(files["scores"], "transfer", survey, methods[0])
    bands = survey.image(np.concatenate([mean, spread]).astype(np.float32))
    write_geotiff(survey, bands, files["map"], nodata=np.nan, names=["score", "spread"])
    return pd.concat(parts)[columns]


if __name__ == "__main__":
    with job(snakemake):
        paths, params = snakemake.input, snakemake.params
        files = {"elements": paths.elements, "scores": paths.scores, "map": snakemake.output.map}
        given = (str(Path(paths.folds[0]).parent), paths.get("samples"), params.about, params.labels)
        table = measure_transfer(files, *given, params.bootstrap)
        with whole(snakemake.output.metrics) as beside:
            table.to_csv(beside, index=False)
