"""The figure for a sceptic: what every method is worth in every survey, and how the default differs from each."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from geohalo.products.estimate_rows import Mark, chance_symbol, draw_chance, prepare
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    SMALL_SIZE,
    TEXT_SIZE,
    amount,
    colour,
    method_style,
    plain,
    style,
    styled,
)

#: Markers of the surveys, one after the other; the colours of real ones are those of classes.
MARKERS = "os^DvP*X"
#: Measures that methods are compared by: title, axis, and chance.
MEASURES = {
    "above_decoys": ("Share of decoys outranked", 0.5),
    "capture": ("Capture", 0.5),
    "found_5": ("Deposits in the best 5 % of the ground", 0.05),
    "found_10": ("Deposits in the best 10 % of the ground", 0.1),
}
ROW_HEIGHT, LABEL_WIDTH, GAP = 0.25, 2.3, 0.3
#: Farther than this an interval of a difference is not drawn: with two surveys it has no end worth looking at.
FARTHEST = 0.5
#: What an interval of a difference may say, and one that says so.
VERDICTS = {
    "interval above 0": (1.0, 1.0, 1.0),
    "interval below 0": (-1.0, -1.0, -1.0),
    "interval holds 0, or there is none": (0.0, -1.0, 1.0),
}
#: Colour of a difference, by what its interval says.
HUES = {"better": "sample", "worse": "deposit", "open": "note"}


@styled
def bench_figure(values: pd.DataFrame, pooled: pd.DataFrame, metric: str = "") -> Figure:
    """Draw the held-out value of every method in every survey beside its difference to the first method.

    Parameters
    ----------
    values, pooled : pandas.DataFrame
        Of `geohalo.evidence.pooling.bench_tables`, with the kinds ``real`` and ``simulated``. The first method is the
        default that the others are compared with.
    metric : str
        One of `MEASURES`; the first one that was measured when left out.

    Returns
    -------
    Figure
        Methods by falling mean over the real surveys, or over the simulated ones where there is no other.
    """
    values, pooled = (one[one["split"] == "held_out"] for one in (values, pooled))
    metric = metric or first_measured(pooled)
    values, pooled = (one[one["metric"] == metric] for one in (values, pooled))
    default = str(pooled["method"].iloc[0])
    order = ranked(pooled)
    title, chance = MEASURES[metric]
    page = Page(WIDTH, _headline(pooled, default, title), _about(pooled, default, title))
    left, top, height = MARGIN + LABEL_WIDTH, page.bottom + 0.25, len(order) * ROW_HEIGHT + 0.1
    width = (WIDTH - MARGIN - left - GAP) / 2
    shares = page.add_axes(left, top, width, height)
    apart = page.add_axes(left + width + GAP, top, width, height)
    looks = survey_looks(values)
    _draw_shares(shares, values, pooled, order, looks)
    draw_chance(shares, chance)
    _draw_differences(apart, pooled, order, default)
    for axes in (shares, apart):
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.set_yticks(range(len(order)), [""] * len(order))
        axes.tick_params(axis="y", length=0)
    shares.set_yticklabels([plain(method_style(one)[0]) for one in order], fontsize=SMALL_SIZE)
    shares.get_yticklabels()[order.index(default)].set_fontweight("bold")
    shares.set_title(title, loc="left", fontsize=TEXT_SIZE)
    shares.set_xlabel("Mean percentile rank (0 to 1)" if metric == "capture" else "Share (0 to 1)")
    name = plain(method_style(default)[0])
    apart.set_title(f"{name[:1].upper()}{name[1:]} less this method", loc="left", fontsize=TEXT_SIZE)
    apart.set_xlabel(f"Difference (above 0: {name} is better)")
    page.bottom += 0.5
    page.bottom += page.add_legend(_legend(values, pooled, looks), MARGIN, WIDTH - 2 * MARGIN)
    return page.finish(
        "Differences: mean over surveys of a random-effects model (Paule and Mandel) with the 95 % interval of Hartung "
        "and Knapp, which counts surveys; within a survey groups of deposits count, never cells. An interval that "
        f"reaches farther than {FARTHEST} is cut. No correction for the number of methods."
    )


def first_measured(pooled: pd.DataFrame) -> str:
    """Return the first of `MEASURES` of which there is any row: capture where no survey has decoys."""
    return next(metric for metric in MEASURES if (pooled["metric"] == metric).any())


def ranked(pooled: pd.DataFrame) -> list[str]:
    """Return the methods by falling mean over the real surveys, those that have none by that over simulated ones."""
    own = pooled[pooled["against"] == ""]
    real = own[own["kind"] == "real"].set_index("method")["mean"]
    other = own[own["kind"] != "real"].set_index("method")["mean"]
    first = [str(one) for one in real.sort_values(ascending=False, kind="stable").index]
    last = other[~other.index.isin(first)].sort_values(ascending=False, kind="stable")
    return [*first, *map(str, last.index)]


def survey_looks(values: pd.DataFrame) -> dict[str, Mark]:
    """Return how each survey is drawn: real ones filled and coloured, simulated ones hollow and grey."""
    kinds = dict(zip(values["survey"].astype(str), values["kind"], strict=True))
    hues, looks = style()["classes"], {}
    for kind in dict.fromkeys(kinds.values()):
        real = kind == "real"
        for number, name in enumerate(name for name, one in kinds.items() if one == kind):
            hue = hues[(number + 1) % len(hues)] if real else colour("note")
            looks[name] = Mark(MARKERS[number % len(MARKERS)], 4.8 if real else 3.8, hue, real)
    return looks


def _offsets(pooled: pd.DataFrame) -> dict[str, float]:
    """Return how far below its row each kind of surveys is drawn."""
    return {"real": -0.14, "simulated": 0.21} if pooled["kind"].nunique() > 1 else {}


def _draw_shares(
    axes: Axes, values: pd.DataFrame, pooled: pd.DataFrame, order: list[str], looks: Mapping[str, Mark]
) -> None:
    """Draw a mark for every survey and a bar at the mean, in the row of each method."""
    prepare(axes, rows=True)
    below = _offsets(pooled)
    for row in values.itertuples():
        at = order.index(str(row.method)) + below.get(str(row.kind), 0.0)
        value = float(row.estimate)  # type: ignore[arg-type]
        looks[str(row.survey)].draw(axes, at, (value, np.nan, np.nan), str(row.survey))
    own = pooled[pooled["against"] == ""]
    for row in own.itertuples():
        look = _mean_look(str(row.kind))
        at = order.index(str(row.method)) + below.get(str(row.kind), 0.0)
        mean, reach = float(row.mean), 0.2 if below else 0.36  # type: ignore[arg-type]
        axes.plot([mean, mean], [at - reach, at + reach], label=f"mean {row.kind}", zorder=3, **look)
    lowest = float(values["estimate"].min())
    axes.set_xlim(min(0.3, max(-0.04, lowest - 0.04)), 1.02)


def _mean_look(kind: str) -> dict:
    """Return how the mean over the surveys of a kind is drawn."""
    return {
        "color": colour("text" if kind == "real" else "faint"),
        "linewidth": 2.0 if kind == "real" else 1.4,
    }


def _draw_differences(axes: Axes, pooled: pd.DataFrame, order: list[str], default: str) -> None:
    """Draw the default's difference to every other method, over real surveys and over simulated ones."""
    prepare(axes, rows=True)
    axes.axvline(0, color=colour("chance"), linewidth=0.9, zorder=1, label="no difference")
    rows = pooled[(pooled["method"] == default) & (pooled["against"] != "")]
    below = _offsets(pooled)
    for row in rows.itertuples():
        real = str(row.kind) == "real"
        at = order.index(str(row.against)) + below.get(str(row.kind), 0.0)
        numbers = (float(row.estimate), float(row.low), float(row.high))  # type: ignore[arg-type]
        shown = (numbers[0], *np.clip(numbers[1:], -FARTHEST, FARTHEST))
        _difference_look(numbers, real).draw(axes, at, shown, str(row.against))
    drawn = rows[["estimate", "low", "high"]].to_numpy(dtype=float).clip(-FARTHEST, FARTHEST)
    reach = max(0.1, float(np.nanmax(np.abs(drawn), initial=0.1)))
    axes.set_xlim(-reach - 0.03, reach + 0.03)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(_signed))


def _signed(number: float, _: int | None = None) -> str:
    """Return a difference with its sign."""
    return f"{number:+.2g}".replace("-", "−") if abs(number) > 1e-9 else "0"


def verdict(numbers: tuple[float, float, float]) -> str:
    """Return what an interval of a difference says: ``better``, ``worse`` or ``open``."""
    estimate, low, high = numbers
    return ("better" if estimate > 0 else "worse") if low > 0 or high < 0 else "open"


def _difference_look(numbers: tuple[float, float, float], real: bool) -> Mark:
    """Return how a difference is drawn."""
    return Mark(
        "o" if real else "s", 5.0 if real else 3.6, colour(HUES[verdict(numbers)]), real, 1.4 if real else 0.9
    )


def _legend(values: pd.DataFrame, pooled: pd.DataFrame, looks: Mapping[str, Mark]) -> list[Line2D]:
    """Return the symbols: surveys with their numbers, means, chance, and what intervals say."""
    handles = []
    for row in values.drop_duplicates("survey").itertuples():
        deposits, groups = float(row.deposits), float(row.groups)  # type: ignore[arg-type]
        message = f"{amount(deposits, 'deposit')} in {amount(groups, 'group')}"
        handles.append(looks[str(row.survey)].symbol(f"{plain(row.survey)}: {message}"))
    kinds = [str(one) for one in dict.fromkeys(pooled["kind"])]
    for kind in kinds:
        handles.append(Line2D([], [], label=f"mean over {kind} surveys", **_mean_look(kind)))
    handles.append(chance_symbol())
    for label, numbers in VERDICTS.items():
        handles.append(_difference_look(numbers, "real" in kinds).symbol(label))
    if len(kinds) > 1:
        handles.append(_difference_look((0, -1, 1), False).symbol("the same over simulated surveys"))
    return handles


def _headline(pooled: pd.DataFrame, default: str, title: str) -> str:
    """Say what the default is worth, and how many methods it is told apart from."""
    kind = str(pooled["kind"].iloc[0]) if not (pooled["kind"] == "real").any() else "real"
    rows = pooled[(pooled["kind"] == kind) & (pooled["method"] == default)]
    own, others = rows[rows["against"] == ""].iloc[0], rows[rows["against"] != ""]
    verdicts = [
        verdict(tuple(numbers)) for numbers in others[["estimate", "low", "high"]].to_numpy(dtype=float)
    ]
    better, worse = verdicts.count("better"), verdicts.count("worse")
    name = plain(method_style(default)[0])
    return (
        f"{amount(own['surveys'], f'{kind} survey')}: {title[:1].lower()}{title[1:]} {own['mean']:.2f} by {name}, "
        f"better than {better} and worse than {worse} of {amount(len(others), 'other method')}"
    )


def _about(pooled: pd.DataFrame, default: str, title: str) -> str:
    """Say what is drawn and from how much of it."""
    own = pooled[(pooled["method"] == default) & (pooled["against"] == "")]
    message = "; ".join(
        f"{row.kind} surveys: {amount(float(row.deposits), 'deposit')} in {amount(float(row.groups), 'group')}"  # type: ignore[arg-type]
        for row in own.itertuples()
    )
    return (
        f"{title}, held out, of every method in every survey; methods by their mean. "
        f"{message[:1].upper()}{message[1:]}."
    )
