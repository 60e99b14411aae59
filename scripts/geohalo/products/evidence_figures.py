"""The figure that compares metrics of all methods, and what the figures of the evidence read from its table.

The inner split is left out: it serves choices, and what choices were made by is no evidence.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geohalo.products.estimate_rows import (
    CHANCE,
    Mark,
    chance_symbol,
    draw_chance,
    estimates,
    row_panels,
    share_limits,
)
from geohalo.products.method_rows import Rows, heading_of, ordered
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    TEXT_SIZE,
    amount,
    colour,
    is_variant,
    method_style,
    plain,
    styled,
    with_interval,
)

#: What the crosses of the decoys are, in every legend.
DECOYS = "decoys: how much the hold-out itself produces"
METRIC_NAMES = {"capture": "Capture", "above_decoys": "Share of decoys outranked", "roc_auc": "ROC AUC"}
SPLITS = ("held_out", "random")
ROW_HEIGHT = 0.25
LABEL_WIDTH = 2.1


def main_variant(variants: pd.Series) -> str:
    """Return the variant of the headline: the first of the network's variants in a table, else its first method.

    Tables name the variants in the order of the config, whose first one makes the map.
    """
    present = list(dict.fromkeys(map(str, variants)))
    return next((one for one in present if is_variant(one)), present[0] if present else "")


def estimate_of(metrics: pd.DataFrame, variant: str, split: str, metric: str) -> tuple[float, float, float]:
    """Return estimate, low and high of a variant, split and metric; NaN when there is no such row."""
    rows = metrics[
        (metrics["variant"] == variant) & (metrics["split"] == split) & (metrics["metric"] == metric)
    ]
    if rows.empty:
        return np.nan, np.nan, np.nan
    first = rows.iloc[0]
    return float(first["estimate"]), float(first["low"]), float(first["high"])


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
    labels = {row: _row_label(table, *row) for row in rows.at}
    page = Page(WIDTH, f"{plain(survey)}: {_comparison_headline(table)}", _counts(table))
    left, height = MARGIN + LABEL_WIDTH, max(rows.end, 1) * ROW_HEIGHT + 0.2
    shown = table.loc[table["estimate"].notna(), ["estimate", "low", "high"]]
    place = (left, page.bottom + 0.2, height)
    for axes, metric in row_panels(page, panels, rows, labels, share_limits(shown), place):
        draw_chance(axes, CHANCE)
        if metric == "capture":
            _draw_decoys(axes, table, rows)
        _draw_intervals(axes, table[table["metric"] == metric], rows)
        axes.set_title(METRIC_NAMES[metric], loc="left", fontsize=TEXT_SIZE)
        axes.set_xlabel(f"{CHANCE:g} is chance, 1 is best")
    page.bottom += 0.5
    optimistic = (table.loc[table["estimate"].notna(), "split"] == "random").any()
    handles = _comparison_legend("above_decoys" in panels, bool(optimistic))
    page.bottom += page.add_legend(handles, left, WIDTH - MARGIN - left)
    return page.finish("All methods see the same folds, seeds and labelled cells.")


def _compared(metrics: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows to draw, and the metrics of the two panels."""
    drawn = ("capture", "decoy_capture", *METRIC_NAMES)
    table = metrics[metrics["metric"].isin(drawn) & metrics["split"].isin(SPLITS)].copy()
    table["scales"] = table["scales"].fillna("").astype(str)
    decoys = (table.loc[table["estimate"].notna(), "metric"] == "above_decoys").any()
    return table, ["capture", "above_decoys" if decoys else "roc_auc"]


def _draw_decoys(axes: Axes, table: pd.DataFrame, rows: Rows[tuple[str, str]]) -> None:
    """Mark the held-out capture of decoys in the row of its variant and scales."""
    cross = Mark("x", 5, colour("note"))
    for row in table[(table["metric"] == "decoy_capture") & (table["split"] == "held_out")].itertuples():
        cross.draw(axes, rows.at[str(row.variant), str(row.scales)], estimates(row), "decoys", zorder=(2, 3))


def _ordered_rows(table: pd.DataFrame) -> Rows[tuple[str, str]]:
    """Lay out (variant, scales) by group, in each by descending held-out capture."""
    capture = table[(table["split"] == "held_out") & (table["metric"] == "capture")]
    value = {(str(row.variant), str(row.scales)): float(row.estimate) for row in capture.itertuples()}  # type: ignore[arg-type]
    methods = {
        (str(variant), str(scales)): str(variant)
        for variant, scales in zip(table["variant"], table["scales"], strict=True)
    }
    keys = ordered(methods, value)
    return Rows.of(keys, [heading_of(methods[key]) for key in keys])


def _row_label(table: pd.DataFrame, variant: str, scales: str) -> str:
    """Name a row; its scales only where the variant has several."""
    label = plain(method_style(variant)[0])
    several = table.loc[table["variant"] == variant, "scales"].nunique() > 1
    return f"{label} {plain(scales)}" if several and scales else label


def held_mark(hue: str) -> Mark:
    """Return how a held-out estimate is drawn."""
    return Mark("o", 6, hue, width=1.6)


def random_mark(hue: str) -> Mark:
    """Return how an estimate of the random split is drawn."""
    return Mark("o", 5, hue, filled=False)


def _draw_intervals(axes: Axes, table: pd.DataFrame, rows: Rows[tuple[str, str]]) -> None:
    """Draw the estimates of one metric."""
    for row in table.itertuples():
        y = rows.at[str(row.variant), str(row.scales)]
        hue = colour("sample") if is_variant(str(row.variant)) else colour("note")
        if row.split == "random":
            random_mark(hue).draw(axes, y, estimates(row), "random", zorder=(2, 3))
        else:
            held_mark(hue).draw(axes, y, estimates(row), "held_out")


def _comparison_legend(decoys: bool, optimistic: bool) -> list[Line2D]:
    """Return the symbols of the comparison: those that are drawn."""
    hue = colour("sample")
    return [
        held_mark(hue).symbol("held-out deposits, 95 % interval"),
        *([random_mark(hue).symbol("random split (optimistic)")] if optimistic else []),
        *([Mark("x", 5, colour("note")).symbol(DECOYS)] if decoys else []),
        chance_symbol(),
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
    message = f"{plain(method_style(main)[0])} captures held-out deposits at {capture}"
    return f"{message}{_best_control(held, main)}"


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
    number = amount(float(capture["n"].max()), "held-out deposit")
    message = (
        f"Capture is the mean percentile rank of {number} in the map of the fold that did not know them."
    )
    decoys = table[(table["metric"] == "above_decoys") & table["estimate"].notna()]
    if decoys.empty:
        return message
    places = amount(float(decoys["n"].max()), "decoy")
    return (
        f"{message}\nThe {places} are places without a deposit, held out in the same way: their "
        "capture comes from the hold-out itself."
    )
