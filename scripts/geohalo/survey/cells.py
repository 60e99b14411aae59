"""Cells as users write them: numbers, dates, text, and which rows to keep."""

import datetime
import difflib
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_DATE = re.compile(
    rf"""(?:
        \d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}              # 2021-03-05
      | \d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})  # 05/03/2021
      | \d{{1,2}}/\d{{1,2}}                              # 5/3
      | \d{{1,2}}[-\ ]{_MONTH}(?:[-\ ]\d{{2,4}})?        # 5-Mar, 5-Mar-2021
      | {_MONTH}[-\ ]\d{{1,4}}                           # Mar-05
    )(?:[T\ ]{_CLOCK}(?:Z|[-+]\d{{2}}:\d{{2}})?)?
    | {_CLOCK}                                           # 1:20, which Excel makes out of a ratio
    | \d+\ days?.*                                       # a span of time, as text
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NOT_NUMBERS = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, bool, np.bool_)


def row_numbers(table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the row numbers that the user sees; a table not read from a file counts from 2."""
    if table.index.name == "row":
        return table.index.to_numpy(dtype=np.int64)
    return np.arange(2, len(table) + 2, dtype=np.int64)


def number_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table that was not read from a file row numbers, which then survive a selection."""
    if table.index.name == "row":
        return table
    return table.set_axis(pd.RangeIndex(2, len(table) + 2, name="row"), axis=0)


def to_numbers(values: pd.Series) -> tuple[FloatArray, BoolArray]:
    """Turn cells into numbers and point at what is left.

    Parameters
    ----------
    values : pandas.Series
        Cells of any type: text, numbers, dates, missing.

    Returns
    -------
    numbers : ndarray of float64, shape (rows,)
        Finite numbers; NaN for everything else.
    leftover : ndarray of bool, shape (rows,)
        True where a cell is neither a finite number nor empty (`nan` in any case counts as empty).
    """
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return np.full(len(values), np.nan), values.notna().to_numpy()
    if pd.api.types.is_object_dtype(values.dtype):
        # pandas would take True for 1, and a date for nanoseconds since 1970.
        other = np.fromiter(
            (isinstance(cell, _NOT_NUMBERS) for cell in values), dtype=bool, count=len(values)
        )
        converted = pd.to_numeric(values.where(~other), errors="coerce")
    else:
        converted = pd.to_numeric(values, errors="coerce")
    numbers = converted.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    unread = ~np.isfinite(numbers) & values.notna().to_numpy()
    numbers[unread] = np.nan
    if unread.any():
        unread[unread] = ~cell_text(values[unread]).str.lower().isin(["", "nan"]).to_numpy()
    return numbers, unread


def cell_text(values: pd.Series) -> pd.Series:
    """Return cells as text without surrounding blanks, "" where empty, indexed from 0."""
    return values.astype("str").fillna("").str.strip().reset_index(drop=True)


def is_date(text: str) -> bool:
    """Tell whether text reads as a date or a time, which Excel makes out of `5-3`."""
    return _DATE.fullmatch(text.strip()) is not None


def sentinel_numbers(missing: Sequence[object]) -> list[float]:
    """Return the missing-value codes that are numbers, so that -9999 also matches `-9999.000`."""
    numbers = pd.to_numeric(pd.Series([str(code).strip() for code in missing], dtype=str), errors="coerce")
    return [float(number) for number in numbers.dropna()]


def blank_missing(
    values: pd.Series, numbers: FloatArray, leftover: BoolArray, missing: Sequence[object]
) -> tuple[FloatArray, BoolArray]:
    """Empty the cells that hold a code for "not analysed".

    Parameters
    ----------
    values, numbers, leftover
        Cells, and what `to_numbers` made of them.
    missing : sequence of float or str
        The codes. Numbers compare as numbers, text as text without surrounding blanks.

    Returns
    -------
    numbers, leftover : ndarray, shape (rows,)
        As given, with NaN and False where a code stood.
    """
    if not missing:
        return numbers, leftover
    numbers = np.where(np.isin(numbers, sentinel_numbers(missing)), np.nan, numbers)
    leftover = leftover.copy()
    if leftover.any():
        codes = [str(code).strip() for code in missing]
        leftover[leftover] = ~cell_text(values[leftover]).isin(codes).to_numpy()
    return numbers, leftover


def keep_rows(
    table: pd.DataFrame, keep: Mapping[str, Sequence[str | float]], source: str, key: str
) -> pd.DataFrame:
    """Keep the rows that equal one of the listed values in every listed column.

    Parameters
    ----------
    table : pandas.DataFrame
        The table as read.
    keep : mapping of column to values
        Equality only; a value matches as text or as a number, so 93974 matches `93974` and
        `93974.0`.
    source, key : str
        File and config key (such as `samples.keep`), for messages.

    Raises
    ------
    InputError
        A column does not exist, a value occurs nowhere in it, or no row passes all the columns
        together.
    """
    kept = np.ones(len(table), dtype=bool)
    for column, wanted in keep.items():
        require_column(table, column, source, f"{key}.{column}")
        text = cell_text(table[column])
        numbers, _ = to_numbers(table[column])
        matched = np.zeros(len(table), dtype=bool)
        for value in wanted:
            matches = (text == str(value).strip()).to_numpy() | np.isin(numbers, sentinel_numbers([value]))
            if not matches.any():
                present = ", ".join(repr(str(one)) for one in text.drop_duplicates()[:10])
                raise InputError(
                    f"{source}, column {column!r}: no row holds {value!r} ({key}.{column}); the "
                    f"column holds {present}"
                )
            matched |= matches
        kept &= matched
    if not kept.any():
        raise InputError(f"{source}: no row passes {key} ({dict(keep)}); loosen one of its columns")
    return table if kept.all() else table[kept]


def require_column(table: pd.DataFrame, column: str, source: str, key: str) -> None:
    """Raise an InputError with near matches when a column that the config names is absent."""
    if column in table.columns:
        return
    names = [str(name) for name in table.columns]
    by_lower = {name.lower(): name for name in names}
    near = [
        by_lower[low] for low in difflib.get_close_matches(column.lower(), list(by_lower), n=5, cutoff=0.5)
    ]
    hint = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else f"it has {', '.join(map(repr, names[:12]))}"
    )
    raise InputError(f"{source}: there is no column {column!r} ({key}); {hint}")
