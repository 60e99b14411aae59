"""A map of catchments over the relief, with the samples and what is doubtful about them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.colors import LightSource, ListedColormap, Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from geohalo.catchments.quality import DOUBTS
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import amount, colour, plain, style, styled

#: Rows or columns of the terrain that are drawn at most; a larger one is thinned.
MOST_LINES = 1200
#: Part of the longer side that is drawn around catchments and samples.
MARGIN = 0.03
#: Shape and colour of a sample with each doubt: no two have the same shape.
MARKS: Mapping[str, tuple[str, str]] = {
    "outside": ("x", "#000000"),
    "void": ("X", "#000000"),
    "no_channel": ("^", "#d55e00"),
    "leaves": ("s", "#e69f00"),
    "small": ("v", "#cc79a7"),
    "large": ("D", "#882255"),
    "twin": ("P", "#f0e442"),
    "same_reach": ("p", "#56b4e9"),
    "flat": ("h", "#009e73"),
}
#: Marks that have no face.
LINES = ("x",)


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
        Number of cells upstream; 0 for voids.
    channel : float
        Number of cells upstream of a channel at least.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    label: NDArray[np.integer]
    heights: NDArray[np.floating] | None
    upstream: NDArray[np.integer]
    channel: float

    def part(self, places: NDArray[np.float64]) -> "Relief":
        """Return the part around all catchments and places (n, 2) in metres, thinned to `MOST_LINES`.

        Of the cells that are drawn as one the one with the most ground upstream is kept, so that channels stay whole.
        """
        rows, columns = (
            np.flatnonzero((self.label >= 0).any(axis=1)),
            np.flatnonzero((self.label >= 0).any(axis=0)),
        )
        low = np.nanmin(places, axis=0, initial=np.inf), np.nanmax(places, axis=0, initial=-np.inf)
        x, y = [low[0][0], low[1][0]], [low[0][1], low[1][1]]
        if rows.size:
            x += [self.x[columns[0]], self.x[columns[-1]]]
            y += [self.y[rows[0]], self.y[rows[-1]]]
        margin = max(MARGIN * max(max(x) - min(x), max(y) - min(y)), 3 * abs(float(self.x[1] - self.x[0])))
        across = np.flatnonzero((self.x >= min(x) - margin) & (self.x <= max(x) + margin))
        down = np.flatnonzero((self.y >= min(y) - margin) & (self.y <= max(y) + margin))
        if across.size < 2 or down.size < 2:
            across, down = np.arange(self.x.size), np.arange(self.y.size)
        step = math.ceil(max(across.size, down.size) / MOST_LINES)
        r = slice(down[0], down[0] + max(2, down.size // step) * step)
        c = slice(across[0], across[0] + max(2, across.size // step) * step)
        if step == 1:
            heights = None if self.heights is None else self.heights[r, c]
            return Relief(self.x[c], self.y[r], self.label[r, c], heights, self.upstream[r, c], self.channel)
        return self._thinned(r, c, step)

    def _thinned(self, r: slice, c: slice, step: int) -> "Relief":
        rows, columns = (r.stop - r.start) // step, (c.stop - c.start) // step

        def blocks(values: NDArray[Any]) -> NDArray[Any]:
            inside = values[r, c][: rows * step, : columns * step]
            return inside.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows, columns, -1)

        upstream = blocks(self.upstream)
        largest = upstream.argmax(axis=2)[..., None]
        label = np.take_along_axis(blocks(self.label), largest, axis=2)[..., 0]
        heights = None
        if self.heights is not None:
            heights = self.heights[r, c][step // 2 :: step, step // 2 :: step][:rows, :columns]
        x = self.x[c][: columns * step].reshape(columns, step).mean(axis=1)
        y = self.y[r][: rows * step].reshape(rows, step).mean(axis=1)
        return Relief(x, y, label, heights, upstream.max(axis=2), self.channel)


@styled
def catchment_map(
    survey: str,
    relief: Relief,
    places: NDArray[np.float64],
    doubts: Mapping[str, NDArray[np.bool_]],
    crs: str = "",
) -> Figure:
    """Draw the boundaries of the samples' increments over the relief.

    Parameters
    ----------
    survey : str
    relief : Relief
    places : ndarray (samples, 2)
        In metres; samples without coordinates are left out.
    doubts : mapping of str to ndarray (samples,) of bool
        By the names of `geohalo.catchments.quality.DOUBTS`.
    crs : str
        Name of the coordinate system.

    Returns
    -------
    Figure
    """
    part = relief.part(places)
    voids = part.upstream == 0
    ground = MapGround(survey, part.x, part.y, ~voids, crs)
    doubtful = np.logical_or.reduce([doubts[doubt.name] for doubt in DOUBTS])
    clean = int((~doubtful).sum())
    page = MapPage(
        ground,
        f"{plain(survey)}: catchments of {amount(len(places), 'sample')}, {doubtful.sum():,} of them doubtful",
        f"{clean:,} without a doubt; {(part.label >= 0).sum() * math.prod(ground.cell):,.0f} km² of ground drain to "
        "samples",
        bars=part.heights is not None,
    )
    axes = page.panels[0]
    _draw_relief(page, axes, part)
    _draw_network(page, axes, part)
    handles = _draw_samples(axes, places, doubts, doubtful)
    shade = area_patch(colour("sample"), "channel")
    return page.finish_map(
        [
            *handles,
            shade,
            Line2D(
                [], [], color=colour("boundary"), linewidth=0.9, label="boundary of what a sample sees first"
            ),
        ],
        "A catchment is the ground between its boundary and its sample, and that of all samples upstream of it. A "
        f"sample with several doubts has the mark of the first in this list.{ground.caption}",
    )


def _draw_relief(page: MapPage, axes: Any, part: Relief) -> None:
    """Draw heights with the light from the northwest; ground that drains to no sample is paler."""
    seen = part.label >= 0
    if part.heights is None:
        grey = np.where(seen, 0.80, 0.93)
        page.raster(axes, grey, norm=Normalize(0, 1), cmap="gray", zorder=1)
        return
    heights = np.asarray(part.heights, dtype=np.float64)
    low, high = np.nanpercentile(heights, (1, 99))
    norm = Normalize(low, high if high > low else low + 1)
    # The darker half would hide channels and boundaries.
    light_half = ListedColormap(colormaps[style()["maps"]["relief"]](np.linspace(0.5, 1, 256)))
    image = page.raster(axes, heights, norm=norm, cmap=light_half, zorder=1)
    cell = abs(float(part.x[1] - part.x[0]))
    filled = np.where(np.isfinite(heights), heights, np.nanmedian(heights))
    steepness = np.nanpercentile(np.hypot(*np.gradient(filled, cell)), 95)
    light = LightSource(azdeg=315, altdeg=45).hillshade(
        filled, vert_exag=0.6 / max(float(steepness), 1e-9), dx=cell, dy=cell
    )
    shade = np.zeros((*heights.shape, 4))
    shade[..., 3] = np.where(np.isfinite(heights), 0.55 * (1 - np.clip(light, 0, 1)), 0)
    extent = page.ground.extent
    axes.imshow(shade, extent=extent, origin="upper", zorder=1.1, interpolation="nearest")
    veil = np.ones((*heights.shape, 4))
    veil[..., 3] = np.where(seen | ~np.isfinite(heights), 0, 0.45)
    axes.imshow(veil, extent=extent, origin="upper", zorder=1.2, interpolation="nearest")
    page.colour_bar(axes, image, "Height (m)")


def _draw_network(page: MapPage, axes: Any, part: Relief) -> None:
    """Draw channels, and boundaries between increments."""
    extent = page.ground.extent
    channel = np.zeros((*part.label.shape, 4))
    channel[part.upstream >= part.channel] = to_rgba(colour("sample"))
    axes.imshow(channel, extent=extent, origin="upper", zorder=1.5, interpolation="nearest")
    label = part.label
    # Edges between cells of two increments, as segments in km.
    width, height = page.ground.cell
    west, _, _, north = extent
    rows, columns = np.nonzero(label[:, 1:] != label[:, :-1])
    x, y = west + (columns + 1) * width, north - rows * height
    upright = np.stack([np.column_stack([x, y]), np.column_stack([x, y - height])], axis=1)
    rows, columns = np.nonzero(label[1:] != label[:-1])
    x, y = west + columns * width, north - (rows + 1) * height
    level = np.stack([np.column_stack([x, y]), np.column_stack([x + width, y])], axis=1)
    axes.add_collection(
        LineCollection(
            list(np.concatenate([upright, level])), colors=colour("boundary"), linewidths=0.6, zorder=2
        )
    )


def _draw_samples(
    axes: Any,
    places: NDArray[np.float64],
    doubts: Mapping[str, NDArray[np.bool_]],
    doubtful: NDArray[np.bool_],
) -> list[Artist]:
    """Draw samples, each by its first doubt; returns their symbols with counts."""
    size = float(np.clip(60 / math.sqrt(max(len(places), 1)), 2.5, 6.0))
    handles: list[Artist] = []
    left = ~doubtful
    known = np.isfinite(places).all(axis=1)

    def draw(chosen: NDArray[np.bool_], marker: str, hue: str, label: str) -> None:
        look: dict[str, Any] = {"linestyle": "none", "marker": marker, "color": hue}
        look |= {"markeredgecolor": hue if marker in LINES else "#000000"}
        look |= {"markeredgewidth": 1.4 if marker in LINES else 0.6}
        scale = 1.0 if label == "sample" else 1.35
        shown = places[chosen & known]
        axes.plot(*shown.T / 1e3, markersize=scale * size, zorder=3 if label == "sample" else 4, **look)
        handles.append(Line2D([], [], markersize=6, label=f"{label} ({int(chosen.sum()):,})", **look))

    if left.any():
        draw(left, "o", colour("inside"), "sample")
    taken = left.copy()
    for doubt in DOUBTS:
        chosen = doubts[doubt.name] & ~taken
        if chosen.any():
            draw(chosen, *MARKS[doubt.name], doubt.label)
        taken |= chosen
    return handles
