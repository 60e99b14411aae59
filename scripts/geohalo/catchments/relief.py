"""Heights of a file on cells of the maps' CRS."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling, transform_bounds
from rasterio.windows import Window

from geohalo.catchments.directions import fitting
from geohalo.catchments.drainage import Frame
from geohalo.catchments.terrain_file import MOST_CELLS, Wanted, check_metric, checked_crs, no_data
from geohalo.cube.bands import one_line
from geohalo.cube.raster_access import opened
from geohalo.cube.raster_blanks import CODES, ROUNDING
from geohalo.cube.raster_places import named, same_crs
from geohalo.errors import InputError

#: Cells that a terrain has at most where `terrain.resolution` does not say otherwise.
USUAL_CELLS = 150_000_000
#: Without `terrain.resolution`, cells are no smaller than this many metres: smaller ones show ditches and trees.
FINEST = 20.0
#: There are so many of them at least along the side of a cell of the grid, if the file has them.
FEWEST = 5
#: Heights of the ground and of the sea's bottom in metres lie between these.
LOWEST, HIGHEST = -11_100.0, 9_000.0
#: A value stands apart that is this many times the range of all others away from them, and occurs so often.
APART, OFTEN = 1.0, 3
#: Rows and columns of the part of a raster that is looked at before it is read.
GLANCE = 1000
#: Bytes of a strip of rows that is read at a time.
STRIP = 64_000_000
#: Cells are square when their sides agree to this share.
SQUARE = 1e-4


@dataclass(frozen=True)
class Relief:
    """Heights of a file on cells of the maps' CRS.

    Attributes
    ----------
    heights : ndarray (rows, columns) of float32
        In the unit of the file; NaN for voids.
    frame : Frame
    crs : pyproj.CRS
    source : str
    """

    heights: NDArray[np.float32]
    frame: Frame
    crs: pyproj.CRS
    source: str


def read_relief(path: Path, section: Mapping[str, Any], wanted: Wanted) -> Relief:
    """Read heights, warped to the maps' CRS at the working resolution.

    Cells that become larger take the mean of what they cover, others are interpolated (bilinear). Where the file is in
    that CRS and its cells are kept, heights are as in the file.

    Parameters
    ----------
    path : Path
    section : mapping
        ``crs``, ``resolution``, ``nodata``.
    wanted : Wanted

    Raises
    ------
    InputError
    """
    check_metric(wanted.crs, path)
    try:
        with opened(path) as data:
            crs = checked_crs(path, data, section)
            declared = no_data(data, section)
            _check_heights(path, data, declared)
            own = _own_cell(data, crs, wanted.crs)
            frame = _frame(path, data, crs, section.get("resolution"), own, wanted)
            heights = _warped(data, crs, declared, frame, wanted.crs, own)
    except RasterioError as error:
        raise InputError(f"{path}: this is not a raster that GDAL can read ({one_line(error)}).") from error
    _check_range(heights, str(path))
    return Relief(heights, frame, wanted.crs, str(path))


def _glance(data: rasterio.DatasetReader, declared: float | None) -> NDArray[np.float64]:
    """Return some values of a raster, evenly spread, without its voids."""
    shape = min(data.height, GLANCE), min(data.width, GLANCE)
    values = data.read(1, out_shape=shape, resampling=Resampling.nearest, masked=True)
    there = values.compressed().astype(np.float64)
    if declared is not None:
        there = there[~np.isclose(there, declared, rtol=ROUNDING, atol=0)]
    return there[np.isfinite(there)]


def _check_heights(path: Path, data: rasterio.DatasetReader, declared: float | None) -> None:
    """Stop where a raster holds no heights, or a code for no data that nobody declares."""
    if "complex" in data.dtypes[0]:
        raise InputError(f"{path}: complex numbers are no heights.")
    there = _glance(data, declared)
    if not there.size:
        raise InputError(f"{path}: no cell has a height.")
    names = fitting(there[None].astype(np.float32))
    if names and np.unique(there).size > 1:
        raise InputError(
            f"{path}: all values are codes of flow directions and hardly heights; set terrain.codes to the program "
            f"that wrote them (they fit {' or '.join(names)}), or give the elevation model."
        )
    if there.min() == there.max():
        raise InputError(
            f"{path}: the height is {there[0]:.6g} everywhere, so that no water flows; check the file."
        )
    for code in (float(there.min()), float(there.max())):
        same = np.isclose(there, code, rtol=ROUNDING, atol=0)
        others = there[~same]
        if not np.isclose(CODES, code, rtol=ROUNDING, atol=0).any() or same.sum() < OFTEN or not others.size:
            continue
        gap = max(others.min() - code, code - others.max())
        if gap > APART * (others.max() - others.min()):
            raise InputError(
                f"{path}: the value {code:.6g} stands apart from all other heights ({others.min():.4g} to "
                f"{others.max():.4g}) and is a customary code for no data; set terrain.nodata: {code:.6g}, or write it "
                "into the file (gdal_edit.py -a_nodata)."
            )


def _check_range(heights: NDArray[np.float32], source: str) -> None:
    """Stop where heights are none of this earth, as codes for no data and numbers of another unit are."""
    if not np.isfinite(heights).any():
        raise InputError(f"{source}: no cell has a height.")
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    for value, beyond in ((low, low < LOWEST), (high, high > HIGHEST)):
        if beyond:
            cell = int(np.nanargmin(heights) if value == low else np.nanargmax(heights))
            row, column = divmod(cell, heights.shape[1])
            raise InputError(
                f"{source}: a height of {value:.6g} (row {row + 1}, column {column + 1} of the terrain's cells) is "
                "none of this earth in metres. Is it a code for no data? Set terrain.nodata; heights have to "
                "be in metres."
            )


def _own_cell(data: rasterio.DatasetReader, crs: pyproj.CRS, target: pyproj.CRS) -> float:
    """Return the side of a file's cell in metres of the target CRS: the root of its mean area."""
    if same_crs(crs, target):
        return math.sqrt(abs(data.transform.determinant))
    west, south, east, north = _bounds(data, crs, target)
    found = (east - west) * (north - south) / (data.width * data.height)
    if not crs.is_geographic:
        return math.sqrt(abs(data.transform.determinant)) * crs.axis_info[0].unit_conversion_factor
    return math.sqrt(found)


def _bounds(
    data: rasterio.DatasetReader, crs: pyproj.CRS, target: pyproj.CRS
) -> tuple[float, float, float, float]:
    """Return the edges of a file in another CRS."""
    found = transform_bounds(crs.to_wkt(), target.to_wkt(), *data.bounds, densify_pts=41)
    if not np.isfinite(found).all():
        raise InputError(
            f"{data.name}: the terrain has no place in the maps' CRS {named(target)}; clip it to the survey and the "
            "ground upstream of it (gdalwarp -te), or correct terrain.crs."
        )
    west, south, east, north = found
    return west, south, east, north


def _is_kept(data: rasterio.DatasetReader, crs: pyproj.CRS, target: pyproj.CRS, cell: float) -> bool:
    """Tell whether the cells of a file are those that are wanted."""
    place = data.transform
    straight = place.b == 0 and place.d == 0 and place.a > 0 and place.e < 0
    square = abs(place.a + place.e) <= SQUARE * abs(place.a)
    return straight and square and same_crs(crs, target) and abs(cell - place.a) <= SQUARE * cell


def _frame(
    path: Path,
    data: rasterio.DatasetReader,
    crs: pyproj.CRS,
    resolution: float | None,
    own: float,
    wanted: Wanted,
) -> Frame:
    """Lay out the cells of a terrain: those of the file where they fit, else on multiples of the resolution."""
    target = wanted.crs
    west, south, east, north = data.bounds if same_crs(crs, target) else _bounds(data, crs, target)
    area = (east - west) * (north - south)
    finest = min(FINEST, wanted.cell / FEWEST)
    cell = resolution or max(own, finest, _rounded(math.sqrt(area / USUAL_CELLS)))
    if max(own, cell) > wanted.cell * (1 + SQUARE):
        raise InputError(
            f"{path}: cells of {max(own, cell):.4g} m are larger than those of the grid ({wanted.cell:g} m, "
            "grid.cell), so that catchments could not be told apart; give a finer elevation model of the "
            "survey alone, a smaller terrain.resolution if that is set, or a larger grid.cell."
        )
    if area / cell**2 > MOST_CELLS:
        raise InputError(
            f"{path}: {area / cell**2:,.0f} cells of {cell:g} m, and {MOST_CELLS:,} are the most for a terrain; set a "
            "larger terrain.resolution (metres), or clip the file to the survey and the ground upstream of it."
        )
    if _is_kept(data, crs, target, cell):
        return Frame(
            data.height, data.width, data.transform.c, data.transform.f, data.transform.a, -data.transform.e
        )
    left, top = math.floor(west / cell), math.ceil(north / cell)
    columns, rows = math.ceil(east / cell) - left, top - math.floor(south / cell)
    return Frame(rows, columns, left * cell, top * cell, cell, cell)


def _rounded(size: float) -> float:
    """Round a cell size up to two digits."""
    power = 10.0 ** (math.floor(math.log10(size)) - 1) if size > 0 else 1.0
    return math.ceil(size / power) * power


def _warped(
    data: rasterio.DatasetReader,
    crs: pyproj.CRS,
    declared: float | None,
    frame: Frame,
    target: pyproj.CRS,
    own: float,
) -> NDArray[np.float32]:
    """Read heights onto the cells of a frame, strip by strip; NaN for voids."""
    heights = np.empty(frame.shape, dtype=np.float32)
    scale, offset = data.scales[0], data.offsets[0]
    step = max(1, STRIP // (8 * frame.columns))

    def read(source: Any, masked: bool) -> None:
        for start in range(0, frame.rows, step):
            rows = min(step, frame.rows - start)
            strip = source.read(1, window=Window(0, start, frame.columns, rows), masked=masked)
            values = np.ma.filled(strip.astype(np.float32), np.nan)
            if declared is not None:
                values[np.isclose(values, declared, rtol=ROUNDING, atol=0)] = np.nan
            values[np.isinf(values)] = np.nan
            heights[start : start + rows] = values * scale + offset

    if _is_kept(data, crs, target, frame.width):
        read(data, True)
        return heights
    coarser = frame.width > 1.5 * own
    how: dict[str, Any] = {
        "src_crs": crs.to_wkt(),
        "crs": target.to_wkt(),
        "transform": from_origin(frame.west, frame.north, frame.width, frame.height),
        "width": frame.columns,
        "height": frame.rows,
        "resampling": Resampling.average if coarser else Resampling.bilinear,
        "dtype": "float32",
        "nodata": np.nan,
        # Places to a hundredth of a cell; the usual eighth shifts heights on steep ground by metres.
        "tolerance": 0.01,
    }
    if declared is not None:
        how["src_nodata"] = declared
    if not coarser:
        # Between the four centres around a place, also where cells become a little larger: GDAL would widen its kernel,
        # whose weights then bend a plane.
        how |= {"XSCALE": "1", "YSCALE": "1"}
    with WarpedVRT(data, **how) as source:
        read(source, False)
    return heights
