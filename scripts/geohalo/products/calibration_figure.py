"""The figure of calibration: how often held-out test cells with a score are halo."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from geohalo.products.estimate_rows import prepare
from geohalo.products.evidence_figures import estimate_of, main_variant
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import SMALL_SIZE, amount, colour, is_variant, method_style, plain, styled

PANEL = 4.5
COUNTS_HEIGHT = 0.9
#: Opacity of all methods but the main one.
FAINT = 0.6


@styled
def calibration_plot(survey: str, calibration: pd.DataFrame, metrics: pd.DataFrame) -> Figure:
    """Draw the observed share of halo against the predicted one, held out, and the cells in each bin.

    The main variant stands in front with its intervals; other methods whose score is a probability are
    thin lines beside it.

    Parameters
    ----------
    survey : str
        Name of the survey.
    calibration : pandas.DataFrame
        ``variant``, ``split``, ``bin_low``, ``bin_high``, ``predicted``, ``observed``, ``low``, ``high``
        (all 0 to 1, halo and background weighted alike) and ``n``, the test cells of the bin. Drawn is
        the split ``held_out``.
    metrics : pandas.DataFrame
        Tidy table of metrics; the Brier scores are its ``brier``.

    Returns
    -------
    Figure
    """
    held = calibration[(calibration["split"] == "held_out") & calibration["observed"].notna()]
    main = main_variant(held["variant"])
    briers = {str(one): estimate_of(metrics, str(one), "held_out", "brier")[0] for one in held["variant"]}
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_headline(held[held['variant'] == main], main, briers.get(main, np.nan))}",
        "Held-out test cells in bins of their score: the share of halo cells among them, weighted so that halo "
        "and background are equally common. On the ground halo is far rarer: the score is no probability of a "
        "deposit.",
    )
    left = MARGIN + 0.6
    axes = page.add_axes(left, page.bottom, PANEL, PANEL)
    counts = page.add_axes(left, page.bottom + 0.15, PANEL, COUNTS_HEIGHT)
    prepare(axes)
    prepare(counts)
    axes.plot([0, 1], [0, 1], color=colour("chance"), linewidth=0.9, linestyle="dashed", label="diagonal")
    handles = [
        _draw_curve(axes, held[held["variant"] == one], one, briers[one], one == main)
        for one in sorted(briers, key=lambda one: (one != main, briers[one]))
    ]
    _draw_counts(counts, held[held["variant"] == main], main)
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), ylabel="Observed share of halo cells")
    axes.tick_params(axis="x", labelbottom=False)
    handles.append(
        Line2D([], [], color=colour("chance"), linewidth=0.9, linestyle="dashed", label="perfect calibration")
    )
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, borderaxespad=0,
        title="Brier score, 0.25 for 0.5 everywhere", title_fontsize=SMALL_SIZE, alignment="left", handlelength=2.6,
    )  # fmt: skip
    page.bottom += 0.45
    return page.finish(
        "Bars: 95 % interval over groups of deposits. Below: test cells in each bin of the first method."
    )


def _draw_curve(axes: Axes, curve: pd.DataFrame, method: str, brier: float, main: bool) -> Line2D:
    """Draw the bins of a method, with intervals if it is the main one; return its line for the legend."""
    label, hue, line = method_style(method)
    shown = curve.sort_values("bin_low")
    (drawn,) = axes.plot(shown["predicted"], shown["observed"], color=hue, linestyle=line, label=method)
    message = f"{brier:.2f} " if np.isfinite(brier) else ""
    drawn.set(linewidth=1.2 if is_variant(method) else 0.9, zorder=2, alpha=1.0 if main else FAINT)
    if main:
        drawn.set(linewidth=2.0, marker="o", markersize=6, zorder=4)
        bars = shown[np.isfinite(shown["low"]) & np.isfinite(shown["high"])]
        for row in bars.itertuples():
            axes.plot([row.predicted] * 2, [row.low, row.high], color=hue, linewidth=1.4, label="interval")
    handle = Line2D([], [], color=hue, linewidth=drawn.get_linewidth(), alpha=drawn.get_alpha())
    handle.set(linestyle=line, label=plain(message + label), marker="o" if main else "None", markersize=6)
    return handle


def _draw_counts(axes: Axes, bins: pd.DataFrame, main: str) -> None:
    """Draw the number of test cells in each bin."""
    width = bins["bin_high"] - bins["bin_low"]
    axes.bar(
        bins["bin_low"], bins["n"], width, align="edge", color=method_style(main)[1], edgecolor="white",
        linewidth=0.8, label="counts",
    )  # fmt: skip
    axes.set(xlim=(0, 1), xlabel="Predicted: mean score of the bin", ylabel="Test cells")
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))


def _headline(bins: pd.DataFrame, main: str, brier: float) -> str:
    """Give the Brier score, and say in how many bins the interval holds the score and how others are off."""
    if bins.empty:
        return "no held-out score is a probability"
    label, weighting = plain(method_style(main)[0]), "halo and background counted as equally common"
    start = f"held-out Brier score of {label} is {brier:.2f} (0.25 for 0.5 everywhere, {weighting})"
    known = bins[np.isfinite(bins["low"]) & np.isfinite(bins["high"])]
    if known.empty:
        return f"{start}; too few groups for intervals"
    high, low = (known["predicted"] > known["high"]).sum(), (known["predicted"] < known["low"]).sum()
    off = [f"too {what} in {number}" for number, what in ((high, "high"), (low, "low")) if number]
    message = (
        f"within the interval of what was found in {len(known) - high - low} of {amount(len(known), 'bin')}"
    )
    return f"{start}; its score is {', '.join([message, *off])}"
