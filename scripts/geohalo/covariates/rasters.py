"""Rasters as layers: means over the area of each cell, and shares of classes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from geohalo.covariates.bands import (
    Bands,
    ClassBands,
    Ground,
    check_number_of_classes,
    codes_doubt,
    shares,
)
from geohalo.cube.bands import Band
from geohalo.cube.raster_blanks import undeclared_blanks, without_infinity
from geohalo.cube.raster_places import same_crs
from geohalo.cube.rasters import read_bands
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.crs import file_crs, read_crs

#: Cells of a raster, at most: it is read whole.
MOST_CELLS = 150_000_000


def raster_bands(name: str, path: Path, layer: Mapping[str, Any], ground: Ground, key: str = "") -> Bands:
    """Bring a raster to the cells of a survey.

    A continuous raster becomes the mean over the area of each cell, a categorical one the share of each class in it.
    Both are weighted by the part of each of its own cells that lies in the survey's cell (GDAL's ``average``).

    Parameters
    ----------
    name : str
        Of the layer, in the config.
    path : Path
        In any format that `geohalo.cube.rasters.READERS` read.
    layer : mapping
        Config section ``covariates.<name>``: ``kind``, ``band``, ``crs``, ``nodata``, ``names``.
    ground : Ground
    key : str
        Section of the config, for messages; ``covariates.<name>`` when left out.

    Raises
    ------
    InputError
        The file cannot be read, is too large, has no CRS or several bands of which none is named; or it has classes
        that are no whole numbers, or too many of them.
    """
    key = key or f"covariates.{name}"
    _check_size(path, key)
    band, doubts = _read(path, layer, key)
    crs = _crs_of(band, layer, key)
    if layer.get("kind") == "categorical":
        classes, values = _class_shares(band, crs, layer, ground, key)
        return Bands(name, "categorical", classes, values, "", str(path), tuple(doubts))
    band, messages = without_infinity(band)
    if layer.get("nodata") is None:
        (band,), found = _told_by(key, undeclared_blanks, [band], ())
        messages += found
    if layer.get("kind") is None and np.issubdtype(np.dtype(band.stored), np.integer):
        messages += codes_doubt(band.values[np.isfinite(band.values)], "raster", str(path), key)
    values = averaged(band.values, band.transform, crs, ground)
    doubts += [_renamed(one, key) for one in messages]
    return Bands(name, "continuous", (), values[None], band.unit, str(path), tuple(doubts))


def averaged(
    values: NDArray[np.float64], transform: rasterio.Affine, crs: pyproj.CRS, ground: Ground
) -> NDArray[np.float32]:
    """Return the mean (cells,) of a raster over the area of each cell of a survey, NaN where it has no value."""
    west, _, _, north = ground.bounds
    cell = ground.grid.cell
    there = np.full(ground.grid.shape, np.nan)
    reproject(
        np.asarray(values, dtype=np.float64),
        there,
        src_transform=transform,
        src_crs=crs.to_wkt(),
        src_nodata=np.nan,
        dst_transform=from_origin(west, north, cell, cell),
        dst_crs=ground.crs.to_wkt(),
        dst_nodata=np.nan,
        resampling=Resampling.average,
    )
    return there[ground.mask].astype(np.float32)


def _check_size(path: Path, key: str) -> None:
    try:
        with rasterio.open(path) as data:
            rows, columns = data.shape
    except RasterioError:
        return  # for the reader to tell
    if rows * columns > MOST_CELLS:
        raise InputError(
            f"{path}: {rows:,} x {columns:,} cells, and {MOST_CELLS:,} are the most for a layer ({key}). Make it "
            "coarser first, to the cells of the survey or somewhat finer (gdalwarp -r average -tr ...; for classes "
            "-r mode)."
        )


def _read(path: Path, layer: Mapping[str, Any], key: str) -> tuple[Band, list[InputWarning]]:
    section = {"file": path.name, "unit": "none", "nodata": layer.get("nodata")}
    if layer.get("band") is not None:
        section["include"] = [str(layer["band"])]
    bands, doubts = _told_by(key, read_bands, section, path.parent)
    if len(bands) != 1:
        names = ", ".join(repr(band.element) for band in bands[:8])
        raise InputError(f"{path}: {len(bands)} bands ({names}); name the one that is meant in {key}.band.")
    return bands[0], [_renamed(one, key) for one in doubts]


def _crs_of(band: Band, layer: Mapping[str, Any], key: str) -> pyproj.CRS:
    given = read_crs(layer["crs"], f"{key}.crs") if layer.get("crs") else None
    own = pyproj.CRS.from_wkt(band.crs.to_wkt()) if band.crs else None
    if own is None and given is None:
        raise InputError(f"{band.file}: the raster has no CRS; set {key}.crs, for example EPSG:32633.")
    if own is not None and given is not None and not same_crs(own, given):
        raise InputError(
            f"{band.file}: the file states the CRS {own.name!r}, but {key}.crs is {given.name!r}; correct or remove "
            "the key."
        )
    return given or file_crs(own, band.file, f"set {key}.crs")


def _class_shares(
    band: Band, crs: pyproj.CRS, layer: Mapping[str, Any], ground: Ground, key: str
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the classes that the survey meets and their shares (classes, cells)."""
    there = np.isfinite(band.values)
    codes = np.unique(band.values[there])
    if not np.array_equal(codes, np.round(codes)):
        odd = codes[codes != np.round(codes)][0]
        raise InputError(
            f"{band.source}: {odd:.6g} is no code of a class, which are whole numbers; set {key}.kind: continuous if "
            "these are numbers that measure something."
        )
    check_number_of_classes([f"{code:g}" for code in codes], band.file, key, columns=False)
    mapped = np.nan_to_num(averaged(there.astype(np.float64), band.transform, crs, ground).astype(np.float64))
    names = {str(code): str(text) for code, text in (layer.get("names") or {}).items()}
    found = ClassBands()
    for code in codes:
        amount = averaged(band.values == code, band.transform, crs, ground).astype(np.float64)
        found.add(names.get(f"{code:g}", f"{code:g}"), shares(amount[None], mapped)[0])
    return found.bands(len(mapped))


def _told_by(key: str, function: Any, *arguments: Any) -> Any:
    """Call a function of the survey's rasters; its messages name the keys of the layer."""
    try:
        return function(*arguments)
    except InputError as error:
        raise InputError(_keys(str(error), key)) from error


def _keys(text: str, key: str) -> str:
    """Name the keys of a layer in a message about rasters of elements."""
    return text.replace("grids.include", f"{key}.band").replace("grids.", f"{key}.")


def _renamed(doubt: InputWarning, key: str) -> InputWarning:
    return replace(doubt, what=_keys(doubt.what, key), fix=_keys(doubt.fix, key))
