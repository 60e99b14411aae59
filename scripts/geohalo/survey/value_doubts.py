"""Values of a column that do not belong to the others: those in another unit, and limits and values far too low."""

import numpy as np
import numpy.typing as npt

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import BoolArray, FloatArray
from geohalo.survey.codes import is_day, is_positive_code

# Between values in two units lies a gap; the medians of both differ by the factor of the units, 1000 or 10 000.
_GAP, _FACTORS = 8.0, (300.0, 30_000.0)
_FEWEST, _SMALLEST_SHARE = 5, 0.03
# No method measures a hundred times better in a few samples; no sample holds a thousandth of the lowest other.
_LOW_LIMIT, _LOW_VALUE = 100.0, 1000.0
_FEWEST_MEASURED = 20
# One value so many times above the next is a wrong unit or point more often than an anomaly.
_HIGH_VALUE = 100.0
# Half a limit lies at half of the next value or less, and other values lie closer to each other.
_HALF, _LEAST_HALF, _CLOSER, _FEWEST_HALVES, _SHARE_OF_HALVES = 2.0, 4.0, 1.3, 5, 0.05


def value_doubts(
    numbers: FloatArray, is_limit: BoolArray, rows: npt.NDArray[np.int64], column: str, source: str
) -> list[InputWarning]:
    """Tell of values that seem to be in another unit than the others, and of limits and values far below all others.

    Parameters
    ----------
    numbers : ndarray of float64, shape (rows,)
        Concentrations and limits, NaN where there is none.
    is_limit : ndarray of bool, shape (rows,)
        True where a number is a detection or an upper limit.
    rows, column, source
        Row numbers, column and file, for the warnings.
    """
    measured = np.where((numbers > 0) & ~is_limit, numbers, np.nan)
    ranked = np.sort(measured[np.isfinite(measured)])
    if ranked.size < _FEWEST_MEASURED:
        return []
    place = (source, column)
    found = [_two_units(measured, ranked, rows, place)]
    low = is_limit & (numbers > 0) & (numbers * _LOW_LIMIT < ranked[0])
    if low.any():
        cells = f"{low.sum()} {'cell is' if low.sum() == 1 else 'cells are'} below a limit"
        found.append(_low(numbers, low, rows, place, cells, ranked[0]))
    # Several are told as a repeated value.
    if ranked[0] * _LOW_VALUE < ranked[1]:
        found.append(_low(numbers, measured == ranked[0], rows, place, "1 cell holds a value", ranked[1]))
    told = is_positive_code(float(ranked[-1])) or is_day(ranked[-1:]).any()
    if ranked[-1] > _HIGH_VALUE * ranked[-2] and not told:
        found.append(_high(measured, ranked, rows, place))
    found.append(_half_limits(measured, ranked, rows, place))
    return [one for one in found if one is not None]


def _high(
    measured: FloatArray, ranked: FloatArray, rows: npt.NDArray[np.int64], place: tuple[str, str]
) -> InputWarning:
    first = int(np.flatnonzero(measured == ranked[-1])[0])
    return InputWarning(
        f"1 cell holds a value ({ranked[-1]:g}) that lies {ranked[-1] / ranked[-2]:.3g} times above the highest other "
        "value, and would be the strongest anomaly",
        "check the cell, its unit and its decimal point, or list the value in samples.missing",
        *place,
        str(rows[first]),
    )


def _half_limits(
    measured: FloatArray, ranked: FloatArray, rows: npt.NDArray[np.int64], place: tuple[str, str]
) -> InputWarning | None:
    """Tell of a smallest value in many cells with a gap above it, as half a detection limit has."""
    kinds = np.unique(ranked)
    count = int((ranked == kinds[0]).sum())
    if kinds.size < _FEWEST or count < max(_FEWEST_HALVES, _SHARE_OF_HALVES * ranked.size):
        return None
    if not _HALF <= kinds[1] / kinds[0] * (1 + 1e-9) < _LEAST_HALF or kinds[2] >= _CLOSER * kinds[1]:
        return None
    first = int(np.flatnonzero(measured == kinds[0])[0])
    return InputWarning(
        f"the smallest value, {kinds[0]:g}, stands in {count} of {ranked.size} cells, and the next is {kinds[1]:g}: it "
        "may be half a detection limit, and is read as measured",
        "add 'half_limit' to samples.censoring.below if it is half a limit",
        *place,
        str(rows[first]),
    )


def _low(
    numbers: FloatArray,
    low: BoolArray,
    rows: npt.NDArray[np.int64],
    place: tuple[str, str],
    cells: str,
    other: float,
) -> InputWarning:
    first = int(np.flatnonzero(low)[0])
    return InputWarning(
        f"{cells} ({numbers[first]:g} at the first) that lies {other / numbers[first]:.3g} times below the lowest "
        "other value, and would be the strongest depletion",
        "check the cell and its unit, or list the value in samples.missing",
        *place,
        str(rows[first]),
    )


def _two_units(
    measured: FloatArray, ranked: FloatArray, rows: npt.NDArray[np.int64], place: tuple[str, str]
) -> InputWarning | None:
    """Tell of two groups of values with a gap between them, whose medians differ as two units do."""
    fewest = max(_FEWEST, int(_SMALLEST_SHARE * ranked.size))
    if ranked.size < 2 * fewest:
        return None
    steps = ranked[1:] / ranked[:-1]
    cut = fewest - 1 + int(np.argmax(steps[fewest - 1 : ranked.size - fewest]))
    low, high = ranked[: cut + 1], ranked[cut + 1 :]
    times = float(np.median(high) / np.median(low))
    if low[0] == low[-1] or high[0] == high[-1]:
        return None  # a value that repeats is told as one
    if steps[cut] < _GAP or not _FACTORS[0] <= times <= _FACTORS[1]:
        return None
    fewer = measured >= high[0] if high.size <= low.size else measured <= low[-1]
    first = int(np.flatnonzero(fewer)[0])
    return InputWarning(
        f"{low.size} values lie from {low[0]:.4g} to {low[-1]:.4g} and {high.size} from {high[0]:.4g} to "
        f"{high[-1]:.4g}, with nothing between: as if they were in two units, "
        f"{1000 if times < 3000 else 10_000} times apart",
        "convert the values of one group, or keep the rows of the other (samples.keep)",
        *place,
        str(rows[first]),
    )
