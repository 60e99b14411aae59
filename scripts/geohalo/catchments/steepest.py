"""From heights to flow directions: hollows filled, steepest descent, flats drained to their outlets.

pyflwdir fills the hollows. Its own directions (``from_dem``) go to the lowest neighbour, and those of its filling to
where the flood came from, neither of which is the steepest way down. So slopes and flats are loops of our own.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geohalo.catchments.compiled import COLUMN_STEPS, ROW_STEPS, SINK, VOID, compiled

Heights = NDArray[np.float32]
Codes = NDArray[np.uint8]


def filled(heights: Heights) -> Heights:
    """Fill hollows up to where they overflow (Wang and Liu 2006, doi 10.1080/13658810500433453).

    Water leaves at the edge of the terrain and into voids.

    Parameters
    ----------
    heights : ndarray (rows, columns) of float32
        In any unit; NaN for voids.

    Returns
    -------
    ndarray (rows, columns) of float32
        Nowhere lower than the heights.
    """
    from pyflwdir.dem import fill_depressions  # slow to import

    # In float64: the library adds to each cell the depth of water, and that sum in float32 may miss the level by a
    # rounding, which leaves new hollows.
    level, _ = fill_depressions(heights.astype(np.float64), nodata=np.nan)
    return level.astype(np.float32)


def flow_directions(level: Heights, width: float, height: float, heights: Heights | None = None) -> Codes:
    """Return the direction in which each cell of a filled terrain drains.

    The way down is the steepest of the eight: drop over distance between centres. Of equally steep ones the first
    clockwise from the east is taken. A cell of a flat drains along the fewest cells to one that has a way down (sides
    before corners). In a hollow that was filled, water runs as on its ground: cells are reached from where it
    overflows, the lowest first, and drain to where they were reached from (Metz, Mitasova and Harmon 2011, doi
    10.5194/hess-15-667-2011). A cell at the edge of the terrain or beside a void, from which no way leads down, is an
    outlet.

    Parameters
    ----------
    level : ndarray (rows, columns) of float32
        Heights without hollows (`filled`), in the unit of the cells; NaN for voids.
    width, height : float
        Of a cell in metres.
    heights : ndarray (rows, columns) of float32, optional
        Before hollows were filled; without them filled hollows are flats.

    Returns
    -------
    ndarray (rows, columns) of uint8
        1 east, 2 southeast, 4 south, ... 128 northeast; `SINK` for outlets, `VOID` for voids.
    """
    level = np.ascontiguousarray(level)
    codes = np.empty(level.shape, dtype=np.uint8)
    distance = np.hypot(ROW_STEPS * height, COLUMN_STEPS * width)
    _descend(level, codes, distance)
    _drain_flats(level, np.ascontiguousarray(level if heights is None else heights), codes)
    return codes


#: Marks a cell of a flat until it is drained; no code and no sink.
_FLAT = 1 | 2


@compiled
def _descend(level: Heights, codes: Codes, distance: NDArray[np.float64]) -> None:
    """Point each cell down the steepest way, and mark those of flats."""
    rows, columns = level.shape
    for row in range(rows):
        for column in range(columns):
            here = level[row, column]
            if here != here:
                codes[row, column] = VOID
                continue
            steepest, chosen, edge = 0.0, -1, False
            for k in range(8):
                r, c = row + ROW_STEPS[k], column + COLUMN_STEPS[k]
                if r < 0 or r >= rows or c < 0 or c >= columns or level[r, c] != level[r, c]:
                    edge = True
                    continue
                slope = (np.float64(here) - np.float64(level[r, c])) / distance[k]
                if slope > steepest:
                    steepest, chosen = slope, k
            if chosen >= 0:
                codes[row, column] = 1 << chosen
            else:
                codes[row, column] = SINK if edge else _FLAT


@compiled
def _drain_flats(level: Heights, heights: Heights, codes: Codes) -> None:
    """Point cells of flats to where they are reached from: the lowest first, of equal ones those reached first."""
    rows, columns = level.shape
    heap = (np.empty(1024, dtype=np.float32), np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64))
    size, reached = 0, 0
    for cell in range(level.size):
        row, column = cell // columns, cell % columns
        if codes[row, column] in (_FLAT, VOID):
            continue
        for k in range(8):
            r, c = row + ROW_STEPS[k], column + COLUMN_STEPS[k]
            inside = r >= 0 and r < rows and c >= 0 and c < columns
            if inside and codes[r, c] == _FLAT and level[r, c] == level[row, column]:
                heap = _pushed(heap, size, heights[row, column], reached, cell)
                size, reached = size + 1, reached + 1
                break
    while size > 0:
        cell = heap[2][0]
        size = _popped(heap, size)
        row, column = cell // columns, cell % columns
        for turn in range(8):
            # Sides, which are even, before corners.
            k = 2 * turn if turn < 4 else 2 * turn - 7
            r, c = row + ROW_STEPS[k], column + COLUMN_STEPS[k]
            inside = r >= 0 and r < rows and c >= 0 and c < columns
            if inside and codes[r, c] == _FLAT and level[r, c] == level[row, column]:
                codes[r, c] = 1 << ((k + 4) % 8)
                heap = _pushed(heap, size, heights[r, c], reached, r * columns + c)
                size, reached = size + 1, reached + 1
    for cell in range(level.size):
        if codes[cell // columns, cell % columns] == _FLAT:
            codes[cell // columns, cell % columns] = SINK


@compiled
def _pushed(heap: Any, size: int, key: float, number: int, cell: int) -> Any:
    """Add a cell to a heap.

    Parameters
    ----------
    heap : tuple of ndarray (room,)
        Keys (float32), numbers and cells (int64); the first ``size`` are in use.
    size : int
    key : float
    number : int
        Of two equal keys the one with the smaller number is lower.
    cell : int

    Returns
    -------
    tuple of ndarray
        The heap, in new arrays where the old ones had no room.
    """
    keys, numbers, cells = heap
    if size == keys.size:
        keys = np.concatenate((keys, np.empty_like(keys)))
        numbers = np.concatenate((numbers, np.empty_like(numbers)))
        cells = np.concatenate((cells, np.empty_like(cells)))
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] < key or (keys[above] == key and numbers[above] < number):
            break
        keys[place], numbers[place], cells[place] = keys[above], numbers[above], cells[above]
        place = above
    keys[place], numbers[place], cells[place] = key, number, cell
    return keys, numbers, cells


@compiled
def _popped(heap: Any, size: int) -> int:
    """Take the lowest cell, which is the first, off a heap (see `_pushed`); returns its new size."""
    keys, numbers, cells = heap
    size -= 1
    key, number, cell = keys[size], numbers[size], cells[size]
    place = 0
    while 2 * place + 1 < size:
        low = 2 * place + 1
        high = low + 1
        if high < size and (
            keys[high] < keys[low] or (keys[high] == keys[low] and numbers[high] < numbers[low])
        ):
            low = high
        if key < keys[low] or (key == keys[low] and number < numbers[low]):
            break
        keys[place], numbers[place], cells[place] = keys[low], numbers[low], cells[low]
        place = low
    keys[place], numbers[place], cells[place] = key, number, cell
    return size
