"""Cells as users write them: numbers, dates, text, and which rows to keep."""

import datetime
import difflib
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.survey.spelling import plain

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
# Longer text is neither a date nor a number; and no pattern is to be tried on a cell of a million characters.
_LONGEST_DATE = 60
_SPACED = re.compile(r"(?:[<>≤≥]=?)?[-+]?\d{1,3}(?: \d{3})+(?:\.\d*)?(?:[eE][-+]?\d+)?")
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
        True where a cell is neither a finite number nor empty (`nan` in any case counts as empty). Signs are read as
        `plain` spells them, and no-break blanks between thousands are passed over.
    """
    if isinstance(values.dtype, pd.StringDtype):
        # Laboratories round, so that a column repeats few texts; each is read once. An empty cell has the code -1.
        codes, texts = pd.factorize(values)
        numbers, leftover = _read_numbers(pd.Series(texts, dtype=values.dtype))
        return np.append(numbers, np.nan)[codes], np.append(leftover, False)[codes]
    return _read_numbers(values)


def _read_numbers(values: pd.Series) -> tuple[FloatArray, BoolArray]:
    """Turn cells into numbers one by one; see `to_numbers`."""
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
        codes, texts = pd.factorize(cell_text(values[unread]))
        spelt = pd.to_numeric(pd.Series([_spelt(text) for text in texts], dtype="str"), errors="coerce")
        found = spelt.to_numpy(dtype=np.float64, na_value=np.nan)
        empty = np.array([text.lower() in ("", "nan") for text in texts], dtype=bool)
        numbers[unread] = np.where(np.isfinite(found), found, np.nan)[codes]
        unread[unread] = ~(empty | np.isfinite(found))[codes]
    return numbers, unread


def _spelt(text: str) -> str:
    """Return text as `plain` spells it, and a number or limit without the no-break blanks between its thousands."""
    if text.isascii():
        return text
    spelt = plain(text).strip()
    if len(text) > _LONGEST_DATE:
        return spelt
    return spelt.replace(" ", "") if _SPACED.fullmatch(spelt) and " " not in text else spelt


def cell_text(values: pd.Series) -> pd.Series:
    """Return cells as text without surrounding blanks, "" where empty, indexed from 0."""
    return values.astype("str").fillna("").str.strip().reset_index(drop=True)


def plain_cells(values: pd.Series) -> pd.Series:
    """Return cells as text without surrounding blanks, spelt plainly (see `_spelt`), indexed from 0."""
    text = cell_text(values)
    # An array of Python's own texts is gone through several times as fast as one of Arrow's.
    strange = {one: _spelt(one) for one in np.asarray(text.unique(), dtype=object) if not one.isascii()}
    return text.replace(strange) if strange else text


def shortened(text: str) -> str:
    """Return text short enough for a message."""
    return text if len(text) <= 60 else f"{text[:50]}... ({len(text):,} characters)"


def is_date(text: str) -> bool:
    """Tell whether text reads as a date or a time, which Excel makes out of `5-3`."""
    return len(text) <= _LONGEST_DATE and _DATE.fullmatch(text.strip()) is not None


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
        codes = [plain(str(code)).strip() for code in missing]
        leftover[leftover] = ~plain_cells(values[leftover]).isin(codes).to_numpy()
    return numbers, leftover


#: What stands between several values in one cell.
_BETWEEN = re.compile("[;|,]")


def keep_rows(
    table: pd.DataFrame,
    keep: Mapping[str, Sequence[str | float]],
    source: str,
    key: str,
    parts: bool = False,
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
    parts : bool
        Whether a value also matches one of several in a cell, such as `Ni` in `Ni;Cu;PGE`; `;`, `,` and `|` stand
        between them. A number matches whole cells alone, and so does every value for a column where one of the
        wanted values holds a separator itself.

    Raises
    ------
    InputError
        A column does not exist, a value occurs nowhere in it, or no row passes all the columns
        together.
    """
    kept = np.ones(len(table), dtype=bool)
    for column, wanted in keep.items():
        require_column(table, column, source, f"{key}.{column}")
        text = plain_cells(table[column])
        numbers, _ = to_numbers(table[column])
        matched = np.zeros(len(table), dtype=bool)
        split = parts and not any(_BETWEEN.search(str(value)) for value in wanted)
        listed = listed_parts(text) if split else None
        for value in wanted:
            matches = equal_cells(text, numbers, value)
            if listed is not None and not sentinel_numbers([value]):
                matches |= (listed == plain(str(value)).strip()).groupby(level=0).any().to_numpy()
            if not matches.any():
                stop_at_absent(text, value, column, source, f"{key}.{column}")
            matched |= matches
        kept &= matched
    if not kept.any():
        raise InputError(f"{source}: no row passes {key} ({dict(keep)}); loosen one of its columns")
    return table if kept.all() else table[kept]


def equal_cells(text: pd.Series, numbers: FloatArray, value: str | float) -> BoolArray:
    """Tell which cells equal a value of the config, as text or as a number.

    Parameters
    ----------
    text, numbers
        What `plain_cells` and `to_numbers` made of a column.
    value : str or float
        The value; 93974 matches `93974` and `93974.0`.
    """
    spelt = plain(str(value)).strip()
    return (text == spelt).to_numpy() | np.isin(numbers, sentinel_numbers([value]))


def stop_at_absent(text: pd.Series, value: str | float, column: str, source: str, key: str) -> None:
    """Raise the InputError that a value of the config occurs nowhere in its column, with what does."""
    present = ", ".join(repr(str(one)) for one in text.drop_duplicates()[:10])
    raise InputError(
        f"{source}, column {column!r}: no row holds {value!r} ({key}); the column holds {present}"
    )


def label_cells(values: pd.Series) -> npt.NDArray[np.object_]:
    """Return cells as names: text without surrounding blanks, whole numbers without a decimal point, "" where empty."""
    text = plain_cells(values)
    if pd.api.types.is_float_dtype(values.dtype):
        text = text.str.replace(r"\.0$", "", regex=True).replace("nan", "")
    return text.to_numpy(dtype=object)


def listed_parts(text: pd.Series) -> pd.Series:
    """Return the values of cells that hold several, one a row, indexed as the cells."""
    return text.str.split(_BETWEEN).explode().str.strip()


def require_column(table: pd.DataFrame, column: str, source: str, key: str) -> None:
    """Raise an InputError with near matches when a column that the config names is absent."""
    if column in table.columns:
        return
    names = [str(name)[:80] for name in table.columns]
    by_lower = {name.lower(): name for name in names}
    near = [
        by_lower[low] for low in difflib.get_close_matches(column.lower(), list(by_lower), n=5, cutoff=0.5)
    ]
    hint = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else f"it has {', '.join(map(repr, names[:12]))}"
    )
    raise InputError(f"{source}: there is no column {column!r} ({key}); {hint}{sheets_hint(table)}")


def sheets_hint(table: pd.DataFrame) -> str:
    """Return the end of a message on columns: that the first of several sheets of a workbook was read."""
    hint = table.attrs.get("sheets_hint")
    return f". In the workbook, {hint}" if hint else ""
