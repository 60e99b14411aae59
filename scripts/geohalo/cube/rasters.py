"""Surveys that come as rasters: one per element, or one with many bands."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.survey.elements import concentration_factor


@dataclass(frozen=True)
class Band:
    """One element's raster as read.

    Attributes
    ----------
    element : str
        As named by the user.
    source : str
        File and band, for messages.
    values : ndarray (rows, columns)
        NaN where there is no data.
    transform : Affine
    crs : CRS or None
    """

    element: str
    source: str
    values: NDArray[np.float64]
    transform: Affine
    crs: CRS | None


def _geotiff_bands(path: Path, name: str | None = None) -> list[Band]:
    """Read all bands of a raster file, named by their descriptions, or the only band of the element ``name``."""
    try:
        with rasterio.open(path) as data:
            if name and data.count != 1:
                raise InputError(f"{path}: {data.count} bands; a file named after one element has one band.")
            names = [name] if name else list(data.descriptions)
            unnamed = [k for k, name in enumerate(names, 1) if not name]
            if unnamed:
                raise InputError(f"{path}, band {unnamed[0]}: the band has no description; set it to the element's name.")
            masked = data.read(masked=True).astype(np.float64).filled(np.nan)
            return [
                Band(name, f"{path}, band {k}", masked[k - 1], data.transform, data.crs)
                for k, name in enumerate(names, 1)
            ]
    except rasterio.errors.RasterioIOError as error:
        raise InputError(f"{path}: this is not a raster that GDAL can read ({error}).") from error


def _netcdf_bands(path: Path) -> list[Band]:
    """Read every variable (y, x) of a NetCDF file as one element."""
    import rioxarray  # noqa: F401, PLC0415  (gives datasets their .rio; slow to import, and only needed here)

    try:
        data = xr.load_dataset(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: this is not a NetCDF file that can be read ({error}).") from error
    grids = {str(name): grid for name, grid in data.data_vars.items() if grid.ndim == 2}
    if not grids:
        raise InputError(f"{path}: no variable with two dimensions (y, x); each element needs one, named after it.")
    bands = []
    for name, grid in grids.items():
        try:
            grid = grid.rio.write_crs(data.rio.crs) if data.rio.crs else grid
            transform = grid.rio.transform(recalc=True)
        except Exception as error:
            raise InputError(f"{path}, variable {name}: no x and y coordinates ({error}).") from error
        bands.append(Band(name, f"{path}, variable {name}", grid.to_numpy().astype(np.float64), transform, grid.rio.crs))
    return bands


def read_bands(section: dict[str, Any], folder: Path) -> list[Band]:
    """Read the rasters that the config section ``grids`` names.

    Raises
    ------
    InputError
        If a file is missing or cannot be read, or no file of the folder matches the pattern.
    """
    if "file" in section:
        path = folder / section["file"]
        if not path.exists():
            raise InputError(f"config key grids.file: {path} does not exist.")
        return _netcdf_bands(path) if path.suffix in {".nc", ".nc4"} else _geotiff_bands(path)
    place = folder / section["folder"]
    if not place.is_dir():
        raise InputError(f"config key grids.folder: {place} is not a folder.")
    try:
        pattern = re.compile(section["pattern"])
    except re.error as error:
        raise InputError(f"config key grids.pattern: not a regular expression ({error}).") from error
    if "element" not in pattern.groupindex:
        raise InputError("config key grids.pattern: the named group (?P<element>...) is missing.")
    matches = [(path, found) for path in sorted(place.iterdir()) if (found := pattern.search(path.name))]
    if not matches:
        raise InputError(f"config key grids.pattern: no file in {place} matches {section['pattern']!r}.")
    return [band for path, found in matches for band in _geotiff_bands(path, found["element"])]


def common_grid(bands: list[Band]) -> tuple[Grid, CRS]:
    """Return the grid and CRS that all rasters share.

    Raises
    ------
    InputError
        If a raster has no CRS, another grid than the first, cells that are not square, is not north-up, or is not in a
        metric CRS.
    """
    first = bands[0]
    for band in bands:
        if band.crs is None:
            raise InputError(f"{band.source}: the raster has no CRS; write one into it (gdal_edit.py -a_srs).")
        if band.crs != first.crs:
            raise InputError(f"{band.source}: its CRS is {band.crs}, that of {first.source} is {first.crs}.")
        same = np.allclose(band.transform, first.transform, rtol=0, atol=1e-3 * abs(first.transform.a))
        if band.values.shape != first.values.shape or not same:
            raise InputError(
                f"{band.source}: its grid ({band.values.shape[0]} x {band.values.shape[1]} cells, origin "
                f"{band.transform.c:g}, {band.transform.f:g}, cell {band.transform.a:g}) differs from that of {first.source} "
                f"({first.values.shape[0]} x {first.values.shape[1]}, {first.transform.c:g}, {first.transform.f:g}, "
                f"{first.transform.a:g}). Resample all rasters to one grid (gdalwarp -tr -te)."
            )
    crs, transform = first.crs, first.transform
    if not crs.is_projected or crs.linear_units_factor[1] != 1.0:
        raise InputError(f"{first.source}: its CRS {crs} is not in metres; warp the rasters to a metric CRS (gdalwarp -t_srs).")
    if transform.b or transform.d or transform.e >= 0 or abs(transform.a + transform.e) > 1e-6 * transform.a:
        raise InputError(f"{first.source}: the raster is rotated, not north-up, or its cells are not square; use gdalwarp.")
    rows, columns = first.values.shape
    x = transform.c + (np.arange(columns) + 0.5) * transform.a
    y = transform.f + (np.arange(rows) + 0.5) * transform.e
    return Grid(x, y), crs


def stack_bands(bands: list[Band], unit: str) -> tuple[list[str], NDArray[np.float64], NDArray[np.bool_]]:
    """Stack the rasters of all elements.

    Parameters
    ----------
    bands : list of Band
        On one grid.
    unit : {"ppm", "ppb", "percent"}
        Of the values.

    Returns
    -------
    elements : list of str
    values : ndarray (elements, rows, columns)
        In ppm; names that are no element are taken as they are, without conversion.
    mask : ndarray (rows, columns) of bool
        Cells in which any raster has data.

    Raises
    ------
    InputError
        If an element occurs twice, or a raster has no data in a cell where another has.
    """
    elements, values = [], []
    for band in bands:
        try:
            element, factor = concentration_factor(band.element, unit)
        except InputError:
            element, factor = band.element, 1.0
        if element in elements:
            raise InputError(f"{band.source}: element {element} occurs twice; leave one raster out.")
        elements.append(element)
        values.append(band.values * factor)
    stack = np.stack(values)
    mask = np.isfinite(stack).any(axis=0)
    for band, layer in zip(bands, stack, strict=True):
        holes = mask & ~np.isfinite(layer)
        if holes.any():
            row, column = np.argwhere(holes)[0]
            raise InputError(
                f"{band.source}: {holes.sum()} cells have no data where other elements have (the first at row {row}, "
                f"column {column}). Fill them, or mask the same cells in all rasters."
            )
    return elements, stack, mask
