"""Surveys that come as rasters: one per element, or one with many bands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyproj
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from geohalo.cube.grid import Grid
from geohalo.cube.raster_files import raster_files
from geohalo.errors import InputError
from geohalo.survey.coordinates import metric_crs
from geohalo.survey.elements import concentration_factor

Number = TypeVar("Number", bound=np.generic)

#: Two grids are one, and a grid is regular, when they agree to this share of a cell.
SAME_PLACE = 1e-3
#: Cells are square when their sides agree to this share, a tenth of a cell over a thousand cells.
SQUARE = 1e-4


@dataclass(frozen=True)
class Band:
    """One element's raster, north-up.

    Attributes
    ----------
    element : str
        As named by the user.
    source : str
        File and band, for messages.
    values : ndarray (rows, columns)
        The first row is the northernmost; NaN where there is no data.
    transform : Affine
        From (column, row) to (x, y) of cell corners.
    crs : CRS or None
    """

    element: str
    source: str
    values: NDArray[np.float64]
    transform: Affine
    crs: CRS | None


def north_up(values: NDArray[Number], transform: Affine) -> tuple[NDArray[Number], Affine]:
    """Turn a raster (rows, columns) so that rows run southwards and columns eastwards."""
    rows, columns = values.shape
    a, b, c, d, e, f = tuple(transform)[:6]
    if e > 0:
        values, b, c, e, f = values[::-1], -b, c + rows * b, -e, f + rows * e
    if a < 0:
        values, a, c, d, f = values[:, ::-1], -a, c + columns * a, -d, f + columns * d
    return values, Affine(a, b, c, d, e, f)


def _geotiff_bands(path: Path, name: str | None = None, numbered: bool = False) -> list[Band]:
    """Read all bands of a raster file, named by their descriptions (or their numbers), or the one of ``name``."""
    try:
        with rasterio.open(path) as data:
            if name and data.count != 1:
                raise InputError(f"{path}: {data.count} bands; a file named after one element has one band.")
            names = [name] if name else [(text or "").strip() for text in data.descriptions]
            if numbered:
                names = [text or f"band_{k}" for k, text in enumerate(names, 1)]
            if "" in names:
                raise InputError(
                    f"{path}, band {names.index('') + 1}: the band has no description; "
                    "set it to the element's name, or set grids.unit: none if the bands are no concentrations."
                )
            scale, offset = (np.reshape(numbers, (-1, 1, 1)) for numbers in (data.scales, data.offsets))
            values = data.read(masked=True).astype(np.float64).filled(np.nan) * scale + offset
            transform, crs = data.transform, data.crs
    except RasterioError as error:
        raise InputError(f"{path}: this is not a raster that GDAL can read ({one_line(error)}).") from error
    if crs and transform == Affine.identity():
        raise InputError(
            f"{path}: the raster has a CRS, but does not state its place; set it (gdal_edit.py -a_ullr)."
        )
    return [
        Band(name, f"{path}, band {k}", *north_up(layer, transform), crs)
        for k, (name, layer) in enumerate(zip(names, values, strict=True), 1)
    ]


def _netcdf_bands(path: Path) -> list[Band]:
    """Read every variable (y, x) of a NetCDF file as one element."""
    import rioxarray  # noqa: F401  (gives datasets their .rio; slow to import, needed only here)

    try:
        data = xr.load_dataset(path, decode_coords="all")
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: this is not a readable NetCDF file ({one_line(error)}).") from error
    grids = {str(name): grid for name, grid in data.data_vars.items() if grid.ndim == 2}
    if not grids:
        raise InputError(
            f"{path}: no variable with two dimensions (y, x); each element needs one, named after it."
        )
    return [_netcdf_band(name, grid, f"{path}, variable {name}") for name, grid in grids.items()]


def _netcdf_band(name: str, grid: xr.DataArray, source: str) -> Band:
    from rioxarray.exceptions import RioXarrayError

    try:
        x_name, y_name = grid.rio.x_dim, grid.rio.y_dim
        # An absent coordinate must not pass as the number of the column.
        x, y = (dict(grid.coords)[axis].to_numpy().astype(np.float64) for axis in (x_name, y_name))
        values = grid.transpose(y_name, x_name).to_numpy().astype(np.float64)
        crs = grid.rio.crs
    except (RioXarrayError, KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{source}: this is not a grid of numbers over coordinates x and y ({one_line(error)}). "
            "Name the dimensions and their coordinates x and y, and remove variables that are no element."
        ) from error
    x_step, y_step = _step(x, x_name, source), _step(y, y_name, source)
    transform = Affine(x_step, 0, x[0] - x_step / 2, 0, y_step, y[0] - y_step / 2)
    return Band(name, source, *north_up(values, transform), crs)


def _step(centres: NDArray[np.float64], axis: str, source: str) -> float:
    """Return the distance between the centres of neighbouring cells."""
    if centres.size < 2:
        raise InputError(f"{source}: coordinate {axis} has {centres.size} value; a grid needs two or more.")
    step = float(centres[-1] - centres[0]) / (centres.size - 1)
    steps = np.diff(centres)
    if not (np.abs(steps - step) <= 2 * SAME_PLACE * abs(step)).all() or step == 0:
        raise InputError(
            f"{source}: coordinate {axis} is not evenly spaced (steps of {steps.min():g} to "
            f"{steps.max():g}); resample to a regular grid."
        )
    return step


def read_bands(section: dict[str, Any], folder: Path) -> list[Band]:
    """Read the rasters that the config section ``grids`` names.

    Parameters
    ----------
    section : dict
        With ``file``, or ``folder`` and ``pattern``; and ``unit``: with ``none``, bands of a GeoTIFF that
        have no description are named ``band_1``, ``band_2``, ...
    folder : Path
        The data folder.

    Returns
    -------
    list of Band
        In the order of the file, or of the file names.

    Raises
    ------
    InputError
        If a file is missing or cannot be read, a band has no name, or no file of the folder matches
        the pattern.
    """
    bands = []
    for path, element in raster_files(section, folder).items():
        netcdf = element is None and path.suffix.lower() in {".nc", ".nc4"}
        numbered = section.get("unit") == "none"
        bands += _netcdf_bands(path) if netcdf else _geotiff_bands(path, element, numbered)
    return bands


def common_grid(bands: list[Band]) -> tuple[Grid, CRS]:
    """Return the grid and CRS that all rasters share.

    Parameters
    ----------
    bands : list of Band
        At least one.

    Returns
    -------
    grid : Grid
        Centres of the cells in metres.
    crs : CRS

    Raises
    ------
    InputError
        If a raster has no CRS, another grid than the first, is rotated, has cells that are not square
        or fewer than 2 x 2 of them, or is not in a metric CRS.
    """
    first = bands[0]
    for band in bands:
        _check_same_grid(band, first)
    assert first.crs is not None
    transform, (rows, columns) = first.transform, first.values.shape
    if transform.b or transform.d:
        raise InputError(f"{first.source}: the raster is rotated; warp it to a north-up grid (gdalwarp).")
    if min(rows, columns) < 2:
        raise InputError(f"{first.source}: {rows} x {columns} cells; a map needs two or more each way.")
    x = transform.c + (np.arange(columns) + 0.5) * transform.a
    y = transform.f + (np.arange(rows) + 0.5) * transform.e
    _check_metric(first.source, first.crs, x, y)
    if abs(transform.a + transform.e) > SQUARE * transform.a:
        raise InputError(
            f"{first.source}: cells of {transform.a:g} x {-transform.e:g} m are not square; "
            "resample them (gdalwarp -tr)."
        )
    return Grid(x, y), first.crs


def _check_same_grid(band: Band, first: Band) -> None:
    """Stop when a raster has no CRS, or another CRS or grid than the first one."""
    if not band.crs:
        raise InputError(f"{band.source}: the raster has no CRS; write one into it (gdal_edit.py -a_srs).")
    if band.crs != first.crs:
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
            f"({_grid_text(first)}). Resample all rasters to one grid (gdalwarp -tr -te)."
        )


def _check_metric(source: str, crs: CRS, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Stop when a unit of the raster's CRS is not a metre on the ground (degrees, feet, web Mercator)."""
    stated = pyproj.CRS.from_wkt(crs.to_wkt())
    suited = metric_crs(np.array([x.mean()]), np.array([y.mean()]), stated)
    if suited != stated:
        raise InputError(
            f"{source}: its CRS {named(crs)} is not in metres on the ground; warp the "
            f"rasters to a metric CRS such as {suited.to_string()} (gdalwarp -t_srs)."
        )


def _grid_text(band: Band) -> str:
    (rows, columns), transform = band.values.shape, band.transform
    size = f"{transform.a:.10g} x {-transform.e:.10g}"
    return f"{rows} x {columns} cells of {size}, upper left corner {transform.c:.10g}, {transform.f:.10g}"


def named(crs: pyproj.CRS | CRS | None) -> str:
    """Name a CRS by its code, or else by its title: its definition is too long for a message."""
    found = pyproj.CRS.from_wkt(crs.to_wkt()) if crs else None
    return (found.to_string() if found.to_authority() else found.name) if found else "none"


def one_line(error: Exception) -> str:
    """Return the message of an error as one line."""
    return " ".join(str(error).split())


def _meaning(name: str, unit: str) -> tuple[str, float]:
    """Return the element that a name stands for and the factor to ppm; the name and 1 where it is no element."""
    if unit == "none":
        return name, 1.0
    try:
        return concentration_factor(name, unit)
    except InputError:
        return name, 1.0


def stack_bands(bands: list[Band], unit: str) -> tuple[list[str], NDArray[np.float64], NDArray[np.bool_]]:
    """Stack the rasters of all elements.

    Parameters
    ----------
    bands : list of Band
        On one grid.
    unit : {"ppm", "ppb", "percent", "none"}
        Of the values; ``none`` for bands that are no concentrations: names and values stay as they are.

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
        If an element occurs twice, no raster has any data, or one has none in a cell where another has.
    """
    sources: dict[str, str] = {}
    values = []
    for band in bands:
        element, factor = _meaning(band.element, unit)
        if element in sources:
            raise InputError(
                f"{band.source}: element {element} occurs twice, here and in {sources[element]}; "
                "leave one out."
            )
        sources[element] = band.source
        values.append(band.values * factor)
    stack = np.stack(values)
    finite = np.isfinite(stack)
    mask: NDArray[np.bool_] = np.any(finite, axis=0)
    if not mask.any():
        raise InputError(f"{bands[0].source}: no cell of this or any other raster has data.")
    for band, present in zip(bands, finite, strict=True):
        holes = mask & ~present
        if holes.any():
            row, column = np.argwhere(holes)[0]
            raise InputError(
                f"{band.source}: {holes.sum()} cells have no data where other elements have (the first "
                f"at row {row + 1}, column {column + 1}, counted from the northwest). Fill them, or mask "
                "the same cells in all rasters."
            )
    return list(sources), stack, mask
