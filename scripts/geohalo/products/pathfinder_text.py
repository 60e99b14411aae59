"""What is said of pathfinders: what the map rests on, how alike the deposits are in it, and what is known of it."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from geohalo.deposit_types import types_of
from geohalo.products.pathfinder_table import MOST_SHOWN, is_gated, missing_pathfinders
from geohalo.products.styles import amount


def pathfinder_words(summary: pd.DataFrame, commodities: Sequence[str]) -> list[str]:
    """Say in sentences what the map rests on, how alike the deposits are in it, and how that agrees with what is known.

    Parameters
    ----------
    summary : DataFrame
        Of `geohalo.products.pathfinder_table.pathfinder_summary`.
    commodities : sequence of str

    Returns
    -------
    list of str
        Paragraphs of plain text.
    """
    if not commodities:
        known = (
            "The config names no commodity (deposits.commodities), so that nothing known beforehand was used and "
            "nothing is compared with it."
        )
    elif not types_of(commodities):
        known = (
            f"The table of deposit types has none with {listed(commodities)}, so that nothing known is compared with "
            "the map."
        )
    else:
        known = _against_types(summary, commodities)
    return [_rests_on(summary), known]


def types_words(commodities: Sequence[str]) -> str:
    """Return what the types of deposits have that count as known: ``Ni and Cu``, or ``2 of Cu, Zn and Ni``."""
    shared = max((len(set(one.commodities) & set(commodities)) for one in types_of(commodities)), default=0)
    return listed(commodities) if shared == len(set(commodities)) else f"{shared} of {listed(commodities)}"


def counted_direction(row: Mapping[Hashable, Any]) -> str:
    """Return how an element counts for the map: ``enriched`` where more of it speaks for a deposit, else ``depleted``.

    It is the direction at known deposits for nearly all. What `deposits.commodities` names may be no richer there, and
    counts as enriched all the same.
    """
    if not row["consistency"]:
        return str(row["direction"])
    return "enriched" if row["consistency"] > 0 else "depleted"


def listed(parts: Sequence[str]) -> str:
    """Return parts as one reads them out: ``Ni, Cu and Na``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _rests_on(summary: pd.DataFrame) -> str:
    groups = int(summary["groups"].iloc[0])
    if not is_gated(summary):
        return (
            f"This network keeps all {len(summary)} elements; listed are those in which the "
            f"{amount(groups, 'group')} of known deposits {'differs' if groups == 1 else 'differ most alike'} from "
            "background."
        )
    kept = summary[summary["map"] > 0].to_dict("records")
    return f"The map rests on {listed([_pathfinder_text(row) for row in kept])}."


def _pathfinder_text(row: Mapping[Hashable, Any]) -> str:
    """Say of an element how alike deposits are in it, and how often it is kept."""
    messages = [f"{row['direction']} in {row['groups_alike']} of {amount(row['groups'], 'group')}"]
    if row["map"] < 1:
        messages.append(f"kept by {100 * row['map']:.0f} % of the map's members")
    if row["folds"]:
        messages.append(f"kept in {row['folds_kept']} of {amount(row['folds'], 'fold')}")
    counts = counted_direction(row)
    if counts != row["direction"]:
        named = ", since deposits.commodities names it" * bool(row["commodity"])
        messages.append(f"counted as {counts} all the same{named}")
    return f"{row['element']} ({', '.join(messages)})"


def _against_types(summary: pd.DataFrame, commodities: Sequence[str]) -> str:
    """Compare what the map rests on with what is known of the types."""
    types = types_of(commodities)
    kept = summary[(summary["map"] > 0) if is_gated(summary) else summary.index < MOST_SHOWN]
    agree, opposite, unknown = list[str](), list[str](), list[str]()
    for row in kept.to_dict("records"):
        name, way = row["element"], counted_direction(row)
        same = any(name in (one.enriched if way == "enriched" else one.depleted) for one in types)
        (agree if same else opposite if row["known_types"] else unknown).append(name)
    parts = []
    if agree:
        parts.append(f"{listed(agree)} {'is' if len(agree) == 1 else 'are'} known of such deposits")
    if unknown:
        parts.append(f"{listed(unknown)} {'is' if len(unknown) == 1 else 'are'} not in the table for them")
    messages = [f"{', '.join(parts)}."] if parts else []
    if opposite:
        messages.append(f"Of {listed(opposite)} the table says the opposite.")
    missing = missing_pathfinders(summary, commodities)
    if missing:
        messages.append(f"The survey has no {listed(missing)}.")
    named = "; ".join(one.label for one in types)
    return f"Types of deposits with {types_words(commodities)}: {named}. {' '.join(messages)}".strip()
