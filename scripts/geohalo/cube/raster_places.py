"""Where the rasters of a survey lie: their CRS, compared by meaning, and their common grid."""

import functools
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj.exceptions import CRSError as UnknownCRS
from rasterio.crs import CRS

from geohalo.cube.bands import SAME_PLACE, Band
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.coordinates import metric_crs

#: Cells are square when their sides agree to this share, a tenth of a cell over a thousand cells.
SQUARE = 1e-4
#: Maps are in use so many degrees beyond the official area of their CRS; farther away a centre is doubtful, and then
#: wrong. Tables of samples are held to the same (`geohalo.survey.coordinates`).
NEAR, BEYOND = 3.0, 6.0
#: No coordinate in kilometres is larger.
KILOMETRES = 11_000.0
_HOW_TO_SET = (
    "set grids.crs, or write one into the file (gdal_edit.py -a_srs; for NetCDF, data.rio.write_crs(...).to_netcdf() "
    "of rioxarray)"
)


def with_crs(bands: Sequence[Band], stated: str | None) -> list[Band]:
    """Give the CRS of the config key ``grids.crs`` to the rasters that have none.

    Raises
    ------
    InputError
        If the key is no CRS or contradicts that of a file, or a raster has none and the key is empty.
    """
    given = _stated_crs(stated) if stated else None
    placed = []
    for band in bands:
        own = pyproj.CRS.from_wkt(band.crs.to_wkt()) if band.crs else None
        if own is not None and not (own.is_geographic or own.is_projected):
            if given is None:
                raise InputError(
                    f"{band.source}: its CRS {own.name!r} is neither geographic nor projected, so that its place on "
                    f"the ground is not known; {_HOW_TO_SET}."
                )
            own = None
        if own is None and given is None:
            raise InputError(f"{band.source}: the raster has no CRS; {_HOW_TO_SET}.")
        if own is not None and given is not None and not same_crs(own, given):
            raise InputError(
                f"{band.source}: the file states the CRS {named(own)}, but grids.crs is {named(given)}; correct or "
                "remove the key."
            )
        placed.append(band if own is not None else replace(band, crs=CRS.from_wkt(given.to_wkt())))  # type: ignore[union-attr]
    return placed


def _stated_crs(text: str) -> pyproj.CRS:
    try:
        crs = pyproj.CRS.from_user_input(text)
    except UnknownCRS as error:
        raise InputError(
            f"config key grids.crs: {text!r} is not a known CRS; give a code such as EPSG:32633."
        ) from error
    if not crs.is_projected:
        raise InputError(
            f"config key grids.crs: {text!r} ({crs.name}) is not projected; rasters have to be on a map in metres. "
            "Warp them to one (gdalwarp -s_srs -t_srs)."
        )
    return crs


def common_grid(bands: Sequence[Band]) -> tuple[Grid, CRS, list[InputWarning]]:
    """Return the grid and CRS that all rasters share.

    Parameters
    ----------
    bands : sequence of Band
        At least one; all have a CRS (`with_crs`).

    Returns
    -------
    grid : Grid
        Centres of the cells in metres.
    crs : CRS
        That which says best what it is, as drivers write one CRS in different words.
    warnings : list of InputWarning

    Raises
    ------
    InputError
        If a raster has another grid or CRS than the first, is rotated, has cells that are not square or fewer
        than 2 x 2 of them, does not lie where its CRS is used, or is not in a metric CRS.
    """
    first = bands[0]
    for band in bands:
        _check_same_grid(band, first)
    transform, (rows, columns) = first.transform, first.values.shape
    if transform.b or transform.d:
        raise InputError(f"{first.source}: the raster is rotated; warp it to a north-up grid (gdalwarp).")
    if min(rows, columns) < 2:
        raise InputError(f"{first.source}: {rows} x {columns} cells; a map needs two or more each way.")
    x = transform.c + (np.arange(columns) + 0.5) * transform.a
    y = transform.f + (np.arange(rows) + 0.5) * transform.e
    crs = max((_plain(pyproj.CRS.from_wkt(band.crs.to_wkt())) for band in bands if band.crs), key=_well_named)
    warnings = _check_place(first, crs, x, y)
    _check_metric(first.source, crs, x, y)
    if abs(transform.a + transform.e) > SQUARE * transform.a:
        raise InputError(
            f"{first.source}: cells of {transform.a:g} x {-transform.e:g} m are not square; "
            "resample them (gdalwarp -tr)."
        )
    return Grid(x, y), CRS.from_wkt(crs.to_wkt()), warnings


def _well_named(crs: pyproj.CRS) -> int:
    """Rank a CRS by how well it says what it is: by its code, by the name of its datum, or not."""
    if "id" in crs.to_json_dict():
        return 2
    return int(crs.datum is not None and "unknown" not in crs.datum.name.lower())


def _in_full(crs: pyproj.CRS) -> pyproj.CRS:
    """Return a CRS with its area of use, which the text of most files does not tell."""
    code = None if crs.area_of_use else crs.to_authority()
    return pyproj.CRS.from_authority(*code) if code else crs


def _check_same_grid(band: Band, first: Band) -> None:
    """Stop when a raster has another CRS or grid than the first one."""
    if band.crs != first.crs and not same_crs(
        *(pyproj.CRS.from_wkt(b.crs.to_wkt()) for b in (band, first) if b.crs)
    ):
        raise InputError(
            f"{band.source}: its CRS is {named(band.crs)}, that of {first.source} is "
            f"{named(first.crs)}. Warp all rasters to one CRS and grid (gdalwarp -t_srs -tr -te)."
        )
    ours, others = (np.array([t.a, t.b, t.c, t.d, t.e, t.f]) for t in (band.transform, first.transform))
    # Corners are compared at the far end, so that a small difference of cell size counts where it adds up.
    reach = np.array([*first.values.shape[::-1], 1.0])
    apart = np.abs((ours - others).reshape(2, 3) * reach).max()
    if band.values.shape != first.values.shape or apart > SAME_PLACE * np.hypot(others[0], others[3]):
        raise InputError(
            f"{band.source}: its grid ({_grid_text(band)}) differs from that of {first.source} "
            f"({_grid_text(first)}). Resample all rasters to one grid (gdalwarp -tr -te), or leave one out with "
            "grids.exclude."
        )


def _plain(crs: pyproj.CRS) -> pyproj.CRS:
    """Return a CRS without its heights and without the shift to another datum that a file brings along."""
    if crs.is_compound:
        return _plain(crs.sub_crs_list[0])
    return _plain(crs.source_crs) if crs.is_bound and crs.source_crs else crs


def same_crs(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether two CRS mean the same, whatever their names and the order of their axes.

    Drivers write one CRS in different words. Projection, ellipsoid, prime meridian and unit have to agree; datums
    differ only if both are known.
    """
    one, other = _plain(one), _plain(other)
    if one.equals(other, ignore_axis_order=True):
        return True
    if not (one.is_projected and other.is_projected):
        return False
    datums = [crs.geodetic_crs.to_epsg() if crs.geodetic_crs else None for crs in (one, other)]
    if None not in datums and datums[0] != datums[1]:
        return False
    ours, others = _projection(one), _projection(other)
    return ours.keys() == others.keys() and all(_alike(ours[key], others[key]) for key in ours)


def _projection(crs: pyproj.CRS) -> dict[str, Any]:
    """Return what a projected CRS does with places on its ellipsoid, without names."""
    with warnings.catch_warnings():
        # A PROJ string loses names and the order of axes, which is what it is here for.
        warnings.simplefilter("ignore", UserWarning)
        parts = crs.to_dict()
    dropped = {
        "datum",
        "ellps",
        "a",
        "b",
        "rf",
        "R",
        "towgs84",
        "nadgrids",
        "units",
        "to_meter",
        "no_defs",
        "type",
    }
    kept = {name: value for name, value in parts.items() if name not in dropped | {"axis", "pm", "wktext"}}
    ellipsoid, meridian = crs.ellipsoid, crs.prime_meridian
    assert ellipsoid is not None
    return kept | {
        "semi_major": ellipsoid.semi_major_metre,
        "flattening": 1 / ellipsoid.inverse_flattening if ellipsoid.inverse_flattening else 0.0,
        "meridian": meridian.longitude * float(meridian.unit_conversion_factor) if meridian else 0.0,
        "unit": crs.axis_info[0].unit_conversion_factor,
    }


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return bool(np.isclose(one, other, rtol=1e-9, atol=1e-9))
    return bool(one == other)


def _check_place(
    band: Band, crs: pyproj.CRS, x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[InputWarning]:
    """Stop when a raster cannot lie where its CRS says: metres in degrees, degrees in metres, another zone."""
    corner = f"{band.source}: its upper left corner {band.transform.c:.10g}, {band.transform.f:.10g}"
    largest = max(abs(x[0]), abs(x[-1])), max(abs(y[0]), abs(y[-1]))
    if crs.is_geographic and (largest[0] > 360 or largest[1] > 90):
        raise InputError(
            f"{corner} lies outside {named(crs)}, whose unit is the degree; its numbers look like metres. The CRS is "
            "wrong: write the projected one that they are in (gdal_edit.py -a_srs)."
        )
    if not crs.is_projected:
        return []
    if max(largest) <= 360:
        raise InputError(
            f"{corner} lies within 360 m of the origin of {named(crs)}; its numbers look like degrees. Write the CRS "
            "that they are in (gdal_edit.py -a_srs EPSG:4326) and warp it to a metric one (gdalwarp -t_srs)."
        )
    if {axis.direction for axis in crs.axis_info} == {"south", "west"}:
        raise InputError(
            f"{band.source}: the axes of its CRS {named(crs)} point south and west, so that the map would be turned; "
            "warp it to a CRS with axes east and north (gdalwarp -t_srs)."
        )
    area, beyond = _in_full(crs).area_of_use, _beyond(crs, x, y)
    if max(largest) <= KILOMETRES and beyond > 0 and _beyond(crs, 1000 * x, 1000 * y) == 0:
        raise InputError(
            f"{corner} lies outside the area of use of {named(crs)}; its numbers look like kilometres. Multiply the "
            "coordinates by 1000 (gdal_edit.py -a_ullr; for NetCDF, state km as the unit of the coordinates)."
        )
    if not np.isfinite(beyond):
        raise InputError(
            f"{corner} has no place on the ground in {named(crs)}; the CRS is wrong (gdal_edit.py -a_srs)."
        )
    if area is None or beyond <= NEAR:
        return []
    where = f"lies outside the area of use of {named(crs)} ({area.name})"
    if beyond > BEYOND:
        raise InputError(
            f"{corner} {where}, {beyond:.0f} degrees beyond it; the CRS is wrong (gdal_edit.py -a_srs)."
        )
    return [
        InputWarning(
            f"the centre of the rasters {where}; they are taken as they are",
            "check the CRS if the survey does not lie there",
            band.file,
        )
    ]


def _beyond(crs: pyproj.CRS, x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return by how many degrees the centre of the raster lies beyond the area of use; infinite for no place."""
    to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(float(x.mean()), float(y.mean()))
    if not (np.isfinite(longitude) and np.isfinite(latitude)):
        return np.inf
    area = _in_full(crs).area_of_use
    if area is None:
        return 0.0
    width = (area.east - area.west) % 360 or 360.0
    east = (longitude - area.west) % 360
    sideways = 0.0 if east <= width else min(east - width, 360 - east)
    return float(max(sideways, area.south - latitude, latitude - area.north, 0.0))


def _check_metric(source: str, crs: pyproj.CRS, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Stop when a unit of the raster's CRS is not a metre on the ground (degrees, feet, web Mercator)."""
    text = f"{source}: its CRS {named(crs)} is not in metres on the ground; warp the rasters to a metric CRS"
    try:
        suited = metric_crs(np.array([x.mean()]), np.array([y.mean()]), crs)
    except InputError as error:
        raise InputError(f"{text} (gdalwarp -t_srs).") from error
    if suited != crs:
        raise InputError(f"{text} such as {suited.to_string()} (gdalwarp -t_srs).")


def _grid_text(band: Band) -> str:
    (rows, columns), transform = band.values.shape, band.transform
    size = f"{transform.a:.10g} x {-transform.e:.10g}"
    return f"{rows} x {columns} cells of {size}, upper left corner {transform.c:.10g}, {transform.f:.10g}"


def named(crs: pyproj.CRS | CRS | None) -> str:
    """Name a CRS by its code, or else by its title: its definition is too long for a message."""
    return _name_of(crs.to_wkt()) if crs else "none"


@functools.cache
def _name_of(wkt: str) -> str:
    """Name a CRS by its definition; to search for its code takes a while."""
    found = pyproj.CRS.from_wkt(wkt)
    code = found.to_authority()
    return ":".join(code) if code else found.name
