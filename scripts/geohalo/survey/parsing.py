"""The columns of concentrations as numbers in ppm, the second column of an element used where the first is no use."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.censoring import Parsed, parse_concentrations
from geohalo.survey.columns import Column
from geohalo.survey.flags import check_flags, flag_columns
from geohalo.survey.numbers import thousands_doubt
from geohalo.survey.origins import cell_places

# A second method that gives this share of the first one's upper limit, or less, contradicts it.
_CONTRADICTS = 0.8
# Two methods of one element differ by their digestion, but seldom by more than this, in the median of so many rows.
_LEVELS, _FEWEST_BOTH = 2.0, 10


def parse_columns(
    table: pd.DataFrame,
    columns: Sequence[Column],
    section: Mapping[str, Any],
    source: str,
    rows: npt.NDArray[np.int64],
) -> dict[str, Parsed]:
    """Return each element's concentrations, converted to ppm.

    Parameters
    ----------
    table : pandas.DataFrame
        The table, its numbers with a decimal point.
    columns : sequence of Column
        The columns to parse, one for each element.
    section : mapping
        Config section `samples`; used are `missing` and `censoring`.
    source, rows
        File name, and row numbers in the file, for messages.

    Raises
    ------
    InputError
        A flag or a cell is not understood.
    """
    censoring = section["censoring"]
    every = [one for column in columns for one in (column, *column.then)]
    flags = flag_columns(table, every, censoring, source) | {
        column: flag
        for column, flag in table.attrs.get("flags", {}).items()
        if column in {one.column for one in every}
    }
    marks_stated = bool(section.get("thousands")) or (section.get("decimal") or ".") != "."
    known = {str(flag).strip(): meaning for flag, meaning in censoring.get("flags", {}).items()}
    check_flags(table, flags, known, source)

    def parse(column: Column) -> Parsed:
        return _in_ppm(table, column, flags.get(column.column), known, section, source, rows)

    parsed = {}
    for column in columns:
        best, label = parse(column), column.column
        for other in column.then:
            places = cell_places(table.attrs, other.column, source, rows)
            best = _preferred(best, parse(other), (label, other.column), *places)
        file, numbers = cell_places(table.attrs, label, source, rows)
        messages = [*best.warnings, *_above_limit(best, column, file, numbers), *_dates(best, column, file)]
        messages += thousands_doubt(table[label], label, file, numbers, "samples") if not marks_stated else []
        best = replace(best, warnings=tuple(messages))
        parsed[column.element] = best
    return parsed


def _in_ppm(
    table: pd.DataFrame,
    column: Column,
    flag: str | None,
    known: Mapping[str, str],
    section: Mapping[str, Any],
    source: str,
    rows: npt.NDArray[np.int64],
) -> Parsed:
    """Read one column, with the column of its flags, and convert it to ppm."""
    censoring = section["censoring"]
    file, cells = cell_places(table.attrs, column.column, source, rows)
    one = parse_concentrations(
        table[column.column],
        section["missing"],
        censoring["below"],
        None if flag is None else pd.Series(table[flag]),
        censoring["replace"],
        known_flags=known,
        below_text=censoring.get("below_text", ()),
        column=column.column,
        source=file,
        rows=cells,
    )
    return replace(one, values=one.values * column.factor, limit=one.limit * column.factor)


def _above_limit(
    parsed: Parsed, column: Column, source: str, rows: npt.NDArray[np.int64]
) -> list[InputWarning]:
    """Tell of values above an upper limit, which become that limit."""
    if not parsed.n_above:
        return []
    first = int(np.flatnonzero(parsed.above)[0])
    return [
        InputWarning(
            f"{parsed.n_above} values lie above an upper limit ({parsed.values[first]:g} ppm at the first) and "
            "are taken for the limit",
            f"name the column of another method after this one, if there is one (samples.elements.{column.name})",
            source,
            column.column,
            str(rows[first]),
        )
    ]


def _dates(parsed: Parsed, column: Column, source: str) -> list[InputWarning]:
    """Tell of dates among concentrations, whose values are lost."""
    if not parsed.n_dates:
        return []
    return [
        InputWarning(
            f"{parsed.n_dates} {'cell holds a date' if parsed.n_dates == 1 else 'cells hold dates'}, which a "
            "spreadsheet made of a number or of an entry such as 5-3, and count as not analysed",
            "restore the values from the laboratory's file, or format the column as numbers if the dates are shown "
            "numbers",
            source,
            column.column,
        )
    ]


def _preferred(
    first: Parsed, second: Parsed, names: tuple[str, str], source: str, rows: npt.NDArray[np.int64]
) -> Parsed:
    """Take the second column where the first has no value, or one above its limit that the second measured."""
    absent = np.isnan(first.values)
    use = ~np.isnan(second.values) & (absent | (first.above & ~second.censored))
    lower = use & first.above & (second.values < _CONTRADICTS * first.values)
    messages = [*first.warnings, *second.warnings]
    if lower.any():
        messages.append(
            InputWarning(
                f"{lower.sum()} values are below the upper limit of column {names[0]!r}, which says that they are "
                "above it; they are taken as they are",
                "check both columns and their units (samples.elements)",
                source,
                names[1],
                str(rows[np.flatnonzero(lower)[0]]),
            )
        )
    messages += _other_level(first, second, use & absent, names, source, rows)
    values = np.where(use, second.values, first.values)
    missing = int(np.isnan(values).sum())
    dates = min(first.n_dates, missing)
    return Parsed(
        values=values,
        censored=np.where(use, second.censored, first.censored),
        limit=second.limit if np.isnan(first.limit) else first.limit,
        n_missing=missing - dates,
        n_dates=dates,
        above=np.where(use, second.above, first.above),
        warnings=tuple(messages),
    )


def _other_level(
    first: Parsed,
    second: Parsed,
    filled: npt.NDArray[np.bool_],
    names: tuple[str, str],
    source: str,
    rows: npt.NDArray[np.int64],
) -> list[InputWarning]:
    """Tell of a second column that fills up the first and differs from it where both have values."""
    both = ~(first.censored | second.censored | first.above | second.above)
    both &= (first.values > 0) & (second.values > 0)
    if not filled.any() or both.sum() < _FEWEST_BOTH:
        return []
    ratio = float(np.median(second.values[both] / first.values[both]))
    if 1 / _LEVELS <= ratio <= _LEVELS:
        return []
    return [
        InputWarning(
            f"{filled.sum()} values are taken from here, where column {names[0]!r} has none, and in the {both.sum()} "
            f"rows with both this column is {ratio:.3g} times the other (median)",
            "check the units of both columns; leave this one out of samples.elements if the methods do not compare",
            source,
            names[1],
            str(rows[np.flatnonzero(filled)[0]]),
        )
    ]
