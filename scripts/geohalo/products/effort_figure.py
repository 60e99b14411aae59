"""The map of two percentiles: how high the score is, and how much exploration effort there was."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from geohalo.evidence.effort import Effort
from geohalo.products.deposit_marks import draw_deposits, used_deposits
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.pages import MARGIN
from geohalo.products.percentiles import percentiles
from geohalo.products.score_and_effort import (
    EFFORT_LIMITS,
    EFFORT_WORDS,
    SCORE_LIMITS,
    little_explored,
    two_way_classes,
    two_way_colours,
)
from geohalo.products.styles import SMALL_SIZE, TEXT_SIZE, amount, colour, plain, rounded, styled, wrap
from geohalo.products.target_figure import draw_numbers, draw_outlines
from geohalo.products.target_table import NEW_ROWS
from geohalo.products.targets import on_new_ground

#: The key in inches: side, what its labels need on the left, above and below, and the gap to the text beside it.
SIDE, LEFT, ABOVE, BELOW, APART = 1.15, 0.95, 0.2, 0.4, 0.3
#: Characters of an amount that has room beside the next one.
LONGEST = 5


@styled
def effort_map(
    ground: MapGround,
    score: NDArray[np.floating],
    effort: Effort,
    rank: NDArray[np.integer],
    targets: pd.DataFrame,
    deposits: pd.DataFrame,
    warned: str = "",
) -> Figure:
    """Draw classes of the percentile of the score against that of the effort, with the targets.

    Parameters
    ----------
    ground : MapGround
    score : ndarray (rows, columns)
        Anomaly score.
    effort : Effort
    rank : ndarray (rows, columns)
        Rank of the target of each cell; 0 for none.
    targets : pandas.DataFrame
        ``rank``, ``ground``, ``effort_percentile``, and ``x`` and ``y`` of the peak in metres, in the order of ranks.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``; may be empty.
    warned : str
        What must be known before the map is used.

    Returns
    -------
    Figure
    """
    classes = two_way_classes(percentiles(ground.masked(score).filled(np.nan)), effort.percentile)
    title = f"{plain(ground.survey)}: {_headline(targets)}"
    page = MapPage(ground, title, bars=False, warning=warned)
    axes, used = page.panels[0], used_deposits(deposits)
    look: dict[str, Any] = {
        "cmap": ListedColormap(two_way_colours()),
        "vmin": -0.5,
        "vmax": 8.5,
        "interpolation": "nearest",
    }
    page.raster(axes, np.where(classes >= 0, classes, np.nan), **look)
    handles = [] if used.empty else [draw_deposits(axes, used, size=8.0, face=colour("text"))]
    handles += draw_outlines(axes, ground, rank, targets)
    draw_numbers(page, axes, rank, targets[on_new_ground(targets)].head(NEW_ROWS), used)
    unknown = bool((ground.mask & ~np.isfinite(effort.percentile)).any())
    outside = "too far from a sample" + (", or effort not known" if unknown else "")
    page.add_footer([*handles, area_patch(colour("outside"), outside)])
    _draw_key(page, classes[ground.mask], effort.amount[ground.mask], effort.unit)
    return page.finish(_caption(effort.of_samples) + ground.caption)


def _headline(targets: pd.DataFrame) -> str:
    """Say how many targets lie on little explored ground."""
    new = int(on_new_ground(targets).sum())
    if not new:
        return "no target on new ground"
    return f"{len(little_explored(targets))} of {amount(new, 'target')} on new ground lie on little explored ground"


def _draw_key(page: MapPage, classes: NDArray[np.integer], effort: NDArray[np.floating], unit: str) -> None:
    """Draw the colours of all classes as a square, and beside it how much of the ground the highest have."""
    left, top = MARGIN + LEFT, page.bottom + ABOVE
    axes = page.add_axes(left, top, SIDE, SIDE)
    for number, hue in enumerate(two_way_colours()):
        row, column = divmod(number, 3)
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=hue, edgecolor="white", linewidth=0.8))
    known = effort[np.isfinite(effort)]
    amounts = np.percentile(known, EFFORT_LIMITS) if known.size else np.zeros(len(EFFORT_LIMITS))
    texts = [rounded(value) for value in amounts]
    # Long numbers beside each other stand in two lines by turns.
    lower = "\n" if max(map(len, texts)) > LONGEST else ""
    below = [
        f"{limit:.0f}\n{lower * (place % 2)}{text}"
        for place, (limit, text) in enumerate(zip(EFFORT_LIMITS, texts, strict=True))
    ]
    axes.set(xlim=(0, 3), ylim=(0, 3), label="key")
    axes.set_xticks(range(4), labels=below)
    axes.set_yticks(range(4), labels=[f"{limit:g}" for limit in SCORE_LIMITS])
    axes.tick_params(length=2, pad=1.5, labelsize=SMALL_SIZE)
    axes.set_ylabel("Score,\npercentile", fontsize=TEXT_SIZE)
    axes.spines[:].set_visible(False)
    _write_beside(page, axes, classes, unit)
    page.bottom = top + SIDE + BELOW


def _write_beside(page: MapPage, axes: Axes, classes: NDArray[np.integer], unit: str) -> None:
    """Write what the axis of effort shows, and how much of the ground the best classes have."""
    share = np.bincount(classes[classes >= 0], minlength=9) / max(1, (classes >= 0).sum())
    low = f"{SCORE_LIMITS[-2]:g}"
    told = ", ".join(f"{word} {100 * share[6 + k]:.1f}\u00a0%" for k, word in enumerate(EFFORT_WORDS))
    second = f", and below it in {plain(unit)}" if unit else ""
    text = (
        f"Across: exploration effort, as the percentile (ground with less){second}.\n"
        f"Up: percentile of the score. Upper left: high score, little effort.\n"
        f"Of the survey, with a score above {low} %, by effort: {told}."
    )
    width = page.width - MARGIN - LEFT - SIDE - APART - MARGIN
    lines = wrap(page.figure, text, TEXT_SIZE, width)
    look: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": TEXT_SIZE, "linespacing": 1.35}
    axes.text(1 + APART / SIDE, 1.0, lines, transform=axes.transAxes, clip_on=False, **look)


def _caption(of_samples: bool) -> str:
    """Say what effort is, and what cannot be read from it."""
    if of_samples:
        return (
            "Effort: density of the samples, the 12 nearest over the area of the circle through the last of them; low "
            "at the edge of the survey, where the circle reaches beyond the samples. Where samples are few the map is "
            "less certain, too: high ground there asks for samples first. Targets are ranked without regard to effort; "
            "numbers are the first ones on new ground."
        )
    return (
        "Effort: the layer of the config, which the map does not know. That ground was passed over is no evidence for "
        "it. Targets are ranked without regard to effort; numbers are the first ones on new ground."
    )
