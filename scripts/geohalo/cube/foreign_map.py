"""A map that was made elsewhere, brought to the grid of the survey.

A raster may have any CRS, extent and resolution. Where its pixels are finer than the cells, a cell has the mean of
the pixels below it, each weighted by the area that they share; else the pixel below its centre. Of a table of points
a cell has the mean of the points in it and, where there is none, the nearest point no farther than points are apart.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.io import DatasetReader
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject
from scipy.spatial import cKDTree

from geohalo.cube.grid import Grid
from geohalo.cube.raster_access import crs_of, opened
from geohalo.cube.raster_files import GRIDS
from geohalo.cube.raster_places import same_crs
from geohalo.errors import InputError
from geohalo.foreign_files import readable
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import number_rows, require_column, row_numbers, shortened, to_numbers
from geohalo.survey.coordinates import locate, project
from geohalo.survey.crs import read_crs
from geohalo.survey.layout import Form
from geohalo.survey.spelling import plain_columns, plain_section
from geohalo.survey.tables import read_table

Image = NDArray[np.float64]
#: Pixels are averaged where their side is less than this share of a cell's; a map on the survey's own grid is not.
FINER = 0.99
#: Values that stand for no data though the file does not say so.
CODES = (-9999.0, -99999.0, -32768.0)
HUGE = 1e30
#: More pixels than this take more memory than a map of scores is worth.
MOST_PIXELS = 400_000_000
_RASTERS = {suffix for suffixes in GRIDS.values() for suffix in suffixes}


def read_foreign_map(
    path: str | Path, section: Mapping[str, Any], grid: Grid, mask: NDArray[np.bool_], crs: str | pyproj.CRS
) -> tuple[Image, list[InputWarning]]:
    """Read a map of scores and bring it to a grid.

    Parameters
    ----------
    path : str or Path
        A raster with one band (its suffix is one of `geohalo.cube.raster_files.GRIDS`), or a table of points.
    section : mapping
        Config section `judge`; used are `crs`, and for a table `layer`, `x`, `y` and `score`.
    grid : Grid
        Of the survey.
    mask : ndarray (rows, columns) of bool
        Cells of the survey.
    crs : str or pyproj.CRS
        Its CRS, in metres.

    Returns
    -------
    ndarray (rows, columns) of float64
        Scores as they stand in the file, NaN outside the mask and where the map has none.
    list of InputWarning

    Raises
    ------
    InputError
        If the file cannot be read, has several bands, no CRS or another one than the config says, or no such columns, a
        score is no number, or the map has no value or one value alone on the ground of the survey.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file. Put it into the data folder, or correct judge.file")
    target = CRS.from_wkt(pyproj.CRS.from_user_input(crs).to_wkt())
    read = _of_raster if path.suffix.lower() in _RASTERS else _of_points
    values, warnings = read(path, section, grid, target)
    values = np.where(mask, values, np.nan)
    found = values[np.isfinite(values)]
    if not len(found):
        raise InputError(
            f"{path}: the map has no value on the ground of the survey; check its CRS (judge.crs where the file states "
            "none) and its extent"
        )
    if found.min() == found.max():
        raise InputError(
            f"{path}: the map has one value everywhere on the ground of the survey ({found[0]:g}), which ranks "
            "nothing; export the scores themselves, not a mask or a class"
        )
    return values, warnings


def _of_raster(
    path: Path, section: Mapping[str, Any], grid: Grid, target: CRS
) -> tuple[Image, list[InputWarning]]:
    with readable(path, "raster", "export it as a GeoTIFF"), opened(path) as data:
        crs = _crs_of_raster(path, data, section)
        transform, size, bounds = data.transform, (data.width, data.height), data.bounds
        pixels, warnings = _pixels(path, data)
    cell = grid.cell
    into = from_origin(grid.x[0] - cell / 2, grid.y[0] + cell / 2, cell, cell)
    finer, _, _ = calculate_default_transform(crs, target, *size, *bounds)
    way = Resampling.average if abs(finer.a) < FINER * cell else Resampling.nearest
    out = np.full(grid.shape, np.nan)
    reproject(
        pixels, out, src_transform=transform, src_crs=crs, src_nodata=np.nan,
        dst_transform=into, dst_crs=target, dst_nodata=np.nan, resampling=way,
    )  # fmt: skip
    return out, warnings


def _crs_of_raster(path: Path, data: DatasetReader, section: Mapping[str, Any]) -> CRS:
    """Return the CRS of a raster with one band: its own, or that of the config where it states none."""
    if data.count != 1:
        raise InputError(
            f"{path}: it has {data.count} bands, and a map of scores has one; export the band of the score alone "
            "(gdal_translate -b 1)"
        )
    if data.width * data.height > MOST_PIXELS:
        raise InputError(
            f"{path}: {data.width * data.height:,} pixels are more than a map needs here; export it at a coarser "
            "resolution (gdalwarp -tr ... -r average)"
        )
    if data.transform.is_identity:
        raise InputError(
            f"{path}: the file does not say where its pixels lie; export it with its coordinates"
        )
    own, stated = crs_of(path, data), section.get("crs")
    own = own if own is not None and (own.is_geographic or own.is_projected) else None
    if not stated:
        if own is None:
            raise InputError(f"{path}: the map states no CRS; set judge.crs, for example EPSG:32633")
        return own
    given = read_crs(stated, "judge.crs")
    if own is not None and not same_crs(pyproj.CRS.from_wkt(own.to_wkt()), given):
        name = pyproj.CRS.from_wkt(own.to_wkt()).name
        raise InputError(
            f"{path}: the file states the CRS {name!r}, but judge.crs is {given.name!r}; correct or remove the key"
        )
    return own or CRS.from_wkt(given.to_wkt())


def _pixels(path: Path, data: DatasetReader) -> tuple[Image, list[InputWarning]]:
    """Return the values of a raster (height, width), NaN where it has none, and what is doubtful in them."""
    pixels = data.read(1, masked=True).astype(np.float64).filled(np.nan)
    coded = np.isin(pixels, CODES) | (np.abs(pixels) > HUGE)
    warnings = []
    if coded.any():
        warnings.append(
            InputWarning(
                f"{coded.sum():,} pixels hold {pixels[coded][0]:g}, which the file does not declare as no data and "
                "which no score is; they count as without a value",
                "declare it in the file (gdal_edit.py -a_nodata)",
                str(path),
            )
        )
    pixels[coded | ~np.isfinite(pixels)] = np.nan
    # A negative scale would turn the map upside down.
    return pixels * data.scales[0] + data.offsets[0], warnings


def _of_points(
    path: Path, section: Mapping[str, Any], grid: Grid, target: CRS
) -> tuple[Image, list[InputWarning]]:
    section = plain_section(section)
    wanted = tuple(str(section[key]) for key in ("x", "y", "score") if section.get(key))
    table = plain_columns(number_rows(read_table(path, section.get("layer"), Form(wanted=wanted, key=""))))
    source, column = str(path), str(section["score"])
    for axis in ("x", "y"):
        if section.get(axis) and "geometry" not in table:
            require_column(table, str(section[axis]), source, f"judge.{axis}")
    require_column(table, column, source, "judge.score")
    section = section if "geometry" not in table else {**section, "x": None, "y": None}
    scores, unread = to_numbers(table[column])
    if unread.any():
        first = int(np.flatnonzero(unread)[0])
        raise InputError(
            f"{source}, column {column!r}, row {row_numbers(table)[first]}: "
            f"{shortened(str(table[column].iat[first]))!r} is no number; empty the cell where there is no score"
        )
    found = locate(table, section, source, "judge")
    x, y = project(found.x, found.y, found.crs, pyproj.CRS.from_wkt(target.to_wkt()))
    there = np.isfinite(x) & np.isfinite(scores)
    if not there.any():
        raise InputError(
            f"{source}: no row has coordinates and a score; check judge.x, judge.y and judge.score"
        )
    return _points_to_cells(np.column_stack([x, y])[there], scores[there], grid), found.warnings


def _points_to_cells(points: Image, scores: NDArray[np.float64], grid: Grid) -> Image:
    """Return the mean of the points of each cell, and where there is none the nearest point within their spacing."""
    (rows, columns), cell = grid.shape, grid.cell
    column = np.floor((points[:, 0] - grid.x[0]) / cell + 0.5).astype(np.int64)
    row = np.floor((grid.y[0] - points[:, 1]) / cell + 0.5).astype(np.int64)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    number = row[inside] * columns + column[inside]
    counted = np.bincount(number, minlength=rows * columns)
    total = np.bincount(number, weights=scores[inside], minlength=rows * columns)
    out = np.divide(total, counted, out=np.full(rows * columns, np.nan), where=counted > 0)
    tree = cKDTree(points)
    apart = np.median(tree.query(points, k=2)[0][:, 1]) if len(points) > 1 else 0.0
    empty = np.flatnonzero(counted == 0)
    distance, nearest = tree.query(grid.centres()[empty])
    # Points on a square lattice leave no ground between them farther than this from all.
    near = distance <= max(apart, cell) * np.sqrt(0.5) * 1.01
    out[empty[near]] = scores[nearest[near]]
    return out.reshape(rows, columns)
