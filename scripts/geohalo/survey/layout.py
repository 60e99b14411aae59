"""Where the header, the units and the first record of a table stand: lines of text or rows of a workbook alike."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geohalo.errors import InputError
from geohalo.survey.spelling import plain
from geohalo.survey.table_parts import column_names
from geohalo.survey.units import known_unit, looks_like_units

# Template of Australian surveys: H1000 names the columns, H1001 their units, D begins a record.
_TEMPLATE_HEADER, _TEMPLATE_UNITS, _TEMPLATE_RECORD = "H1000", "H1001", "D"
# RDB, a format of the US Geological Survey: a row of widths and types below the header.
_RDB_TYPE = re.compile(r"\d+[sndSND]")
# How laboratories label the rows of methods, units and limits that stand between the names and the first sample.
_ABOUT = re.compile(
    r"(?:analy(?:sis|tical) )?(?:methods?|techniques?|schemes?)(?: codes?)?|(?:lab(?:oratory)? )?methods?"
    r"|digest(?:ion)?s?|units?(?: symbol)?|uom|analytes?(?: symbol)?|elements?"
    r"|(?:lower|upper|min(?:imum)?|max(?:imum)?)?"
    r" ?(?:detection|reporting)(?: limits?)?|(?:lower|upper) limits?|limits? of (?:detection|reporting|quantification)"
    r"|[lu]detection|(?:analytical |instrument )?finish|samples? ?(?:numbers?|nos?\.?|ids?)"
    r"|[lmur]?dl|[lu]?ld|ll[do]|uld|ulod|lo[drq]|mrl|lor|pql|det\.? ?lim(?:it)?s?",
    re.IGNORECASE,
)
# Lines of the template that tell the system of the coordinates.
_SYSTEM = re.compile(
    r"(?:(?:geodetic|horizontal|map|local)[\W_]*)?(?:datum|zone)|projection|coord\w*[\W_]*system",
    re.IGNORECASE,
)
_MOST_ABOUT = 12
_LOOKED_AT = 400
_NEAR_HEADER = 10
_NUMBER = re.compile(r"[<>]?\s*[-+]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Form:
    """What the config says of a table's layout.

    Attributes
    ----------
    header, units_row, first_row : int, optional
        Lines (rows of a workbook) of the column names, of the units, and of the first record.
    above : tuple of int
        Lines above the header that hold the beginnings of names in several lines.
    wanted : tuple of str
        Columns that the config names, by which the header is known.
    units : mapping of str to str
        Config key `samples.units`.
    key : str
        Config section, for messages; empty for a table whose layout the config cannot state.
    """

    header: int | None = None
    above: tuple[int, ...] = ()
    units_row: int | None = None
    first_row: int | None = None
    wanted: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    key: str = "samples"

    @property
    def looked_at(self) -> int:
        """How many rows are looked at: many, and all down to those that the config names."""
        return _LOOKED_AT + max(self.header or 0, self.units_row or 0, self.first_row or 0)


@dataclass(frozen=True)
class Row:
    """One line of text or row of a workbook: its number, that of its last line, and its cells."""

    number: int
    last: int
    cells: list[str]

    @property
    def blank(self) -> bool:
        """Tell whether no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)

    @property
    def comment(self) -> bool:
        """Tell whether the row begins with `#`."""
        return bool(self.cells) and self.cells[0].lstrip().startswith("#")


@dataclass(frozen=True)
class Layout:
    """What was found.

    Attributes
    ----------
    names : list of str
        Column names.
    units : dict of str to str
        Units by column, where a row tells them.
    first : int
        Row of the first record.
    extra : int
        How many cells without a name the rows have behind the last column.
    template : bool
        Whether records begin with a cell `D`.
    units_hint : str
        Where no row was taken for one of units: which one seems to be, and the key that says so.
    system : mapping of str to str
        What the lines above a template say of datum, projection and zone.
    """

    names: list[str]
    units: dict[str, str]
    first: int
    extra: int = 0
    template: bool = False
    units_hint: str = ""
    system: Mapping[str, str] = field(default_factory=dict)


def form_of(section: Mapping[str, Any], key: str) -> Form:
    """Return the layout that a section `samples` or `deposits` of the config states."""
    named = [section.get("x"), section.get("y")]
    lines = section.get("header")
    lines = sorted(lines) if isinstance(lines, list) else [lines]
    return Form(
        header=lines[-1],
        above=tuple(lines[:-1]),
        units_row=section.get("units_row"),
        first_row=section.get("first_row"),
        wanted=tuple(plain(str(name)) for name in named if name),
        units={plain(written): unit for written, unit in section.get("units", {}).items()},
        key=key,
    )


def find_layout(rows: Sequence[Row], form: Form, path: str | Path) -> Layout:
    """Find header, units and first record among the first rows of a table.

    Parameters
    ----------
    rows : sequence of Row
        The first rows of the table, the more the better.
    form : Form
        What the config states.
    path : str or Path
        The file, for messages.

    Raises
    ------
    InputError
        A row that the config names does not exist, or the header seems to stand in another row.
    """
    template = form.header is None and _find(rows, _TEMPLATE_HEADER) and _find(rows, _TEMPLATE_RECORD)
    header = _header(rows, form, path)
    about = [] if form.first_row else _rows_about_columns(rows, header, form)
    units = _units(rows, header, about, form, path)
    last = max(row.last for row in (header, *about, *((units,) if units else ())))
    first = form.first_row or max(last, _rdb_types(rows, header)) + 1
    if form.first_row is not None and form.first_row <= header.last:
        raise InputError(
            f"{path}: {form.key}.first_row ({form.first_row}) must be below the header (line {header.number})"
        )
    if template:
        record = _find(rows, _TEMPLATE_RECORD)
        assert record is not None
        first = record.number
    names = column_names(_joined_names(rows, header, form, path), path)
    by_name = {} if units is None else dict(zip(names, (cell.strip() for cell in units.cells), strict=False))
    widest = max((len(row.cells) for row in rows if row.number >= first), default=0)
    by_name = {name: unit for name, unit in by_name.items() if unit}
    hint = _units_hint(rows, header, form) if units is None else ""
    system = _system(rows) if template else {}
    return Layout(names, by_name, first, max(0, widest - len(names)), bool(template), hint, system)


def _system(rows: Sequence[Row]) -> dict[str, str]:
    """Return what a template says of its coordinates, by the labels behind the numbers of its lines."""
    told = ([cell.strip() for cell in row.cells[1:3]] for row in rows if row.cells[0].startswith("H0"))
    return {
        cells[0]: cells[1] for cells in told if len(cells) == 2 and _SYSTEM.fullmatch(cells[0]) and cells[1]
    }


def _find(rows: Sequence[Row], mark: str) -> Row | None:
    return next((row for row in rows if row.cells and row.cells[0].strip() == mark), None)


def _named_cells(row: Row) -> list[str]:
    """Return the header's cells; the `#` that some programs write before the names is none of them."""
    if not row.comment:
        return row.cells
    cells = [row.cells[0].lstrip().lstrip("#"), *row.cells[1:]]
    return cells if cells[0].strip() or len(cells) < 2 else cells[1:]


def _joined_names(rows: Sequence[Row], header: Row, form: Form, path: str | Path) -> list[str]:
    """Return the names, those in several lines joined by a blank."""
    parts = [_named_cells(_row(rows, number, "header", form, path)) for number in form.above]
    parts.append(_named_cells(header))
    width = max(map(len, parts))
    columns = zip(*([*part, *[""] * (width - len(part))] for part in parts), strict=True)
    return [" ".join(filter(None, (cell.strip() for cell in cells))) for cells in columns]


def _header(rows: Sequence[Row], form: Form, path: str | Path) -> Row:
    if form.header is not None:
        return _row(rows, form.header, "header", form, path)
    marked = _find(rows, _TEMPLATE_HEADER) if _find(rows, _TEMPLATE_RECORD) else None
    if marked is not None:
        return marked
    header = next((row for row in rows if not row.blank and not row.comment), None)
    commented = [row for row in rows if row.comment]
    if header is None and not commented:
        raise InputError(f"{path}: the table has no rows")
    if header is None or not _names_all(header, form.wanted):
        for row in commented:
            if form.wanted and _names_all(row, form.wanted):
                return row
    if header is None:
        raise InputError(f"{path}: the table has no rows")
    _stop_at_other_header(rows, header, form, path)
    return header


def _stop_at_other_header(rows: Sequence[Row], header: Row, form: Form, path: str | Path) -> None:
    """Raise InputError when the column names seem to stand in a later row."""
    if _names_all(header, form.wanted) and form.wanted:
        return
    later = [row for row in rows if row.number > header.number and not row.blank and not row.comment][:100]
    seems = next((row for row in later if form.wanted and _names_all(row, form.wanted)), None)
    if seems is None and later:
        widths = Counter(len(row.cells) for row in later)
        usual = widths.most_common(1)[0][0]
        best = max(later, key=_distinct_names)
        narrow = len(header.cells) < usual or 2 * _filled(header) < usual
        if narrow and _distinct_names(best) > max(1.5 * _distinct_names(header), 2):
            seems = best
    if seems is not None:
        cells = ", ".join(cell.strip() for cell in seems.cells if cell.strip())
        other = _rest_of_names(rows, seems)
        if other is not None:
            both = f"set {form.key}.header: [{other.number}, {seems.number}], or " if form.key else ""
            raise InputError(
                f"{path}: the column names seem to stand in lines {other.number} "
                f"({_cut(', '.join(cell.strip() for cell in other.cells if cell.strip()))}) and {seems.number} "
                f"({_cut(cells)}); {both}write them into one line"
            )
        message = f"set {form.key}.header: {seems.number}, or " if form.key else ""
        raise InputError(
            f"{path}: the column names seem to stand in line {seems.number} ({_cut(cells)}), not in line "
            f"{header.number} ({_cut(', '.join(cell.strip() for cell in header.cells))}); {message}delete the lines "
            "above it"
        )


def _rest_of_names(rows: Sequence[Row], header: Row) -> Row | None:
    """Return the row above the header that has names where this one has none: most different ones, at least two."""
    empty = [place for place, cell in enumerate(header.cells) if not cell.strip()]
    found: Row | None = None
    most = 1
    for row in rows:
        if row.number >= header.number:
            break
        cells = [row.cells[place].strip() for place in empty if place < len(row.cells)]
        names = {cell for cell in cells if cell and not is_number(cell)}
        if len(names) > most and not looks_like_units(row.cells):
            found, most = row, len(names)
    return found


def _rows_about_columns(rows: Sequence[Row], header: Row, form: Form) -> list[Row]:
    """Return the rows right below the header that tell methods, units and limits of the columns.

    They are known by a label such as `Detection Limit` in their first filled cell, and have no coordinates.
    """
    names = [plain(cell).strip() for cell in _named_cells(header)]
    places = [names.index(name) for name in form.wanted if name in names]
    found: list[Row] = []
    below = [row for row in rows if row.number > header.last and not row.blank and not row.comment]
    for row in below[:_MOST_ABOUT]:
        label = next(plain(cell).strip().rstrip(":") for cell in row.cells if cell.strip())
        placed = any(is_number(row.cells[place]) for place in places if place < len(row.cells))
        known = sum(known_unit(cell, form.units) is not None for cell in row.cells)
        units = looks_like_units(row.cells, form.units) and (known >= 2 or bool(found))
        if placed or not (units or _ABOUT.fullmatch(label)):
            break
        found.append(row)
    return found


def _units(
    rows: Sequence[Row], header: Row, about: Sequence[Row], form: Form, path: str | Path
) -> Row | None:
    """Return the row of units: the one that the config names, that of a template, or one right below the header."""
    if form.units_row is not None:
        return _row(rows, form.units_row, "units_row", form, path)
    if header.cells and header.cells[0].strip() == _TEMPLATE_HEADER:
        return _find(rows, _TEMPLATE_UNITS)
    between = [row for row in rows if form.above and min(form.above) < row.number < header.number]
    for row in (*about, *between):
        if looks_like_units(row.cells, form.units):
            return row
    last = max(row.last for row in (header, *about))
    below = next((row for row in rows if row.number > last and not row.blank and not row.comment), None)
    if below is None or form.first_row == below.number or not looks_like_units(below.cells, form.units):
        return None
    known = sum(known_unit(cell, form.units) is not None for cell in below.cells)
    return below if known >= 2 else None


def _units_hint(rows: Sequence[Row], header: Row, form: Form) -> str:
    """Say which row near the header looks like one of units."""
    near = [row for row in rows if row is not header and abs(row.number - header.number) <= _NEAR_HEADER]
    for row in near:
        if sum(known_unit(cell, form.units) is not None for cell in row.cells) >= 2 and looks_like_units(
            row.cells, form.units
        ):
            return f"line {row.number} looks like one of units; set {form.key}.units_row: {row.number}"
    return ""


def _rdb_types(rows: Sequence[Row], header: Row) -> int:
    """Return the line of an RDB file's row of types, 0 where there is none."""
    below = next((row for row in rows if row.number > header.last and not row.blank), None)
    if below is None or not all(_RDB_TYPE.fullmatch(cell.strip()) for cell in below.cells):
        return 0
    return below.last if len(below.cells) >= 2 else 0


def _row(rows: Sequence[Row], number: int, key: str, form: Form, path: str | Path) -> Row:
    found = next((row for row in rows if row.number <= number <= row.last and not row.blank), None)
    if found is None:
        raise InputError(f"{path}: line {number} ({form.key}.{key}) is empty or does not exist")
    return found


def _names_all(row: Row, wanted: Sequence[str]) -> bool:
    cells = {plain(cell).strip() for cell in _named_cells(row)}
    return all(name in cells for name in wanted)


def _filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row.cells)


def _distinct_names(row: Row) -> int:
    """Count the different cells that may be names."""
    return len({cell.strip() for cell in row.cells if cell.strip() and not is_number(cell)})


def is_number(cell: str) -> bool:
    """Tell whether a cell looks like a number, with a point or a comma."""
    return len(cell) < 60 and _NUMBER.fullmatch(cell.strip()) is not None


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
