"""Nested catchments of all samples of a survey, in one pass over its terrain.

A sample sees all ground upstream of it, and of this the samples upstream of it see a part. What is computed is the part
that no other sample sees before it, its increment: increments share no cell, so that a survey of any number of nested
catchments takes one number for each cell of the terrain. The whole catchment of a sample is the sum of the increments
above it in the tree of samples.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geohalo.catchments.compiled import compiled
from geohalo.catchments.drainage import Drainage, at_the_edge, below, nearest_downstream
from geohalo.catchments.overlaps import overlaps
from geohalo.catchments.snapping import Snapped
from geohalo.cube.grid import Grid


@dataclass(frozen=True)
class Catchments:
    """The catchments of samples, nested in each other.

    Attributes
    ----------
    parent : ndarray (samples,) of int64
        The next sample downstream; -1 where there is none.
    cell : ndarray (samples,) of int64
        Flat cell of the terrain; -1 for a sample that has none.
    own_area : ndarray (samples,) of float64
        Area of the increment in m2: what drains to this sample and to no other before it. 0 for a sample without a cell
        and for a twin.
    area : ndarray (samples,) of float64
        Area of the whole catchment in m2. That of a twin is the one of the first sample in its cell.
    snapped : ndarray (samples,) of float64
        Distance to the centre of the cell in metres; NaN where no channel lies within reach.
    leaves : ndarray (samples,) of bool
        Whether the whole catchment touches the edge of the terrain or a void, so that ground may be missing.
    twin : ndarray (samples,) of int64
        The first sample in the same cell, which has the increment of both; -1 for a sample that is first itself. A twin
        has the parent of the first.
    shares : csr_array (samples, grid cells) of float64
        Area in m2 of each increment in each cell of the survey's grid, rows by rows from the northwest. What lies
        beyond the grid is left out.
    """

    parent: NDArray[np.int64]
    cell: NDArray[np.int64]
    own_area: NDArray[np.float64]
    area: NDArray[np.float64]
    snapped: NDArray[np.float64]
    leaves: NDArray[np.bool_]
    twin: NDArray[np.int64]
    shares: csr_array


def delineated(drainage: Drainage, samples: Snapped, grid: Grid) -> tuple[Catchments, NDArray[np.int32]]:
    """Delineate the catchments of all samples.

    Parameters
    ----------
    drainage : Drainage
    samples : Snapped
    grid : Grid
        Of the survey, in the same CRS.

    Returns
    -------
    catchments : Catchments
    label : ndarray (rows, columns) of int32
        For each cell of the terrain the first sample that its water passes; -1 where it passes none.
    """
    codes, cell = drainage.codes, samples.cell
    number = len(cell)
    twin = _twins(cell)
    label = nearest_downstream(codes, cell)
    next_cell = below(codes, cell)
    parent = np.where(next_cell >= 0, label.ravel()[next_cell], -1).astype(np.int64)
    count = np.zeros(number, dtype=np.int64)
    _count(label.ravel(), count)
    own_area = (count * drainage.frame.cell_area).astype(np.float64)
    area = gathered(parent, own_area)
    leaves = gathered(parent, at_the_edge(codes, label, number).astype(np.float64)) > 0
    first = np.where(twin >= 0, twin, np.arange(number))
    catchments = Catchments(
        parent,
        cell,
        own_area,
        area[first],
        samples.distance,
        leaves[first],
        twin,
        overlaps(label, drainage.frame, grid, number),
    )
    return catchments, label


def gathered(parent: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum values of increments over whole catchments.

    Parameters
    ----------
    parent : ndarray (samples,) of int64
        The next sample downstream; -1 without one.
    values : ndarray (samples,) or (samples, k)

    Returns
    -------
    ndarray
        Like ``values``: each with the sum of all samples upstream of it. Of a twin, its own alone.
    """
    total = np.array(values, dtype=np.float64)
    for sample in upstream_first(parent):
        if parent[sample] >= 0:
            total[parent[sample]] += total[sample]
    return total


def upstream_first(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the samples (samples,) in an order in which each comes before the next one downstream of it.

    Raises
    ------
    ValueError
        The tree has a loop.
    """
    order = np.empty(len(parent), dtype=np.int64)
    waiting = np.bincount(parent[parent >= 0], minlength=len(parent)).astype(np.int64)
    if _order(parent, waiting, order) < len(parent):
        raise ValueError("samples drain to each other in a loop")
    return order


@compiled
def _order(parent: NDArray[np.int64], waiting: NDArray[np.int64], order: NDArray[np.int64]) -> int:
    last = 0
    for start in range(len(parent)):
        sample = start
        while sample >= 0 and waiting[sample] == 0:
            waiting[sample] = -1
            order[last] = sample
            last += 1
            sample = parent[sample]
            if sample >= 0:
                waiting[sample] -= 1
    return last


@compiled
def _count(label: NDArray[np.int32], count: NDArray[np.int64]) -> None:
    for cell in range(label.size):
        if label[cell] >= 0:
            count[label[cell]] += 1


def _twins(cell: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each sample the first one in its cell; -1 for those that are first, and for those without a cell."""
    twin = np.full(len(cell), -1, dtype=np.int64)
    known = np.flatnonzero(cell >= 0)
    _, first, inverse = np.unique(cell[known], return_index=True, return_inverse=True)
    found = known[first][inverse]
    later = found != known
    twin[known[later]] = found[later]
    return twin
