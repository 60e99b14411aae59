"""What a list of deposits says is mined from them, for the hint where the config does not name it."""

import re
from collections.abc import Sequence

import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import cell_text, listed_parts
from geohalo.survey.elements import symbols_by_name

#: Headers of columns that name commodities, also cut off as shapefiles cut them (`SITE_COMMO`).
_HEADER = re.compile(r"commo|^minerals?$|target_com", re.IGNORECASE)
#: An element is worth naming where at least this share of the deposits has it.
COMMON_SHARE = 0.4


def names_commodities(header: str) -> bool:
    """Tell whether the header of a column says that it names commodities."""
    return _HEADER.search(header) is not None


def listed_commodities(table: pd.DataFrame) -> tuple[str, dict[str, int]] | None:
    """Find the column of a list of deposits that names their commodities, and count these.

    Parameters
    ----------
    table : pandas.DataFrame
        Deposits as the user's file has them, one row each.

    Returns
    -------
    (str, dict of str to int) or None
        The column that names elements in most rows, and how many rows name each element, the most
        frequent first. Symbols as they are written (`Cu`) and English names in any case (`GOLD`)
        count, whatever stands between them. None where no column names an element.
    """
    names = symbols_by_name()
    symbols = set(names.values())
    best: tuple[str, dict[str, int]] | None = None
    most = 0
    for column in table.columns:
        if not names_commodities(str(column)):
            continue
        rows = [_elements(text, names, symbols) for text in cell_text(table[column])]
        named = sum(bool(row) for row in rows)
        if named > most:
            counts = pd.Series([symbol for row in rows for symbol in sorted(row)]).value_counts(sort=False)
            ordered = counts.sort_values(ascending=False, kind="stable")
            best, most = (str(column), {str(symbol): int(n) for symbol, n in ordered.items()}), named
    return best


def _elements(text: str, names: dict[str, str], symbols: set[str]) -> set[str]:
    """Return the elements that a text names."""
    words = re.findall(r"[A-Za-z]+", text)
    return {word for word in words if word in symbols} | {
        names[word.lower()] for word in words if word.lower() in names
    }


def commodity_hint(
    table: pd.DataFrame, commodities: Sequence[str] | None, source: str
) -> InputWarning | None:
    """Return what to write into the config where it does not say what is mined but the list does.

    Parameters
    ----------
    table : pandas.DataFrame
        The deposits inside the survey.
    commodities : sequence of str or None
        `deposits.commodities`; None where it does not apply.
    source : str
        Name of the file.

    Returns
    -------
    InputWarning or None
        None where the config names commodities, or no element is common in the list.
    """
    listed = listed_commodities(table) if commodities is not None and not commodities else None
    if listed is None:
        return None
    column, counts = listed
    common = {symbol: n for symbol, n in counts.items() if n >= COMMON_SHARE * len(table)}
    if not common:
        return None
    numbers = ", ".join(f"{symbol} at {n}" for symbol, n in common.items())
    return InputWarning(
        f"deposits.commodities is empty, but this column names {numbers} of the {len(table)} deposits inside",
        f"write deposits: {{commodities: [{', '.join(common)}]}} to let the map know what they are mined for; on "
        "real surveys that helped more than any other setting",
        source,
        column,
    )


def mined_for_others(
    table: pd.DataFrame, commodities: Sequence[str] | None, source: str
) -> InputWarning | None:
    """Return the warning that some deposits are mined for none of the elements that the config names.

    Parameters
    ----------
    table : pandas.DataFrame
        The deposits inside the survey, indexed by their rows in the file.
    commodities : sequence of str or None
        `deposits.commodities`.
    source : str
        Name of the file.

    Returns
    -------
    InputWarning or None
        None where the list does not name commodities, or where each deposit whose commodities it names has one of
        the wanted elements.
    """
    listed = listed_commodities(table) if commodities else None
    if listed is None or not commodities:
        return None
    column, _ = listed
    names = symbols_by_name()
    text = cell_text(table[column])
    mined = [_elements(cell, names, set(names.values())) for cell in text]
    others = [number for number, row in enumerate(mined) if row and not row & set(commodities)]
    if not others:
        return None
    parts = set(listed_parts(text))
    wanted = [symbol for symbol in commodities if symbol in parts]
    example = f", for example deposits.keep: {{{column}: [{', '.join(wanted)}]}}" if wanted else ""
    return InputWarning(
        f"{len(others)} of the {len(table)} deposits inside are mined for none of deposits.commodities "
        f"({', '.join(commodities)}), by this column (the first for {str(text.iat[others[0]])[:60]!r}), and are "
        "learned from all the same",
        f"keep only deposits of the kind that you look for{example}",
        source,
        column,
        str(table.index[others[0]]),
    )


def commodities_not_measured(
    commodities: Sequence[str] | None, elements: Sequence[str], source: str
) -> InputWarning | None:
    """Return the warning that the map does not have the elements that the deposits are mined for.

    Parameters
    ----------
    commodities : sequence of str or None
        `deposits.commodities`.
    elements : sequence of str
        Elements of the survey after cleaning; none where they could not be read, and nothing is told.
    source : str
        Name of the file of the deposits.
    """
    absent = [symbol for symbol in commodities or () if symbol not in elements]
    if not absent or not elements:
        return None
    return InputWarning(
        f"deposits.commodities names {', '.join(absent)}, which {'is' if len(absent) == 1 else 'are'} not among the "
        f"{len(elements)} elements of the survey",
        "see samples_report.csv for why; lower samples.min_coverage, raise samples.max_censored or list the elements "
        "to use in samples.include",
        source,
    )
