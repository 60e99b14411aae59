"""What elements do together: a batch that differs from its neighbours as rocks do is not shifted by a laboratory.

Where a batch's border follows a geological boundary, its samples differ from those beyond it in many elements at once,
in the proportions in which the elements go together anywhere in the survey. These proportions are known: from what
neighbours differ by everywhere.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student
from sklearn.covariance import LedoitWolf

from geohalo.multiple_tests import simes
from geohalo.quality.batches import FloatArray, Levels

#: Share of the variance of neighbours' differences that is taken for what rocks do: of the leading components.
OF_THE_GROUND = 0.7
#: With fewer elements, or components left, patterns cannot be told.
FEWEST_ELEMENTS, FEWEST_LEFT = 10, 4


def correlation_of_differences(levels: Sequence[Levels]) -> FloatArray | None:
    """Return how differences between neighbours go together in the elements.

    Shrunk as Ledoit and Wolf (2004, doi 10.1016/S0047-259X(03)00096-4); outliers are cut off.

    Parameters
    ----------
    levels : sequence of Levels (elements,)
        Of `geohalo.quality.neighbour_levels.neighbour_levels`.

    Returns
    -------
    ndarray (elements, elements) or None
        None with fewer than `FEWEST_ELEMENTS` elements.
    """
    rest = np.array([one.rest for one in levels]).T
    compared = np.isfinite(rest).any(axis=1)
    if len(levels) < FEWEST_ELEMENTS or compared.sum() <= len(levels):
        return None
    covariance = LedoitWolf(assume_centered=True).fit(np.nan_to_num(rest[compared])).covariance_
    # An element that nothing compares goes with no other.
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    return np.asarray(covariance / np.outer(scale, scale))


def unlike_the_ground(ratio: FloatArray, correlation: FloatArray, stretches: FloatArray) -> FloatArray:
    """Test whether batches stand off in a way that neighbours elsewhere do not differ.

    The leading components of the correlation, up to `OF_THE_GROUND` of the variance, are taken out of a batch's
    shifts; what is left of each element is tested, and the elements together by Simes's test.

    Parameters
    ----------
    ratio : ndarray (elements, batches)
        Shifts over their standard errors; NaN where not known.
    correlation : ndarray (elements, elements)
        Of `correlation_of_differences`.
    stretches : ndarray (batches,)
        Squares of ground in which each batch is compared.

    Returns
    -------
    ndarray (batches,)
        p of no difference but that of rocks. NaN where too few elements are known.
    """
    p = np.full(ratio.shape[1], np.nan)
    known = np.isfinite(ratio)
    parts: dict[bytes, tuple[FloatArray, FloatArray] | None] = {}
    for batch in range(ratio.shape[1]):
        own = known[:, batch]
        key = own.tobytes()
        if key not in parts:
            parts[key] = _left(correlation[np.ix_(own, own)])
        left = parts[key]
        if left is not None:
            projection, deviation = left
            off = np.abs(projection @ ratio[own, batch]) / deviation
            p[batch] = simes(2 * student.sf(off, max(stretches[batch] - 1, 1)))
    return p


def _left(correlation: NDArray[np.float64]) -> tuple[FloatArray, FloatArray] | None:
    """Projection on the components that are not of the ground, and the standard deviation of what it leaves."""
    if len(correlation) < FEWEST_ELEMENTS:
        return None
    variance, component = np.linalg.eigh(correlation)
    leading = np.cumsum(variance[::-1]) / variance.sum()
    count = len(variance) - int(np.searchsorted(leading, OF_THE_GROUND)) - 1
    if count < FEWEST_LEFT:
        return None
    rest, own = component[:, :count], np.maximum(variance[:count], 1e-12)
    return rest @ rest.T, np.sqrt(np.maximum((rest**2 * own).sum(axis=1), 1e-12))
