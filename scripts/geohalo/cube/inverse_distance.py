"""Inverse-distance weighting of all elements at once.

Elements analysed at the same places share one neighbour search and one weight matrix: the grid is then that sparse
matrix times the table of samples. Elements that miss values each in samples of their own share a wider search, of
which each takes the first samples that it has.

Which samples are near follows from distance and, at equal distance, from the order of the samples, so that a cell's
value does not depend on the cells that it is computed with: neither tiles nor chunks nor threads show in the result.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from multiprocessing.pool import ThreadPool
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geohalo.cube.nearest import CANDIDATES, distances, nearest, nearest_in_groups, nearest_sets

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

#: Cells in work at a time for each thread, at most, and of those that are searched for again; more are no faster.
CHUNK, WIDER_CHUNK = 20_000, 1_000

#: Elements share a wider search where they have more patterns of missing values than this, each with at least so large
#: a share of the samples. It is so wide that at most three elements in 1,000 find too few samples.
FEWEST_PATTERNS, LEAST_PRESENT, MARGIN = 4, 0.5, 3.0
#: How often the search of such cells is made twice as wide before they are searched for by element.
DOUBLINGS = 3


def stretched(points: Array, ratio: float = 1.0, bearing: float = 0.0) -> Array:
    """Coordinates in which the search ellipse is a circle.

    Parameters
    ----------
    points : ndarray (points, 2)
        Easting and northing in metres.
    ratio : float
        Long axis over short axis of the ellipse, at least 1.
    bearing : float
        Direction of the long axis in degrees clockwise from north.

    Returns
    -------
    ndarray (points, 2)
        Distance across the long axis, times ``ratio``, and along it; the points themselves where ``ratio`` is 1.
    """
    if ratio == 1:
        return points
    east, north = np.sin(np.radians(bearing)), np.cos(np.radians(bearing))
    return points @ np.array([[ratio * north, east], [-ratio * east, north]])


def _weights(tree: cKDTree, targets: Array, neighbours: int, power: float) -> csr_array:
    index = nearest_sets(tree, targets, neighbours)
    distance = distances(tree, targets, index)
    least = distance.min(axis=1, keepdims=True)
    coincident = np.flatnonzero(least == 0)
    if coincident.size:
        distance[coincident] = np.where(distance[coincident] == 0, 1.0, np.inf)
        least[coincident] = 1.0
    # Relative to the nearest sample, so that a large power of a large distance does not underflow.
    weight = np.divide(least, distance, out=distance)
    weight **= power
    weight /= weight.sum(axis=1, keepdims=True)
    return _matrix(weight, index, tree.n)


def _matrix(weight: Array, index: NDArray[np.int32], samples: int) -> csr_array:
    """Sparse matrix of the weights (cells, neighbours) of numbered samples."""
    indptr = np.arange(len(weight) + 1, dtype=np.int32) * np.int32(weight.shape[1])
    return csr_array((weight.ravel(), index.ravel(), indptr), shape=(len(weight), samples))


def missing_patterns(values: Array) -> Iterator[tuple[NDArray[np.bool_], Integers]]:
    """Group elements that are missing in the same samples.

    Yields
    ------
    present : ndarray (samples,) of bool
        Samples in which the elements of the group have a value.
    elements : ndarray of int
        Columns of the group.
    """
    present = ~np.isnan(values)
    groups: dict[bytes, list[int]] = {}
    for element, column in enumerate(present.T):
        groups.setdefault(np.packbits(column).tobytes(), []).append(element)
    for elements in groups.values():
        yield present[:, elements[0]], np.array(elements)


def search_width(neighbours: int, values: Array) -> int:
    """Samples to search for, of which nearly always enough have each element of values (samples, elements)."""
    least = (~np.isnan(values)).mean(axis=0).min()
    width = ceil((neighbours + MARGIN * sqrt(neighbours * (1 - least))) / least)
    return width + width % 2


def working_memory(searched: int, elements: int, sharing: bool = False) -> int:
    """Bytes in work for each cell, at most.

    Parameters
    ----------
    searched : int
        Samples looked at for each cell: twice the neighbours, or the width of the search that elements share.
    elements : int
        Elements estimated together.
    sharing : bool
        Whether they miss values each in samples of their own.
    """
    return 60 * searched + 300 if sharing else 30 * searched + 16 * elements + 100


def interpolate(
    points: Array,
    values: Array,
    targets: Array,
    neighbours: int = 12,
    power: float = 2.0,
    ratio: float = 1.0,
    bearing: float = 0.0,
    *,
    memory: float = 0.5,
    workers: int = -1,
) -> Array:
    """Interpolate all elements by inverse-distance weighting (Shepard 1968, doi 10.1145/800186.810616).

    Each is taken from the samples in which it has a value. The weight of sample *i* in cell *j* is d_ij^-power over its
    sum for the nearest ``neighbours`` samples; a cell that coincides with samples takes their mean.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres. Places may be sampled more than once; at equal distance the first samples count.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing.
    targets : ndarray (cells, 2)
        Coordinates in metres.
    neighbours : int
        Nearest samples used; all of them when there are fewer.
    power : float
        Exponent of the distance.
    ratio, bearing
        Of the ellipse that distances are measured by; see `stretched`.
    memory : float
        Gigabytes for the cells in work: so many at a time as it has room for (`working_memory` bytes each), but no more
        than is fast. Besides them there are arguments and result, and up to 32 + 9 x elements bytes for each sample;
        where elements miss values each in samples of their own, 90 + 17 x elements and one for each cell.
    workers : int
        Threads; -1 for as many as there are processors.

    Returns
    -------
    ndarray (cells, elements)
        NaN throughout for an element without any value.
    """
    points, targets = stretched(points, ratio, bearing), stretched(targets, ratio, bearing)
    return Prepared.of(points, values, neighbours, power, memory=memory, workers=workers).estimate(targets)


@dataclass(frozen=True)
class Prepared:
    """Samples made ready for cells that come in blocks: trees, and what elements share; see `interpolate`.

    Attributes
    ----------
    alone : list of (tree, values, columns)
        Elements that are searched for alone: a tree of their samples, their values and where in the result they go.
    shared : _Shared or None
        Elements that share a search.
    elements : int
        Columns of the result.
    method : _Method
    """

    alone: list[tuple[cKDTree, Array, Any]]
    shared: "_Shared | None"
    elements: int
    method: "_Method"

    @classmethod
    def of(
        cls,
        points: Array,
        values: Array,
        neighbours: int = 12,
        power: float = 2.0,
        *,
        memory: float = 0.5,
        workers: int = -1,
    ) -> "Prepared":
        """Prepare samples whose search ellipse is a circle; see `interpolate` for the arguments."""
        groups, sharing = _groups(values)
        alone = []
        for present, elements in groups:
            every = elements.size == values.shape[1]
            part = values if every and present.all() else values[np.ix_(present, elements)]
            columns = slice(None) if every else elements
            alone.append((cKDTree(points[present]), np.ascontiguousarray(part), columns))
        shared = _Shared.of(points, values, sharing, neighbours) if sharing.size else None
        return cls(alone, shared, values.shape[1], _Method(neighbours, power, memory, _threads(workers)))

    def estimate(self, targets: Array) -> Array:
        """Estimate all elements (cells, elements) at cells (cells, 2) in the coordinates of the points."""
        result = np.full((len(targets), self.elements), np.nan)
        for tree, values, columns in self.alone:

            def store(rows: slice, estimates: Array, columns: Any = columns) -> None:
                result[rows, columns] = estimates

            self.method.alone(tree, values, targets, store)
        if self.shared is not None:
            self.method.shared(self.shared, targets, result)
        return result


def _threads(workers: int) -> int:
    if workers >= 1:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _groups(values: Array) -> tuple[list[tuple[NDArray[np.bool_], Integers]], Integers]:
    """Groups of elements that are searched for alone, without those that have no value, and the elements that share."""
    groups = [group for group in missing_patterns(values) if group[0].any()]
    sharing = [group[0].mean() >= LEAST_PRESENT for group in groups]
    if sum(sharing) <= FEWEST_PATTERNS:
        return groups, np.empty(0, dtype=np.intp)
    shared = [elements for (_, elements), share in zip(groups, sharing, strict=True) if share]
    return [g for g, share in zip(groups, sharing, strict=True) if not share], np.sort(np.concatenate(shared))


@dataclass(frozen=True)
class _Shared:
    """Samples (points, values) of elements that share a search, in a tree and a table, and how wide they search."""

    points: Array
    values: Array
    elements: Integers
    tree: cKDTree
    table: Array
    width: int

    @classmethod
    def of(cls, points: Array, values: Array, elements: Integers, neighbours: int) -> "_Shared":
        """Put samples into a tree and the values of these elements into a table."""
        # Numba is slow to import, and needed only here.
        from geohalo.cube.first_present import table

        near_values = table(values if elements.size == values.shape[1] else values[:, elements])
        width = search_width(neighbours, near_values[:, : elements.size])
        return cls(points, values, elements, cKDTree(points), near_values, width)


@dataclass(frozen=True)
class _Method:
    """How to weight, and with how much memory and how many threads."""

    neighbours: int
    power: float
    memory: float
    threads: int

    def chunks(self, cells: int, bytes_each: int, most: int, work: Callable[[slice], None]) -> None:
        """Do all cells, so many at a time as the memory allows."""
        chunk = max(1, min(most, int(self.memory * 1e9 / (self.threads * bytes_each))))
        slices = [slice(start, start + chunk) for start in range(0, cells, chunk)]
        if self.threads == 1 or len(slices) < 2:
            list(map(work, slices))
            return
        with ThreadPool(self.threads) as pool:
            pool.map(work, slices, chunksize=1)

    def alone(
        self, tree: cKDTree, values: Array, targets: Array, store: Callable[[slice, Array], None]
    ) -> None:
        """Estimate elements that all samples of a tree have; ``store`` takes the estimates of a slice of the cells."""

        def work(rows: slice) -> None:
            store(rows, _weights(tree, targets[rows], self.neighbours, self.power) @ values)

        size = working_memory(CANDIDATES * self.neighbours, values.shape[1])
        self.chunks(len(targets), size, CHUNK, work)

    def shared(self, samples: _Shared, targets: Array, result: Array) -> None:
        """Estimate elements that miss samples of their own: one search for all, then wider ones for what is left."""
        from geohalo.cube.first_present import first_present

        elements, width = samples.elements, samples.width
        lacking = np.zeros(len(targets), dtype=np.bool_)

        def work(rows: slice) -> None:
            into = result[rows], lacking[rows]
            for some, squared, index in nearest_in_groups(samples.tree, targets[rows], width):
                weight = self._relative_weights(squared)
                index = np.ascontiguousarray(index)
                first_present(weight, index, samples.table, self.neighbours, some, elements, *into)

        self.chunks(len(targets), working_memory(width, elements.size, sharing=True), CHUNK, work)
        self._search_on(samples, targets, result, lacking)
        left = np.flatnonzero(lacking)
        if left.size:
            self._one_by_one(samples, targets, result, left)

    def _search_on(self, samples: _Shared, targets: Array, result: Array, lacking: NDArray[np.bool_]) -> None:
        """Search wider and wider for the elements that are NaN in cells that are ``lacking`` some."""
        tree, values, elements = samples.tree, samples.table, samples.elements
        wanted = np.minimum(self.neighbours, np.isfinite(values).sum(axis=0))
        for doubling in range(1, DOUBLINGS + 1):
            left = np.flatnonzero(lacking)
            wider = min(2**doubling * samples.width, tree.n)

            def search_on(rows: slice, left: Integers = left, wider: int = wider) -> None:
                cells = left[rows]
                row, column = np.nonzero(np.isnan(result[np.ix_(cells, elements)]))
                distance, index = nearest(tree, targets[cells], wider)
                estimates = _of_each(distance[row], index[row], column, values, wanted, self.power)
                result[cells[row], elements[column]] = estimates
                lacking[cells] = False
                lacking[cells[row[np.isnan(estimates)]]] = True

            size = working_memory(wider, elements.size, sharing=True) + 80 * wider * elements.size
            self.chunks(left.size, size, WIDER_CHUNK, search_on)

    def _relative_weights(self, squared: Array) -> Array:
        """Weights (cells, samples) for squared distances in ascending order, those of the last sure neighbour 1."""
        sure = min(self.neighbours, squared.shape[1])
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            weight = squared[:, sure - 1 : sure] / squared
            weight **= self.power / 2
        return weight

    def _one_by_one(self, samples: _Shared, targets: Array, result: Array, left: Integers) -> None:
        """Estimate what is NaN in the cells that are left, such as an element that misses a whole map sheet."""
        for element in samples.elements:
            cells = left[np.isnan(result[left, element])]

            def store(rows: slice, estimates: Array, places: Any = (cells, element)) -> None:
                result[places[0][rows], places[1]] = estimates[:, 0]

            if cells.size:
                there = ~np.isnan(samples.values[:, element])
                tree = cKDTree(samples.points[there])
                self.alone(tree, samples.values[there, element, None], targets[cells], store)


def _of_each(
    distance: Array,
    index: Integers,
    element: Integers,
    values: Array,
    wanted: Array,
    power: float,
) -> Array:
    """Estimate one element in each of some cells from the first of the near samples that have it.

    Parameters
    ----------
    distance, index : ndarray (cells, samples searched)
        The nearest first.
    element : ndarray (cells,) of int
        Which one each cell lacks.
    values : ndarray (samples, at least elements)
        NaN where missing.
    wanted : ndarray (elements,)
        Samples to weight.

    Returns
    -------
    ndarray (cells,)
        NaN where there are too few.
    """
    value = values[index, element[:, None]]
    used = ~np.isnan(value)
    count = used.cumsum(axis=1)
    used &= count <= wanted[element, None]
    distance = np.where(used, distance, np.inf)
    least = distance.min(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(least == 0, distance == 0, (least / distance) ** power)
        estimate = (weight * np.where(used, value, 0)).sum(axis=1) / weight.sum(axis=1)
    return np.where(count[:, -1] < wanted[element], np.nan, estimate)
