"""Figure of the levels of batches: samples before and after, and how far each batch stands off."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from geohalo.products.map_axes import MapPage, Room
from geohalo.products.map_ground import MapGround
from geohalo.products.pages import MARGIN
from geohalo.products.styles import (
    SMALL_SIZE,
    TEXT_SIZE,
    amount,
    colour,
    plain,
    rounded,
    shorten,
    styled,
)
from geohalo.products.survey_figures import element_norm, in_readable_unit, marker_size, round_ticks, tick_bar

#: Elements drawn, and batches listed at most.
MOST_ELEMENTS, MOST_BATCHES = 2, 40
ROW, LABELS, BETWEEN, ABOVE, BELOW = 0.15, 1.25, 0.3, 0.42, 0.42
STANDS_OFF = 0.05
TALLEST = 2.6


@styled
def levelling_plot(
    ground: MapGround,
    points: NDArray[np.float64],
    batch: NDArray[np.object_],
    before: pd.DataFrame,
    after: pd.DataFrame,
    table: pd.DataFrame,
    error_text: str,
) -> Figure:
    """Draw the elements in which batches stand off most, before and after levelling, and the levels of the batches.

    Parameters
    ----------
    ground : MapGround
        See `MapGround.around`: maps show samples alone.
    points : ndarray (samples, 2)
        Coordinates in metres.
    batch : ndarray of str (samples,)
        Batch of each sample.
    before, after : DataFrame (samples, elements)
        Concentrations in ppm.
    table : DataFrame
        See `geohalo.quality.levelling.shift_table`.
    error_text : str
        What levelling did to the error at left-out samples; empty where nothing was measured.
    """
    elements = most_shifted(table)
    values = {name: (before[name].to_numpy(), after[name].to_numpy()) for name in elements}
    units = {name: in_readable_unit(np.ma.masked_invalid(pair[0]), "ppm")[1] for name, pair in values.items()}
    states = ("as analysed", "levelled") if table["applied"].any() else ("as analysed",)
    titles = [f"{plain(name)} ({units[name]}), {state}" for name in elements for state in states]
    room = Room(columns=len(states) * len(elements), tallest=TALLEST)
    page = MapPage(ground, f"{plain(ground.survey)}: {headline(table)}", error_text, titles=titles, room=room)
    factor = {"ppm": 1.0, "ppb": 1e3, "%": 1e-4}
    panels = iter(page.panels)
    for name in elements:
        pair = [one * factor[units[name]] for one in values[name]]
        norm, colours = element_norm(np.concatenate([one[np.isfinite(one)] for one in pair]))
        off = table[(table["element"] == name) & (table["p_adjusted"] < STANDS_OFF)]["batch"]
        for one in pair[: len(states)]:
            axes = next(panels)
            drawn = _samples(page, axes, points, one, norm, colours)
            for label in off:
                _outline(axes, points[batch == label] / 1e3)
            tick_bar(page.colour_bar(axes, drawn), norm)
    _levels(page, table, elements)
    handles = [
        Line2D([], [], color=colour("target"), linewidth=1.2, label="batch that differs"),
        Line2D([], [], **_mark(True), label="levelled"),
        Line2D([], [], **_mark(False), label="left as it is"),
    ]
    page.bottom += BELOW
    return page.finish_map(
        handles,
        "Each dot is a sample. All maps of an element have the same colours, to its 2nd and 98th percentile. "
        "Level: how many times as high as the others a batch reads in the element, with its 95 % interval. "
        f"All elements are in levelling.csv.{ground.caption}",
    )


def most_shifted(table: pd.DataFrame) -> list[str]:
    """Return the elements with the surest shifts, those that are levelled first."""
    ranked = table.assign(unapplied=~table["applied"].astype(bool), p=table["p"].fillna(1.0))
    order = ranked.sort_values(["unapplied", "p"], kind="stable")["element"]
    return [str(name) for name in dict.fromkeys(order)][:MOST_ELEMENTS]


def headline(table: pd.DataFrame) -> str:
    """Say how many batches stand off, in how many elements, and what was done."""
    total, applied = table["batch"].nunique(), table[table["applied"].astype(bool)]
    off = table[table["p_adjusted"] < STANDS_OFF]
    if not applied.empty:
        batches, elements = applied["batch"].nunique(), applied["element"].nunique()
        return f"{batches} of {total} batches levelled, in {amount(elements, 'element')}"
    if off.empty:
        return f"none of {total} batches differs from the others by more than chance"
    batches, elements = off["batch"].nunique(), off["element"].nunique()
    differ = "differs" if batches == 1 else "differ"
    where = amount(elements, "element")
    return f"{batches} of {total} batches {differ} from the others, in {where}; nothing was corrected"


def _samples(
    page: MapPage,
    axes: Axes,
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    norm: Normalize,
    colours: str,
) -> PathCollection:
    """Draw samples, low ones first."""
    axes.set_facecolor(colour("inside"))
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    size = marker_size(points / 1e3, page.panel_width / page.ground.size[0])
    x, y = points[order].T / 1e3
    return axes.scatter(x, y, s=size**2, c=values[order], norm=norm, cmap=colours, linewidths=0)


def _outline(axes: Axes, places: NDArray[np.float64]) -> None:
    """Draw a line around samples (n, 2) in km."""
    try:
        ring = places[ConvexHull(places).vertices]
    except (QhullError, ValueError):
        return
    x, y = np.concatenate([ring, ring[:1]]).T
    for width, hue in ((2.4, colour("target_edge")), (1.2, colour("target"))):
        axes.plot(x, y, color=hue, linewidth=width, zorder=4)


def _mark(applied: bool) -> dict[str, Any]:
    """Look of a level: filled where it was corrected."""
    hue = colour("deposit") if applied else colour("faint")
    return {
        "linestyle": "none",
        "marker": "o" if applied else "s",
        "markersize": 4.5 if applied else 3.5,
        "color": hue,
    }


def _levels(page: MapPage, table: pd.DataFrame, elements: list[str]) -> None:
    """Draw the factor of each batch in the elements, side by side."""
    chosen = table[table["element"].isin(elements) & table["factor"].notna()]
    far = np.log(chosen["factor"]).abs().groupby(chosen["batch"]).max().nlargest(MOST_BATCHES).index
    batches = [name for name in table["batch"].drop_duplicates() if name in set(far)]
    left, top, height = MARGIN + LABELS, page.bottom + ABOVE, max(0.6, ROW * len(batches))
    width = (page.width - left - MARGIN - (len(elements) - 1) * BETWEEN) / len(elements)
    for k, name in enumerate(elements):
        axes = page.add_axes(left + k * (width + BETWEEN), top, width, height)
        rows = chosen[chosen["element"] == name].set_index("batch").reindex(batches)
        ends = rows[["low", "high", "factor"]].to_numpy(dtype=float)
        for y, (low, high, factor) in enumerate(ends.tolist()):
            look = _mark(bool(rows["applied"].iloc[y] == 1))
            axes.plot([low, high], [y, y], color=look["color"], linewidth=1.2, zorder=2)
            axes.plot([factor], [y], **look, zorder=3)
        axes.axvline(1.0, color=colour("note"), linewidth=0.8, zorder=1)
        axes.set(ylim=(len(batches) - 0.4, -0.6), yticks=range(len(batches)), xscale="log")
        axes.set_yticklabels([shorten(one, 20) for one in batches] if k == 0 else [], fontsize=SMALL_SIZE)
        axes.set_title(f"{plain(name)}: level of each batch", loc="left", fontsize=TEXT_SIZE, pad=4)
        axes.set_xlabel("times the level of the others", fontsize=SMALL_SIZE)
        low, high = np.nanmin(ends) / 1.08, np.nanmax(ends) * 1.08
        axes.set_xlim(low, high)
        axes.xaxis.set_major_locator(FixedLocator(sorted({1.0, *round_ticks(low, high)})))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: rounded(value, 3)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=colour("grid"), linewidth=0.5)
        axes.set_axisbelow(True)
