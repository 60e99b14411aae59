"""Geosoft grids (``.grd`` of Oasis montaj, version 2), for which GDAL has no driver."""

import sys
from pathlib import Path

import numpy as np
import xarray as xr
from rasterio.transform import Affine

from geohalo.cube.bands import Band, north_up
from geohalo.cube.raster_access import prj_crs
from geohalo.cube.raster_blanks import Blanks
from geohalo.errors import InputError
from geohalo.foreign_files import readable

#: Bytes of the header, which eighteen numbers begin and text follows.
_HEADER = 512
#: Bytes of a value; more by this where the values are compressed.
_COMPRESSED = 1024
_SIZES = {1, 2, 4, 8}
#: The most that zlib makes of a byte.
_LARGEST_RATIO = 1032
_STORED = {0: "uint", 1: "int", 2: "float"}
#: What the format stands for no data by in numbers with a point.
_DUMMY = -1e32


def is_geosoft(path: Path) -> bool:
    """Tell whether a file is a Geosoft grid: Surfer and GMT write others with the same suffix."""
    if path.suffix.lower() != ".grd" or not path.is_file() or path.stat().st_size < _HEADER:
        return False
    size, sign, columns, rows, _ = np.fromfile(path, dtype="<i4", count=5).tolist()
    return (
        size % _COMPRESSED in _SIZES and size < 2 * _COMPRESSED and 0 <= sign <= 3 and min(columns, rows) > 1
    )


def geosoft_band(path: Path, element: str | None, blanks: Blanks) -> Band:
    """Read a Geosoft grid.

    Parameters
    ----------
    path : Path
    element : str or None
        The element, if the name of the file tells it: the format has no place for one.
    blanks : Blanks
        Codes for no data, beside that of the format.

    Returns
    -------
    Band
        Without a unit, which the format does not tell; with the CRS of a ``.prj`` of the same name, if there is one.

    Raises
    ------
    InputError
        If the file is cut off, rotated, of colours or in an order that the library does not know, or does not tell
        its element.
    """
    if element is None:
        raise InputError(
            f"{path}: a Geosoft grid does not tell its element; name the file after it (grids.folder)."
        )
    size, sign = _checked_header(path)
    grid = _loaded(path)
    x, y = grid["easting"].to_numpy(), grid["northing"].to_numpy()
    x_step, y_step = x[1] - x[0], y[1] - y[0]
    transform = Affine(x_step, 0, x[0] - x_step / 2, 0, y_step, y[0] - y_step / 2)
    values, transform = north_up(blanks.remove(grid.to_numpy()), transform)
    factor, base = float(grid.attrs["data_factor"]), float(grid.attrs["base_value"])
    return Band(
        element,
        str(path),
        "band 1",
        values,
        transform,
        prj_crs(path),
        "",
        "",
        1 / factor,
        base,
        f"{_STORED[sign]}{8 * size}",
        _DUMMY,
    )


def _checked_header(path: Path) -> tuple[int, int]:
    """Return bytes and kind of a value; raise InputError if the file is too short for all of them."""
    size, sign, across, along, _ = np.fromfile(path, dtype="<i4", count=5).tolist()
    needed = across * along * (size % _COMPRESSED)
    bytes_held = path.stat().st_size - _HEADER
    if needed > bytes_held * (_LARGEST_RATIO if size > _COMPRESSED else 1):
        raise InputError(
            f"{path}: its values take {needed} bytes, and it has {bytes_held}; it is cut off. Copy it again."
        )
    return size % _COMPRESSED, sign


def _loaded(path: Path) -> xr.DataArray:
    """Read the grid; raise InputError if it is rotated or not understood."""
    if sys.modules.get("dask", sys) is None:  # by `geohalo.quick_start`; a library below needs it
        del sys.modules["dask"]
    import harmonica  # slow to import, needed only here

    with readable(path, "Geosoft grid", "export it as GXF, ER Mapper or GeoTIFF"):
        grid = harmonica.load_oasis_montaj_grid(path)
    if grid.attrs["rotation"] % 360:
        raise InputError(
            f"{path}: the raster is rotated ({grid.attrs['rotation']:g} degrees); regrid it to a north-up grid in the "
            "software that wrote it."
        )
    return grid
