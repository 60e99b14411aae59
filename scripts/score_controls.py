"""Score the controls on the folds of the network."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from _cells import Survey, surveyed_places
from _folds import read_folds
from _job import job
from _scores import write_scores
from geohalo.evidence.controls import score_control
from geohalo.evidence.folds import SCHEMES


def score(
    cube: str, places: str, folder: str, controls: list[str], threads: int, scores: str, log: Any
) -> None:
    """Write the scores of all controls."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        values = data["cube"].to_numpy()[:, survey.mask].T
    samples, _ = surveyed_places(places)
    deposits = pd.read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
    result = {}
    for scheme in SCHEMES:
        folds = read_folds(folder, scheme, survey.mask)
        if folds.n_folds == 0 or not controls:
            continue
        each = [
            score_control(name, values, survey.cells, deposits, samples, folds, n_jobs=threads)
            for name in controls
        ]
        result[scheme] = tuple(np.stack(part) for part in zip(*each, strict=True))
        log.info(f"{len(controls)} controls, scheme {scheme}")
    write_scores(survey, result, scores, controls)


if __name__ == "__main__":
    with job(snakemake) as log:
        folder = str(Path(snakemake.input.folds[0]).parent)
        arguments = {"controls": snakemake.params.controls, "threads": snakemake.threads, "log": log}
        score(
            snakemake.input.cube, snakemake.input.places, folder, scores=snakemake.output.scores, **arguments
        )
