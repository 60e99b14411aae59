"""The figure of the claims: halos found, false alarms and weak halos found against the strength of each fault."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from geohalo.control_table import PLACES_ALONE
from geohalo.evidence.claim_surveys import FAULTS, NO_FAULT
from geohalo.evidence.claim_verdicts import CLAIMS, claim_verdict
from geohalo.products.estimate_rows import prepare
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    SMALL_SIZE,
    TEXT_SIZE,
    amount,
    colour,
    method_style,
    plain,
    signed_percent,
    style,
    styled,
)

#: Measure: title of its panels, and whether more of it is better.
PANELS = {
    "recall": ("Halos found", True),
    "false_alarm": ("False alarms on contamination", False),
    "recall_weak": ("Halos found under cover", True),
}
FAULT_NAMES = {
    "anthropogenic": "Contamination",
    "overburden": "Transported cover",
    "laboratory": "Laboratory errors",
}
#: The claims in the title, in their order.
HEADLINES = ("superpixels help", "fusion beats each branch", "maps point at deposits")
PANEL_HEIGHT, GAP, ROW_GAP = 1.75, 0.22, 0.34


@styled
def claims_plot(survey: str, summary: pd.DataFrame, verdicts: pd.DataFrame, area: float) -> Figure:
    """Draw what maps find and what they mistake, against the strength of each fault, of every method.

    Parameters
    ----------
    survey : str
        Name of the survey whose config was used.
    summary : pandas.DataFrame
        ``fault``, ``strength``, ``method``, ``metric``, ``mean``, ``low``, ``high``, ``n``: of
        `geohalo.evidence.claims.summarise`.
    verdicts : pandas.DataFrame
        Of `geohalo.evidence.claim_verdicts.judge_claims`.
    area : float
        Share of each map that is called anomalous, which is chance.

    Returns
    -------
    Figure
    """
    n_seeds = amount(float(summary["n"].max()), "simulated survey")
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_headline(verdicts)}",
        f"The best {signed_percent(area)} of each map is called anomalous. Each panel: the share of one kind of "
        "ground that is, in maps that did not know the deposits there. Mean over "
        f"{n_seeds} of each condition; bars of the network's variants: 95 % interval.",
    )
    left, right, top = MARGIN + 0.75, MARGIN, page.bottom + 0.42
    width = (WIDTH - left - right + GAP) / len(PANELS) - GAP
    faults = [fault for fault in FAULTS if (summary["fault"] == fault).any()]
    highest = _highest(summary)
    for row, fault in enumerate(faults):
        for column, (metric, (title, more)) in enumerate(PANELS.items()):
            place = (left + column * (width + GAP), top + row * (PANEL_HEIGHT + ROW_GAP))
            axes = page.add_axes(*place, width, PANEL_HEIGHT)
            _draw_panel(axes, _lines(summary, fault, metric), area, more)
            axes.set_ylim(0, highest)
            if row == 0:
                axes.set_title(f"{title}\n({'more' if more else 'fewer'} is better)", loc="left")
            if column == 0:
                axes.set_ylabel(f"{FAULT_NAMES[fault]}\nshare of the ground", fontsize=TEXT_SIZE)
            else:
                axes.set_yticklabels([])
            if row == len(faults) - 1:
                axes.set_xlabel("Strength of the fault")
    page.bottom += 0.5
    page.bottom += page.add_legend(_legend(summary), left, WIDTH - left - right)
    return page.finish(
        "Strength 0: all faults off; 1: ordinary. All conditions are measured on the same ground. Controls are grey; "
        "the best one that sees elements is named. What sees places alone finds no more than holding out gives away."
    )


def _headline(verdicts: pd.DataFrame) -> str:
    """Say what the verdict on each claim is."""
    by_name = {
        claim.name: claim_verdict(list(verdicts.loc[verdicts["claim"] == claim.name, "verdict"]))
        for claim in CLAIMS
    }
    names = dict(zip((claim.name for claim in CLAIMS), HEADLINES, strict=True))
    return "; ".join(f"“{names[name]}” {verdict}" for name, verdict in by_name.items())


def _highest(summary: pd.DataFrame) -> float:
    """Return the upper end of all panels' axes."""
    drawn = summary[summary["metric"].isin(list(PANELS))]
    variants = drawn[drawn["method"].isin(style()["variants"])]
    values = np.concatenate([drawn["mean"].to_numpy(dtype=float), variants["high"].to_numpy(dtype=float)])
    return min(1.0, float(np.nanmax(values, initial=0.2)) * 1.04)


def _lines(summary: pd.DataFrame, fault: str, metric: str) -> pd.DataFrame:
    """Return the rows of one panel: the conditions of a fault, and at strength 0 that of none."""
    here = summary["fault"].isin([fault, NO_FAULT]) & (summary["metric"] == metric) & summary["mean"].notna()
    return summary[here].sort_values("strength")


def _controls(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the controls."""
    return table[~table["method"].isin(style()["variants"])]


def _draw_panel(axes: Axes, table: pd.DataFrame, area: float, more: bool) -> None:
    """Draw one line for each method: controls faint, variants in colour with intervals."""
    prepare(axes)
    axes.axhline(area, color=colour("chance"), linewidth=0.9, linestyle="dashed", zorder=1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    strengths = sorted(table["strength"].unique())
    axes.set_xticks(strengths, [f"{strength:g}" for strength in strengths])
    span = max(strengths, default=1.0) or 1.0
    variants = [one for one in style()["variants"] if (table["method"] == one).any()]
    for name, rows in _controls(table).groupby("method"):
        (drawn,) = axes.plot(rows["strength"], rows["mean"], label=str(name), zorder=2, linewidth=0.8)
        drawn.set(color=colour("faint"), linestyle="dotted" if name in PLACES_ALONE else "solid")
    for number, method in enumerate(variants):
        rows, (_, hue, line) = table[table["method"] == method], method_style(method)
        # Beside each other, so that intervals do not hide each other.
        x = rows["strength"] + 0.02 * span * (number - (len(variants) - 1) / 2)
        width = 2.2 if method == variants[0] else 1.4
        axes.plot(x, rows["mean"], color=hue, linestyle=line, linewidth=width, zorder=4, label=method)
        axes.vlines(x, rows["low"].clip(lower=0), rows["high"], color=hue, linewidth=0.9, zorder=3)
    axes.set_xlim(-0.08 * span, 1.08 * span)
    _name_best(axes, table, more)


def _name_best(axes: Axes, table: pd.DataFrame, more: bool) -> None:
    """Write the name of the best control that sees elements, by its mean over the panel's conditions, at its line."""
    controls = _controls(table)
    controls = controls[~controls["method"].isin(PLACES_ALONE)]
    if controls.empty:
        return
    means = controls.groupby("method")["mean"].mean()
    best = str(means.idxmax() if more else means.idxmin())
    last = controls[controls["method"] == best].iloc[-1]
    (line,) = [one for one in axes.get_lines() if one.get_label() == best]
    line.set(color=colour("note"), linewidth=1.3)
    axes.annotate(
        plain(method_style(best)[0]),
        (float(last["strength"]), float(last["mean"])),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=SMALL_SIZE,
        color=colour("note"),
        zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
    )


def _legend(summary: pd.DataFrame) -> list[Line2D]:
    """Return the lines of the variants, of controls and of chance."""
    looks = [
        (*method_style(method), 1.8) for method in style()["variants"] if (summary["method"] == method).any()
    ]
    controls = set(_controls(summary)["method"])
    if controls - set(PLACES_ALONE):
        looks.append(("controls", colour("faint"), "solid", 0.9))
    if controls & set(PLACES_ALONE):
        looks.append(("controls that see places, no elements", colour("faint"), "dotted", 0.9))
    handles = []
    for label, hue, line, width in [*looks, ("chance", colour("chance"), "dashed", 0.9)]:
        handle = Line2D([], [], color=hue, linewidth=width, label=plain(label))
        handle.set(linestyle=line)
        handles.append(handle)
    return handles
