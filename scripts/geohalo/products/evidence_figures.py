"""Figures of the evidence: success-rate curves and the comparison of metrics.

The inner split is left out of both: it serves choices, and what choices were made by is no evidence.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    SMALL_SIZE,
    TEXT_SIZE,
    colour,
    is_variant,
    method_style,
    plain,
    signed_percent,
    style,
    styled,
    whole,
    with_interval,
)

CHANCE = 0.5
#: What the crosses of the decoys are, in every legend.
DECOYS = "held-out places without a deposit: what holding out alone is worth"
METRIC_NAMES = {"capture": "Capture", "above_decoys": "Share of decoys outranked", "roc_auc": "ROC AUC"}
SPLITS = ("held_out", "random")
ROW_HEIGHT = 0.25


def main_variant(variants: pd.Series) -> str:
    """Return the variant of the headline: the first of the network's variants that is there, else any."""
    present = list(dict.fromkeys(variants))
    return next((one for one in style()["variants"] if one in present), present[0] if present else "")


def estimate_of(metrics: pd.DataFrame, variant: str, split: str, metric: str) -> tuple[float, float, float]:
    """Return estimate, low and high of a variant, split and metric; NaN when there is no such row."""
    rows = metrics[
        (metrics["variant"] == variant) & (metrics["split"] == split) & (metrics["metric"] == metric)
    ]
    if rows.empty:
        return np.nan, np.nan, np.nan
    first = rows.iloc[0]
    return float(first["estimate"]), float(first["low"]), float(first["high"])


def prepare(axes: Axes) -> None:
    """Give axes of a diagram the house's frame and grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(color=colour("grid"), linewidth=0.5)


@styled
def success_rate(survey: str, curves: pd.DataFrame, metrics: pd.DataFrame) -> Figure:
    """Draw the share of deposits found against the share of the area searched, best ground first.

    Parameters
    ----------
    survey : str
        Name of the survey.
    curves : pandas.DataFrame
        ``method``, ``split`` (``held_out`` or ``random``), ``area`` and ``found``, both 0 to 1:
        staircases, found from that area on. Of the random split only the main variant is drawn.
    metrics : pandas.DataFrame
        Tidy table of metrics (``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high``); the
        areas under the curves are its ``success_area``, or are summed from the curve where it has none.

    Returns
    -------
    Figure
    """
    held = curves[curves["split"] == "held_out"]
    main = main_variant(held["method"])
    areas = {str(method): _area_under(curve, metrics, "held_out") for method, curve in held.groupby("method")}
    ranked = sorted(areas, key=lambda method: -areas[method])
    headline = _search_headline(held[held["method"] == main], main)
    page = Page(
        WIDTH,
        f"{plain(survey)}: {headline}",
        "Share of held-out deposits found when the ground with the highest score is searched first.",
    )
    axes = page.add_axes(MARGIN + 0.55, page.bottom, 4.5, 4.5)
    prepare(axes)
    axes.plot([0, 1], [0, 1], color=colour("chance"), linewidth=0.8, label="chance")
    handles = []
    for method in ranked:
        curve = held[held["method"] == method]
        handles.append(
            _draw_curve(axes, curve, method, f"{areas[method]:.2f} {method_style(method)[0]}", method == main)
        )
    random = curves[(curves["split"] == "random") & (curves["method"] == main)]
    if not random.empty:
        area = _area_under(random, metrics, "random")
        label = f"{area:.2f} {method_style(main)[0]}, random split (optimistic)"
        line = _draw_curve(axes, random, main, label, False)
        line.set(linestyle="dashed", linewidth=1.3)
        handles.append(line)
    handles.append(Line2D([], [], color=colour("chance"), linewidth=0.8, label="0.50 chance"))
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="Area searched", ylabel="Deposits found")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, borderaxespad=0,
        title="Area under the curve, held-out deposits", title_fontsize=SMALL_SIZE, alignment="left",
        handlelength=2.6,
    )  # fmt: skip
    page.bottom += 0.45
    return page.finish()


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
    told = estimate_of(metrics, str(curve["method"].iloc[0]), split, "success_area")[0]
    if np.isfinite(told):
        return told
    ordered = curve.sort_values(["area", "found"])
    return float((np.diff(ordered["area"]) * ordered["found"].to_numpy()[:-1]).sum())


def _search_headline(curve: pd.DataFrame, method: str) -> str:
    """Say what is found in the best tenth of the area."""
    if curve.empty:
        return "no held-out curve"
    found = curve.loc[curve["area"] <= 0.1, "found"].max()
    share = 0.0 if np.isnan(found) else float(found)
    label = plain(method_style(method)[0])
    return f"{label} finds {signed_percent(share)} of held-out deposits in the best 10 % of the area"


@styled
def metric_comparison(survey: str, metrics: pd.DataFrame) -> Figure:
    """Draw capture and what is left of it against decoys, of every variant and control with its interval.

    Beside the capture stand that of the decoys, which is worth nothing, and the random split. Tables
    without decoys have their ROC AUC drawn instead.

    Parameters
    ----------
    survey : str
        Name of the survey.
    metrics : pandas.DataFrame
        Tidy: ``variant``, ``scales``, ``split``, ``metric``, ``estimate``, ``low``, ``high``, ``n``.
        Drawn are ``capture``, ``decoy_capture`` and ``above_decoys`` or ``roc_auc``, of the splits
        ``held_out`` and ``random``.

    Returns
    -------
    Figure
    """
    table, panels = _compared(metrics)
    rows = _ordered_rows(table)
    page = Page(WIDTH, f"{plain(survey)}: {_comparison_headline(table)}", _counts(table))
    label_width, gap, top = 2.1, 0.3, page.bottom + 0.2
    width = (WIDTH - 2 * MARGIN - label_width - gap) / 2
    height = max(len(rows), 1) * ROW_HEIGHT + 0.2
    shown = table.loc[table["estimate"].notna(), ["estimate", "low", "high"]].to_numpy(dtype=float)
    lowest = min(0.4, float(np.nanmin(shown, initial=0.4)))
    for number, metric in enumerate(panels):
        axes = page.add_axes(MARGIN + label_width + number * (width + gap), top, width, height)
        prepare(axes)
        axes.grid(visible=False, axis="y")
        if metric == "capture":
            _draw_decoys(axes, table, rows)
        _draw_intervals(axes, table[table["metric"] == metric], rows)
        axes.set(xlim=(max(0.0, lowest - 0.03), 1.02), ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
        axes.set_yticklabels([_row_label(table, *row) for row in rows] if number == 0 else [])
        axes.tick_params(axis="y", length=0)
        axes.set_title(METRIC_NAMES[metric], loc="left", fontsize=TEXT_SIZE)
    page.bottom += 0.35
    page.bottom += page.add_legend(
        _comparison_legend("above_decoys" in panels), MARGIN + label_width, WIDTH - 2 * MARGIN - label_width
    )
    return page.finish("Variants of the network above the line, controls below it.")


def _compared(metrics: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows to draw, and the metrics of the two panels."""
    drawn = ("capture", "decoy_capture", *METRIC_NAMES)
    table = metrics[metrics["metric"].isin(drawn) & metrics["split"].isin(SPLITS)].copy()
    table["scales"] = table["scales"].fillna("").astype(str)
    decoys = (table.loc[table["estimate"].notna(), "metric"] == "above_decoys").any()
    return table, ["capture", "above_decoys" if decoys else "roc_auc"]


def _draw_decoys(axes: Axes, table: pd.DataFrame, rows: list[tuple[str, str]]) -> None:
    """Mark the held-out capture of decoys in the row of its variant and scales."""
    for row in table[(table["metric"] == "decoy_capture") & (table["split"] == "held_out")].itertuples():
        y = rows.index((str(row.variant), str(row.scales)))
        axes.plot(float(row.estimate), y, "x", markersize=5, color=colour("note"), zorder=3, label="decoys")  # type: ignore[arg-type]


def _ordered_rows(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (variant, scales), variants before controls, each by descending held-out capture."""
    capture = table[(table["split"] == "held_out") & (table["metric"] == "capture")]
    value = {(str(row.variant), str(row.scales)): float(row.estimate) for row in capture.itertuples()}  # type: ignore[arg-type]
    rows = {
        (str(variant), str(scales)) for variant, scales in zip(table["variant"], table["scales"], strict=True)
    }
    return sorted(rows, key=lambda row: (not is_variant(row[0]), -np.nan_to_num(value.get(row, 0.0)), row))


def _row_label(table: pd.DataFrame, variant: str, scales: str) -> str:
    """Name a row; its scales only where the variant has several."""
    label = plain(method_style(variant)[0])
    several = table.loc[table["variant"] == variant, "scales"].nunique() > 1
    return f"{label} {plain(scales)}" if several and scales else label


def _draw_intervals(axes: Axes, table: pd.DataFrame, rows: list[tuple[str, str]]) -> None:
    """Draw the estimates of one metric."""
    axes.axvline(CHANCE, color=colour("chance"), linewidth=0.9, linestyle="dashed", zorder=1)
    for row in table.itertuples():
        y = rows.index((str(row.variant), str(row.scales)))
        hue = colour("sample") if is_variant(str(row.variant)) else colour("note")
        estimate, low, high = (float(value) for value in (row.estimate, row.low, row.high))  # type: ignore[arg-type]
        if row.split == "random":
            axes.plot(
                estimate,
                y,
                "o",
                markersize=5,
                markerfacecolor="white",
                markeredgecolor=hue,
                zorder=3,
                label="random",
            )
            continue
        if np.isfinite(low) and np.isfinite(high):
            axes.plot(
                [low, high],
                [y, y],
                color=hue,
                linewidth=1.6,
                solid_capstyle="butt",
                zorder=2,
                label="interval",
            )
        axes.plot(estimate, y, "o", markersize=6, color=hue, zorder=4, label="held_out")
    variants = sum(is_variant(variant) for variant, _ in rows)
    if 0 < variants < len(rows):
        axes.axhline(variants - 0.5, color=colour("grid"), linewidth=0.8)


def _comparison_legend(decoys: bool) -> list[Line2D]:
    """Return the symbols of the comparison."""
    hue = colour("sample")
    marks = Line2D([], [], linestyle="none", marker="x", markersize=5, color=colour("note"), label=DECOYS)
    random = Line2D([], [], linestyle="none", marker="o", markersize=5, label="random split (optimistic)")
    random.set(markerfacecolor="white", markeredgecolor=hue)
    return [
        Line2D(
            [],
            [],
            color=hue,
            marker="o",
            markersize=6,
            linewidth=1.6,
            label="held-out deposits, 95 % interval",
        ),
        random,
        *([marks] if decoys else []),
        Line2D([], [], color=colour("chance"), linewidth=0.9, linestyle="dashed", label="chance"),
    ]


def _comparison_headline(table: pd.DataFrame) -> str:
    """Compare the main variant with the best control, against decoys where there are any."""
    held = table[
        (table["split"] == "held_out") & (table["metric"] == "above_decoys") & table["estimate"].notna()
    ]
    if not held.empty:
        main = main_variant(held["variant"])
        share = with_interval(*estimate_of(held, main, "held_out", "above_decoys"))
        name = plain(method_style(main)[0])
        return f"held-out deposits outrank {share} of decoys by {name}{_best_control(held, main)}"
    held = table[(table["split"] == "held_out") & (table["metric"] == "capture") & table["estimate"].notna()]
    if held.empty:
        return "no held-out capture"
    main = main_variant(held["variant"])
    capture = with_interval(*estimate_of(held, main, "held_out", "capture"))
    told = f"{plain(method_style(main)[0])} captures held-out deposits at {capture}"
    return f"{told}{_best_control(held, main)}"


def _best_control(held: pd.DataFrame, main: str) -> str:
    """Name the best control in a table of one metric."""
    controls = held[~held["variant"].map(is_variant) & (held["variant"] != main)]
    if controls.empty:
        return ""
    best = controls.sort_values("estimate").iloc[-1]
    return f"; best control: {plain(method_style(str(best['variant']))[0])} at {best['estimate']:.2f}"


def _counts(table: pd.DataFrame) -> str:
    """Say from how many deposits the capture is measured."""
    capture = table[(table["metric"] == "capture") & (table["split"] == "held_out")]
    if capture.empty or "n" not in capture:
        return ""
    number = whole(float(capture["n"].max()), "held-out deposit")
    told = f"Capture is the mean percentile rank of {number} in the map of the fold that did not know them."
    decoys = table[(table["metric"] == "above_decoys") & table["estimate"].notna()]
    if decoys.empty:
        return told
    places = whole(float(decoys["n"].max()), "decoy")
    return f"{told}\nThe {places} are places without a deposit, held out alike: what they capture is worth nothing."
