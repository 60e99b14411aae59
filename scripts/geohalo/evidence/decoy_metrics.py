"""How far held-out deposits stand above decoys, which were held out in the same way (`geohalo.evidence.decoys`)."""

from typing import Any

import numpy as np
from scipy.spatial import KDTree

from geohalo.evidence import metrics, statistics
from geohalo.evidence.folds import Folds

DECOY_METRICS = ("above_decoys", "decoy_capture")


def decoy_cells(folds: Folds, fold: int) -> list[np.ndarray]:
    """Return the cells (M,) of each decoy of one fold."""
    rows = folds.decoys(fold)
    number, cell = rows["deposit"].to_numpy(), rows["cell"].to_numpy()
    return [cell[number == k] for k in range(number.max(initial=-1) + 1)]


def decoy_centre(tree: KDTree, around: np.ndarray, radius: float) -> int:
    """Return the cell that a decoy was drawn at.

    It is the cell whose surroundings within the label radius are the decoy's cells. At the edge of
    the survey that need not be their middle, which is where it is looked for first.

    Parameters
    ----------
    tree : KDTree
        Of the metric coordinates of the N cells' centres.
    around : (M,) int array
        The decoy's cells.
    radius : float
        Label radius in metres.

    Returns
    -------
    int
        The cell nearest to their middle where there is no such cell.
    """
    places, wanted = tree.data[around], np.sort(around)
    outwards = np.argsort(((places - places.mean(axis=0)) ** 2).sum(axis=1), kind="stable")
    # A centre reaches the cells that lie farthest out.
    far = [places[(places @ way).argmax()] for way in ([1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1])]
    reach = np.all([np.hypot(*(places - end).T) <= radius * (1 + 1e-9) for end in far], axis=0)
    for one in around[outwards[reach[outwards]]]:
        if np.array_equal(tree.query_ball_point(tree.data[one], radius, return_sorted=True), wanted):
            return int(one)
    return int(around[outwards[0]])


def outranked_decoys(
    scores: np.ndarray,
    folds: Folds,
    fold: np.ndarray,
    around: list[np.ndarray],
    decoys: list[list[np.ndarray]] | None = None,
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
    decoys : list of list of (M,) int arrays, optional
        `decoy_cells` of each fold, for those who have them at hand.

    Returns
    -------
    list of (share, capture), one for each fold
        ``share`` (deposits of the fold, K) is the probability that a cell of the deposit scores
        higher than one of the decoy, ties half; ``capture`` (K,) the mean percentile rank of each
        decoy's cells in the map of the fold.
    """
    found = []
    for one in range(folds.n_folds):
        score = scores[one]
        of_decoys = decoy_cells(folds, one) if decoys is None else decoys[one]
        mine = [around[k] for k in np.flatnonzero(fold == one)]
        share = [[probability_higher(score[near], score[decoy]) for decoy in of_decoys] for near in mine]
        capture = np.empty(0)
        if of_decoys:
            rank = metrics.percentile_rank(score, np.concatenate(of_decoys))
            sizes = [len(decoy) for decoy in of_decoys]
            capture = metrics.capture(rank, np.repeat(np.arange(len(sizes)), sizes), len(sizes))
        found.append((np.reshape(share, (len(mine), len(of_decoys))), capture))
    return found


def probability_higher(these: np.ndarray, those: np.ndarray) -> float:
    """Return the share of pairs in which the first is higher; ties count half.

    Parameters
    ----------
    these, those : (A,) and (B,) arrays
        Scores; neither may be empty.
    """
    ordered = np.sort(those)
    lower = np.searchsorted(ordered, these, "left") + np.searchsorted(ordered, these, "right")
    return float(lower.mean() / (2 * len(ordered)))


def ranked_pairs(
    scores: np.ndarray, fold: np.ndarray, own: np.ndarray, centres: list[np.ndarray]
) -> list[np.ndarray]:
    """Compare each deposit's own cell with the centre of each decoy that was held out with it.

    It is the spatial leave-pair-out AUC of Airola et al.: a positive and a negative are both held
    out, with the ground within the buffer of either, and the share of pairs that a model without
    them ranks right is an AUC without the bias of pooling the predictions of several models. It
    differs from theirs in two ways, both to save training. Theirs trains a model for each pair;
    here the pairs of a fold share a model, which does without all deposits and decoys of the fold.
    And whole groups of deposits are held out, never one deposit of a group. With one deposit and
    one decoy in each fold the two are the same.

    Parameters
    ----------
    scores : (F, N) array
        Anomaly score of every cell by the model of each fold; larger is more anomalous.
    fold, own : (D,) int arrays
        Fold that held out each deposit, and its own cell.
    centres : list of (K,) int arrays
        Cells at the centres of each fold's decoys.

    Returns
    -------
    list of (deposits of the fold, K) arrays
        1 where the deposit scores higher, 0.5 for a tie, else 0.

    References
    ----------
    Airola et al. (2019), The spatial leave-pair-out cross-validation method for reliable AUC
    estimation of spatial classifiers, Data Mining and Knowledge Discovery 33.
    """
    pairs = []
    for one, centre in enumerate(centres):
        mine, theirs = scores[one, own[fold == one]][:, None], scores[one, centre]
        pairs.append((mine > theirs) + 0.5 * (mine == theirs))
    return pairs


def above_decoys(compared: list[tuple[np.ndarray, np.ndarray]], fold: np.ndarray) -> np.ndarray:
    """Return the mean share (D,) of the decoys that each deposit outranks; NaN without decoys."""
    return _deposit_means([share for share, _ in compared], fold)


def _deposit_means(shares: list[np.ndarray], fold: np.ndarray) -> np.ndarray:
    """Return the mean (D,) over the decoys of each deposit's fold; NaN without decoys."""
    above = np.full(len(fold), np.nan)
    for one, share in enumerate(shares):
        if share.shape[1]:
            above[fold == one] = share.mean(axis=1)
    return above


def _drawn_means(
    shares: list[np.ndarray], fold: np.ndarray, group: np.ndarray, weights: np.ndarray, seed: int
) -> np.ndarray:
    """Return the mean over deposits of every draw (n_draws,) of groups and of decoys."""
    total, count = np.zeros(len(weights)), np.zeros(len(weights))
    for one, share in enumerate(shares):
        if share.size:
            drawn = _drawn_decoys(share.shape[1], len(weights), seed, one)
            mine = weights[:, group[fold == one]]
            # A deposit counts as often as its group was drawn, against the decoys as often as they were.
            total += ((mine @ share) * drawn).sum(axis=1) / share.shape[1]
            count += mine.sum(axis=1)
    return statistics.ratio(total, count)


def _drawn_decoys(n_decoys: int, n_draws: int, seed: int, fold: int) -> np.ndarray:
    """Return how often each decoy of a fold counts in each draw."""
    return statistics.resample_groups(n_decoys, n_draws, seed + 1 + fold)


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
    captures = [capture if share.size else np.empty(0) for share, capture in compared]
    n_decoys = sum(map(len, captures))
    total = np.zeros(len(weights))
    for one, capture in enumerate(captures):
        if len(capture):
            total += _drawn_decoys(len(capture), len(weights), seed, one) @ capture
    capture_draws = total / n_decoys if n_decoys else np.full(len(weights), np.nan)
    estimate = float(np.concatenate(captures).mean()) if n_decoys else np.nan
    above = pair_row("above_decoys", [share for share, _ in compared], fold, group, weights, seed)
    return [above, ("decoy_capture", estimate, *statistics.percentile_interval(capture_draws), n_decoys)]


def pair_row(
    name: str, shares: list[np.ndarray], fold: np.ndarray, group: np.ndarray, weights: np.ndarray, seed: int
) -> tuple[Any, ...]:
    """Return the row of the mean, over deposits, of the share of their fold's decoys that they outrank.

    Parameters
    ----------
    name : str
        Of the metric.
    shares : list of (deposits of the fold, K) arrays
        Of each pair of a deposit and a decoy, by fold.
    fold, group, weights, seed
        As in `decoy_rows`.

    Returns
    -------
    (metric, estimate, low, high, n)
        NaN without decoys. The interval is over groups of deposits and over decoys; ``n`` is the
        number of decoys.
    """
    means = _deposit_means(shares, fold)
    compared = means[~np.isnan(means)]
    estimate = float(compared.mean()) if len(compared) else np.nan
    draws = _drawn_means(shares, fold, group, weights, seed)
    number = sum(share.shape[1] for share in shares if share.size)
    return (name, estimate, *statistics.percentile_interval(draws), number)
