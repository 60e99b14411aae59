"""Fingerprints of targets: which elements are enriched and depleted in each, and which of them made it a target."""

import math
from collections.abc import Hashable, Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    SMALL_SIZE,
    TEXT_SIZE,
    amount,
    colour,
    plain,
    rounded,
    shorten,
    style,
    styled,
)

#: Targets that are drawn, the first in rank.
MOST_TARGETS = 8
#: Elements along the axis: those that stand out or matter most.
MOST_ELEMENTS = 60
CONTRAST = (
    "Height of a bar: mean of the transformed element over the target less that over its surroundings, in "
    "standard deviations over the map."
)
BY_MEAN = " Elements in the order of their mean over the targets shown."
CARRYING = " Elements that the deposits are known for come first, then those that members of the map keep."
PALE = (
    " Colours compare with the survey's mean spectrum, heights with the surroundings. A tall pale bar is an anomaly "
    "that the score does not rest on."
)
#: Letters of the name of a deposit, at most, across the page.
MOST_NAME = 40
#: Of no more elements than these, two targets stand side by side.
MOST_IN_TWO_COLUMNS = 14
#: Names of elements in smaller letters than these stand on their sides.
UPRIGHT_SIZE = 5.8
PANEL_HEIGHT, TITLE_SPACE, NAME_SPACE, AXIS_SPACE = 0.9, 0.24, 0.3, 0.5


@styled
def fingerprint_plot(
    survey: str,
    targets: pd.DataFrame,
    fingerprints: pd.DataFrame,
    attribution: pd.DataFrame | None = None,
    carrying: Sequence[str] = (),
) -> Figure:
    """Draw the contrast of targets to their surroundings, element by element.

    Parameters
    ----------
    survey : str
        Name of the survey.
    targets : pandas.DataFrame
        ``rank``, ``area_km2``, ``mean_score``, ``nearest_deposit`` and ``distance_km``.
    fingerprints : pandas.DataFrame
        ``rank``, ``element`` and ``z``, the contrast in standard deviations over the map.
    attribution : pandas.DataFrame, optional
        ``rank``, ``branch``, ``element`` and ``attribution`` in log-odds, which colours the bars.
    carrying : sequence of str, optional
        The elements to draw, in this order (`geohalo.products.map_elements.carrying_elements`); without them those
        that say most, from the most enriched to the most depleted.

    Returns
    -------
    Figure
    """
    shown = targets.sort_values("rank").head(MOST_TARGETS)
    contrast = fingerprints.pivot(index="element", columns="rank", values="z").reindex(columns=shown["rank"])
    analysed = len(contrast)
    contrast = contrast.reindex([name for name in carrying if name in contrast.index] or contrast.index)
    added = _added(attribution, contrast)
    order = contrast.index.tolist() if carrying else _order(contrast, added)
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_headline(shown, contrast)}",
        _counts_text(len(targets), len(order), analysed, bool(carrying)),
    )
    if shown.empty:
        return page.finish()
    norm = TwoSlopeNorm(0.0, -_far(added), _far(added))
    _draw_targets(page, shown, contrast, added, order, norm)
    if added is not None:
        _colour_bar(page, norm)
    order_text = CARRYING if carrying else BY_MEAN
    return page.finish(f"{CONTRAST}{order_text}{'' if added is None else PALE}")


def _draw_targets(
    page: Page,
    shown: pd.DataFrame,
    contrast: pd.DataFrame,
    added: pd.DataFrame | None,
    order: list[str],
    norm: TwoSlopeNorm,
) -> None:
    """Draw a panel of bars for each target, all with one vertical axis, and move the bottom of the page below them."""
    farthest = 1.08 * max(0.5, float(contrast.abs().max().max()))
    top, height = page.bottom, TITLE_SPACE + PANEL_HEIGHT + NAME_SPACE
    # Few elements leave room for two targets side by side.
    columns = 2 if len(order) <= MOST_IN_TWO_COLUMNS else 1
    width = (WIDTH - 2 * MARGIN) / columns
    for number, row in enumerate(shown.to_dict("records")):
        down, right = divmod(number, columns)
        place = (MARGIN + AXIS_SPACE + right * width, top + down * height + TITLE_SPACE)
        axes = page.add_axes(*place, width - AXIS_SPACE - (columns - 1) * 0.08, PANEL_HEIGHT)
        carried = None if added is None else added.loc[order, row["rank"]]
        _draw(axes, contrast.loc[order, row["rank"]], carried, norm)
        axes.set_ylim(-farthest, farthest)
        axes.set_title(_title(row, columns), loc="left", fontsize=TEXT_SIZE, pad=3)
    page.bottom += NAME_SPACE


def _added(attribution: pd.DataFrame | None, contrast: pd.DataFrame) -> pd.DataFrame | None:
    """Attribution of all branches together, in the form of the contrasts."""
    if attribution is None or attribution.empty:
        return None
    total = attribution.groupby(["element", "rank"])["attribution"].sum().unstack()
    return total.reindex(index=contrast.index, columns=contrast.columns).fillna(0.0)


def _order(contrast: pd.DataFrame, added: pd.DataFrame | None) -> list[str]:
    """Elements from the most enriched to the most depleted, of those that say most."""
    says = contrast.abs().max(axis=1)
    if added is not None:
        largest = float(added.abs().max().max())
        says = says / (float(says.max()) or 1.0) + added.abs().max(axis=1) / (largest or 1.0)
    kept = says.sort_values(ascending=False, kind="stable").index[:MOST_ELEMENTS]
    return contrast.loc[kept].mean(axis=1).sort_values(ascending=False, kind="stable").index.tolist()


def _headline(shown: pd.DataFrame, contrast: pd.DataFrame) -> str:
    """Name what the first target is rich and poor in."""
    if shown.empty:
        return "no target"
    first = contrast[shown["rank"].iloc[0]]
    high, low = first[first > 0].nlargest(3).index, first[first < 0].nsmallest(3).index
    name = f"target {shown['rank'].iloc[0]}"
    messages = [
        f"{word} in {', '.join(map(plain, names))}"
        for word, names in (("enriched", high), ("depleted", low))
        if len(names)
    ]
    return f"{name} is {' and '.join(messages)}" if messages else f"{name} is like its surroundings"


def _counts_text(count: int, elements: int, analysed: int, carrying: bool) -> str:
    """Say what is drawn of what there is."""
    if not count:
        return "No ground is both anomalous and large enough."
    targets = min(count, MOST_TARGETS)
    of = f" of {count}" if count > targets else ""
    left_out = (
        f"; the {elements} elements of {analysed} that {'carry the map' if carrying else 'say most'}"
        if elements < analysed
        else ""
    )
    return f"Fingerprints of {amount(targets, 'target')}{of}, those on new ground first{left_out}."


def _title(row: dict[Hashable, Any], columns: int) -> str:
    """Say of a target how large it is, how high where there is room for it, and what lies near it."""
    message, longest = f"Target {row['rank']}: {rounded(row['area_km2'], 4)} km²", MOST_NAME // columns
    if columns == 1:
        message += f", mean score {row['mean_score']:.2f}"
    name, distance = row.get("nearest_deposit"), row.get("distance_km", math.nan)
    if not isinstance(name, str) or not math.isfinite(distance):
        return message
    name = shorten(name, longest)
    return f"{message}, {name} inside" if distance == 0 else f"{message}, {distance:,.0f} km to {name}"


def _far(added: pd.DataFrame | None) -> float:
    return 1.0 if added is None else float(added.abs().max().max()) or 1.0


def _draw(axes: Axes, contrast: pd.Series, added: pd.Series | None, norm: TwoSlopeNorm) -> None:
    """Draw one fingerprint."""
    place = np.arange(len(contrast))
    hues: Any = colour("sample")
    if added is not None:
        hues = matplotlib.colormaps[style()["maps"]["signed"]](norm(added.to_numpy()))
    axes.bar(place, contrast, width=0.8, color=hues, edgecolor=colour("note"), linewidth=0.4)
    axes.axhline(0, color=colour("text"), linewidth=0.6)
    size = SMALL_SIZE if len(contrast) <= 40 else SMALL_SIZE * 40 / len(contrast)
    axes.set_xticks(place, [plain(name) for name in contrast.index], fontsize=size)
    if size < UPRIGHT_SIZE:
        axes.tick_params(axis="x", rotation=90)
    else:
        for label in axes.get_xticklabels():
            label.set_verticalalignment("baseline")
    axes.set_xlim(-0.7, len(contrast) - 0.3)
    axes.tick_params(axis="x", length=0, pad=2 if size < UPRIGHT_SIZE else size + 1)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_ylabel("contrast (sd)", fontsize=SMALL_SIZE)
    axes.grid(axis="y", color=colour("grid"), linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _colour_bar(page: Page, norm: TwoSlopeNorm) -> None:
    """Explain the colours of the bars."""
    width = 3.2
    axes = page.add_axes(MARGIN + AXIS_SPACE, page.bottom + 0.05, width, 0.1)
    drawn = page.figure.colorbar(
        ScalarMappable(norm, style()["maps"]["signed"]), cax=axes, orientation="horizontal"
    )
    drawn.locator = MaxNLocator(5)
    drawn.outline.set_linewidth(0.4)
    axes.tick_params(labelsize=SMALL_SIZE, length=2, pad=1.5)
    drawn.set_label("Attribution: what the element adds to the target's mean log-odds", fontsize=SMALL_SIZE)
    page.bottom += 0.42
