"""The figure of success-rate curves: how much is found when the best ground is searched first.

The inner split is left out: it serves choices, and what choices were made by is no evidence.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from geohalo.control_table import SHOWN
from geohalo.products.estimate_rows import prepare
from geohalo.products.evidence_figures import estimate_of, main_variant
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    SMALL_SIZE,
    colour,
    is_variant,
    method_style,
    plain,
    signed_percent,
    styled,
)

#: With more controls than this, only those that `geohalo.control_table` marks as shown, and the best other one, keep
#: colour and line style.
MOST_CONTROLS = 6


@styled
def success_rate(
    survey: str, curves: pd.DataFrame, metrics: pd.DataFrame, foreign: str | None = None
) -> Figure:
    """Draw the share of deposits found against the share of the area searched, best ground first.

    Parameters
    ----------
    survey : str
        Name of the survey.
    curves : pandas.DataFrame
        ``method``, ``split`` (``held_out`` or ``random``), ``area`` and ``found``, both 0 to 1:
        staircases, found from that area on. Of the random split only the main variant is drawn. With
        more than `MOST_CONTROLS` controls all but a few are grey lines.
    metrics : pandas.DataFrame
        Tidy table of metrics (``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high``); the
        areas under the curves are its ``success_area``, or are summed from the curve where it has none.
    foreign : str, optional
        Method that is a map made elsewhere, which the figure is then about.

    Returns
    -------
    Figure
    """
    held = curves[curves["split"] == "held_out"]
    main = foreign or main_variant(held["method"])
    areas = {str(method): _area_under(curve, metrics, "held_out") for method, curve in held.groupby("method")}
    ranked = sorted(areas, key=lambda method: -areas[method])
    found = "held-out deposits" if foreign is None else "the deposits"
    headline = _search_headline(held[held["method"] == main], main, found)
    page = Page(WIDTH, f"{plain(survey)}: {headline}", _subtitle(foreign))
    axes = page.add_axes(MARGIN + 0.55, page.bottom, 4.5, 4.5)
    prepare(axes)
    axes.plot([0, 1], [0, 1], color=colour("chance"), linewidth=0.8, label="chance")
    coloured = _coloured([one for one in ranked if one != foreign]) | ({foreign} if foreign else set())
    handles = _draw_ranked(axes, held, {method: areas[method] for method in ranked}, coloured, main)
    random = curves[(curves["split"] == "random") & (curves["method"] == main)]
    if not random.empty:
        area = _area_under(random, metrics, "random")
        label = f"{area:.2f} {method_style(main)[0]}, random split (optimistic)"
        line = _draw_curve(axes, random, main, label, False)
        line.set(linestyle="dashed", linewidth=1.3)
        handles.append(line)
    handles.append(Line2D([], [], color=colour("chance"), linewidth=0.8, label="0.50 chance"))
    _finish_axes(axes, handles, f"Area under the curve, {found}", [method in coloured for method in ranked])
    page.bottom += 0.45
    message = "Grey lines: the controls without a colour of their own." if len(coloured) < len(ranked) else ""
    return page.finish(message)


def _subtitle(foreign: str | None) -> str:
    """Say what the curves are, and of a map made elsewhere what nobody can see in it."""
    if foreign is None:
        return "Share of held-out deposits found when the ground with the highest score is searched first."
    return (
        "Share of deposits found when the ground with the highest score is searched first. Nobody can see whether "
        f"{plain(foreign)} was made with these deposits; the other methods had each of them held out."
    )


def _finish_axes(axes: Axes, handles: list[Line2D], title: str, coloured: list[bool]) -> None:
    """Label the axes, and put the legend beside them; curves without a colour of their own are written grey."""
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="Area searched", ylabel="Deposits found")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    legend = axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, borderaxespad=0,
        title=title, title_fontsize=SMALL_SIZE, alignment="left", handlelength=2.6,
    )  # fmt: skip
    for text, own in zip(legend.get_texts(), coloured, strict=False):
        text.set_color(colour("text" if own else "note"))


def _draw_ranked(
    axes: Axes, held: pd.DataFrame, areas: dict[str, float], coloured: set[str], main: str
) -> list[Line2D]:
    """Draw the held-out curves of all methods in the order of the areas below them."""
    handles = []
    for method, area in areas.items():
        label = f"{area:.2f} {method_style(method)[0]}"
        line = _draw_curve(axes, held[held["method"] == method], method, label, method == main)
        if method not in coloured:
            line.set(color=colour("faint"), linestyle="solid", linewidth=0.6, zorder=1.5)
        handles.append(line)
    return handles


def _coloured(ranked: list[str]) -> set[str]:
    """Return the methods that keep their look: variants, a few controls and the best other one."""
    controls = [method for method in ranked if not is_variant(method)]
    if len(controls) <= MOST_CONTROLS:
        return set(ranked)
    best = next(method for method in controls if method not in SHOWN)
    return {method for method in ranked if is_variant(method) or method in SHOWN} | {best}


def _draw_curve(axes: Axes, curve: pd.DataFrame, method: str, label: str, main: bool) -> Line2D:
    """Draw one staircase: variants thick, controls thin, the main variant on top."""
    _, hue, line = method_style(method)
    width = 2.4 if main else 1.6 if is_variant(method) else 0.9
    ordered = curve.sort_values(["area", "found"])
    rank = 4 if main else 3 if is_variant(method) else 2
    (drawn,) = axes.step(ordered["area"], ordered["found"], where="post", label=plain(label), zorder=rank)
    drawn.set(color=hue, linestyle=line, linewidth=width)
    return drawn


def _area_under(curve: pd.DataFrame, metrics: pd.DataFrame, split: str) -> float:
    """Return the area under a curve from the table of metrics, or else from its steps."""
    area = estimate_of(metrics, str(curve["method"].iloc[0]), split, "success_area")[0]
    if np.isfinite(area):
        return area
    ordered = curve.sort_values(["area", "found"])
    return float((np.diff(ordered["area"]) * ordered["found"].to_numpy()[:-1]).sum())


def _search_headline(curve: pd.DataFrame, method: str, deposits: str) -> str:
    """Say what is found in the best tenth of the area."""
    if curve.empty:
        return "no held-out curve"
    found = curve.loc[curve["area"] <= 0.1, "found"].max()
    share = 0.0 if np.isnan(found) else float(found)
    label = plain(method_style(method)[0])
    return f"{label} finds {signed_percent(share)} of {deposits} in the best 10 % of the area"
