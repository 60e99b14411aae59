"""A compiled loop: each element from the first of the near samples that have it.

Every element of every cell stops at a sample of its own. NumPy needs ten passes over cells and elements for each of the
near samples; this takes one, in a core's cache. Numba compiles it once and keeps the result beside this file, or in the
user's cache where no file may be written here.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Columns of the table come in multiples of this, so that the processor takes several at a time throughout.
COLUMNS = 8


def table(values: Array) -> Array:
    """Copy values (samples, elements), NaN where missing, with more columns up to a multiple of `COLUMNS`."""
    samples, elements = values.shape
    wider = np.full((samples, -(-elements // COLUMNS) * COLUMNS), np.nan)
    wider[:, :elements] = values
    return wider


#: Types of the arguments, all arrays in one piece: compiled for these alone, when this module is imported.
TYPES = "void(f8[:,::1], intp[:,::1], f8[:,::1], intp, intp[::1], intp[::1], f8[:,::1], b1[::1])"


def _compiled(function: Callable[..., None]) -> Any:
    compiler = partial(numba.njit, TYPES, nogil=True, error_model="numpy")
    try:
        return compiler(cache=True)(function)
    except RuntimeError:  # no folder that may be written
        return compiler()(function)


@_compiled
def first_present(
    weight: Array,
    index: NDArray[np.integer],
    values: Array,
    neighbours: int,
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
    result: Array,
    left: NDArray[np.bool_],
) -> None:
    """Weight for each element the first ``neighbours`` of the near samples that have it.

    Parameters
    ----------
    weight, index : ndarray (some cells, samples searched)
        The nearest first. Of an odd number the last is not looked at.
    values : ndarray (samples, at least elements)
        See `table`.
    neighbours : int
    rows, columns : ndarray (some cells,), (elements,) of int
        Where in the result they go.
    result : ndarray (cells, all elements)
        Receives the estimates: NaN where too few of the near samples have the element, and where one that has it has
        the weight infinity.
    left : ndarray (cells,)
        Becomes true where any is NaN.
    """
    above, below, count = np.empty(values.shape[1]), np.empty(values.shape[1]), np.empty(values.shape[1])
    for cell in range(len(rows)):
        above[:], below[:], count[:] = 0, 0, 0
        # Two samples in one pass, since it costs as much to fetch and store the sums as to add to them.
        for place in range(0, weight.shape[1] - 1, 2):
            weight1, weight2 = weight[cell, place], weight[cell, place + 1]
            values1, values2 = values[index[cell, place]], values[index[cell, place + 1]]
            for element in range(len(above)):
                value1, value2 = values1[element], values2[element]
                use1 = (value1 == value1) & (count[element] < neighbours)
                one = count[element] + (1.0 if use1 else 0.0)
                use2 = (value2 == value2) & (one < neighbours)
                above[element] += (weight1 * value1 if use1 else 0.0) + (weight2 * value2 if use2 else 0.0)
                below[element] += (weight1 if use1 else 0.0) + (weight2 if use2 else 0.0)
                count[element] = one + (1.0 if use2 else 0.0)
        for element in range(len(above)):
            above[element] = above[element] / below[element] if count[element] >= neighbours else np.nan
        lacking = False
        for element in range(len(columns)):
            result[rows[cell], columns[element]] = above[element]
            lacking |= above[element] != above[element]
        left[rows[cell]] = lacking
