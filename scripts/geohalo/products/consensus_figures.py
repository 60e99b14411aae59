"""The consensus of many workflows: where they agree, and which choices move the result."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from geohalo.products.anomaly_figures import draw_layers
from geohalo.products.deposit_marks import used_deposits
from geohalo.products.estimate_rows import side_by_side
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.pages import LINE_SPACING, MARGIN
from geohalo.products.styles import SMALL_SIZE, TEXT_SIZE, colour, plain, style, styled, wrap

#: Results of the table of choices, as panels: name, what the choice moves.
PANELS = {
    "map": "The map (ranks of the cells)",
    "capture": "Held-out capture",
    "above_decoys": "Share of decoys outranked",
}
#: Cells that at least this share of the workflows calls anomalous are agreed on.
AGREED = 0.9
#: An effect is told from chance below this probability.
LEVEL = 0.05
ROW_HEIGHT = 0.34
LABEL_WIDTH = 2.3
BAR_GAP = 0.25


@styled
def consensus_plot(
    ground: MapGround,
    agreement: ArrayLike,
    spread: ArrayLike,
    deposits: pd.DataFrame,
    table: pd.DataFrame,
    choices: pd.DataFrame,
    area: float,
) -> Figure:
    """Draw where workflows agree, and the share of the variance between them that each choice explains.

    Parameters
    ----------
    ground : MapGround
    agreement : ndarray (rows, columns)
        Share of the workflows that call the cell anomalous, 0 to 1.
    spread : ndarray (rows, columns)
        Standard deviation of the cell's percentile rank over the workflows.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.
    table : pandas.DataFrame
        One row for each workflow: ``capture``, ``above_decoys``.
    choices : pandas.DataFrame
        Of `geohalo.evidence.consensus.choices_table`.
    area : float
        Share of its map that a workflow calls anomalous.

    Returns
    -------
    Figure
    """
    number = len(table)
    titles = [
        f"Share of {number} workflows that call a cell anomalous",
        "Standard deviation of a cell's rank",
    ]
    subtitle = _subtitle(ground, agreement, table, area)
    page = MapPage(ground, _headline(ground.survey, choices, number), subtitle, titles)
    layers = (
        (agreement, {"cmap": style()["maps"]["score"], "vmin": 0, "vmax": 1}),
        (spread, {"cmap": style()["maps"]["censored"], "vmin": 0}),
    )
    known = draw_layers(page, layers, used_deposits(deposits))
    page.add_footer([*known, area_patch(colour("outside"), "too far from a sample")])
    page.bottom += 0.15
    _draw_bars(page, choices)
    return page.finish(
        f"Each workflow calls the best {area * 100:g} % of its map anomalous. Percentile ranks run from 0 to 1; they "
        "are of maps trained on all deposits, so that a deposit lies on agreed ground is no evidence. Variance "
        "explained: omega squared of an additive model, adjusted for chance (below 0: none). The rest are interactions "
        f"and chance.{ground.caption}"
    )


def _effects(choices: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each result and choice, the levels joined in a column ``levels``."""
    found = choices.assign(level=choices["level"].fillna("").astype(str))
    found = found.groupby(["result", "choice"], sort=False).agg(
        share=("share", "first"),
        p=("p_holm", "first"),
        levels=("level", lambda part: " / ".join(filter(None, part))),
    )
    return found.reset_index()


def _headline(survey: str, choices: pd.DataFrame, number: int) -> str:
    """Say which choice moves the map most, and which moves the evidence."""
    effects = _effects(choices[choices["choice"] != "rest"]).dropna(subset="share")
    if effects.empty:
        return f"{plain(survey)}: {number} workflows are too few to tell which choice moves the map"
    messages = []
    for result, words in (("map", "the map"), ("capture", "held-out capture")):
        part = effects[effects["result"] == result].set_index("choice")
        # The map has no test.
        shares = part.loc[(part["share"] > 0) & ~(part["p"] >= LEVEL), "share"]
        if shares.empty:
            messages.append(f"no choice is shown to move {words}")
        else:
            best = f"{plain(shares.idxmax())} moves {words} most"
            messages.append(f"{best} ({shares.max() * 100:.0f} % of the variance)")
    return f"{plain(survey)}, {number} workflows: {'; '.join(messages)}"


def _subtitle(ground: MapGround, agreement: ArrayLike, table: pd.DataFrame, area: float) -> str:
    """Say how much ground is agreed on, and between what the evidence lies."""
    shares = ground.masked(agreement).compressed()
    agreed, never = (
        float(np.mean(part)) if shares.size else np.nan for part in (shares >= AGREED, shares == 0)
    )
    message = (
        f"{agreed * 100:.1f} % of the ground are called anomalous by at least {AGREED * 100:g} % of the workflows "
        f"({area * 100:g} % if all agreed), {never * 100:.0f} % by none."
    )
    for name, words in (("capture", "Held-out capture"), ("above_decoys", "Decoys outranked")):
        values = table[name].dropna()
        if not values.empty:
            message += (
                f" {words} {values.min():.2f} to {values.max():.2f}, median {values.median():.2f}; 0.5 "
                "is chance."
            )
    return message


def _draw_bars(page: MapPage, choices: pd.DataFrame) -> None:
    """Draw a panel of bars for each result below everything, a row for each choice, and their legend."""
    effects = _effects(choices)
    parts = {name: effects[effects["result"] == name].set_index("choice") for name in PANELS}
    panels = [name for name, part in parts.items() if part["share"].notna().any()]
    if not panels:
        return
    order = parts[panels[0]]["share"].drop("rest").sort_values(ascending=False, na_position="last")
    names, levels = [*order.index, "rest"], effects.groupby("choice")["levels"].max()
    top, height = page.bottom + 0.25, len(names) * ROW_HEIGHT
    drawn = side_by_side(page, len(panels), MARGIN + LABEL_WIDTH, top, height, BAR_GAP)
    for k, (axes, panel) in enumerate(zip(drawn, panels, strict=True)):
        _draw_panel(axes, parts[panel].loc[names])
        axes.set_title(PANELS[panel], loc="left", fontsize=TEXT_SIZE, pad=4)
        labels = [_label(page, name, levels[name]) for name in names] if k == 0 else []
        axes.set_yticks(range(len(names)), labels or [""] * len(names), fontsize=SMALL_SIZE)
    page.bottom += 0.45
    handles: list[Artist] = [
        Patch(
            facecolor=colour("sample"),
            label=f"different from chance (F test, p < {LEVEL:g} after Holm's correction)",
        ),
        Patch(facecolor="white", edgecolor=colour("sample"), hatch="////", label="no clear effect"),
        Patch(facecolor=colour("faint"), label="cells together, without a test; the rest"),
    ]
    page.bottom += page.add_legend(handles, MARGIN, page.width - 2 * MARGIN)


def _label(page: MapPage, name: str, levels: str) -> str:
    """Return a choice and, on a second line, its levels as far as there is room."""
    if name == "rest":
        return "rest (interactions, chance)"
    lines = wrap(page.figure, plain(levels), SMALL_SIZE, LABEL_WIDTH - 0.15).split("\n")
    return f"{plain(name)}\n{lines[0]}{' …' if len(lines) > 1 else ''}" if lines[0] else plain(name)


def _draw_panel(axes: Axes, part: pd.DataFrame) -> None:
    """Draw the bars of one result."""
    axes.axvline(0, color=colour("chance"), linewidth=0.9, zorder=3)
    for row, (name, share, p) in enumerate(zip(part.index, part["share"], part["p"], strict=True)):
        if not np.isfinite(share):
            axes.text(0.01, row, "cannot be told", va="center", fontsize=SMALL_SIZE, color=colour("note"))
            continue
        look: dict[str, Any] = {"facecolor": colour("faint")}
        if name != "rest" and np.isfinite(p):
            look = {"facecolor": colour("sample")}
            if p >= LEVEL:
                look = {"facecolor": "white", "edgecolor": colour("sample"), "hatch": "////"}
        axes.barh(row, share, height=0.6, zorder=2, linewidth=0.6, **look)
        text = f"{share * 100:.0f} %".replace("-", "−")
        axes.annotate(
            text, (max(share, 0), row), (3, 0), textcoords="offset points", va="center", fontsize=SMALL_SIZE
        )
    values = part["share"].to_numpy(dtype=float)
    axes.set_xlim(min(0.0, float(np.nanmin(values))) - 0.02, max(0.2, float(np.nanmax(values)) * 1.25))
    axes.set_ylim(len(part) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("Variance explained", fontsize=TEXT_SIZE, linespacing=LINE_SPACING)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
