"""The figure of quality control: precision and noise of every element, and the control charts that matter most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import SMALL_SIZE, amount, colour, plain, rounded, shorten, style, styled
from geohalo.quality.charts import MOST_BLANKS, in_order, worst_blanks, worst_materials

#: Elements and charts that are drawn at most, and names in the title.
MOST_ROWS, MOST_CHARTS, MOST_TITLED = 34, 6, 6
ROW_HEIGHT, HEAD_HEIGHT, LABEL_WIDTH, GAP = 0.165, 0.45, 0.5, 0.35
CHART_HEIGHT, CHART_COLUMNS, CHART_MARGIN = 1.15, 3, 0.5
#: Mark, colour and name of each kind of duplicates.
KINDS = {
    "laboratory_duplicate": ("o", "sample", "laboratory duplicates"),
    "field_duplicate": ("D", "enriched", "field duplicates"),
}
_LEAST_PERCENT = 0.5


@dataclass(frozen=True)
class Chart:
    """Results of a reference material or a blank, in the order of analysis.

    Attributes
    ----------
    title : str
    values : ndarray of float64, shape (results,)
        In ppm.
    middle, sd : float
        Of a reference material: the middle line and its standard deviation in ppm; NaN for a blank.
    limit : float
        Of a blank: what it may hold, in ppm; NaN for a reference material.
    censored : ndarray of bool, shape (results,)
    """

    title: str
    values: NDArray[np.float64]
    middle: float
    sd: float
    limit: float
    censored: NDArray[np.bool_]


def worst_charts(
    rows: pd.DataFrame, elements: pd.DataFrame, reference: pd.DataFrame, bias: float
) -> list[Chart]:
    """Return the charts of the materials that are farthest off, and of the blanks that hold most.

    Parameters
    ----------
    rows : DataFrame
        `analyses.parquet`.
    elements, reference : DataFrame
        `quality.csv` and `quality_reference.csv`.
    bias : float
        The bias that is allowed, in percent.
    """
    blanks = worst_blanks(elements, MOST_BLANKS)
    found = []
    for material, element in worst_materials(reference, bias, MOST_CHARTS - len(blanks)):
        line = reference[(reference["material"] == material) & (reference["element"] == element)].iloc[0]
        off = f"{line['bias_percent']:+.0f}".replace("-", "−")
        title = f"{element} in {material}" + (f": bias {off} %" if np.isfinite(line["bias_percent"]) else "")
        values = in_order(rows, {"role": "reference", "material": material}, element)
        found.append(Chart(title, values[0], line["middle_ppm"], line["limits_sd_ppm"], np.nan, values[1]))
    limits = elements.set_index("element")["blank_limit_ppm"]
    for element in blanks:
        values = in_order(rows, {"role": "blank"}, element)
        found.append(
            Chart(f"{element} in blanks (ppm)", values[0], np.nan, np.nan, limits[element], values[1])
        )
    return found


@styled
def quality_plot(
    survey: str,
    elements: pd.DataFrame,
    duplicates: pd.DataFrame,
    charts: Sequence[Chart],
    precision: float,
    noise: float,
) -> Figure:
    """Draw what quality control says of a survey.

    Parameters
    ----------
    survey : str
        Name of the survey.
    elements, duplicates : DataFrame
        Of `geohalo.quality.assess`: `quality.csv` and `quality_duplicates.csv`.
    charts : sequence of Chart
        The charts to draw, the worst first.
    precision : float
        The relative precision that laboratory duplicates may have, in percent.
    noise : float
        The share of the variance that sampling and analysis may have.

    Returns
    -------
    Figure
    """
    fails = elements["verdict"] == "fails"
    page = Page(WIDTH, f"{plain(survey)}: {_headline(elements, fails)}", _about(elements, charts))
    order = elements.assign(fails=fails).sort_values(["fails", "noise_share"], ascending=False, kind="stable")
    rows = order[order["noise_share"].notna() | order["element"].isin(_measured(duplicates))].head(MOST_ROWS)
    if len(rows):
        _precision_and_noise(page, rows, duplicates, precision, noise)
    if charts:
        _charts(page, charts[:MOST_CHARTS])
    hidden = len(order) - len(rows)
    caption = "Elements that fail are marked with a cross. The numbers are in quality.csv, quality_duplicates.csv and "
    caption += "quality_reference.csv."
    if len(rows) and hidden:
        caption = (
            f"{amount(hidden, 'element')} not drawn: those without duplicates, or with less noise. {caption}"
        )
    return page.finish(caption)


def _headline(elements: pd.DataFrame, fails: pd.Series) -> str:
    judged = int((elements["verdict"] != "not judged").sum())
    names = elements.loc[fails, "element"].head(MOST_TITLED)
    more = f" and {fails.sum() - MOST_TITLED} more" if fails.sum() > MOST_TITLED else ""
    message = f": {', '.join(map(plain, names))}{more}" if fails.any() else ""
    return f"{fails.sum()} of {amount(judged, 'judged element')} {'fails' if fails.sum() == 1 else 'fail'}{message}"


def _about(elements: pd.DataFrame, charts: Sequence[Chart]) -> str:
    message = "Precision is two standard deviations of duplicates over their mean, with its 95 % interval. "
    if elements["noise_share"].notna().any():
        message += "Noise is the share of the variance of logarithms that does not lie between places. "
    return message + (
        "Charts: the materials farthest off, and the blanks with most in them." if charts else ""
    )


def _measured(duplicates: pd.DataFrame) -> list[str]:
    if duplicates.empty:
        return []
    return duplicates.loc[duplicates["precision_percent"].notna(), "element"].tolist()


def _precision_and_noise(
    page: Page, rows: pd.DataFrame, duplicates: pd.DataFrame, precision: float, noise: float
) -> None:
    """Add both panels, one row for each element, and their legend."""
    width = (WIDTH - 2 * MARGIN - LABEL_WIDTH - GAP) / 2
    top, height = page.bottom + HEAD_HEIGHT, len(rows) * ROW_HEIGHT + 0.08
    left = page.add_axes(MARGIN + LABEL_WIDTH, top, width, height)
    right = page.add_axes(MARGIN + LABEL_WIDTH + width + GAP, top, width, height)
    handles = _draw_precision(left, rows, duplicates, precision)
    handles += _draw_noise(right, rows, noise)
    labels = [f"{plain(row.element)} {'✗' if row.fails else '  '}" for row in rows.itertuples()]
    left.set_yticks(range(len(rows)), labels, fontsize=SMALL_SIZE)
    for label, row in zip(left.get_yticklabels(), rows.itertuples(), strict=True):
        label.set_fontweight("bold" if row.fails else "normal")
    right.set_yticks([])
    for axes in (left, right):
        axes.set_ylim(len(rows) - 0.45, -0.55)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=colour("grid"), linewidth=0.5)
        axes.set_axisbelow(True)
        for side in ("right", "left", "bottom"):
            axes.spines[side].set_visible(False)
    page.bottom += 0.08
    page.bottom += page.add_legend(handles, MARGIN, WIDTH - 2 * MARGIN) + 0.1


def _draw_precision(
    axes: Axes, rows: pd.DataFrame, duplicates: pd.DataFrame, precision: float
) -> list[Artist]:
    """Draw the precision of each element by both kinds of duplicates."""
    axes.axvline(precision, color=colour("boundary"), linewidth=0.9, linestyle="dashed", zorder=1)
    handles: list[Artist] = [
        Line2D([], [], color=colour("boundary"), linewidth=0.9, linestyle="dashed", label="limit")
    ]
    place = {element: y for y, element in enumerate(rows["element"])}
    drawn = [precision]
    for offset, (kind, (mark, hue, label)) in zip((-0.15, 0.15), KINDS.items(), strict=True):
        found = duplicates[duplicates["kind"] == kind] if len(duplicates) else duplicates
        found = (
            found[found["element"].isin(place) & found["precision_percent"].notna()] if len(found) else found
        )
        if not len(found):
            continue
        y = found["element"].map(place).to_numpy(dtype=float) + offset
        numbers = found[["precision_percent", "low", "high"]].to_numpy(dtype=float)
        middle, low, high = np.maximum(numbers, _LEAST_PERCENT).T
        axes.hlines(y, low, high, color=colour(hue), linewidth=0.9, zorder=2)
        axes.plot(middle, y, mark, color=colour(hue), markersize=3.4, zorder=3)
        handles.append(
            Line2D([], [], linestyle="", marker=mark, markersize=4, color=colour(hue), label=label)
        )
        drawn += [*middle, *low[np.isfinite(low)], *high[np.isfinite(high)]]
    axes.set_xscale("log")
    axes.set_xlim(min(drawn) / 1.25, max(drawn) * 1.25)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(FuncFormatter(_few) if max(drawn) / min(drawn) < 300 else NullFormatter())
    axes.set_xlabel("precision (%)", fontsize=SMALL_SIZE, labelpad=4)
    axes.tick_params(axis="x", which="both", labelsize=SMALL_SIZE, length=3)
    return handles


def _few(value: float, _: int) -> str:
    """Label those ticks between the powers of ten whose labels do not meet."""
    return f"{value:g}" if f"{value:.0e}"[0] in "25" else ""


def _draw_noise(axes: Axes, rows: pd.DataFrame, noise: float) -> list[Artist]:
    """Draw the parts of each element's variance side by side."""
    known = rows["noise_share"].notna().to_numpy()
    y, share = np.flatnonzero(known), 100 * rows["noise_share"].to_numpy(dtype=float)[known]
    apart = 100 * rows["analysis_share"].to_numpy(dtype=float)[known]
    analysis = np.where(np.isfinite(apart), np.minimum(apart, share), 0.0)
    alone = bool((rows["noise_of"] == "analysis").any())
    hues = (style()["classes"][5], style()["classes"][0], style()["classes"][4])
    bars: list[Artist] = []
    first = 0.0 if alone else analysis
    if np.any(analysis > 0) and not alone:
        axes.barh(y, analysis, 0.7, color=hues[0])
        bars.append(Patch(color=hues[0], label="analysis"))
    axes.barh(y, share - first, 0.7, left=first, color=hues[1])
    name = "analysis" if alone else "sampling" if bars else "sampling and analysis"
    bars.append(Patch(color=hues[1], label=f"noise: {name}" if not bars else name))
    axes.barh(y, 100 - share, 0.7, left=share, color=hues[2], alpha=0.45)
    bars.append(Patch(color=hues[2], alpha=0.45, label="between places"))
    axes.axvline(100 * noise, color=colour("boundary"), linewidth=0.9, linestyle="dashed")
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the variance (%)", fontsize=SMALL_SIZE, labelpad=4)
    return bars


def _charts(page: Page, charts: Sequence[Chart]) -> None:
    """Add the control charts, some side by side."""
    width = (WIDTH - 2 * MARGIN) / CHART_COLUMNS
    top = page.bottom + 0.3
    for number, chart in enumerate(charts):
        row, column = divmod(number, CHART_COLUMNS)
        place = (MARGIN + column * width + CHART_MARGIN, top + row * (CHART_HEIGHT + 0.55))
        axes = page.add_axes(*place, width - CHART_MARGIN - 0.1, CHART_HEIGHT)
        axes.set_title(shorten(chart.title, 40), fontsize=SMALL_SIZE, loc="left", pad=4)
        draw = _draw_reference if np.isnan(chart.limit) and np.isfinite(chart.middle) else _draw_blank
        draw(axes, chart)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlim(0.4, len(chart.values) + 0.6)
        axes.grid(axis="y", color=colour("grid"), linewidth=0.4)
        axes.set_axisbelow(True)
        for side in ("right", "top"):
            axes.spines[side].set_visible(False)
        if number + CHART_COLUMNS >= len(charts):
            axes.set_xlabel("result, in order of analysis", fontsize=SMALL_SIZE, labelpad=2)
    page.bottom += 0.42
    page.bottom += page.add_legend(_chart_legend(charts), MARGIN, WIDTH - 2 * MARGIN)


def _draw_reference(axes: Axes, chart: Chart) -> None:
    """Draw results of a reference material, in percent off the middle line."""
    number = np.arange(1, len(chart.values) + 1)
    off, sd = 100 * (chart.values / chart.middle - 1), 100 * chart.sd / chart.middle
    axes.axhspan(-2 * sd, 2 * sd, color=colour("outside"), zorder=0)
    axes.axhline(0, color=colour("chance"), linewidth=0.8, zorder=1)
    for side in (-3, 3):
        axes.axhline(side * sd, color=colour("boundary"), linewidth=0.8, linestyle="dashed", zorder=1)
    beyond = np.abs(off) > 3 * sd
    axes.plot(number, off, color=colour("faint"), linewidth=0.6, zorder=2)
    axes.plot(number[~beyond], off[~beyond], "o", color=colour("sample"), markersize=3, zorder=3)
    axes.plot(number[beyond], off[beyond], "^", color=colour("enriched"), markersize=4.5, zorder=3)
    reach = 1.1 * max(float(np.abs(off).max()), 3.3 * sd)
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("deviation (%)", fontsize=SMALL_SIZE, labelpad=1)


def _draw_blank(axes: Axes, chart: Chart) -> None:
    """Draw what blanks hold, on a logarithmic axis."""
    number, above = np.arange(1, len(chart.values) + 1), chart.values > chart.limit
    axes.plot(number, chart.values, color=colour("faint"), linewidth=0.6, zorder=2)
    for member, look in (
        (~above & ~chart.censored, {"marker": "o", "markersize": 3, "color": colour("sample")}),
        (chart.censored, {"marker": "o", "markersize": 3, "color": colour("sample"), "fillstyle": "none"}),
        (above & ~chart.censored, {"marker": "^", "markersize": 4.5, "color": colour("enriched")}),
    ):
        axes.plot(number[member], chart.values[member], linestyle="", zorder=3, **look)  # type: ignore[arg-type]
    if np.isfinite(chart.limit):
        axes.axhline(chart.limit, color=colour("boundary"), linewidth=0.8, linestyle="dashed", zorder=1)
    axes.set_yscale("log")
    held = [one for one in (*chart.values, chart.limit) if np.isfinite(one) and one > 0]
    axes.set_ylim(min(held) / 1.6, max(held) * 1.6)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: rounded(value)))
    axes.yaxis.set_minor_formatter(FuncFormatter(_few) if max(held) / min(held) < 20 else NullFormatter())
    axes.tick_params(axis="y", which="both", labelsize=SMALL_SIZE)


def _chart_legend(charts: Sequence[Chart]) -> list[Artist]:
    """Return the symbols of the charts that are drawn."""
    blanks = [np.isnan(chart.middle) for chart in charts]
    symbols: list[tuple[str, Any, str]] = [("o", "full", "result")]
    lines: list[Artist] = []
    if not all(blanks):
        lines.append(Patch(color=colour("outside"), label="2 standard deviations"))
    messages = ["3 standard deviations"] * (not all(blanks)) + ["limit of blanks"] * any(blanks)
    lines.append(
        Line2D([], [], color=colour("boundary"), linewidth=0.8, linestyle="dashed", label=", ".join(messages))
    )
    if any(chart.censored.any() for chart in charts):
        symbols.append(("o", "none", "below detection"))
    marks = [
        Line2D(
            [],
            [],
            linestyle="",
            marker=mark,
            markersize=4,
            color=colour("sample"),
            fillstyle=fill,
            label=label,
        )
        for mark, fill, label in symbols
    ]
    beyond = Line2D(
        [], [], linestyle="", marker="^", color=colour("enriched"), markersize=5, label="beyond the line"
    )
    return [*marks, beyond, *lines]
