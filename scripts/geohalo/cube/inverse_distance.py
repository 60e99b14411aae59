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

from geohalo.cube.nearest import CANDIDATES, distances, nearest, nearest_sets

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

#: Cells in work at a time for each thread, at most; more leave a core's cache and are no faster.
CHUNK, SHARED_CHUNK = 20_000, 1_000

#: Elements share a wider search where they have more patterns of missing values than this, each with at least so large
#: a share of the samples. It is so wide that about one cell in 200 finds too few samples.
FEWEST_PATTERNS, LEAST_PRESENT, MARGIN = 4, 0.5, 2.5
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
    return 30 * searched + (45 if sharing else 16) * elements + 100


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
        than is fast. Besides them there are arguments and result, and up to 32 + 9 x elements bytes for each sample,
        32 + 25 x elements where elements miss values each in samples of their own.
    workers : int
        Threads; -1 for as many as there are processors.

    Returns
    -------
    ndarray (cells, elements)
        NaN throughout for an element without any value.
    """
    points, targets = stretched(points, ratio, bearing), stretched(targets, ratio, bearing)
    result = np.empty((len(targets), values.shape[1]))
    result[:, np.isnan(values).all(axis=0)] = np.nan
    method = _Method(neighbours, power, memory, _threads(workers))
    groups, sharing = _groups(values)
    for present, elements in groups:
        every = elements.size == values.shape[1]

        def store(rows: slice, estimates: Array, columns: Any = slice(None) if every else elements) -> None:
            result[rows, columns] = estimates

        part = values if every and present.all() else values[np.ix_(present, elements)]
        method.alone(points[present], np.ascontiguousarray(part), targets, store)
    if sharing.size:
        method.shared(points, values, targets, sharing, result)
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
        self, points: Array, values: Array, targets: Array, store: Callable[[slice, Array], None]
    ) -> None:
        """Estimate elements that all these samples have; ``store`` takes the estimates of a slice of the cells."""
        tree = cKDTree(points)

        def work(rows: slice) -> None:
            store(rows, _weights(tree, targets[rows], self.neighbours, self.power) @ values)

        size = working_memory(CANDIDATES * self.neighbours, values.shape[1])
        self.chunks(len(targets), size, CHUNK, work)

    def shared(self, points: Array, values: Array, targets: Array, elements: Integers, result: Array) -> None:
        """Estimate elements that miss samples of their own: one search for all, then wider ones for what is left."""
        # Rows in one piece, as they are read: taking columns leaves the columns in one piece.
        filled, tree = np.ascontiguousarray(values[:, elements]), cKDTree(points)
        present = (~np.isnan(filled)).astype(np.float64)
        filled[present == 0] = 0
        least = present.mean(axis=0).min()
        width = ceil((self.neighbours + MARGIN * sqrt(self.neighbours * (1 - least))) / least)

        columns: Any = slice(None) if elements.size == values.shape[1] else elements

        def work(rows: slice) -> None:
            near = nearest(tree, targets[rows], width)
            result[rows, columns] = _first_present(*near, filled, present, self.neighbours, self.power)

        self.chunks(len(targets), working_memory(width, elements.size, sharing=True), SHARED_CHUNK, work)
        wanted = np.minimum(self.neighbours, present.sum(axis=0))
        for doubling in range(1, DOUBLINGS + 1):
            left = np.flatnonzero(np.isnan(result[:, columns]).any(axis=1))
            wider = min(2**doubling * width, len(points))

            def search_on(rows: slice, cells: Integers = left, wider: int = wider) -> None:
                some = cells[rows]
                row, element = np.nonzero(np.isnan(result[some][:, columns]))
                distance, index = nearest(tree, targets[some], wider)
                near = distance[row], index[row], element
                result[some[row], elements[element]] = _of_each(*near, filled, present, wanted, self.power)

            size = working_memory(wider, elements.size, sharing=True) + 60 * wider * elements.size
            self.chunks(left.size, size, SHARED_CHUNK, search_on)
        self._one_by_one(points, values, targets, elements, result)

    def _one_by_one(
        self, points: Array, values: Array, targets: Array, elements: Integers, result: Array
    ) -> None:
        """Estimate what is still left, such as an element that misses a whole map sheet."""
        for element in elements:
            left = np.flatnonzero(np.isnan(result[:, element]))

            def store(rows: slice, estimates: Array, places: Any = (left, element)) -> None:
                result[places[0][rows], places[1]] = estimates[:, 0]

            if left.size:
                there = ~np.isnan(values[:, element])
                self.alone(points[there], values[there, element, None], targets[left], store)


def _of_each(
    distance: Array,
    index: Integers,
    element: Integers,
    filled: Array,
    present: Array,
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
    filled, present : ndarray (samples, elements)
        See `_first_present`.
    wanted : ndarray (elements,)
        Samples to weight.

    Returns
    -------
    ndarray (cells,)
        NaN where there are too few.
    """
    used = present[index, element[:, None]] > 0
    count = used.cumsum(axis=1)
    used &= count <= wanted[element, None]
    distance = np.where(used, distance, np.inf)
    least = distance.min(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(least == 0, distance == 0, (least / distance) ** power)
        value = (weight * filled[index, element[:, None]]).sum(axis=1) / weight.sum(axis=1)
    return np.where(count[:, -1] < wanted[element], np.nan, value)


def _first_present(
    distance: Array,
    index: Integers,
    filled: Array,
    present: Array,
    neighbours: int,
    power: float,
) -> Array:
    """Weight for each element the first ``neighbours`` of the near samples that have it.

    Parameters
    ----------
    distance, index : ndarray (cells, samples searched)
        The nearest first.
    filled : ndarray (samples, elements)
        Values, 0 where missing.
    present : ndarray (samples, elements)
        1 where there is a value, 0 where missing.

    Returns
    -------
    ndarray (cells, elements)
        NaN where too few of the near samples have the element, and in cells that coincide with a sample.
    """
    sure = min(neighbours, distance.shape[1])
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        weight = (distance[:, sure - 1 : sure] / distance) ** power
        # Of the first samples all that have an element count.
        matrix = _matrix(weight[:, :sure], index[:, :sure].astype(np.int32), len(filled))
        above, below = matrix @ filled, matrix @ present
        matrix.data[:] = 1
        count = matrix @ present
        take, value = np.empty_like(above), np.empty_like(above)
        for nth in range(sure, distance.shape[1]):
            # The mode keeps NumPy from taking into a buffer of its own first.
            np.take(present, index[:, nth], axis=0, out=take, mode="clip")
            take *= count < neighbours
            count += take
            take *= weight[:, nth, None]
            below += take
            np.take(filled, index[:, nth], axis=0, out=value, mode="clip")
            value *= take
            above += value
        above /= below
    above[count < neighbours] = np.nan
    return above
