"""The part of a terrain that a map of catchments shows: thinned to what a figure resolves, with few enough channels."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geohalo.catchments.quality import KM2
from geohalo.catchments.survey import SurveyCatchments

#: Rows or columns of the terrain that are drawn at most; a larger one is thinned.
MOST_LINES = 1200
#: Part of the longer side that is drawn around catchments and samples.
MARGIN = 0.03
#: Part of the longer side by which the map reaches beyond the terrain at most, to samples that lie there.
BEYOND = 0.15
#: Part of the drawn ground that channels cover at most: more hide the relief.
MOST_CHANNELS = 0.04
#: However small the map, channels may be as long as its side this many times.
CROSSINGS = 2.0


@dataclass(frozen=True)
class Relief:
    """What lies under the samples.

    Attributes
    ----------
    x : ndarray (columns,)
        Eastings of the terrain's cells in metres, ascending.
    y : ndarray (rows,)
        Northings in metres, descending.
    label : ndarray (rows, columns) of int
        Increment of each cell; negative for none.
    heights : ndarray (rows, columns) or None
        In metres, NaN for voids.
    upstream : ndarray (rows, columns)
        Number of the terrain's cells upstream; 0 for voids, and beyond the terrain.
    channel : float
        Number of cells upstream of a channel at least.
    cell_area : float
        Area of the terrain's cells in m2, also where these are thinned.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    label: NDArray[np.integer]
    heights: NDArray[np.floating] | None
    upstream: NDArray[np.integer]
    channel: float
    cell_area: float

    @classmethod
    def of(cls, found: SurveyCatchments) -> "Relief":
        """Return the terrain of a survey with its catchments."""
        frame, drainage = found.drainage.frame, found.drainage
        x = frame.west + frame.width * (np.arange(frame.columns, dtype=np.float64) + 0.5)
        y = frame.north - frame.height * (np.arange(frame.rows, dtype=np.float64) + 0.5)
        channel = found.plausible.channel / frame.cell_area
        return cls(x, y, found.label, drainage.heights, drainage.upstream, channel, frame.cell_area)

    @property
    def spacing(self) -> tuple[float, float]:
        """Width and height of a cell as drawn, in metres."""
        return abs(float(self.x[1] - self.x[0])), abs(float(self.y[1] - self.y[0]))

    @property
    def edges(self) -> NDArray[np.float64]:
        """Outer edges in metres: west and south, east and north (2, 2)."""
        corners = np.array([[self.x[0], self.y[-1]], [self.x[-1], self.y[0]]])
        half = np.array(self.spacing) / 2
        return np.stack([corners[0] - half, corners[1] + half])

    @property
    def channel_area(self) -> float:
        """Upstream area of a channel at least, in km2."""
        return self.channel * self.cell_area / KM2

    def drains(self, least: float) -> NDArray[np.bool_]:
        """Tell which cells (rows, columns) have so many km2 upstream, or more."""
        return self.upstream * (self.cell_area / KM2) >= least * (1 - 1e-9)

    def shown_channel(self) -> float:
        """Return the upstream area in km2 from which channels are drawn.

        It is `channel_area`, or the next of 1, 2, 5, 10, ... km2 at which channels cover no more than `MOST_CHANNELS`
        of the ground.
        """
        ground = int((self.upstream > 0).sum())
        most = max(MOST_CHANNELS * ground, CROSSINGS * math.sqrt(ground))
        least = self.channel_area
        while self.drains(least).sum() > most:
            least = _next_round(least)
        return least

    def part(self, places: NDArray[np.float64]) -> "Relief":
        """Return the part around all catchments and places (n, 2) in metres, thinned to `MOST_LINES`.

        Of the cells that are drawn as one the one with the most ground upstream is kept, so that channels stay whole.
        Where places lie beyond the terrain, voids are added, as far as `BEYOND` says.
        """
        low, high = self._box(places)
        margin = max(MARGIN * float((high - low).max()), 3 * self.spacing[0])
        across = np.flatnonzero((self.x >= low[0] - margin) & (self.x <= high[0] + margin))
        down = np.flatnonzero((self.y >= low[1] - margin) & (self.y <= high[1] + margin))
        if across.size < 2 or down.size < 2:
            across, down = np.arange(self.x.size), np.arange(self.y.size)
        drawn = self._thinned(slice(down[0], down[-1] + 1), slice(across[0], across[-1] + 1))
        beyond = np.array([low < self.edges[0], high > self.edges[1]])
        gaps = np.array([drawn.edges[0] - low, high - drawn.edges[1]]) + margin
        cells = np.ceil(np.where(beyond, gaps, 0) / drawn.spacing).astype(int)
        return drawn._padded(*cells) if cells.any() else drawn

    def _box(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the southwestern and the northeastern corner (2, 2) of what is to be seen, in metres."""
        low, high = self.edges
        inside = ((places >= low) & (places <= high)).all(axis=1)
        rows, columns = (np.flatnonzero((self.label >= 0).any(axis=axis)) for axis in (1, 0))
        corners = [(self.x[columns[end]], self.y[rows[end]]) for end in (0, -1)] if rows.size else []
        seen = np.concatenate([places[inside], np.reshape(corners, (-1, 2))])
        seen = seen if len(seen) else self.edges
        low, high = seen.min(axis=0), seen.max(axis=0)
        reach = BEYOND * float((high - low).max())
        others = places[~inside & np.isfinite(places).all(axis=1)]
        seen = np.concatenate([seen, np.clip(others, low - reach, high + reach)])
        return np.array([seen.min(axis=0), seen.max(axis=0)])

    def _thinned(self, rows: slice, columns: slice) -> "Relief":
        height, width = rows.stop - rows.start, columns.stop - columns.start
        step = max(1, min(math.ceil(max(height, width) / MOST_LINES), height // 2, width // 2))
        if step == 1:
            heights = None if self.heights is None else self.heights[rows, columns]
            cut = self.label[rows, columns], heights, self.upstream[rows, columns]
            return Relief(self.x[columns], self.y[rows], *cut, self.channel, self.cell_area)
        down, across = height // step, width // step

        def blocks(values: NDArray[Any]) -> NDArray[Any]:
            inside = values[rows, columns][: down * step, : across * step]
            return inside.reshape(down, step, across, step).swapaxes(1, 2).reshape(down, across, -1)

        upstream = blocks(self.upstream)
        largest = upstream.argmax(axis=2)[..., None]
        label = np.take_along_axis(blocks(self.label), largest, axis=2)[..., 0]
        heights = None
        if self.heights is not None:
            heights = self.heights[rows, columns][step // 2 :: step, step // 2 :: step][:down, :across]
        x = self.x[columns][: across * step].reshape(across, step).mean(axis=1)
        y = self.y[rows][: down * step].reshape(down, step).mean(axis=1)
        return Relief(x, y, label, heights, upstream.max(axis=2), self.channel, self.cell_area)

    def _padded(self, before: NDArray[np.int64], after: NDArray[np.int64]) -> "Relief":
        """Return the relief with so many cells of void in the west and south, and in the east and north."""
        (west, south), (east, north) = before, after
        around = ((north, south), (west, east))
        width, height = self.spacing
        return Relief(
            self.x[0] + width * np.arange(-west, self.x.size + east),
            self.y[0] - height * np.arange(-north, self.y.size + south),
            np.pad(self.label, around, constant_values=-1),
            None if self.heights is None else np.pad(self.heights, around, constant_values=np.nan),
            np.pad(self.upstream, around),
            self.channel,
            self.cell_area,
        )


def _next_round(value: float) -> float:
    """Return the next larger one of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power > value * (1 + 1e-9))
