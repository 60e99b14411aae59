"""What a list of deposits says of each: the year in which it was found, whether it is a mine, and its type."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.survey.cells import is_date, label_cells, require_column, row_numbers, shortened, to_numbers
from geohalo.survey.spelling import plain

MINE, OCCURRENCE = "mine", "occurrence"
_MOST_NAMED = 10


def read_facts(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> pd.DataFrame:
    """Read what a list says of its records, in those of the columns that the config names.

    Parameters
    ----------
    table : pandas.DataFrame, shape (records, columns)
        Records of the list.
    section : mapping
        Config section `deposits`; used are `year`, `status`, `mines`, `occurrences`, `type` and `unknown`.
    source : str
        File name, for messages.

    Returns
    -------
    pandas.DataFrame, shape (records, up to 3)
        `year` (float, NaN where not known), `status` (`mine`, `occurrence` or "") and `type` (text or ""); indexed
        from 0.

    Raises
    ------
    InputError
        If a column does not exist, a year is no whole number or in the future, or a status is in neither list. The
        message names the row and what to do.
    """
    readers = {"year": _years, "status": _statuses, "type": _types}
    found = {}
    for fact in FACT_SCHEMES.values():
        column = section.get(fact)
        if column:
            require_column(table, column, source, f"deposits.{fact}")
            found[fact] = readers[fact](table, column, section, source)
    return pd.DataFrame(found, index=pd.RangeIndex(len(table)))


def facts_of_places(facts: pd.DataFrame, place: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Return what is known of each place: its earliest year, a mine if any record is one, the first type.

    Parameters
    ----------
    facts : pandas.DataFrame
        Of `read_facts`.
    place : ndarray of int64, shape (records,)
        Place of each record, 0 to P - 1.

    Returns
    -------
    dict of ndarray, shape (P,)
        By the names of the columns that there are.
    """
    # "mine" comes before "occurrence" in the alphabet; groupby leaves missing values out.
    ways = {"year": "min", "status": "min", "type": "first"}
    known = facts.replace("", np.nan) if len(facts.columns) else facts
    found = {}
    for name in facts.columns:
        each = known[name].groupby(place).agg(ways[name])
        found[name] = each.to_numpy() if name == "year" else each.fillna("").astype(object).to_numpy()
    return found


def _texts(table: pd.DataFrame, column: str, section: Mapping[str, Any]) -> npt.NDArray[np.object_]:
    """Return the cells of a column as text, "" where it is empty or says that nothing is known."""
    texts = label_cells(table[column])
    unknown = {_folded(value) for value in section.get("unknown", [])}
    return np.array(["" if _folded(text) in unknown else text for text in texts], dtype=object)


def _folded(value: object) -> str:
    return " ".join(plain(str(value)).casefold().split())


def _years(
    table: pd.DataFrame, column: str, section: Mapping[str, Any], source: str
) -> npt.NDArray[np.float64]:
    texts = _texts(table, column, section)
    years, _ = to_numbers(pd.Series(texts, dtype=object))
    this_year = datetime.date.today().year
    for row, text, year in zip(row_numbers(table), texts, years, strict=True):
        if text == "":
            continue
        where = f"{source}, column {column!r}, row {row}: {shortened(text)!r}"
        fix = "or list the value in deposits.unknown if it stands for not known"
        if not np.isfinite(year) or year != int(year):
            what = "is a date, not a year" if is_date(text.split(" ")[0]) else "is no year (deposits.year)"
            raise InputError(
                f"{where} {what}; write the year in which the deposit was found, such as 1987, {fix}"
            )
        if not 1 <= year <= this_year:
            what = "lies in the future" if year > this_year else "is no year after Christ"
            raise InputError(f"{where} {what} (deposits.year); correct the year, empty the cell, {fix}")
    return years


def _statuses(
    table: pd.DataFrame, column: str, section: Mapping[str, Any], source: str
) -> npt.NDArray[np.object_]:
    texts = _texts(table, column, section)
    meaning = {_folded(value): OCCURRENCE for value in section["occurrences"]}
    meaning |= {_folded(value): MINE for value in section["mines"]}
    strange = [text for text in dict.fromkeys(texts) if text and _folded(text) not in meaning]
    if strange:
        row = row_numbers(table)[int(np.flatnonzero(texts == strange[0])[0])]
        raise InputError(
            f"{source}, column {column!r}, row {row}: the status {_listed(strange)} is neither in deposits.mines nor "
            "in deposits.occurrences; add it to one of them (beside the values that you use), or to deposits.unknown"
        )
    return np.array([meaning.get(_folded(text), "") for text in texts], dtype=object)


def _types(
    table: pd.DataFrame, column: str, section: Mapping[str, Any], source: str
) -> npt.NDArray[np.object_]:
    return _texts(table, column, section)


def _listed(values: Sequence[str]) -> str:
    """Return values in quotes, the first ones and how many more there are."""
    more = f" and {len(values) - _MOST_NAMED} more" if len(values) > _MOST_NAMED else ""
    return ", ".join(repr(shortened(value)) for value in values[:_MOST_NAMED]) + more
