"""Percentile ranks of a map's cells; light to import, as maps are coloured by them."""

import numpy as np


def percentile_rank(score: np.ndarray, cells: np.ndarray | None = None) -> np.ndarray:
    """Return percentile ranks (rank - 0.5) / N of a map of N cells; ties share their mean rank.

    The mean over all cells, and so chance, is 0.5.

    Parameters
    ----------
    score : (N,) array
        Anomaly score of each cell; larger is more anomalous.
    cells : (M,) int array, optional
        Cells whose rank is wanted; all N when left out.

    Returns
    -------
    (M,) float array
        Ranks within (0, 1).

    Raises
    ------
    ValueError
        If a score is NaN.
    """
    if np.isnan(score).any():
        raise ValueError("a score is NaN, which has no rank")
    # With a cells below and b at most as high, the tied ranks are a + 1 to b.
    if cells is None:
        below, at_most = count_below(score)
    else:
        ordered, asked = np.sort(score), score[cells]
        below, at_most = (np.searchsorted(ordered, asked, side) for side in ("left", "right"))
    return (below + at_most) / (2 * len(score))


def count_below(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values (N,) are lower than each, and how many are at most as high.

    It sorts once and walks along: looking each value up among the sorted ones takes five times as long at 10 million.
    """
    order = np.argsort(values)
    ordered = values[order]
    limits = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, [len(values)]))
    below, at_most = np.empty(len(values), dtype=np.int64), np.empty(len(values), dtype=np.int64)
    times = np.diff(limits)
    below[order], at_most[order] = np.repeat(limits[:-1], times), np.repeat(limits[1:], times)
    return below, at_most
