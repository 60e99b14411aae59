"""A map of catchments over the relief, with the samples and what is doubtful about them."""

import math
from collections.abc import Mapping
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
from geohalo.products.catchment_relief import Relief
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import amount, colour, plain, style, styled

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
#: Size of the mark of a sample with a doubt at least, in points over 1.35.
MARK = 2.5
#: Grey of ground that drains to samples and of other ground, where heights are not known.
DARKER, PALER = 0.80, 0.93
#: Marks that have no face.
LINES = ("x",)


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
        In metres; samples without coordinates are left out, and those far beyond the relief stand at the map's edge.
    doubts : mapping of str to ndarray (samples,) of bool
        By the names of `geohalo.catchments.quality.DOUBTS`.
    crs : str
        Name of the coordinate system.

    Returns
    -------
    Figure
    """
    part = relief.part(places)
    least = part.shown_channel()
    ground = MapGround(survey, part.x, part.y, part.upstream > 0, crs)
    doubtful = np.logical_or.reduce([doubts[doubt.name] for doubt in DOUBTS])
    clean = f"{(~doubtful).sum():,} without a doubt; " if doubtful.any() else ""
    page = MapPage(
        ground,
        f"{plain(survey)}: catchments of {amount(len(places), 'sample')}, {doubtful.sum():,} of them doubtful",
        f"{clean}{(part.label >= 0).sum() * math.prod(ground.cell):,.0f} km² of ground drain to samples",
        bars=part.heights is not None,
    )
    axes = page.panels[0]
    _draw_relief(page, axes, part)
    _draw_network(page, axes, part, least, len(places))
    handles = _draw_samples(page, axes, places, doubts, doubtful)
    handles += [
        area_patch(colour("sample"), f"channel, with {least:g} km² upstream or more"),
        Line2D([], [], color=colour("boundary"), linewidth=0.9, label="boundary of what a sample sees first"),
    ]
    if (part.label < 0).any():
        handles.append(area_patch(str(PALER), "paler: ground that drains to no sample"))
    severally = bool((np.sum([doubts[doubt.name] for doubt in DOUBTS], axis=0) > 1).any())
    return page.finish_map(handles, _caption(part, least, places, ground, severally))


def _caption(
    part: Relief, least: float, places: NDArray[np.float64], ground: MapGround, severally: bool
) -> str:
    """Say how to read the map, and what is not on it."""
    known = np.isfinite(places).all(axis=1)
    far, nowhere = int((~ground.inside(places[known])).sum()), int((~known).sum())
    notes = [
        "A catchment is the ground between its boundary and its sample, and that of all samples upstream of it.",
    ]
    if severally:
        notes.append("A sample with several doubts has the mark of the first in this list.")
    if least > part.channel_area * (1 + 1e-9):
        notes.append(f"Smaller channels, from {part.channel_area:.3g} km², are left out.")
    if far:
        notes.append(f"At the edge of the map: {amount(far, 'sample')} farther away.")
    if nowhere:
        notes.append(f"Not on the map: {amount(nowhere, 'sample')} without coordinates.")
    return " ".join(notes) + ground.caption


def _draw_relief(page: MapPage, axes: Any, part: Relief) -> None:
    """Draw heights with the light from the northwest; ground that drains to no sample is paler."""
    seen = part.label >= 0
    if part.heights is None:
        grey = np.where(seen, DARKER, PALER)
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


def _draw_network(page: MapPage, axes: Any, part: Relief, least: float, number: int) -> None:
    """Draw channels with so many km2 upstream, and boundaries between the increments of so many samples."""
    extent = page.ground.extent
    channel = np.zeros((*part.label.shape, 4))
    channel[part.drains(least)] = to_rgba(colour("sample"))
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
            list(np.concatenate([upright, level])),
            colors=colour("boundary"),
            linewidths=_fine(12, number, 0.25, 0.6),
            zorder=2,
        )
    )


def _fine(size: float, number: int, least: float, most: float) -> float:
    """Return a size in points that becomes smaller with the root of a number of samples."""
    return float(np.clip(size / math.sqrt(max(number, 1)), least, most))


def _draw_samples(
    page: MapPage,
    axes: Any,
    places: NDArray[np.float64],
    doubts: Mapping[str, NDArray[np.bool_]],
    doubtful: NDArray[np.bool_],
) -> list[Artist]:
    """Draw samples, each by its first doubt; returns their symbols with counts."""
    size = _fine(60, len(places), 2.0, 6.0)
    handles: list[Artist] = []
    left = ~doubtful
    # Samples farther away stand at the edge.
    west, east, south, north = page.ground.frame
    drawn = np.clip(places / 1e3, (west, south), (east, north))
    known = np.isfinite(places).all(axis=1)

    def draw(chosen: NDArray[np.bool_], marker: str, hue: str, label: str, order: int = 4) -> None:
        points = size if order == 3 else 1.35 * max(size, MARK)
        look: dict[str, Any] = {"linestyle": "none", "marker": marker, "color": hue}
        look |= {"markeredgecolor": hue if marker in LINES else "#000000"}
        look |= {"markeredgewidth": 1.4 if marker in LINES else min(0.6, 0.22 * points)}
        axes.plot(*drawn[chosen & known].T, markersize=points, zorder=order, clip_on=False, **look)
        handles.append(Line2D([], [], markersize=6, label=f"{label} ({int(chosen.sum()):,})", **look))

    if left.any():
        draw(left, "o", colour("inside"), "sample", order=3)
    taken = left.copy()
    for doubt in DOUBTS:
        chosen = doubts[doubt.name] & ~taken
        if chosen.any():
            draw(chosen, *MARKS[doubt.name], doubt.label)
        taken |= chosen
    return handles
