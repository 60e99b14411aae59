"""The table of the figure of targets: one line a target below a wide map, two lines beside any other."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from geohalo.products.map_axes import MapPage
from geohalo.products.styles import SMALL_SIZE, TEXT_SIZE, colour, plain, rounded, shorten, text_size
from geohalo.products.targets import on_new_ground

#: Rows of each part of the table, targets on new ground and on known halos; the map has numbers of these alone.
NEW_ROWS, KNOWN_ROWS = 12, 4
#: Elements of each sign that a row of the table names, at most.
MOST_ELEMENTS = 3
NO_CONTRAST = ("+0.00", "-0.00")
LONGEST_NAME = 24
#: Heights in inches of the table's head and of a part's heading, and where columns end, or begin if at the left.
HEAD, HEADING = 0.4, 0.28
RIGHT_COLUMNS = {"x": 0.86, "y": 1.42, "area": 1.86, "peak": 2.21, "mean": 2.56}
LEFT_COLUMNS = {"target": 0.0, "nearest": 2.68}
HEADS = {
    "target": "Rank",
    "x": "Easting\n(m)",
    "y": "Northing\n(m)",
    "area": "Area\n(km²)",
    "peak": "Peak\nscore",
    "mean": "Mean\nscore",
    "nearest": "Nearest known\ndeposit",
    "distance": "Distance\n(km)",
}
#: Inches from the top of a row to the line that its letters stand on.
ASCENT = 0.1
#: Least inches between the texts of two columns.
BETWEEN = 0.08


@dataclass(frozen=True)
class TableForm:
    """How the table is laid out, in inches.

    Attributes
    ----------
    width : float
        Of the table.
    row : float
        Height of a target's row.
    distance : float
        Where the column of distances ends, the last one on the first line.
    elements : (float, float)
        Where elements that are enriched and depleted begin.
    drop : float
        How far below the rest of the row elements stand; 0 where they have columns of their own.
    """

    width: float
    row: float
    distance: float
    elements: tuple[float, float]
    drop: float

    def height(self, parts: list[tuple[str, pd.DataFrame]]) -> float:
        """Return the height in inches of the table of some parts; 0 without a target."""
        return HEAD + sum(HEADING + self.row * len(targets) for _, targets in parts) if parts else 0.0


ONE_LINE = TableForm(width=7.7, row=0.2, distance=4.28, elements=(4.37, 6.07), drop=0.0)
TWO_LINES = TableForm(width=4.5, row=0.31, distance=4.5, elements=(0.3, 2.42), drop=0.135)


def table_parts(targets: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the parts of the table: their headings, and the first targets of each."""
    new = on_new_ground(targets)
    parts = [("On new ground", targets[new], NEW_ROWS), ("On known halos", targets[~new], KNOWN_ROWS)]
    return [
        (heading if len(part) <= most else f"{heading}, the first {most} of {len(part)}", part.head(most))
        for heading, part, most in parts
        if len(part)
    ]


def draw_table(
    page: MapPage, parts: list[tuple[str, pd.DataFrame]], form: TableForm, left: float, top: float
) -> None:
    """Write the table of the first targets of each part in axes of their own, whose units are inches.

    Parameters
    ----------
    page : MapPage
    parts : list of (str, pandas.DataFrame)
        Of `table_parts`.
    form : TableForm
    left, top : float
        Place of its corner in inches from that of the page.
    """
    height = form.height(parts)
    axes = page.add_axes(left, top, form.width, height)
    axes.set(xlim=(0, form.width), ylim=(height, 0), label="table")
    axes.axis("off")
    heads = HEADS | ({} if form.drop else {"up": "Up,\nlog-ratio", "down": "Down,\nlog-ratio"})
    _write(axes, form, HEAD - 0.13 - ASCENT, heads, colour("note"))
    axes.axhline(HEAD - 0.08, color=colour("note"), linewidth=0.6)
    y = HEAD
    for heading, targets in parts:
        axes.text(0, y + 0.03, heading, fontsize=TEXT_SIZE, fontweight="bold", va="top")
        y += HEADING
        for target in targets.to_dict("records"):
            _write(axes, form, y, _first_line(page, form, target), colour("text"))
            _write(axes, form, y + form.drop, _elements(page, form, target), colour("note"))
            y += form.row


def _first_line(page: MapPage, form: TableForm, target: dict[Hashable, Any]) -> dict[str, str]:
    """Return the cells of a target without its elements, by their columns."""
    cells = {"target": str(target["rank"]), "area": rounded(target["area_km2"], 4)}
    cells |= {"x": f"{target['x']:.0f}", "y": f"{target['y']:.0f}"}
    cells |= {"peak": f"{target['peak_score']:.2f}", "mean": f"{target['mean_score']:.2f}"}
    if not np.isfinite(target["distance_km"]):
        return cells | {"nearest": "none known"}
    cells["distance"] = "inside" if target["distance_km"] == 0 else f"{target['distance_km']:.1f}"
    taken = text_size(page.figure, cells["distance"], SMALL_SIZE)[0]
    free = form.distance - taken - BETWEEN - LEFT_COLUMNS["nearest"]
    names = [shorten(target["nearest_deposit"], most) for most in range(LONGEST_NAME, 0, -1)]
    return cells | {"nearest": _longest(page, names, free)}


def _elements(page: MapPage, form: TableForm, target: dict[Hashable, Any]) -> dict[str, str]:
    """Return the cells of the elements of a target, as many as there is room for."""
    ends = (form.elements[1] - BETWEEN, form.width)
    cells = {}
    for sign, text, start, end in zip(
        ("up", "down"), (target["enriched"], target["depleted"]), form.elements, ends, strict=True
    ):
        messages = [f"{sign}: {named}" if form.drop and named else named for named in _first(text)]
        cells[sign] = _longest(page, messages, end - start)
    return cells


def _longest(page: MapPage, texts: list[str], width: float) -> str:
    """Return the first of several texts, long ones first, that fits; the last one where none does."""
    return next((text for text in texts if text_size(page.figure, text, SMALL_SIZE)[0] <= width), texts[-1])


def _first(text: object) -> list[str]:
    """Return the first elements that a target names, with true minus signs: three, two or one of them.

    A contrast that rounds to nothing is none.
    """
    named: Iterable[str] = str(text).split(", ") if isinstance(text, str) else []
    first = [one for one in named if not one.endswith(NO_CONTRAST)][:MOST_ELEMENTS]
    return [plain(", ".join(first[:most]).replace("-", "−")) for most in range(len(first), 0, -1)] or [""]


def _write(axes: Axes, form: TableForm, y: float, cells: dict[str, str], hue: str) -> None:
    """Write the cells of a row, its top at y."""
    left = LEFT_COLUMNS | dict(zip(("up", "down"), form.elements, strict=True))
    right = RIGHT_COLUMNS | {"distance": form.distance}
    # On one line whatever the letters: a text's top is that of its tallest letter.
    look: dict[str, Any] = {"fontsize": SMALL_SIZE, "va": "baseline", "color": hue, "linespacing": 1.1}
    for name, text in cells.items():
        place, side = (left[name], "left") if name in left else (right[name], "right")
        axes.text(
            place, y + ASCENT, text, ha=side, fontweight="bold" if name == "target" else "normal", **look
        )
