"""Pathfinders of a survey: elements that the map rests on, how alike they are at its deposits, and what is known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geohalo.deposit_types import types_of

#: Share of a fold's members that keep an element in a fold that keeps it.
MAJORITY = 0.5
#: Elements that are shown where the network keeps all of them.
MOST_SHOWN = 10


def pathfinder_summary(
    members: pd.DataFrame, differences: pd.DataFrame, commodities: Sequence[str]
) -> pd.DataFrame:
    """Summarise which elements the members keep, and how the groups of deposits differ from background in each.

    Parameters
    ----------
    members : DataFrame
        One row per member and element: ``scheme``, ``fold``, ``element``, ``consistency``, ``kept`` and ``weight``.
        The scheme ``final`` makes the map, ``held_out`` the evidence.
    differences : DataFrame
        By how much each group of known deposits (row) has more of each element (column) than background, in standard
        deviations (`geohalo.pathfinders.group_differences`).
    commodities : sequence of str
        What the deposits are known for (``deposits.commodities``).

    Returns
    -------
    DataFrame
        One row per element, those first that the map keeps: ``element``; ``commodity``; ``map``, the share of the
        map's members that keep it; ``folds_kept`` of ``folds``, the held-out folds in which at least half of the
        members keep it; ``direction``, enriched or depleted; ``difference``, the mean over ``groups``, of which
        ``groups_alike`` go the same way; ``consistency`` and ``weight``, means over the map's members;
        ``known_types`` of ``types``, of how many types of deposits with these commodities the element is known; and
        ``known``, their names, with a mark where this was not checked against a source.
    """
    kept = members.groupby(["scheme", "fold", "element"])["kept"].mean().unstack("element")
    folds = kept.loc["held_out"] if "held_out" in kept.index else kept.iloc[:0]
    final = members[members["scheme"] == "final"].groupby("element")[["consistency", "weight"]].mean()
    mean, types = differences.mean(), types_of(commodities)
    table = pd.DataFrame({"element": differences.columns}).set_index("element", drop=False)
    table["commodity"] = table["element"].isin(list(commodities))
    table["map"] = kept.loc["final"].mean()
    table["folds_kept"], table["folds"] = (folds >= MAJORITY).sum(), len(folds)
    table["direction"] = np.where(mean > 0, "enriched", "depleted")
    table["difference"] = mean
    table["groups_alike"] = (np.sign(differences) == np.sign(mean)).sum()
    table["groups"] = len(differences)
    table[["consistency", "weight"]] = final
    known = {name: [one.label for one in types if name in one.elements] for name in table.index}
    table["known_types"], table["types"] = [len(names) for names in known.values()], len(types)
    table["known"] = ["; ".join(names) for names in known.values()]
    table["strength"] = table["consistency"].abs()
    order = ["map", "folds_kept", "strength"]
    return (
        table.sort_values(order, ascending=False, kind="stable")
        .drop(columns="strength")
        .reset_index(drop=True)
    )


def is_gated(summary: pd.DataFrame) -> bool:
    """Tell whether the network keeps some elements only."""
    return bool((summary["map"] < 1).any())


def shown_pathfinders(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows to show: elements that the map or a fold keeps, commodities, and what most types are known for.

    Where the network keeps all elements, the `MOST_SHOWN` most consistent ones stand for those that it keeps.
    """
    kept = (summary["map"] > 0) | (summary["folds_kept"] > 0)
    if not is_gated(summary):
        kept = pd.Series(np.arange(len(summary)) < MOST_SHOWN, index=summary.index)
    known = (summary["known_types"] > 0) & (2 * summary["known_types"] >= summary["types"])
    return summary[kept | known | summary["commodity"]]


def missing_pathfinders(summary: pd.DataFrame, commodities: Sequence[str]) -> list[str]:
    """Return the elements, known of at least half of the types, that the survey does not have."""
    types = types_of(commodities)
    named = list(dict.fromkeys(name for one in types for name in one.elements))
    count = {name: sum(name in one.elements for one in types) for name in named}
    have = set(summary["element"])
    return [name for name in named if name not in have and 2 * count[name] >= len(types)]
