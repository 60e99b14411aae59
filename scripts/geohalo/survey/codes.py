"""Codes among concentrations: negative limits that cannot be limits, zeros, and half limits."""

import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from geohalo.errors import InputError
from geohalo.survey.cells import BoolArray, FloatArray

# Two equal smallest values may be chance; that share of a column is not.
_HALF_LIMIT_SHARE = 0.1
# A limit above this share of what was measured says nothing, and half of it would be an anomaly.
_NEARLY_ALL = 0.95
_FEWEST_MEASURED = 20
# -99, -999.9, -5555, -9999 and their like; no laboratory has such a detection limit.
_CODE = re.compile(r"99|(\d)\1{2,}|99+\.9+")


def read_codes(
    numbers: FloatArray,
    is_limit: BoolArray,
    below: Collection[str],
    rows: npt.NDArray[np.int64],
    where: str,
) -> None:
    """Replace a column's codes by detection limits, in place.

    Parameters
    ----------
    numbers : ndarray of float64, shape (rows,)
        Numbers, NaN where there is none.
    is_limit : ndarray of bool, shape (rows,)
        True where a number is a detection limit.
    below : collection of str
        Config key `samples.censoring.below`.
    rows, where
        Row numbers, and file and column, for messages.

    Raises
    ------
    InputError
        A negative value or a zero is not declared, or a negative value can be no limit.
    """
    for code, coded in (("negative", numbers < 0), ("zero", numbers == 0)):
        if coded.any() and code not in below:
            first = int(np.flatnonzero(coded)[0])
            more = f" (and {coded.sum() - 1} more such cells)" if coded.sum() > 1 else ""
            means = f"add {code!r} to samples.censoring.below if it means below the detection limit, or "
            if is_code(-numbers[first]):
                means = ""
            raise InputError(
                f"{where}, row {rows[first]}: {numbers[first]:g} is no concentration{more}; {means}"
                "list the value in samples.missing"
            )
    measured = numbers[(numbers > 0) & ~is_limit]
    _stop_at_impossible(numbers, measured, rows, where)
    if "half_limit" in below and measured.size:
        smallest = measured.min()
        equal = measured == smallest
        between = (measured > smallest) & (measured < 2 * smallest * (1 - 1e-9))
        if equal.sum() > 1 and (not between.any() or equal.mean() >= _HALF_LIMIT_SHARE):
            half = (numbers == smallest) & ~is_limit
            numbers[half] *= 2
            is_limit |= half
    negative = numbers < 0
    np.abs(numbers, out=numbers, where=negative)
    is_limit |= negative
    zero = numbers == 0
    if zero.any():
        as_smallest(numbers, is_limit, zero)


def as_smallest(numbers: FloatArray, is_limit: BoolArray, cells: BoolArray) -> None:
    """Set cells below an unknown limit to the column's smallest positive value, as a limit, in place."""
    positive = numbers[numbers > 0]
    # A column of zeros or words alone says nothing, not even where its limit lies.
    numbers[cells] = positive.min() if positive.size else np.nan
    is_limit |= cells & ~np.isnan(numbers)


def is_code(limit: float) -> bool:
    """Tell whether the number after a minus looks like a code, such as 999 or 5555."""
    return _CODE.fullmatch(f"{limit:.10g}") is not None


def too_high(limits: FloatArray, measured: FloatArray) -> BoolArray:
    """Tell which detection limits lie above nearly all that was measured, or above all of it."""
    if not measured.size:
        return np.zeros(len(limits), dtype=bool)
    ranked = np.sort(measured)
    share = np.searchsorted(ranked, limits, side="left") / measured.size
    return (share >= _NEARLY_ALL) if measured.size >= _FEWEST_MEASURED else (limits > 100 * ranked[-1])


def _stop_at_impossible(
    numbers: FloatArray, measured: FloatArray, rows: npt.NDArray[np.int64], where: str
) -> None:
    """Raise InputError for negative values that cannot be detection limits."""
    negative = np.flatnonzero(numbers < 0)
    if not negative.size:
        return
    limits = -numbers[negative]
    high = too_high(limits, measured)
    wrong = high | np.array([is_code(limit) for limit in limits], dtype=bool)
    if not wrong.any():
        return
    first = int(np.flatnonzero(wrong)[0])
    codes = dict.fromkeys(f"{-limit:g}" for limit in limits[wrong])
    more = f" (and {wrong.sum() - 1} more such cells)" if wrong.sum() > 1 else ""
    why = "a code and no limit"
    if high[first]:
        below = "all" if limits[first] > measured.max() else "nearly all"
        why = f"above {below} measured values (largest {measured.max():g})"
    raise InputError(
        f"{where}, row {rows[negative[first]]}: {-limits[first]:g} would be a detection limit of {limits[first]:g}, "
        f"{why}{more}; list {', '.join(list(codes)[:6])} in samples.missing"
    )
