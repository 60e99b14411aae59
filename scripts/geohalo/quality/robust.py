"""Means and standard deviations that a few wild values do not move, and intervals of a median.

The two algorithms are those of ISO 13528:2015, annex C (Analytical Methods Committee 1989, Robust statistics: how not
to reject outliers, Analyst 114, 1693-1702).
"""

import numpy as np
from scipy.stats import quantile_test

from geohalo.survey.cells import FloatArray

#: From the median of absolute values to the standard deviation, of a normal distribution.
MAD_SCALE = 1.4826
_STEPS, _CLOSE = 200, 1e-9
_CORNER, _CORRECTION = 1.5, 1.134
# For standard deviations of one degree of freedom: 90 % point, and what makes up for values cut off there.
_PAIR_CORNER, _PAIR_CORRECTION = 1.645, 1.097


def mean_and_sd(values: FloatArray) -> tuple[float, float]:
    """Return the robust mean and standard deviation (algorithm A).

    Values farther than 1.5 standard deviations from the mean are moved there, both are reckoned anew, and so on.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        At least one value, none missing.

    Returns
    -------
    mean, sd : float
        With more than half of the values alike, their ordinary mean and standard deviation; sd is NaN for one value.
    """
    if len(values) < 2:
        return float(values[0]), np.nan
    centre = float(np.median(values))
    sd = MAD_SCALE * float(np.median(np.abs(values - centre)))
    if sd == 0:
        return float(values.mean()), float(values.std(ddof=1))
    for _ in range(_STEPS):
        moved = np.clip(values, centre - _CORNER * sd, centre + _CORNER * sd)
        before, centre = centre, float(moved.mean())
        last, sd = sd, _CORRECTION * float(moved.std(ddof=1))
        if abs(centre - before) + abs(sd - last) <= _CLOSE * sd:
            break
    return centre, sd


def sd_of_pairs(differences: FloatArray) -> float:
    """Return the robust standard deviation of single values from the differences of pairs (algorithm S).

    Parameters
    ----------
    differences : ndarray of float64, shape (pairs,)
        First less second value of each pair, at least one pair.

    Returns
    -------
    float
        With more than half of the differences 0, the ordinary standard deviation.
    """
    within = np.abs(differences) / np.sqrt(2)
    sd = MAD_SCALE * float(np.median(within))
    if sd == 0:
        return float(np.sqrt((within**2).mean()))
    for _ in range(_STEPS):
        last = sd
        sd = _PAIR_CORRECTION * float(np.sqrt((np.minimum(within, _PAIR_CORNER * sd) ** 2).mean()))
        if abs(sd - last) <= _CLOSE * sd:
            break
    return sd


def median_interval(values: FloatArray) -> tuple[float, float]:
    """Return the 95 % interval of a median by order statistics; NaN where there are fewer than 6 values."""
    if len(values) < 6:
        return np.nan, np.nan
    interval = quantile_test(values, p=0.5).confidence_interval(0.95)
    return float(interval.low), float(interval.high)
