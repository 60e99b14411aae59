"""Codes among concentrations: negative limits that cannot be limits, zeros, and half limits."""

import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import BoolArray, FloatArray

# Two equal smallest values may be chance; that share of a column is not.
_HALF_LIMIT_SHARE = 0.1
# A limit above this share of what was measured says nothing, and half of it would be an anomaly.
_NEARLY_ALL = 0.95
_FEWEST_MEASURED = 20
# -99, -999.9, -5555, -9999 and their like; no laboratory has such a detection limit.
_NINES = re.compile(r"9{3,}(?:\.9+)?|(?:7|8){4,}|9{3,}\.25")
_ENDS = (32767.0, 65535.0, 2147483647.0, 4294967295.0)
# Real values seldom leave such gaps, and do not repeat beyond them.
_FAR_ABOVE, _FAR_BELOW, _FEWEST_REPEATS = 3.0, 20.0, 3
# Days since 1900 of the years 2000 to 2049, in which spreadsheets put an entry such as 5-3.
_DAYS, _FEW_DATES = (36_526.0, 54_789.0), 0.2
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
    below : collection of {"negative", "zero", "half_limit"}
        How values below the detection limit are coded, config key `samples.censoring.below`. `negative`: minus the
        limit. `zero`: the limit is taken to be the column's smallest positive value. `half_limit`: the smallest value
        is half the limit if it is repeated and either nothing lies between it and its double or at least a tenth of
        the column equals it.
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
                f"{where}, row {rows[first]}: {_exact(numbers[first])} is no concentration{more}; {means}"
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


def stop_at_positive_codes(numbers: FloatArray, rows: npt.NDArray[np.int64], where: str) -> None:
    """Raise InputError for a repeated largest value that is a code, such as 9999, far above all others.

    Parameters
    ----------
    numbers : ndarray of float64, shape (rows,)
        Concentrations as read, NaN where there is none.
    rows, where
        Row numbers, and file and column, for messages.
    """
    measured = numbers[numbers > 0]
    if measured.size < 2:
        return
    largest = float(measured.max())
    at = np.flatnonzero(numbers == largest)
    others = measured[measured < largest]
    if at.size < 2 or not others.size or not is_positive_code(largest) or largest < _FAR_ABOVE * others.max():
        return
    raise InputError(
        f"{where}, row {rows[at[0]]}: {largest:.10g} stands in {at.size} cells, far above all other values (largest "
        f"{others.max():g}), and looks like a code; list it in samples.missing if it means not analysed, or write "
        f">{largest:.10g} if it is an upper limit"
    )


def extreme_repeats(
    numbers: FloatArray, is_limit: BoolArray, rows: npt.NDArray[np.int64], column: str, source: str
) -> list[InputWarning]:
    """Tell of one value in several cells that stands apart from all others, at either end.

    Parameters
    ----------
    numbers : ndarray of float64, shape (rows,)
        Concentrations and limits, NaN where there is none.
    is_limit : ndarray of bool, shape (rows,)
        True where a number is a limit, which is not looked at.
    rows, column, source
        Row numbers, column and file, for the warnings.
    """
    measured = numbers[(numbers > 0) & ~is_limit]
    messages = []
    for end, of_all in (("largest", np.max), ("smallest", np.min)):
        value = float(of_all(measured)) if measured.size else 0.0
        others = measured[measured != value]
        at = np.flatnonzero((numbers == value) & ~is_limit)
        fewest = 1 if end == "largest" and is_positive_code(value) else _FEWEST_REPEATS
        if at.size < fewest or others.size < at.size:
            continue
        apart = value / float(others.max()) if end == "largest" else float(others.min()) / value
        if apart < (_FAR_ABOVE if end == "largest" else _FAR_BELOW):
            continue
        mean = (
            ("an upper limit, a code or a reference material", f"write >{value:g} if it is an upper limit")
            if end == "largest"
            else (
                "half a detection limit or a code",
                "add 'half_limit' to samples.censoring.below if it is half a limit",
            )
        )
        messages.append(
            InputWarning(
                f"the {end} value, {value:.10g}, stands in {at.size} {'cell' if at.size == 1 else 'cells'}, "
                f"{apart:.3g} times {'above' if end == 'largest' else 'below'} the next one: it may be {mean[0]}",
                f"{mean[1]}, or list it in samples.missing if it means not analysed",
                source,
                column,
                str(rows[at[0]]),
            )
        )
    return messages


def serial_dates(
    numbers: FloatArray, is_limit: BoolArray, rows: npt.NDArray[np.int64], column: str, source: str
) -> list[InputWarning]:
    """Tell of whole numbers far above all other values that are days since 1900, as spreadsheets count dates.

    Parameters
    ----------
    numbers, is_limit, rows, column, source
        As in `extreme_repeats`.
    """
    measured = numbers[(numbers > 0) & ~is_limit]
    serial = is_day(numbers) & ~is_limit
    others = measured[measured < _DAYS[0]]
    if not serial.any() or serial.sum() > _FEW_DATES * measured.size or not others.size:
        return []
    if measured.max() >= _DAYS[1] or _DAYS[0] < _FAR_BELOW * others.max():
        return []
    first = int(np.flatnonzero(serial)[0])
    day = np.datetime64("1899-12-30") + int(numbers[first])
    cells = "1 cell holds a whole number" if serial.sum() == 1 else f"{serial.sum()} cells hold whole numbers"
    return [
        InputWarning(
            f"{cells} far above all other values (largest {others.max():g}), such as {numbers[first]:.0f}, which is "
            f"{day} as spreadsheets count days: it may be a date made of an entry such as 5-3",
            "restore the values from the laboratory's file, or list the numbers in samples.missing",
            source,
            column,
            str(rows[first]),
        )
    ]


def unusual_limits(
    numbers: FloatArray, rows: npt.NDArray[np.int64], column: str, source: str
) -> list[InputWarning]:
    """Tell of -9, which is a code more often than a detection limit of 9.

    Parameters
    ----------
    numbers : ndarray of float64, shape (rows,)
        Numbers as read, negative where they stand for limits.
    rows, column, source
        Row numbers, column and file, for the warning.
    """
    nine = np.flatnonzero(numbers == -9)
    if not nine.size:
        return []
    return [
        InputWarning(
            f"-9 in {nine.size} cells is taken for below a detection limit of 9, which hardly any method has",
            "list -9 in samples.missing if it means not analysed",
            source,
            column,
            str(rows[nine[0]]),
        )
    ]


def as_smallest(numbers: FloatArray, is_limit: BoolArray, cells: BoolArray) -> None:
    """Set cells below an unknown limit to the column's smallest positive value, as a limit, in place."""
    positive = numbers[numbers > 0]
    # A column of zeros or words alone says nothing, not even where its limit lies.
    numbers[cells] = positive.min() if positive.size else np.nan
    is_limit |= cells & ~np.isnan(numbers)


def _exact(value: float) -> str:
    """Return a number as a user can write it into the config: in all digits that tell it from others."""
    short = f"{value:.10g}"
    return short if float(short) == value else repr(float(value))


def is_code(limit: float) -> bool:
    """Tell whether the number after a minus looks like a code, such as 999 or 5555."""
    return _CODE.fullmatch(f"{limit:.10g}") is not None


def is_day(numbers: FloatArray) -> BoolArray:
    """Tell which numbers may be days since 1900, of the years 2000 to 2049."""
    days: BoolArray = (numbers >= _DAYS[0]) & (numbers < _DAYS[1]) & (numbers == np.floor(numbers))
    return days


def is_positive_code(value: float) -> bool:
    """Tell whether programs write a value for no data: three nines or more, or the end of a type's range."""
    return bool(_NINES.fullmatch(f"{value:.10g}")) or value in _ENDS


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
    codes = dict.fromkeys(_exact(-limit) for limit in limits[wrong])
    more = f" (and {wrong.sum() - 1} more such cells)" if wrong.sum() > 1 else ""
    why = "a code and no limit"
    if high[first]:
        below = "all" if limits[first] > measured.max() else "nearly all"
        why = f"above {below} measured values (largest {measured.max():g})"
    raise InputError(
        f"{where}, row {rows[negative[first]]}: {_exact(-limits[first])} would be a detection limit of "
        f"{_exact(limits[first])}, {why}{more}; list {', '.join(list(codes)[:6])} in samples.missing"
    )
