"""The figure of the concentration-area curve, with the lines that its classes come from."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import SMALL_SIZE, colour, plain, rounded, signed_percent, style, styled

#: Steps of the logarithmic axes that are labelled: the finest of which no more labels come than have room.
STEPS = ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))
MOST_ACROSS, MOST_UP = 9, 20


@styled
def concentration_area_plot(
    survey: str, score: NDArray[np.float64], area: NDArray[np.float64], thresholds: pd.DataFrame
) -> Figure:
    """Draw the share of the area against the score on logarithmic axes, with a line for each class.

    Parameters
    ----------
    survey : str
    score, area : ndarray (points,)
        See `geohalo.products.concentration_area.concentration_area_curve`.
    thresholds : pandas.DataFrame
        The rows of one kind, ascending: ``class``, ``score``, ``area_share``, ``deposits``, ``found``, ``slope`` and
        ``intercept``.

    Returns
    -------
    Figure
    """
    highest = thresholds.iloc[-1]
    page = Page(
        WIDTH,
        f"{plain(survey)}: {len(thresholds)} classes of the anomaly score by the concentration-area method",
        f"The highest class covers {rounded(highest['area_share'] * 100)} % of the ground. A straight line is a "
        "pattern of its own; where lines change is a threshold.",
    )
    axes = page.add_axes(MARGIN + 0.6, page.bottom, 4.1, 4.2)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="Anomaly score s",
        ylabel="Share of the area with a score of s or more",
    )
    axes.plot(score, area, linestyle="none", marker="o", markersize=2.6, color=colour("faint"), label="map")
    shades = style()["classes"]
    ends = [*thresholds["score"].iloc[1:], score[-1]]
    for number, ((_, row), end) in enumerate(zip(thresholds.iterrows(), ends, strict=True)):
        reach = np.array([max(row["score"], score[0]), end])
        line = 10 ** (row["intercept"] + row["slope"] * np.log10(reach))
        hue = shades[number % len(shades)]
        axes.plot(reach, line, color=hue, linewidth=2.0, label=_label(row))
        if number:
            axes.axvline(row["score"], color=hue, linewidth=0.8, linestyle="dashed")
    axes.grid(True, color=colour("grid"), linewidth=0.4)
    _scale(axes, score, area)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, borderaxespad=0, alignment="left",
        title="Class, and all above it",
        title_fontsize=SMALL_SIZE, labelspacing=0.8,
    )  # fmt: skip
    page.bottom += 0.45
    return page.finish(
        "Cheng, Agterberg and Ballantyne (1994). Lines by least squares in both logarithms, all cuts compared. "
        "Held-out deposits were ranked in maps that did not know them."
    )


def _label(row: pd.Series) -> str:
    """Return the label of a class."""
    deposits = f", {signed_percent(row['found'])} of held-out deposits" if np.isfinite(row["found"]) else ""
    ground = f"{rounded(row['area_share'] * 100)} % of the area"
    return f"{row['class']:.0f}: score {row['score']:.3g} and more\n{ground}{deposits}"


def _scale(axes: Axes, score: NDArray[np.float64], area: NDArray[np.float64]) -> None:
    """Label the logarithmic axes in plain numbers."""
    for axis, values, form in ((axes.xaxis, score, "{:g}"), (axes.yaxis, area, "{:.3g} %")):
        ticks = round_ticks(
            float(values.min()), float(values.max()), MOST_ACROSS if axis is axes.xaxis else MOST_UP
        )
        factor = 100 if "%" in form else 1
        axis.set_major_locator(FixedLocator(ticks.tolist()))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(
            FuncFormatter(lambda value, _, form=form, factor=factor: form.format(value * factor))
        )


def round_ticks(low: float, high: float, most: int) -> NDArray[np.float64]:
    """Return the round numbers from low to high, in the finest steps of which there are at most so many."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in STEPS:
        ticks = np.unique(np.outer(powers, steps))
        ticks = ticks[(ticks >= low * 0.98) & (ticks <= high * 1.02)]
        if len(ticks) <= most:
            break
    return ticks if len(ticks) >= 3 else np.geomspace(low, high, 5).round(3)
