"""A raster of the directions in which ice moved, as a function of place."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from geohalo.cube.bands import one_line
from geohalo.cube.raster_access import crs_of, opened
from geohalo.cube.raster_places import named, same_crs
from geohalo.errors import InputError

Array = NDArray[np.float64]

#: Cells of a raster of bearings at most.
MOST_CELLS = 100_000_000


def read_flow(path: Path, crs: pyproj.CRS) -> Callable[[Array], Array]:
    """Read bearings of the flow of ice.

    A bearing cannot be averaged with its neighbours across north, so that each place has that of its cell.

    Parameters
    ----------
    path : Path
        Raster of one band: degrees clockwise from the north of the maps, towards which the ice moved.
    crs : pyproj.CRS
        Of the maps. In another one the north of the raster would be another.

    Returns
    -------
    callable
        Takes places (places, 2) in metres and returns bearings (places,); NaN beyond the raster and where it has none.

    Raises
    ------
    InputError
        The file is missing, is no raster of one band and north up in this CRS, or has values that are no bearings.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file (ice.bearing).")
    try:
        with opened(path) as data:
            _check_form(path, data, crs)
            place = data.transform
            values = np.ma.filled(data.read(1, masked=True).astype(np.float64), np.nan)
    except RasterioError as error:
        raise InputError(f"{path}: this is not a raster that GDAL can read ({one_line(error)}).") from error
    wrong = (values < 0) | (values > 360)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise InputError(
            f"{path}: {values[row, column]:g} in row {row + 1}, column {column + 1} is no bearing "
            f"({int(wrong.sum()):,} such cells). Give degrees clockwise from north, 0 to 360, and declare the code for "
            "no data (gdal_edit.py -a_nodata)."
        )

    def flow(places: Array) -> Array:
        # Of places without a position, too: they have no bearing.
        column = np.floor((places[:, 0] - place.c) / place.a)
        row = np.floor((places[:, 1] - place.f) / place.e)
        inside = (column >= 0) & (column < values.shape[1]) & (row >= 0) & (row < values.shape[0])
        found = np.full(len(places), np.nan)
        found[inside] = values[row[inside].astype(np.int64), column[inside].astype(np.int64)]
        return found

    return flow


def _check_form(path: Path, data: rasterio.DatasetReader, crs: pyproj.CRS) -> None:
    if data.count != 1:
        raise InputError(
            f"{path}: {data.count} bands; bearings of the ice have one. Save it alone (gdal_translate -b)."
        )
    if data.transform.b or data.transform.d or data.transform == Affine.identity():
        raise InputError(
            f"{path}: the raster is turned or does not state its place; bring it to the CRS of the maps with north up."
        )
    if data.width * data.height > MOST_CELLS:
        raise InputError(
            f"{path}: {data.width * data.height:,} cells, and {MOST_CELLS:,} are the most for bearings of the ice; "
            "make its cells larger, or clip it to the survey."
        )
    found = crs_of(path, data)
    if found is None:
        raise InputError(
            f"{path}: the raster has no CRS; write that of the maps, {named(crs)}, into it (gdal_edit.py -a_srs)."
        )
    own = pyproj.CRS.from_wkt(found.to_wkt())
    if not same_crs(own, crs):
        raise InputError(
            f"{path}: bearings of the ice count from the north of the maps, whose CRS is {named(crs)}, and the "
            f"raster is in {named(own)}. Set grid.crs to that one if it is in metres, or bring the raster to the "
            "CRS of the maps and turn its bearings by the difference of the norths."
        )
