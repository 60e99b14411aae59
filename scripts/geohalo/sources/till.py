"""The ground that a sample of till comes from: a strip up-ice of it.

Ice takes up ground and drops it on its way, so that what comes from a place fades down-ice: of a sample's material, a
share exp(-u / length) comes from farther than u up-ice (dispersal falls exponentially behind its head: Shilts 1976;
Klassen 1997). The strip is as wide as is said, since ice spreads and moved in more than one direction; within it,
all ground counts alike. It follows the direction of flow, also where that turns.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geohalo.cube.grid import Grid
from geohalo.errors import InputError

Array = NDArray[np.float64]

#: The strip ends after so many lengths: what lies beyond is less than a per cent, and is left out.
REACH = 5.0
#: Steps in a cell, along and across the flow.
STEPS = 4
#: Points of strips in work at a time.
MOST_POINTS = 2_000_000


def till_shares(
    points: Array,
    grid: Grid,
    bearing: float | Callable[[Array], Array],
    length: float,
    width: float,
    rows: Sequence[int | str] | None = None,
) -> csr_array:
    """Return what ground of each cell is in each sample.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    grid : Grid
    bearing : float or callable
        Towards which the ice moved, in degrees clockwise from north, 0 to 360; or what returns it (places,) for places
        (places, 2), NaN where it is not known. There the strip ends.
    length : float
        Metres over which the share of the ground falls to 1/e.
    width : float
        Metres across the flow.
    rows : sequence, optional
        Rows of the file that samples are in, to name them.

    Returns
    -------
    csr_array (samples, cells)
        Weights in square metres, cells row by row: they fall with distance, and those of a strip that lies within the
        grid add up to length times width, less what lies beyond `REACH`. Empty for a strip outside of it.

    Raises
    ------
    InputError
        If a length or width is not above 0, or the bearing at a sample is missing or not within 0 to 360.
    """
    for key, value in (("length", length), ("width", width)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"config key ice.{key}: {value:g} is no distance. Give metres above 0.")
    flow = _checked(bearing)
    names = [str(row) for row in rows] if rows is not None else [str(k + 1) for k in range(len(points))]
    _check_bearings(flow(points), names)
    step = min(grid.cell / STEPS, length / STEPS)
    # Half the strip to each side of its middle.
    lanes = max(1, int(np.ceil(width / (grid.cell / STEPS))))
    across = ((np.arange(lanes) + 0.5) / lanes - 0.5) * width
    ahead = np.arange(int(np.ceil(REACH * length / step))) * step
    shares = -np.diff(np.exp(-np.append(ahead, ahead[-1] + step) / length))
    parts = []
    most = max(1, MOST_POINTS // (lanes * ahead.size))
    for start in range(0, len(points), most):
        some = points[start : start + most]
        parts.append(_strips(some, grid, flow, step, across, shares * length * width / lanes))
    samples, cells, weights = (np.concatenate(column) for column in zip(*_numbered(parts, most), strict=True))
    return csr_array((weights, (samples, cells)), shape=(len(points), grid.x.size * grid.y.size))


def _numbered(
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], Array]], most: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Array]]:
    for number, (samples, cells, weights) in enumerate(parts):
        yield samples + number * most, cells, weights


def _strips(
    points: Array, grid: Grid, flow: Callable[[Array], Array], step: float, across: Array, shares: Array
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Follow the flow upward from samples; returns sample, cell and weight of each pair that meet."""
    place, total = points.copy(), grid.x.size * grid.y.size
    keys: list[NDArray[np.int64]] = []
    weights: list[Array] = []
    numbers = np.arange(len(points), dtype=np.int64)
    for share in shares:
        angle = np.radians(flow(place))
        east, north = np.sin(angle), np.cos(angle)
        middle = place - 0.5 * step * np.column_stack([east, north])
        # To the right of the flow.
        lanes = middle[:, None, :] + across[None, :, None] * np.stack([north, -east], axis=-1)[:, None, :]
        cell = _cells(lanes, grid)
        inside = cell >= 0
        keys.append((numbers[:, None] * total + cell)[inside])
        weights.append(np.full(inside.sum(), share))
        place = place - step * np.column_stack([east, north])
        if len(keys) >= 64:
            keys, weights = _added(keys, weights)
    keys, weights = _added(keys, weights)
    return keys[0] // total, keys[0] % total, weights[0]


def _added(
    keys: list[NDArray[np.int64]], weights: list[Array]
) -> tuple[list[NDArray[np.int64]], list[Array]]:
    """Add up the weights of equal keys."""
    distinct, which = np.unique(np.concatenate(keys), return_inverse=True)
    total: Array = np.bincount(which, np.concatenate(weights), minlength=distinct.size).astype(np.float64)
    return [distinct], [total]


def _cells(places: Array, grid: Grid) -> NDArray[np.int64]:
    """Return the cell of each place (..., 2), row by row; -1 outside of the grid and where a place is missing."""
    column = (places[..., 0] - grid.x[0]) / grid.cell + 0.5
    row = (grid.y[0] - places[..., 1]) / grid.cell + 0.5
    inside = (column >= 0) & (column < grid.x.size) & (row >= 0) & (row < grid.y.size)
    cell = np.where(inside, row, 0).astype(np.int64) * grid.x.size + np.where(inside, column, 0).astype(
        np.int64
    )
    return np.where(inside, cell, -1)


def _checked(bearing: float | Callable[[Array], Array]) -> Callable[[Array], Array]:
    if callable(bearing):
        return bearing
    one = float(bearing)
    if not 0 <= one <= 360:
        raise InputError(
            f"config key ice.bearing: {one:g} is no bearing. Give degrees clockwise from north, 0 to 360, towards "
            "which the ice moved."
        )
    return lambda places: np.full(len(places), one)


def _check_bearings(bearings: Array, names: Sequence[str]) -> None:
    """Name samples at which the ice has no bearing."""
    for wrong, what in (
        (np.isnan(bearings), "has no value at samples in rows {}. Let it cover the survey"),
        ((bearings < 0) | (bearings > 360), "is not within 0 to 360 at samples in rows {}. Give degrees"),
    ):
        if wrong.any():
            some = [names[int(k)] for k in np.flatnonzero(wrong)]
            listed = ", ".join(some[:5]) + (f" and {len(some) - 5} more" if len(some) > 5 else "")
            raise InputError(f"config key ice.bearing: the bearing of the ice {what.format(listed)}.")
