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
    ordered = np.sort(score)
    asked = score if cells is None else score[cells]
    # With a cells below and b at most as high, the tied ranks are a + 1 to b.
    twice = np.searchsorted(ordered, asked, "left") + np.searchsorted(ordered, asked, "right")
    return twice / (2 * len(score))
