"""How far held-out deposits stand above decoys, which were held out alike (`geohalo.evidence.decoys`)."""

from typing import Any

import numpy as np

from geohalo.evidence import metrics, statistics
from geohalo.evidence.folds import Folds

DECOY_METRICS = ("above_decoys", "decoy_capture")


def outranked_decoys(
    scores: np.ndarray, folds: Folds, fold: np.ndarray, around: list[np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Compare deposits with the decoys of the fold that held them out.

    Parameters
    ----------
    scores : (F, N) array
        Anomaly score of every cell by the model of each fold; larger is more anomalous.
    folds : Folds
    fold : (D,) int array
        Fold that held out each deposit.
    around : list of (M,) int arrays
        Cells of each deposit.

    Returns
    -------
    list of (share, capture), one for each fold
        ``share`` (deposits of the fold, K) is the probability that a cell of the deposit scores
        higher than one of the decoy, ties half; ``capture`` (K,) the mean percentile rank of each
        decoy's cells in the map of the fold.
    """
    found = []
    for one in range(folds.n_folds):
        rows = folds.decoys(one)
        score, number = scores[one], rows["deposit"].to_numpy()
        of_decoys = [rows["cell"].to_numpy()[number == k] for k in range(number.max(initial=-1) + 1)]
        rank = metrics.percentile_rank(score) if of_decoys else np.empty(0)
        mine = [around[k] for k in np.flatnonzero(fold == one)]
        share = [[_probability_higher(score[near], score[decoy]) for decoy in of_decoys] for near in mine]
        found.append(
            (
                np.reshape(share, (len(mine), len(of_decoys))),
                np.array([rank[decoy].mean() for decoy in of_decoys]),
            )
        )
    return found


def _probability_higher(these: np.ndarray, those: np.ndarray) -> float:
    """Return the share of pairs in which the first is higher; ties count half."""
    ordered = np.sort(those)
    lower = np.searchsorted(ordered, these, "left") + np.searchsorted(ordered, these, "right")
    return float(lower.mean() / (2 * len(ordered)))


def above_decoys(compared: list[tuple[np.ndarray, np.ndarray]], fold: np.ndarray) -> np.ndarray:
    """Return the mean share (D,) of the decoys that each deposit outranks; NaN without decoys."""
    above = np.full(len(fold), np.nan)
    for one, (share, _) in enumerate(compared):
        if share.shape[1]:
            above[fold == one] = share.mean(axis=1)
    return above


def decoy_rows(
    compared: list[tuple[np.ndarray, np.ndarray]],
    fold: np.ndarray,
    group: np.ndarray,
    weights: np.ndarray,
    seed: int,
) -> list[tuple[Any, ...]]:
    """Return the rows of the decoy metrics, with intervals over groups of deposits and over decoys.

    Parameters
    ----------
    compared : list of (share, capture)
        Of `outranked_decoys`.
    fold, group : (D,) int arrays
        Fold that held out each deposit, and its group.
    weights : (n_draws, G) array
        How often each group counts in each draw.
    seed : int
        Seed of the draws of decoys.

    Returns
    -------
    list of (metric, estimate, low, high, n)
        NaN without decoys; ``n`` is the number of decoys that deposits were compared with.
    """
    n_draws, captures = len(weights), [capture for share, capture in compared if share.size]
    sums, counts = np.zeros((2, n_draws)), np.zeros((2, n_draws))
    for one, (share, capture) in enumerate(compared):
        if share.size == 0:
            continue
        drawn = statistics.resample_groups(len(capture), n_draws, seed + 1 + one)
        mine = weights[:, group[fold == one]]
        # A deposit counts as often as its group was drawn, against the decoys as often as they were.
        sums[0] += np.einsum("bd,dk,bk->b", mine, share, drawn) / len(capture)
        sums[1] += drawn @ capture
        counts[0] += mine.sum(axis=1)
        counts[1] += len(capture)
    above = above_decoys(compared, fold)
    estimates = (
        float(np.nanmean(above)) if captures else np.nan,
        float(np.concatenate(captures).mean()) if captures else np.nan,
    )
    return [
        (
            name,
            estimate,
            *statistics.percentile_interval(statistics.ratio(total, count)),
            sum(map(len, captures)),
        )
        for name, estimate, total, count in zip(DECOY_METRICS, estimates, sums, counts, strict=True)
    ]
