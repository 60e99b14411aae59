"""The figure of the pathfinders: how far each group of known deposits differs from background, element by element."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geohalo.deposit_types import SOURCE, types_of
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.pathfinder_table import is_gated, shown_pathfinders
from geohalo.products.pathfinder_text import counted_direction, listed, types_words
from geohalo.products.styles import SMALL_SIZE, TEXT_SIZE, amount, colour, plain, styled

#: Rows that are drawn.
MOST_ROWS = 24
#: Elements that the title names.
MOST_TITLED = 8
ROW_HEIGHT = 0.24
LABEL_WIDTH, COLUMN_WIDTH, HEAD_HEIGHT = 0.75, 0.85, 0.62
#: Half the height over which the dots of a row are spread.
SPREAD = 0.28


@styled
def pathfinder_plot(
    survey: str, summary: pd.DataFrame, differences: pd.DataFrame, commodities: Sequence[str]
) -> Figure:
    """Draw the difference of every group of deposits from background, of the elements that matter.

    Parameters
    ----------
    survey : str
        Name of the survey.
    summary : DataFrame
        Of `geohalo.products.pathfinder_table.pathfinder_summary`.
    differences : DataFrame
        One row per group, one column per element, in standard deviations.
    commodities : sequence of str
        What the deposits are known for.

    Returns
    -------
    Figure
    """
    rows = shown_pathfinders(summary).head(MOST_ROWS)
    groups = len(differences)
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_headline(rows, is_gated(summary))}",
        f"Each dot is one of {amount(groups, 'group')} of known deposits: the mean of its halo cells less that of "
        "background. "
        "A pathfinder has its dots on one side.",
    )
    gated, columns = is_gated(summary), _columns(rows, is_gated(summary))
    width = WIDTH - 2 * MARGIN - LABEL_WIDTH - COLUMN_WIDTH * len(columns)
    axes = page.add_axes(MARGIN + LABEL_WIDTH, page.bottom + HEAD_HEIGHT, width, len(rows) * ROW_HEIGHT + 0.1)
    _draw(axes, rows, differences, gated)
    for number, (heading, message) in enumerate(columns.items()):
        at = 1 + (number + 0.55) * COLUMN_WIDTH / width
        _write(axes, at, heading, message)
    page.bottom += 0.15
    page.bottom += page.add_legend(_legend(gated), MARGIN, WIDTH - 2 * MARGIN)
    return page.finish(_caption(commodities, gated, bool(rows["commodity"].any())))


def _headline(rows: pd.DataFrame, gated: bool) -> str:
    """Say which elements the map goes by and how, or without a gate how deposits differ from background."""
    kept = rows[rows["map"] > 0] if gated else rows
    named = [
        (row["element"], counted_direction(row) if gated else row["direction"])
        for row in kept.head(MOST_TITLED).to_dict("records")
    ]
    parts = []
    for direction in ("enriched", "depleted"):
        names = [name for name, way in named if way == direction]
        if names:
            parts.append(f"{listed(names)} {direction}")
    further = (
        f", and {amount(len(kept) - MOST_TITLED, 'element')} more"
        if gated and len(kept) > MOST_TITLED
        else ""
    )
    return f"{'the map rests on' if gated else 'deposits differ most alike:'} {', '.join(parts)}{further}"


def _draw(axes: Axes, rows: pd.DataFrame, differences: pd.DataFrame, gated: bool) -> None:
    axes.axvline(0, color=colour("chance"), linewidth=0.8, linestyle="dashed", zorder=1)
    spread = np.linspace(-SPREAD, SPREAD, len(differences)) if len(differences) > 1 else np.zeros(1)
    for y, row in enumerate(rows.to_dict("records")):
        strong = not gated or row["map"] > 0
        hue = colour(row["direction"])
        # In the order of their values, so that dots beside each other do not hide each other.
        values = np.sort(differences[row["element"]].to_numpy())
        axes.plot(
            values,
            y + spread,
            "o",
            markersize=3,
            color=hue if strong else colour("faint"),
            alpha=0.7,
            zorder=2,
        )
        face = hue if strong else colour("inside")
        axes.plot(row["difference"], y, "D", markersize=7, color=face, markeredgecolor=hue, zorder=3)
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows.to_dict("records")], fontsize=TEXT_SIZE)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("difference, in standard deviations over the map", fontsize=SMALL_SIZE, labelpad=4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=colour("grid"), linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _label(row: dict) -> str:
    return f"{plain(row['element'])} *" if row["commodity"] else plain(row["element"])


def _columns(rows: pd.DataFrame, gated: bool) -> dict[str, list[str]]:
    """Return what stands beside each row, by its heading."""
    by_name = {"groups\nagreeing": [f"{row.groups_alike} of {row.groups}" for row in rows.itertuples()]}
    if gated:
        by_name["kept in\nfolds"] = [f"{row.folds_kept} of {row.folds}" for row in rows.itertuples()]
    if (rows["types"] > 0).any():
        by_name["known for\ntypes"] = [f"{row.known_types} of {row.types}" for row in rows.itertuples()]
    return by_name


def _write(axes: Axes, at: float, heading: str, lines: Sequence[str]) -> None:
    """Write a column of text beside the rows of axes, at a share of their width."""
    look: dict = {"transform": axes.get_yaxis_transform(), "ha": "center", "fontsize": SMALL_SIZE}
    axes.text(at, -0.75, heading, va="bottom", color=colour("note"), **look)
    for y, text in enumerate(lines):
        axes.text(at, y, text, va="center", **look)


def _legend(gated: bool) -> list[Line2D]:
    marks = [
        ("enriched at deposits, mean of groups", "D", colour("enriched"), colour("enriched")),
        ("depleted", "D", colour("depleted"), colour("depleted")),
    ]
    if gated:
        marks.append(("not kept by the map", "D", colour("inside"), colour("enriched")))
    marks.append(("one group", "o", colour("faint"), colour("faint")))
    return [
        Line2D([], [], linestyle="", marker=marker, color=face, markeredgecolor=edge, label=label)
        for label, marker, face, edge in marks
    ]


def _caption(commodities: Sequence[str], gated: bool, starred: bool) -> str:
    message = (
        "Kept in a fold: by at least half of its members, which know nothing of the deposits that it holds out."
        if gated
        else ""
    )
    if starred:
        message += " * Named in deposits.commodities: counted beforehand as a pathfinder that is enriched."
    if types_of(commodities):
        message += f" Known: of types of deposits with {types_words(commodities)} ({SOURCE})."
    return message.strip()
