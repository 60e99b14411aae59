"""Polygons, lines and points from files, in the CRS of a survey and cut to the ground around it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geohalo.covariates.bands import Ground
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning, from_records
from geohalo.survey.crs import read_crs
from geohalo.survey.vector_tables import read_vector

#: What lies farther than so many metres from a survey tells nothing of it, and its CRS may not hold it.
FAR = 1_000_000.0
#: Pieces of an edge of the box that shapes are cut to, which is bent in the CRS of the survey.
PIECES = 100


def read_shapes(
    path: Path, layer: Mapping[str, Any], ground: Ground, key: str
) -> tuple[gpd.GeoDataFrame, list[InputWarning]]:
    """Read a layer in the CRS of the survey, without what has no shape or lies far away.

    Shapes are cut to a box that reaches `FAR` beyond the survey on all sides: a country or a coast of the whole earth
    has parts that the CRS of a survey cannot hold.

    Parameters
    ----------
    path : Path
        In a format of `geohalo.survey.table_files.LAYERS`.
    layer : mapping
        Config section of the layer: ``layer`` and ``crs``.
    ground : Ground
    key : str
        That section, for messages.

    Returns
    -------
    geopandas.GeoDataFrame
        A row for each shape, or for each part of a shape that was cut; indexed by the rows of the file, from 0.
    list of InputWarning

    Raises
    ------
    InputError
        The file cannot be read, holds several layers of which none is named, has no CRS or another one than the
        config says, or has no shape near the survey.
    """
    table, doubts = _stated(path, layer, key)
    empty = table.geometry.isna() | table.geometry.is_empty
    if empty.any():
        what = "row has" if empty.sum() == 1 else "rows have"
        text = f"{empty.sum()} {what} no shape"
        doubts.append(
            InputWarning(text, "draw or remove them", str(path), row=str(int(np.argmax(empty)) + 1))
        )
        table = table[~empty]
    if table.empty:
        raise InputError(f"{path}: no row of the layer has a shape.")
    table = _near(table, ground)
    if table.empty:
        raise InputError(
            f"{path}: no shape of the layer lies within {FAR / 1e3:,.0f} km of the survey. Check its CRS ({key}.crs) "
            f"and its extent, or leave {key} out."
        )
    table = table.to_crs(ground.crs)
    lost = ~np.isfinite(shapely.bounds(table.geometry.to_numpy())).all(axis=1)
    if lost.any():
        raise InputError(
            f"{path}, row {int(table.index[np.argmax(lost)]) + 1}: the shape reaches farther than the CRS of the maps "
            "does. Clip the layer to the survey and what lies around it (ogr2ogr -clipsrc ...)."
        )
    return _valid(table), doubts


def _stated(path: Path, layer: Mapping[str, Any], key: str) -> tuple[gpd.GeoDataFrame, list[InputWarning]]:
    """Read a layer in its own CRS, which is that of the config where the file states none."""
    try:
        table = read_vector(path, layer.get("layer"), points=False)
    except InputError as error:
        raise InputError(_keys(str(error), key)) from error
    doubts = [replace(one, fix=_keys(one.fix, key)) for one in from_records(table.attrs.get("warnings", []))]
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError(f"{path}: the layer is a table without shapes; name another one ({key}.layer).")
    if layer.get("crs"):
        given = read_crs(layer["crs"], f"{key}.crs")
        if table.crs is not None and table.crs != given:
            raise InputError(
                f"{path}: the file states the CRS {table.crs.name!r}, but {key}.crs is {given.name!r}; correct or "
                "remove the key."
            )
        table = table.set_crs(given, allow_override=True)
    if table.crs is None:
        raise InputError(f"{path}: the layer has no CRS; set {key}.crs, for example EPSG:4326.")
    return table, doubts


def _keys(text: str, key: str) -> str:
    """Name the key of a layer in a message about tables of samples and deposits."""
    return text.replace("`layer`", f"{key}.layer").replace("layer of points", "layer")


def _valid(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table whose polygons do not cross themselves."""
    valid = table.geometry.is_valid
    if valid.all():
        return table
    return table.set_geometry(table.geometry.where(valid, shapely.make_valid(table.geometry.to_numpy())))


def _near(table: gpd.GeoDataFrame, ground: Ground) -> gpd.GeoDataFrame:
    """Return the shapes, in their own CRS, that lie in the boxes of `_boxes`, those that reach beyond cut there."""
    boxes = _boxes(ground, table.crs)
    if not len(boxes):
        return table
    west, south, east, north = shapely.bounds(table.geometry.to_numpy())[:, None].transpose(2, 0, 1)
    inside = (west >= boxes[:, 0]) & (south >= boxes[:, 1]) & (east <= boxes[:, 2]) & (north <= boxes[:, 3])
    apart = (west > boxes[:, 2]) | (south > boxes[:, 3]) | (east < boxes[:, 0]) | (north < boxes[:, 1])
    whole, crossing = inside.any(axis=1), ~inside.any(axis=1) & ~apart.all(axis=1)
    if not crossing.any():
        return table[whole]
    longest = float(np.max(boxes[:, 2:] - boxes[:, :2])) / PIECES
    limits = shapely.segmentize(shapely.union_all(shapely.box(*boxes.T)), longest)
    cut = _valid(table[crossing])
    dimension = shapely.get_dimensions(cut.geometry.to_numpy())
    pieces = cut.set_geometry(shapely.intersection(cut.geometry.to_numpy(), limits))
    pieces = pieces.assign(dimension=dimension).explode()
    # Where a polygon touches the box, a line is left of it.
    shapes = pieces.geometry.to_numpy()
    kept = (shapely.get_dimensions(shapes) == pieces["dimension"].to_numpy()) & ~shapely.is_empty(shapes)
    return pd.concat([table[whole], pieces[kept].drop(columns="dimension")]).sort_index(kind="stable")


def _boxes(ground: Ground, crs: pyproj.CRS) -> NDArray[np.float64]:
    """Return west, south, east and north of the boxes (boxes, 4) around a survey in a CRS.

    Two where degrees begin anew between them, none where the CRS does not reach as far.
    """
    west, south, east, north = ground.bounds
    across = pyproj.Transformer.from_crs(ground.crs, crs, always_xy=True)
    west, south, east, north = across.transform_bounds(west - FAR, south - FAR, east + FAR, north + FAR)
    if not np.isfinite([west, south, east, north]).all():
        return np.empty((0, 4))
    if west <= east:
        boxes = np.array([[west, south, east, north]])
    else:
        boxes = np.array([[west, south, 180.0, north], [-180.0, south, east, north]])
    # Longitudes may also run from 0 to 360.
    return np.vstack([boxes, boxes + np.array([360.0, 0.0, 360.0, 0.0])]) if crs.is_geographic else boxes
