"""Whether reference materials read higher or lower with time, or from batch to batch."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau, kruskal, theilslopes

from geohalo.survey.cells import FloatArray
from geohalo.survey.row_roles import LabelArray

#: The fewest results that a drift is looked for in.
FEWEST_RESULTS = 8
#: The fewest results of a batch that count as its level.
FEWEST_IN_BATCH = 3


@dataclass(frozen=True)
class Change:
    """How much a level changes, as a share of the level, and how probable so much is by chance.

    Attributes
    ----------
    change, low, high, p : float
        For a drift: from the first to the last result, with its 95 % interval. For batches: between the highest and the
        lowest level; NaN for its interval.
    """

    change: float
    low: float
    high: float
    p: float


def centred_logs(materials: list[FloatArray]) -> FloatArray:
    """Return the logarithms of the results of several materials, each less its own median, one after the other."""
    return np.concatenate([np.log(values) - np.median(np.log(values)) for values in materials])


def drift(order: FloatArray, logs: FloatArray) -> Change | None:
    """Return the change over the order of analysis: a median slope, and Kendall's test of it.

    Parameters
    ----------
    order : ndarray of float64, shape (results,)
        Place in the order; a result without one is passed over.
    logs : ndarray of float64, shape (results,)
        Of `centred_logs`. Materials that were used one after the other, and not in turns, hide a drift.

    Returns
    -------
    Change or None
        None with fewer than `FEWEST_RESULTS` results, or if all have one place in the order.

    References
    ----------
    Sen (1968), Estimates of the regression coefficient based on Kendall's tau, Journal of the American Statistical
    Association 63, 1379-1389.
    """
    known = np.isfinite(order)
    order, logs = order[known], logs[known]
    if len(order) < FEWEST_RESULTS or np.ptp(order) == 0 or np.ptp(logs) == 0:
        return None
    place = (order - order.min()) / np.ptp(order)
    slope = theilslopes(logs, place, 0.95)
    change, low, high = (float(np.expm1(one)) for one in (slope.slope, slope.low_slope, slope.high_slope))
    return Change(change, low, high, float(kendalltau(place, logs).pvalue))


def batch_shift(batch: LabelArray, logs: FloatArray) -> Change | None:
    """Return the difference between the highest and the lowest median of batches, and the Kruskal-Wallis test.

    Parameters
    ----------
    batch : ndarray of object (str), shape (results,)
        "" where it is not known.
    logs : ndarray of float64, shape (results,)
        Of `centred_logs`.

    Returns
    -------
    Change or None
        None unless two batches have `FEWEST_IN_BATCH` results.
    """
    names, counts = np.unique(batch[batch != ""].astype(str), return_counts=True)
    groups = [logs[batch == name] for name in names[counts >= FEWEST_IN_BATCH]]
    if len(groups) < 2 or np.ptp(np.concatenate(groups)) == 0:
        return None
    levels = [float(np.median(group)) for group in groups]
    return Change(float(np.expm1(max(levels) - min(levels))), np.nan, np.nan, float(kruskal(*groups).pvalue))
