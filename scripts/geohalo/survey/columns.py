"""Which columns of a survey table hold concentrations, of which element, in which unit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from geohalo.errors import InputError
from geohalo.patterns import compiled, matches
from geohalo.survey.cell_hints import packed_hint
from geohalo.survey.cells import cell_text, require_column, sheets_hint
from geohalo.survey.elements import concentration_factor
from geohalo.survey.layout import is_number
from geohalo.survey.units import foreign_unit, header_unit, known_unit, unit_fix, usual_unit

# Headers that an expression for symbols matches and that name no element. Those of both kinds are looked at elsewhere.
_MOST_ANALYTES = 300
_NAMES = (
    "x y z e n lat latitude lon lng long longitude east easting north northing id fid oid gid objectid uid no nr num "
    "row sample samp site elev elevation alt altitude depth date year zone datum crs epsg type"
)
_PLACES_AND_IDS = frozenset(_NAMES.split())


@dataclass(frozen=True)
class Column:
    """One column of concentrations.

    Attributes
    ----------
    element : str
        Symbol of the element.
    column : str
        Name of the column in the file.
    name : str
        What the column reports: the symbol, or an oxide.
    unit : str
        `ppm`, `ppb` or `percent`.
    factor : float
        From the column's unit to ppm of the element.
    then : tuple of Column
        Columns of the same element that are used, in this order, where this one has no value or stops at an upper
        limit.
    """

    element: str
    column: str
    name: str
    unit: str
    factor: float
    then: tuple["Column", ...] = ()


def concentration_columns(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> list[Column]:
    """Find the columns of concentrations, in file order.

    Parameters
    ----------
    table : pandas.DataFrame
        The table as read.
    section : mapping
        Config section `samples`; used are `elements` (regular expression or mapping), `units`,
        `unit`, `x` and `y`. A unit that the table's row of units tells (`table.attrs["units"]`) comes before `unit`.
    source : str
        File name, for messages.

    Raises
    ------
    InputError
        The expression is not valid, has no group `element` or matches no column; a mapped column
        does not exist; a header's unit is not in `units`; a column has no unit; an element is not
        known; two columns report one element.
    """
    elements = section["elements"]
    if isinstance(elements, str):
        found = _by_expression(table, elements, section, source)
    else:
        found = _by_mapping(table, elements, section, source)
    found = [_with_other_units(column, table, section, source) for column in found]
    by_element: dict[str, Column] = {}
    by_header: dict[str, Column] = {}
    for column in found:
        other = by_element.setdefault(column.element, column)
        if other is not column:
            raise InputError(
                f"{source}: columns {other.column!r} and {column.column!r} both report "
                f"{column.element}; narrow samples.elements to "
                "one of them, or map elements to columns (a list of columns in the order of preference)"
            )
        for one in (column, *column.then):
            other = by_header.setdefault(one.column, column)
            if other is not column:
                raise InputError(
                    f"{source}, column {one.column!r}: samples.elements takes it for {other.element} and for "
                    f"{column.element}; one column reports one element"
                )
    return found


def _by_expression(
    table: pd.DataFrame, expression: str, section: Mapping[str, Any], source: str
) -> list[Column]:
    key = "samples.elements"
    pattern = compiled(expression, key, "element")
    found = []
    analytes = table.attrs.get("analytes")
    names = list(analytes) if analytes is not None else [str(name) for name in table.columns]
    for header, match in matches(pattern, names, key).items():
        if is_place_or_id(header, match["element"], section):
            continue
        written = match.groupdict().get("unit")
        unit = _unit_of(written, header, section, source, table.attrs)
        found.append(_column(header, match["element"], unit, source))
    if not found:
        headers = ", ".join(repr(name[:60]) for name in names[:12])
        raise InputError(
            f"{source}: no column matches {key} ({expression!r}); the columns are {headers} ..."
            + (_nameless_hint(names) or _long_hint(table, pattern) or packed_hint(table))
            + sheets_hint(table)
        )
    return found


def _nameless_hint(names: list[str]) -> str:
    """Say that the file has no column names, if most of them are numbers."""
    if 2 * sum(map(is_number, names)) < len(names):
        return ""
    return " Most of these are numbers, so the file seems to have no line of column names: add one at its beginning"


def _long_hint(table: pd.DataFrame, pattern: re.Pattern[str]) -> str:
    """Say that a table is long, if the expression matches what one of its columns holds."""
    for name in table.columns:
        texts = cell_text(table[name].head(20_000)).unique()
        if len(texts) <= _MOST_ANALYTES and len(matches(pattern, texts, "samples.elements")) > 1:
            return (
                f" Column {str(name)!r} holds elements: for a table with a row for each result set samples.long: "
                f"{{element: {name}, value: ..., unit: ...}}"
            )
    return ""


def _with_other_units(column: Column, table: pd.DataFrame, section: Mapping[str, Any], source: str) -> Column:
    """Add the columns of an analyte that a long table gives in several units."""
    others = table.attrs.get("analytes", {}).get(column.column, [])[1:]
    further = tuple(
        replace(
            _column(other, column.name, _unit_of(None, other, section, source, table.attrs), source), then=()
        )
        for other in others
    )
    return replace(column, then=(*column.then, *further)) if further else column


def is_place_or_id(header: str, name: str, section: Mapping[str, Any]) -> bool:
    """Tell whether a header that an expression matches names a place or a sample and no element.

    Parameters
    ----------
    header, name : str
        The header, and what the expression takes for an element in it.
    section : mapping
        Config section `samples`.
    """
    if header in (section.get("x"), section.get("y")):
        return True
    return header == name and header.lower() in _PLACES_AND_IDS and not _is_element(name)


def _is_element(name: str) -> bool:
    try:
        concentration_factor(name, "ppm")
    except InputError:
        return False
    return True


def _by_mapping(
    table: pd.DataFrame,
    mapping: Mapping[str, Any],
    section: Mapping[str, Any],
    source: str,
) -> list[Column]:
    found = []
    for name, entry in mapping.items():
        several = [
            _mapped(table, name, one, section, source)
            for one in (entry if isinstance(entry, list) else [entry])
        ]
        found.append(replace(several[0], then=tuple(several[1:])))
    order = {str(header): position for position, header in enumerate(table.columns)}
    return sorted(found, key=lambda column: order[column.column])


def _mapped(
    table: pd.DataFrame,
    name: str,
    entry: str | Mapping[str, str],
    section: Mapping[str, Any],
    source: str,
) -> Column:
    header, unit = (entry, None) if isinstance(entry, str) else (entry["column"], entry.get("unit"))
    require_column(table, header, source, f"samples.elements.{name}")
    if header in (section.get("x"), section.get("y")):
        raise InputError(
            f"{source}, column {header!r}: samples.elements.{name} takes a coordinate (samples.x, samples.y) for a "
            "concentration"
        )
    if unit is None:
        unit = _unit_of(None, header, section, source, table.attrs)
    else:
        _stop_at_other_unit(unit, header, section, source, table.attrs)
    return _column(header, name, unit, source)


def _unit_of(
    written: str | None, header: str, section: Mapping[str, Any], source: str, about: Mapping[Any, Any]
) -> str:
    units = section.get("units", {})
    if written:
        if written not in units and (usual := usual_unit(written)) is not None:
            _stop_at_other_unit(usual, header, section, source, about)
            return usual
        if written not in units:
            raise InputError(
                f"{source}, column {header!r}: unit {written!r} is not in samples.units (which has "
                f"{', '.join(map(repr, units)) or 'nothing'}); {unit_fix(written)}"
            )
        _stop_at_other_unit(str(units[written]), header, section, source, about)
        return str(units[written])
    stated_unit = about.get("units", {}).get(header)
    if stated_unit:
        unit = known_unit(stated_unit, units)
        if unit is None:
            raise InputError(
                f"{source}, column {header!r}: the unit {stated_unit!r}, which the file tells, is not known; "
                f"{unit_fix(stated_unit)}"
            )
        return unit
    if about.get("units_hint"):
        unused = f"samples.unit is {section['unit']}" if section.get("unit") else "no unit is known"
        raise InputError(f"{source}, column {header!r}: {unused}, but {about['units_hint']}")
    if section.get("unit"):
        _stop_at_other_unit(str(section["unit"]), header, section, source, about)
        return str(section["unit"])
    raise InputError(
        f"{source}, column {header!r}: no unit is known; set samples.unit, or add a group named "
        "`unit` to samples.elements"
    )


def _stop_at_other_unit(
    unit: str, header: str, section: Mapping[str, Any], source: str, about: Mapping[Any, Any]
) -> None:
    """Raise InputError when a row of units, or a workbook's percentages, say another unit than the config."""
    stated_unit = about.get("units", {}).get(header)
    named = header_unit(header, section.get("units", {}))
    if not stated_unit and named not in (unit, None):
        raise InputError(
            f"{source}, column {header!r}: the unit is {unit} by the config and {named} by the header; correct "
            "samples.unit, samples.elements or the header. If the word in the header means something else, say so in "
            "samples.units"
        )
    foreign = None if stated_unit or named else foreign_unit(header, section.get("units", {}))
    if foreign is not None:
        raise InputError(
            f"{source}, column {header!r}: the unit is {unit} by the config and {foreign!r} by the header; convert the "
            f"column, or, if {foreign!r} means one of ppm, ppb and percent, say so in samples.units and name that unit"
        )
    if stated_unit and known_unit(stated_unit, section.get("units", {})) not in (unit, None):
        raise InputError(
            f"{source}, column {header!r}: the unit is {unit} by the config and {stated_unit!r} by the file; correct "
            "samples.elements or samples.units"
        )


def _column(header: str, name: str, unit: str, source: str) -> Column:
    try:
        element, factor = concentration_factor(name, unit)
    except InputError as error:
        raise InputError(
            f"{source}, column {header!r}: {error}; narrow samples.elements to leave it out"
        ) from error
    return Column(element, header, name, unit, factor)
