"""Values of a column that do not belong to the others: those in another unit, and limits and values far too low."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Column:
    """A column as its doubts are told of: its measured values by row and by size, and where it stands.

    Attributes
    ----------
    measured : ndarray of float64, shape (rows,)
        NaN where nothing was measured.
    ranked : ndarray of float64
        The same values, ascending.
    rows : ndarray of int64, shape (rows,)
        Numbers of the rows.
    source, name : str
        File and column.
    """

    measured: FloatArray
    ranked: FloatArray
    rows: npt.NDArray[np.int64]
    source: str
    name: str

    def doubt(self, what: str, fix: str, cells: BoolArray) -> InputWarning:
        """Return a doubt about some cells; it names the row of the first."""
        return InputWarning(what, fix, self.source, self.name, str(self.rows[np.flatnonzero(cells)[0]]))


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
    one = _Column(measured, ranked, rows, source, column)
    low = is_limit & (numbers > 0) & (numbers * _LOW_LIMIT < ranked[0])
    below = f"{low.sum()} {'cell is' if low.sum() == 1 else 'cells are'} below a limit"
    found = [
        _two_units(one),
        _far_below(one, numbers, low, below, ranked[0]) if low.any() else None,
        _lowest(one, numbers),
        _highest(one),
        _half_limits(one),
    ]
    return [doubt for doubt in found if doubt is not None]


def _lowest(one: _Column, numbers: FloatArray) -> InputWarning | None:
    """Tell of one value far below all others; several are told as a repeated value."""
    if not one.ranked[0] * _LOW_VALUE < one.ranked[1]:
        return None
    return _far_below(one, numbers, one.measured == one.ranked[0], "1 cell holds a value", one.ranked[1])


def _far_below(one: _Column, numbers: FloatArray, low: BoolArray, cells: str, other: float) -> InputWarning:
    """Tell of cells with limits or values far below the lowest ``other``."""
    first = numbers[np.flatnonzero(low)[0]]
    return one.doubt(
        f"{cells} ({first:g} at the first) that lies {other / first:.3g} times below the lowest "
        "other value, and would be the strongest depletion",
        "check the cell and its unit, or list the value in samples.missing",
        low,
    )


def _highest(one: _Column) -> InputWarning | None:
    """Tell of one value far above all others, unless it is told as a code or a date."""
    high, next_one = one.ranked[-1], one.ranked[-2]
    told = is_positive_code(float(high)) or is_day(one.ranked[-1:]).any()
    if told or not high > _HIGH_VALUE * next_one:
        return None
    return one.doubt(
        f"1 cell holds a value ({high:g}) that lies {high / next_one:.3g} times above the highest other "
        "value, and would be the strongest anomaly",
        "check the cell, its unit and its decimal point, or list the value in samples.missing",
        one.measured == high,
    )


def _half_limits(one: _Column) -> InputWarning | None:
    """Tell of a smallest value in many cells with a gap above it, as half a detection limit has."""
    kinds = np.unique(one.ranked)
    count = int((one.ranked == kinds[0]).sum())
    if kinds.size < _FEWEST or count < max(_FEWEST_HALVES, _SHARE_OF_HALVES * one.ranked.size):
        return None
    if not _HALF <= kinds[1] / kinds[0] * (1 + 1e-9) < _LEAST_HALF or kinds[2] >= _CLOSER * kinds[1]:
        return None
    return one.doubt(
        f"the smallest value, {kinds[0]:g}, stands in {count} of {one.ranked.size} cells, and the next is {kinds[1]:g}"
        ": it may be half a detection limit, and is read as measured",
        "add 'half_limit' to samples.censoring.below if it is half a limit",
        one.measured == kinds[0],
    )


def _two_units(one: _Column) -> InputWarning | None:
    """Tell of two groups of values with a gap between them, whose medians differ as two units do."""
    ranked = one.ranked
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
    return one.doubt(
        f"{low.size} values lie from {low[0]:.4g} to {low[-1]:.4g} and {high.size} from {high[0]:.4g} to "
        f"{high[-1]:.4g}, with nothing between: as if they were in two units, "
        f"{1000 if times < 3000 else 10_000} times apart",
        "convert the values of one group, or keep the rows of the other (samples.keep)",
        one.measured >= high[0] if high.size <= low.size else one.measured <= low[-1],
    )
