"""Polygons, lines and points as layers: shares of area, distances, and how many there are around a cell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.signal import oaconvolve

from geohalo.covariates.bands import Array, Bands, ClassBands, Ground, check_number_of_classes, shares
from geohalo.covariates.shape_files import read_shapes
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import cell_text, require_column

#: Polygons overlap doubtfully where they cover more than this much of a cell twice, in this share of the cells.
OVERLAP, OVERLAPPING = 0.05, 0.01
#: A line is cut into pieces of at most this share of a cell, each counted where its middle is.
PIECE = 0.1
#: Dimensions of shapes: points, lines, polygons.
KINDS = {0: "points", 1: "lines", 2: "polygons"}


def shape_bands(name: str, path: Path, layer: Mapping[str, Any], ground: Ground, key: str = "") -> Bands:
    """Bring a layer of polygons, lines or points to the cells of a survey.

    Polygons become the share of each class of ``column`` in the area of a cell, or the mean of a column of numbers
    weighted by area. Lines and points become the distance from the centre of a cell to the nearest in metres
    (``measure: distance``), or their length in km or number for each km2 within ``radius`` (``measure: density``).
    Points with a ``column`` of numbers count as much as it says.

    Parameters
    ----------
    name : str
        Of the layer, in the config.
    path : Path
        In a format of `geohalo.survey.table_files.LAYERS`.
    layer : mapping
        Config section ``covariates.<name>``: ``kind``, ``column``, ``layer``, ``crs``, ``measure``, ``radius``.
    ground : Ground
    key : str
        Section of the config, for messages; ``covariates.<name>`` when left out.

    Raises
    ------
    InputError
        The file cannot be read, has no CRS, no shapes near the survey or different kinds of them, lacks the column, or
        has too many classes.
    """
    key = key or f"covariates.{name}"
    table, doubts = read_shapes(path, layer, ground, key)
    kinds = sorted(set(shapely.get_dimensions(table.geometry.to_numpy()).tolist()))
    if len(kinds) != 1:
        there = " and ".join(KINDS.get(kind, "nothing") for kind in kinds)
        raise InputError(f"{path}: {there} in one layer; give each a file or layer of its own ({key}.layer).")
    if kinds == [2]:
        return _polygon_bands(name, path, table, layer, ground, doubts, key)
    what = KINDS[kinds[0]]
    points = table.get_coordinates().to_numpy() if kinds == [0] else None
    if layer.get("kind") == "categorical":
        raise InputError(
            f"{path}: {what} have no area, and so no shares of classes; remove {key}.kind, and set {key}.measure: "
            "distance or density."
        )
    if layer.get("measure") == "density":
        if not layer.get("radius"):
            raise InputError(f"{path}: a density is that within a radius; set {key}.radius in metres.")
        weight = _weight(table, layer, str(path), key) if kinds == [0] and layer.get("column") else None
        values = density(table.geometry.to_numpy(), ground, float(layer["radius"]), weight)
        unit = _density_unit(what if weight is None else f"{layer['column']}")
        return Bands(name, "continuous", (), values[None], unit, str(path), tuple(doubts), points=points)
    values = nearest_distance(table.geometry.to_numpy(), ground)
    doubts += _apart(values, what, ground, str(path), key)
    return Bands(name, "continuous", (), values[None], "m", str(path), tuple(doubts), points=points)


def _apart(values: Array, what: str, ground: Ground, source: str, key: str) -> list[InputWarning]:
    """Return the doubt that all lines or points, at these distances (cells,) from the cells, lie beside the survey."""
    nearest = float(values.min())
    if nearest <= ground.grid.cell:
        return []
    return [
        InputWarning(
            f"none of the {what} of the layer lies in the survey, and the nearest is {nearest / 1e3:,.1f} km from it",
            f"check the CRS of the file ({key}.crs) and its extent, or leave {key} out",
            source,
        )
    ]


def _density_unit(what: str) -> str:
    return {"lines": "km/km²", "points": "1/km²"}.get(what, f"{what} per km²")


def _weight(table: gpd.GeoDataFrame, layer: Mapping[str, Any], source: str, key: str) -> NDArray[np.float64]:
    """Return how much each point counts, by its column of numbers."""
    column = layer["column"]
    require_column(table, column, source, f"{key}.column")
    weight = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    odd = ~np.isfinite(weight)
    if odd.any():
        first = int(np.argmax(odd))
        raise InputError(
            f"{source}, column {column!r}, row {int(table.index[first]) + 1}: {str(table[column].iloc[first])[:30]!r} "
            f"is no number, and points are summed by it; correct the cell, or remove {key}.column to count the points."
        )
    return weight


def _polygon_bands(
    name: str,
    path: Path,
    table: gpd.GeoDataFrame,
    layer: Mapping[str, Any],
    ground: Ground,
    doubts: list[InputWarning],
    key: str,
) -> Bands:
    column = layer.get("column")
    if column is None:
        raise InputError(
            f"{path}: polygons need the column of their classes or numbers; set {key}.column to one of "
            f"{', '.join(map(repr, [c for c in table.columns if c != table.geometry.name][:12]))}."
        )
    require_column(table, column, str(path), f"{key}.column")
    cell, part, polygon = coverage(table.geometry.to_numpy(), ground)
    size = ground.grid.shape[0] * ground.grid.shape[1]
    if layer.get("kind") == "continuous":
        numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
        known = np.isfinite(numbers[polygon])
        mapped = _summed(cell[known], part[known], size)
        total = _summed(cell[known], part[known] * numbers[polygon][known], size)
        values = shares(total[None], mapped)[:, ground.mask.ravel()]
        return Bands(name, "continuous", (), values, "", str(path), tuple(doubts), column)
    text = cell_text(table[column])
    classes, code = np.unique(text.to_numpy(dtype=str), return_inverse=True)
    check_number_of_classes(classes.tolist(), f"{path}, column {column!r}", key)
    inside, found = ground.mask.ravel(), ClassBands()
    mapped = _summed(cell, part, size)[inside]
    doubts += _overlaps(mapped, str(path))
    # The pairs of each class beside each other: of all classes at once no array of all cells is held.
    order = np.argsort(code[polygon], kind="stable")
    ends = np.searchsorted(code[polygon][order], np.arange(len(classes)), side="right")
    for one, pairs in zip(classes, np.split(order, ends[:-1]), strict=True):
        amount = _summed(cell[pairs], part[pairs], size)[inside] if len(pairs) else np.zeros(len(mapped))
        found.add(str(one) or "(empty)", shares(amount[None], mapped)[0])
    names, values = found.bands(len(mapped))
    return Bands(name, "categorical", names, values, "", str(path), tuple(doubts), column)


def _summed(place: NDArray[np.int64], weight: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(place, weight, size), dtype=np.float64)


def _overlaps(mapped: NDArray[np.float64], source: str) -> list[InputWarning]:
    twice = float((mapped > 1 + OVERLAP).mean())
    if twice <= OVERLAPPING:
        return []
    return [
        InputWarning(
            f"polygons lie over each other in {twice:.0%} of the cells, where their shares are those of all of them",
            "remove the overlaps, or give each map a layer of its own",
            source,
        )
    ]


def coverage(
    polygons: NDArray[Any], ground: Ground
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return which part of which cell each polygon covers, exactly (exactextract).

    Parameters
    ----------
    polygons : ndarray (polygons,) of shapely.Geometry
        In the CRS of the survey.
    ground : Ground

    Returns
    -------
    cell : ndarray (pairs,) of int64
        Number of the cell on the whole grid, by rows from the north.
    part : ndarray (pairs,)
        Part of its area, 0 to 1.
    polygon : ndarray (pairs,) of int64
    """
    from exactextract import exact_extract  # slow to import
    from exactextract.raster import NumPyRasterSource

    west, south, east, north = ground.bounds
    raster = NumPyRasterSource(
        np.zeros(ground.grid.shape, dtype=np.uint8),
        xmin=west,
        ymin=south,
        xmax=east,
        ymax=north,
        srs_wkt=ground.crs.to_wkt(),
    )
    inside = np.flatnonzero(shapely.intersects(polygons, shapely.box(west, south, east, north)))
    if not len(inside):
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    frame = gpd.GeoDataFrame({"polygon": inside}, geometry=polygons[inside], crs=ground.crs)
    found = exact_extract(
        raster,
        frame,
        ["cell_id", "coverage"],
        output="pandas",
        include_cols=["polygon"],
        max_cells_in_memory=10**9,
    )
    count = found["cell_id"].map(len).to_numpy()
    cell = np.concatenate(found["cell_id"].to_list()).astype(np.int64)
    part = np.concatenate(found["coverage"].to_list()).astype(np.float64)
    return cell, part, np.repeat(found["polygon"].to_numpy(dtype=np.int64), count)


def nearest_distance(shapes: NDArray[Any], ground: Ground) -> Array:
    """Return the distance (cells,) in metres from the centre of each cell to the nearest of some lines or points."""
    tree = shapely.STRtree(shapes)
    centres = shapely.points(ground.grid.centres(ground.mask))
    (cell, _), metres = tree.query_nearest(centres, return_distance=True, all_matches=False)
    out = np.empty(len(centres), dtype=np.float32)
    out[cell] = metres
    return out


def density(
    shapes: NDArray[Any], ground: Ground, radius: float, weight: NDArray[np.float64] | None = None
) -> Array:
    """Return length in km, or number, for each km2 within a radius of the centre of each cell, (cells,).

    Lines are cut into pieces of a tenth of a cell. Pieces and points count in their cell, and cells count whose
    centres lie within the radius, at least the cell itself. A point counts as much as ``weight`` (shapes,) says.
    """
    west, _, _, north = ground.bounds
    cell, (rows, columns) = ground.grid.cell, ground.grid.shape
    places, weight = _pieces(shapes, cell * PIECE, weight)
    reach = int(radius // cell)
    # Shapes around the grid count at its edge.
    column = np.floor((places[:, 0] - west) / cell).astype(np.int64) + reach
    row = np.floor((north - places[:, 1]) / cell).astype(np.int64) + reach
    wide = (rows + 2 * reach, columns + 2 * reach)
    near = (row >= 0) & (row < wide[0]) & (column >= 0) & (column < wide[1])
    amount = np.bincount(row[near] * wide[1] + column[near], weight[near], wide[0] * wide[1]).reshape(wide)
    step, largest = np.arange(-reach, reach + 1), (radius / cell) ** 2
    disc = (step[:, None] ** 2 + step**2 <= largest).astype(np.float64)
    area = disc.sum() * (cell / 1e3) ** 2
    total = amount
    if reach:
        # The sums come from Fourier transforms, which leave a trace of all of them where there is nothing.
        inner = (slice(reach, reach + rows), slice(reach, reach + columns))
        nothing = np.rint(distance_transform_edt(amount == 0)[inner] ** 2) > largest if amount.any() else True
        total = np.where(nothing, 0.0, oaconvolve(amount, disc, mode="valid"))
    return np.clip(total[ground.mask] / area, 0, None).astype(np.float32)


def _pieces(
    shapes: NDArray[Any], longest: float, weight: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places (pieces, 2) and the weight of each: 1 for a point, the length in km for a piece of a line."""
    if shapely.get_dimensions(shapes).max() == 0:
        places, point = shapely.get_coordinates(shapes, return_index=True)
        return places, np.ones(len(places)) if weight is None else weight[point]
    lines = shapely.get_parts(shapes)
    coordinates, line = shapely.get_coordinates(shapely.segmentize(lines, longest), return_index=True)
    same = line[1:] == line[:-1]
    start, end = coordinates[:-1][same], coordinates[1:][same]
    return (start + end) / 2, np.hypot(*(end - start).T) / 1e3
