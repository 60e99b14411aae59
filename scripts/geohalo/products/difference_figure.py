"""The figure that answers whether a map beats its own branches, the controls and chance, and by how much.

A forest plot of the differences between the first variant and every other method on the same deposits, from
the paired permutation tests of `geohalo.evidence.comparisons`.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from geohalo.evidence.comparisons import LEVEL, smallest_p
from geohalo.products.estimate_rows import CHANCE, Mark, prepare, side_by_side
from geohalo.products.evidence_figures import estimate_of
from geohalo.products.method_rows import Rows, heading_of, ordered
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    SMALL_SIZE,
    TEXT_SIZE,
    amount,
    colour,
    is_variant,
    method_style,
    plain,
    styled,
    with_interval,
)

#: Key of the row in which the method stands against chance.
AGAINST_CHANCE = "chance"
PANELS = {
    "capture": ("Capture", "decoy_capture"),
    "above_decoys": ("Share of decoys outranked", None),
}
#: Marker, its size, colour, and whether it is filled, by what the test says.
LOOKS = {
    "better": ("o", 6.5, "sample", True),
    "worse": ("s", 6.0, "deposit", True),
    "open": ("o", 6.0, "note", False),
}
ROW_HEIGHT = 0.25
LABEL_WIDTH = 2.1
#: Room for the p right of a panel, and between the panels.
P_WIDTH, GAP = 0.5, 0.15


@styled
def difference_plot(
    survey: str, comparisons: pd.DataFrame, metrics: pd.DataFrame, foreign: bool = False
) -> Figure:
    """Draw the difference between the first variant and every other method, in capture and in decoys outranked.

    Rows are gathered by what the other method is. On top stands the variant's own value against chance,
    judged by its interval alone. Grey bands reach as far as a difference can be and still be missed.

    Parameters
    ----------
    survey : str
        Name of the survey.
    comparisons : pandas.DataFrame
        ``variant`` (one), ``against``, ``split``, ``metric`` (`PANELS`), ``difference``, ``low``, ``high``
        (95 % interval), ``p_holm``, ``detectable`` (smallest difference found with 80 % power) and
        ``groups``. Drawn is the split ``held_out``; a metric without any finite difference is left out.
    metrics : pandas.DataFrame
        Tidy: ``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high``, ``n``, of at least the
        first variant, which is the first variant of the network in it where nothing is compared.
    foreign : bool
        Whether the first variant is a map made elsewhere, of which nobody knows whether anything was held out.

    Returns
    -------
    Figure
    """
    held = comparisons[comparisons["split"] == "held_out"]
    held = held[np.isfinite(held["difference"].astype(float))]
    own = _own_values(metrics, str(held["variant"].iloc[0]) if len(held) else str(metrics["variant"].iloc[0]))
    panels = [one for one in PANELS if one in own.index]
    rows = _rows(held, panels)
    page = Page(WIDTH, f"{plain(survey)}: {_headline(held, own)}", _about(held, own, foreign))
    left, top, height = MARGIN + LABEL_WIDTH, page.bottom + 0.25, rows.end * ROW_HEIGHT + 0.1
    name = plain(method_style(str(own["variant"].iloc[0]))[0]) if len(own) else ""
    drawn = side_by_side(page, len(panels), left, top, height, GAP, right_margin=P_WIDTH)
    for number, (axes, metric) in enumerate(zip(drawn, panels, strict=True)):
        _draw_panel(axes, held[held["metric"] == metric], own.loc[[metric]].iloc[0], rows)
        rows.draw(axes, _labels(rows) if number == 0 else None)
        axes.set_title(PANELS[metric][0], loc="left", fontsize=TEXT_SIZE)
        axes.set_xlabel(f"Difference: above 0, {'this map' if foreign else name} is better")
    page.bottom += 0.5
    page.bottom += page.add_legend(_legend(held, own), MARGIN, WIDTH - 2 * MARGIN)
    band = "; the grey band is for one comparison, before the correction" if _has_band(held) else ""
    return page.finish(
        "p: paired permutation test that flips whole groups of deposits, corrected after Holm for the methods in the "
        f"panel{band}. Against chance there is no p: only the interval shows whether the difference is clear."
    )


def _has_band(held: pd.DataFrame) -> bool:
    """Tell whether there are groups enough for a smallest difference that could be found."""
    return bool(np.isfinite(held["detectable"].astype(float)).any())


def _own_values(metrics: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the variant's own held-out value of each metric that it has, minus chance; and that of decoys."""
    values = {}
    for metric, (_, decoy_metric) in PANELS.items():
        estimate, low, high = estimate_of(metrics, variant, "held_out", metric)
        decoys = estimate_of(metrics, variant, "held_out", decoy_metric)[0] if decoy_metric else np.nan
        if np.isfinite(estimate):
            numbers = np.array([estimate, low, high, decoys]) - CHANCE
            values[metric] = [variant, *numbers, _deposits(metrics, variant)]
    columns = ["variant", "difference", "low", "high", "decoys", "deposits"]
    return pd.DataFrame.from_dict(values, orient="index", columns=columns)


def _deposits(metrics: pd.DataFrame, variant: str) -> float:
    """Return from how many deposits the held-out capture is."""
    rows = metrics[(metrics["variant"] == variant) & (metrics["split"] == "held_out")]
    return float(rows.loc[rows["metric"] == "capture", "n"].max())


def _rows(held: pd.DataFrame, panels: list[str]) -> Rows[str]:
    """Lay out chance and the other methods by group, in each the strongest rival first."""
    first = held[held["metric"] == panels[0]] if panels else held
    lead = dict(zip(first["against"], -first["difference"], strict=True))
    methods = ordered({str(one): str(one) for one in held["against"]}, lead)
    fused = len(held) > 0 and str(held["variant"].iloc[0]) == "fusion"
    branches = "its own branches" if fused else "other variants"
    headings = [branches if is_variant(one) else heading_of(one) for one in methods]
    return Rows.of([AGAINST_CHANCE, *methods], ["against chance", *headings])


def _labels(rows: Rows[str]) -> dict[str, str]:
    """Return the text of each row."""
    names = {one: plain(method_style(one)[0]) for one in rows.at}
    return names | {AGAINST_CHANCE: "0.5, what guessing gives"}


def _verdict(difference: float, low: float, high: float, p: float | None) -> str:
    """Return ``better``, ``worse`` or ``open``: by a corrected p, or where there is no test by the interval."""
    apart = low > 0 or high < 0 if p is None else p < LEVEL
    return ("better" if difference > 0 else "worse") if apart else "open"


def _verdicts(table: pd.DataFrame) -> pd.Series:
    """Return the verdict of every comparison."""
    columns = (table[one] for one in ("difference", "low", "high", "p_holm"))
    return pd.Series([_verdict(*row) for row in zip(*columns, strict=True)], index=table.index, dtype=object)


def _draw_panel(axes: Axes, table: pd.DataFrame, own: pd.Series, rows: Rows[str]) -> None:
    """Draw the differences of one metric, their intervals, what could be detected, and p."""
    prepare(axes, rows=True)
    axes.axvline(0, color=colour("chance"), linewidth=0.9, zorder=1, label="no difference")
    number = {"ha": "left", "va": "center", "fontsize": SMALL_SIZE, "annotation_clip": False}
    p_position = {"xycoords": ("axes fraction", "data"), "xytext": (5, 0), "textcoords": "offset points"}
    for row, verdict in zip(table.itertuples(), _verdicts(table), strict=True):
        y, reach = rows.at[str(row.against)], float(row.detectable)  # type: ignore[arg-type]
        if np.isfinite(reach):
            axes.barh(y, 2 * reach, 1.0, -reach, color=colour("detectable"), zorder=0.5, label="detectable")
        values = float(row.difference), float(row.low), float(row.high)  # type: ignore[arg-type]
        _mark(verdict).draw(axes, y, values, verdict)
        weight = "normal" if verdict == "open" else "bold"
        axes.annotate(_p_text(float(row.p_holm)), (1, y), fontweight=weight, **p_position, **number)  # type: ignore[arg-type]
    chance = rows.at[AGAINST_CHANCE]
    values = own["difference"], own["low"], own["high"]
    verdict = _verdict(*values, None)
    _mark(verdict).draw(axes, chance, values, verdict)
    if np.isfinite(own["decoys"]):
        _cross().draw(axes, chance, (own["decoys"], np.nan, np.nan), "decoys", zorder=(2, 3))
    axes.annotate(
        "p (Holm)", (1, 1), xycoords="axes fraction", xytext=(5, 6), textcoords="offset points", fontsize=SMALL_SIZE
    )  # fmt: skip
    _write_counts(axes, table, rows)
    axes.set_xlim(*_limits(table, own))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(_signed))


def _mark(verdict: str) -> Mark:
    """Return how a difference is drawn."""
    marker, size, name, filled = LOOKS[verdict]
    return Mark(marker, size, colour(name), filled, width=1.5)


def _cross() -> Mark:
    """Return how decoys are drawn."""
    return Mark("x", 5, colour("note"))


def _write_counts(axes: Axes, table: pd.DataFrame, rows: Rows[str]) -> None:
    """Write at each heading from how many methods below it the variant is told apart."""
    verdicts = dict(zip(table["against"], _verdicts(table), strict=True))
    starts = [height for height, _ in rows.headings[1:]]
    for start, end in zip(starts, [*starts[1:], rows.end], strict=False):
        below = [verdicts[one] for one, y in rows.at.items() if start < y < end and one in verdicts]
        better, worse = below.count("better"), below.count("worse")
        axes.annotate(
            f"better than {better}, worse than {worse} of {len(below)}", (1, start),
            xycoords=("axes fraction", "data"), xytext=(P_WIDTH * 72 - 4, 0), textcoords="offset points", ha="right",
            va="center", fontsize=SMALL_SIZE, color=colour("note"), annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def _limits(table: pd.DataFrame, own: pd.Series) -> tuple[float, float]:
    """Return the ends of the x axis: all that is drawn, within what a difference can be."""
    reach = table["detectable"].to_numpy(dtype=float)
    parts = [table[["difference", "low", "high"]].to_numpy(dtype=float).ravel(), reach, -reach]
    shown = np.concatenate([*parts, own[["difference", "low", "high", "decoys"]].to_numpy(dtype=float)])
    low, high = float(np.nanmin(shown, initial=-0.1)), float(np.nanmax(shown, initial=0.1))
    return max(low - 0.03, -1.02), min(high + 0.03, 1.02)


def _signed(number: float, _: int | None = None) -> str:
    """Return a difference with its sign."""
    return f"{number:+.2g}".replace("-", "−") if abs(number) > 1e-9 else "0"


def _p_text(p: float) -> str:
    """Return p as short as it can be read."""
    if not np.isfinite(p):
        return "–"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _headline(held: pd.DataFrame, own: pd.DataFrame) -> str:
    """Say in plain words which methods the variant beats, by decoys outranked where there are any."""
    if own.empty:
        return "no held-out capture"
    metric = own.index[-1]
    values, table = own.loc[metric], held[held["metric"] == metric]
    name, by = plain(method_style(str(values["variant"]))[0]), PANELS[metric][0].lower().split(" of ")[-1]
    verdict = _verdict(values["difference"], values["low"], values["high"], None)
    chance = {"better": "above chance", "worse": "below chance", "open": "not clearly different from chance"}[
        verdict
    ]
    message = f"by {by}, {name} is {chance}"
    if len(table):
        verdicts = _verdicts(table)
        message += _tally([int((verdicts == one).sum()) for one in LOOKS], verdict)
    counted = amount(float(values["deposits"]), "deposit") if np.isfinite(values["deposits"]) else ""
    groups = f" in {amount(float(held['groups'].max()), 'group')}" if len(held) else ""
    return f"{message}. {counted}{groups}" if counted else message


def _tally(counts: list[int], against_chance: str) -> str:
    """Say how many methods are beaten, beat it, and do not clearly differ from it."""
    (better, worse, unclear), others = counts, amount(sum(counts), "other method")
    if not better + worse:
        return (
            f"{', nor' if against_chance == 'open' else ', but not clearly different'} from any of {others}"
        )
    message = f", better than {better or 'none'} of {others} and worse than {worse or 'none'}"
    return f"{message}; from {unclear} it does not clearly differ" if unclear else message


def _about(held: pd.DataFrame, own: pd.DataFrame, foreign: bool) -> str:
    """Give the variant's own numbers, and the smallest p that the groups allow."""
    messages = []
    for metric, row in own.iterrows():
        numbers = with_interval(*(float(row[one]) + CHANCE for one in ("difference", "low", "high")))
        decoys = f", that of decoys {row['decoys'] + CHANCE:.2f}" if np.isfinite(row["decoys"]) else ""
        messages.append(f"{PANELS[str(metric)][0].lower()} {numbers}{decoys}")
    name = plain(method_style(str(own["variant"].iloc[0]))[0]) if len(own) else ""
    how = "itself, of which nobody can see whether it knew the deposits" if foreign else "itself, held out"
    lines = [f"{name[:1].upper()}{name[1:]} {how}: {'; '.join(messages)}."] if messages else []
    if len(held):
        groups, most = int(held["groups"].max()), int(held.groupby("metric").size().max())
        least = smallest_p(groups)
        corrected = min(1.0, least * most)
        end = ": too few groups to tell any two methods apart" if corrected >= LEVEL else ""
        lines.append(
            f"The smallest p that {amount(groups, 'group')} can give is {least:.2g}, or {corrected:.2g} after the "
            f"correction for {amount(most, 'comparison')}{end}."
        )
    return "\n".join(lines)


def _legend(held: pd.DataFrame, own: pd.DataFrame) -> list[Line2D | Patch]:
    """Return the symbols of the forest plot that are there."""
    names = {
        "better": f"clearly better (p < {LEVEL})",
        "worse": "clearly worse",
        "open": "no clear difference",
    }
    values = own[["difference", "low", "high"]].to_numpy(dtype=float)
    against = [_verdict(difference, low, high, None) for difference, low, high in values]
    present = {*against, *_verdicts(held)}
    handles: list[Line2D | Patch] = [
        _mark(verdict).symbol(label) for verdict, label in names.items() if verdict in present
    ]
    if _has_band(held):
        handles.append(Patch(color=colour("detectable"), label="too small to be detected (80 % power)"))
    if np.isfinite(own["decoys"].astype(float)).any():
        handles.append(_cross().symbol("capture of decoys"))
    return handles
