"""Samples brought to the channel that they were taken in.

Coordinates of a sample and channels of a terrain are both a little off, so that many a stream sample lies on the slope
beside its stream. It is moved to the nearest cell into which enough ground drains to be a channel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.catchments.compiled import compiled
from geohalo.catchments.drainage import Drainage


@dataclass(frozen=True)
class Snapped:
    """Where samples lie on a terrain.

    Attributes
    ----------
    cell : ndarray (samples,) of int64
        Flat cell; -1 beyond the edges of the terrain, in a void, and without coordinates.
    distance : ndarray (samples,) of float64
        From the sample to the centre of its cell in metres; NaN where no channel lies within reach, and for -1. Samples
        without a channel stay in their own cell.
    """

    cell: NDArray[np.int64]
    distance: NDArray[np.float64]

    @property
    def on_channel(self) -> NDArray[np.bool_]:
        """Samples (samples,) that have a channel."""
        return np.isfinite(self.distance)


def snapped(drainage: Drainage, places: NDArray[np.float64], reach: float, channel: float) -> Snapped:
    """Bring samples to the nearest channel.

    Parameters
    ----------
    drainage : Drainage
    places : ndarray (samples, 2)
        In metres of its CRS; NaN for those without coordinates.
    reach : float
        Farthest centre of a cell in metres; the cell that a sample lies in is always within reach.
    channel : float
        Least upstream area of a channel in m2.

    Returns
    -------
    Snapped
        The nearest centre; of equally near ones that with the larger upstream area.
    """
    frame = drainage.frame
    own = frame.cells_at(places)
    upstream = drainage.upstream.ravel()
    own[(own >= 0) & (upstream[own] == 0)] = -1
    least = channel / frame.cell_area
    cell, distance = own.copy(), np.full(len(own), np.nan)
    lattice = np.column_stack([places[:, 0] - frame.west, frame.north - places[:, 1]])
    _snap(
        upstream, frame.rows, frame.columns, frame.width, frame.height, lattice, reach, least, cell, distance
    )
    return Snapped(cell, distance)


@compiled
def _snap(
    upstream: NDArray[np.int32],
    rows: int,
    columns: int,
    width: float,
    height: float,
    lattice: NDArray[np.float64],
    reach: float,
    least: float,
    cell: NDArray[np.int64],
    distance: NDArray[np.float64],
) -> None:
    """Look for the nearest channel around each sample; places are metres eastwards and southwards of the corner."""
    for sample in range(len(cell)):
        own = cell[sample]
        if own < 0:
            continue
        x, y = lattice[sample, 0], lattice[sample, 1]
        across, down = int(reach / width) + 1, int(reach / height) + 1
        nearest, most = np.inf, 0
        for row in range(max(0, own // columns - down), min(rows, own // columns + down + 1)):
            for column in range(max(0, own % columns - across), min(columns, own % columns + across + 1)):
                here = row * columns + column
                if upstream[here] < least or upstream[here] == 0:
                    continue
                away = np.hypot((column + 0.5) * width - x, (row + 0.5) * height - y)
                if away > reach and here != own:
                    continue
                if away < nearest or (away == nearest and upstream[here] > most):
                    nearest, most = away, upstream[here]
                    cell[sample], distance[sample] = here, away
