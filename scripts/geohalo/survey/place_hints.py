"""What a table tells of its coordinates beside them: a hemisphere, a datum, digits that are minutes or too few."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import FloatArray, cell_text, row_numbers
from geohalo.survey.crs import crs_name
from geohalo.survey.other_places import contradiction, degrees_beside, other_places

_DATUM = re.compile(
    r"(?:.*[\W_])?(?:geo)?(?:datum|geodetic|projection|coord\w*[\W_]?sys\w*)(?:[\W_].*)?", re.IGNORECASE
)
_NEGATIVE = {"x": ("W", "WEST"), "y": ("S", "SOUTH")}
_EXPONENT = re.compile(r"^[-+]?\d(?:\.(?P<digits>\d{0,20}))?[eE]\+?(?P<power>\d{1,2})$")
_MOST_KINDS, _FEWEST = 12, 30
# A grid in round decimals has few different digits, which tell nothing.
_FEWEST_SECONDS = 10
_FIRST = 1000
# Coordinates that are written to this many metres move a sample by as much.
_COARSE_METRES = 5.0


def place_hints(
    table: pd.DataFrame,
    section: Mapping[str, Any],
    x: FloatArray,
    y: FloatArray,
    crs: CRS,
    source: str,
    key: str,
) -> list[InputWarning]:
    """Return warnings of what columns beside the coordinates, or the digits of these, say against how they are read.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows in use.
    section : mapping
        Config section with `x`, `y` and `crs_column`.
    x, y : ndarray of float64, shape (rows,)
        Coordinates in `crs`, NaN where missing.
    crs : pyproj.CRS
        The CRS that all rows are read in.
    source, key : str
        The file and the config section, for the warnings.
    """
    if not (section.get("x") and section.get("y")):
        return degrees_beside(table, section, x, y, crs, source, key)
    axes = {"x": (str(section["x"]), x), "y": (str(section["y"]), y)}
    messages = [_datums(table, section, crs, source, key), _packed_minutes(axes, crs, source, key)]
    for axis, (name, values) in axes.items():
        messages.append(_hemisphere(table, axis, name, values, crs, source, key))
        messages.append(_few_digits(table, name, crs, source))
    others = other_places(table, section, x, y, crs, source, key)
    return [one for one in messages if one is not None] + others


def _hemisphere(
    table: pd.DataFrame, axis: str, name: str, values: FloatArray, crs: CRS, source: str, key: str
) -> InputWarning | None:
    """Tell of a column or a header that says west or south of coordinates without a minus."""
    if not crs.is_geographic or not (values > 0).any():
        return None
    words = set(re.split(r"[\W_\d]+", name.upper()))
    if len(words) > 1 and words & set(_NEGATIVE[axis]) and not (values < 0).any():
        return InputWarning(
            f"the header of {key}.{axis} says {(words & set(_NEGATIVE[axis])).pop()!r}, and its values are positive: "
            "they are read as lying on the other half of the earth",
            "write a minus before the cells, or the letter behind them (117.25 W)",
            source,
            name,
        )
    for column in table.columns:
        if column == name or isinstance(table[column].dtype, pd.api.types.CategoricalDtype):
            continue
        if pd.api.types.is_numeric_dtype(table[column].dtype):
            continue
        # A national survey has many columns of text: most are known by their first cells.
        if not _directions(table[column].head(_FIRST)):
            continue
        text = cell_text(table[column].astype(object)).str.upper()
        if not _directions(text):
            continue
        wrong = text.isin(_NEGATIVE[axis]).to_numpy() & (values > 0)
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            return InputWarning(
                f"the column says {text.iat[first]!r} for {wrong.sum()} rows whose {key}.{axis} ({name}) is positive, "
                "and they are read as lying on the other half of the earth",
                f"write a minus before these cells of {name}, or the letter behind them (117.25 W)",
                source,
                str(column),
                str(row_numbers(table)[first]),
            )
    return None


def _directions(column: pd.Series) -> bool:
    """Tell whether all cells name a direction or are empty."""
    kinds = set(cell_text(column.astype(object)).str.upper().unique()) - {""}
    return kinds <= {"N", "S", "E", "W", "NORTH", "SOUTH", "EAST", "WEST"}


def _datums(
    table: pd.DataFrame, section: Mapping[str, Any], crs: CRS, source: str, key: str
) -> InputWarning | None:
    """Tell of a column with several datums, or with another one than the CRS has."""
    if section.get("crs_column"):
        return None
    for column in table.columns:
        if not _DATUM.fullmatch(str(column)):
            continue
        kinds = [one for one in cell_text(table[column].astype(object)).unique() if one]
        if len(kinds) == 1:
            said_by = f"the column, with {kinds[0]!r} in every row,"
            if doubt := contradiction(kinds[0], crs, source, said_by, key, str(column)):
                return doubt
        if 1 < len(kinds) <= _MOST_KINDS:
            return InputWarning(
                f"the column holds {', '.join(map(repr, kinds[:5]))}, and all rows are read in {crs_name(crs)}; datums "
                "lie up to hundreds of metres apart",
                f"set {key}.crs_column to a column of EPSG codes, or keep the rows of one datum ({key}.keep)",
                source,
                str(column),
            )
    return None


def _packed_minutes(
    axes: Mapping[str, tuple[str, FloatArray]], crs: CRS, source: str, key: str
) -> InputWarning | None:
    """Tell of decimal degrees whose first four decimals look like minutes and seconds in every row."""
    if not crs.is_geographic:
        return None
    for _, values in axes.values():
        known = np.abs(values[np.isfinite(values)])
        minutes = np.floor(np.round(known * 100, 6)) % 100
        seconds = np.floor(np.round(known * 10_000, 4)) % 100
        if (
            known.size < _FEWEST
            or np.unique(seconds).size < _FEWEST_SECONDS
            or (minutes >= 60).any()
            or (seconds >= 60).any()
        ):
            return None
    return InputWarning(
        "in every row the first two decimals of the degrees, and the next two, are below 60, as if they were minutes "
        "and seconds (54.1230 for 54 degrees 12' 30\"); they are read as decimals",
        f"nothing if they are decimals; else write them as 54 12 30 or 54.2083 ({key}.x, {key}.y)",
        source,
        axes["x"][0],
    )


def _few_digits(table: pd.DataFrame, name: str, crs: CRS, source: str) -> InputWarning | None:
    """Tell of coordinates that a spreadsheet has shortened to powers of ten."""
    if pd.api.types.is_numeric_dtype(table[name].dtype) or not crs.is_projected:
        return None
    text = cell_text(table[name].astype(object))
    if not text.str.contains("[eE]").any():
        return None
    found = text.str.extract(_EXPONENT)
    known = found["power"].notna().to_numpy()
    if not known.any():
        return None
    digits = found["digits"].fillna("").str.len()
    step = 10.0 ** (pd.to_numeric(found["power"]) - digits)
    coarse = known & (step > _COARSE_METRES).to_numpy()
    if not coarse.any():
        return None
    first = int(np.flatnonzero(coarse)[0])
    return InputWarning(
        f"{coarse.sum()} cells are shortened to powers of ten ({text.iat[first]}), which tells the place to "
        f"{step.iat[first]:g} m",
        "export the column as plain numbers",
        source,
        name,
        str(row_numbers(table)[first]),
    )
