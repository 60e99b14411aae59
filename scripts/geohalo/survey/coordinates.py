"""Where samples and deposits lie: coordinate columns, their CRS, and the metric CRS of the maps.

Coordinates are always in the order x (easting, longitude), y (northing, latitude), whatever the
authority's axis order.
"""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError, ProjError

from geohalo.errors import InputError
from geohalo.survey.cells import FloatArray, blank_missing, require_column, row_numbers, to_numbers

# National and UTM systems are in use somewhat beyond their official area: by up to half its width,
# at most 3 degrees.
_MARGIN_SHARE, _MARGIN_DEGREES = 0.5, 3.0
# UTM and national grids stay within 1 %; web Mercator stretches a metre by a third at 40 degrees of
# latitude.
_SCALE_TOLERANCE = 0.05
_POINT_KINDS = [int(shapely.GeometryType.POINT), int(shapely.GeometryType.MULTIPOINT)]


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
    stated = _read_crs(section["crs"], f"{key}.crs") if section.get("crs") else None
    if all(names):
        x, y = (
            _column_numbers(table, str(name), section.get("missing", ()), source, f"{key}.{axis}")
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
        )
    absent = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(absent, np.nan, x), np.where(absent, np.nan, y), crs


def _read_crs(text: str, key: str) -> CRS:
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(f"{key}: {text!r} is not a known CRS; give a code such as EPSG:4326") from error
    if not (crs.is_geographic or crs.is_projected):
        raise InputError(
            f"{key}: {text!r} ({crs.name}) is neither geographic nor projected; give the CRS of a map"
        )
    return crs


def _column_numbers(table: pd.DataFrame, name: str, missing: Any, source: str, key: str) -> FloatArray:
    require_column(table, name, source, key)
    numbers, leftover = blank_missing(table[name], *to_numbers(table[name]), missing)
    if leftover.any():
        first = int(np.flatnonzero(leftover)[0])
        more = f" (and {leftover.sum() - 1} more such cells)" if leftover.sum() > 1 else ""
        raise InputError(
            f"{source}, column {name!r}, row {row_numbers(table)[first]}: "
            f"{str(table[name].iat[first])!r} is not a coordinate{more}; "
            f"give plain numbers with a decimal point ({key})"
        )
    return numbers


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
            f"{shapes[first].geom_type}; {key} must be points"
        )
    if table.crs is None and stated is None:
        raise InputError(f"{source}: the file states no CRS; set {key}.crs")
    if (
        table.crs is not None
        and stated is not None
        and not stated.equals(CRS(table.crs), ignore_axis_order=True)
    ):
        raise InputError(
            f"{source}: the file states {CRS(table.crs).to_string()}, but {key}.crs is "
            f"{stated.to_string()}; leave {key}.crs empty"
        )
    crs = stated if table.crs is None else _read_crs(CRS(table.crs).to_wkt(), f"CRS of {source}")
    assert crs is not None
    # One sample has one place: the centre of a MultiPoint, which drivers write even for one point.
    centre = np.where(shapely.is_empty(shapes), None, shapely.centroid(shapes))
    return shapely.get_x(centre), shapely.get_y(centre), crs


def check_area_of_use(
    x: FloatArray,
    y: FloatArray,
    crs: CRS,
    source: str,
    key: str = "samples",
    rows: npt.NDArray[np.int64] | None = None,
) -> None:
    """Raise when coordinates cannot be in their CRS: degrees given as metres, or the reverse.

    Parameters
    ----------
    x, y : ndarray of float64, shape (rows,)
        Coordinates in units of the CRS; NaN is skipped.
    crs : pyproj.CRS
        Their CRS. Its area of use, widened by half its width (at most 3 degrees), is where they may
        lie.
    source, key, rows
        File, config section and row numbers in the file, for messages.

    Raises
    ------
    InputError
        Names the first row outside, its place, the area of use and the likely cause.
    """
    rows = np.arange(2, len(x) + 2, dtype=np.int64) if rows is None else rows
    present = np.isfinite(x) & np.isfinite(y)
    x, y, rows = x[present], y[present], rows[present]
    if not x.size:
        return
    degrees = (np.abs(x) <= 360) & (np.abs(y) <= 360)
    # No survey lies within 360 metres of a CRS's origin, where UTM would count it as inside.
    as_metres = crs.is_projected and bool(degrees.all())
    outside = np.ones(x.shape, dtype=bool) if as_metres else ~_inside(x, y, crs)
    if not outside.any():
        return
    first = int(np.flatnonzero(outside)[0])
    if as_metres:
        hint = f"they look like degrees: set {key}.crs to a geographic CRS such as EPSG:4326"
    elif _inside(y, x, crs).all():
        hint = f"x and y look swapped: exchange {key}.x and {key}.y"
    elif crs.is_geographic and not degrees[outside].any():
        hint = f"they look like metres: set {key}.crs to the projected CRS that they are in"
    else:
        hint = f"check {key}.crs, {key}.x, {key}.y and the rows themselves"
    count = int(outside.sum())
    more = f" (and {count - 1} more rows)" if count > 1 else ""
    raise InputError(
        f"{source}, row {rows[first]}{more}: coordinates x={x[first]:g}, y={y[first]:g} lie "
        f"outside the area of use of {_crs_text(crs)}; {hint}"
    )


def _crs_text(crs: CRS) -> str:
    name, area = (crs.to_string() if crs.to_authority() else crs.name), crs.area_of_use
    if area is None:
        return name
    return f"{name} (longitude {area.west:g} to {area.east:g}, latitude {area.south:g} to {area.north:g})"


def _inside(x: FloatArray, y: FloatArray, crs: CRS) -> npt.NDArray[np.bool_]:
    if crs.is_geographic and not crs.is_projected:
        scale = float(np.degrees(crs.axis_info[0].unit_conversion_factor))
        longitude, latitude = x * scale, y * scale
    else:
        longitude, latitude = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    possible = np.isfinite(longitude) & (np.abs(longitude) <= 360) & (np.abs(latitude) <= 90)
    area = crs.area_of_use
    if area is None:
        return possible
    width = area.east - area.west if area.east > area.west else area.east - area.west + 360
    margin = min(_MARGIN_SHARE * width, _MARGIN_DEGREES)
    with np.errstate(invalid="ignore"):
        # Counted eastwards from the western edge, so that an area across the date line is no
        # special case.
        in_width = (longitude - area.west + margin) % 360 <= width + 2 * margin
    margin = min(_MARGIN_SHARE * (area.north - area.south), _MARGIN_DEGREES)
    return possible & in_width & (latitude >= area.south - margin) & (latitude <= area.north + margin)


def metric_crs(x: FloatArray, y: FloatArray, crs: CRS, grid_crs: str | None = None) -> CRS:
    """Choose the CRS of the maps: `grid.crs`, else the samples' own when metric, else UTM.

    Parameters
    ----------
    x, y : ndarray of float64, shape (rows,)
        Coordinates in `crs`; NaN is skipped, at least one pair must not be.
    crs : pyproj.CRS
        CRS of the coordinates.
    grid_crs : str, optional
        The config key `grid.crs`.

    Returns
    -------
    pyproj.CRS
        Projected, in metres, and true to scale within 5 % at the survey's centre (web Mercator is
        not).

    Raises
    ------
    InputError
        `grid.crs` is unknown or not metric here, or there is no UTM zone (beyond 84 N and 80 S).
    """
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(float(np.nanmedian(x)), float(np.nanmedian(y)))
    if grid_crs is not None:
        chosen = _read_crs(grid_crs, "grid.crs")
        if not _is_metric(chosen, longitude, latitude):
            raise InputError(
                f"grid.crs: {grid_crs!r} ({chosen.name}) is not metric at the survey (longitude "
                f"{longitude:.2f}, latitude "
                f"{latitude:.2f}): give a projected CRS in metres such as its UTM zone, or leave "
                "the key empty"
            )
        return chosen
    if _is_metric(crs, longitude, latitude):
        return crs
    try:
        return gpd.GeoSeries.from_xy([longitude], [latitude], crs="EPSG:4326").estimate_utm_crs()
    except RuntimeError as error:
        raise InputError(
            f"grid.crs: latitude {latitude:.2f} has no UTM zone; give a projected CRS in metres"
        ) from error


def _is_metric(crs: CRS, longitude: float, latitude: float) -> bool:
    """Tell whether a unit of the CRS is a metre on the ground, to the tolerance, at one place."""
    if not crs.is_projected or crs.axis_info[0].unit_name not in ("metre", "meter", "m"):
        return False
    try:
        factors = Proj(crs).get_factors(longitude, latitude)
    except ProjError:
        return False
    scales = np.array([factors.meridional_scale, factors.parallel_scale])
    return bool(np.all(np.abs(scales - 1) <= _SCALE_TOLERANCE))


def project(x: FloatArray, y: FloatArray, crs_in: CRS, crs_out: CRS) -> tuple[FloatArray, FloatArray]:
    """Return coordinates in another CRS; NaN in both where a place cannot be projected."""
    out_x, out_y = Transformer.from_crs(crs_in, crs_out, always_xy=True).transform(x, y)
    absent = ~(np.isfinite(out_x) & np.isfinite(out_y))
    return np.where(absent, np.nan, out_x), np.where(absent, np.nan, out_y)
