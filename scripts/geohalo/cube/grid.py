"""The regular grid that all maps of a survey share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.errors import InputError

#: More cells than this is almost surely a mistyped cell size (metres against kilometres).
MAX_CELLS = 100_000_000
#: A grid of more cells than this stops where less than this share of them lies near a sample: it would spend memory
#: and time on nothing. Of five real surveys, the sparsest fills a fifth of its grid.
LARGE, FULL = 1_000_000, 0.02

#: Cells whose distance to the samples is measured at a time.
MOST_CENTRES = 1_000_000


@dataclass(frozen=True)
class Grid:
    """Centres of the cells of a north-up grid.

    Attributes
    ----------
    x : ndarray (columns,)
        Eastings of the cell centres in metres, ascending.
    y : ndarray (rows,)
        Northings of the cell centres in metres, descending (the first row is the northernmost).
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y.size, self.x.size

    @property
    def cell(self) -> float:
        """Cell size in metres."""
        return float(self.x[1] - self.x[0])

    def centres(self, mask: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Return the cell centres (cells, 2), x and y in metres, in row-major order; only those in ``mask``."""
        x, y = np.meshgrid(self.x, self.y)
        if mask is None:
            return np.column_stack([x.ravel(), y.ravel()])
        return np.column_stack([x[mask], y[mask]])


def survey_grid(samples: NDArray[np.float64], cell: float, max_distance: float) -> Grid:
    """Lay a grid over the samples, its edges on whole multiples of the cell size.

    Parameters
    ----------
    samples : ndarray (samples, 2)
        Eastings and northings in metres.
    cell : float
        Cell size in metres.
    max_distance : float
        The grid reaches this many metres beyond the outermost samples.

    Returns
    -------
    Grid

    Raises
    ------
    InputError
        If the grid would have fewer than 2 x 2 or more than `MAX_CELLS` cells, or is large and nearly empty.
    """
    low = np.floor((samples.min(axis=0) - max_distance) / cell)
    high = np.ceil((samples.max(axis=0) + max_distance) / cell)
    # As fractions: so many cells may be more than an integer holds.
    columns, rows = map(float, high - low)
    if not rows * columns <= MAX_CELLS:
        raise InputError(
            f"config key grid.cell: {cell:g} m cells over this survey give a grid of {rows:.15g} x {columns:.15g} "
            f"cells, which take {_memory(rows * columns)} of memory for every element; the most is {MAX_CELLS:,}. Give "
            "a larger cell size (metres): half the sample spacing resolves what the survey holds. "
            "Correct or leave out samples that lie far from the others first."
        )
    near = _cells_near(samples, cell, max_distance) if rows * columns > LARGE else 0
    if rows * columns > LARGE and near < FULL * rows * columns:
        raise InputError(
            f"config key grid.cell: {cell:g} m cells over this survey give a grid of {rows:.15g} x {columns:.15g} "
            f"cells, of which {near:,} or fewer lie within grid.max_distance ({max_distance:g} m) of a sample. Some "
            "samples lie far from the others, or the survey has several parts: see warnings/clean_samples.csv; correct "
            "their coordinates, leave them out, or run each part alone (samples.keep)."
        )
    if min(rows, columns) < 2:
        raise InputError(
            f"config key grid.cell: {cell:g} m cells over this survey give a grid of {rows:g} x {columns:g} cells. "
            "Give a smaller cell size (metres)."
        )
    x = (low[0] + 0.5 + np.arange(int(columns))) * cell
    y = (high[1] - 0.5 - np.arange(int(rows))) * cell
    return Grid(x, y)


def _cells_near(samples: NDArray[np.float64], cell: float, max_distance: float) -> int:
    """Return how many cells lie near a sample at most, by squares as wide as the reach and their neighbours."""
    side = max(cell, max_distance)
    square = np.floor(samples / side).astype(np.int64)
    column, row = (square - square.min(axis=0)).T + 1
    # One number for each square, in rows with a spare square at both ends.
    width = int(column.max()) + 2
    squares = np.unique(row * width + column)
    around = np.add.outer([-width, 0, width], [-1, 0, 1]).ravel()
    near = np.unique(np.add.outer(around, squares))
    return int(len(near) * np.ceil(side / cell) ** 2)


def _memory(cells: float) -> str:
    """Write what a map of float32 takes in words."""
    size, unit = 4 * cells / 1e9, "GB"
    if size >= 1000:
        size, unit = size / 1000, "TB"
    return f"{size:.3g} {unit}"


def sampled_mask(grid: Grid, samples: NDArray[np.float64], max_distance: float) -> NDArray[np.bool_]:
    """Mark the cells whose centre lies within ``max_distance`` metres of a sample; returns (rows, columns) bool."""
    from scipy.spatial import cKDTree  # slow to import, and most jobs only read the grid

    tree, mask = cKDTree(samples), np.empty(grid.shape, dtype=bool)
    step = max(1, MOST_CENTRES // grid.x.size)
    for start in range(0, grid.y.size, step):
        rows = slice(start, start + step)
        centres = Grid(grid.x, grid.y[rows]).centres()
        distance, _ = tree.query(centres, distance_upper_bound=max_distance, workers=-1)
        mask[rows] = np.isfinite(distance).reshape(-1, grid.x.size)
    return mask
