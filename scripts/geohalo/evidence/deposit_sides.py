"""Holding out by what a deposit is: which are learned from, which are tested, and which are neither.

Three schemes ask for what the list of deposits says of each (`geohalo.survey.deposit_facts`). Each has one
fold, which learns from one side and is tested on the other:

``time``: deposits found before ``labels.known_before`` are learned from, those found in that year or later
are tested.

``status``: mines are learned from, occurrences are tested.

``type``: deposits of the type ``labels.learn_type`` are learned from, those of all other types are tested.

A deposit of which the list does not say it is *left out*: it gives no positive, is not tested and is no
part of any metric of the scheme. It is a known deposit all the same, so background stays away from it, as
from an unreachable one.

A group is never split here either. A deposit to be tested whose group holds one to be learned from is left
out as well: what is found beside a known deposit says nothing of a map, and holding it out would take the
known one from the training, since no training cell lies within the buffer of a tested deposit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geohalo.errors import InputError
from geohalo.evidence.candidates import NONE
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.input_warnings import InputWarning
from geohalo.survey.deposit_facts import MINE

LEARNED, TESTED = 0, 1
_MOST_NAMED = 10


def deposit_sides(
    scheme: str, facts: pd.DataFrame, group: np.ndarray, labels: Mapping[str, Any]
) -> np.ndarray:
    """Return the side of each deposit in a scheme.

    Parameters
    ----------
    scheme : {"time", "status", "type"}
    facts : pandas.DataFrame, shape (D, columns)
        Known deposits, with the column that the scheme asks for (`geohalo.fact_splits.FACT_SCHEMES`).
    group : (D,) int array
        Group of each deposit; -1 for those that are not used at all.
    labels : mapping
        The section ``labels`` of the config: ``known_before`` for time, ``learn_type`` for type.

    Returns
    -------
    (D,) int array
        0 for a deposit to learn from, 1 for one to test on, -1 for one that is neither.
    """
    side = np.where(group == NONE, NONE, told_sides(scheme, facts, labels))
    return np.where((side == TESTED) & np.isin(group, group[side == LEARNED]), NONE, side)


def told_sides(scheme: str, facts: pd.DataFrame, labels: Mapping[str, Any]) -> np.ndarray:
    """Return the side (D,) that the list tells of each deposit, -1 without a value; arguments of `deposit_sides`."""
    value = facts[FACT_SCHEMES[scheme]]
    if scheme == "time":
        year = value.to_numpy(dtype=float)
        return np.where(np.isnan(year), NONE, np.where(year < labels["known_before"], LEARNED, TESTED))
    text = value.fillna("").astype(str)
    if scheme == "status":
        learned = (text == MINE).to_numpy()
    else:
        learned = (text.str.casefold() == str(labels["learn_type"]).strip().casefold()).to_numpy()
    return np.where(text == "", NONE, np.where(learned, LEARNED, TESTED))


def check_sides(
    scheme: str, side: np.ndarray, group: np.ndarray, facts: pd.DataFrame, labels: Mapping[str, Any]
) -> None:
    """Raise InputError if a side of a scheme holds fewer than two groups of deposits.

    Parameters
    ----------
    scheme, facts, group, labels
        As in `deposit_sides`.
    side : (D,) int array
        What it returns.
    """
    used = side != NONE
    size = {one: len(np.unique(group[used & (side == one)])) for one in (LEARNED, TESTED)}
    if min(size.values()) >= 2:
        return
    column = FACT_SCHEMES[scheme]
    number = {one: int((used & (side == one)).sum()) for one in (LEARNED, TESTED)}
    before, kind = labels.get("known_before"), labels.get("learn_type")
    words = {
        "time": (f"found before {before}", f"found in {before} or later"),
        "status": ("that are mines", "that are occurrences"),
        "type": (f"of the type {kind!r}", "of other types"),
    }[scheme]
    beside = int(((told_sides(scheme, facts, labels) == TESTED) & (group != NONE) & ~used).sum())
    without = f" ({beside} more lie in groups that it learns from)" if beside else ""
    parts = [f"{number[one]} deposit(s) {words[one]}, in {size[one]} group(s)" for one in (LEARNED, TESTED)]
    key = "labels.learn_type" if scheme == "type" else f"deposits.{column}"
    raise InputError(
        f"The split {scheme} learns from {parts[0]}, and tests {parts[1]}{without}, of those on surveyed ground; each "
        f"side needs two groups. {_advice(scheme, facts.loc[group != NONE, column])}, lower labels.group_distance (now "
        f"{labels['group_distance']:g} m) if a side is a single group of several deposits, or remove {key}."
    )


def _advice(scheme: str, values: pd.Series) -> str:
    """Say which key moves deposits to the other side, and what there is to choose from."""
    if scheme == "time":
        known = np.sort(values.dropna().to_numpy(dtype=float))
        span = f", in which the years run from {known[0]:.0f} to {known[-1]:.0f}" if len(known) else ""
        return f"Set labels.known_before to a year that parts the list{span}"
    if scheme == "status":
        return "Correct deposits.mines and deposits.occurrences"
    counts = values[values != ""].value_counts()
    present = ", ".join(f"{name!r} ({count})" for name, count in counts.head(_MOST_NAMED).items()) or "none"
    return f"Set labels.learn_type to a type of the list ({present})"


def left_out(
    schemes: Sequence[str],
    facts: pd.DataFrame,
    group: np.ndarray,
    section: Mapping[str, Any],
    labels: Mapping[str, Any],
    source: str,
) -> list[InputWarning]:
    """Return warnings of deposits that are left out, for want of a value or since their group is learned from.

    Parameters
    ----------
    schemes : sequence of str
        Schemes that the config asks for; others than those of this module are passed over.
    facts : pandas.DataFrame, shape (D, columns)
        Deposits on surveyed ground with `row` and the columns that the schemes ask for.
    group : (D,) int array
        Group of each of them.
    section, labels : mapping
        Config sections `deposits` and `labels`.
    source : str
        File of the deposits.
    """
    warnings = []
    for scheme in schemes:
        if scheme not in FACT_SCHEMES:
            continue
        column = FACT_SCHEMES[scheme]
        told, side = told_sides(scheme, facts, labels), deposit_sides(scheme, facts, group, labels)
        beside = (told == TESTED) & (side == NONE)
        for lost, why, fix in (
            (told == NONE, f"have no {column}", "fill the cells in, if it is known"),
            (
                beside,
                "lie in a group with deposits that it learns from",
                "lower labels.group_distance if they are places of their own",
            ),
        ):
            if lost.any():
                what = (
                    f"{lost.sum()} of the {len(facts)} deposits inside are neither learned from nor tested by the "
                    f"split {scheme}, since they {why}"
                )
                row = str(facts["row"].to_numpy()[lost][0])
                warnings.append(InputWarning(what, fix, source, str(section[column]), row))
    return warnings
