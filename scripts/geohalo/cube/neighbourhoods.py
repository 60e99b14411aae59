"""The nearest samples of each cell, and the small dense systems that methods with a system per cell solve on them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geohalo.survey.places import group_places

Array = NDArray[np.float64]

#: Samples within so many metres of each other are one place: two equations of a system must not be the same.
SAME_PLACE = 0.01
#: Bytes that one array of the systems of a block of cells may take; there are up to six at a time.
BLOCK_BYTES = 8e6


@dataclass(frozen=True)
class Places:
    """Samples, with those at one place taken together.

    Attributes
    ----------
    points : ndarray (places, 2)
        Mean coordinates in metres.
    count : ndarray (places,)
        Number of samples at each.
    mean : csr_array (places, samples)
        Gives each place the mean of its samples.
    """

    points: Array
    count: Array
    mean: csr_array

    @classmethod
    def of(cls, points: Array) -> "Places":
        """Take samples (samples, 2) closer than `SAME_PLACE` together."""
        place = group_places(points, SAME_PLACE)
        count = np.bincount(place).astype(np.float64)
        rows, columns = place, np.arange(len(points))
        mean = csr_array((1 / count[place], (rows, columns)), shape=(count.size, len(points)))
        return cls(mean @ points, count, mean)


@dataclass(frozen=True)
class Neighbourhoods:
    """The nearest places of a block of cells.

    Attributes
    ----------
    rows : slice
        Cells of the block.
    index : ndarray (cells, k) of int
        Places, the nearest first.
    offset : ndarray (cells, k, 2)
        From the cell to each.
    """

    rows: slice
    index: NDArray[np.intp]
    offset: Array

    @property
    def squared(self) -> Array:
        """Squared distance from the cell to each place (cells, k)."""
        return np.einsum("cki,cki->ck", self.offset, self.offset)

    @property
    def squared_between(self) -> Array:
        """Squared distances between the places of a cell (cells, k, k), exactly symmetric."""
        x, y = self.offset[..., 0], self.offset[..., 1]
        return (x[:, :, None] - x[:, None, :]) ** 2 + (y[:, :, None] - y[:, None, :]) ** 2


def neighbourhoods(points: Array, targets: Array, neighbours: int) -> Iterator[Neighbourhoods]:
    """Find the nearest places of each cell, block by block, so that the systems of a block fit into `BLOCK_BYTES`.

    Parameters
    ----------
    points : ndarray (places, 2)
        Distinct.
    targets : ndarray (cells, 2)
    neighbours : int
        All places are used when there are fewer.
    """
    tree, k = cKDTree(points), min(neighbours, len(points))
    cells = max(1, int(BLOCK_BYTES / (8 * (k + 3) ** 2)))
    for start in range(0, len(targets), cells):
        rows = slice(start, min(start + cells, len(targets)))
        _, index = tree.query(targets[rows], k=np.arange(1, k + 1), workers=-1)
        yield Neighbourhoods(rows, index, points[index] - targets[rows, None])


def as_matrix(index: NDArray[np.intp], weights: Array, places: int) -> csr_array:
    """Put the weights of neighbouring places, both (cells, k), into a matrix (cells, places)."""
    cells, k = index.shape
    return csr_array((weights.ravel(), index.ravel(), np.arange(cells + 1) * k), shape=(cells, places))
