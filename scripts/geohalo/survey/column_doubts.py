"""Columns that hardly hold what they are read as: copies, logarithms, other units beside them, more than a sample."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import plain_cells
from geohalo.survey.columns import Column
from geohalo.survey.rescaled_values import rescaled
from geohalo.survey.same_values import repeats
from geohalo.survey.units import known_unit

_PURE = 1_000_000.0  # ppm
_UNITS = re.compile(r"(?P<of>.*?)[\W_]*(?:units?|uom)", re.IGNORECASE)


def equal_columns(columns: Sequence[Column], values: pd.DataFrame, source: str) -> list[InputWarning]:
    """Tell of two elements whose columns hold the same, or one a multiple of the other, in nearly every row.

    Parameters
    ----------
    columns : sequence of Column
        The columns of concentrations.
    values : DataFrame, shape (rows, elements)
        Concentrations, NaN where missing.
    source : str
        File name, for the warnings.
    """
    of = {column.element: column.column for column in columns}
    cells = {element: values[element].to_numpy(dtype=np.float64) for element in map(str, values)}
    return [
        InputWarning(
            f"{found.message('row', f'column {of[found.one]!r}')}, as if a column was copied",
            f"correct the file, or list {found.other} in samples.exclude",
            source,
            of[found.other],
        )
        for found in repeats(cells)
    ]


def rescaled_columns(columns: Sequence[Column], values: pd.DataFrame, source: str) -> list[InputWarning]:
    """Tell of values that look like logarithms, ranks or stretched numbers.

    Parameters
    ----------
    columns, values, source
        As in `equal_columns`.
    """
    factors = {column.element: column.factor for column in columns}
    written = {
        element: values[element].to_numpy(dtype=np.float64) / factors[element] for element in map(str, values)
    }
    what = rescaled(written, factors)
    fix = "give the concentrations as the laboratory reported them"
    return [] if what is None else [InputWarning(what, fix, source)]


def overfull_rows(values: pd.DataFrame, rows: npt.NDArray[np.int64], source: str) -> list[InputWarning]:
    """Tell of rows whose elements add up to more than the sample.

    Parameters
    ----------
    values : DataFrame, shape (rows, elements)
        Concentrations in ppm, NaN where missing.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    source : str
        File name, for the warning.
    """
    total = np.zeros(len(values))
    for name in values:  # all at once would take new memory for the whole table
        column = values[name].to_numpy(dtype=np.float64)
        np.add(total, column, out=total, where=~np.isnan(column))
    over = np.flatnonzero(total > _PURE)
    if not over.size:
        return []
    most = values.iloc[over[0]].idxmax()
    return [
        InputWarning(
            f"in {over.size} {'row' if over.size == 1 else 'rows'} the elements add up to more than the sample "
            f"({total[over[0]] / 1e4:.3g} % at the first, most of it {most})",
            "check the units of the columns (samples.units, samples.unit) and the row",
            source,
            row=str(rows[over[0]]),
        )
    ]


def unit_columns(about: pd.DataFrame, columns: Sequence[Column], source: str) -> list[InputWarning]:
    """Tell of a column of units that says something else than the columns beside it are read in.

    Parameters
    ----------
    about : DataFrame, shape (rows, columns)
        What the table tells of the rows beside coordinates and concentrations.
    columns, source
        As in `equal_columns`.
    """
    doubts = []
    every = [one for column in columns for one in (column, *column.then)]
    for name in map(str, about.columns):
        header = _UNITS.fullmatch(name)
        if header is None or pd.api.types.is_numeric_dtype(about[name].dtype):
            continue
        cells = plain_cells(about[name])
        counts = cells[~cells.isin(["", "nan"])].value_counts()
        units = {str(cell): known_unit(str(cell)) for cell in counts.index}
        if not units or None in units.values():
            continue
        named = [one for one in every if header["of"] and header["of"] in (one.column, one.name, one.element)]
        of = named or (
            [] if header["of"] and not re.search("assay|conc|result|value", header["of"], re.I) else every
        )
        wrong = [cell for cell in units if of and units[cell] not in {one.unit for one in of}]
        if len(set(units.values())) < 2 and not wrong:
            continue
        if not of:
            continue
        cell = wrong[0] if wrong else str(counts.index[-1])
        first = about.index[(cells == cell).to_numpy()][0]
        which = f"column {of[0].column!r} is read as {of[0].unit}" + (
            " and others, too" if len(of) > 1 else ""
        )
        doubts.append(
            InputWarning(
                f"the column holds {', '.join(f'{one!r} ({counts[one]} rows)' for one in list(units)[:6])}, and in all "
                f"rows {which}",
                "convert the values to one unit, or keep the rows of one (samples.keep), and name it in samples.unit",
                source,
                name,
                str(first),
            )
        )
    return doubts
