"""What the evidence of a survey comes to, in plain words: warnings first, then the numbers."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from geohalo.evidence.comparisons import LEVEL, smallest_p
from geohalo.evidence.increment import increment
from geohalo.evidence.map_basis import basis_warnings, below_chance
from geohalo.evidence.pairs import MEASURES, deciding, pair, signed_interval
from geohalo.evidence.statistics import student_quantile
from geohalo.fact_splits import FACT_SCHEMES

#: A survey is called too small where a method must be better by more than this to be told apart: it is
#: what lies between chance (0.5) and a map that is of use (0.7).
COARSE = 0.2
#: Lines on doubtful input that the page shows; all stand in `warnings.csv`.
MOST_DOUBTS = 5
#: Splits that a config may add, in words.
OTHER_SPLITS = {
    "leave_one_group_out": "One group held out at a time",
    "checkerboard": "Checkerboard",
    "time": "Learned from deposits found before a year, tested on those found later",
    "status": "Learned from mines, tested on occurrences",
    "type": "Learned from one type of deposit, tested on the others",
}


def verdict(
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
    ranks: pd.DataFrame,
    names: Mapping[str, str],
    traverse: bool = False,
    doubts: Sequence[str] = (),
) -> str:
    """Say in one page what held-out deposits tell of the first method of a table.

    Parameters
    ----------
    metrics : pandas.DataFrame
        ``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high`` and ``n`` of every method; the
        first one is what the page is about.
    comparisons : pandas.DataFrame
        Of `geohalo.evidence.comparisons.compare_methods`.
    ranks : pandas.DataFrame
        ``variant``, ``split``, ``deposit``, ``group``, ``fold`` and the measures of every deposit.
    names : dict of str
        What to call the methods; others are called by their own names.
    traverse : bool, optional
        Whether the samples lie along lines; see `geohalo.evidence.map_basis.is_traverse`.
    doubts : sequence of str, optional
        What is doubtful in the input, a line each; the first `MOST_DOUBTS` stand on the page.

    Returns
    -------
    str
        Markdown: warnings, if there are any, the headline, and what the method beats.
    """
    first = metrics["variant"].iloc[0]
    held = Evidence(metrics[metrics["split"] == "held_out"])
    pairs = comparisons[comparisons["split"] == "held_out"]
    mine = ranks[(ranks["variant"] == first) & (ranks["split"] == "held_out")]
    size = len(mine), mine["group"].nunique()
    shuffled = ranks[(ranks["variant"] == "shuffle") & (ranks["split"] == "held_out")]
    measured = held.of(first, "above_decoys"), held.of(first, "capture")
    warned = basis_warnings(*measured, size[1], traverse)
    warned += doubtful_input(doubts)
    warned += warnings(held, pairs, shuffled, first, size[1], names)
    parts = [f"# What held-out deposits say of {_name(first, names)}", ""]
    if warned:
        parts += ["**Warnings**", "", *(f"- {line}" for line in warned), ""]
    else:
        parts += ["No warning: none of the checks of this page failed.", ""]
    parts += headline(metrics, first, size)
    metric = deciding(pairs)
    parts += increment(
        pairs[pairs["metric"] == metric], lambda name: held.of(name, metric)[0], MEASURES[metric]
    )
    parts += ["", *against_others(pairs, names)]
    return "\n".join(parts) + "\n"


def doubtful_input(doubts: Sequence[str]) -> list[str]:
    """Return the lines of a verdict on doubtful input: the first ones, and how many more there are."""
    lines = [f"**Doubtful input.** {escaped(doubt)}." for doubt in doubts[:MOST_DOUBTS]]
    if len(doubts) > MOST_DOUBTS:
        lines.append(f"**Doubtful input.** {len(doubts) - MOST_DOUBTS} more lines stand in `warnings.csv`.")
    return lines


def escaped(text: str) -> str:
    """Return a text in which Markdown sees no marks."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


class Evidence:
    """Estimates and intervals of one split, by method and metric."""

    def __init__(self, metrics: pd.DataFrame) -> None:
        keys = zip(metrics["variant"], metrics["metric"], strict=True)
        numbers = metrics[["estimate", "low", "high", "n"]].to_numpy(dtype=float)
        self.rows = dict(zip(keys, numbers.tolist(), strict=True))

    def of(self, method: str, metric: str) -> tuple[float, float, float]:
        """Return estimate, low and high; NaN where there is none."""
        estimate, low, high, _ = self.rows.get((method, metric), [np.nan] * 4)
        return estimate, low, high

    def number(self, method: str, metric: str) -> int:
        """Return what was counted for a metric: deposits, decoys or cells."""
        return int(self.rows[method, metric][3])


def warnings(
    held: Evidence,
    pairs: pd.DataFrame,
    shuffled: pd.DataFrame,
    first: str,
    n_groups: int,
    names: Mapping[str, str],
) -> list[str]:
    """Return what speaks against believing the map, beside `basis_warnings`, worst first.

    Parameters
    ----------
    held : Evidence
        Of the held-out split.
    pairs : pandas.DataFrame
        Comparisons of the held-out split.
    shuffled : pandas.DataFrame
        ``fold`` and the measures of every deposit in the maps of shuffled labels.
    first : str
        The method that is looked at.
    n_groups : int
        Groups of deposits.
    names : dict of str
        What to call the methods.

    Returns
    -------
    list of str
        One sentence or two each.
    """
    found = [_of_shuffled(shuffled), _of_density(pairs, first, names), _of_decoys(held, first)]
    return [*filter(None, found), *small_survey(pairs, n_groups)]


def _of_shuffled(shuffled: pd.DataFrame) -> str:
    """Return the warning that labels without a meaning find something; empty where they do not."""
    chance = {words: fold_interval(shuffled, metric) for metric, words in MEASURES.items()}
    outside = [
        f"{words} {interval_of(*row)}" for words, row in chance.items() if row[1] > 0.5 or row[2] < 0.5
    ]
    if not outside:
        return ""
    return (
        f"**Shuffled labels score outside chance**: {' and '.join(outside)}, where 0.5 is chance. A network that "
        "learned from labels that mean nothing should find nothing. One survey in twenty is warned of by luck; "
        "otherwise something but the labels tells where deposits are."
    )


def _of_density(pairs: pd.DataFrame, first: str, names: Mapping[str, str]) -> str:
    """Return the warning that sampling density may tell as much; empty where it is beaten, or was not measured."""
    differences = {words: pair(pairs, "sampling_density", metric) for metric, words in MEASURES.items()}
    unbeaten = [
        f"{words} {_signed(row)}"
        for words, row in differences.items()
        if row is not None and not row["low"] > 0
    ]
    if not unbeaten:
        return ""
    return (
        f"**{_capital(first, names)} is not shown to beat sampling density**: difference in "
        f"{', and in '.join(unbeaten)}. How densely the ground was sampled may tell as much of where deposits are."
    )


def _of_decoys(held: Evidence, first: str) -> str:
    """Return the warning about decoys: none, or not outranked; empty where they are, or a basis warning tells it."""
    estimate, low, high = held.of(first, "above_decoys")
    if not np.isfinite(estimate):
        return (
            "**There are no decoys**: how much capture the hold-out itself produces is unknown, "
            "and it may produce all of it."
        )
    if low > 0.5 or below_chance((estimate, low, high)):
        return ""
    return (
        f"**Deposits are not shown to stand above decoys**: they outrank {interval_of(estimate, low, high)} of "
        "the places without a deposit that were held out in the same way, where 0.5 is chance."
    )


def fold_interval(rows: pd.DataFrame, metric: str) -> tuple[float, float, float]:
    """Return the mean over folds of a measure, with an interval over folds.

    All deposits of a fold are ranked in one map. What a map of shuffled labels makes of them is luck that they
    share, so the fold is what varies independently, not the group. The two `MEASURES` together leave out a true
    value in one case of twenty: 97.5 % each.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``fold`` and the measure of every deposit.
    metric : str
        One of `MEASURES`.

    Returns
    -------
    estimate, low, high : float
        Student t over the folds' means; NaN limits with fewer than two folds.
    """
    means = rows.dropna(subset=metric).groupby("fold")[metric].mean().to_numpy(dtype=float)
    if len(means) < 2:
        return (float(means.mean()) if len(means) else np.nan), np.nan, np.nan
    reach = (
        student_quantile(1 - LEVEL / len(MEASURES) / 2, len(means) - 1)
        * means.std(ddof=1)
        / len(means) ** 0.5
    )
    return float(means.mean()), float(means.mean() - reach), float(means.mean() + reach)


def small_survey(pairs: pd.DataFrame, n_groups: int) -> list[str]:
    """Return a warning if the survey is too small to tell methods apart."""
    metric = deciding(pairs)
    rows = pairs[pairs["metric"] == metric]
    # Groups without room for decoys are no part of a comparison by decoys.
    n_compared = n_groups if rows.empty else int(rows["groups"].max())
    those = " that have decoys" if n_compared < n_groups else ""
    if smallest_p(n_compared) > LEVEL:
        return [
            f"**The survey is too small to tell methods apart**: with {counted(n_compared, 'group')} of "
            f"deposits{those} no difference, however large, has a p below {smallest_p(n_compared):.2g}. "
            "Six groups are the least."
        ]
    if rows.empty:
        return []
    # NaN is what no difference is large enough for.
    middle = float(rows["detectable"].astype(float).fillna(np.inf).median())
    if middle <= COARSE:
        return []
    if np.isinf(middle):
        return [
            "**The survey is too small to tell methods apart**: most deposits are in one of the "
            f"{n_compared} groups{those}, so that the others say too little to back it."
        ]
    return [
        f"**The survey is too small to tell methods apart** unless they are far from each other: with {n_compared} "
        f"groups of deposits{those}, {MEASURES[metric]} must differ by {middle:.2f} to be found four times in five."
    ]


def headline(metrics: pd.DataFrame, first: str, size: tuple[int, int]) -> list[str]:
    """Return the numbers of the first method.

    Parameters
    ----------
    metrics : pandas.DataFrame
        As in `verdict`.
    first : str
        The method.
    size : (int, int)
        Deposits and groups.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    splits = {str(split): Evidence(part) for split, part in metrics.groupby("split", sort=False)}
    held = splits["held_out"]
    lines = [
        f"Each of {counted(size[0], 'deposit')} in {counted(size[1], 'group')} was ranked in a map made without its "
        "group. In brackets: 95 % intervals over groups.",
        "",
        f"- **Capture {interval_of(*held.of(first, 'capture'))}**: a held-out deposit ranks above this share of the "
        "ground; 0.5 is chance.",
    ]
    estimate, low, high = held.of(first, "above_decoys")
    if np.isfinite(estimate):
        decoys = held.number(first, "above_decoys")
        lines += [
            f"- Decoys, {counted(decoys, 'place')} without a deposit that were held out in the same "
            "way, have capture "
            f"{interval_of(*held.of(first, 'decoy_capture'))}. What this has above 0.5 comes from the hold-out "
            "itself, in the line above as well.",
            f"- **Deposits outrank {interval_of(estimate, low, high)} of the decoys**; 0.5 is chance. Compare methods "
            "by this.",
        ]
    benchmark = held.of(first, "opengad_auc")
    if np.isfinite(benchmark[0]):
        lines.append(f"- ROC AUC by the protocol of the open benchmark: {interval_of(*benchmark)}.")
    for split, name in OTHER_SPLITS.items():
        if split in splits:
            capture, decoy, above = (
                interval_of(*splits[split].of(first, metric))
                for metric in ("capture", "decoy_capture", "above_decoys")
            )
            number = (
                f" ({counted(splits[split].number(first, 'capture'), 'deposit')})"
                if split in FACT_SCHEMES
                else ""
            )
            lines.append(
                f"- {name}{number}: capture {capture}, of decoys {decoy}; deposits outrank {above} of the decoys."
            )
    if "random" in splits:
        lines.append(
            f"- On a random split of cells, capture {interval_of(*splits['random'].of(first, 'capture'))}. "
            "This is the optimistic number that papers report. It is no evidence."
        )
    return lines


def against_others(pairs: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Return what the first method beats, does not clearly differ from, and loses to.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Comparisons of the held-out split.
    names : dict of str
        What to call the methods.

    Returns
    -------
    list of str
        Lines of Markdown; none without another method.
    """
    metric = deciding(pairs)
    rows = pairs[pairs["metric"] == metric]
    if rows.empty:
        return []
    significant = rows["p_holm"].astype(float) < LEVEL
    better = rows["difference"].astype(float) > 0
    kinds = {
        "beats": rows[significant & better],
        "loses to": rows[significant & ~better],
        "does not clearly differ from": rows[~significant],
    }
    first, least = _name(rows["variant"].iloc[0], names), smallest_p(int(rows["groups"].max()))
    lines = [
        f"Against {counted(len(rows), 'other method')} by {MEASURES[metric]}, on the same deposits (paired permutation "
        f"test; p below {LEVEL:g} after Holm's correction, before which the smallest possible is {least:.2g}), {first}",
        "",
    ]
    for verb, part in kinds.items():
        those = zip(part["against"], part["difference"], strict=True)
        listed = ", ".join(f"{_name(name, names)} ({difference:+.2f})" for name, difference in those)
        lines.append(f"- {verb} {listed or 'none'}.")
    detectable = rows["detectable"].dropna()
    if len(detectable):
        span = " to ".join(dict.fromkeys(f"{number:.2f}" for number in (detectable.min(), detectable.max())))
        lines += [
            "",
            f"With these deposits a difference must be {span}, depending on the method, to be found four "
            "times in five, before the correction.",
        ]
    return lines


def interval_of(estimate: float, low: float, high: float) -> str:
    """Return an estimate with its interval in brackets, where there is one."""
    return f"{estimate:.2f}" + (f" ({low:.2f} to {high:.2f})" if np.isfinite([low, high]).all() else "")


def _signed(row: pd.Series) -> str:
    least = row["detectable"]
    needed = f", where {least:.2f} would be found four times in five" if np.isfinite(least) else ""
    return f"{signed_interval(row)}{needed}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _name(method: str, names: Mapping[str, str]) -> str:
    return names.get(method, method.replace("_", " "))


def _capital(method: str, names: Mapping[str, str]) -> str:
    name = _name(method, names)
    return name[0].upper() + name[1:]
