"""What one workflow of a consensus comes to: its evidence, and its map on the grid of the survey."""

from pathlib import Path

import numpy as np
import xarray as xr
from scipy.spatial import KDTree

from geohalo.evidence.evaluate import per_deposit
from geohalo.evidence.metrics import percentile_rank
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.scores import read_scores
from geohalo.files.tables import read_csv


def measure_workflow(scores: str, radius: float, cells: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return held-out capture and share of decoys outranked of one workflow, and the ranks of its map at some cells.

    Deposits are measured within the same radius whatever radius the workflow learned with. Ranks are read in the
    nearest cell of the workflow's own grid; NaN where its map does not reach.
    """
    with xr.open_dataset(scores) as data:
        survey = Survey.of(data)
    folder = str(Path(scores).parent / "folds")
    folds = read_folds(folder, "held_out", survey.mask)
    places = read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
    held_out, _ = read_scores(scores, "held_out", survey)
    ranks = per_deposit(held_out, folds, survey.cells, places, {"radius": radius})
    known = percentile_rank(read_scores(scores, "final", survey)[0][0]).astype(np.float32)
    distance, nearest = KDTree(survey.cells).query(cells, distance_upper_bound=survey.grid.cell)
    known = np.append(known, np.float32(np.nan))[nearest]
    return (
        ranks["capture"].mean(),
        ranks["above_decoys"].mean(),
        np.where(np.isfinite(distance), known, np.nan),
    )
