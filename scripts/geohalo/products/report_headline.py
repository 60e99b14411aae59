"""What stands at the top of the report: the answer in a sentence, warnings, and the numbers with their controls."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from markupsafe import Markup

from geohalo.control_table import PLACES_ALONE
from geohalo.evidence.map_basis import below_chance
from geohalo.products.report_evidence import rows_of
from geohalo.products.report_text import interval, number, warnings_of
from geohalo.products.styles import is_variant, method_style


@dataclass(frozen=True)
class Measure:
    """A number at the top of the report.

    Attributes
    ----------
    label : str
    estimate, low, high : float
        The estimate and its 95 % interval; NaN where there is none.
    chance : float
        Value of a map that knows nothing; NaN where that depends.
    kind : {'main', 'control', 'optimistic'}
    note : str
        What it means, in a sentence.
    """

    label: str
    estimate: float
    low: float
    high: float
    chance: float
    kind: str
    note: str

    @property
    def text(self) -> str:
        """The estimate."""
        return number(self.estimate)

    @property
    def range(self) -> str:
        """The interval; empty where there is none."""
        return interval(self.low, self.high)

    def at(self, value: float) -> float:
        """Return where a value from 0 to 1 stands on a scale of 100."""
        return round(100 * float(np.clip(value, 0, 1)), 2)


@dataclass
class Headline:
    """What stands at the top: the answer in a sentence, warnings, numbers."""

    sentence: str
    warnings: list[Markup] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


def headline(metrics: pd.DataFrame, verdict: str = "") -> Headline:
    """Make what stands at the top of the report of `metrics.csv` and, where there is one, the verdict.

    Parameters
    ----------
    metrics : DataFrame
        Columns variant, split, metric, estimate, low, high, n; the map's variant comes first.
    verdict : str
        Markdown of the verdict.
    """
    first = str(metrics["variant"].iloc[0])
    of_classes = rows_of(metrics, "held_out", "capture").empty
    main = "average_accuracy" if of_classes else "capture"
    found = rows_of(metrics, "held_out", main)
    if first not in found.index:
        return Headline("Nothing was measured with held-out deposits.", warnings_of(verdict))
    measures = _class_measures(metrics, first) if of_classes else _deposit_measures(metrics, first)
    top, count = measures[0], int(found["n"].to_dict()[first])
    share, spread = (
        f"{100 * top.estimate:.0f} %",
        f" (95 % interval {100 * top.low:.0f} to {100 * top.high:.0f} %)" if top.range else "",
    )
    if of_classes:
        sentence = (
            f"Of the {count:,} held-out test cells, {share} of a class are given their own class{spread}."
        )
    else:
        sentence = (
            f"{_below(metrics, first)}{found_message(metrics)}"
            f"On average, a deposit that the model did not know ranks above {share} of the ground{spread}; chance is "
            "50 %. "
            f"Measured on {count} known {'deposit' if count == 1 else 'deposits'}, each in a map made without it."
        )
    return Headline(sentence, warnings_of(verdict), measures)


#: Metrics of the shares of ground that are searched, and the shares in per cent.
SEARCHED = {"found_5": 5, "found_10": 10}


def found_message(metrics: pd.DataFrame) -> str:
    """Say how many held-out deposits the best ground held, against chance and the best control that looks at elements.

    Distance from background holds nearly all of them, and knows nothing of any deposit.

    Parameters
    ----------
    metrics : DataFrame
        See `headline`; ``found_5`` and ``found_10`` are the shares of the held-out deposits in the best 5 and 10 % of
        the ground.

    Returns
    -------
    str
        With a blank at its end; empty where none of it was measured.
    """
    first, parts = str(metrics["variant"].iloc[0]), list[str]()
    for metric, percent in SEARCHED.items():
        rows = rows_of(metrics, "held_out", metric)
        if first not in rows.index:
            continue
        held = (rows["estimate"] * rows["n"]).astype(float)
        count, others = (
            round(rows["n"].astype(float).to_dict()[first]),
            held[[name for name in rows.index if is_control(str(name)) and name not in PLACES_ALONE]],
        )
        against = f"chance {percent * count / 100:.1f}"
        if len(others):
            against += f", best control {_counted(others.max())}, {method_style(str(others.idxmax()))[0]}"
        among = f" of {count} held-out deposits" if not parts else ""
        parts.append(
            f"the best {percent} % of the ground held {_counted(held.to_dict()[first])}{among} ({against})"
        )
    if not parts:
        return ""
    message = ", ".join(parts)
    return f"{message[0].upper()}{message[1:]}. "


def is_control(method: str) -> bool:
    """Tell the controls that a map must beat from the network's variants and from shuffled labels."""
    return not is_variant(method) and method != "shuffle"


def _counted(number: float) -> str:
    """Return a number of deposits; one that lies on the edge of the best ground counts in part."""
    return f"{number:.0f}" if abs(number - round(number)) < 0.05 else f"{number:.1f}"


def _below(metrics: pd.DataFrame, first: str) -> str:
    """Say first of all where the map is below chance; empty elsewhere."""
    for metric in ("above_decoys", "capture"):
        rows = rows_of(metrics, "held_out", metric)
        if first not in rows.index:
            continue
        estimate, low, high = rows.loc[[first], ["estimate", "low", "high"]].to_numpy(dtype=float)[0]
        if np.isfinite(estimate):
            said = below_chance((estimate, low, high))
            return f"The map is {said} here. " if said else ""
    return ""


def _measure(
    frame: pd.DataFrame, method: str, label: str, chance: float, kind: str, note: str
) -> list[Measure]:
    if method not in frame.index:
        return []
    estimate, low, high = (frame[key].astype(float).to_dict()[method] for key in ("estimate", "low", "high"))
    return [Measure(label, estimate, low, high, chance, kind, note)]


def _deposit_measures(metrics: pd.DataFrame, first: str) -> list[Measure]:
    capture, decoys = (rows_of(metrics, "held_out", name) for name in ("capture", "above_decoys"))
    against = decoys if first in decoys.index else capture
    others = [name for name in against.index if is_control(name)]
    best = max(others, key=lambda name: against.loc[name, "estimate"], default="")
    measured = "decoys outranked" if against is decoys else "capture"
    return [
        *_measure(
            capture,
            first,
            "Capture, held-out deposits",
            0.5,
            "main",
            "Share of the ground that a deposit ranks above in a map that did not know it.",
        ),
        *_measure(
            decoys,
            first,
            "Decoys outranked",
            0.5,
            "main",
            "Share of decoys, places without a deposit held out in the same way, that a deposit "
            "outranks. Compare methods by "
            "this.",
        ),
        *_measure(
            rows_of(metrics, "held_out", "decoy_capture"),
            first,
            "Control: capture of decoys",
            0.5,
            "control",
            "How much of such a score the hold-out itself produces, without any deposit.",
        ),
        *_measure(
            against,
            best,
            f"Control: {method_style(best)[0]}",
            0.5,
            "control",
            f"The best of {len(others)} other methods on the same deposits ({measured}).",
        ),
        *_measure(
            capture,
            "shuffle",
            "Control: shuffled labels",
            0.5,
            "control",
            "Capture of the same network when its labels mean nothing. The deposits of a fold share the luck of its "
            "map, which the interval does not hold; where that does not explain it either, a warning says so.",
        ),
        *_measure(
            rows_of(metrics, "random", "capture"),
            first,
            "Random split of cells",
            0.5,
            "optimistic",
            "Capture as papers often report it: neighbouring cells leak. This is no evidence.",
        ),
    ]


def _class_measures(metrics: pd.DataFrame, first: str) -> list[Measure]:
    accuracy = rows_of(metrics, "held_out", "average_accuracy")
    classes = metrics["metric"].astype(str).str.fullmatch(r"recall_class_\d+")
    number_of = metrics.loc[classes, "metric"].nunique()
    chance = 1 / number_of if number_of else np.nan
    others = [name for name in accuracy.index if is_control(name)]
    best = max(others, key=lambda name: accuracy.loc[name, "estimate"], default="")
    note = "Mean over classes of the share of a class's held-out cells that are given it."
    return [
        *_measure(accuracy, first, "Average accuracy, held out", chance, "main", note),
        *_measure(
            accuracy,
            best,
            f"Control: {method_style(best)[0]}",
            chance,
            "control",
            f"The best of {len(others)} other methods on the same cells.",
        ),
        *_measure(
            accuracy, "shuffle", "Control: shuffled labels", chance, "control", "Labels that mean nothing."
        ),
        *_measure(
            rows_of(metrics, "random", "average_accuracy"),
            first,
            "Random split of cells",
            chance,
            "optimistic",
            "Neighbouring cells leak. This is no evidence.",
        ),
    ]
