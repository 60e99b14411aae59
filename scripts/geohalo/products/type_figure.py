"""The figure of the types of deposit: what held-out deposits of each type say of the map and of the other methods."""

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
from geohalo.products.evidence_figures import METRIC_NAMES, main_variant
from geohalo.products.method_rows import Rows
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.split_rows import SPLITS, below_middle, draw_splits, split_symbols
from geohalo.products.styles import TEXT_SIZE, amount, colour, method_style, plain, shorten, styled

ROW_HEIGHT, LABEL_WIDTH = 0.42, 2.35
#: Types that are drawn, those with the most deposits, and letters of a name.
MOST_TYPES, LONGEST = 20, 24


@styled
def type_comparison(survey: str, evidence: pd.DataFrame) -> Figure:
    """Draw capture and share of decoys outranked of the deposits of each type, by every way of holding out.

    Parameters
    ----------
    survey : str
        Name of the survey.
    evidence : pandas.DataFrame
        Tidy (`geohalo.evidence.type_evidence.evidence_by_type`): ``variant``, ``split``, ``type``, ``metric``,
        ``estimate``, ``low``, ``high``, ``n``, ``groups``. Drawn are ``capture`` and, where it is finite,
        ``above_decoys``: of the first variant in all `SPLITS` but the random one, of other methods with held-out
        groups of deposits alone.

    Returns
    -------
    Figure
    """
    main = main_variant(evidence["variant"])
    # A table without rows is read as text.
    evidence = evidence.astype(dict.fromkeys(("estimate", "low", "high", "n", "groups"), float))
    table = evidence[np.isfinite(evidence["estimate"]) & evidence["split"].isin(set(SPLITS) - {"random"})]
    held, own = table[table["split"] == "held_out"], table[table["variant"] == main]
    splits = [one for one in SPLITS if (own["split"] == one).any()]
    panels = [one for one in ("capture", "above_decoys") if (own["metric"] == one).any()]
    sizes = own[own["metric"] == "capture"].groupby("type", sort=False)[["n", "groups"]].max()
    sizes = sizes.sort_values("n", ascending=False, kind="stable").head(MOST_TYPES)
    labels = {str(kind): _label(str(kind), row["n"], row["groups"]) for kind, row in sizes.iterrows()}
    rows = Rows.of(list(labels), row_height=ROW_HEIGHT)
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_headline(own, list(labels), main)}",
        "Held-out deposits of each type apart, in the maps that did not know them. Types with few groups say little.",
    )
    place = (MARGIN + LABEL_WIDTH, page.bottom + 0.2, max(rows.end, 1) * ROW_HEIGHT + 0.15)
    shown = table.loc[table["metric"].isin(panels), ["estimate", "low"]]
    for axes, metric in row_panels(page, panels, rows, labels, share_limits(shown), place):
        others = held[(held["variant"] != main) & (held["metric"] == metric)]
        _draw_panel(axes, own[own["metric"] == metric], others, rows, splits)
        axes.set_title(METRIC_NAMES[metric], loc="left", fontsize=TEXT_SIZE)
    page.bottom += 0.35
    symbols = _legend(splits, bool((held["variant"] != main).any()))
    page.bottom += page.add_legend(symbols, MARGIN, WIDTH - 2 * MARGIN)
    return page.finish(_caption(len(sizes), own["type"].nunique(), main, splits))


def _label(kind: str, deposits: float, groups: float) -> str:
    """Return the label of a type, with its deposits and groups."""
    return f"{shorten(kind, LONGEST)}\n({amount(deposits, 'deposit')}, {amount(groups, 'group')})"


def _headline(own: pd.DataFrame, kinds: list[str], main: str) -> str:
    """Give the capture of the types with the most deposits."""
    rows = own[(own["split"] == "held_out") & (own["metric"] == "capture")].set_index("type")["estimate"]
    messages = [f"{rows[kind]:.2f} of {shorten(kind, LONGEST)}" for kind in kinds if kind in rows.index]
    if not messages:
        return "no type was judged"
    more = f" and {len(messages) - 3} more types" if len(messages) > 3 else ""
    return f"held-out capture by {plain(method_style(main)[0])} is {', '.join(messages[:3])}{more}"


def _caption(shown: int, types: int, main: str, splits: list[str]) -> str:
    """Say what is drawn."""
    message = f"Coloured: {plain(method_style(main)[0])}. Bars: 95 % interval over groups, none with a single group."
    if "type" in splits:
        message += " Of other types: the model learned from one type alone."
    return message + (f" Types with the most deposits, {shown} of {types}." if types > shown else "")


def _draw_panel(
    axes: Axes, own: pd.DataFrame, others: pd.DataFrame, rows: Rows[str], splits: list[str]
) -> None:
    """Draw the splits of the map's variant below each other in the row of a type, and the other methods as dots."""
    draw_chance(axes, CHANCE)
    for row in others.itertuples():
        if str(row.type) in rows.at:
            _other().draw(axes, rows.at[str(row.type)], estimates(row), "other", zorder=(1.5, 1.8))
    draw_splits(axes, own, "type", rows, below_middle(splits, 0.6))


def _other() -> Mark:
    """Return how other methods are drawn."""
    return Mark("o", 2.5, colour("faint"))


def _legend(splits: list[str], others: bool) -> list[Line2D]:
    """Return the symbols of splits, other methods and chance."""
    handles = split_symbols(splits)
    handles += [_other().symbol("other methods, groups of deposits in folds")] if others else []
    return [*handles, chance_symbol()]
