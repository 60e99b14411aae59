"""Deposits on a map: symbols, and names that cover neither each other nor a symbol."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from geohalo.products.map_axes import MapPage
from geohalo.products.styles import SMALL_SIZE, amount, colour, shorten, text_size

#: More deposits than this carry no names.
MOST_NAMES = 15
LONGEST_NAME = 28
#: Distances in inches between a symbol and its name that are tried, nearest first.
DISTANCES = (0.03, 0.12, 0.24, 0.4, 0.6)
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))

Array = NDArray[np.float64]


def points_of(table: pd.DataFrame) -> Array:
    """Return the coordinates (n, 2) in metres of a table with the columns ``x`` and ``y``."""
    return table[["x", "y"]].to_numpy(dtype=np.float64)


def used_deposits(deposits: pd.DataFrame) -> pd.DataFrame:
    """Return the deposits inside the survey: all of them when the table has no column ``inside``."""
    return deposits[deposits["inside"].astype(bool)] if "inside" in deposits else deposits


def _candidates(point: Array, size: Array, symbol: float) -> Array:
    """Return boxes (candidates, 4) around a symbol for its name: left, bottom, right, top."""
    distance = np.repeat(DISTANCES, len(DIRECTIONS)) + symbol / 2
    direction = np.tile(np.array(DIRECTIONS, dtype=float), (len(DISTANCES), 1))
    centre = point + direction * (distance[:, None] + size / 2)
    return np.hstack([centre - size / 2, centre + size / 2])


def _overlap(boxes: Array, others: Array) -> NDArray[np.bool_]:
    """Tell which pairs of boxes (a, 4) and (b, 4) overlap."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    return np.all((low < others[None, :, 2:]) & (high > others[None, :, :2]), axis=2)


def place_names(points: Array, sizes: Array, panel: tuple[float, float], symbol: float) -> Array:
    """Find a place for each name, in the order given: the nearest one that is free.

    Parameters
    ----------
    points : ndarray (n, 2)
        Symbols in inches from the panel's lower left corner.
    sizes : ndarray (n, 2)
        Width and height of each name in inches.
    panel : (width, height)
        Of the panel in inches.
    symbol : float
        Width of a symbol in inches.

    Returns
    -------
    ndarray (n, 4)
        Boxes of the names: left, bottom, right, top; NaN where no place is free.
    """
    symbols = np.hstack([points - symbol / 2, points + symbol / 2])
    placed = np.full((len(points), 4), np.nan)
    for index, (point, size) in enumerate(zip(points, sizes, strict=True)):
        boxes = _candidates(point, size, symbol)
        within = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= panel).all(axis=1)
        taken = _overlap(boxes, np.vstack([symbols, placed[:index]])).any(axis=1)
        free = np.flatnonzero(within & ~taken)
        if free.size:
            placed[index] = boxes[free[0]]
    return placed


def spread_labels(
    points: NDArray[np.float64], sizes: NDArray[np.float64], taken: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Move labels that stand on their points aside where they would meet earlier ones.

    Parameters
    ----------
    points : ndarray (n, 2)
        Where the labels belong, the most important first.
    sizes : ndarray (n, 2)
        Width and height of each label, in the units of the points.
    taken : ndarray (k, 4), optional
        Boxes that no label may meet: left, bottom, right, top.

    Returns
    -------
    ndarray (n, 2)
        By how much each label is moved: not at all where its place is free, else to the nearest free place of those
        around it; not at all either where none is free.
    """
    placed = np.empty((0, 4)) if taken is None else np.asarray(taken, dtype=float)
    moves = np.zeros((len(points), 2))
    angle = np.deg2rad(np.arange(0, 360, 30))
    around = np.column_stack([np.cos(angle), np.sin(angle)])
    for number, (point, size) in enumerate(zip(points, sizes, strict=True)):
        rings = [np.zeros((1, 2)), *(around * step * size.max() for step in (1.2, 1.8, 2.5, 3.3, 4.2, 5.2))]
        tried = np.vstack(rings)
        boxes = np.hstack([point + tried - size / 2, point + tried + size / 2])
        free = np.flatnonzero(~_overlap(boxes, placed).any(axis=1)) if len(placed) else np.array([0])
        chosen = free[0] if free.size else 0
        moves[number] = tried[chosen]
        placed = np.vstack([placed, boxes[chosen]])
    return moves


def draw_deposits(
    axes: Axes, deposits: pd.DataFrame, size: float = 11.0, face: str = "", edge: str = ""
) -> Line2D:
    """Draw deposits as stars.

    Parameters
    ----------
    axes : Axes
        A panel of a `MapPage`.
    deposits : pandas.DataFrame
        ``x`` and ``y`` in metres.
    size : float
        Of a star in points.
    face, edge : str
        Colours of the stars, by default those of all maps: vermilion with a white edge.

    Returns
    -------
    Line2D
        The symbol for the legend, with the number of deposits.
    """
    face, edge = face or colour("deposit"), edge or colour("deposit_edge")
    look: dict[str, Any] = {
        "linestyle": "none",
        "marker": "*",
        "markerfacecolor": face,
        "markeredgecolor": edge,
    }
    look["markeredgewidth"] = 0.065 * size
    axes.plot(*points_of(deposits).T / 1e3, markersize=size, zorder=5, label="deposits", **look)
    return Line2D([], [], markersize=11, label=amount(len(deposits), "deposit"), **look)


def draw_on_panels(page: MapPage, deposits: pd.DataFrame, size: float = 6.0, face: str = "") -> list[Line2D]:
    """Draw deposits on every map of a page of several; returns the one symbol for the legend, if there are any."""
    drawn = [draw_deposits(axes, deposits, size, face) for axes in page.panels] if len(deposits) else []
    return drawn[-1:]


def draw_all_deposits(axes: Axes, deposits: pd.DataFrame) -> list[Line2D]:
    """Draw deposits, those outside the survey hollow; returns the symbols of those that there are."""
    used = used_deposits(deposits)
    handles = [] if used.empty else [draw_deposits(axes, used)]
    outside = deposits.drop(used.index)
    if not outside.empty:
        mark = draw_deposits(axes, outside, face="none", edge=colour("deposit"))
        mark.set_label(f"{len(outside):,} outside the survey")
        handles.append(mark)
    return handles


def draw_names(page: MapPage, axes: Axes, deposits: pd.DataFrame, size: float = 11.0) -> int:
    """Write up to `MOST_NAMES` names beside their symbols; returns how many found no free place."""
    if not 0 < len(deposits) <= MOST_NAMES or "name" not in deposits:
        return 0
    _, _, width, height = page.place(axes)
    west, east, south, _ = page.ground.frame
    per_km = width / (east - west)
    points = (points_of(deposits) / 1e3 - (west, south)) * per_km
    names = [shorten(name, LONGEST_NAME) for name in deposits["name"]]
    sizes = np.array([text_size(page.figure, name, SMALL_SIZE) for name in names])
    places = place_names(points, sizes, (width, height), size / 72 * 0.8)
    halo = [withStroke(linewidth=1.8, foreground="white")]
    for name, point, box in zip(names, points, places, strict=True):
        if np.isnan(box[0]):
            continue
        x, y = (box[:2] + box[2:]) / 2 / per_km + (west, south)
        axes.text(x, y, name, fontsize=SMALL_SIZE, ha="center", va="center", zorder=6, path_effects=halo)
        nearest = np.clip(point, box[:2], box[2:])
        if np.hypot(*(nearest - point)) > DISTANCES[1]:
            ends = np.array([point, nearest]) / per_km + (west, south)
            axes.plot(*ends.T, color=colour("text"), linewidth=0.6, zorder=4, path_effects=halo)
    return int(np.isnan(places[:, 0]).sum())
