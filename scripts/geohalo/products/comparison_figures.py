"""Figures of comparisons on the same folds: variants of the network, and superpixel settings.

Choices are made by the inner split and reported by the held-out one, so both stand in each row: the
held-out estimate in front, what it was not chosen by in lighter marks beside it.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geohalo.products.evidence_figures import CHANCE, estimate_of, prepare
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    colour,
    is_variant,
    method_style,
    plain,
    style,
    styled,
    whole,
    with_interval,
)
from geohalo.superpixels.counts import fineness

#: Metric of the comparison, the first that the table has: name, axis, what it is, chance, what is counted, groups.
MEASURES = {
    "capture": (
        "capture",
        "Capture: mean percentile rank of deposits, 1 is best",
        "Capture is the mean percentile rank of deposits in a map that did not know them.",
        CHANCE,
        ("deposit", "group"),
    ),
    "average_accuracy": (
        "accuracy",
        "Average accuracy: mean over classes of the share found, 1 is best",
        "Average accuracy is the mean over classes of the share of cells that are given their own class.",
        None,
        ("test cell", "block"),
    ),
}
ROW_HEIGHT = 0.36
LABEL_WIDTH = 2.15
#: Split: marker, size, line width, and how far below the middle of its row it stands.
MARKS = {"random": ("o", 4.5, 0.0, -0.22), "inner": ("D", 4.5, 1.0, 0.24), "held_out": ("o", 6.5, 1.8, 0.0)}
NAMES = {
    "held_out": "held out, 95 % interval: report this",
    "inner": "inner split, 95 % interval: choose by this",
    "random": "random split (optimistic)",
}


@styled
def ablation_plot(survey: str, metrics: pd.DataFrame, n_groups: int) -> Figure:
    """Draw the headline metric of every variant of the network and of the controls, held out and beside it.

    Parameters
    ----------
    survey : str
        Name of the survey.
    metrics : pandas.DataFrame
        Tidy: ``variant``, ``split`` (``held_out``, ``inner``, ``random``), ``metric``, ``estimate``,
        ``low``, ``high``, ``n``. Drawn is ``capture``, or without it ``average_accuracy``.
    n_groups : int
        Groups that the held-out deposits form, or blocks of the test cells of classes.

    Returns
    -------
    Figure
    """
    table = _headline_metric(metrics, "variant")
    held = table[table["split"] == "held_out"].set_index("row")["estimate"]
    rows = sorted(set(table["row"]), key=lambda one: (not is_variant(one), -held.get(one, 0.0), one))
    variants = [one for one in rows if is_variant(one)]
    labels = [plain(method_style(one)[0]) for one in rows]
    told = _chosen_text(table, "variants", variants, {one: plain(method_style(one)[0]) for one in variants})
    title = f"{plain(survey)}: {told}{_deposits_text(table, n_groups)}"
    page = Page(WIDTH, title, f"{_measure(table)[2]} {_advice(table)}")
    axes = _draw_rows(page, table, rows, labels)
    if 0 < len(variants) < len(rows):
        axes.axhline(len(variants) - 0.5, color=colour("grid"), linewidth=0.8)
    below = " Variants of the network above the line, controls below it." if len(variants) < len(rows) else ""
    return page.finish(f"All methods see the same folds, seeds and labelled cells.{below}")


@styled
def sweep_plot(survey: str, metrics: pd.DataFrame, n_groups: int, in_use: str) -> Figure:
    """Draw the headline metric at every superpixel setting, held out and by the inner split.

    Parameters
    ----------
    survey : str
        Name of the survey.
    metrics : pandas.DataFrame
        As for `ablation_plot`, of one variant, with ``scales`` like ``100-300``.
    n_groups : int
        As for `ablation_plot`.
    in_use : str
        The ``scales`` that the map is made with.

    Returns
    -------
    Figure
    """
    table = _headline_metric(metrics[metrics["split"].isin(["held_out", "inner"])], "scales")
    rows = sorted(set(table["row"]), key=lambda one: ([fineness(n) for n in reversed(one.split("-"))], one))
    names = {one: one.replace("-", " + ") for one in rows}
    labels = [f"{names[one]}, in use" if one == in_use else names[one] for one in rows]
    variant = plain(method_style(str(table["variant"].iloc[0]))[0])
    told = _chosen_text(table, "settings", rows, {one: f"{names[one]} superpixels" for one in rows})
    title = f"{plain(survey)}: {told}{_deposits_text(table, n_groups)}"
    about = f"{_measure(table)[0].capitalize()} of {variant} by superpixels asked for. {_advice(table)}"
    page = Page(WIDTH, title, about)
    axes = _draw_rows(page, table, rows, labels)
    for label, one in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if one == in_use else "normal")
    return page.finish(
        "Few superpixels at the top, many at the bottom; several counts make one multi-scale model. "
        "All settings see the same folds, seeds and labelled cells."
    )


def _headline_metric(metrics: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of the metric to compare by, named in a column ``row`` by another one."""
    metric = next(one for one in MEASURES if (metrics["metric"] == one).any())
    table = metrics[metrics["metric"] == metric]
    return table.assign(row=table[column].astype(str))


def _measure(table: pd.DataFrame) -> tuple[str, str, str, float | None, tuple[str, str]]:
    """Return name, axis, explanation, chance and nouns of the metric of a table."""
    return MEASURES[str(table["metric"].iloc[0])]


def _chosen_text(table: pd.DataFrame, kind: str, rows: list[str], names: dict[str, str]) -> str:
    """Say which row the inner split prefers and its held-out number; without an inner split, their range."""
    inner = table[(table["split"] == "inner") & table["row"].isin(rows)].dropna(subset=["estimate"])
    name, count, metric = _measure(table)[0], len(rows), str(table["metric"].iloc[0])
    if inner.empty or count < 2:
        held = table[(table["split"] == "held_out") & table["row"].isin(rows)].dropna(subset=["estimate"])
        if held.empty:
            return f"no held-out {name}"
        low, high = held["estimate"].min(), held["estimate"].max()
        span = f"{low:.2f}" if count < 2 else f"{low:.2f} to {high:.2f}"
        return f"held-out {name} is {span}"
    best = str(inner.sort_values("estimate")["row"].iloc[-1])
    told = with_interval(*estimate_of(table.assign(variant=table["row"]), best, "held_out", metric))
    return f"of {count} {kind}, the inner split prefers {names[best]}, whose held-out {name} is {told}"


def _deposits_text(table: pd.DataFrame, n_groups: int) -> str:
    """Say from how many deposits and groups the held-out number is."""
    number, (one, group) = table.loc[table["split"] == "held_out", "n"].max(), _measure(table)[4]
    return f"; {whole(float(number), one)} in {whole(n_groups, group)}" if np.isfinite(number) else ""


def _advice(table: pd.DataFrame) -> str:
    """Tell how to use the figure."""
    if (table["split"] == "inner").any():
        return (
            "Choose by the inner split, report the held-out one: the best of many held-out numbers flatters."
        )
    return "No inner split could be made here: whoever picks the best row has fitted it to what was held out."


def _look(split: str, row: str) -> str:
    """Return the colour of a mark: controls are grey."""
    if split == "random" or not (is_variant(row) or row[0].isdigit()):
        return colour("faint" if split == "inner" else "note")
    return style()["schemes"][split][1]


def _draw_rows(page: Page, table: pd.DataFrame, rows: list[str], labels: list[str]) -> Axes:
    """Draw all estimates with their intervals, one row of the table in each row, and the legend."""
    left = MARGIN + LABEL_WIDTH
    axes = page.add_axes(left, page.bottom + 0.1, WIDTH - MARGIN - left, len(rows) * ROW_HEIGHT + 0.15)
    prepare(axes)
    axes.grid(visible=False, axis="y")
    _, label, _, chance, _ = _measure(table)
    if chance is not None:
        axes.axvline(chance, color=colour("chance"), linewidth=0.9, linestyle="dashed", zorder=1)
    for order, (split, (marker, size, width, below)) in enumerate(MARKS.items(), 2):
        for row in table[table["split"] == split].itertuples():
            y, hue = rows.index(str(row.row)) + below, _look(split, str(row.row))
            estimate, low, high = (float(value) for value in (row.estimate, row.low, row.high))  # type: ignore[arg-type]
            if width and np.isfinite(low) and np.isfinite(high):
                (line,) = axes.plot(
                    [low, high], [y, y], color=hue, linewidth=width, label=f"{split} interval"
                )
                line.set(solid_capstyle="butt", zorder=order)
            (mark,) = axes.plot(estimate, y, marker, markersize=size, color=hue, label=split)
            mark.set(zorder=order, markerfacecolor="white" if split == "random" else hue)
    shown = table.loc[table["split"].isin(list(MARKS)), ["estimate", "low"]].to_numpy(dtype=float)
    lowest = min(0.4, float(np.nanmin(shown, initial=0.4)))
    axes.set(xlim=(max(0.0, lowest - 0.03), 1.02), ylim=(len(rows) - 0.35, -0.5), yticks=range(len(rows)))
    axes.set_yticklabels(labels)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label)
    page.bottom += 0.5
    page.bottom += page.add_legend(_legend(table), left, WIDTH - MARGIN - left)
    return axes


def _legend(table: pd.DataFrame) -> list[Line2D]:
    """Return the symbols of the splits that are there."""
    handles = []
    for split in [one for one in NAMES if (table["split"] == one).any()]:
        marker, size, width, _ = MARKS[split]
        hue = colour("note") if split == "random" else style()["schemes"][split][1]
        handle = Line2D([], [], color=hue, marker=marker, markersize=size, label=NAMES[split])
        handle.set(linewidth=width, linestyle="solid" if width else "none")
        handle.set_markerfacecolor("white" if split == "random" else hue)
        handles.append(handle)
    if _measure(table)[3] is not None:
        line = Line2D([], [], color=colour("chance"), linewidth=0.9, linestyle="dashed", label="chance")
        handles.append(line)
    return handles
