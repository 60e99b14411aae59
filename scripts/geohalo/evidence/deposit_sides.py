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

The sides are made of single deposits, not of groups: a mine and an occurrence beside it are on different
sides. What keeps them apart is the buffer: no training cell lies within it of a tested deposit, so that a
mine nearer than that teaches only what lies beyond.
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


def deposit_sides(scheme: str, facts: pd.DataFrame, labels: Mapping[str, Any]) -> np.ndarray:
    """Return the side of each deposit in a scheme.

    Parameters
    ----------
    scheme : {"time", "status", "type"}
    facts : pandas.DataFrame, shape (D, columns)
        Known deposits, with the column that the scheme asks for (`geohalo.fact_splits.FACT_SCHEMES`).
    labels : mapping
        The section ``labels`` of the config: ``known_before`` for time, ``learn_type`` for type.

    Returns
    -------
    (D,) int array
        0 for a deposit to learn from, 1 for one to test on, -1 for one without a value.
    """
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
    scheme, facts, labels
        As in `deposit_sides`.
    side : (D,) int array
        What it returns.
    group : (D,) int array
        Group of each deposit; -1 for those that are not used at all.
    """
    used = (group != NONE) & (side != NONE)
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
    parts = [f"{number[one]} deposit(s) {words[one]}, in {size[one]} group(s)" for one in (LEARNED, TESTED)]
    key = "labels.learn_type" if scheme == "type" else f"deposits.{column}"
    raise InputError(
        f"The split {scheme} learns from {parts[0]}, and tests {parts[1]}, of those on surveyed ground; each side "
        f"needs two groups. {_advice(scheme, facts.loc[group != NONE, column])}, lower labels.group_distance (now "
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


def without_value(
    schemes: Sequence[str], facts: pd.DataFrame, section: Mapping[str, Any], source: str
) -> list[InputWarning]:
    """Return a warning for each scheme in which deposits on surveyed ground are left out for want of a value.

    Parameters
    ----------
    schemes : sequence of str
        Schemes that the config asks for; others than those of this module are passed over.
    facts : pandas.DataFrame, shape (D, columns)
        Known deposits with `inside`, `row` and the columns that the schemes ask for.
    section : mapping
        Config section `deposits`.
    source : str
        File of the deposits.
    """
    warnings, inside = [], facts[facts["inside"]]
    for scheme in schemes:
        if scheme not in FACT_SCHEMES:
            continue
        column = FACT_SCHEMES[scheme]
        lost = inside[inside[column].isna() | (inside[column] == "")]
        if len(lost):
            warnings.append(
                InputWarning(
                    f"{len(lost)} of the {len(inside)} deposits inside have no {column} and are neither learned from "
                    f"nor tested by the split {scheme}",
                    "fill the cells in, if it is known",
                    source,
                    str(section[column]),
                    str(lost["row"].iloc[0]),
                )
            )
    return warnings
