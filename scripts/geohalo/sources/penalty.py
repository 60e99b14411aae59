"""The penalty on rough maps of sources, and what it takes to solve with it.

The penalty of a map x is the integral of its squared slope, or of its squared Laplacian:

    first:  sum over neighbouring cells of (x_i - x_j)^2          = x' L x
    second: sum over cells of (L x)_i^2 / cell^2                  = x' L^2 x / cell^2

with the Laplacian L of the grid, and no slope across the outer edge. Both are the same on a grid of any cell size, so
that a coarse grid stands for a fine one. The cosine transform (DCT-II) diagonalises L (Strang 1999, doi
10.1137/S0036144598336745), so that one solution with the penalty costs two fast transforms of the grid. The inverse
leaves the mean out: a level of its own costs nothing.

Seen as a random field, the inverse is its covariance: of the first kind the log-linear one of de Wijs, of the second
that of a thin plate (Besag and Mondal 2005, doi 10.1093/biomet/92.4.909).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn, next_fast_len
from scipy.sparse import csr_array, eye_array, kron

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Kind = Literal["first", "second"]
ORDERS = {"first": 1, "second": 2}

#: Numbers in work at a time.
BLOCK = 4_000_000


@dataclass(frozen=True)
class Penalty:
    """The penalty on a grid; see `penalty`.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of the grid.
    inverse : ndarray (rows, columns)
        Of the penalty, for each cosine; 0 for the mean. Rows and columns of the grid and of what is added below and
        right of it, since transforms are fast for some lengths only.
    """

    shape: tuple[int, int]
    inverse: Array

    @property
    def cells(self) -> int:
        """Cells of the grid."""
        return self.shape[0] * self.shape[1]

    def solve(self, maps: Array, workers: int = 1) -> Array:
        """Return the inverse of the penalty times maps (cells, k), in the same shape, in blocks of maps."""
        result = np.empty_like(maps)
        step = max(1, BLOCK // self.inverse.size)
        for start in range(0, maps.shape[1], step):
            some = slice(start, start + step)
            rows, columns = self.shape
            images = np.zeros((maps[:, some].shape[1], *self.inverse.shape))
            images[:, :rows, :columns] = maps[:, some].T.reshape(-1, rows, columns)
            waves = dctn(images, axes=(1, 2), norm="ortho", workers=workers, overwrite_x=True)
            waves *= self.inverse
            images = idctn(waves, axes=(1, 2), norm="ortho", workers=workers, overwrite_x=True)
            result[:, some] = images[:, :rows, :columns].reshape(-1, self.cells).T
        return result

    def diagonal(self) -> Array:
        """Return the diagonal of the inverse (cells,): the variance of a cell about the mean of all."""
        sides = []
        for length, kept in zip(self.inverse.shape, self.shape, strict=True):
            angle = np.pi * np.outer(np.arange(kept) + 0.5, np.arange(length)) / length
            basis = np.cos(angle) ** 2 * (2.0 / length)
            basis[:, 0] = 1.0 / length
            sides.append(basis)
        return (sides[0] @ self.inverse @ sides[1].T).ravel()


def penalty(shape: tuple[int, int], kind: Kind, cell: float = 1.0) -> Penalty:
    """Return the penalty on a grid.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    kind : {'first', 'second'}
        Slope, or roughness.
    cell : float
        Cell size; the inverse of the second kind is in squares of its unit.
    """
    order = ORDERS[kind]
    lengths = _fast(shape)
    south, east = (2.0 - 2.0 * np.cos(np.pi * np.arange(length) / length) for length in lengths)
    squared = south[:, None] + east[None, :]
    squared[0, 0] = 1.0
    inverse = cell ** (2 * (order - 1)) / squared**order
    inverse[0, 0] = 0.0
    return Penalty(shape, inverse)


def sparse_penalty(shape: tuple[int, int], kind: Kind, cell: float = 1.0) -> tuple[csr_array, Integers]:
    """Return the penalty as a matrix of neighbouring cells.

    Parameters
    ----------
    shape, kind, cell
        See `penalty`.

    Returns
    -------
    matrix : csr_array (all cells, all cells)
        Of the grid and what is added below and right of it; its inverse is that of `penalty`.
    place : ndarray (cells,) of int
        The row of each cell of the grid.
    """
    order = ORDERS[kind]
    lengths = _fast(shape)
    south, east = (_second_differences(length) for length in lengths)
    laplacian = csr_array(kron(south, eye_array(lengths[1])) + kron(eye_array(lengths[0]), east))
    matrix = laplacian if order == 1 else csr_array(laplacian @ laplacian) / cell**2
    place = np.arange(shape[0])[:, None] * lengths[1] + np.arange(shape[1])
    return csr_array(matrix), place.ravel()


def _fast(shape: tuple[int, int]) -> list[int]:
    """Return the sides of the grid that is transformed."""
    return [next_fast_len(length, real=True) for length in shape]


def _second_differences(length: int) -> csr_array:
    slope = eye_array(length - 1, length, k=1) - eye_array(length - 1, length)
    return csr_array(slope.T @ slope)


def coarse_cells(shape: tuple[int, int], factor: int) -> tuple[tuple[int, int], NDArray[np.int64]]:
    """Take square blocks of ``factor`` by ``factor`` cells together.

    Returns
    -------
    shape : tuple of int
        Rows and columns of the coarse grid, which may reach beyond the fine one.
    columns : ndarray (cells,) of int
        The coarse cell that each cell lies in.
    """
    coarse = -(-shape[0] // factor), -(-shape[1] // factor)
    row, column = np.arange(shape[0]) // factor, np.arange(shape[1]) // factor
    return coarse, (row[:, None] * coarse[1] + column[None, :]).ravel()
