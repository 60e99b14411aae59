"""From heights to flow directions: hollows filled, steepest descent, flats drained to their outlets.

pyflwdir fills the hollows. Its own directions (``from_dem``) go to the lowest neighbour, and those of its filling to
where the flood came from, neither of which is the steepest way down; and no library drains flats towards their outlets
in bounded memory. So these two steps are loops of our own, which take each cell a fixed number of times.
"""

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


def flow_directions(level: Heights, width: float, height: float) -> Codes:
    """Return the direction in which each cell of a filled terrain drains.

    The way down is the steepest of the eight: drop over distance between centres. Of equally steep ones the first
    clockwise from the east is taken. A cell of a flat drains along the fewest cells to one that has a way down (sides
    before corners). A cell at the edge of the terrain or beside a void, from which no way leads down, is an outlet.

    Parameters
    ----------
    level : ndarray (rows, columns) of float32
        Heights without hollows (`filled`), in the unit of the cells; NaN for voids.
    width, height : float
        Of a cell in metres.

    Returns
    -------
    ndarray (rows, columns) of uint8
        1 east, 2 southeast, 4 south, ... 128 northeast; `SINK` for outlets, `VOID` for voids.
    """
    level = np.ascontiguousarray(level)
    codes = np.empty(level.shape, dtype=np.uint8)
    distance = np.hypot(ROW_STEPS * height, COLUMN_STEPS * width)
    waiting = _descend(level, codes, distance)
    _drain_flats(level, codes, waiting)
    return codes


#: Marks a cell of a flat until it is drained; no code and no sink.
_FLAT = 1 | 2


@compiled
def _descend(level: Heights, codes: Codes, distance: NDArray[np.float64]) -> int:
    """Point each cell down the steepest way; returns the number of cells of flats that may wait to be drained."""
    rows, columns = level.shape
    waiting = 0
    for row in range(rows):
        for column in range(columns):
            here = level[row, column]
            if here != here:
                codes[row, column] = VOID
                continue
            steepest, chosen, edge, flat = 0.0, -1, False, False
            for k in range(8):
                r, c = row + ROW_STEPS[k], column + COLUMN_STEPS[k]
                if r < 0 or r >= rows or c < 0 or c >= columns or level[r, c] != level[r, c]:
                    edge = True
                    continue
                drop = np.float64(here) - np.float64(level[r, c])
                flat |= drop == 0.0
                if drop > steepest * distance[k]:
                    steepest, chosen = drop / distance[k], k
            if chosen >= 0:
                codes[row, column] = 1 << chosen
            else:
                codes[row, column] = SINK if edge else _FLAT
            # Whatever touches its own level may stand in the queue once.
            waiting += 1 if flat else 0
    return waiting


@compiled
def _drain_flats(level: Heights, codes: Codes, most: int) -> None:
    """Point cells of flats towards the nearest cell of their level that drains, breadth first."""
    rows, columns = level.shape
    queue = np.empty(most, dtype=np.uint32 if level.size < 2**32 else np.uint64)
    first, last = 0, 0
    for cell in range(level.size):
        row, column = cell // columns, cell % columns
        code = codes[row, column]
        if code == _FLAT or code == VOID:
            continue
        for k in range(8):
            r, c = row + ROW_STEPS[k], column + COLUMN_STEPS[k]
            inside = r >= 0 and r < rows and c >= 0 and c < columns
            if inside and codes[r, c] == _FLAT and level[r, c] == level[row, column]:
                queue[last] = cell
                last += 1
                break
    while first < last:
        cell = np.int64(queue[first])
        first += 1
        row, column = cell // columns, cell % columns
        for turn in range(8):
            # Sides, which are even, before corners.
            k = 2 * turn if turn < 4 else 2 * turn - 7
            r, c = row + ROW_STEPS[k], column + COLUMN_STEPS[k]
            inside = r >= 0 and r < rows and c >= 0 and c < columns
            if inside and codes[r, c] == _FLAT and level[r, c] == level[row, column]:
                codes[r, c] = 1 << ((k + 4) % 8)
                queue[last] = r * columns + c
                last += 1
    for cell in range(level.size):
        if codes[cell // columns, cell % columns] == _FLAT:
            codes[cell // columns, cell % columns] = SINK
