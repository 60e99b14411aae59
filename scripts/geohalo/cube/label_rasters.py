"""Labels that come as a raster of classes on the survey's grid, with optional masks of who learns from what."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from geohalo.cube.bands import SAME_PLACE, north_up, one_line
from geohalo.cube.grid import Grid
from geohalo.cube.raster_access import crs_of, opacity_band, opened
from geohalo.cube.raster_places import named, same_crs
from geohalo.errors import InputError

#: Parts of the labelled cells that masks tell apart; 0 is in none of them.
PARTS = {"train": 1, "validation": 2, "test": 3}
#: More classes than this are almost surely something else: heights, identifiers, a picture.
MOST_CLASSES = 255


@dataclass(frozen=True)
class ClassLabels:
    """Classes of the cells of a survey.

    Attributes
    ----------
    classes : ndarray (rows, columns) of uint8
        0 unlabelled or outside the survey, 1 to K.
    part : ndarray (rows, columns) of uint8, or None
        With masks: the part (`PARTS`) of each labelled cell, 0 for one that no mask names.
    """

    classes: NDArray[np.uint8]
    part: NDArray[np.uint8] | None

    @property
    def n_classes(self) -> int:
        """Number of classes K."""
        return int(self.classes.max())


def read_class_labels(
    files: Mapping[str, Path], grid: Grid, mask: NDArray[np.bool_], crs: pyproj.CRS
) -> ClassLabels:
    """Read the rasters that the config section ``labels.raster`` names.

    Parameters
    ----------
    files : mapping of str to Path
        ``file``, the classes, and perhaps ``train``, ``validation`` and ``test``, masks of 0 and 1.
    grid : Grid
        Of the survey. The rasters may have any extent; their cells must coincide with the grid's.
    mask : ndarray (rows, columns) of bool
        Cells inside the survey; labels elsewhere are left out.
    crs : pyproj.CRS
        Of the survey.

    Returns
    -------
    ClassLabels

    Raises
    ------
    InputError
        If a file cannot be read, is not a single band of whole numbers, lies in another CRS or on another
        grid; if classes are negative, have a gap, are fewer than two or all outside the survey; if a mask
        holds anything but 0 and 1, names no labelled cell, or overlaps another.
    """
    source = files["file"]
    values = _read_integers(source)
    _check_numbers(source, values[0])
    classes = np.where(mask, _on_grid(source, *values, grid, crs), 0)
    _check_inside(source, classes, int(values[0].max()))
    masks = {name: path for name, path in files.items() if name != "file"}
    if not masks:
        return ClassLabels(classes.astype(np.uint8), None)
    part = np.zeros(classes.shape, dtype=np.uint8)
    for name, path in masks.items():
        _add_mask(part, classes > 0, name, path, grid, crs)
    return ClassLabels(classes.astype(np.uint8), part)


def _read_integers(path: Path) -> tuple[NDArray[np.int64], Affine, pyproj.CRS]:
    """Read a single band of whole numbers, north-up, 0 where there is no data."""
    try:
        with opened(path) as data:
            opacity = opacity_band(data)
            bands = [k for k in data.indexes if k != opacity]
            if len(bands) != 1:
                raise InputError(f"{path}: {len(bands)} bands; a raster of labels has one.")
            kind = data.dtypes[bands[0] - 1]
            if kind == "complex_int16" or np.dtype(kind).kind not in "iu":
                raise InputError(
                    f"{path}: the values are {kind}; labels are whole numbers. Convert the raster (gdal_translate -ot "
                    "Byte)."
                )
            values, transform, crs = (
                data.read(bands[0], masked=True).filled(0),
                data.transform,
                crs_of(path, data),
            )
            if opacity:
                values = np.where(data.read(opacity) > 0, values, 0)
    except RasterioError as error:
        raise InputError(f"{path}: this is not a raster that GDAL can read ({one_line(error)}).") from error
    if not crs:
        raise InputError(
            f"{path}: the raster has no CRS; write one into it (gdal_edit.py -a_srs), or put it beside as a .prj."
        )
    if transform.b or transform.d:
        raise InputError(f"{path}: the raster is rotated; warp it to the survey's grid (gdalwarp).")
    return *north_up(values.astype(np.int64), transform), pyproj.CRS.from_wkt(crs.to_wkt())


def _check_numbers(path: Path, values: NDArray[np.int64]) -> None:
    """Stop unless the classes are 1 to K >= 2 without a gap, 0 being unlabelled."""
    found = np.unique(values)
    if found[0] < 0:
        raise InputError(
            f"{path}: the value {found[0]} is negative; classes are 1, 2, ... and 0 is unlabelled. "
            f"Declare {found[0]} as no-data (gdal_edit.py -a_nodata) if it means unlabelled."
        )
    classes = found[found > 0]
    if classes.size < 2:
        only = f"only class {classes[0]}" if classes.size else "no class"
        raise InputError(
            f"{path}: {only}; two or more are needed, numbered from 1. Ground that is known to be barren is a "
            "class of its own, 0 is unlabelled."
        )
    if classes.size > MOST_CLASSES:
        raise InputError(
            f"{path}: {classes.size} different values up to {classes[-1]}; at most {MOST_CLASSES} classes are "
            "possible. Is this a raster of classes?"
        )
    missing = np.setdiff1d(np.arange(1, classes.size + 1), classes)
    if missing.size:
        # A last number far from the others is often the code for no data.
        alone = classes.size > 2 and missing[0] == classes.size and (np.diff(classes[:-1]) == 1).all()
        code = f", or declare {classes[-1]} as no-data (gdal_edit.py -a_nodata {classes[-1]}) if it means unlabelled"
        raise InputError(
            f"{path}: there is class {classes[-1]}, but no cell of class {missing[0]}; number the classes "
            f"from 1 without a gap{code if alone else ''}."
        )


def _check_inside(path: Path, classes: NDArray[np.int64], n_classes: int) -> None:
    """Stop when a class, or all of them, has no cell inside the survey."""
    found = np.unique(classes[classes > 0])
    if found.size == 0:
        raise InputError(
            f"{path}: all labelled cells lie outside the survey; check the raster's place against the maps of "
            "the survey."
        )
    missing = np.setdiff1d(np.arange(1, n_classes + 1), found)
    if missing.size:
        raise InputError(
            f"{path}: class {missing[0]} has no cell inside the survey; leave the class out and number the "
            "others from 1 without a gap."
        )


def _on_grid(
    path: Path,
    values: NDArray[np.int64],
    transform: Affine,
    crs: pyproj.CRS,
    grid: Grid,
    survey_crs: pyproj.CRS,
) -> NDArray[np.int64]:
    """Return the values on the survey's grid, 0 where the raster does not reach."""
    if not same_crs(crs, survey_crs):
        raise InputError(
            f"{path}: its CRS is {named(crs)}, that of the survey is {named(survey_crs)}. Warp the labels to the "
            "survey's grid (gdalwarp -r near -t_srs -tr -te)."
        )
    cell, (rows, columns) = grid.cell, grid.shape
    size = max(*values.shape, rows, columns)
    if max(abs(transform.a - cell), abs(-transform.e - cell)) * size > SAME_PLACE * cell:
        raise InputError(
            f"{path}: its cells are {transform.a:.10g} x {-transform.e:.10g} m, those of the survey {cell:.10g} m. "
            f"Resample the labels (gdalwarp -r near -tr {cell:.10g} {cell:.10g} -tap)."
        )
    west, north = grid.x[0] - cell / 2, grid.y[0] + cell / 2
    shift = np.array([(north - transform.f) / cell, (transform.c - west) / cell])
    row, column = offset = np.rint(shift).astype(int)
    if np.abs(shift - offset).max() > SAME_PLACE:
        raise InputError(
            f"{path}: its cells do not coincide with the survey's: its upper left corner {transform.c:.10g}, "
            f"{transform.f:.10g} is off by {(shift - offset)[1] * cell:.4g} m east and "
            f"{-(shift - offset)[0] * cell:.4g} m north. Warp the labels to the survey's grid (gdalwarp -r near -te)."
        )
    out = np.zeros(grid.shape, dtype=np.int64)
    top, left = max(row, 0), max(column, 0)
    bottom, right = min(row + values.shape[0], rows), min(column + values.shape[1], columns)
    if bottom > top and right > left:
        out[top:bottom, left:right] = values[top - row : bottom - row, left - column : right - column]
    return out


def _add_mask(
    part: NDArray[np.uint8],
    labelled: NDArray[np.bool_],
    name: str,
    path: Path,
    grid: Grid,
    crs: pyproj.CRS,
) -> None:
    """Note in ``part`` the labelled cells that one mask names."""
    values = _read_integers(path)
    other = np.setdiff1d(values[0], [0, 1])
    if other.size:
        raise InputError(
            f"{path}: the value {other[0]} in a mask (config key labels.raster.{name}); masks hold 0 and 1."
        )
    chosen = (_on_grid(path, *values, grid, crs) == 1) & labelled
    if not chosen.any():
        raise InputError(
            f"{path}: the mask (config key labels.raster.{name}) names no labelled cell inside the survey."
        )
    taken = chosen & (part > 0)
    if taken.any():
        row, column = np.argwhere(taken)[0]
        first = next(key for key, code in PARTS.items() if code == part[row, column])
        raise InputError(
            f"{path}: {taken.sum()} labelled cell(s) are in this mask and in labels.raster.{first} (the first at "
            f"x = {grid.x[column]:.10g}, y = {grid.y[row]:.10g}); a cell can be in one of them only."
        )
    part[chosen] = PARTS[name]
