"""What each row of a table of samples is: a sample of the survey, or a row of quality control."""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.survey.cells import (
    BoolArray,
    FloatArray,
    equal_cells,
    label_cells,
    plain_cells,
    require_column,
    row_numbers,
    stop_at_absent,
    to_numbers,
)

LabelArray = npt.NDArray[np.object_]

SURVEY, REFERENCE, BLANK = "survey", "reference", "blank"
FIELD_DUPLICATE, LABORATORY_DUPLICATE, OTHER = "field_duplicate", "laboratory_duplicate", "other"
#: Kinds of rows, as the section `samples.quality` lists them.
ROLES = (SURVEY, REFERENCE, BLANK, FIELD_DUPLICATE, LABORATORY_DUPLICATE, OTHER)
DUPLICATES = (FIELD_DUPLICATE, LABORATORY_DUPLICATE)
_KEY = "samples.quality"
_MOST_NAMED = 10
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")


@dataclass(frozen=True)
class Roles:
    """What each row is, and what the table says of it.

    Attributes
    ----------
    role : ndarray of object (str), shape (rows,)
        One of `ROLES`.
    material : ndarray of object (str), shape (rows,)
        The reference material of a row of `REFERENCE` or `BLANK`, "" for other rows.
    sample, original : ndarray of object (str), shape (rows,)
        Name of the row's sample, and of the one that a duplicate repeats; "" where the table tells none.
    batch : ndarray of object (str), shape (rows,)
        Laboratory job or batch, "" where the table tells none.
    order : ndarray of float64, shape (rows,)
        Place in the order of analysis: numbers of the column, days since 1970 of a date, or else the order of the
        file; NaN where a cell is empty.
    """

    role: LabelArray
    material: LabelArray
    sample: LabelArray
    original: LabelArray
    batch: LabelArray
    order: FloatArray

    def of(self, *kinds: str) -> BoolArray:
        """Tell which rows are of one of some kinds."""
        return np.isin(self.role.astype(str), kinds)

    def chosen(self, rows: BoolArray) -> "Roles":
        """Return some rows."""
        names = (self.role, self.material, self.sample, self.original, self.batch)
        role, material, sample, original, batch = (part[rows] for part in names)
        return Roles(role, material, sample, original, batch, self.order[rows])


def row_roles(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> Roles:
    """Tell what each row of a table is.

    Parameters
    ----------
    table : pandas.DataFrame
        The table, after `samples.keep`.
    section : mapping
        Config section `samples`; used are `batch` and `quality`. Without `quality` all rows are the survey's.
    source : str
        File name, for messages.

    Raises
    ------
    InputError
        A column does not exist, a value occurs nowhere, one row is of two kinds, a row is of no kind though `survey`
        says which rows are the survey's, a duplicate cannot be told from its original, or an order is not understood.
    """
    quality = section.get("quality") or {}
    nothing = np.full(len(table), "", dtype=object)
    role = _roles(table, quality, source) if quality else np.full(len(table), SURVEY, dtype=object)
    names = {
        name: _labels(table, column, source, key)
        for name, column, key in (
            ("sample", quality.get("sample"), f"{_KEY}.sample"),
            ("original", quality.get("original"), f"{_KEY}.original"),
            ("batch", section.get("batch"), "samples.batch"),
        )
    }
    if quality.get("original") and not quality.get("sample"):
        raise InputError(
            f"{_KEY}.original needs {_KEY}.sample, the column with the names that the originals are called by"
        )
    materials = _materials(table, quality, role, source) if quality else nothing
    return Roles(role, materials, **names, order=_order(table, quality.get("order"), source))


def _labels(table: pd.DataFrame, column: str | None, source: str, key: str) -> LabelArray:
    """Return the names in a column of the config, "" for all rows if there is none."""
    if not column:
        return np.full(len(table), "", dtype=object)
    require_column(table, column, source, key)
    return label_cells(table[column])


def _listed(quality: Mapping[str, Any]) -> Iterator[tuple[str, str, Sequence[str | float]]]:
    """Yield each kind with a column and the values that mark it there."""
    for kind in ROLES:
        listed = quality.get(kind) or []
        if isinstance(listed, Mapping):
            yield from ((kind, str(column), values) for column, values in listed.items())
        elif listed:
            if not quality.get("column"):
                raise InputError(
                    f"{_KEY}.{kind} lists values, and {_KEY}.column does not say of which column; name it, or write "
                    f"{kind}: {{COLUMN: {list(listed)}}}"
                )
            yield kind, str(quality["column"]), listed


def _roles(table: pd.DataFrame, quality: Mapping[str, Any], source: str) -> LabelArray:
    """Return the kind of each row."""
    role, rows = np.full(len(table), "", dtype=object), row_numbers(table)
    for kind, column, values in _listed(quality):
        key = f"{_KEY}.{kind}"
        require_column(table, column, source, key)
        text, numbers = plain_cells(table[column]), to_numbers(table[column])[0]
        for value in values:
            matches = equal_cells(text, numbers, value)
            if not matches.any():
                stop_at_absent(text, value, column, source, key)
            both = matches & (role != "") & (role != kind)
            if both.any():
                first = int(np.flatnonzero(both)[0])
                raise InputError(
                    f"{source}, row {rows[first]}: by {_KEY} the row is of two kinds, {role[first]} and {kind}; "
                    "correct one of the two"
                )
            role[matches] = kind
    if not (role != "").any():
        raise InputError(
            f"{_KEY} marks no row; list the values of reference, blank, field_duplicate or laboratory_duplicate"
        )
    unmarked = role == ""
    if unmarked.any() and quality.get(SURVEY):
        _stop_at_unmarked(table, quality, unmarked, rows, source)
    role[unmarked] = SURVEY
    return role


def _stop_at_unmarked(
    table: pd.DataFrame,
    quality: Mapping[str, Any],
    unmarked: BoolArray,
    rows: npt.NDArray[np.int64],
    source: str,
) -> None:
    """Raise the InputError that rows are of no kind, with what they hold and how often."""
    column = next(column for kind, column, _ in _listed(quality) if kind == SURVEY)
    counts = pd.Series(label_cells(table[column])[unmarked]).value_counts()
    message = ", ".join(
        f"{name or 'empty'} ({count} rows)" for name, count in counts.head(_MOST_NAMED).items()
    )
    more = f" and {len(counts) - _MOST_NAMED} more values" if len(counts) > _MOST_NAMED else ""
    raise InputError(
        f"{source}, column {column!r}, row {rows[unmarked][0]}: {unmarked.sum()} rows are of no kind that {_KEY} lists"
        f": {message}{more}; list each value as survey, reference, blank, field_duplicate, "
        "laboratory_duplicate or other"
    )


def _materials(table: pd.DataFrame, quality: Mapping[str, Any], role: LabelArray, source: str) -> LabelArray:
    """Return the name of the reference material or blank of each such row."""
    controls = np.isin(role.astype(str), (REFERENCE, BLANK))
    material = np.full(len(table), "", dtype=object)
    for kind, column, _ in _listed(quality):
        if kind in (REFERENCE, BLANK):
            of_kind = (role == kind) & (material == "")
            material[of_kind] = label_cells(table[column])[of_kind]
    if quality.get("material"):
        named = _labels(table, quality["material"], source, f"{_KEY}.material")
        material[controls & (named != "")] = named[controls & (named != "")]
    return material


def _order(table: pd.DataFrame, column: str | None, source: str) -> FloatArray:
    """Return the order of analysis as numbers."""
    if not column:
        return np.arange(len(table), dtype=np.float64)
    key = f"{_KEY}.order"
    require_column(table, column, source, key)
    cells = table[column]
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _days(cells)
    numbers, leftover = to_numbers(cells)
    if not leftover.any():
        return numbers
    text = plain_cells(cells.map(_written))
    dated = text.str.fullmatch(_ISO).to_numpy()
    unread = leftover & ~dated
    if unread.any() or np.isfinite(numbers).any():
        first = int(np.flatnonzero(unread if unread.any() else np.isfinite(numbers))[0])
        raise InputError(
            f"{source}, column {column!r}, row {row_numbers(table)[first]}: {str(text[first])[:60]!r} is no place in "
            f"an order ({key}); give numbers in all rows, or dates written YYYY-MM-DD"
        )
    return _days(pd.to_datetime(text.where(dated), errors="coerce", format="ISO8601"))


def _written(cell: Any) -> Any:
    """Return a date as text, another cell as it is."""
    return cell.isoformat() if isinstance(cell, datetime.date) else cell


def _days(dates: pd.Series) -> FloatArray:
    """Return dates as days since 1970, NaN where there is none."""
    return np.asarray((dates - pd.Timestamp(0)) / pd.Timedelta(days=1), dtype=np.float64)
