"""What the report says of the levels of batches: which stand off, and what levelling does to the error."""

import pandas as pd

from geohalo.products.levelling_figure import STANDS_OFF, headline
from geohalo.products.report_tables import Column, Table, table
from geohalo.products.report_text import number

#: Rows of shifts shown at most; all are in levelling.csv.
MOST_SHOWN = 100


def levelling_words(shifts: pd.DataFrame, errors: pd.DataFrame | None) -> list[str]:
    """Say how many batches stand off, what was done, and what that does to the error.

    Parameters
    ----------
    shifts : DataFrame
        `levelling.csv`.
    errors : DataFrame or None
        `levelling_error.csv`; None where it has no rows.
    """
    sentence = headline(shifts)
    words = [f"{sentence[0].upper()}{sentence[1:]}."]
    applied = bool(shifts["applied"].any())
    if errors is None:
        return words
    from geohalo.quality.levelling_error import error_message  # slow to import

    return [*words, *filter(None, [error_message(errors, applied)])]


def shifts_table(shifts: pd.DataFrame) -> Table:
    """Return the shifts that stand off or are applied, the surest first; the surest few where none does."""
    chosen = shifts[shifts["applied"].astype(bool) | (shifts["p_adjusted"] < STANDS_OFF)]
    none = chosen.empty
    frame = (shifts if none else chosen).sort_values("p", kind="stable").head(10 if none else MOST_SHOWN)
    frame = frame.assign(
        between=[
            f"{number(low, 2)} to {number(high, 2)}" if low == low and high == high else ""
            for low, high in zip(frame["low"], frame["high"], strict=True)
        ],
        done=["levelled" if one else "left" for one in frame["applied"].astype(bool)],
    )
    differing = "Batches that differ from the others or are levelled"
    what = "The most certain shifts; none is beyond chance" if none else differing
    more = "" if none or len(chosen) <= MOST_SHOWN else f", the first {MOST_SHOWN} of {len(chosen)}"
    return table(
        frame,
        [
            Column("element", "Element"),
            Column("batch", "Batch"),
            Column("n", "Samples"),
            Column("pairs", "Comparisons"),
            Column(
                "factor", "Reads high by", lambda value: number(value, 2), "times the level of the others"
            ),
            Column("between", "95 % interval"),
            Column(
                "p_adjusted", "p", lambda value: number(value, 3), "corrected for all batches and elements"
            ),
            Column("done", "Action"),
        ],
        f"{what}{more} (levelling.csv).",
        "table-levelling",
    )


def errors_table(errors: pd.DataFrame) -> Table:
    """Return the error at left-out samples before and after, of all samples."""
    frame = errors[errors["where"] == "all"]
    frame = frame.assign(
        between=[
            f"{number(low, 3)} to {number(high, 3)}" if low == low and high == high else ""
            for low, high in zip(frame["low"], frame["high"], strict=True)
        ]
    )
    return table(
        frame,
        [
            Column("element", "Element"),
            Column("before", "Before", lambda value: number(value, 3), "log10"),
            Column("after", "After", lambda value: number(value, 3), "log10"),
            Column("ratio", "After / before", lambda value: number(value, 3)),
            Column("between", "95 % interval"),
        ],
        "Error of interpolation at samples left out in blocks, in the elements concerned (levelling_error.csv).",
        "table-levelling-error",
    )
