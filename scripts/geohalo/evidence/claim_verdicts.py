"""The three claims of the publication, put to the test over simulated surveys (`geohalo.evidence.claims`).

Each claim is a list of *parts*: two methods, or a method and chance, compared by one measure. The rule is stated
here, before any number is known:

1. A measure is averaged, for each seed, over the conditions in which it means something (`CONDITIONS`). A seed, a
   survey of its own, is the one independent piece of evidence; conditions of a seed share deposits and ground.
2. The differences of the seeds have a mean and a 95 % Student t interval. A part *holds* if the interval lies wholly
   on the claim's side of 0, *does not hold* if it lies wholly on the other side, and *cannot be told* otherwise.
3. The publication makes its claims without reservation. So a claim holds if all of its parts hold, does not hold if
   any part does not, and cannot be told otherwise.

Beside each interval stands the p-value of a two-sided sign-flip permutation test over seeds, which assumes no normal
distribution, as it is and after Holm's correction for the number of parts of the claim. With S seeds no p can be
smaller than 2 / 2^S: three seeds prove nothing by this test alone.

Sources: Xu and Zuo (2024), doi 10.1007/s11004-024-10158-1 (the claims). Holm (1979), A simple sequentially rejective
multiple test procedure, Scandinavian Journal of Statistics 6, 65-70. Berger (1982), Multiparameter hypothesis testing
and acceptance sampling, Technometrics 24, 295-300 (all parts must hold: no correction is needed for that).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geohalo.evidence.claims import interval_over_seeds
from geohalo.evidence.comparisons import holm, sign_flip_p, smallest_p

#: What the verdicts are called.
HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "cannot be told"
#: Fault whose conditions a measure is averaged over; the others are over all conditions, all faults off included.
CONDITIONS = {
    "false_alarm": "anthropogenic",
    "false_alarm_km2": "anthropogenic",
    "false_alarm_spared": "anthropogenic",
    "recall_weak": "overburden",
}
#: Measures of which less is better.
SMALLER_IS_BETTER = ("false_alarm",)
#: What a measure can be compared with beside another method: a number, or another measure of the same method.
CHANCE, DECOYS = "chance", "decoys"


@dataclass(frozen=True)
class Claim:
    """A claim and its parts.

    Attributes
    ----------
    name : str
        As in the tables.
    statement : str
        The claim in words.
    parts : tuple of (method, against, metric)
        `against` is another method, `CHANCE` (0.5) or `DECOYS` (the capture of the decoys).
    """

    name: str
    statement: str
    parts: tuple[tuple[str, str, str], ...]


def _pairs(*pairs: tuple[str, str]) -> tuple[tuple[str, str, str], ...]:
    metrics = ("recall", "recall_weak", "false_alarm", "above_decoys")
    return tuple((method, against, metric) for method, against in pairs for metric in metrics)


CLAIMS = (
    Claim(
        "superpixels",
        "Superpixels help: a network that sees them finds more halos, weak ones too, and calls less contamination "
        "anomalous than the spectrum of single cells does.",
        _pairs(("fusion", "spectrum"), ("spatial", "spectrum")),
    ),
    Claim(
        "fusion",
        "Fusion beats each branch: both together are better than the spectrum branch and than the spatial branch.",
        _pairs(("fusion", "spectrum"), ("fusion", "spatial")),
    ),
    Claim(
        "deposits",
        "The maps point at deposits: held-out deposits rank higher than places without a deposit that were held out "
        "alike.",
        (("fusion", CHANCE, "above_decoys"), ("fusion", DECOYS, "capture")),
    ),
)


def judge_claims(table: pd.DataFrame) -> pd.DataFrame:
    """Put every part of every claim to the test.

    Parameters
    ----------
    table : pandas.DataFrame
        ``survey``, ``fault``, ``strength``, ``seed``, ``method``, ``metric``, ``value``.

    Returns
    -------
    pandas.DataFrame
        One row for each part: ``survey``, ``claim``, ``method``, ``against``, ``metric``, ``difference`` (mean over
        seeds of the first less the second), ``low``, ``high``, ``p``, ``p_holm``, ``smallest_p``, ``n`` (seeds) and
        ``verdict``.
    """
    rows = []
    for claim in CLAIMS:
        parts = [_tested(table, *part) for part in claim.parts]
        corrected = holm(np.array([part["p"] for part in parts]))
        about = {"survey": table["survey"].iloc[0], "claim": claim.name}
        rows += [about | part | {"p_holm": p} for part, p in zip(parts, corrected, strict=True)]
    columns = ["survey", "claim", "method", "against", "metric", "difference", "low", "high", "p", "p_holm"]
    return pd.DataFrame(rows)[[*columns, "smallest_p", "n", "verdict"]]


def seed_means(table: pd.DataFrame, method: str, metric: str) -> pd.Series:
    """Return a measure of a method by seed, averaged over the conditions in which it means something."""
    chosen = (table["method"] == method) & (table["metric"] == metric)
    if metric in CONDITIONS:
        chosen &= table["fault"] == CONDITIONS[metric]
    return table[chosen].groupby("seed")["value"].mean()


def _tested(table: pd.DataFrame, method: str, against: str, metric: str) -> dict[str, object]:
    """Return one part of a claim as a row."""
    mine = seed_means(table, method, metric)
    if against == CHANCE:
        difference = mine - 0.5
    elif against == DECOYS:
        difference = mine - seed_means(table, method, f"decoy_{metric}")
    else:
        difference = mine - seed_means(table, against, metric)
    values = difference.dropna().to_numpy(dtype=float)
    mean, low, high = interval_over_seeds(values)
    return {
        "method": method,
        "against": against,
        "metric": metric,
        "difference": mean,
        "low": low,
        "high": high,
        "p": sign_flip_p(values) if len(values) else np.nan,
        "smallest_p": smallest_p(len(values)) if len(values) else np.nan,
        "n": len(values),
        "verdict": part_verdict(low, high, metric in SMALLER_IS_BETTER),
    }


def part_verdict(low: float, high: float, smaller_is_better: bool) -> str:
    """Return what an interval of a difference says of one part of a claim.

    Parameters
    ----------
    low, high : float
        95 % interval of the first method less the second; NaN where there is none.
    smaller_is_better : bool
        Whether the claim is that the difference is below 0.

    Returns
    -------
    str
        `HOLDS`, `FAILS` or `UNKNOWN`.
    """
    if smaller_is_better:
        low, high = -high, -low
    return HOLDS if low > 0 else FAILS if high < 0 else UNKNOWN


def claim_verdict(parts: list[str]) -> str:
    """Return the verdict on a claim from those on its parts: it holds if all do, and does not if any does not."""
    if FAILS in parts:
        return FAILS
    return HOLDS if all(part == HOLDS for part in parts) else UNKNOWN
