"""Which columns of a survey table hold concentrations, of which element, in which unit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geohalo.errors import InputError
from geohalo.survey.cells import require_column
from geohalo.survey.elements import concentration_factor


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
    """

    element: str
    column: str
    name: str
    unit: str
    factor: float


def concentration_columns(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> list[Column]:
    """Find the columns of concentrations, in file order.

    Parameters
    ----------
    table : pandas.DataFrame
        The table as read.
    section : mapping
        Config section `samples`; used are `elements` (regular expression or mapping), `units` and
        `unit`.
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
    by_element: dict[str, Column] = {}
    for column in found:
        other = by_element.setdefault(column.element, column)
        if other is not column:
            raise InputError(
                f"{source}: columns {other.column!r} and {column.column!r} both report "
                f"{column.element}; narrow samples.elements to "
                "one of them, or map elements to columns"
            )
    return found


def _by_expression(
    table: pd.DataFrame, expression: str, section: Mapping[str, Any], source: str
) -> list[Column]:
    key = "samples.elements"
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise InputError(f"{key}: {expression!r} is not a valid regular expression: {error}") from error
    if "element" not in pattern.groupindex:
        raise InputError(
            f"{key}: {expression!r} needs a group named `element`, such as (?P<element>[A-Z][a-z]?)"
        )
    found = []
    for header in map(str, table.columns):
        match = pattern.fullmatch(header)
        if match:
            written = match.groupdict().get("unit")
            found.append(
                _column(header, match["element"], _unit_of(written, header, section, source), source)
            )
    if not found:
        headers = ", ".join(repr(str(name)) for name in table.columns[:12])
        raise InputError(f"{source}: no column matches {key} ({expression!r}); the columns are {headers} ...")
    return found


def _by_mapping(
    table: pd.DataFrame, mapping: Mapping[str, Any], section: Mapping[str, Any], source: str
) -> list[Column]:
    found = []
    for name, entry in mapping.items():
        header, unit = (entry, None) if isinstance(entry, str) else (entry["column"], entry.get("unit"))
        require_column(table, header, source, f"samples.elements.{name}")
        found.append(_column(header, name, unit or _unit_of(None, header, section, source), source))
    order = {str(header): position for position, header in enumerate(table.columns)}
    return sorted(found, key=lambda column: order[column.column])


def _unit_of(written: str | None, header: str, section: Mapping[str, Any], source: str) -> str:
    units = section.get("units", {})
    if written:
        if written not in units:
            raise InputError(
                f"{source}, column {header!r}: unit {written!r} is not in samples.units (which has "
                f"{', '.join(map(repr, units)) or 'nothing'}); add it there as ppm, ppb or percent"
            )
        return str(units[written])
    if section.get("unit"):
        return str(section["unit"])
    raise InputError(
        f"{source}, column {header!r}: no unit is known; set samples.unit, or add a group named "
        "`unit` to samples.elements"
    )


def _column(header: str, name: str, unit: str, source: str) -> Column:
    try:
        element, factor = concentration_factor(name, unit)
    except InputError as error:
        raise InputError(
            f"{source}, column {header!r}: {error}; narrow samples.elements to leave it out"
        ) from error
    return Column(element, header, name, unit, factor)
