"""Reading delimited text as laboratories, surveys and spreadsheets write it.

The delimiter is the one that cuts most lines into equally many cells. A line with fewer or more cells than there are
columns stops the reading: all that stands after the lost cell would belong to another column.
"""

import csv
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning, as_records
from geohalo.survey.layout import Form, Layout, Row, find_layout, is_number
from geohalo.survey.table_parts import one_line, stop_at_other_kind, without_unnamed
from geohalo.survey.table_rows import (
    stop_at_quoted_lines,
    stop_at_swallowed_lines,
    without_quoting_formulas,
    without_repeated_headers,
)

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_BLANKS = r"\s+"
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(\\t|.)"?\s*', re.IGNORECASE | re.DOTALL)
_END = "\x1fend of line"
_LONGEST_LINE = 1_000_000
# Cells, and of each row its line and how many cells it has.
_Cells = tuple[pd.DataFrame, npt.NDArray[np.int64], npt.NDArray[np.int64]]
# The sign behind which old programs end a file is one of them.
_FOOTERS = {"eof", "end", "end of file", "<eof>", "end of data", "\x1a"}


def read_text(path: Path, form: Form) -> pd.DataFrame:
    """Read a text file: cells as text, "" where empty, indexed by line.

    Rows without any value, comments (lines that begin with `#`) and a last line such as `EOF` are left out.
    `attrs` holds `units` (by column, where a row tells them) and `warnings`.

    Raises
    ------
    InputError
        The file is not readable, has no header where it is looked for, or a line has fewer or more cells than the
        table has columns.
    """
    stop_at_other_kind(path)
    encoding = encoding_of(path)
    try:
        with path.open(encoding=encoding) as stream:
            lines = [_complete_line(line, path, n) for n, line in _numbered(stream, form.looked_at)]
        delimiter, skipped = _delimiter(lines, path)
        rows = _rows(lines[skipped:], delimiter, skipped)
        layout = find_layout(rows, form, path)
        cells, numbers, widths = _read_cells(path, encoding, delimiter, layout, form)
    except (UnicodeError, csv.Error) as error:
        raise InputError(f"{path}: not a readable table: {one_line(error)}") from error
    cells.index = pd.Index(numbers)
    table, messages = _records(cells, pd.Series(widths, index=cells.index), layout, path)
    # A short line leaves missing cells at its end; they are empty like any other empty cell. Column by column: a
    # national survey holds a hundred million cells.
    for name in table.columns[table.isna().any()]:
        table[name] = table[name].fillna("")
    table = without_quoting_formulas(table)
    table, repeated = without_repeated_headers(without_unnamed(table), layout.units, path)
    doubts = as_records([*messages, *repeated])
    table.attrs = {"units": layout.units, "units_hint": layout.units_hint, "warnings": doubts}
    table.attrs |= {"template": dict(layout.system)} if layout.system else {}
    return table


def encoding_of(path: Path) -> str:
    """Tell the encoding: by byte order mark, else UTF-8, else the Windows encoding that spreadsheets write."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    for mark, encoding in (
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if start.startswith(mark):
            return encoding
    # Latin text in UTF-16 has a zero in every second byte.
    zeros = np.frombuffer(start[: len(start) // 2 * 2], dtype=np.uint8).reshape(-1, 2) == 0
    if len(zeros) > 2 and zeros.any():
        even, odd = zeros.mean(axis=0)
        if odd > 0.8 and even < 0.1:
            return "utf-16-le"
        if even > 0.8 and odd < 0.1:
            return "utf-16-be"
    try:
        with path.open(encoding="utf-8-sig") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _numbered(stream: TextIO, count: int) -> Iterator[tuple[int, str]]:
    for number in range(1, count + 1):
        line = stream.readline(_LONGEST_LINE)
        if not line:
            return
        yield number, line


def _complete_line(line: str, path: Path, number: int) -> str:
    if len(line) >= _LONGEST_LINE:
        raise InputError(f"{path}, line {number}: more than {_LONGEST_LINE:,} characters; this is no table")
    longest = max(map(len, re.split(r"[,;\t|]", line))) if len(line) > csv.field_size_limit() else 0
    if longest > csv.field_size_limit():
        raise InputError(
            f"{path}, line {number}: a cell of {longest:,} characters; shorten it, leave its column out, or look for a "
            "quotation mark that is not closed"
        )
    if "\0" in line:
        raise InputError(
            f"{path}, line {number}: a zero byte; the file is damaged, or no text: export it again"
        )
    return line


def _delimiter(lines: Sequence[str], path: Path) -> tuple[str, int]:
    """Return the delimiter, and how many lines at the beginning only tell it."""
    if not lines:
        raise InputError(f"{path}: the table has no rows")
    if lines[0].lstrip().lower().startswith("ncols "):
        raise InputError(f"{path}: this is a grid (ESRI ASCII), not a table; name its folder in grids.folder")
    stated = _SEPARATOR_LINE.fullmatch(lines[0].rstrip("\r\n"))
    if stated:
        return stated[1].replace("\\t", "\t"), 1
    usable = [line for line in lines if line.strip() and not line.lstrip().startswith("#")] or list(lines)
    found = {}
    for delimiter in _DELIMITERS:
        rows = [row.cells for row in _rows(usable, delimiter, 0)]
        (width, count), *_ = Counter(map(len, rows)).most_common(1)
        if width > 1:
            numbers = [is_number(cell) for cells in rows[1:] for cell in cells if len(cells) == width]
            found[delimiter] = (count / len(rows), float(np.mean(numbers)) if numbers else 0.0, width)
    if not found:
        stop_at_quoted_lines(usable, _DELIMITERS, path)
        widths = Counter(len(line.split()) for line in usable)
        width, count = widths.most_common(1)[0]
        return (_BLANKS if width > 1 and count > 0.5 * len(usable) else ","), 0
    agreement = max(share for share, *_ in found.values())
    likely = {one: seen for one, seen in found.items() if seen[0] >= 0.9 * agreement}
    best, *others = sorted(likely, key=lambda one: likely[one][:2][::-1], reverse=True)
    for other in others:
        if likely[other][1] > likely[best][1] - 0.05 and abs(likely[other][0] - likely[best][0]) < 0.005:
            raise InputError(
                f"{path}: the cells may be parted by {_DELIMITERS[best]} ({likely[best][2]} a line) or by "
                f"{_DELIMITERS[other]} ({likely[other][2]} a line); write a line sep={best} or sep={other} "
                "above the header"
            )
    return best, 0


def _rows(lines: Sequence[str], delimiter: str, skipped: int) -> list[Row]:
    """Cut lines into cells; quoted text may run over several lines."""
    if delimiter == _BLANKS:
        return [Row(skipped + n, skipped + n, line.split()) for n, line in enumerate(lines, start=1)]
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ")
    rows, before = [], 0
    for cells in reader:
        rows.append(Row(skipped + before + 1, skipped + reader.line_num, cells))
        before = reader.line_num
    return rows


def _read_cells(path: Path, encoding: str, delimiter: str, layout: Layout, form: Form) -> _Cells:
    """Return all cells below the header, missing where a line is short, and each row's line and number of cells."""
    extra = [f"extra {n}" for n in range(layout.extra)]
    try:
        with path.open(encoding=encoding) as stream, warnings.catch_warnings():
            for _ in islice(stream, layout.first - 1):
                pass
            # pandas warns, and loses the cells, when already the first record is too long.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                _Ended(stream, " " if delimiter == _BLANKS else delimiter),  # type: ignore[call-overload]
                sep=delimiter,
                header=None,
                names=[*layout.names, *extra, _END],
                index_col=False,
                dtype=str,
                keep_default_na=False,
                skip_blank_lines=False,
                skipinitialspace=delimiter not in (" ", _BLANKS),
            )
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path}: the table has no rows") from error
    except (pd.errors.ParserWarning, pd.errors.ParserError):
        return _read_slowly(path, encoding, delimiter, layout, form)
    lines = np.arange(layout.first, layout.first + len(table), dtype=np.int64)
    if len(table) and lines[-1] != _last_line(path, encoding):
        return _read_slowly(path, encoding, delimiter, layout, form)
    short = (table.pop(_END) != _END).to_numpy()
    widths = np.full(len(table), len(table.columns), dtype=np.int64)
    if short.any():
        part = table[short]
        behind = (part == _END).cummax(axis=1)
        table[short] = part.mask(behind)
        widths[short] -= behind.sum(axis=1).to_numpy()
    if any((table.pop(name).fillna("") != "").any() for name in extra):
        return _read_slowly(path, encoding, delimiter, layout, form)
    return table, lines, widths


class _Ended:
    """A stream of text that writes a mark behind the last cell of each line: pandas fills short lines in silence."""

    def __init__(self, stream: TextIO, delimiter: str) -> None:
        self._stream, self._mark, self._last = stream, delimiter + _END, "\n"

    def read(self, size: int = -1) -> str:
        """Return the next characters, marks added."""
        block = self._stream.read(size)
        if block:
            self._last = block[-1]
            return block.replace("\n", f"{self._mark}\n")
        ended, self._last = self._last == "\n", "\n"
        return "" if ended else self._mark

    def __iter__(self) -> Iterator[str]:
        return iter(lambda: self.read(1 << 20), "")


def _last_line(path: Path, encoding: str) -> int:
    """Count the lines of a file; one with line ends of several kinds may count wrongly, and is then read slowly."""
    if encoding.startswith("utf-16") or encoding.startswith("utf-32"):
        with path.open(encoding=encoding) as text:
            return sum(1 for _ in text)
    counts, last = Counter[bytes](), b"\n"
    with path.open("rb") as stream:
        while block := stream.read(1 << 22):
            counts.update({end: block.count(end) for end in (b"\n", b"\r")})
            last = block[-1:]
    return (counts[b"\n"] or counts[b"\r"]) + (last not in b"\r\n")


def _read_slowly(path: Path, encoding: str, delimiter: str, layout: Layout, form: Form) -> _Cells:
    """Read as `_read_cells`, line by line, and name the line that has too many cells."""
    with path.open(encoding=encoding) as stream:
        for _ in islice(stream, layout.first - 1):
            pass
        if delimiter == _BLANKS:
            rows = [Row(n, n, line.split()) for n, line in enumerate(stream, start=layout.first)]
        else:
            rows = _rows_of(stream, delimiter, layout.first, path)
    width = len(layout.names)
    for row in rows:
        if row.last > row.number:
            stop_at_swallowed_lines(row, delimiter, width, path)
    rows = [row for row in rows if not (row.comment and len(row.cells) != width)]
    long = [row for row in rows if any(cell.strip() for cell in row.cells[width:])]
    if long:
        _stop_at_long(long, width, len(rows), path, form)
    filled = [[*row.cells[:width], *[None] * (width - len(row.cells))] for row in rows]
    table = pd.DataFrame(filled, columns=layout.names, dtype="str")
    lines, widths = (
        np.array(values, dtype=np.int64)
        for values in ([row.number for row in rows], [len(row.cells) for row in rows])
    )
    return table, lines, widths


def _rows_of(stream: TextIO, delimiter: str, first: int, path: Path) -> list[Row]:
    reader = csv.reader(stream, delimiter=delimiter, skipinitialspace=delimiter != " ")
    rows, before = [], 0
    try:
        for cells in reader:
            rows.append(Row(first + before, first + reader.line_num - 1, cells))
            before = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"{path}, line {first + reader.line_num - 1}: {one_line(error)}; look for a quotation mark that is not "
            "closed, or a cell of many thousand characters"
        ) from error
    return rows


def _stop_at_long(long: Sequence[Row], width: int, count: int, path: Path, form: Form) -> None:
    row = long[0]
    cells = len(row.cells)
    more = f" (and {len(long) - 1} more such rows)" if len(long) > 1 else ""
    hint = "quote text that holds the delimiter"
    if 2 * len(long) > count:
        hint += f", set {form.key}.header if the column names stand in another line" if form.key else ""
        hint += ", give every column a name, or part cells by semicolons if numbers have a decimal comma"
    raise InputError(f"{path}, row {row.number}: {cells} cells, the header has {width} names{more}; {hint}")


def _records(
    table: pd.DataFrame, widths: pd.Series, layout: Layout, path: Path
) -> tuple[pd.DataFrame, list[InputWarning]]:
    """Leave out rows that are no records, and stop at one that lost a cell."""
    filled = _filled(table)
    first = table.iloc[:, 0].fillna("").str.strip()
    short = table.iloc[:, -1].isna().to_numpy()
    if layout.template:
        filled &= (first == "D").to_numpy()
    marked = first.str.startswith("#").to_numpy()
    if marked.any():
        filled &= ~(marked & short)
        full_rows = marked & filled
        if full_rows.any() and 2 * full_rows.sum() < filled.sum():
            raise InputError(
                f"{path}, row {table.index[np.flatnonzero(full_rows)[0]]}: begins with '#' and has as many cells as a "
                "record; delete the row if it is a comment, or the sign if it is none"
            )
    table, messages = _without_footer(table[filled] if not filled.all() else table, path)
    _stop_at_other_width(table, widths[table.index], path)
    return (table.iloc[:, 1:] if layout.template else table), messages


def _filled(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows of text have a value; a table without empty rows is looked at only until that is known."""
    filled = np.zeros(len(table), dtype=bool)
    for name in table.columns:
        filled |= ((table[name] != "") & table[name].notna()).to_numpy()
        if filled.all():
            break
    if len(table.columns) > 1 and (blank := filled & table.iloc[:, 1].isna().to_numpy()).any():
        filled[blank] = (table.iloc[:, 0][blank].str.strip() != "").to_numpy()
    return filled


def _without_footer(table: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[InputWarning]]:
    """Leave out last lines that hold one text alone, such as `EOF`."""
    if table.empty or len(table.columns) < 2:
        return table, []
    lone = table.iloc[:, 1].isna().to_numpy()
    last = len(table)
    while last and lone[last - 1] and not is_number(str(table.iat[last - 1, 0])):
        last -= 1
    texts = [str(text).strip() for text in table.iloc[last:, 0]]
    strange = [text for text in texts if text.lower() not in _FOOTERS]
    messages = []
    if strange:
        messages.append(
            InputWarning(
                f"the last {len(texts)} lines hold one text alone ({strange[0][:60]!r}) and are left out",
                "delete them if they are no records, or fill their other cells",
                str(path),
                row=str(table.index[last]),
            )
        )
    return table.iloc[:last], messages


def _stop_at_other_width(table: pd.DataFrame, widths: pd.Series, path: Path) -> None:
    """Raise InputError for a row with another number of cells.

    All rows may lack cells of columns that are empty, or have empty cells behind the last column; one row may not,
    since an empty cell at its end does not tell where a cell was lost or added.
    """
    if table.empty:
        return
    names = len(table.columns)
    filled = names
    while filled and ((table.iloc[:, filled - 1] == "") | table.iloc[:, filled - 1].isna()).all():
        filled -= 1
    several, counts = np.unique(widths.to_numpy(), return_counts=True)
    usual = int(several[counts.argmax()])
    wanted = usual if usual >= filled and counts.max() > (widths == names).sum() else names
    other = np.flatnonzero((widths != wanted).to_numpy())
    if not other.size:
        return
    cells = int(widths.iloc[other[0]])
    more = f" (and {other.size - 1} more such rows)" if other.size > 1 else ""
    than = f"the header has {names} names" if wanted == names else f"most rows have {wanted}"
    fix = (
        "a lost cell would shift all that follow it into other columns. Put the cell back, or add the missing "
        "delimiters at the end of the row if its last cells are empty"
        if cells < wanted
        else "a cell too many would shift all that follow it. Quote text that holds the delimiter"
    )
    if 2 * cells < wanted:
        fix = f"delete the row if it is a heading or a note. Else {fix}"
    counted = "1 cell" if cells == 1 else f"{cells} cells"
    raise InputError(f"{path}, row {table.index[other[0]]}: {counted}, {than}{more}; {fix}")
