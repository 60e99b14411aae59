"""Where samples and deposits lie: coordinate columns or geometries, and whether they can be in their CRS.

Coordinates are always in the order x (easting, longitude), y (northing, latitude), whatever the
authority's axis order.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.angles import coordinate_hint, read_coordinate
from geohalo.survey.area_of_use import check_area_of_use, possible_in, wrapped_longitudes
from geohalo.survey.cell_hints import point_text_hint
from geohalo.survey.cells import (
    BoolArray,
    FloatArray,
    blank_missing,
    cell_text,
    require_column,
    row_numbers,
    shortened,
    to_numbers,
)
from geohalo.survey.crs import crs_name, file_crs, read_crs
from geohalo.survey.crs import metric_crs as metric_crs
from geohalo.survey.doubtful_places import without_zero_places
from geohalo.survey.numbers import comma_hint
from geohalo.survey.place_hints import place_hints
from geohalo.survey.zones import row_crs, unnamed_zones

_NORTH, _EAST = re.compile("lat|north", re.IGNORECASE), re.compile("lon|east", re.IGNORECASE)
_BETWEEN_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:[ ']\d{3})+(?:\.\d*)?")
_POINT_KINDS = [int(shapely.GeometryType.POINT), int(shapely.GeometryType.MULTIPOINT)]


@dataclass(frozen=True)
class Located:
    """Coordinates of a table's rows.

    Attributes
    ----------
    x, y : ndarray of float64, shape (rows,)
        In units of `crs`; NaN in both where a row has no place.
    crs : pyproj.CRS
        One CRS for all rows.
    stated : str
        The CRS as stated, several where each row has its own.
    warnings : list of InputWarning
    empty : ndarray of bool, shape (rows,)
        Where the file has no coordinates; (0, 0), which the warnings name, is none of these.
    """

    x: FloatArray
    y: FloatArray
    crs: CRS
    stated: str
    warnings: list[InputWarning]
    empty: BoolArray


def locate(table: pd.DataFrame, section: Mapping[str, Any], source: str, key: str) -> Located:
    """Return where the rows of a table lie, in one CRS and within its area of use.

    Places at (0, 0) that lie far from all others count as without coordinates. Longitudes from 0 to 360 become
    -180 to 180. With `crs_column`, each row is read in the CRS that it names, and all are given in that of most rows.

    Parameters
    ----------
    table, section, source, key
        As in `point_coordinates`, and `crs_column` in the section.

    Raises
    ------
    InputError
        As `point_coordinates` and `check_area_of_use`; a row whose CRS is unknown or unclear.
    """
    rows = row_numbers(table)
    column = section.get("crs_column")
    if column:
        x, y = _column_points(table, section, source, key)
        systems = None
    else:
        x, y, crs = point_coordinates(table, section, source, key)
        systems = {crs: np.ones(len(x), dtype=bool)}
    empty = ~np.isfinite(x)
    x, y, doubts = without_zero_places(x, y, rows, source)
    doubt = None if systems is None else unnamed_zones(table, section, crs, source, key)
    doubts_of_table = (
        _exchanged(section, source, key),
        doubts,
        doubt,
        _overridden(table, section, source, key),
        _several_points(table, section, source),
    )
    warnings = [one for one in doubts_of_table if one is not None]
    if systems is not None:
        warnings += place_hints(table, section, x, y, crs, source, key)
    if systems is None:
        systems = _systems_of_rows(table, np.isfinite(x), section, source, key)
    for crs, member in systems.items():
        x[member] = wrapped_longitudes(x[member], crs)
        doubt = check_area_of_use(x[member], y[member], crs, source, key, rows[member])
        warnings += [] if doubt is None else [doubt]
    common = max(systems, key=lambda crs: int(systems[crs].sum()))
    for crs, member in systems.items():
        if crs is not common:
            x[member], y[member] = project(x[member], y[member], crs, common)
    stated = ";".join(crs.to_string() for crs in systems)
    return Located(x, y, common, stated, warnings, empty)


def _exchanged(section: Mapping[str, Any], source: str, key: str) -> InputWarning | None:
    """Return the warning that the names of the coordinate columns say the opposite of the config."""
    x, y = str(section.get("x") or ""), str(section.get("y") or "")
    if not (_NORTH.match(x) and _EAST.match(y)):
        return None
    return InputWarning(
        f"{key}.x, the easting or longitude, is column {x!r}, and {key}.y, the northing or latitude, is column {y!r}",
        f"exchange {key}.x and {key}.y if the names are right",
        source,
        x,
    )


def _column_points(
    table: pd.DataFrame, section: Mapping[str, Any], source: str, key: str
) -> tuple[FloatArray, FloatArray]:
    """Return the numbers of both coordinate columns, NaN in both where either is missing."""
    if not (section.get("x") and section.get("y")):
        raise InputError(
            f"{source}: {key}.crs_column goes with coordinate columns; name them in {key}.x and {key}.y"
        )
    base = read_crs(section["crs"], f"{key}.crs") if section.get("crs") else None
    x, y = (
        _column_numbers(table, str(section[axis]), section.get("missing", ()), source, f"{key}.{axis}", base)
        for axis in "xy"
    )
    absent = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(absent, np.nan, x), np.where(absent, np.nan, y)


def _systems_of_rows(
    table: pd.DataFrame, located: BoolArray, section: Mapping[str, Any], source: str, key: str
) -> dict[CRS, BoolArray]:
    """Return each CRS that the column names, and which rows with coordinates are in it."""
    column = str(section["crs_column"])
    require_column(table, column, source, f"{key}.crs_column")
    base = read_crs(section["crs"], f"{key}.crs") if section.get("crs") else None
    text, rows = cell_text(table[column]).to_numpy(dtype=object), row_numbers(table)
    systems: dict[CRS, BoolArray] = {}
    for cell in pd.unique(text[located]):
        member = located & (text == cell)
        where = f"{source}, column {column!r}, row {rows[np.flatnonzero(member)[0]]}"
        if not cell:
            raise InputError(
                f"{where}: the row has coordinates and no CRS ({key}.crs_column); fill the cell in"
            )
        crs = row_crs(cell, base, key, where)
        systems[crs] = systems.get(crs, np.zeros(len(text), dtype=bool)) | member
    if not systems:
        raise InputError(f"{source}: no row has coordinates; check {key}.x and {key}.y")
    return systems


def _overridden(
    table: pd.DataFrame, section: Mapping[str, Any], source: str, key: str
) -> InputWarning | None:
    """Return the warning that the config's CRS stands in for that of the file."""
    if (
        all(section.get(axis) for axis in "xy")
        or not section.get("crs")
        or not isinstance(table, gpd.GeoDataFrame)
    ):
        return None
    stated = read_crs(section["crs"], f"{key}.crs")
    if table.crs is None or stated.equals(CRS(table.crs), ignore_axis_order=True):
        return None
    return InputWarning(
        f"the file states {crs_name(CRS(table.crs))}, in which its coordinates cannot be; {crs_name(stated)} "
        f"({key}.crs) is used",
        "write the right CRS into the file",
        source,
    )


def point_coordinates(
    table: pd.DataFrame, section: Mapping[str, Any], source: str, key: str
) -> tuple[FloatArray, FloatArray, CRS]:
    """Return the coordinates of a table's rows and their CRS.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        The table as read.
    section : mapping
        Config section with `x`, `y` and `crs` (None to use a file's own geometries and CRS) and,
        for samples, `missing`.
    source, key : str
        File and config section (`samples` or `deposits`), for messages.

    Returns
    -------
    x, y : ndarray of float64, shape (rows,)
        Coordinates in units of the CRS; NaN in both where either is missing.
    crs : pyproj.CRS
        A geographic or projected CRS.

    Raises
    ------
    InputError
        A column is missing or holds text that is no number, the CRS is unknown, missing or
        contradicts the file's own.
    """
    names = [section.get("x"), section.get("y")]
    stated = read_crs(section["crs"], f"{key}.crs") if section.get("crs") else None
    if all(names):
        x, y = (
            _column_numbers(table, str(name), section.get("missing", ()), source, f"{key}.{axis}", stated)
            for axis, name in zip("xy", names, strict=True)
        )
        if stated is None:
            raise InputError(
                f"{source}: the CRS of columns {names[0]!r} and {names[1]!r} is not known; set {key}.crs"
            )
        crs = stated
    elif any(names):
        raise InputError(
            f"{source}: {key}.{'y' if names[0] else 'x'} is empty; name both coordinate columns or neither"
        )
    elif isinstance(table, gpd.GeoDataFrame):
        x, y, crs = _geometry_points(table, stated, source, key)
    else:
        raise InputError(
            f"{source}: the file has no geometries; name its coordinate columns in {key}.x and {key}.y"
            + point_text_hint(table)
        )
    absent = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(absent, np.nan, x), np.where(absent, np.nan, y), crs


def _column_numbers(
    table: pd.DataFrame, name: str, missing: Any, source: str, key: str, crs: CRS | None
) -> FloatArray:
    require_column(table, name, source, key)
    numbers, leftover = blank_missing(table[name], *to_numbers(table[name]), missing)
    if leftover.any():
        codes, texts = pd.factorize(cell_text(table[name][leftover]))
        read = [read_coordinate(str(text), key[-1], crs) for text in texts]
        found = np.array([np.nan if one is None else one for one in read], dtype=np.float64)[codes]
        numbers[leftover] = found
        leftover[leftover] = np.isnan(found)
    if leftover.any():
        _stop_at_unread(table, name, leftover, source, key, crs)
    return numbers


def _stop_at_unread(
    table: pd.DataFrame, name: str, unread: BoolArray, source: str, key: str, crs: CRS | None
) -> None:
    """Raise InputError for the first cell that is no coordinate, with the way out."""
    section, axis = key.rsplit(".", 1)
    first = int(np.flatnonzero(unread)[0])
    text = str(table[name].iat[first]).strip()
    more = f" (and {unread.sum() - 1} more such cells)" if unread.sum() > 1 else ""
    empty = " (or list it in samples.missing)" if section == "samples" else ""
    hint = comma_hint(table[name][unread], section) or coordinate_hint(text, axis, crs)
    if hint is None and _BETWEEN_THOUSANDS.fullmatch(text):
        sign = text.lstrip("-+0123456789")[0]
        hint = f"if {sign!r} stands between thousands set {section}.thousands: {sign!r}"
    if hint is None:
        hint = f"give plain numbers, or leave the cell empty{empty} where there is no coordinate ({key})"
        if first == 0:
            hint += f"; if the row is no record set {section}.first_row"
    raise InputError(
        f"{source}, column {name!r}, row {row_numbers(table)[first]}: {shortened(text)!r} is not a coordinate{more}; "
        f"{hint}"
    )


def _geometry_points(
    table: gpd.GeoDataFrame, stated: CRS | None, source: str, key: str
) -> tuple[FloatArray, FloatArray, CRS]:
    shapes = table.geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    other = ~np.isin(kinds, _POINT_KINDS) & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if other.any():
        first = int(np.flatnonzero(other)[0])
        raise InputError(
            f"{source}, row {row_numbers(table)[first]}: the geometry is a "
            f"{shapes[first].geom_type}; {key} must be points: save a layer of points, such as the centroids, which "
            "every GIS makes"
        )
    if table.crs is None and stated is None:
        raise InputError(f"{source}: the file states no CRS; set {key}.crs")
    # One sample has one place: the centre of a MultiPoint, which drivers write even for one point.
    centre = np.where(shapely.is_empty(shapes), None, shapely.centroid(shapes))
    x, y = shapely.get_x(centre), shapely.get_y(centre)
    if table.crs is None:
        assert stated is not None
        return x, y, stated
    # A wrong CRS in the file can be mended in the config.
    if stated is not None and not stated.equals(CRS(table.crs), ignore_axis_order=True):
        own = CRS(table.crs)
        if possible_in(x, y, own):
            raise InputError(
                f"{source}: the file states {crs_name(own)}, but {key}.crs is {crs_name(stated)}, and the "
                f"coordinates fit the former; leave {key}.crs empty"
            )
        return x, y, stated
    return x, y, file_crs(table.crs, source, f"set {key}.crs to the CRS that its coordinates are in")


def _several_points(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> InputWarning | None:
    """Return the warning that MultiPoints of points which lie apart are taken for their centres."""
    if section.get("x") or section.get("y") or not isinstance(table, gpd.GeoDataFrame):
        return None
    shapes = table.geometry.to_numpy()
    several = np.flatnonzero(shapely.get_num_geometries(shapes) > 1)
    bounds = shapely.bounds(shapes[several])
    apart = several[np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) > 0]
    if not apart.size:
        return None
    count = shapely.get_num_geometries(shapes[apart[0]])
    return InputWarning(
        f"{len(apart)} {'row is a' if len(apart) == 1 else 'rows are'} MultiPoint of points that lie apart ({count} in "
        "the first), and each is placed at its centre, where nothing may have been found",
        "split them into single points, which every GIS does (multipart to singleparts)",
        source,
        row=str(row_numbers(table)[apart[0]]),
    )


def project(x: FloatArray, y: FloatArray, crs_in: CRS, crs_out: CRS) -> tuple[FloatArray, FloatArray]:
    """Return coordinates in another CRS; NaN in both where a place cannot be projected."""
    out_x, out_y = Transformer.from_crs(crs_in, crs_out, always_xy=True).transform(x, y)
    absent = ~(np.isfinite(out_x) & np.isfinite(out_y))
    return np.where(absent, np.nan, out_x), np.where(absent, np.nan, out_y)
