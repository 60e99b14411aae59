"""What a user must be told of batches and levelling."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.quality.levelling import Shifts
from geohalo.quality.levelling_error import ALL, TOGETHER

_MOST_NAMED = 8
#: A bias of a laboratory is smaller than so many times; what is larger is another method or unit.
OTHER_METHOD = 5.0


def levelling_doubts(
    table: pd.DataFrame,
    errors: pd.DataFrame,
    column: str,
    section: Mapping[str, Any] | None,
    found: Shifts,
    elements: Sequence[str],
    batches: Sequence[str],
    source: str,
) -> list[InputWarning]:
    """Return what is doubtful: shifts left as they are, batches that nothing compares, a levelling that does not help.

    Parameters
    ----------
    table : DataFrame
        See `geohalo.quality.levelling.shift_table`.
    errors : DataFrame
        See `geohalo.quality.levelling_error.levelling_errors`.
    column : str
        Column of the batches.
    section : mapping or None
        Config section `samples.levelling`; None where it is absent.
    found : Shifts
        What is applied, or would be.
    elements, batches : sequence of str
        Those of ``found``.
    source : str
        File name.
    """
    method = "neighbours" if section is None else section["method"]
    doubts = _left_alone(table, section, found, elements, batches)
    doubts += _other_methods(found, elements, batches)
    if section is not None:
        doubts += _not_compared(table, method)
        doubts += _not_helping(errors, section)
    if method == "quantiles":
        what = "levelling by quantiles takes the ground of all batches to be alike, and removes what truly differs"
        fix = "use samples.levelling.method: reference or neighbours where the table allows it"
        doubts.append((what, fix))
    return [InputWarning(what, fix, source, column) for what, fix in doubts]


def _left_alone(
    table: pd.DataFrame,
    section: Mapping[str, Any] | None,
    found: Shifts,
    elements: Sequence[str],
    batches: Sequence[str],
) -> list[tuple[str, str]]:
    """Tell of shifts that were found and not taken off."""
    if table["applied"].any() or not found.applied.any():
        return []
    parts = []
    for batch in np.flatnonzero(found.applied.any(axis=0)).tolist():
        own = [
            f"{elements[k]} by a factor of {np.exp(found.shift[k, batch]):.2g}"
            for k in np.flatnonzero(found.applied[:, batch]).tolist()
        ]
        parts.append(f"{batches[batch]} in {_listed(own)}")
    what = f"batches differ from their neighbours: {_listed(parts)}; nothing was corrected"
    key = (
        "samples.levelling: {method: neighbours}"
        if section is None
        else "samples.levelling.apply: significant"
    )
    return [
        (what, f"look at levelling.csv, and set {key} if no geological boundary follows the batch's border")
    ]


def _other_methods(found: Shifts, elements: Sequence[str], batches: Sequence[str]) -> list[tuple[str, str]]:
    """Tell of batches that stand off by more than a laboratory errs."""
    large = found.applied & (np.abs(found.shift) > np.log(OTHER_METHOD))
    if not large.any():
        return []
    named = [
        f"{batches[batch]} in {_listed([elements[k] for k in np.flatnonzero(large[:, batch]).tolist()])}"
        for batch in np.flatnonzero(large.any(axis=0)).tolist()
    ]
    what = (
        f"batches differ by more than {OTHER_METHOD:g} times ({'; '.join(named[:_MOST_NAMED])}), as other units, "
        "digestions or methods do, and no factor corrects these"
    )
    return [(what, "check the units, or keep batches of one method alone with samples.keep")]


def _not_compared(table: pd.DataFrame, method: str) -> list[tuple[str, str]]:
    """Tell of batches that are left as they are since nothing compares them, and of networks apart."""
    doubts, of = [], table.groupby("batch", sort=False)
    alone = of["network"].count()
    never = [str(name) for name in alone.index[alone == 0]]
    why = {
        "neighbours": "have too few samples near those of another batch",
        "reference": "share no reference material with another batch",
        "quantiles": "have too few values",
    }[method]
    fix = {
        "neighbours": "raise samples.levelling.distance if their ground is like that of the others",
        "reference": "use samples.levelling.method: neighbours if batches touch",
        "quantiles": "join them to other batches",
    }[method]
    if never:
        doubts.append((f"batches that {why} are left as they are: {_listed(never)}", fix))
    apart = int(table["network"].max()) if table["network"].notna().any() else 0
    if apart > 1:
        example = table[table["network"] == apart].iloc[0]
        what = (
            f"batches form {apart} groups that nothing ties together, and each is levelled by itself (as "
            f"{example['batch']} in {example['element']})"
        )
        doubts.append((what, fix))
    return doubts


def _not_helping(errors: pd.DataFrame, section: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Tell where levelling makes left-out samples harder to predict."""
    if errors.empty:
        return []
    worse = errors[(errors["where"] == ALL) & (errors["low"] > 1)]
    single = [str(name) for name in worse["element"] if name != TOGETHER]
    doubts = []
    if TOGETHER in set(worse["element"]):
        row = worse[worse["element"] == TOGETHER].iloc[0]
        what = (
            f"levelling worsens the prediction of left-out samples: error times {row['ratio']:.3f} "
            f"({row['low']:.3f} to {row['high']:.3f}, levelling_error.csv)"
        )
        doubts.append((what, "set samples.levelling.apply: none, or another method"))
    elif single:
        what = (
            f"levelling worsens the prediction of left-out samples in {_listed(single)} (levelling_error.csv)"
        )
        doubts.append((what, "name the elements to level in samples.levelling.elements"))
    return doubts


def _listed(parts: Sequence[str]) -> str:
    more = len(parts) - _MOST_NAMED
    return ", ".join(parts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
