"""The nearest samples of cells, exactly, also where samples are equally far.

Samples at equal distance come in their own order, so that which ones are near does not depend on the search tree nor on
the cells that are searched together.
"""

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
    distance, index = _query(tree, targets, min(count + 1, tree.n))
    tied = np.flatnonzero((distance[:, 1:] == distance[:, :-1]).any(axis=1))
    distance, index = distance[:, :count], index[:, :count]
    if tied.size:
        distance[tied], index[tied] = _in_order(tree, targets[tied], count)
    return distance, index


def _query(tree: cKDTree, targets: Array, count: int) -> tuple[Array, Integers]:
    return tree.query(targets, k=np.arange(1, count + 1))


def _in_order(tree: cKDTree, targets: Array, count: int) -> tuple[Array, Integers]:
    """Search on until the samples that tie for the last place are all known, and sort them by number."""
    distance, index = np.empty((len(targets), count)), np.empty((len(targets), count), dtype=np.intp)
    rows, width = np.arange(len(targets)), count
    while rows.size:
        width = min(2 * width, tree.n)
        found, number = _query(tree, targets[rows], width)
        known = (found[:, -1] > found[:, count - 1]) | (width >= min(WIDEST, tree.n))
        found, number, ready = found[known], number[known], rows[known]
        order = np.lexsort((number, found), axis=1)[:, :count]
        distance[ready] = np.take_along_axis(found, order, axis=1)
        index[ready] = np.take_along_axis(number, order, axis=1)
        rows = rows[~known]
    return distance, index


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


def _from_blocks(
    tree: cKDTree, targets: Array, count: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]] | None:
    """Choose the nearest samples of all cells of a block from the same candidates; None where it does not pay.

    Samples that are no candidates lie beyond the farthest candidate, seen from the middle of the block, and so beyond
    that less the cell's distance from the middle, seen from the cell. Cells for which this does not prove the choice,
    and those with ties, are left to be searched for one by one: ``known`` is false.
    """
    order, first, block = _blocks(tree, targets, count)
    if len(targets) < FEWEST_CELLS * first.size:
        return None
    cells = targets[order]
    middle = (np.minimum.reduceat(cells, first) + np.maximum.reduceat(cells, first)) / 2
    width = min(CANDIDATES * count, tree.n)
    reach, candidates = _query(tree, middle, width)
    candidates.sort(axis=1)
    easting, northing = (tree.data[:, axis][candidates] for axis in (0, 1))
    squared = _squared(easting[block], northing[block], cells)
    last = np.partition(squared, count - 1, axis=1)[:, count - 1]
    chosen = squared <= last[:, None] * (1 + EQUAL)
    away = np.hypot(*(cells - middle[block]).T)
    beyond = (np.sqrt(last) + away) * (1 + EQUAL) >= reach[block, -1]
    known = (chosen.sum(axis=1) == count) & ~(beyond & (width < tree.n))
    # As many of the others, which are searched for again.
    chosen[~known] = np.arange(width) < count
    index = np.empty((len(cells), count), dtype=np.int32)
    index[order] = candidates.astype(np.int32)[block][chosen].reshape(-1, count)
    known[order] = known.copy()
    return index, known


def _blocks(tree: cKDTree, targets: Array, count: int) -> tuple[Integers, Integers, Integers]:
    """Sort cells into square blocks: their order, the first of each block in it, and the block of each."""
    some = targets[:: max(1, len(targets) // 64)]
    radius = np.median(tree.query(some, k=[count])[0])
    if not radius > 0:
        return np.arange(len(targets)), np.arange(len(targets)), np.arange(len(targets))
    corner = targets.min(axis=0)
    small = len(targets) * (SMALL * radius) ** 2 >= MANY_CELLS * np.prod(targets.max(axis=0) - corner)
    side = (SMALL if small else LARGE) * radius
    column, row = ((targets - corner) / side).astype(np.intp).T
    key = row * (column.max() + 1) + column
    order = np.argsort(key, kind="stable")
    key = key[order]
    start = np.append(True, key[1:] != key[:-1])
    return order, np.flatnonzero(start), np.cumsum(start) - 1
