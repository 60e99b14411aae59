"""What reference materials hold, from a table of certified values."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import FloatArray, cell_text, label_cells, require_column, row_numbers, to_numbers
from geohalo.survey.elements import concentration_factor
from geohalo.survey.row_roles import REFERENCE, Roles
from geohalo.survey.spelling import plain_columns
from geohalo.survey.units import known_unit

_KEY = "samples.quality.certified"
_REQUIRED = ("material", "element", "value", "unit")
_COLUMNS = ("material", "element", "value", "sd", "interval")
_MOST_NAMED = 10


def certified_values(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> pd.DataFrame:
    """Return certified values in ppm of the element.

    Parameters
    ----------
    table : DataFrame
        As `read_table` returns it, with the columns `material`, `element` (a symbol or an oxide), `value`, `unit`, and
        `sd` or `interval` or both.
    section : mapping
        Config section `samples`; used is `units`.
    source : str
        File name, for messages.

    Returns
    -------
    DataFrame
        `material`, `element`, `value`, `sd` (standard deviation of single results) and `interval` (half of the 95 %
        interval of the value), NaN where the table has none. A row without a value is left out.

    Raises
    ------
    InputError
        A column is absent, an element or a unit is not known, a number is none or not positive, or a material has two
        values for an element.
    """
    table, rows = plain_columns(table), row_numbers(table)
    for column in _REQUIRED:
        require_column(table, column, source, _KEY)
    if not {"sd", "interval"} & set(table.columns):
        raise InputError(
            f"{source}: {_KEY} needs a column 'sd' (one standard deviation of results) or 'interval' (half of the 95 % "
            "interval of the certified value)"
        )
    numbers = {name: _numbers(table, name, source) for name in ("value", "sd", "interval")}
    material, element = label_cells(table["material"]), cell_text(table["element"])
    unit, records = cell_text(table["unit"]), []
    for at in np.flatnonzero(np.isfinite(numbers["value"])):
        where = f"{source}, row {rows[at]}"
        known = known_unit(str(unit[at]), section.get("units", {}))
        if known is None:
            raise InputError(f"{where}: the unit {unit[at]!r} is not known; write ppm, ppb or percent")
        try:
            symbol, factor = concentration_factor(str(element[at]), known)
        except InputError as error:
            raise InputError(f"{where}: {error}; correct it or remove the row") from None
        records.append((material[at], symbol, *(factor * one[at] for one in numbers.values()), rows[at]))
    found = pd.DataFrame(records, columns=[*_COLUMNS, "row"])
    again = found.duplicated(["material", "element"])
    if again.any():
        first = found[again].iloc[0]
        raise InputError(
            f"{source}, row {first['row']}: a second value for {first['element']} in {first['material']}; keep one"
        )
    return found[list(_COLUMNS)]


def _numbers(table: pd.DataFrame, column: str, source: str) -> FloatArray:
    """Return the positive numbers of a column, NaN where it has none or is absent."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    numbers, leftover = to_numbers(table[column])
    bad = leftover | (numbers <= 0)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{source}, column {column!r}, row {row_numbers(table)[first]}: {str(table[column].iat[first])[:60]!r} is "
            "no positive number; correct it, or leave the cell empty"
        )
    return numbers


def uncertified(roles: Roles, certified: pd.DataFrame, source: str) -> list[InputWarning]:
    """Return the warning that reference materials of the survey are not in the table of certified values.

    Parameters
    ----------
    roles : Roles
    certified : DataFrame
        As `certified_values` returns it.
    source : str
        The table's file name.
    """
    used = list(dict.fromkeys(roles.material[roles.of(REFERENCE)]))
    absent = [name for name in used if name not in set(certified["material"])]
    if not absent:
        return []
    message = ", ".join(map(repr, absent[:_MOST_NAMED]))
    more = f" and {len(absent) - _MOST_NAMED} more" if len(absent) > _MOST_NAMED else ""
    known = ", ".join(repr(name) for name in dict.fromkeys(certified["material"][:_MOST_NAMED]))
    return [
        InputWarning(
            f"no certified values for the reference material {message}{more}; it is judged against its own mean, which "
            "shows no bias",
            f"add it to the table, spelt as in the survey (the table has {known})",
            source,
            "material",
        )
    ]
