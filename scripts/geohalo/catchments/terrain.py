"""The terrain of a survey: which way the water flows, from heights or from a raster of flow directions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from rasterio.errors import RasterioError

from geohalo.catchments.compiled import VOID
from geohalo.catchments.directions import CODES, checked_directions
from geohalo.catchments.drainage import Drainage, Frame
from geohalo.catchments.relief import Relief, read_relief
from geohalo.catchments.steepest import filled, flow_directions
from geohalo.catchments.terrain_file import (
    MOST_CELLS,
    Wanted,
    check_cover,
    check_metric,
    checked_crs,
    no_data,
)
from geohalo.cube.bands import one_line
from geohalo.cube.raster_access import opened
from geohalo.cube.raster_places import named, same_crs
from geohalo.errors import InputError


def read_drainage(section: Mapping[str, Any], folder: Path, wanted: Wanted) -> Drainage:
    """Read the terrain of a survey and find which way its water flows.

    Parameters and errors are those of `read_terrain`: all of them are found before any computation.
    """
    return drainage_of(read_terrain(section, folder, wanted))


def read_terrain(section: Mapping[str, Any], folder: Path, wanted: Wanted) -> Relief | Drainage:
    """Read the terrain of a survey.

    Parameters
    ----------
    section : mapping
        Config section ``terrain`` with its defaults.
    folder : Path
        The data folder.
    wanted : Wanted

    Returns
    -------
    Relief or Drainage
        Heights, or flow directions where the file holds these.

    Raises
    ------
    InputError
        The file is missing, cannot be read, has no usable CRS, is too large, coarser than the grid, does not cover the
        survey, or holds something else than it should.
    """
    path = folder / str(section["file"])
    if not path.is_file():
        raise InputError(f"{path}: no such file (terrain.file).")
    if section.get("codes"):
        return _read_directions(path, section, wanted)
    relief = read_relief(path, section, wanted)
    check_cover(relief.heights, relief.frame, wanted.places, relief.source)
    return relief


def drainage_of(terrain: Relief | Drainage) -> Drainage:
    """Return which way the water flows on a terrain, found where the file held heights."""
    if isinstance(terrain, Drainage):
        return terrain
    level = filled(terrain.heights)
    codes = flow_directions(level, terrain.frame.width, terrain.frame.height, terrain.heights)
    return Drainage(codes, terrain.frame, terrain.crs, terrain.source, terrain.heights, level)


def _read_directions(path: Path, section: Mapping[str, Any], wanted: Wanted) -> Drainage:
    """Read flow directions as they are: no resampling keeps them whole."""
    name = str(section["codes"])
    if name not in CODES:
        raise InputError(f"terrain.codes: {name!r} is none of {', '.join(CODES)}.")
    check_metric(wanted.crs, path)
    try:
        with opened(path) as data:
            crs = checked_crs(path, data, section)
            frame = _kept_frame(path, data, crs, section, wanted)
            values = np.ma.filled(data.read(1, masked=True).astype(np.float32), np.nan)
            if (declared := no_data(data, section)) is not None:
                values[values == declared] = np.nan
    except RasterioError as error:
        raise InputError(f"{path}: this is not a raster that GDAL can read ({one_line(error)}).") from error
    codes = checked_directions(values, name, str(path))
    check_cover(codes, frame, wanted.places, str(path), void=VOID)
    return Drainage(codes, frame, wanted.crs, str(path))


def _kept_frame(
    path: Path, data: rasterio.DatasetReader, crs: pyproj.CRS, section: Mapping[str, Any], wanted: Wanted
) -> Frame:
    """Return the cells of a raster of flow directions, which has to lie in the maps' CRS."""
    place = data.transform
    if not same_crs(crs, wanted.crs):
        raise InputError(
            f"{path}: flow directions cannot be warped from {named(crs)} to the maps' CRS {named(wanted.crs)}; set "
            "grid.crs to that of the file if it is in metres, or give the heights (a digital elevation model) without "
            "terrain.codes."
        )
    if section.get("resolution"):
        raise InputError(
            f"{path}: flow directions cannot be brought to another size of cells; remove terrain.resolution, or give "
            "the heights (a digital elevation model) without terrain.codes."
        )
    if place.b or place.d or place.a <= 0 or place.e >= 0:
        raise InputError(
            f"{path}: the raster does not point north; derive it from a north-up elevation model."
        )
    if max(place.a, -place.e) > wanted.cell:
        raise InputError(
            f"{path}: cells of {max(place.a, -place.e):.4g} m are larger than those of the grid ({wanted.cell:g} m, "
            "grid.cell), so that catchments could not be told apart; give a finer raster, or a larger grid.cell."
        )
    if data.width * data.height > MOST_CELLS:
        raise InputError(
            f"{path}: {data.width * data.height:,} cells, and {MOST_CELLS:,} are the most for a terrain; clip the file "
            "to the survey and the ground upstream of it."
        )
    return Frame(data.height, data.width, place.c, place.f, place.a, -place.e)
