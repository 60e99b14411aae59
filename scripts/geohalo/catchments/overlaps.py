"""How much of each increment lies in each cell of a survey's grid."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from geohalo.catchments.compiled import compiled
from geohalo.catchments.drainage import Frame
from geohalo.cube.grid import Grid

#: Edges that agree to this share of a cell are one.
ROUNDING = 1e-7


def overlaps(label: NDArray[np.int32], frame: Frame, grid: Grid, number: int) -> csr_array:
    """Return the area of each increment in each cell of a grid.

    A cell of the terrain that lies in several cells of the grid counts in each with the part that lies there. For each
    cell of the grid its cells of the terrain are looked at twice, whatever the number of increments.

    Parameters
    ----------
    label : ndarray (rows, columns) of int32
        Increment of each cell of the terrain; negative for none.
    frame : Frame
        Of the terrain.
    grid : Grid
        In the same CRS.
    number : int
        Of increments.

    Returns
    -------
    csr_array (increments, grid cells) of float64
        In m2.
    """
    half = grid.cell / 2
    west, north = grid.x - half - frame.west, frame.north - grid.y - half
    across = _spans(west, grid.cell, frame.width, frame.columns)
    down = _spans(north, grid.cell, frame.height, frame.rows)
    size = (float(grid.cell), float(frame.width), float(frame.height))
    ground = (np.ascontiguousarray(label), *across, *down, west, north, size, number)
    shape = (number, grid.x.size * grid.y.size)
    start = np.zeros(shape[1] + 1, dtype=np.int64)
    _overlay(*ground, start, np.empty(0, dtype=np.int32), np.empty(0))
    index, area = np.empty(start[-1], dtype=np.int32), np.zeros(start[-1])
    _overlay(*ground, start, index, area)
    return csr_array(csc_array((area, index, start), shape=shape))


def _spans(
    low: NDArray[np.float64], side: float, size: float, number: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first cell of a terrain that each cell of a grid overlaps along one axis, and one past the last."""
    first = np.clip(np.floor(low / size + ROUNDING), 0, number)
    last = np.clip(np.ceil((low + side) / size - ROUNDING), 0, number)
    return first.astype(np.int64), last.astype(np.int64)


@compiled
def _overlay(
    label: NDArray[np.int32],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    top: NDArray[np.int64],
    bottom: NDArray[np.int64],
    west: NDArray[np.float64],
    north: NDArray[np.float64],
    size: tuple[float, float, float],
    number: int,
    start: NDArray[np.int64],
    index: NDArray[np.int32],
    area: NDArray[np.float64],
) -> None:
    """Find where the increments of each cell of the grid start among all and, where there is room, add up the areas.

    Places are metres eastwards and southwards of the terrain's corner. Without room (empty ``index`` and ``area``)
    ``start`` is found alone, which says how much room is needed.
    """
    side, width, height = size
    room = len(area) > 0
    # The cell that each increment was met in last, and its place among those of the cell.
    met, place = np.full(number, -1, dtype=np.int64), np.zeros(number, dtype=np.int64)
    for row in range(len(top)):
        for column in range(len(left)):
            cell = row * len(left) + column
            last = start[cell]
            for r in range(top[row], bottom[row]):
                tall = min(north[row] + side, (r + 1) * height) - max(north[row], r * height)
                for c in range(left[column], right[column]):
                    one = label[r, c]
                    if one < 0:
                        continue
                    if met[one] != cell:
                        met[one] = cell
                        place[one] = last
                        if room:
                            index[last] = one
                        last += 1
                    if room:
                        wide = min(west[column] + side, (c + 1) * width) - max(west[column], c * width)
                        area[place[one]] += max(0.0, wide) * max(0.0, tall)
            start[cell + 1] = last
