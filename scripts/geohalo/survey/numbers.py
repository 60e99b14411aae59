"""Numbers with a decimal comma or with signs between thousands, as the config declares them.

`31,338` is 31338 to some and 31.338 to others. Nothing is guessed: a table says which it is by `decimal` and
`thousands`, and one that says nothing is asked.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import cell_text, require_column, row_numbers
from geohalo.survey.origins import cell_places
from geohalo.survey.spelling import plain

_SIGN = r"(?P<sign>(?:[<>≤≥]\s*=?\s*)?[-+]?\s*)"
_EXPONENT = r"(?P<exponent>(?:[eE][-+]?\d+)?)"
_ONE_COMMA = re.compile(rf"{_SIGN}(?P<whole>\d*),(?P<part>\d+){_EXPONENT}")
_GROUPED = re.compile(rf"{_SIGN}[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d*)?{_EXPONENT}")
_BOTH = re.compile(rf"{_SIGN}[1-9]\d{{0,2}}(?P<group>[.' ])\d{{3}}(?:(?P=group)\d{{3}})*,\d+")
_POINTS_TWICE = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3}){2,}")
_POINTS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_FEWEST_POINTS = 5
_FIRST = 1000
_LONGEST = 60


def plain_numbers(
    table: pd.DataFrame, names: Iterable[str | None], section: Mapping[str, Any], source: str, key: str
) -> pd.DataFrame:
    """Write the numbers of some columns with a decimal point and nothing between thousands.

    Parameters
    ----------
    table : pandas.DataFrame
        The table as read.
    names : iterable of str
        Columns of numbers; None is passed over.
    section : mapping
        Config section `samples` or `deposits`; used are `decimal` and `thousands`.
    source, key : str
        File and config section, for messages.

    Returns
    -------
    pandas.DataFrame
        The table itself if the config declares neither. Cells that are no such number stay as they are.

    Raises
    ------
    InputError
        Both signs are the same, a column does not exist, or a cell has the other sign where one is declared.
    """
    decimal, thousands = section.get("decimal", ".") or ".", section.get("thousands")
    if decimal == "." and not thousands:
        return table
    if decimal == thousands:
        raise InputError(
            f"{key}.decimal and {key}.thousands are both {decimal!r}; with {decimal!r} between thousands set "
            f"{key}.decimal to {',' if decimal == '.' else '.'!r}"
        )
    table = table.copy()
    for name in dict.fromkeys(filter(None, names)):
        require_column(table, name, source, key)
        if pd.api.types.is_numeric_dtype(table[name].dtype):
            continue
        file, rows = cell_places(table.attrs, name, source, row_numbers(table))
        table[name] = _rewritten(table[name], rows, decimal, thousands, f"{file}, column {name!r}", key)
    return table


def _rewritten(
    column: pd.Series,
    rows: npt.NDArray[np.int64],
    decimal: str,
    thousands: str | None,
    where: str,
    key: str,
) -> pd.Series:
    is_text = column.map(lambda cell: isinstance(cell, str)).to_numpy(dtype=bool)
    texts = column[is_text]
    new = {}
    for text in texts.unique():
        number = _with_point(plain(text).strip(), decimal, thousands)
        if number is None:
            row = rows[is_text][int(np.flatnonzero((texts == text).to_numpy())[0])]
            raise InputError(
                f"{where}, row {row}: {text.strip()!r} does not fit {key}.decimal ({decimal!r}) and {key}.thousands "
                f"({repr(thousands) if thousands else 'empty'}); correct the cell or the keys"
            )
        new[text] = number
    column = column.astype(object)
    column[is_text] = texts.map(new).astype(object)
    return column


def _with_point(text: str, decimal: str, thousands: str | None) -> str | None:
    """Return a number with a point; other text as it is; None for a number that uses the signs otherwise."""
    if len(text) > _LONGEST or not re.fullmatch(rf"{_SIGN}[\d.,' ]*\d[\d.,' ]*{_EXPONENT}", text):
        return text
    mark, group = re.escape(decimal), re.escape(thousands or "\0")
    integer = rf"(?:\d+|[1-9]\d{{0,2}}(?:{group}\d{{3}})+|\d{{1,3}}(?: \d{{3}})+)"
    if not re.fullmatch(rf"{_SIGN}(?:{integer}(?:{mark}\d*)?|{mark}\d+){_EXPONENT}", text):
        # A date such as 05.03.2021 is told as what it is.
        return text if text.count(".") > 1 and thousands != "." else None
    return text.replace(thousands or " ", "").replace(" ", "").replace(decimal, ".")


def comma_hint(column: pd.Series, key: str) -> str | None:
    """Say how cells with a comma may be read; None if none of a column's cells is a number with commas.

    Parameters
    ----------
    column : pandas.Series
        The cells that are no numbers.
    key : str
        Config section, for the keys that the hint names.
    """
    texts = [plain(text).strip() for text in cell_text(column).unique()]
    both = next((found for text in texts if len(text) <= _LONGEST and (found := _BOTH.fullmatch(text))), None)
    if both is not None:
        return (
            f"{both[0]!r} has {both['group']!r} between thousands and a decimal comma: set {key}.decimal: ',' and "
            f"{key}.thousands: {both['group']!r}"
        )
    pointed = next((text for text in texts if len(text) <= _LONGEST and _POINTS_TWICE.fullmatch(text)), None)
    if pointed is not None:
        return f"{pointed!r} has points between thousands: set {key}.thousands: '.' and {key}.decimal: ','"
    texts = [text for text in texts if len(text) <= _LONGEST and "," in text]
    grouped = [text for text in texts if _GROUPED.fullmatch(text)]
    simple = [match for text in texts if (match := _ONE_COMMA.fullmatch(text))]
    decimals = [match[0] for match in simple if not _GROUPED.fullmatch(match[0])]
    thousands = [text for text in grouped if text.count(",") > 1 or "." in text]
    if not grouped and not decimals:
        return None
    as_thousands = f"set {key}.thousands: ','"
    as_decimals = f"set {key}.decimal: ','"
    if decimals and thousands:
        return (
            f"{decimals[0]!r} has a decimal comma and {thousands[0]!r} a comma between thousands; write all of the "
            "column in one way"
        )
    if decimals:
        return f"{decimals[0]!r} has a decimal comma: {as_decimals}"
    if thousands:
        return f"{thousands[0]!r} has a comma between thousands: {as_thousands}"
    as_integer = grouped[0].replace(",", "")
    part = grouped[0].replace(",", ".")
    return (
        f"{grouped[0]!r} may be {as_integer} (a comma between thousands: {as_thousands}) or {part} (a decimal comma: "
        f"{as_decimals})"
    )


def thousands_doubt(
    column: pd.Series, name: str, source: str, rows: npt.NDArray[np.int64], key: str
) -> list[InputWarning]:
    """Tell of points that may stand between thousands: three digits behind each, beside whole numbers without one.

    Parameters
    ----------
    column : pandas.Series
        Cells of a column of numbers.
    name, source, rows
        Its name, the file, and row numbers in it.
    key : str
        Config section.
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        return []
    # Of a large table most columns are known by their first cells.
    if not all(map(_POINTS.fullmatch, (cell for cell in cell_text(column.head(_FIRST)) if "." in cell))):
        return []
    text = cell_text(column)
    pointed = text.str.contains(".", regex=False).to_numpy()
    if pointed.sum() < _FEWEST_POINTS or not all(map(_POINTS.fullmatch, text[pointed].unique())):
        return []
    unpointed = text[~pointed & (text != "").to_numpy()]
    if unpointed.empty or not unpointed.str.fullmatch(r"\d{1,3}").all():
        return []
    first = int(np.flatnonzero(pointed)[0])
    cell = str(text.iat[first])
    return [
        InputWarning(
            f"all {pointed.sum()} cells with a point have three digits behind it ({cell}), and the others are whole "
            f"numbers ({unpointed.iat[0]}): {cell} is read as a decimal and may be {cell.replace('.', '')}",
            f"set {key}.thousands: '.' and {key}.decimal: ',' if the points stand between thousands",
            source,
            name,
            str(rows[first]),
        )
    ]
