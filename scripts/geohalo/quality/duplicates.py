"""How precise analyses are, from pairs of duplicates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.stats import binomtest, chi2, norm

from geohalo.multiple_tests import holm
from geohalo.quality.robust import MAD_SCALE, median_interval
from geohalo.survey.cells import BoolArray, FloatArray
from geohalo.survey.duplicate_pairs import IntArray
from geohalo.survey.row_roles import DUPLICATES, LabelArray

#: The fewest pairs whose median has a 95 % interval.
FEWEST_PAIRS = 6
#: Below so many pairs Thompson and Howarth fit no line.
FEWEST_FOR_LINE, GROUP = 50, 11
# The median of |d| of two normal values is 0.6745 sqrt(2) standard deviations.
_FROM_MEDIAN_DIFFERENCE = MAD_SCALE / np.sqrt(2)
# Below so many standard deviations lie 90 % of absolute normal values.
_LINE = float(norm.ppf(0.95))
# Relative standard error of the median of 11 absolute normal values: 1 / (2 f(m) m sqrt(11)), f(m) = 0.6356.
_MEDIAN_ERROR = 1 / (2 * 0.6356 * 0.6745)
_REWEIGHTINGS = 20
# Columns of `duplicate_table`, but for the corrected p.
_ABOUT = ("kind", "element", "pairs", "left_out")
_NUMBERS = (
    "median_ppm",
    *("precision_percent", "low", "high", "average_cv_percent", "cv_low", "cv_high"),
    *("line_intercept_ppm", "line_slope", "line_intercept_error", "line_slope_error"),
    "p",
)


@dataclass(frozen=True)
class ErrorLine:
    """Standard deviation as a line over concentration: s(c) = intercept + slope c.

    Attributes
    ----------
    intercept, slope : float
        In ppm, and as a share; neither is negative.
    intercept_error, slope_error : float
        Standard errors.
    concentration, sd : ndarray of float64, shape (groups,)
        Mean concentration of each group of pairs, and the standard deviation that its median difference gives.
    """

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float
    concentration: FloatArray
    sd: FloatArray

    def precision(self, concentration: float) -> float:
        """Return the relative precision at a concentration, in percent: 200 s(c) / c."""
        return 200 * (self.intercept / concentration + self.slope)


def relative_sds(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the relative standard deviation of each pair: its standard deviation over its mean.

    Parameters
    ----------
    first, second : ndarray of float64, shape (pairs,)
        Positive concentrations.
    """
    return np.sqrt(2) * np.abs(first - second) / (first + second)


def robust_rsd(first: FloatArray, second: FloatArray) -> tuple[float, float, float]:
    """Return the relative standard deviation from the median of the pairs' own, and its 95 % interval.

    Parameters
    ----------
    first, second : ndarray of float64, shape (pairs,)

    Returns
    -------
    rsd, low, high : float
        As shares; the interval is that of the median, free of any distribution.
    """
    own = relative_sds(first, second)
    low, high = median_interval(own)
    return MAD_SCALE * float(np.median(own)), MAD_SCALE * low, MAD_SCALE * high


def average_cv(first: FloatArray, second: FloatArray) -> tuple[float, float, float]:
    """Return the root mean square coefficient of variation of pairs, and its 95 % interval.

    Parameters
    ----------
    first, second : ndarray of float64, shape (pairs,)

    Returns
    -------
    cv, low, high : float
        As shares; the interval is that of a variance of normal values with as many degrees of freedom as pairs.

    References
    ----------
    Stanley and Lawie (2007), Average relative error in geochemical determinations, Exploration and Mining Geology 16,
    267-275, doi 10.2113/gsemg.16.3-4.267.
    """
    squares = float((relative_sds(first, second) ** 2).sum())
    n = len(first)
    low, high = (float(np.sqrt(squares / chi2.ppf(q, n))) for q in (0.975, 0.025))
    return float(np.sqrt(squares / n)), low, high


def exceeding_p(first: FloatArray, second: FloatArray, limit: float) -> float:
    """Return how probable so many large differences are if the relative standard deviation is the limit.

    A tenth of the pairs then lie above the 90 % line of the control chart of Thompson and Howarth (1978); the test of
    their number is binomial.

    Parameters
    ----------
    first, second : ndarray of float64, shape (pairs,)
    limit : float
        Relative standard deviation, as a share.
    """
    above = int((relative_sds(first, second) > _LINE * limit).sum())
    return float(binomtest(above, len(first), 0.1, alternative="greater").pvalue)


def thompson_howarth(first: FloatArray, second: FloatArray) -> ErrorLine | None:
    """Fit the standard deviation of analyses as a line over concentration.

    Pairs are put in the order of their means and cut into groups of 11 or a few more. The median difference of a group
    gives its standard deviation, and the line is fitted to these over the groups' mean concentrations, each weighed
    by its own standard error, neither coefficient below 0.

    Parameters
    ----------
    first, second : ndarray of float64, shape (pairs,)

    Returns
    -------
    ErrorLine or None
        None with fewer than 50 pairs, or if most pairs are alike.

    References
    ----------
    Thompson and Howarth (1976), Duplicate analysis in geochemical practice, Analyst 101, 690-709; (1978), A new
    approach to the estimation of analytical precision, Journal of Geochemical Exploration 9, 23-30. It takes errors for
    normal within a group; where they are not, the line is too low (Stanley and Lawie 2008,
    doi 10.1144/1467-7873/07-145).
    """
    if len(first) < FEWEST_FOR_LINE:
        return None
    means = (first + second) / 2
    groups = np.array_split(np.argsort(means, kind="stable"), len(means) // GROUP)
    concentration = np.array([means[group].mean() for group in groups])
    difference = np.abs(first - second)
    sd = _FROM_MEDIAN_DIFFERENCE * np.array([float(np.median(difference[group])) for group in groups])
    if not (sd > 0).all():
        return None
    error = _MEDIAN_ERROR / np.sqrt([len(group) for group in groups])
    terms, fitted = np.column_stack([np.ones_like(concentration), concentration]), sd
    # Columns of one size, so that neither is lost to rounding.
    scale = terms.max(axis=0)
    for _ in range(_REWEIGHTINGS):
        weight = 1 / (error * fitted)
        found = nnls(terms / scale * weight[:, None], sd * weight)[0] / scale
        fitted = terms @ found
    weighted = terms / (error * fitted)[:, None] / scale
    errors = np.sqrt(np.diag(np.linalg.pinv(weighted.T @ weighted))) / scale
    (intercept, slope), (intercept_error, slope_error) = map(float, found), map(float, errors)
    return ErrorLine(intercept, slope, intercept_error, slope_error, concentration, sd)


def duplicate_table(
    role: LabelArray,
    original: IntArray,
    values: pd.DataFrame,
    censored: pd.DataFrame,
    precision: float,
) -> pd.DataFrame:
    """Return the precision of every element, from field and from laboratory duplicates.

    Parameters
    ----------
    role : ndarray of object (str), shape (rows,)
    original : ndarray of int64, shape (rows,)
        Position of the row that a duplicate repeats, or -1.
    values, censored : DataFrame, shape (rows, elements)
        In ppm.
    precision : float
        The relative precision that laboratory duplicates may have, in percent (2 standard deviations).

    Returns
    -------
    DataFrame
        One row per kind and element: `kind`, `element`, `pairs` that both have a value, `left_out` (pairs with a value
        that is missing or below the detection limit), `median_ppm`, `precision_percent` (2 `robust_rsd`) with `low`
        and `high`, `average_cv_percent` with `cv_low` and `cv_high`, the `ErrorLine` as `line_intercept_ppm`,
        `line_slope` and their `_error`, and of laboratory duplicates `p` and `p_holm` (over the elements) of a
        precision better than the limit.
    """
    records = []
    for kind in DUPLICATES:
        second = np.flatnonzero((role == kind) & (original >= 0))
        if not second.size:
            continue
        for element in values:
            pair = element_pairs(values[element], censored[element], original[second], second)
            limit = precision / 200 if kind == DUPLICATES[1] else None
            record = {"kind": kind, "element": element, "pairs": len(pair[0])}
            records.append(record | {"left_out": len(second) - len(pair[0])} | _precision(*pair, limit))
    table = pd.DataFrame(records, columns=[*_ABOUT, *_NUMBERS])
    table["p_holm"] = table.groupby("kind")["p"].transform(lambda p: holm(p.to_numpy(dtype=float)))
    return table


def element_pairs(
    values: pd.Series, censored: pd.Series, first: IntArray, second: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return both values of the pairs that have two measured ones.

    Parameters
    ----------
    values, censored : Series, shape (rows,)
    first, second : ndarray of int64, shape (pairs,)
        Positions of the rows.
    """
    number, flag = values.to_numpy(dtype=np.float64), censored.to_numpy(dtype=bool)
    measured: BoolArray = np.isfinite(number) & ~flag & (number > 0)
    both = measured[first] & measured[second]
    return number[first[both]], number[second[both]]


def _precision(first: FloatArray, second: FloatArray, limit: float | None) -> dict[str, Any]:
    """Return the numbers of one row of `duplicate_table`."""
    names, line_names = _NUMBERS[1:7], _NUMBERS[7:11]
    record: dict[str, Any] = dict.fromkeys(_NUMBERS, np.nan)
    if not len(first):
        return record
    record["median_ppm"] = float(np.median((first + second) / 2))
    numbers = (
        *(200 * one for one in robust_rsd(first, second)),
        *(100 * one for one in average_cv(first, second)),
    )
    record |= dict(zip(names, numbers, strict=True))
    line = thompson_howarth(first, second)
    if line is not None:
        numbers = (line.intercept, line.slope, line.intercept_error, line.slope_error)
        record |= dict(zip(line_names, numbers, strict=True))
    if limit is not None and len(first) >= FEWEST_PAIRS:
        record["p"] = exceeding_p(first, second, limit)
    return record
