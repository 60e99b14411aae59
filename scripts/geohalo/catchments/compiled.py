"""How loops over the cells of a terrain are compiled, and the neighbours of a cell that all of them share."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

#: Steps to the neighbours of a cell (rows, columns), clockwise from the east, and the code of each: powers of two, as
#: ESRI's. Rows run southwards.
ROW_STEPS = np.array([0, 1, 1, 1, 0, -1, -1, -1], dtype=np.int64)
COLUMN_STEPS = np.array([1, 1, 0, -1, -1, -1, 0, 1], dtype=np.int64)
#: Codes of a cell without a way out, and of one without data.
SINK, VOID = 0, 247
#: Which of the neighbours a code means; -1 for none. Codes are bytes.
NEIGHBOUR = np.full(256, -1, dtype=np.int64)
NEIGHBOUR[[1, 2, 4, 8, 16, 32, 64, 128]] = np.arange(8)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a loop when it is first called; the result is kept on disk where a file may be written.

    What is kept is known to be out of date by the file of the loop alone: loops that call each other stand in one file.
    """
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # no folder that may be written
        return numba.njit(nogil=True, error_model="numpy")(function)
