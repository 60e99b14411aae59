"""Make the anomaly maps: trained on all deposits, and put together from the held-out folds."""

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.evidence.blended import blended_rank
from geohalo.evidence.folds import fold_map
from geohalo.evidence.recalibration import fit_recalibration
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.maps import write_map
from geohalo.files.scores import read_between, read_mean, read_scores
from geohalo.files.tables import read_csv


def map_anomalies(elements: str, scores: str, folder: str, radius: float, maps: dict[str, str]) -> str:
    """Write score and spread of the final map, its probability, and the held-out rank with the fold that it is from.

    Scores of several realisations also have a spread between them, ``interpolation_spread``. Returns a line for
    the log.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    mean, spread = read_scores(scores, "final", survey)
    folds = read_folds(folder, "held_out", survey.mask)
    deposits = read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
    fold = fold_map(folds, survey.cells, deposits)
    held_out = read_mean(scores, "held_out", survey)
    tests = pd.concat([folds.test(number) for number in range(folds.n_folds)])
    tested = held_out[tests["fold"], tests["cell"]]
    fitted = fit_recalibration(tests["label"].to_numpy(), tested, tests["group"].to_numpy())
    images = {"score": mean, "spread": spread, "probability": fitted.probability(mean)}
    images["heldout_score"] = blended_rank(held_out, folds, survey.cells, deposits, radius)[None]
    if "interpolation_spread" in maps:
        images["interpolation_spread"] = read_between(scores, "final", survey)
    for name, image in images.items():
        write_map(survey, survey.image(image.astype(np.float32)), maps[name], np.nan, [name])
    write_map(survey, survey.image(fold[None].astype(np.int16), fill=-1), maps["fold"], -1, ["fold"])
    return str(fitted)
