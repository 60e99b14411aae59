"""Reading a sheet of a workbook: what its cells show, which is not always what they hold.

A percentage is a fraction that is shown times 100, and a formula has a value only if a spreadsheet program has saved
one. Both are looked for where the file has any.
"""

import operator
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geohalo.errors import InputError
from geohalo.foreign_files import readable
from geohalo.input_warnings import InputWarning, as_records
from geohalo.survey.layout import Form, Row, find_layout
from geohalo.survey.table_parts import choose_layer, without_unnamed
from geohalo.survey.table_rows import without_repeated_headers
from geohalo.survey.units import known_unit

if TYPE_CHECKING:
    import openpyxl

_SHOWN_STYLE = re.compile(
    rb'numFmtId="(?:9|10)"|formatCode="[^"]*(?:%|&lt;|&gt;|pp[mb]|g/t|/kg|g/g)', re.IGNORECASE
)
# What a number format shows as it stands: text in quotation marks, and signs behind a backslash.
_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
# Conditions of a number format, such as [<1], are not shown; its other signs are.
_CONDITION = re.compile(r"\[[^\]]*\]")
_COMPARED = re.compile(r"\[(?P<sign>[<>]=?|=|<>)(?P<limit>-?\d+(?:\.\d+)?)\]")
_MEETS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_HIDDEN = re.compile(rb'<row (?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="([0-9]{1,7})"')
_MOST_NAMED = 6
_ADVICE = (
    "if it is text or the old format (.xls) under another name, rename it; else open it in a spreadsheet program and "
    "save it again as .xlsx"
)


def read_workbook(path: Path, layer: str | None, form: Form) -> pd.DataFrame:
    """Read a sheet: cells as the workbook holds them, missing where empty, indexed by row.

    Percentages are read as they are shown; `attrs["units"]` says `percent` for columns that hold nothing else, beside
    what a row of units tells.

    Raises
    ------
    InputError
        The file is not readable, has no such sheet, or a cell of a column holds a formula without a result.
    """
    with readable(path, "workbook", _ADVICE):
        with pd.ExcelFile(path, engine="openpyxl") as workbook:
            names = _shown_sheets(workbook)
            sheet = choose_layer(
                path, layer, names if layer is None else list(map(str, workbook.sheet_names)), "sheet"
            )
            others = [name for name in names if name != sheet] if layer is None else []
            cells = pd.read_excel(
                workbook,
                sheet_name=sheet,
                header=None,
                dtype=object,
                keep_default_na=False,
                na_values=[""],
            )
        shown = _shown_cells(path, sheet)
    try:
        return _as_table(path, sheet, cells, shown, form, others)
    except InputError as error:
        if not others:
            raise
        raise InputError(
            f"{error} (sheet {sheet!r} is read; set {form.key}.layer if another is meant: {_listed(others)})"
        ) from error


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:_MOST_NAMED])) + (" ..." if len(names) > _MOST_NAMED else "")


def _shown_sheets(workbook: pd.ExcelFile) -> list[str]:
    """Return the sheets that are not hidden, or all if there are no others."""
    book = workbook.book
    hidden = {str(one.title) for one in book.worksheets if one.sheet_state != "visible"}
    names = [str(name) for name in workbook.sheet_names]
    return [name for name in names if name not in hidden] or names


def _as_table(
    path: Path,
    sheet: str,
    cells: pd.DataFrame,
    shown: dict[str, dict[tuple[int, int], str]],
    form: Form,
    others: list[str],
) -> pd.DataFrame:
    """Return the records of a sheet, with what is doubtful about it in `attrs["warnings"]`."""
    if cells.empty:
        raise InputError(f"{path}: sheet {sheet!r} is empty")
    for (row, column), text in shown["text"].items():
        if row < len(cells) and column < len(cells.columns):
            cells.iat[row, column] = text
    layout = find_layout(_rows(cells, form.looked_at), form, path)
    table = cells.iloc[layout.first - 1 :].set_axis(layout.names, axis=1)
    table.index = pd.RangeIndex(layout.first, layout.first + len(table))
    table = table[table.notna().any(axis=1)]
    if layout.template:
        table = table[table.iloc[:, 0].astype("str").str.strip() == "D"].iloc[:, 1:]
    _stop_at_formulas(shown["formulas"], layout.names, layout.first, path, sheet)
    table, percent = _percentages(table.copy(), shown["percent"], layout.names)
    table, doubts = without_repeated_headers(without_unnamed(table), layout.units, path)
    if table.empty:
        raise InputError(f"{path}: the table has no rows")
    doubts += _merged_cells(shown["merged"], layout.names, layout.first, path)
    doubts += _hidden_rows(shown["hidden"], [row - 1 for row in table.index], path)
    by_format = _units_shown(table, shown["unit"], layout.names)
    table.attrs = {"units": by_format | layout.units | percent, "units_hint": layout.units_hint}
    if others:
        what = f"sheet {sheet!r} is read, the first one; there are {_listed(others)}, too"
        fix = f"set {form.key}.layer to {sheet!r}, or to the sheet that is meant"
        doubts.append(InputWarning(what, fix, str(path)))
        table.attrs["sheets_hint"] = f"{what}: {fix}"
    table.attrs["warnings"] = as_records(doubts)
    return table


def _merged_cells(
    merged: dict[tuple[int, int], str], names: list[str], first: int, path: Path
) -> list[InputWarning]:
    """Tell of merged cells among the records: the value stands in the first of them, the others are empty."""
    places = sorted(place for place in merged if place[0] >= first - 1 and place[1] < len(names))
    if not places:
        return []
    row, column = places[0]
    return [
        InputWarning(
            f"{len(places)} blocks of cells are merged (the first is {merged[row, column]}): their value "
            "counts for the first row alone, and the other cells are empty",
            "split the cells in the spreadsheet program and fill in the values",
            str(path),
            names[column],
            str(row + 1),
        )
    ]


def _hidden_rows(hidden: dict[tuple[int, int], str], rows: list[int], path: Path) -> list[InputWarning]:
    """Tell of records in hidden rows, such as those that a filter leaves out."""
    places = sorted({row for row, _ in hidden} & set(rows))
    if not places:
        return []
    return [
        InputWarning(
            f"{len(places)} of the {len(rows)} rows are hidden, as a filter leaves them, and are read all the same",
            "delete them if they are not meant, or keep the others with samples.keep",
            str(path),
            row=str(places[0] + 1),
        )
    ]


def _rows(cells: pd.DataFrame, count: int) -> list[Row]:
    """Return the first rows as text."""
    head = cells.iloc[:count]
    texts = [["" if pd.isna(cell) else str(cell) for cell in row] for row in head.itertuples(index=False)]
    return [Row(number, number, text) for number, text in enumerate(texts, start=1)]


def _shown_cells(path: Path, sheet: str) -> dict[str, dict[tuple[int, int], str]]:
    """Return the cells (row and column from 0) with errors as text, with formulas that have no result, and percentages.

    A workbook is only read again if it has such cells at all.
    """
    kinds = ("text", "formulas", "percent", "unit", "merged", "hidden")
    found: dict[str, dict[tuple[int, int], str]] = {kind: {} for kind in kinds}
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        formulas = errors = merged = hidden = False
        for name in sheets:
            content = parts.read(name)
            formulas |= re.search(rb"<f[ >/]", content) is not None
            errors |= b't="e"' in content
            merged |= b"<mergeCell " in content
            hidden |= _HIDDEN.search(content) is not None
        percent = "xl/styles.xml" in parts.namelist() and bool(
            _SHOWN_STYLE.search(parts.read("xl/styles.xml"))
        )
    import openpyxl  # slow to import, and most tables are no workbooks

    if errors or percent or formulas:
        values = openpyxl.load_workbook(path, read_only=True, data_only=True)
        for cell in _cells_of(values, sheet):
            place = (cell.row - 1, cell.column - 1)
            if cell.data_type == "e":
                found["text"][place] = str(cell.value)
            elif cell.data_type == "n" and (limit := _shown_limit(cell.number_format or "", cell.value)):
                found["text"][place] = limit
            elif cell.data_type == "n" and "%" in _LITERAL.sub("", cell.number_format or ""):
                found["percent"][place] = str(cell.value)
            elif cell.data_type == "n" and (unit := _shown_unit(cell.number_format or "")):
                found["unit"][place] = unit
            if formulas and cell.value is not None:
                found["formulas"][place] = ""  # has a value
        values.close()
    if merged:
        found["merged"] = _merged_blocks(path, sheet)
    if hidden:
        found["hidden"] = {(int(row) - 1, 0): "" for row in _HIDDEN.findall(_content_of(path, sheet))}
    if formulas:
        valued = found["formulas"]
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
        found["formulas"] = {
            (cell.row - 1, cell.column - 1): str(cell.value)
            for cell in _cells_of(book, sheet)
            if cell.data_type == "f" and (cell.row - 1, cell.column - 1) not in valued
        }
        book.close()
    return found


def _shown_limit(number_format: str, value: float) -> str:
    """Return what a number format shows of a number with `<` or `>` before it: `<0.5`; "" where it shows no such sign.

    Of the parts of a format the first counts whose condition, such as [<5], the number meets.
    """
    if not set("<>") & set(number_format):
        return ""
    for part in number_format.split(";"):
        condition = _COMPARED.search(part)
        if condition and not _MEETS[condition["sign"]](value, float(condition["limit"])):
            continue
        bare = _CONDITION.sub("", part)
        shown = bare.replace('"', "").replace("\\", "").strip()
        if shown[:1] not in ("<", ">"):
            return ""
        # Text alone hides the number behind it.
        return f"{shown[0]}{value}" if re.search(r"[0#?]|General", _LITERAL.sub("", bare)) else shown
    return ""


def _content_of(path: Path, sheet: str) -> bytes:
    """Return the part of the file that holds a sheet."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    part = str(book[sheet]._worksheet_path).lstrip("/")  # the whole sheet would take a hundred times its size
    book.close()
    with zipfile.ZipFile(path) as parts:
        return parts.read(part)


def _shown_unit(number_format: str) -> str:
    """Return the unit that a number format shows beside a number, such as `ppb`; "" where it shows none."""
    literals = "".join(quoted or sign for quoted, sign in _LITERAL.findall(number_format)).strip()
    return literals if known_unit(literals) else ""


def _units_shown(table: pd.DataFrame, shown: dict[tuple[int, int], str], names: list[str]) -> dict[str, str]:
    """Return the unit of each column in which most numbers are shown with one and the same."""
    units = {}
    for column in {place[1] for place in shown if place[1] < len(names)}:
        texts = [text for (row, one), text in shown.items() if one == column and row + 1 in table.index]
        filled = table[names[column]].notna().sum() if names[column] in table.columns else 0
        if filled and len(set(texts)) == 1 and 2 * len(texts) > filled:
            units[names[column]] = texts[0]
    return units


def _merged_blocks(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Return the merged blocks of a sheet, by their upper left cell (row and column from 0)."""
    from openpyxl.utils.cell import range_boundaries

    refs = [found.decode("ascii") for found in _MERGED.findall(_content_of(path, sheet))]
    blocks = {}
    for ref in refs:
        column, row, _, _ = range_boundaries(ref)
        blocks[int(row) - 1, int(column) - 1] = ref
    return blocks


def _cells_of(book: "openpyxl.Workbook", sheet: str):  # type: ignore[no-untyped-def]
    """Yield the cells of a sheet that hold something."""
    pages = book[sheet]
    pages.reset_dimensions()
    for row in pages.iter_rows():
        yield from (cell for cell in row if cell.value is not None)


def _stop_at_formulas(
    formulas: dict[tuple[int, int], str], names: list[str], first: int, path: Path, sheet: str
) -> None:
    places = sorted(place for place in formulas if place[0] >= first - 1 and place[1] < len(names))
    if not places:
        return
    row, column = min(places, key=lambda place: (place[1], place[0]))
    count = sum(place[1] == column for place in places)
    columns = sorted({place[1] for place in places})
    more = f"; so do {', '.join(repr(names[one]) for one in columns[1:6])}" if len(columns) > 1 else ""
    raise InputError(
        f"{path}, sheet {sheet!r}, column {names[column]!r}, row {row + 1}: a formula ({formulas[row, column][:40]}) "
        f"without a result, {count} in this column{more}. Open the workbook in a spreadsheet program and save it, so "
        "that results are kept, or paste the values"
    )


def _percentages(
    table: pd.DataFrame, percent: dict[tuple[int, int], str], names: list[str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Turn fractions into the percentages that are shown; a column with some of them keeps them as text."""
    units = {}
    for column in sorted({place[1] for place in percent if place[1] < len(names)}):
        name = names[column]
        if name not in table.columns:
            continue
        rows = [row + 1 for row, one in percent if one == column and row + 1 in table.index]
        numbers = table[name].map(lambda cell: isinstance(cell, int | float) and not pd.isna(cell))
        shown = pd.Series(np.isin(table.index, rows), index=table.index)
        if not shown.any():
            continue
        as_shown = table.loc[shown, name].map(lambda cell: float(f"{100 * float(cell):.12g}"))
        if (numbers == shown).all():
            units[name] = "percent"
            table.loc[shown, name] = as_shown
        else:
            table.loc[shown, name] = as_shown.map(lambda value: f"{value:.12g}%")
    return table, units
