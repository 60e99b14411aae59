"""The figure of the splits: what the evidence says when deposits are held out in other ways."""

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
from geohalo.products.evidence_figures import METRIC_NAMES, estimate_of, main_variant
from geohalo.products.method_rows import Rows, heading_of, ordered
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.split_rows import SPLITS, below_middle, draw_splits, split_symbols
from geohalo.products.styles import TEXT_SIZE, colour, method_style, plain, styled

ROW_HEIGHT = 0.36
LABEL_WIDTH = 2.15


@styled
def split_comparison(survey: str, metrics: pd.DataFrame) -> Figure:
    """Draw capture and share of decoys outranked of every method by every way of holding out.

    Parameters
    ----------
    survey : str
        Name of the survey.
    metrics : pandas.DataFrame
        Tidy: ``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high``. Drawn are ``capture``
        with ``decoy_capture`` beside it and, where it is finite, ``above_decoys``, of those `SPLITS` that
        there are.

    Returns
    -------
    Figure
    """
    table = metrics[metrics["split"].isin(list(SPLITS)) & np.isfinite(metrics["estimate"])]
    splits = [one for one in SPLITS if (table["split"] == one).any()]
    panels = [one for one in ("capture", "above_decoys") if (table["metric"] == one).any()]
    decoys = table[table["metric"] == "decoy_capture"].assign(metric="capture", low=np.nan, high=np.nan)
    table = table[table["metric"].isin(panels)]
    held = table[(table["split"] == "held_out") & (table["metric"] == "capture")]
    methods = ordered(
        {str(one): str(one) for one in table["variant"]},
        dict(zip(held["variant"], held["estimate"], strict=True)),
    )
    rows = Rows.of(methods, [heading_of(one) for one in methods], ROW_HEIGHT)
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_headline(table, splits)}",
        "The same methods, trained again and judged by other ways of holding out. What holds in all of them does "
        "not hang on how the folds were drawn.",
    )
    place = (MARGIN + LABEL_WIDTH, page.bottom + 0.2, max(rows.end, 1) * ROW_HEIGHT + 0.15)
    labels = {one: plain(method_style(one)[0]) for one in methods}
    shown = pd.concat([table, decoys])[["estimate", "low"]]
    for axes, metric in row_panels(page, panels, rows, labels, share_limits(shown), place):
        _draw_panel(axes, table[table["metric"] == metric], decoys[decoys["metric"] == metric], rows, splits)
        axes.set_title(METRIC_NAMES[metric], loc="left", fontsize=TEXT_SIZE)
    page.bottom += 0.35
    page.bottom += page.add_legend(_legend(splits, len(decoys) > 0), MARGIN, WIDTH - 2 * MARGIN)
    message = "Bars: 95 % interval over groups."
    if len(decoys):
        message += (
            " Crosses: capture of decoys, places without a deposit that were held out in the same "
            "way. What it has above 0.5 is "
            "due to the hold-out itself."
        )
    if "random" in splits:
        message += " The random split has no decoys, and its interval is left out."
    return page.finish(message)


def _headline(table: pd.DataFrame, splits: list[str]) -> str:
    """Give what the main variant captures, and how many decoys it outranks, in every split."""
    main = main_variant(table["variant"])
    messages = []
    for split in splits:
        capture, above = (estimate_of(table, main, split, one)[0] for one in ("capture", "above_decoys"))
        outranked = f" ({above:.2f} of decoys outranked)" if np.isfinite(above) else ""
        if np.isfinite(capture):
            messages.append(f"{capture:.2f}{outranked} with {SPLITS[split][0]}")
    return (
        f"capture of {plain(method_style(main)[0])} is {', '.join(messages)}"
        if messages
        else "no split was judged"
    )


def _draw_panel(
    axes: Axes, table: pd.DataFrame, decoys: pd.DataFrame, rows: Rows[str], splits: list[str]
) -> None:
    """Draw every split of every method, one below the other in the row of the method, each with its decoys."""
    draw_chance(axes, CHANCE)
    below = below_middle(splits, 0.72)
    for split, down in below.items():
        for row in decoys[decoys["split"] == split].itertuples():
            y = rows.at[str(row.variant)] + down
            _cross().draw(axes, y, estimates(row), f"{split} decoys", zorder=(2, 2.5))
    draw_splits(axes, table, "variant", rows, below)


def _cross() -> Mark:
    """Return how decoys are drawn."""
    return Mark("x", 4, colour("note"))


def _legend(splits: list[str], decoys: bool) -> list[Line2D]:
    """Return the symbols of the splits and of decoys."""
    return [*split_symbols(splits), *([_cross().symbol("decoys")] if decoys else []), chance_symbol()]
