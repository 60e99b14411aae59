"""Where the maps of a scheme are read: what all scores of one survey share, worked out once.

In the schemes that hold out deposits, a deposit's cells are all those within the label radius, in
the map of the fold that held the deposit out. In ``inner`` they are those of them that are
validation cells, in the map of the inner fold that validated the deposit: cells in the region of the
deposits that this fold hides do not count, and a deposit without any other cell is no part of the
evidence. In ``random`` each of these cells is taken from the map of the fold that held out this one
cell; those that none did, since an unreachable deposit lies nearer, do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.evidence import statistics
from geohalo.evidence.decoy_metrics import decoy_cells, decoy_centre
from geohalo.evidence.folds import NONE, TEST_DRAW, Folds
from geohalo.evidence.sample_auc import SampledPlaces, sampled_places


@dataclass(frozen=True)
class JudgedPlaces:
    """Deposits, decoys, test cells and samples of a scheme, and how often each group counts.

    Attributes
    ----------
    folds : Folds
    deposit, group, fold, own : (K,) int arrays
        The deposits that are measured, their groups, the fold whose map each deposit's own cell (the
        one with the nearest centre) is read in, and that cell.
    around : list of (M,) int arrays
        All cells of each deposit.
    around_fold : list of (M,) int arrays
        The fold that held out each of them.
    decoys : list of list of (M,) int arrays
        Cells of each decoy of each fold.
    centres : list of int arrays
        Cells at the centres of each fold's decoys.
    tests : list of pandas.DataFrame
        ``cell``, ``label`` and ``group`` of the test cells of each fold.
    weights : (n_draws, G) int array
        How often each group counts in each bootstrap draw; no row where there is one group.
    samples : SampledPlaces or None
        What the open benchmark's protocol compares.
    seed : int
        Seed of the draws.
    """

    folds: Folds
    deposit: np.ndarray
    group: np.ndarray
    fold: np.ndarray
    own: np.ndarray
    around: list[np.ndarray]
    around_fold: list[np.ndarray]
    decoys: list[list[np.ndarray]]
    centres: list[np.ndarray]
    tests: list[pd.DataFrame]
    weights: np.ndarray
    samples: SampledPlaces | None
    seed: int


def judged_places(
    folds: Folds,
    cells: np.ndarray,
    deposits: np.ndarray,
    labels: Mapping[str, Any],
    n_bootstrap: int,
    seed: int,
    samples: np.ndarray | None = None,
) -> JudgedPlaces:
    """Work out where the maps of a scheme are read.

    Parameters
    ----------
    folds : Folds
        Any scheme but ``final``, with at least one fold.
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits.
    labels : mapping
        The section ``labels`` of the config; only ``radius`` is used.
    n_bootstrap : int
        Bootstrap draws over deposit groups.
    seed : int
        Seed of the draws; the same seed draws the same groups for every score, so that intervals
        compare.
    samples : (S, 2) array, optional
        Metric coordinates of the survey's samples, for the open benchmark's protocol.

    Returns
    -------
    JudgedPlaces

    Raises
    ------
    ValueError
        If the scheme holds out nothing or has no folds.
    """
    _check_evidence(folds)
    tree, radius = KDTree(cells), labels["radius"]
    tests = [folds.test(one)[["cell", "label", "group"]] for one in range(folds.n_folds)]
    ids, own, around = _deposit_cells(folds, tree, deposits, radius, tests)
    decoys = [decoy_cells(folds, one) for one in range(folds.n_folds)]
    centres = [np.array([decoy_centre(tree, one, radius) for one in part], np.int64) for part in decoys]
    fold, around_fold = _holding_folds(folds, ids, own, around)
    return JudgedPlaces(
        folds,
        ids,
        folds.deposit_group[ids],
        fold,
        own,
        around,
        around_fold,
        decoys,
        centres,
        tests,
        _weights(folds, ids, n_bootstrap, seed),
        None if samples is None else sampled_places(samples, tree, deposits, ids, seed),
        seed,
    )


def _weights(folds: Folds, ids: np.ndarray, n_bootstrap: int, seed: int) -> np.ndarray:
    """Draw how often each group counts, (n_draws, G); groups that are not tested at all are not drawn."""
    n_groups = int(folds.deposit_group.max()) + 1
    # An inner split may lose the validation cells of a group, which is drawn all the same.
    drawn = np.arange(n_groups) if folds.scheme == "inner" else np.unique(folds.deposit_group[ids])
    counts = statistics.resample_groups(len(drawn), n_bootstrap if len(drawn) > 1 else 0, seed)
    weights = np.zeros((len(counts), n_groups), dtype=counts.dtype)
    weights[:, drawn] = counts
    return weights


def _check_evidence(folds: Folds) -> None:
    """Stop where the maps of a scheme are no evidence."""
    if folds.scheme == "final":
        raise ValueError("the final scheme holds out nothing, so its map is no evidence")
    if folds.n_folds == 0:
        raise ValueError(f"the scheme {folds.scheme} has no folds: there is nothing to measure")


def _deposit_cells(
    folds: Folds, tree: KDTree, deposits: np.ndarray, radius: float, tests: list[pd.DataFrame]
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return the deposits (K,) to measure, their own cells (K,), and all cells of each."""
    # time, status and type learn from the deposits that they do not test, and test each of the others once.
    tested = (folds.deposit_fold != NONE) | (folds.scheme == "random")
    ids = np.flatnonzero((folds.deposit_group != NONE) & tested)
    around = [np.asarray(near, dtype=np.int64) for near in tree.query_ball_point(deposits[ids], radius)]
    if folds.scheme not in ("inner", "random"):
        return ids, tree.query(deposits[ids])[1], around
    validated = np.zeros((folds.n_folds, tree.n), dtype=bool)
    for one, test in enumerate(tests):
        validated[one, test.loc[test["label"] == 1, "cell"]] = True
    if folds.scheme == "random":
        # Whichever fold tests it. None does where a deposit that is unreachable lies nearer.
        validated[:] = validated.any(axis=0)
    seen = [near[validated[folds.deposit_fold[one], near]] for one, near in zip(ids, around, strict=True)]
    kept = [k for k, near in enumerate(seen) if len(near)]
    around = [seen[k] for k in kept]
    nearest = [
        near[np.argmin(np.hypot(*(tree.data[near] - deposits[one]).T))]
        for one, near in zip(ids[kept], around, strict=True)
    ]
    return ids[kept], np.asarray(nearest, dtype=np.int64), around


def _holding_folds(
    folds: Folds, ids: np.ndarray, own: np.ndarray, around: list[np.ndarray]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the fold that held out the own cell of each deposit (K,), and those that held out each cell around it."""
    sizes = [len(near) for near in around]
    deposit = np.concatenate([ids, np.repeat(ids, sizes)])
    held = _holding_fold(folds, deposit, np.concatenate([own, *around]))
    return held[: len(ids)], np.split(held[len(ids) :], np.cumsum(sizes)[:-1])


def _holding_fold(folds: Folds, deposit: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return the fold that held out each pair of a deposit and one of its cells."""
    if folds.scheme != "random":
        return folds.deposit_fold[deposit]
    tested = folds.cells[(folds.cells["draw"] == TEST_DRAW) & (folds.cells["label"] == 1)]
    fold_of_cell = np.full(folds.held_out_region.shape[1], NONE)
    fold_of_cell[tested["cell"]] = tested["fold"]
    return fold_of_cell[cell]
