"""The figure of targets: a map with their numbers, and a table of the first ones beside it."""

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray
from rasterio.transform import from_bounds

from geohalo.products.deposit_marks import draw_deposits, used_deposits
from geohalo.products.map_axes import Ground, MapPage, area_patch
from geohalo.products.pages import MARGIN
from geohalo.products.styles import SMALL_SIZE, TEXT_SIZE, colour, plain, shorten, style, styled, whole
from geohalo.products.target_shapes import outlines
from geohalo.products.targets import without_deposit

#: Rows of each part of the table, targets without a known deposit inside and the others, and numbers on the map.
MOST_ROWS, MOST_NUMBERS = 8, 30
#: Elements of each sign that a row of the table names.
MOST_ELEMENTS = 3
LONGEST_NAME = 24
#: The table in inches: its width, heights of its head, of a part's heading and of a row, and where its columns begin or
#: end.
TABLE_WIDTH, HEAD, HEADING, ROW = 4.5, 0.42, 0.34, 0.4
LEFT_COLUMNS = {"target": 0.0, "nearest": 2.42}
RIGHT_COLUMNS = {"area": 0.95, "peak": 1.5, "mean": 2.05, "distance": TABLE_WIDTH}


@styled
def target_map(
    survey: str,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    mask: NDArray[np.bool_],
    score: ArrayLike,
    rank: NDArray[np.integer],
    targets: pd.DataFrame,
    deposits: pd.DataFrame,
    crs: str = "",
) -> Figure:
    """Draw the outlines of ranked targets on the anomaly score, and a table of the first ones.

    Targets without a known deposit inside, the only possible finds, come first and have dark outlines.

    Parameters
    ----------
    survey, x, y, mask, crs
        See `geohalo.products.survey_figures.sample_map`.
    score : ndarray (rows, columns)
        Anomaly score, 0 to 1.
    rank : ndarray (rows, columns)
        Rank of the target of each cell; 0 for none.
    targets : pandas.DataFrame
        ``rank``, ``area_km2``, ``peak_score``, ``mean_score``, ``nearest_deposit``, ``distance_km``, ``enriched``,
        ``depleted``, and ``x`` and ``y`` of the peak in metres; in the order of ranks.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``; may be empty.

    Returns
    -------
    Figure
    """
    ground = Ground(x, y, mask, crs)
    page = MapPage(
        ground, f"{plain(survey)}: {_headline(targets, ground)}", _told(targets), beside=TABLE_WIDTH
    )
    axes = page.panels[0]
    top = page.place(axes)[1]
    image = page.raster(axes, score, cmap=style()["maps"]["score"], vmin=0, vmax=1)
    page.colour_bar(axes, image, "Anomaly score (0 to 1)")
    used = used_deposits(deposits)
    handles = [] if used.empty else [draw_deposits(axes, used, size=8.0)]
    handles += _draw_outlines(axes, ground, rank, targets)
    _draw_numbers(axes, targets)
    bottom = page.bottom
    _draw_table(page, _parts(targets), page.width - TABLE_WIDTH - MARGIN, top)
    # The legend goes below the map; the table may reach further down.
    lowest, page.bottom = page.bottom, bottom
    page.add_footer([*handles, area_patch(colour("outside"), "too far from a sample")])
    page.bottom = max(page.bottom, lowest)
    return page.finish(
        "Targets are ranked by the geometric mean of peak and mean score, times their share in the area of "
        "applicability. The map was trained on the deposits that are shown, so that targets around them are no "
        "finds. Up and down: the most enriched and depleted elements, mean log-ratio of the target less that of "
        f"its surroundings.{ground.caption}"
    )


def _headline(targets: pd.DataFrame, ground: Ground) -> str:
    """Say how many targets there are, and on how much of the ground."""
    if targets.empty:
        return "no targets"
    share = targets["area_km2"].sum() / ground.area
    return f"{whole(len(targets), 'target')} on {share * 100:.1f} % of the surveyed ground"


def _told(targets: pd.DataFrame) -> str:
    """Say how many targets hold no known deposit."""
    if not targets["distance_km"].notna().any():
        return ""
    return f"{whole(int(without_deposit(targets).sum()), 'target')} without a known deposit inside."


def _parts(targets: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the parts of the table: their headings, and the first targets of each."""
    new = without_deposit(targets)
    if not targets["distance_km"].notna().any():
        return [("", targets.head(2 * MOST_ROWS))]
    parts = [("Without a known deposit inside", targets[new]), ("Around known deposits", targets[~new])]
    return [
        (
            heading if len(part) <= MOST_ROWS else f"{heading}, the first {MOST_ROWS} of {len(part)}",
            part.head(MOST_ROWS),
        )
        for heading, part in parts
        if len(part)
    ]


def _draw_outlines(
    axes: Axes, ground: Ground, rank: NDArray[np.integer], targets: pd.DataFrame
) -> list[Line2D]:
    """Draw the borders of all targets, those without a known deposit dark; returns the symbols for the legend."""
    west, east, south, north = ground.extent
    transform = from_bounds(west, south, east, north, rank.shape[1], rank.shape[0])
    shapes, symbols = outlines(rank, transform), []
    new = without_deposit(targets)
    dark, light = colour("target"), colour("target_edge")
    looks = [
        ("target without a known deposit", new, dark, 1.4, light, 2.6),
        ("target around one", ~new, light, 0.8, dark, 1.6),
    ]
    for label, chosen, hue, width, edge_hue, edge_width in looks:
        rings = [
            np.asarray(ring.coords)
            for number in targets["rank"][chosen]
            for part in shapes[int(number)].geoms
            for ring in (part.exterior, *part.interiors)
        ]
        if not rings:
            continue
        edge: Any = [withStroke(linewidth=edge_width, foreground=edge_hue)]
        lines = LineCollection(rings, label=label, colors=hue, linewidths=width, path_effects=edge, zorder=3)
        axes.add_collection(lines)
        symbols.append(Line2D([], [], color=hue, linewidth=width, path_effects=edge, label=label))
    return symbols


def _draw_numbers(axes: Axes, targets: pd.DataFrame) -> None:
    """Write the ranks of the first targets at their peaks."""
    halo = [withStroke(linewidth=2.0, foreground="white")]
    for target in targets.head(MOST_NUMBERS).to_dict("records"):
        place = (target["x"] / 1e3, target["y"] / 1e3)
        number = axes.text(
            *place, str(target["rank"]), ha="center", va="center", fontsize=TEXT_SIZE, zorder=6
        )
        number.set(fontweight="bold", path_effects=halo)


def _draw_table(page: MapPage, parts: list[tuple[str, pd.DataFrame]], left: float, top: float) -> None:
    """Write the table of the first targets of each part in axes of their own, whose units are inches."""
    height = HEAD + sum(HEADING * bool(heading) + ROW * len(targets) for heading, targets in parts)
    axes = page.add_axes(left, top, TABLE_WIDTH, height)
    axes.set(xlim=(0, TABLE_WIDTH), ylim=(height, 0), label="table")
    axes.axis("off")
    heads = {
        "area": "Area\n(km²)",
        "peak": "Peak\nscore",
        "mean": "Mean\nscore",
        "distance": "Distance\n(km)",
    }
    _write(axes, 0.02, {"target": "Rank\n", "nearest": "Nearest known\ndeposit", **heads}, colour("note"))
    axes.axhline(HEAD - 0.08, color=colour("note"), linewidth=0.6)
    y = HEAD
    for heading, targets in parts:
        if heading:
            axes.text(0, y + 0.06, heading, fontsize=TEXT_SIZE, fontweight="bold", va="top")
            y += HEADING
        for target in targets.to_dict("records"):
            _draw_row(axes, y, target)
            y += ROW


def _draw_row(axes: Axes, y: float, target: dict[Hashable, Any]) -> None:
    """Write the two lines of a target, its numbers and its elements, their top at y."""
    known = np.isfinite(target["distance_km"])
    cells = {"target": str(target["rank"]), "area": f"{target['area_km2']:,.4g}"}
    cells |= {"peak": f"{target['peak_score']:.2f}", "mean": f"{target['mean_score']:.2f}"}
    cells["nearest"] = shorten(target["nearest_deposit"], LONGEST_NAME) if known else "none known"
    cells["distance"] = (
        ("inside" if target["distance_km"] == 0 else f"{target['distance_km']:.1f}") if known else ""
    )
    _write(axes, y, cells, colour("text"))
    for place, sign, text in ((0.3, "up", target["enriched"]), (2.42, "down", target["depleted"])):
        told = f"{sign}: {_first(text)}" if _first(text) else ""
        axes.text(place, y + 0.17, plain(told), fontsize=SMALL_SIZE, va="top", color=colour("note"))


def _write(axes: Axes, y: float, cells: dict[str, str], hue: str) -> None:
    """Write the cells of a row, its top at y."""
    for name, text in cells.items():
        at_left = name in LEFT_COLUMNS
        place, side = (LEFT_COLUMNS[name], "left") if at_left else (RIGHT_COLUMNS[name], "right")
        look: dict[str, Any] = {
            "fontsize": SMALL_SIZE,
            "va": "top",
            "ha": side,
            "color": hue,
            "linespacing": 1.1,
        }
        axes.text(place, y, text, fontweight="bold" if name == "target" else "normal", **look)


def _first(text: object) -> str:
    """Return the first few of the elements that a target names, with true minus signs."""
    named: Iterable[str] = str(text).split(", ") if isinstance(text, str) else []
    return ", ".join(list(named)[:MOST_ELEMENTS]).replace("-", "−")
