"""Make the anomaly maps: trained on all deposits, and put together from the held-out folds."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from _cells import Survey, write_geotiff
from _folds import read_folds
from _job import job
from _scores import read_between, read_mean, read_scores
from geohalo.evidence.folds import fold_map


def map_anomalies(elements: str, scores: str, folder: str, maps: dict[str, str]) -> None:
    """Write score and spread of the final map, and the held-out score with the fold that it is from.

    Scores of several realisations also have a spread between them, ``interpolation_spread``.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    mean, spread = read_scores(scores, "final", survey)
    folds = read_folds(folder, "held_out", survey.mask)
    deposits = pd.read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
    fold = fold_map(folds, survey.cells, deposits)
    held_out = np.take_along_axis(read_mean(scores, "held_out", survey), fold[None], axis=0)
    images = {"score": mean, "spread": spread, "heldout_score": held_out}
    if "interpolation_spread" in maps:
        images["interpolation_spread"] = read_between(scores, "final", survey)
    for name, image in images.items():
        write_geotiff(survey, survey.image(image.astype(np.float32)), maps[name], nodata=np.nan, names=[name])
    write_geotiff(
        survey, survey.image(fold[None].astype(np.int16), fill=-1), maps["fold"], nodata=-1, names=["fold"]
    )


if __name__ == "__main__":
    with job(snakemake):
        folder = str(Path(snakemake.input.folds[0]).parent)
        map_anomalies(
            snakemake.input.elements, snakemake.input.scores, folder, dict(snakemake.output.items())
        )
