"""What deposits say of a map that was made elsewhere, in plain words: first what cannot be known."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geohalo.evidence.foreign_evidence import BESIDE, EVIDENCE, KNOWN, UNCOVERED
from geohalo.evidence.verdict import Evidence, against_others, counted, doubtful_input, escaped, interval_of


def foreign_verdict(
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
    about: Mapping[str, Any],
    listed: bool,
    names: Mapping[str, str],
    doubts: Sequence[str] = (),
) -> str:
    """Say in one page what deposits tell of a map made elsewhere.

    Parameters
    ----------
    metrics : pandas.DataFrame
        ``variant``, ``metric``, ``estimate``, ``low``, ``high`` and ``n``; the first variant is the map.
    comparisons : pandas.DataFrame
        Of `geohalo.evidence.comparisons.compare_methods`.
    about : mapping
        ``roles`` (D,) of `geohalo.evidence.foreign_evidence.deposit_roles`, ``groups`` (D,) of the deposits, and
        ``covered``, the share of the ground where the map has a score.
    listed : bool
        Whether the config lists the deposits that the map learned from.
    names : dict of str
        What to call the survey's own methods.
    doubts : sequence of str
        What is doubtful in the input, a line each.

    Returns
    -------
    str
        Markdown.
    """
    first = str(metrics["variant"].iloc[0])
    found, roles = Evidence(metrics), np.asarray(about["roles"])
    groups = len(np.unique(np.asarray(about["groups"])[roles == EVIDENCE]))
    parts = [f"# What deposits say of {escaped(first)}", "", "**What cannot be known**", ""]
    parts += [f"- {line}" for line in unknown(roles, listed)]
    warned = [*doubtful_input(doubts), *warnings(found, first, groups)]
    if warned:
        parts += ["", "**Warnings**", "", *(f"- {line}" for line in warned)]
    parts += ["", *numbers(found, first, roles, groups, about["covered"])]
    rows = against_others(comparisons, {first: escaped(first), **names})
    parts += ["", *(_comparable(listed) if rows else []), *rows]
    return "\n".join(parts) + "\n"


def unknown(roles: np.ndarray, listed: bool) -> list[str]:
    """Return what no number of the page can tell: what the map was trained on.

    Parameters
    ----------
    roles : (D,) array
        Of `geohalo.evidence.foreign_evidence.deposit_roles`.
    listed : bool
        Whether the config lists what it was trained on.
    """
    if not listed:
        return [
            "**Whether this map was made with these deposits.** A map does not show it. If it was trained on them, or "
            "drawn or chosen by someone who knew them, every number below is flattered and none is evidence. Name the "
            "deposits that it was trained on in `judge.trained_on`, and the others are judged alone."
        ]
    known, beside = int((roles == KNOWN).sum()), int((roles == BESIDE).sum())
    also = f", and {beside:,} more in their groups" if beside else ""
    return [
        f"**Whether the list of `judge.trained_on` is complete.** By it the map learned from "
        f"{counted(known, 'deposit')} of this survey, which are left out{also}. If it knew any of the "
        "others, the numbers below are flattered."
    ]


def warnings(found: Evidence, first: str, groups: int) -> list[str]:
    """Return what speaks against believing the map, or the numbers.

    Parameters
    ----------
    found : Evidence
        Of all methods.
    first : str
        The map.
    groups : int
        Groups of deposits that are evidence.
    """
    lines, (estimate, low, high) = [], found.of(first, "above_decoys")
    capture = found.of(first, "capture")
    if capture[2] < 0.5 or (np.isfinite(estimate) and high < 0.5):
        lines.append(
            "**The map is below chance here**: deposits lie on its low ground. Higher scores must mean more "
            "prospective ground; if the map has it the other way round, export it with its sign changed."
        )
    elif np.isfinite(estimate) and not low > 0.5:
        lines.append(
            f"**Deposits are not shown to stand above decoys**: they outrank {interval_of(estimate, low, high)} of the "
            "places without a deposit, where 0.5 is chance."
        )
    if not np.isfinite(estimate):
        lines.append("**There are no decoys** on the ground that the map covers.")
    if groups < 6:
        lines.append(
            f"**{counted(groups, 'group')} of deposits {'is' if groups == 1 else 'are'} little evidence**: with fewer "
            "than six no difference between methods can be shown, however large."
        )
    return lines


def numbers(found: Evidence, first: str, roles: np.ndarray, groups: int, covered: float) -> list[str]:
    """Return the numbers of the map.

    Parameters
    ----------
    found, first, groups
        As in `warnings`.
    roles : (D,) array
        Of `geohalo.evidence.foreign_evidence.deposit_roles`.
    covered : float
        Share of the ground where the map has a score.
    """
    evidence, lost = int((roles == EVIDENCE).sum()), int((roles == UNCOVERED).sum())
    whole = (
        "all of the ground"
        if covered == 1
        else f"{covered:.1%} of the ground, in which all methods are ranked"
    )
    without = (
        f" {counted(lost, 'deposit')} without a score nearby {'is' if lost == 1 else 'are'} left out."
        if lost
        else ""
    )
    lines = [
        f"{counted(evidence, 'deposit')} in {counted(groups, 'group')} are ranked in the map, which covers {whole}."
        f"{without} In brackets: 95 % intervals over groups.",
        "",
        f"- **Capture {interval_of(*found.of(first, 'capture'))}**: a deposit ranks above this share of the ground; "
        "0.5 is chance.",
        f"- In the best 5 % of the ground lie {_percent(found, first, 'found_5')} of the deposits, in the best 10 % "
        f"{_percent(found, first, 'found_10')}.",
    ]
    estimate, low, high = found.of(first, "above_decoys")
    if np.isfinite(estimate):
        lines.append(
            f"- **Deposits outrank {interval_of(estimate, low, high)} of the decoys**, "
            f"{counted(found.number(first, 'above_decoys'), 'place')} without a deposit as far from the deposits of "
            f"other folds, whose own capture is {interval_of(*found.of(first, 'decoy_capture'))}. Compare "
            "methods by this."
        )
    benchmark = found.of(first, "opengad_auc")
    if np.isfinite(benchmark[0]):
        lines.append(f"- ROC AUC by the protocol of the open benchmark: {interval_of(*benchmark)}.")
    return lines


def _percent(found: Evidence, method: str, metric: str) -> str:
    return f"{found.of(method, metric)[0]:.0%}"


def _comparable(listed: bool) -> list[str]:
    """Return what a comparison with the survey's own methods is worth."""
    handicap = (
        "The survey's own methods had each of these deposits held out when it was ranked."
        if listed
        else "The survey's own methods had each deposit held out when it was ranked; a map that knew them has an "
        "advantage that says nothing of its worth."
    )
    return [handicap, ""]
