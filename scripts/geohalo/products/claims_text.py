"""The three claims of the publication in words: verdicts, the rule behind them, and the numbers."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geohalo.evidence.claim_surveys import conditions
from geohalo.evidence.claim_verdicts import (
    CHANCE,
    CLAIMS,
    DECOYS,
    FAILS,
    HOLDS,
    SMALLER_IS_BETTER,
    UNKNOWN,
    Claim,
    claim_verdict,
    seed_means,
)
from geohalo.products.styles import amount, is_variant, method_style, signed_percent

#: What each measure is called in the text.
NAMES = {
    "recall": "halos found",
    "recall_weak": "weak halos found",
    "false_alarm": "false alarms",
    "false_alarm_spared": "false alarms, spared ground",
    "decoy_recall": "decoys called anomalous",
    "capture": "capture",
    "decoy_capture": "capture of decoys",
    "above_decoys": "decoys outranked",
}
RULE = """## The rule, stated before looking

- A measure is averaged, for each seed, over the conditions in which it means something: weak halos over those with
  cover, false alarms over those with contamination, all others over all conditions. A seed, a survey of its own, is
  the one independent piece of evidence.
- A part of a claim **holds** if the 95 % interval of the difference (Student t over seeds) lies wholly on the claim's
  side of 0, **does not hold** if it lies wholly on the other side, and **cannot be told** otherwise. The interval then
  says how large the effect may still be, in either direction.
- The publication makes its claims without reservation. So a claim holds if all of its parts hold, does not hold if any
  part does not, and cannot be told otherwise."""


def claims_text(survey: str, section: Mapping[str, Any], table: pd.DataFrame, verdicts: pd.DataFrame) -> str:
    """Say in words which of the three claims hold.

    Parameters
    ----------
    survey : str
        Name of the survey whose config was used.
    section : mapping
        The section ``claims`` of the config.
    table : pandas.DataFrame
        ``fault``, ``strength``, ``seed``, ``method``, ``metric``, ``value``.
    verdicts : pandas.DataFrame
        Of `geohalo.evidence.claim_verdicts.judge_claims`.

    Returns
    -------
    str
        Markdown.
    """
    parts = [verdicts[verdicts["claim"] == claim.name] for claim in CLAIMS]
    messages = [claim_verdict(list(part["verdict"])) for part in parts]
    summary = [
        f"{number}. {claim.statement} **{verdict.capitalize()}**: {_counted(part)}."
        for number, (claim, verdict, part) in enumerate(zip(CLAIMS, messages, parts, strict=True), 1)
    ]
    return "\n\n".join(
        [
            f"# Do the three claims hold? ({survey})",
            "\n".join(summary),
            _design(section, table),
            RULE,
            *(
                _claim(number, claim, verdict, part)
                for number, (claim, verdict, part) in enumerate(zip(CLAIMS, messages, parts, strict=True), 1)
            ),
            _all_methods(section, table),
            "",
        ]
    )


def _counted(part: pd.DataFrame) -> str:
    """Say how many parts of a claim hold, do not, and cannot be told, and which do not."""
    holding, failing, unknown = (
        int((part["verdict"] == verdict).sum()) for verdict in (HOLDS, FAILS, UNKNOWN)
    )
    message = (
        f"of {amount(len(part), 'part')}, {holding} {'holds' if holding == 1 else 'hold'}, "
        f"{failing} {'does' if failing == 1 else 'do'} not, and {unknown} cannot be told"
    )
    against = [
        f"{NAMES[str(row['metric'])]}, {_pair(row)}: {_signed(row['difference'])}"
        for row in part[part["verdict"] == FAILS].to_dict("records")
    ]
    return f"{message}. Against it: {'; '.join(against)}" if against else message


def _pair(row: dict[Hashable, Any]) -> str:
    """Name the two sides of a difference."""
    return f"{method_style(str(row['method']))[0]} less {_against(str(row['against']))}"


def _design(section: Mapping[str, Any], table: pd.DataFrame) -> str:
    """Say what was simulated."""
    n_conditions, n_seeds = len(conditions(section["strengths"])), table["seed"].nunique()
    *first, last = (f"{strength:g}" for strength in section["strengths"])
    strengths = " and ".join(filter(None, [", ".join(first), last]))
    return (
        f"Measured on {n_conditions * n_seeds} simulated surveys of {section['samples']} samples and "
        f"{section['deposits']} deposits: {amount(n_seeds, 'seed')}, each with all faults off and with contamination "
        f"(`anthropogenic`), transported cover (`overburden`) and laboratory errors (`laboratory`) alone, at strength "
        f"{strengths}. The surveys of a seed share everything but the fault. All numbers are of maps that did not know "
        f"the deposits; the best {signed_percent(section['area'])} of a map is called anomalous."
    )


def _claim(number: int, claim: Claim, verdict: str, part: pd.DataFrame) -> str:
    """Write one claim with its parts."""
    lines = [
        f"## {number}. {claim.name.capitalize()}: {verdict}",
        "",
        claim.statement,
        "",
        "| Difference | Measure | Claimed | Mean | 95 % interval | p | p, Holm | Verdict |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in part.to_dict("records"):
        metric = str(row["metric"])
        cells = [
            _pair(row),
            NAMES[metric],
            "below 0" if metric in SMALLER_IS_BETTER else "above 0",
            _signed(row["difference"]),
            f"{_signed(row['low'])} to {_signed(row['high'])}" if np.isfinite(row["low"]) else "none",
            _p_value(row["p"]),
            _p_value(row["p_holm"]),
            f"**{row['verdict']}**",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    smallest, n = part["smallest_p"].max(), part["n"].min()
    lines += [
        "",
        f"p is from sign flips over {amount(n, 'seed')}; the smallest possible is {_p_value(smallest)}.",
    ]
    return "\n".join(lines)


def _against(name: str) -> str:
    """Name what a method is compared with."""
    return {CHANCE: "chance (0.5)", DECOYS: "that of decoys"}.get(name, method_style(name)[0])


def _signed(value: float) -> str:
    """Write a difference with its sign."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(value) else "none"


def _p_value(value: float) -> str:
    """Write a p-value."""
    return "none" if not np.isfinite(value) else f"{value:.2g}"


def _all_methods(section: Mapping[str, Any], table: pd.DataFrame) -> str:
    """Write the mean of every method and measure, over the same conditions as in the claims."""
    methods = sorted(table["method"].unique(), key=lambda one: (not is_variant(one), one))
    means = pd.DataFrame(
        {metric: [seed_means(table, method, metric).mean() for method in methods] for metric in NAMES},
        methods,
    )
    order = sorted(methods, key=lambda one: (not is_variant(one), -means.loc[one, "recall"]))
    lines = [
        "## All methods",
        "",
        f"Means over seeds and over the conditions that the rule names. Chance is {section['area']:g} for all but the "
        "last three columns and 0.5 for these; fewer false alarms are better, and what decoys are given is worth "
        "nothing. Spared ground is where a fold learned nothing: compare false alarms there with decoys.",
        "",
        f"| Method | {' | '.join(NAMES.values())} |",
        f"|---{'|---' * len(NAMES)}|",
    ]
    for method in order:
        values = " | ".join("none" if np.isnan(value) else f"{value:.2f}" for value in means.loc[method])
        lines.append(f"| {method_style(method)[0]} | {values} |")
    return "\n".join(lines)
