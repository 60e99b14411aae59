"""Columns of coordinates that pass for elements: Y is yttrium and a northing, N nitrogen and a direction."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.patterns import compiled, matches
from geohalo.survey.cells import FloatArray
from geohalo.survey.columns import Column, is_place_or_id
from geohalo.survey.elements import concentration_factor

# No element is so nearly a plane over a survey; a coordinate in another system is.
_FOLLOWS = 0.995
_FEWEST = 10
# Rows that a column which counts them has at least: of so many analyses none is the next whole number by chance.
_FEWEST_COUNTED = 30
# Symbols that are also letters for an axis or a direction.
OF_BOTH_KINDS = ("Y", "N", "S", "W")
_PARTNERS = {"y": "x", "n": "e"}


def coordinates_left_out(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> list[InputWarning]:
    """Tell of coordinates that `samples.elements` matches; they are not read as elements."""
    expression = section["elements"]
    if not isinstance(expression, str):
        return []
    pattern = compiled(expression, "samples.elements", "element")
    places = [str(name) for name in (section.get("x"), section.get("y")) if name in table.columns]
    messages = []
    for header, match in matches(pattern, places, "samples.elements").items():
        try:
            element = concentration_factor(match["element"], "ppm")[0]
        except InputError:
            continue
        if is_place_or_id(header, match["element"], section):
            messages.append(
                InputWarning(
                    f"samples.elements matches this coordinate, which is not read as {element}",
                    f"nothing if it is a coordinate; else correct samples.{'x' if header == section['x'] else 'y'}",
                    source,
                    header,
                )
            )
    return messages


def coordinate_doubts(
    columns: Sequence[Column], values: pd.DataFrame, xy: FloatArray, others: Sequence[str], source: str
) -> list[InputWarning]:
    """Stop at an element that is a coordinate, and tell of one that may be.

    Parameters
    ----------
    columns : sequence of Column
        The columns that are read as elements.
    values : DataFrame, shape (rows, elements)
        Concentrations.
    xy : ndarray of float64, shape (rows, 2)
        Coordinates in metres, NaN where there are none.
    others : sequence of str
        Headers that are neither coordinates nor concentrations.
    source : str
        File name, for messages.

    Raises
    ------
    InputError
        A column of Y, N, S or W is a plane over the coordinates, or a column counts the rows.
    """
    headers = {str(name).lower() for name in others}
    messages = []
    for column in columns:
        series = values[column.element].to_numpy()
        if column.element in OF_BOTH_KINDS and is_plane(series, xy):
            raise InputError(
                f"{source}, column {column.column!r}: read as {column.element}, but its values follow the coordinates; "
                f"narrow samples.elements, or list {column.element} in samples.exclude"
            )
        if _counts(series, column.column == column.element):
            raise InputError(
                f"{source}, column {column.column!r}: read as {column.element}, but its values count the rows (whole "
                f"numbers at one step, each once); narrow samples.elements, or list {column.element} in samples.exclude"
            )
        if column.element == column.column and column.element not in OF_BOTH_KINDS and is_plane(series, xy):
            messages.append(
                InputWarning(
                    f"read as {column.element}, and its values follow the coordinates more closely than an element "
                    "does",
                    f"list {column.element} in samples.exclude if it is a coordinate or a number of a profile",
                    source,
                    column.column,
                )
            )
        partner = _PARTNERS.get(column.column.lower())
        if partner in headers:
            messages.append(
                InputWarning(
                    f"read as {column.element}, and there is a column {partner.upper()} beside it as of coordinates",
                    f"list {column.element} in samples.exclude if it is a coordinate",
                    source,
                    column.column,
                )
            )
    return messages


def _counts(series: FloatArray, bare: bool) -> bool:
    """Tell whether values are the whole numbers from 0 or 1 on, each once, in any order.

    Under a bare symbol, which may be short for a serial number (Sn, Ho), they may begin at 100 or more and have any
    step.
    """
    known = np.sort(series[np.isfinite(series)])
    if known.size < _FEWEST_COUNTED or (known != np.floor(known)).any():
        return False
    steps = np.diff(known)
    even = bool(steps[0] > 0 and (steps == steps[0]).all())
    return even and ((bare and known[0] >= 100) or (steps[0] == 1 and known[0] in (0, 1)))


def is_plane(series: FloatArray, xy: FloatArray) -> bool:
    """Tell whether values are a linear function of the coordinates."""
    known = np.isfinite(series) & np.isfinite(xy[:, 0])
    if known.sum() < _FEWEST:
        return False
    place = xy[known] - xy[known].mean(axis=0)
    centred = series[known] - series[known].mean()
    total = float(centred @ centred)
    # A constant has no direction; rounding leaves it a little variance.
    if total <= 1e-18 * float(series[known] @ series[known]) or not place.any():
        return False
    fitted = place @ np.linalg.lstsq(place, centred, rcond=None)[0]
    return float(((centred - fitted) ** 2).sum()) < (1 - _FOLLOWS) * total
