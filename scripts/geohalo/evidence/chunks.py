"""Long arrays of cells in parts, where a library would hold work arrays for all of them at once."""

from collections.abc import Callable
from typing import Any

import numpy as np

#: Cells at once.
CHUNK = 50_000


def in_chunks(score: Callable[[np.ndarray], np.ndarray], values: Any, size: int = CHUNK) -> np.ndarray:
    """Return ``score(values)`` of a function that scores each row by itself, a part of the rows at a time.

    Parameters
    ----------
    score : callable
        From values (M, B) to scores (M, ...).
    values : (N, B) array
        Or anything with N rows that gives an array (M, B) for a slice of them.
    size : int
        Rows at once.

    Returns
    -------
    (N, ...) array
    """
    return np.concatenate(
        [score(values[start : start + size]) for start in range(0, max(1, len(values)), size)]
    )
