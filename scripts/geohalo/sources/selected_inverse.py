"""The diagonal of the inverse of a sparse symmetric matrix, exact, from its factor.

The inverse Z of a matrix L D L' obeys Z = D^-1 L^-1 - (L' - 1) Z. Its entries where L has any follow from each other,
the last column first (Takahashi, Fagan and Chen 1973; Erisman and Tinney 1975, doi 10.1145/360680.360704). That takes
about as long as the factor. A solution for each column of the inverse would take hundreds of times longer.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, tril
from scipy.sparse.linalg import SuperLU

from geohalo.catchments.compiled import compiled

Array = NDArray[np.float64]
#: Of the widths that a factor has.
Integers = NDArray[np.integer]


def inverse_diagonal(factor: SuperLU) -> Array:
    """Return the diagonal of the inverse of a symmetric matrix that was factored without pivots.

    Parameters
    ----------
    factor : SuperLU
        With the same order of rows and columns.

    Returns
    -------
    ndarray (rows,)

    Raises
    ------
    ValueError
        If the factor changed the order of rows for pivots.
    """
    if (factor.perm_r != factor.perm_c).any():
        raise ValueError("the inverse of a symmetric matrix is selected from a factor without pivots")
    lower = _closed(csc_array(tril(factor.L, -1)))
    pivots = factor.U.diagonal()
    diagonal = _diagonal(lower.indptr, lower.indices, lower.data, pivots)
    return np.asarray(diagonal[factor.perm_c], dtype=np.float64)


def _closed(lower: csc_array) -> csc_array:
    """Add entries that are 0 by chance, which a factor does not keep; rows of each column in order."""
    while True:
        lower.sort_indices()
        rows, columns = _lacking(lower.indptr, lower.indices)
        if not rows.size:
            return lower
        kept = lower.tocoo()
        places = np.concatenate([kept.row, rows]), np.concatenate([kept.col, columns])
        lower = csc_array((np.concatenate([kept.data, np.zeros(rows.size)]), places), shape=lower.shape)


@compiled
def _lacking(starts: Integers, rows: Integers) -> tuple[Integers, Integers]:
    """Find what the first column that a column acts on must have of its rows and has not."""
    size = starts.size - 1
    marked = np.full(size, -1)
    found_rows, found_columns = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)]
    for column in range(size):
        if starts[column] == starts[column + 1]:
            continue
        first = rows[starts[column]]
        for place in range(starts[first], starts[first + 1]):
            marked[rows[place]] = column
        for place in range(starts[column] + 1, starts[column + 1]):
            if marked[rows[place]] != column:
                found_rows.append(np.int64(rows[place]))
                found_columns.append(np.int64(first))
    return np.array(found_rows), np.array(found_columns)


@compiled
def _diagonal(starts: Integers, rows: Integers, values: Array, pivots: Array) -> Array:
    """Work out the inverse where the lower factor has entries, the last column first; returns its diagonal."""
    size = pivots.size
    inverse, diagonal = np.zeros(values.size), np.zeros(size)
    marked, factor, total = np.full(size, -1), np.zeros(size), np.zeros(size)
    for column in range(size - 1, -1, -1):
        first, end = starts[column], starts[column + 1]
        for place in range(first, end):
            marked[rows[place]] = column
            factor[rows[place]] = values[place]
        for place in range(first, end):
            row = rows[place]
            own = diagonal[row] * values[place]
            for other in range(starts[row], starts[row + 1]):
                below = rows[other]
                if marked[below] == column:
                    own += inverse[other] * factor[below]
                    total[below] += inverse[other] * values[place]
            total[row] += own
        back = 0.0
        for place in range(first, end):
            inverse[place] = -total[rows[place]]
            back += values[place] * total[rows[place]]
            total[rows[place]] = 0.0
        diagonal[column] = 1.0 / pivots[column] + back
    return diagonal
