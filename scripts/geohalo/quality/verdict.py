"""Which elements fail quality control, and why in a sentence."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geohalo.quality.blanks import FEWEST_BLANKS
from geohalo.quality.duplicates import FEWEST_PAIRS
from geohalo.quality.named_rows import named_rows

#: p values below this count.
LEVEL = 0.05
#: The fewest pairs from which it is told that an element has no signal.
FEWEST_FOR_SIGNAL = 10
#: From so many detection limits on a certified value can be measured well (Currie 1995, doi 10.1351/pac199567101699:
#: the quantification limit, 10 standard deviations, is three times the detection limit).
QUANTIFIED = 3.0
FAILS, PASSES, NOT_JUDGED = "fails", "passes", "not judged"

#: Why an element fails a criterion: "" if it passes, None if it is not judged.
Reasons = dict[str, str | None]
Criterion = Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame, Mapping[str, float]], Reasons]


def signal(elements: pd.DataFrame, _: pd.DataFrame, __: pd.DataFrame, limits: Mapping[str, float]) -> Reasons:
    """Fail what does not clearly differ from its own noise, or has more of it than `limits.noise` for certain."""
    reasons: Reasons = {}
    for row in named_rows(elements):
        kind = "sampling and analysis" if row.noise_of == "sampling and analysis" else "analysis alone"
        reasons[row.element] = None if row.noise_pairs < FEWEST_PAIRS or np.isnan(row.f) else ""
        if reasons[row.element] is None:
            continue
        if row.noise_pairs >= FEWEST_FOR_SIGNAL and row.f_p >= LEVEL:
            reasons[row.element] = (
                f"its duplicates differ as much as places do (F {row.f:.2g}, p {row.f_p:.2g})"
            )
        elif row.noise_share > limits["noise"] and row.noise_p_holm < LEVEL:
            reasons[row.element] = (
                f"{kind} make {100 * row.noise_share:.0f} % of its variance, above {100 * limits['noise']:g} %"
            )
    return reasons


def precision(
    elements: pd.DataFrame, duplicates: pd.DataFrame, _: pd.DataFrame, limits: Mapping[str, float]
) -> Reasons:
    """Fail what laboratory duplicates give with a precision above `limits.precision` for certain."""
    reasons: Reasons = dict.fromkeys(elements["element"])
    if duplicates.empty:
        return reasons
    for row in named_rows(duplicates[duplicates["p"].notna()]):
        fails = row.precision_percent > limits["precision"] and row.p_holm < LEVEL
        message = f"its precision in laboratory duplicates is {row.precision_percent:.0f} %, above"
        reasons[row.element] = f"{message} {limits['precision']:g} %" if fails else ""
    return reasons


def accuracy(
    elements: pd.DataFrame, _: pd.DataFrame, reference: pd.DataFrame, limits: Mapping[str, float]
) -> Reasons:
    """Fail what is farther than `limits.bias` from a certified value, of which the material holds enough."""
    reasons: Reasons = dict.fromkeys(elements["element"])
    if reference.empty:
        return reasons
    detection = elements.set_index("element")["detection_limit_ppm"].fillna(0.0)
    enough = reference["certified_ppm"] >= QUANTIFIED * reference["element"].map(detection).astype(float)
    known = reference[reference["p"].notna() & enough]
    # The worst material last, which is then the one that is told.
    for row in named_rows(known.sort_values("bias_percent", key=abs)):
        fails = abs(row.bias_percent) > limits["bias"] and row.p_holm < LEVEL
        side = "high" if row.bias_percent > 0 else "low"
        message = (
            f"{row.material} reads {abs(row.bias_percent):.0f} % too {side}, beyond {limits['bias']:g} %"
        )
        reasons[row.element] = message if fails else reasons[row.element] or ""
    return reasons


def steadiness(
    elements: pd.DataFrame, _: pd.DataFrame, __: pd.DataFrame, limits: Mapping[str, float]
) -> Reasons:
    """Fail what drifts by more than `limits.bias` over the order of analysis."""
    reasons: Reasons = {}
    for row in named_rows(elements):
        fails = abs(row.drift_percent) > limits["bias"] and row.drift_p_holm < LEVEL
        message = f"reference materials drift by {row.drift_percent:+.0f} %, beyond {limits['bias']:g} %"
        reasons[row.element] = None if np.isnan(row.drift_p) else message.replace("-", "−") if fails else ""
    return reasons


def cleanness(
    elements: pd.DataFrame, _: pd.DataFrame, __: pd.DataFrame, limits: Mapping[str, float]
) -> Reasons:
    """Fail what more than the share `limits.contaminated` of blanks hold too much of."""
    reasons: Reasons = {}
    for row in named_rows(elements):
        judged = row.blanks >= FEWEST_BLANKS and np.isfinite(row.blank_limit_ppm) and not row.blank_by_nature
        limit = f"{limits['blank']:g} detection limits"
        if np.isnan(row.detection_limit_ppm):
            limit = "the poorest samples of the survey"
        message = f"{row.contaminated} of {row.blanks} blanks hold more than {limit} ({row.blank_limit_ppm:.3g} ppm)"
        fails = judged and row.contaminated > limits["contaminated"] * row.blanks
        reasons[row.element] = (message if fails else "") if judged else None
    return reasons


#: What is judged, and how warnings call it.
CRITERIA: dict[str, Criterion] = {
    "signal": signal,
    "precision": precision,
    "accuracy": accuracy,
    "drift": steadiness,
    "blanks": cleanness,
}


def judged(
    elements: pd.DataFrame, duplicates: pd.DataFrame, reference: pd.DataFrame, limits: Mapping[str, float]
) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Judge every element.

    Parameters
    ----------
    elements, duplicates, reference : DataFrame
        Of `element_table`, `duplicate_table` and `reference_table`.
    limits : mapping
        Config section `samples.quality.limits`.

    Returns
    -------
    elements : DataFrame
        With `verdict` (`fails`, `passes`, or `not judged` where nothing is known) and `reason` after `element`.
    failing : dict of str to dict of str to str
        For each of `CRITERIA` that any element fails, the elements and their reasons.
    """
    failing: dict[str, dict[str, str]] = {}
    verdicts: dict[str, Any] = {}
    every = {name: rule(elements, duplicates, reference, limits) for name, rule in CRITERIA.items()}
    for element in elements["element"]:
        by_name = {name: reasons[element] for name, reasons in every.items()}
        bad = {name: reason for name, reason in by_name.items() if reason}
        for name, reason in bad.items():
            failing.setdefault(name, {})[element] = reason
        known = any(reason is not None for reason in by_name.values())
        verdicts[element] = (FAILS if bad else PASSES if known else NOT_JUDGED, "; ".join(bad.values()))
    table = elements.copy()
    table.insert(1, "verdict", [verdicts[element][0] for element in elements["element"]])
    table.insert(2, "reason", [verdicts[element][1] for element in elements["element"]])
    return table, {name: failing[name] for name in CRITERIA if name in failing}
