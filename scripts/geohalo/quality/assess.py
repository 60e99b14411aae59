"""Quality control of a survey from its rows of control: tables, verdicts and warnings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm

from geohalo.input_warnings import InputWarning
from geohalo.multiple_tests import holm
from geohalo.quality.certified import certified_values, uncertified
from geohalo.quality.duplicates import FEWEST_PAIRS, duplicate_table
from geohalo.quality.element_table import element_table
from geohalo.quality.named_rows import named_rows
from geohalo.quality.reference import reference_table
from geohalo.quality.verdict import FAILS, LEVEL, judged
from geohalo.survey.analyses import Analyses
from geohalo.survey.layout import Form
from geohalo.survey.row_roles import DUPLICATES, Roles
from geohalo.survey.tables import read_table

_MOST_NAMED = 8
# What elements fail by, as a warning says it.
_FAILED = {
    "signal": "noise",
    "precision": "precision",
    "accuracy": "bias",
    "drift": "drift",
    "blanks": "contaminated blanks",
}
# No element is weighed down to nothing.
_LEAST = 0.01
# Share of results of a laboratory in control that are beyond 3 standard deviations.
_BEYOND_3SD = 2 * float(norm.sf(3))


@dataclass(frozen=True)
class Quality:
    """What quality control found.

    Attributes
    ----------
    elements : DataFrame
        One row per element: `element`, `verdict`, `reason`, `weight`, and the numbers of `element_table`.
    reference, duplicates : DataFrame
        Of `reference_table` and `duplicate_table`.
    warnings : list of InputWarning
    excluded : dict of str to str
        Elements to leave out, and why.
    """

    elements: pd.DataFrame
    reference: pd.DataFrame
    duplicates: pd.DataFrame
    warnings: list[InputWarning]
    excluded: dict[str, str]


def assess_table(
    analyses: Analyses, section: Mapping[str, Any], certified: str | None = None
) -> Quality | None:
    """Judge the elements of a survey as its config says.

    Parameters
    ----------
    analyses : Analyses
    section : mapping
        Config section `samples`; without `quality` nothing is judged.
    certified : str, optional
        Table of certified values.
    """
    if "quality" not in section:
        return None
    known = (
        None
        if certified is None
        else certified_values(read_table(certified, form=Form(key="")), section, certified)
    )
    return assess(analyses, section["quality"], known, certified or "")


def assess(
    analyses: Analyses, quality: Mapping[str, Any], certified: pd.DataFrame | None = None, named: str = ""
) -> Quality:
    """Judge the elements of a survey by its rows of quality control.

    Parameters
    ----------
    analyses : Analyses
    quality : mapping
        Config section `samples.quality` with all defaults filled in.
    certified : DataFrame, optional
        As `certified_values` returns it.
    named : str
        File name of the certified values, for messages.
    """
    limits, roles, numbers = quality["limits"], analyses.roles, (analyses.values, analyses.censored)
    duplicates = duplicate_table(roles.role, analyses.original, *numbers, limits["precision"])
    reference = reference_table(roles, *numbers, certified)
    elements = element_table(roles, analyses.original, *numbers, analyses.detection, limits)
    elements, failing = judged(elements, duplicates, reference, limits)
    fails = elements["verdict"] == FAILS
    weigh = fails & (quality["failing"] == "weigh")
    elements.insert(
        3,
        "weight",
        np.where(weigh, np.sqrt(np.clip(1 - elements["noise_share"].fillna(0.0), _LEAST, 1)), 1.0),
    )
    excluded = {}
    if quality["failing"] == "exclude":
        reasons = elements.loc[fails, ["element", "reason"]].itertuples(index=False)
        excluded = {str(element): f"fails quality control: {reason}" for element, reason in reasons}
    warnings = [
        *([] if certified is None else uncertified(roles, certified, named)),
        *_few_pairs(roles, analyses, duplicates),
        *_failing(failing, quality["failing"], analyses.source),
        *_out_of_control(reference, analyses.source),
        *_batches(elements, limits["bias"], analyses.source),
        *_unweighed(elements, weigh, analyses.source),
    ]
    return Quality(elements, reference, duplicates, warnings, excluded)


def _named(reasons: Mapping[str, str]) -> str:
    """Write elements with what is told of each, some of them if they are many."""
    listed = ", ".join(f"{name} ({why})" for name, why in list(reasons.items())[:_MOST_NAMED])
    return listed + (f" and {len(reasons) - _MOST_NAMED} more" if len(reasons) > _MOST_NAMED else "")


def _failing(failing: Mapping[str, Mapping[str, str]], what: str, source: str) -> list[InputWarning]:
    """Return a warning for each criterion that elements fail."""
    # An element may be off in many ways; each has a warning, so that none is long.
    done = {
        "report": "see quality.csv; leave them out (samples.quality.failing: exclude), weigh them down (weigh), or "
        "raise samples.quality.limits",
        "exclude": "they are left out (samples.quality.failing); see quality.csv",
        "weigh": "they are weighed down (samples.quality.failing); see quality.csv",
    }[what]
    return [
        InputWarning(
            f"elements fail quality control by {_FAILED[criterion]}: {_named(message)}", done, source
        )
        for criterion, message in failing.items()
    ]


def _few_pairs(roles: Roles, analyses: Analyses, duplicates: pd.DataFrame) -> list[InputWarning]:
    """Return a warning for each kind of duplicates of which there are too few to judge by."""
    messages = []
    for kind in DUPLICATES:
        pairs = 0 if duplicates.empty else duplicates.loc[duplicates["kind"] == kind, "pairs"].max()
        if roles.of(kind).any() and not pairs >= FEWEST_PAIRS:
            messages.append(
                InputWarning(
                    f"{0 if np.isnan(pairs) else pairs:.0f} {kind.replace('_', ' ')}s have an original and measured "
                    f"values; no element is judged by fewer than {FEWEST_PAIRS}",
                    "nothing, if there are no more of them",
                    analyses.source,
                )
            )
    return messages


def _out_of_control(reference: pd.DataFrame, source: str) -> list[InputWarning]:
    """Return the warning that more results are beyond 3 standard deviations than chance allows."""
    if reference.empty:
        return []
    known = reference[reference["beyond_3sd"].notna()].copy()
    tests = [
        binomtest(int(row.beyond_3sd), int(row.results), _BEYOND_3SD, alternative="greater").pvalue
        for row in named_rows(known)
    ]
    bad = known[holm(np.array(tests, dtype=float)) < LEVEL]
    if bad.empty:
        return []
    by_name = {
        f"{row.element} in {row.material}": f"{row.beyond_3sd:.0f} of {row.results}"
        for row in named_rows(bad)
    }
    return [
        InputWarning(
            "more results of reference materials are beyond 3 standard deviations than chance "
            f"allows: {_named(by_name)}",
            "see quality_reference.csv and figures/quality.png; ask the laboratory to repeat those batches, or leave "
            "them out with samples.keep",
            source,
        )
    ]


def _batches(elements: pd.DataFrame, limit: float, source: str) -> list[InputWarning]:
    """Return the warning that reference materials shift between batches."""
    bad = elements[(elements["batch_p_holm"] < LEVEL) & (elements["batch_shift_percent"] > limit)]
    if bad.empty:
        return []
    by_name = {row.element: f"{row.batch_shift_percent:.0f} %" for row in named_rows(bad)}
    return [
        InputWarning(
            f"reference materials differ between batches by more than {limit:g} %: {_named(by_name)}",
            "level the batches, with samples.levelling: {method: reference} if they share reference materials",
            source,
        )
    ]


def _unweighed(elements: pd.DataFrame, weigh: pd.Series, source: str) -> list[InputWarning]:
    """Return the warning that elements which fail keep their weight."""
    full = elements.loc[weigh & elements["noise_share"].isna(), "element"]
    if full.empty:
        return []
    return [
        InputWarning(
            f"no duplicates tell how noisy {', '.join(full)} is, and it keeps its full weight",
            "list it in samples.exclude, or set samples.quality.failing: exclude",
            source,
        )
    ]
