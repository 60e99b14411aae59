"""Rows of a table that are no records: repeated headers, and lines that a quotation mark has swallowed."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import cell_text
from geohalo.survey.layout import Row, is_number
from geohalo.survey.spelling import plain

_MOST_NAMED = 5
# Text has a number now and then; a record is mostly numbers.
_FEWEST_NUMBERS = 3
_QUOTING_FORMULA, _FIRST = re.compile(r'^="(.*)"$'), 1000


def without_repeated_headers(
    table: pd.DataFrame, units: Mapping[str, str], path: Path
) -> tuple[pd.DataFrame, list[InputWarning]]:
    """Leave out rows that repeat the header or the row of units, as pages and pasted files do.

    Parameters
    ----------
    table : pandas.DataFrame
        Records, indexed by row.
    units : mapping of str to str
        Units by column, as a row of units tells them.
    path : Path
        The file, for the warning.

    Returns
    -------
    table : pandas.DataFrame
    warnings : list of InputWarning
        Which rows they were.
    """
    names = [name for name in map(str, table.columns) if not name.startswith("unnamed ")]
    if len(names) < 2 or table.empty:
        return table, []
    repeats = np.zeros(len(table), dtype=bool)
    for spelt in ({name: name for name in names}, dict(units)):
        repeats |= _equal_rows(table, spelt)
    if not repeats.any() or repeats.all():
        return table, []
    rows = table.index[repeats]
    message = ", ".join(map(str, rows[:_MOST_NAMED])) + (" and more" if len(rows) > _MOST_NAMED else "")
    warning = InputWarning(
        f"{len(rows)} {'row repeats' if len(rows) == 1 else 'rows repeat'} the header or its units and "
        f"{'is' if len(rows) == 1 else 'are'} left out: {message}",
        "delete such rows; if the file was pasted together from several, check that all have the same columns and "
        "units",
        str(path),
        row=str(rows[0]),
    )
    return table[~repeats], [warning]


def _equal_rows(table: pd.DataFrame, spelt: Mapping[str, str]) -> np.ndarray:
    """Tell which rows hold nothing but the given texts, at least two and most of them."""
    spelt = {name: text for name, text in spelt.items() if name in table.columns}
    equal = np.zeros(len(table), dtype=bool)
    if len(spelt) < 2:
        return equal
    # Few rows agree in any of the first columns, so that not all cells of a large table are compared.
    for name in list(spelt)[:3]:
        if not pd.api.types.is_numeric_dtype(table[name].dtype):
            equal |= _alike(table[name], spelt[name])
    for place in np.flatnonzero(equal):
        cells = {name: str(cell) for name, cell in table.iloc[place].items() if not pd.isna(cell)}
        filled = {str(name): text for name, text in cells.items() if text.strip()}
        same = sum(_short(text) == _short(spelt.get(name, "")) for name, text in filled.items())
        equal[place] = same == len(filled) and same >= 2 and 2 * same >= len(spelt)
    return equal


def _alike(column: pd.Series, text: str) -> np.ndarray:
    return (cell_text(column).str.casefold() == text.strip().casefold()).to_numpy()


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", plain(text)).strip().casefold()


def stop_at_quoted_lines(lines: Sequence[str], delimiters: Mapping[str, str], path: Path) -> None:
    """Raise InputError where every line stands in quotation marks as a whole, so that it is one cell.

    Parameters
    ----------
    lines : sequence of str
        The first lines.
    delimiters : mapping of str to str
        What may stand between cells, and its name.
    path : Path
        The file, for the message.
    """
    stripped = [line.strip() for line in lines]
    if not all(len(line) > 2 and line[0] == line[-1] == '"' for line in stripped):
        return
    for delimiter, name in delimiters.items():
        if min(line.count(delimiter) for line in stripped) > 0:
            raise InputError(
                f"{path}: every line stands in quotation marks as a whole and is one cell; remove the marks at the "
                f"beginning and the end of the lines, so that the {name} parts cells"
            )


def stop_at_swallowed_lines(row: Row, delimiter: str, width: int, path: Path) -> None:
    """Raise InputError where a quoted cell holds whole records: a quotation mark is not closed.

    Parameters
    ----------
    row : Row
        A row of text that runs over several lines.
    delimiter : str
        What stands between cells.
    width : int
        How many columns the table has.
    path : Path
        The file, for the message.
    """
    for cell in row.cells:
        if "\n" not in cell and "\r" not in cell:
            continue
        parts = [part for line in cell.splitlines() for part in line.split(delimiter)]
        numbers = sum(is_number(part) for part in parts)
        if len(parts) + len(row.cells) > 1.5 * width and numbers >= max(_FEWEST_NUMBERS, 0.4 * len(parts)):
            raise InputError(
                f"{path}, rows {row.number} to {row.last}: one cell holds {len(cell.splitlines())} lines "
                f"({' '.join(cell[:40].split())!r} ...), so a quotation mark that opens in row {row.number} is not "
                "closed there; remove it, or close it"
            )


def without_quoting_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text with `="0012"` as `0012`: programs write it so that a spreadsheet keeps the text."""
    for name in table.columns:
        if table[name].head(_FIRST).str.startswith('="').any():
            table[name] = table[name].str.replace(_QUOTING_FORMULA, r"\1", regex=True)
    return table
