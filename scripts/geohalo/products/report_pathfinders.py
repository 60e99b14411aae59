"""The report's table of pathfinders."""

import pandas as pd

from geohalo.deposit_types import SOURCE
from geohalo.products.pathfinder_table import is_gated, shown_pathfinders
from geohalo.products.report_tables import Column, Table, table

COLUMNS = (
    Column("element", "Element"),
    Column("direction", "At deposits"),
    Column(
        "difference",
        "Difference",
        "{:+.2f}".format,
        "Mean over groups of known deposits of halo less background, in standard deviations over the map.",
    ),
    Column(
        "alike",
        "Groups that agree",
        note="Groups of known deposits that differ in the direction of the mean.",
    ),
    Column(
        "map_kept", "Kept by the map", note="Share of the members that make the map which keep the element."
    ),
    Column(
        "folds_text", "Kept in folds", note="Held-out folds in which at least half of the members keep it."
    ),
    Column(
        "weight",
        "Weight",
        "{:+.2f}".format,
        "Of the linear term: log-odds of halo for one standard deviation.",
    ),
    Column(
        "known",
        "Known pathfinder of",
        note=f"Types of deposits that it is known to indicate ({SOURCE}); an element that the table lacks may belong "
        "to a type.",
    ),
)


def pathfinders_table(summary: pd.DataFrame) -> Table:
    """Make the table of the elements that are kept, sought or known.

    Parameters
    ----------
    summary : DataFrame
        Of `geohalo.products.pathfinder_table.pathfinder_summary`.
    """
    shown = shown_pathfinders(summary).copy()
    shown["alike"] = [f"{row.groups_alike} of {row.groups}" for row in shown.itertuples()]
    columns = list(COLUMNS)
    if is_gated(summary):
        shown["map_kept"] = [f"{100 * share:.0f} %" for share in shown["map"]]
        shown["folds_text"] = [f"{row.folds_kept} of {row.folds}" for row in shown.itertuples()]
    if shown["weight"].isna().all():
        columns = [column for column in columns if column.name != "weight"]
    shown["known"] = shown["known"].fillna("").replace("", "-")
    if not summary["types"].iloc[0]:
        columns = [column for column in columns if column.name != "known"]
    return table(
        shown,
        columns,
        "Pathfinders: elements that the map keeps, that are sought, or that most types of such deposits are known for",
        "table-pathfinders",
        strong=(shown["map"] > 0).tolist() if is_gated(summary) else (),
    )
