"""Coordinate reference systems: what the config or a file states, and the metric one of the maps."""

from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS, Proj, Transformer
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError, ProjError

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import FloatArray

# UTM and national grids stay within 1 %; web Mercator stretches a metre by a third at 40 degrees of
# latitude.
_SCALE_TOLERANCE = 0.05
# A unit is a metre when its factor says so; a foot is 0.3048.
_METRE_TOLERANCE = 1e-6


def read_crs(text: str, key: str) -> CRS:
    """Return the CRS that a config key states.

    Parameters
    ----------
    text : str
        A code such as `EPSG:4326`, or WKT.
    key : str
        The config key, for messages.

    Raises
    ------
    InputError
        It is not known, or not the CRS of a map.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(f"{key}: {text!r} is not a known CRS; give a code such as EPSG:4326") from error
    return usable_crs(crs, f"{key}: {text!r}", "give the CRS of a map such as EPSG:4326")


def file_crs(crs: Any, source: str, fix: str) -> CRS:
    """Return the CRS that a file states, as `usable_crs`.

    Parameters
    ----------
    crs : object
        Anything with `to_wkt`: a CRS of pyproj or of rasterio.
    source : str
        The file.
    fix : str
        How the right one is written into a file of this kind.
    """
    try:
        return usable_crs(CRS.from_wkt(crs.to_wkt()), f"{source}: its CRS", fix)
    except CRSError as error:
        raise InputError(f"{source}: its CRS cannot be read; {fix}") from error


def usable_crs(crs: CRS, where: str, fix: str) -> CRS:
    """Return the horizontal part of a CRS that ties coordinates to the earth.

    Parameters
    ----------
    crs : pyproj.CRS
        Any CRS; heights are left out.
    where, fix : str
        What states it and what to do about it, for the message.

    Raises
    ------
    InputError
        It is a local (engineering) system, a geocentric or a vertical one: nothing tells where on the earth its
        coordinates lie.
    """
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_engineering:
        raise InputError(
            f"{where} ({crs.name}) is a local (engineering) system, neither geographic nor projected: it does not tell "
            f"where on the earth it lies; {fix}"
        )
    if not (crs.is_geographic or crs.is_projected):
        raise InputError(f"{where} ({crs.name}) is neither geographic nor projected; {fix}")
    return crs


def crs_name(crs: CRS) -> str:
    """Name a CRS by its code, or else by its title: its definition is too long for a message."""
    return crs.to_string() if crs.to_authority() else crs.name


def crs_text(crs: CRS) -> str:
    """Name a CRS with its area of use."""
    name, area = crs_name(crs), crs.area_of_use
    if area is None:
        return name
    return f"{name} (longitude {area.west:g} to {area.east:g}, latitude {area.south:g} to {area.north:g})"


def is_metric(crs: CRS, longitude: float, latitude: float) -> bool:
    """Tell whether a unit of the CRS is a metre on the ground, to the tolerance, at one place.

    The unit is known by its conversion factor: drivers spell it metre, Metre, meter, m or not at all.
    """
    factors = [axis.unit_conversion_factor for axis in crs.axis_info[:2]]
    if not crs.is_projected or not factors or np.abs(np.array(factors) - 1).max() > _METRE_TOLERANCE:
        return False
    try:
        found = Proj(crs).get_factors(longitude, latitude)
    except ProjError:
        return False
    scales = np.array([found.meridional_scale, found.parallel_scale])
    return bool(np.all(np.abs(scales - 1) <= _SCALE_TOLERANCE))


def points_east_and_north(crs: CRS) -> bool:
    """Tell whether numbers grow to the east and the north, in either order of the axes.

    Axes that point west or south (Lo systems of southern Africa, Krovak) would turn or mirror every map. Polar
    systems, whose axes both point along meridians, are drawn as they are.
    """
    directions = [axis.direction.lower() for axis in crs.axis_info[:2]]
    return "west" not in directions and not ("south" in directions and "east" in directions)


def east_north_partner(crs: CRS) -> CRS | None:
    """Return the CRS that differs in nothing but axes that point east and north, if EPSG has one."""
    wanted = f"{crs.name} East North"
    for one in query_crs_info("EPSG", pj_types=PJType.PROJECTED_CRS):
        if one.name == wanted:
            return CRS.from_epsg(int(one.code))
    return None


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
        Projected, in metres, with axes to the east and north, and true to scale within 5 % at the survey's centre
        (web Mercator is not). Where the axes of `crs` point elsewhere: its partner that differs in nothing else, or
        UTM.

    Raises
    ------
    InputError
        `grid.crs` is unknown, not metric here or has other axes, or there is no UTM zone (beyond 84 N and 80 S).
    """
    longitude, latitude = _centre(x, y, crs)
    if grid_crs is not None:
        return _grid_crs(grid_crs, longitude, latitude)
    if is_metric(crs, longitude, latitude):
        own = crs if points_east_and_north(crs) else east_north_partner(crs)
        if own is not None:
            return own
    return _utm(longitude, latitude)


def _centre(x: FloatArray, y: FloatArray, crs: CRS) -> tuple[float, float]:
    """Return longitude (-180 to 180) and latitude of the median place."""
    present = np.isfinite(x) & np.isfinite(y)
    x, y = x[present], y[present]
    if crs.is_geographic:
        scale = float(np.degrees(crs.axis_info[0].unit_conversion_factor))
        longitude = x * scale
        if longitude.max() - longitude.min() > 180:  # across the date line
            longitude = longitude % 360
        x = np.asarray(longitude / scale)
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(float(np.median(x)), float(np.median(y)))
    if not (np.isfinite(longitude) and np.isfinite(latitude) and abs(latitude) <= 90):
        raise InputError(
            f"coordinates x={np.median(x):g}, y={np.median(y):g} cannot lie in {crs_name(crs)}: its CRS is wrong"
        )
    return float((longitude + 180) % 360 - 180), float(latitude)


def _grid_crs(grid_crs: str, longitude: float, latitude: float) -> CRS:
    chosen = read_crs(grid_crs, "grid.crs")
    if not is_metric(chosen, longitude, latitude):
        raise InputError(
            f"grid.crs: {grid_crs!r} ({chosen.name}) is not metric at the survey (longitude "
            f"{longitude:.2f}, latitude "
            f"{latitude:.2f}): give a projected CRS in metres such as its UTM zone, or leave "
            "the key empty"
        )
    if not points_east_and_north(chosen):
        other = east_north_partner(chosen) or _utm(longitude, latitude)
        raise InputError(
            f"grid.crs: the axes of {grid_crs!r} ({chosen.name}) point {axes_text(chosen)}, which would turn every "
            f"map; give one with axes to the east and north such as {crs_name(other)} ({other.name}), or leave the "
            "key empty"
        )
    return chosen


def axes_text(crs: CRS) -> str:
    """Say where the axes of a CRS point."""
    return " and ".join(axis.direction for axis in crs.axis_info[:2])


def turned_axes(crs: CRS, maps: CRS, source: str) -> InputWarning | None:
    """Return the warning that maps are in another CRS than the samples since that one's axes point elsewhere."""
    if not crs.is_projected or points_east_and_north(crs):
        return None
    return InputWarning(
        f"the axes of {crs_name(crs)} ({crs.name}) point {axes_text(crs)}, so the maps are in "
        f"{crs_name(maps)} ({maps.name}), whose axes point east and north; the places are the same",
        "set grid.crs for another CRS of the maps",
        source,
    )


def _utm(longitude: float, latitude: float) -> CRS:
    try:
        return gpd.GeoSeries.from_xy([longitude], [latitude], crs="EPSG:4326").estimate_utm_crs()
    except RuntimeError as error:
        raise InputError(
            f"grid.crs: latitude {latitude:.2f} has no UTM zone; give a projected CRS in metres"
        ) from error
