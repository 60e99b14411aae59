"""The nearest samples of cells, exactly, also where samples are equally far.

Samples at equal distance come in their own order, so that which ones are near does not depend on the search tree nor on
the cells that are searched together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

#: So many samples, those that tie for the last place included, are put in order; more of them lie at one place.
WIDEST = 256
#: Sides of the blocks whose cells share candidates, in radii of a neighbourhood, and candidates for each neighbour. In
#: small blocks the candidates suffice for nearly every cell; large ones hold enough cells where these are fewer.
SMALL, LARGE, CANDIDATES = 0.3, 0.5, 2
#: Fewest cells of a block, on average, for which it may be small, and for which candidates cost less than a search for
#: each cell.
MANY_CELLS, FEWEST_CELLS = 20, 5
#: Distances this close, relatively, count as equal where candidates are chosen.
EQUAL = 1e-14
EPSILON = float(np.finfo(np.float64).eps)
#: Cells whose samples are put in order at a time: their distances stay in a core's cache.
GROUP = 2_000


def nearest(tree: cKDTree, targets: Array, count: int) -> tuple[Array, Integers]:
    """Return distances and numbers of the nearest samples, by distance and then by number.

    Parameters
    ----------
    tree : cKDTree
        Of the samples.
    targets : ndarray (cells, 2)
        In its coordinates.
    count : int
        Samples wanted; all of them when there are fewer.

    Returns
    -------
    distance, index : ndarray (cells, count)
    """
    count = min(count, tree.n)
    distance, index = np.empty((len(targets), count)), np.empty((len(targets), count), dtype=np.intp)
    for rows, squared, number in nearest_in_groups(tree, targets, count):
        distance[rows], index[rows] = np.sqrt(squared), number
    return distance, index


def nearest_in_groups(
    tree: cKDTree, targets: Array, count: int
) -> Iterator[tuple[Integers, Array, Integers]]:
    """Yield the nearest samples of some cells at a time, so that they stay in a core's cache.

    Parameters
    ----------
    tree, targets, count
        See `nearest`.

    Yields
    ------
    rows : ndarray (some cells,) of int
        Which cells, at most `GROUP`.
    squared : ndarray (some cells, count)
        Squared distances, ascending.
    index : ndarray (some cells, count) of int
        The samples, at equal distance by number.
    """
    count = min(count, tree.n)
    blocks = _blocks(tree, targets, count)
    left = np.arange(len(targets))
    if len(targets) >= FEWEST_CELLS * blocks.first.size:
        unknown = []
        for rows, squared, index, known in _sorted_in_blocks(tree, targets, count, blocks):
            if known.all():
                yield rows, squared, index
            else:
                yield rows[known], squared[known], index[known]
                unknown.append(rows[~known])
        left = np.concatenate([*unknown, left[:0]])
    for start in range(0, len(left), GROUP):
        rows = left[start : start + GROUP]
        yield rows, *_one_by_one(tree, targets[rows], count)


def _one_by_one(tree: cKDTree, targets: Array, count: int) -> tuple[Array, Integers]:
    """Search for each cell; squared distances are those of `_squared`, whichever way a cell takes."""
    distance, index = _query(tree, targets, min(count + 1, tree.n))
    tied = np.flatnonzero((distance[:, 1:] == distance[:, :-1]).any(axis=1))
    index = index[:, :count]
    if tied.size:
        index[tied] = _in_order(tree, targets[tied], count)
    return _squared(tree.data[:, 0][index], tree.data[:, 1][index], targets), index


def _query(tree: cKDTree, targets: Array, count: int) -> tuple[Array, Integers]:
    return tree.query(targets, k=np.arange(1, count + 1))


def _in_order(tree: cKDTree, targets: Array, count: int) -> Integers:
    """Search on until the samples that tie for the last place are all known, and sort them by number."""
    index = np.empty((len(targets), count), dtype=np.intp)
    rows, width = np.arange(len(targets)), count
    while rows.size:
        width = min(2 * width, tree.n)
        found, number = _query(tree, targets[rows], width)
        known = (found[:, -1] > found[:, count - 1]) | (width >= min(WIDEST, tree.n))
        found, number, ready = found[known], number[known], rows[known]
        order = np.lexsort((number, found), axis=1)[:, :count]
        index[ready] = np.take_along_axis(number, order, axis=1)
        rows = rows[~known]
    return index


def nearest_sets(tree: cKDTree, targets: Array, count: int) -> NDArray[np.int32]:
    """Return the numbers of the nearest samples in ascending order.

    The same samples as those of `nearest`. Where cells are dense against samples, those of the cells of a small block
    are chosen from the samples near its middle, which costs half as much as a search for each.

    Parameters
    ----------
    tree, targets, count
        See `nearest`.

    Returns
    -------
    ndarray (cells, count) of int32
    """
    count = min(count, tree.n)
    found = _from_blocks(tree, targets, count)
    if found is None:
        return np.sort(nearest(tree, targets, count)[1].astype(np.int32), axis=1)
    index, known = found
    rows = np.flatnonzero(~known)
    if rows.size:
        index[rows] = np.sort(nearest(tree, targets[rows], count)[1], axis=1)
    return index


def distances(tree: cKDTree, targets: Array, index: NDArray[np.integer]) -> Array:
    """Distances (cells, samples) from cells to the samples of that number."""
    squared = _squared(tree.data[:, 0][index], tree.data[:, 1][index], targets)
    return np.sqrt(squared, out=squared)


def _squared(easting: Array, northing: Array, targets: Array) -> Array:
    """Squared distances (cells, samples) to places, whose coordinates (cells, samples) are overwritten."""
    for axis, coordinate in enumerate((easting, northing)):
        coordinate -= targets[:, axis, None]
        coordinate *= coordinate
    easting += northing
    return easting


@dataclass(frozen=True)
class _Blocks:
    """Cells in square blocks: their order, the first of each block in it, and the block of each in that order."""

    order: Integers
    first: Integers
    block: Integers


@dataclass(frozen=True)
class _Candidates:
    """Samples near the middle of each block, by number, and how far from it all samples are known.

    Samples that are no candidates lie beyond ``reach``, seen from the middle of the block, and so beyond that less the
    cell's distance from the middle, seen from the cell.
    """

    middle: Array
    index: Integers
    easting: Array
    northing: Array
    reach: Array

    @classmethod
    def of(cls, tree: cKDTree, cells: Array, first: Integers, width: int) -> "_Candidates":
        """Search for ``width`` samples of each block of the cells."""
        middle = (np.minimum.reduceat(cells, first) + np.maximum.reduceat(cells, first)) / 2
        reach, index = _query(tree, middle, width)
        index.sort(axis=1)
        easting, northing = (tree.data[:, axis][index] for axis in (0, 1))
        return cls(
            middle,
            index,
            easting,
            northing,
            np.full(len(middle), np.inf) if width == tree.n else reach[:, -1],
        )

    def squared(self, cells: Array, block: Integers) -> Array:
        """Squared distances (cells, candidates) of cells of these blocks."""
        return _squared(self.easting[block], self.northing[block], cells)

    def suffice(self, cells: Array, block: Integers, last: Array) -> NDArray[np.bool_]:
        """Whether no sample but the candidates lies within the squared distance ``last`` of each cell."""
        away = cells - self.middle[block]
        away *= away
        return (np.sqrt(last) + np.sqrt(away[:, 0] + away[:, 1])) * (1 + EQUAL) < self.reach[block]


def _from_blocks(
    tree: cKDTree, targets: Array, count: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]] | None:
    """Choose the nearest samples of all cells of a block from the same candidates; None where it does not pay.

    Cells for which the candidates do not prove the choice, and those with ties, are left to be searched for one by
    one: ``known`` is false.
    """
    blocks = _blocks(tree, targets, count)
    if len(targets) < FEWEST_CELLS * blocks.first.size:
        return None
    cells, width = targets[blocks.order], min(CANDIDATES * count, tree.n)
    candidates = _Candidates.of(tree, cells, blocks.first, width)
    squared = candidates.squared(cells, blocks.block)
    last = np.partition(squared, count - 1, axis=1)[:, count - 1]
    chosen = squared <= last[:, None] * (1 + EQUAL)
    known = (chosen.sum(axis=1) == count) & candidates.suffice(cells, blocks.block, last)
    # As many of the others, which are searched for again.
    chosen[~known] = np.arange(width) < count
    index = np.empty((len(cells), count), dtype=np.int32)
    index[blocks.order] = candidates.index.astype(np.int32)[blocks.block][chosen].reshape(-1, count)
    known[blocks.order] = known.copy()
    return index, known


def _sorted_in_blocks(
    tree: cKDTree, targets: Array, count: int, blocks: _Blocks
) -> Iterator[tuple[Integers, Array, Integers, NDArray[np.bool_]]]:
    """Put the nearest candidates of each cell's block in order; ``known`` is false where they prove too little."""
    candidates = _Candidates.of(tree, targets[blocks.order], blocks.first, min(CANDIDATES * count, tree.n))
    width, number = candidates.index.shape[1], candidates.index.ravel()
    for start in range(0, len(targets), GROUP):
        rows, block = (each[start : start + GROUP] for each in (blocks.order, blocks.block))
        cells = targets[rows]
        squared, place, clear = _in_order_of_bits(candidates.squared(cells, block), count)
        known = clear & candidates.suffice(cells, block, squared[:, -1])
        place += (block * width)[:, None]
        yield rows, squared, np.take(number, place), known


def _in_order_of_bits(squared: Array, count: int) -> tuple[Array, Integers, NDArray[np.bool_]]:
    """Sort squared distances (cells, candidates) by a key: their bits, the last of which tell the candidate instead.

    One sort of integers takes a quarter of the time of sorting by distance and number. Where two distances differ by
    little more than those bits, and are not equal, the order is not clear.

    Returns
    -------
    squared, place : ndarray (cells, count)
        The smallest, and the candidates that have them.
    clear : ndarray (cells,) of bool
    """
    cells, width = squared.shape
    room = (1 << (width - 1).bit_length()) - 1
    key = squared.view(np.int64) & ~room
    key |= np.arange(width)
    key.sort(axis=1)
    key = key[:, : count + 1].copy()
    place = key & room
    place += np.arange(0, squared.size, width)[:, None]
    first = np.take(squared, place)
    close = np.unique(np.flatnonzero(np.diff(key, axis=1) <= 2 * room) // (key.shape[1] - 1 or 1))
    step, allowed = np.diff(first[close], axis=1), first[close, 1:] * (4 * room * EPSILON)
    clear = np.ones(cells, dtype=np.bool_)
    clear[close] = ((step == 0) | (step > allowed)).all(axis=1)
    return first[:, :count], (key & room)[:, :count], clear


def _blocks(tree: cKDTree, targets: Array, count: int) -> _Blocks:
    """Sort cells into square blocks, each cell into one of its own where samples coincide."""
    every = np.arange(len(targets))
    if len(targets) < FEWEST_CELLS:
        return _Blocks(every, every, every)
    some = targets[:: max(1, len(targets) // 64)]
    radius = np.median(tree.query(some, k=[count])[0])
    if not radius > 0:
        return _Blocks(every, every, every)
    # Column by column: NumPy reduces two columns at once ten times as slowly.
    corner, extent = np.transpose([(column.min(), np.ptp(column)) for column in targets.T])
    small = len(targets) * (SMALL * radius) ** 2 >= MANY_CELLS * np.prod(extent)
    side = (SMALL if small else LARGE) * radius
    column, row = (((targets[:, axis] - corner[axis]) / side).astype(np.intp) for axis in (0, 1))
    key = row * (column.max() + 1) + column
    # Of integers of 16 bits NumPy sorts by counting.
    order = np.argsort(key.astype(np.uint16) if key.max() < 2**16 else key, kind="stable")
    key = key[order]
    start = np.append(True, key[1:] != key[:-1])
    return _Blocks(order, np.flatnonzero(start), np.cumsum(start) - 1)
