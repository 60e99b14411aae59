"""Elements of which one repeats another: a column or raster that was copied, whole, in part or times a factor."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geohalo.survey.cells import FloatArray

# Two elements agree in no so many different values.
_FEWEST_ROWS, _FEWEST_VALUES = 10, 8
# Rows by which pairs are looked for; a survey may have millions.
_MOST_ROWS = 5000
_NEARLY_ALL, _EQUAL, _PROPORTIONAL = 0.95, 1e-6, 2e-3


@dataclass(frozen=True)
class Repeat:
    """Two elements of which one repeats the other.

    Attributes
    ----------
    one, other : str
        The first and the later one.
    times : float
        The other is so many times the first.
    share : float
        Of the values that both have; those are not counted that most rows share, such as a detection limit.
    """

    one: str
    other: str
    times: float
    share: float

    def message(self, of: str, of_one: str) -> str:
        """Return what is wrong, for a warning.

        Parameters
        ----------
        of : str
            `row` or `cell`.
        of_one : str
            Where the first stands: its column or file.
        """
        values = "those" if self.times == 1 else f"{self.times:.4g} times those"
        where = f"every {of}" if self.share == 1 else f"{self.share:.0%} of the {of}s"
        return f"the values of {self.other} are {values} of {self.one} in {where} ({of_one})"


def repeats(values: Mapping[str, FloatArray], fewest: int = _FEWEST_ROWS) -> list[Repeat]:
    """Return the pairs of elements of which one repeats the other in all or nearly all values.

    Parameters
    ----------
    values : mapping of str to ndarray of float64, shape (rows,)
        By element, NaN where missing.
    fewest : int
        Pairs with fewer values are not compared.
    """
    names = list(values)
    if not names or len(values[names[0]]) < fewest:
        return []
    step = -(-len(values[names[0]]) // _MOST_ROWS)
    some = {name: values[name][::step] for name in names}
    usual = {name: _most_frequent(some[name]) for name in names}
    found, copies = [], set[str]()
    for n, one in enumerate(names):
        if one in copies:
            continue
        for other in names[n + 1 :]:
            repeat = _repeat(one, other, some, usual, fewest)
            if repeat is not None and step > 1:  # what is said of every row holds for every row
                repeat = _repeat(one, other, values, usual, fewest)
            if repeat is not None:
                found.append(repeat)
                copies.add(other)
    return found


def _most_frequent(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    if not known.size:
        return np.nan
    kinds, counts = np.unique(known, return_counts=True)
    return float(kinds[counts.argmax()])


def _repeat(
    one: str, other: str, values: Mapping[str, FloatArray], usual: Mapping[str, float], fewest: int
) -> Repeat | None:
    """Compare two elements where both have values, but for those rows that hold the most frequent value of each."""
    first, second = values[one], values[other]
    counted = np.isfinite(first) & np.isfinite(second) & (first > 0) & (second > 0)
    counted &= (first != usual[one]) | (second != usual[other])
    first, second = first[counted], second[counted]
    if first.size < fewest or np.unique(first[:1000]).size < _FEWEST_VALUES:
        return None
    ratio = second / first
    for times, tolerance in ((1.0, _EQUAL), (float(np.median(ratio)), _PROPORTIONAL)):
        alike = np.abs(ratio / times - 1) <= tolerance
        share = float(alike.mean())
        if share >= _NEARLY_ALL and np.unique(first[alike][:1000]).size >= _FEWEST_VALUES:
            return Repeat(one, other, times, share)
    return None
