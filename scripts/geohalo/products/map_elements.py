"""The elements that carry the map: one list, in one order, wherever elements of targets or of the map are shown."""

import pandas as pd

from geohalo.products.pathfinder_table import MOST_SHOWN, is_gated

#: Elements of the list, at most: as many as fit on a page as maps.
MOST_CARRYING = 12


def carrying_elements(summary: pd.DataFrame) -> list[str]:
    """Return the elements that carry the map.

    Those that the deposits are known for come first, then those that members of the map keep, by the share of the
    members and then by how alike the groups of deposits are in them. Where the network keeps all elements, the most
    consistent ones stand for those that it keeps.

    Parameters
    ----------
    summary : DataFrame
        Of `geohalo.products.pathfinder_table.pathfinder_summary`: ``element``, ``commodity``, ``map`` and
        ``consistency``.

    Returns
    -------
    list of str
        At most `MOST_CARRYING`.
    """
    strength = summary["consistency"].abs()
    kept = summary["map"] > 0 if is_gated(summary) else strength.rank(ascending=False) <= MOST_SHOWN
    ordered = summary.assign(strength=strength)[kept | summary["commodity"]]
    by = ["commodity", "map", "strength"]
    return ordered.sort_values(by, ascending=False, kind="stable")["element"].head(MOST_CARRYING).tolist()


def element_notes(summary: pd.DataFrame) -> dict[str, str]:
    """Say of each element why it is shown, such as ``sought`` or ``depleted at deposits``, by its name."""
    return {
        row["element"]: "sought" if row["commodity"] else f"{row['direction']} at deposits"
        for row in summary.to_dict("records")
    }
