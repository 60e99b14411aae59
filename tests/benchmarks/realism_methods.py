"""Simple methods on the folds of a survey that the workflow has prepared, and how many decoys each outranks."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from geohalo.control_table import LEARNERS
from geohalo.evidence.controls import SCALE_ARRAYS, Ground, score_control
from geohalo.evidence.decoy_metrics import decoy_cells, probability_higher
from geohalo.evidence.draws import DECOY_DRAW
from geohalo.evidence.folds import Folds
from scipy.spatial import KDTree

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.files.cells import Survey, read_cells
from geohalo.files.folds import read_folds

SCHEMES = ("inner", "held_out")
METHODS = (
    "superpixel_contrast", "gradient_boosting", "random_forest", "logistic", "best_element", "sparse_logistic",
    "pathfinder_index", "commodity_index",
)  # fmt: skip


def prepared(folder: Path, commodities: list[str]) -> tuple[Ground, list[Folds]]:
    """Read what the workflow left of a survey: the ground, and the folds of `SCHEMES`."""
    with xr.open_dataset(folder / "cube.nc") as data:
        survey = Survey.of(data)
        values = read_cells(data, "cube", survey).T
        names = [str(name) for name in data["element"].to_numpy()]
    folds = [read_folds(str(folder / "folds"), scheme, survey.mask) for scheme in SCHEMES]
    scales = []
    for graph in sorted((folder / "graph").glob("*.npz")):
        with np.load(graph, allow_pickle=False) as arrays:
            scales.append({name: arrays[name] for name in SCALE_ARRAYS})
    deposits = pd.read_csv(folder / "folds" / "deposits.csv")[["x", "y"]].to_numpy()
    sought = [names.index(name) for name in commodities if name in names]
    return Ground(values, survey.cells, deposits, survey.cells[:1], scales, sought), folds


def scores_of(name: str, ground: Ground, folds: Folds, asked: np.ndarray) -> np.ndarray:
    """Return the score (F, N) of every cell by a control, or of those that are asked for; NaN where it has none."""
    if name not in LEARNERS:
        return score_control(name, ground, [folds])[0][0]
    # They look at one cell at a time, so that the ones that nobody asks for can be left out.
    used = np.union1d(asked, folds.cells.loc[folds.cells["draw"] >= 0, "cell"])
    table = folds.cells[folds.cells["cell"].isin(used)]
    few = replace(folds, cells=table.assign(cell=np.searchsorted(used, table["cell"])))
    scores = np.full((folds.n_folds, len(ground.cube)), np.nan)
    scores[:, used] = score_control(name, replace(ground, cube=ground.cube[used]), [few])[0][0]
    return scores


def outranked(scores: np.ndarray, folds: Folds, around: list[np.ndarray]) -> float:
    """Return the mean over held-out deposits of the share of their fold's decoys that they outrank.

    As `geohalo.evidence.decoy_metrics.outranked_decoys` measures it, which needs the scores (F, N) of all cells; here
    those of the deposits' cells and of the decoys' will do.
    """
    shares = []
    for deposit, fold in enumerate(folds.deposit_fold):
        decoys = decoy_cells(folds, fold) if fold >= 0 else []
        mine = scores[fold, around[deposit]]
        if decoys:
            shares.append(np.mean([probability_higher(mine, scores[fold, decoy]) for decoy in decoys]))
    return float(np.mean(shares))


def method_table(folder: Path, radius: float, commodities: list[str]) -> dict[tuple[str, str], float]:
    """Return decoys outranked by each method in each scheme that has folds, by (scheme, method)."""
    ground, every = prepared(folder, commodities)
    near = KDTree(ground.cells).query_ball_point(ground.deposits, radius)
    around = [np.asarray(cells, dtype=int) for cells in near]
    found = {}
    for scheme, folds in zip(SCHEMES, every, strict=True):
        decoys = folds.cells.loc[folds.cells["draw"] == DECOY_DRAW, "cell"]
        asked = np.unique(np.concatenate([*around, decoys])).astype(int)
        for name in METHODS if folds.n_folds else ():
            if name != "commodity_index" or ground.sought:
                found[scheme, name] = outranked(scores_of(name, ground, folds, asked), folds, around)
    return found
