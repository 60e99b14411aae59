"""The report's table of covariates: what deposits have in common in them, and which the map keeps."""

import pandas as pd

from geohalo.products.report_tables import Column, Table, table

COLUMNS = (
    Column("covariate", "Covariate"),
    Column(
        "difference",
        "Difference",
        "{:+.2f}".format,
        "Mean over groups of known deposits of halo less background: of numbers in standard deviations over the map; "
        "of classes 2 is the whole cell.",
    ),
    Column(
        "alike",
        "Groups that agree",
        note="Groups of known deposits that differ in the direction of the mean.",
    ),
    Column("map_kept", "Kept by the map", note="Share of the members that make the map which keep it."),
    Column(
        "folds_text", "Kept in folds", note="Held-out folds in which at least half of the members keep it."
    ),
    Column("weight", "Weight", "{:+.2f}".format, "Of the linear term, in log-odds of halo."),
)
#: Rows at most: those that the map keeps come first.
MOST_ROWS = 20


def covariates_table(summary: pd.DataFrame) -> Table:
    """Make the table of the bands of all layers.

    Parameters
    ----------
    summary : DataFrame
        ``covariates.csv``: one row for each band, those first that the map keeps.
    """
    shown = summary.head(MOST_ROWS).copy()
    shown["alike"] = [f"{row.groups_alike} of {row.groups}" for row in shown.itertuples()]
    shown["map_kept"] = [f"{100 * share:.0f} %" for share in shown["map"]]
    shown["folds_text"] = [f"{row.folds_kept} of {row.folds}" for row in shown.itertuples()]
    columns = [one for one in COLUMNS if one.name != "weight" or not shown["weight"].isna().all()]
    more = f", the first {MOST_ROWS} of {len(summary)}" if len(summary) > MOST_ROWS else ""
    caption = f"Covariates: how the ground of deposits differs in them, and what the map keeps{more} (covariates.csv)"
    return table(shown, columns, caption, "table-covariates", strong=(shown["map"] > 0).tolist())
