"""A drainage network on a terrain: which cell drains to which, and what lies upstream of each.

Each loop takes every cell once or twice and keeps no order of the cells, which would take more memory than all else: an
upstream sum walks down from the sources and goes on only when all that flows into a cell has come.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.transform import Affine

from geohalo.catchments.compiled import COLUMN_STEPS, NEIGHBOUR, ROW_STEPS, VOID, compiled
from geohalo.input_warnings import InputWarning

Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """Where the cells of a terrain lie.

    Attributes
    ----------
    rows, columns : int
    west, north : float
        Outer corner of the first cell in metres.
    width, height : float
        Of a cell in metres.
    """

    rows: int
    columns: int
    west: float
    north: float
    width: float
    height: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def cell_area(self) -> float:
        """Area of a cell in m2."""
        return self.width * self.height

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge in metres."""
        east, south = self.west + self.columns * self.width, self.north - self.rows * self.height
        return self.west, south, east, self.north

    @property
    def transform(self) -> Affine:
        """From (column, row) to (x, y) of corners of cells."""
        return Affine(self.width, 0.0, self.west, 0.0, -self.height, self.north)

    def cells_at(self, places: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the flat cell (places,) in which each place (places, 2) lies; -1 outside, and for NaN."""
        with np.errstate(invalid="ignore"):
            column = np.floor((places[:, 0] - self.west) / self.width)
            row = np.floor((self.north - places[:, 1]) / self.height)
            inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        flat = np.where(inside, row * self.columns + column, -1)
        return flat.astype(np.int64)

    def centres(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the centres (cells, 2) of flat cells in metres; NaN for -1."""
        row, column = np.divmod(cells, self.columns)
        places = np.column_stack(
            [self.west + (column + 0.5) * self.width, self.north - (row + 0.5) * self.height]
        )
        places[cells < 0] = np.nan
        return places


@dataclass(frozen=True)
class Drainage:
    """Flow directions of a terrain.

    Attributes
    ----------
    codes : ndarray (rows, columns) of uint8
        1 east, 2 southeast, 4 south, ... 128 northeast; 0 for a sink or outlet, 247 for a void.
    frame : Frame
    crs : pyproj.CRS
        Of the maps, in metres.
    source : str
        File, for messages.
    heights : ndarray (rows, columns) of float32 or None
        As they were before hollows were filled, NaN for voids; None where the file held directions.
    level : ndarray (rows, columns) of float32 or None
        Heights after it.
    warnings : tuple of InputWarning
    """

    codes: Codes
    frame: Frame
    crs: CRS
    source: str
    heights: NDArray[np.float32] | None = None
    level: NDArray[np.float32] | None = None
    warnings: tuple[InputWarning, ...] = field(default=())

    @cached_property
    def upstream(self) -> NDArray[np.int32]:
        """Number of cells (rows, columns) that drain through each, itself included; 0 for voids."""
        return upstream_cells(self.codes)[0]


@compiled
def downstream(codes: Codes, cell: int, rows: int, columns: int) -> int:
    """Return the flat number of the cell that a cell drains to.

    Parameters
    ----------
    codes : ndarray (cells,) of uint8
        Flow directions in row-major order.
    cell : int
    rows, columns : int

    Returns
    -------
    int
        -1 where its water leaves the terrain, enters a void or stays in the cell.
    """
    k = NEIGHBOUR[codes[cell]]
    if k < 0:
        return -1
    row = cell // columns + ROW_STEPS[k]
    column = cell % columns + COLUMN_STEPS[k]
    if row < 0 or row >= rows or column < 0 or column >= columns:
        return -1
    other = row * columns + column
    return -1 if codes[other] == VOID else other


def upstream_cells(codes: Codes) -> tuple[NDArray[np.int32], int]:
    """Count the cells upstream of each.

    Parameters
    ----------
    codes : ndarray (rows, columns) of uint8

    Returns
    -------
    count : ndarray (rows, columns) of int32
        Cells that drain through a cell, itself included; 0 for voids. In a loop, and upstream of none, it is too low.
    looping : int
        Cells that lie on loops; 0 in a valid network.
    """
    codes = np.ascontiguousarray(codes)
    count = np.empty(codes.size, dtype=np.int32)
    inflow = np.zeros(codes.size, dtype=np.uint8)
    looping, _ = _accumulate(codes.ravel(), codes.shape[0], codes.shape[1], inflow, count)
    return count.reshape(codes.shape), int(looping)


def looping_cells(codes: Codes) -> tuple[int, int]:
    """Return how many cells lie on loops, and the first of them (-1 without any), of codes (rows, columns)."""
    codes = np.ascontiguousarray(codes)
    count = np.empty(codes.size, dtype=np.int32)
    inflow = np.zeros(codes.size, dtype=np.uint8)
    looping, first = _accumulate(codes.ravel(), codes.shape[0], codes.shape[1], inflow, count)
    return int(looping), int(first)


@compiled
def _accumulate(
    codes: Codes, rows: int, columns: int, inflow: NDArray[np.uint8], count: NDArray[np.int32]
) -> tuple[int, int]:
    """Fill ``count``; returns the number of cells on loops and the first of them."""
    for cell in range(codes.size):
        count[cell] = 0 if codes[cell] == VOID else 1
        below = downstream(codes, cell, rows, columns) if codes[cell] != VOID else -1
        if below >= 0:
            inflow[below] += 1
    # What still flows in is counted down; 255 marks a cell whose water has been passed on.
    for start in range(codes.size):
        cell = start
        while cell >= 0 and codes[cell] != VOID and inflow[cell] == 0:
            inflow[cell] = 255
            below = downstream(codes, cell, rows, columns)
            if below >= 0:
                count[below] += count[cell]
                inflow[below] -= 1
            cell = below
    looping, first = 0, -1
    for cell in range(codes.size):
        if codes[cell] != VOID and inflow[cell] != 255:
            looping += 1
            if first < 0:
                first = cell
    return looping, first


def crossings(codes: Codes) -> int:
    """Count where two diagonal flows cross each other.

    No two steepest ways down do: of two neighbours whose water would cross, one has a steeper way straight down. So
    many crossings mean that the codes are read wrongly (all directions turned by an eighth, say).

    Parameters
    ----------
    codes : ndarray (rows, columns) of uint8
    """
    return int(_crossings(np.ascontiguousarray(codes)))


@compiled
def _crossings(codes: Codes) -> int:
    rows, columns = codes.shape
    found = 0
    for row in range(rows - 1):
        for column in range(columns - 1):
            falling = codes[row, column] == 2 or codes[row + 1, column + 1] == 32
            rising = codes[row, column + 1] == 8 or codes[row + 1, column] == 128
            found += 1 if falling and rising else 0
    return found


def nearest_downstream(codes: Codes, outlets: NDArray[np.int64]) -> NDArray[np.int32]:
    """Give each cell the number of the first outlet that its water passes.

    Parameters
    ----------
    codes : ndarray (rows, columns) of uint8
        Without loops.
    outlets : ndarray (outlets,) of int64
        Flat cells; -1 for none. Of two in one cell the first counts.

    Returns
    -------
    ndarray (rows, columns) of int32
        -1 where water passes no outlet, and in voids.
    """
    codes = np.ascontiguousarray(codes)
    label = np.full(codes.size, _UNKNOWN, dtype=np.int32)
    known = np.flatnonzero(outlets >= 0)[::-1]
    label[outlets[known]] = known
    _label(codes.ravel(), codes.shape[0], codes.shape[1], label)
    return label.reshape(codes.shape)


_UNKNOWN = -2


@compiled
def _label(codes: Codes, rows: int, columns: int, label: NDArray[np.int32]) -> None:
    """Walk down from each cell to a known one, and once more to write what was found."""
    for start in range(codes.size):
        if label[start] != _UNKNOWN:
            continue
        if codes[start] == VOID:
            label[start] = -1
            continue
        cell, found = start, -1
        while cell >= 0 and label[cell] == _UNKNOWN:
            cell = downstream(codes, cell, rows, columns)
        if cell >= 0:
            found = label[cell]
        cell = start
        while cell >= 0 and label[cell] == _UNKNOWN:
            label[cell] = found
            cell = downstream(codes, cell, rows, columns)


def below(codes: Codes, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the flat cell (cells,) that each flat cell drains to; -1 where its water leaves, and for -1."""
    rows, columns = codes.shape
    flat = np.ascontiguousarray(codes).ravel()
    return np.array(
        [downstream(flat, int(one), rows, columns) if one >= 0 else -1 for one in cells], dtype=np.int64
    )


def at_the_edge(codes: Codes, label: NDArray[np.int32], number: int) -> NDArray[np.bool_]:
    """Tell which labels (number,) have a cell at the edge of the terrain or beside a void.

    Parameters
    ----------
    codes : ndarray (rows, columns) of uint8
    label : ndarray (rows, columns) of int32
        0 to ``number`` - 1; negative for none.
    number : int
    """
    touched = np.zeros(number, dtype=np.bool_)
    _touch(np.ascontiguousarray(codes), label, touched)
    return touched


@compiled
def _touch(codes: Codes, label: NDArray[np.int32], touched: NDArray[np.bool_]) -> None:
    rows, columns = codes.shape
    for row in range(rows):
        for column in range(columns):
            one = label[row, column]
            if one < 0 or touched[one]:
                continue
            for k in range(8):
                r, c = row + ROW_STEPS[k], column + COLUMN_STEPS[k]
                if r < 0 or r >= rows or c < 0 or c >= columns or codes[r, c] == VOID:
                    touched[one] = True
                    break
