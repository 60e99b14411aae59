"""Figures of comparisons on the same folds: variants of the network, and superpixel settings.

Choices are made by the inner split and reported by the held-out one, so both stand in each row: the
held-out estimate in front, what it was not chosen by in lighter marks beside it. Where folds have
decoys (`geohalo.evidence.decoys`), capture alone may be what holding out gives away: a second panel
shows how many of them held-out deposits outrank, and choices are made by that.
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
from geohalo.products.evidence_figures import DECOYS, estimate_of
from geohalo.products.method_rows import Rows, heading_of, ordered
from geohalo.products.pages import LINE_SPACING, MARGIN, WIDTH, Page
from geohalo.products.styles import (
    TEXT_SIZE,
    amount,
    colour,
    is_variant,
    method_style,
    plain,
    style,
    styled,
    with_interval,
    wrap,
)
from geohalo.superpixels.counts import fineness

#: What a panel shows, by metric: name, axis, what it is, chance, what is counted and in what it is grouped.
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
    "above_decoys": (
        "share of decoys outranked",
        "Share of decoys outranked, 1 is best",
        "Decoys are places without a known deposit, held out in the same way: "
        "outranking them takes more than being held out.",
        CHANCE,
        ("decoy", "fold"),
    ),
}
#: Metric of the comparison, the first that the table has.
HEADLINES = ("capture", "average_accuracy")
ROW_HEIGHT = 0.36
LABEL_WIDTH = 2.15
#: Split, or decoys of the held-out one: marker, size, line width, and how far below the middle of its row.
MARKS = {
    "random": ("o", 4.5, 0.0, -0.22),
    "decoys": ("x", 5.0, 0.0, -0.22),
    "inner": ("D", 4.5, 1.0, 0.24),
    "held_out": ("o", 6.5, 1.8, 0.0),
}
NAMES = {
    "held_out": "held out, 95 % interval: report this",
    "inner": "inner split, 95 % interval: choose by this",
    "random": "random split (optimistic)",
    "decoys": DECOYS,
}


@styled
def ablation_plot(survey: str, metrics: pd.DataFrame, n_groups: int) -> Figure:
    """Draw the headline metric of every variant of the network and of the controls, held out and beside it.

    With decoys there are two panels: capture, with that of the decoys, and the share of decoys outranked.

    Parameters
    ----------
    survey : str
        Name of the survey.
    metrics : pandas.DataFrame
        Tidy: ``variant``, ``split`` (``held_out``, ``inner``, ``random``), ``metric``, ``estimate``,
        ``low``, ``high``, ``n``. Drawn is ``capture``, or without it ``average_accuracy``; beside
        capture ``above_decoys`` and ``decoy_capture``, where any of the former is finite.
    n_groups : int
        Groups that the held-out deposits form, or blocks of the test cells of classes.

    Returns
    -------
    Figure
    """
    panels = _panels(metrics, "variant")
    held = panels[0][panels[0]["split"] == "held_out"].set_index("row")["estimate"]
    methods = ordered({one: one for one in _names(panels)}, {str(one): value for one, value in held.items()})
    variants = [one for one in methods if is_variant(one)]
    labels = {one: plain(method_style(one)[0]) for one in methods}
    headline = _chosen_text(panels, "variants", variants, labels)
    title = f"{plain(survey)}: {headline}{_deposits_text(panels[0], n_groups)}"
    page = Page(WIDTH, title, f"{_measure(panels[0])[2]} {_advice(panels, variants)}")
    _draw_rows(page, panels, Rows.of(methods, [heading_of(one) for one in methods], ROW_HEIGHT), labels)
    return page.finish("All methods see the same folds, seeds and labelled cells.")


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
    panels = _panels(metrics[metrics["split"].isin(["held_out", "inner"])], "scales")
    rows = sorted(_names(panels), key=lambda one: ([fineness(n) for n in reversed(one.split("-"))], one))
    names = {one: one.replace("-", " + ") for one in rows}
    labels = {one: f"{names[one]}, in use" if one == in_use else names[one] for one in rows}
    variant = plain(method_style(str(panels[0]["variant"].iloc[0]))[0])
    headline = _chosen_text(panels, "settings", rows, {one: f"{names[one]} superpixels" for one in rows})
    title = f"{plain(survey)}: {headline}{_deposits_text(panels[0], n_groups)}"
    shown = " and ".join(_measure(panel)[0] for panel in panels).capitalize()
    about = f"{shown} of {variant} by superpixels asked for. {_advice(panels, rows)}"
    page = Page(WIDTH, title, about)
    axes = _draw_rows(page, panels, Rows.of(rows), labels)
    for label, one in zip(axes[0].get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if one == in_use else "normal")
    return page.finish(
        "Few superpixels at the top, many at the bottom; several counts make one multi-scale model. "
        "All settings see the same folds, seeds and labelled cells."
    )


def _panels(metrics: pd.DataFrame, column: str) -> list[pd.DataFrame]:
    """Return the rows of each panel, named in a column ``row`` by another one.

    The first holds the metric to compare by; with decoys, also their capture where they were held out, as
    if it were a split, and there is a second one with the share of decoys outranked.
    """
    named = metrics.assign(row=metrics[column].astype(str))
    metric = next(one for one in HEADLINES if (named["metric"] == one).any())
    table, split = named[named["metric"] == metric], named["split"]
    above = named[(named["metric"] == "above_decoys") & split.isin(["held_out", "inner"])]
    above = above[np.isfinite(above["estimate"])]
    if metric != "capture" or above.empty:
        return [table]
    decoys = named[(named["metric"] == "decoy_capture") & (split == "held_out")]
    decoy_rows = decoys.assign(metric=metric, split="decoys", low=np.nan, high=np.nan)
    return [pd.concat([table, decoy_rows]), above]


def _names(panels: list[pd.DataFrame]) -> set[str]:
    """Return the names of the rows of all panels."""
    return {str(name) for panel in panels for name in panel["row"]}


def _measure(table: pd.DataFrame) -> tuple[str, str, str, float | None, tuple[str, str]]:
    """Return name, axis, explanation, chance and nouns of the metric of a panel."""
    return MEASURES[str(table["metric"].iloc[0])]


def _estimates(table: pd.DataFrame, split: str, rows: list[str]) -> pd.Series:
    """Return those estimates of a split that there are, by row."""
    found = table[(table["split"] == split) & table["row"].isin(rows)]
    return found.dropna(subset=["estimate"]).set_index("row")["estimate"]


def _choosing_panel(panels: list[pd.DataFrame], rows: list[str]) -> int:
    """Return the panel to choose by: of decoys outranked if all rows have an inner one, else the first."""
    inner = [_estimates(panel, "inner", rows) for panel in panels]
    return len(panels) - 1 if set(inner[0].index) <= set(inner[-1].index) else 0


def _chosen_text(panels: list[pd.DataFrame], kind: str, rows: list[str], names: dict[str, str]) -> str:
    """Say which row the inner split prefers and its held-out numbers; without an inner split, their range."""
    inner = _estimates(panels[_choosing_panel(panels, rows)], "inner", rows)
    name, held = _measure(panels[0])[0], [_estimates(panel, "held_out", rows) for panel in panels]
    if inner.empty or len(rows) < 2:
        if held[0].empty:
            return f"no held-out {name}"
        messages = [f"{one.min():.2f}" + (f" to {one.max():.2f}" if len(rows) > 1 else "") for one in held]
        start = f"held-out {name} is"
    else:
        best = str(inner.sort_values().index[-1])
        held = [one[one.index == best] for one in held]
        messages = [_best_text(panel, best) for panel in panels]
        start = f"of {len(rows)} {kind}, the inner split prefers {names[best]}, whose held-out {name} is"
    outranked = f", with {messages[1]} of decoys outranked" if len(panels) > 1 and len(held[1]) else ""
    return f"{start} {messages[0]}{outranked}"


def _best_text(table: pd.DataFrame, row: str) -> str:
    """Return the held-out estimate of a row with its interval."""
    metric = str(table["metric"].iloc[0])
    return with_interval(*estimate_of(table.assign(variant=table["row"]), row, "held_out", metric))


def _deposits_text(table: pd.DataFrame, n_groups: int) -> str:
    """Say from how many deposits and groups the held-out number is."""
    number, (one, group) = table.loc[table["split"] == "held_out", "n"].max(), _measure(table)[4]
    return f"; {amount(float(number), one)} in {amount(n_groups, group)}" if np.isfinite(number) else ""


def _advice(panels: list[pd.DataFrame], rows: list[str]) -> str:
    """Tell what decoys are, where there are any, and how to use the figure."""
    about, where = "", ""
    if len(panels) > 1:
        about = f"{_measure(panels[1])[2]} "
        where = f" of the {('left', 'right')[_choosing_panel(panels, rows)]} panel"
    if any((panel["split"] == "inner").any() for panel in panels):
        flatters = "the best of many held-out numbers flatters"
        return f"{about}Choose by the inner split{where}, report the held-out one: {flatters}."
    fitted = "whoever picks the best row has fitted it to what was held out"
    return f"{about}No inner split could be made here: {fitted}."


def _mark(split: str, row: str | None = None) -> Mark:
    """Return how a split is drawn, in the legend or in a row: of controls and decoys in grey."""
    marker, size, width, _ = MARKS[split]
    hue = style()["schemes"][split][1] if split not in ("random", "decoys") else colour("note")
    if row is not None and not (is_variant(row) or row[0].isdigit()):
        hue = colour("faint" if split == "inner" else "note")
    return Mark(marker, size, hue, filled=split != "random", width=width)


def _draw_rows(page: Page, panels: list[pd.DataFrame], rows: Rows[str], labels: dict[str, str]) -> list[Axes]:
    """Draw the panels side by side, one row of the tables in each row, and the legend below them."""
    left, lines = MARGIN + LABEL_WIDTH, 1
    marks = pd.concat(panels)
    shown = marks.loc[marks["split"].isin(list(MARKS)), ["estimate", "low"]]
    place = (left, page.bottom + 0.1, rows.end * ROW_HEIGHT + 0.15)
    drawn = []
    for axes, panel in row_panels(page, panels, rows, labels, share_limits(shown), place):
        _draw_panel(axes, panel, rows)
        drawn.append(axes)
        label = wrap(page.figure, _measure(panel)[1], TEXT_SIZE, page.place(axes)[2])
        axes.set_xlabel(label)
        lines = max(lines, label.count("\n") + 1)
    page.bottom += 0.5 + (lines - 1) * TEXT_SIZE * LINE_SPACING / 72
    start = left if len(panels) == 1 else MARGIN
    page.bottom += page.add_legend(_legend(panels[0]), start, WIDTH - MARGIN - start)
    return drawn


def _draw_panel(axes: Axes, table: pd.DataFrame, rows: Rows[str]) -> None:
    """Draw all estimates of one metric with their intervals."""
    chance = _measure(table)[3]
    if chance is not None:
        draw_chance(axes, chance)
    for order, (split, (*_, below)) in enumerate(MARKS.items(), 2):
        for row in table[table["split"] == split].itertuples():
            y = rows.at[str(row.row)] + below
            mark, zorder = _mark(split, str(row.row)), (order, order)
            mark.draw(axes, y, estimates(row), split, f"{split} interval", zorder)


def _legend(table: pd.DataFrame) -> list[Line2D]:
    """Return the symbols of the splits, and of decoys, that are there."""
    handles = [_mark(split).symbol(name) for split, name in NAMES.items() if (table["split"] == split).any()]
    return [*handles, *([] if _measure(table)[3] is None else [chance_symbol()])]
