"""Rasters in the formats that GDAL reads: GeoTIFF, ESRI ASCII, ER Mapper, Surfer, GXF and more."""

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from geohalo.cube.bands import Band, north_up, one_line
from geohalo.cube.raster_blanks import Blanks
from geohalo.cube.raster_files import Selection, other_name
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

#: Bytes of an element of a Geosoft grid, which its first four bytes tell; 1024 more where it is compressed.
_GEOSOFT = {1, 2, 4, 8, 1025, 1026, 1028, 1032}


def gdal_bands(
    path: Path, name: str | None, numbered: bool, selection: Selection, blanks: Blanks
) -> tuple[list[Band], list[InputWarning]]:
    """Read the bands of a raster file.

    Parameters
    ----------
    path : Path
    name : str or None
        The element, if the name of the file tells it; the bands' descriptions do otherwise.
    numbered : bool
        Whether a band without a description goes by its number.
    selection : Selection
        Which bands are wanted.
    blanks : Blanks
        Codes for no data.

    Returns
    -------
    bands : list of Band
    warnings : list of InputWarning
        That the file calls its element by another name than its own.

    Raises
    ------
    InputError
        If the file cannot be read, does not state its place, or a band has no name.
    """
    try:
        with rasterio.open(path) as data:
            names = _band_names(path, name, numbered, data)
            numbers = [k for k, band in enumerate(names, 1) if selection.takes(band, path.name)]
            if data.transform == Affine.identity():
                raise InputError(
                    f"{path}: the raster does not state its place; set it (gdal_edit.py -a_ullr -a_srs)."
                )
            bands = [
                Band(
                    names[k - 1],
                    str(path),
                    f"band {k}",
                    *north_up(_values(path, data, k, blanks), data.transform),
                    data.crs,
                    data.units[k - 1] or "",
                    data.nodatavals[k - 1],
                )
                for k in numbers
            ]
            return bands, other_name(path, name, (data.descriptions[0] or "").strip(), "band 1")
    except RasterioError as error:
        raise InputError(
            f"{path}: this is not a raster that GDAL can read ({one_line(error)}).{_geosoft(path)}"
        ) from error


def _band_names(path: Path, name: str | None, numbered: bool, data: rasterio.DatasetReader) -> list[str]:
    if name and data.count != 1:
        raise InputError(f"{path}: {data.count} bands; a file named after one element has one band.")
    names = [name] if name else [(text or "").strip() for text in data.descriptions]
    if numbered:
        names = [text or f"band_{k}" for k, text in enumerate(names, 1)]
    if "" in names:
        raise InputError(
            f"{path}, band {names.index('') + 1}: the band has no description; set it to the element's name, name "
            "single-band files after their elements (grids.folder and grids.pattern), or set grids.unit: none if "
            "the bands are no concentrations."
        )
    return names


def _values(path: Path, data: rasterio.DatasetReader, k: int, blanks: Blanks) -> NDArray[np.float64]:
    """Read one band, scaled, NaN where there is no data."""
    try:
        layer = data.read(k, masked=True).astype(np.float64).filled(np.nan)
    except RasterioError as error:
        if data.driver != "GSAG":
            raise
        layer = _surfer_ascii(path, data, error)
    return blanks.remove(blanks.remove(layer) * data.scales[k - 1] + data.offsets[k - 1])


def _surfer_ascii(path: Path, data: rasterio.DatasetReader, error: RasterioError) -> NDArray[np.float64]:
    """Read the numbers of a Surfer ASCII grid in which blanks are `nan`: GDAL writes such files, and fails at them."""
    words = path.read_text(encoding="ascii", errors="replace").split()
    # After DSAA come the sizes and the ranges of x, y and z; the first row is the southernmost.
    try:
        numbers = np.array(words[9:], dtype=np.float64)
    except ValueError:
        raise error from None
    if numbers.size != data.height * data.width:
        raise InputError(
            f"{path}: {numbers.size} values for {data.height} x {data.width} cells; the file is cut off."
        )
    layer: NDArray[np.float64] = numbers.reshape(data.shape)[::-1].copy()
    layer[layer >= float(data.nodata or np.inf) * (1 - 1e-6)] = np.nan
    return layer


def _geosoft(path: Path) -> str:
    """Tell what to do if the file is a Geosoft grid, for which GDAL has no driver."""
    with path.open("rb") as file:
        first = file.read(4)
    if path.suffix.lower() != ".grd" or int.from_bytes(first, "little") not in _GEOSOFT:
        return ""
    return (
        " It looks like a Geosoft grid, which GDAL cannot read: export it from Oasis montaj (or its free viewer) as "
        "GXF, ER Mapper or GeoTIFF."
    )
