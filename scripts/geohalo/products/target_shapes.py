"""Outlines of targets and superpixels, and what lies near them."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.features import shapes
from rasterio.transform import Affine, from_bounds
from shapely.geometry import MultiPolygon, shape
from shapely.strtree import STRtree


def outlines(labels: NDArray[np.integer], transform: Affine) -> dict[int, MultiPolygon]:
    """Return the outline of every label of an image, 0 left out.

    Parameters
    ----------
    labels : ndarray (rows, columns)
        From 1.
    transform : Affine
        From (column, row) to the x and y of cell corners.

    Returns
    -------
    dict of int to MultiPolygon
        Ascending; parts that touch at corners alone are polygons of their own, so that all are valid.
    """
    parts: dict[int, list] = {}
    for outline, label in shapes(
        labels.astype(np.int32), mask=labels > 0, connectivity=4, transform=transform
    ):
        parts.setdefault(int(label), []).append(shape(outline))
    return {label: MultiPolygon(parts[label]) for label in sorted(parts)}


def rings(
    labels: NDArray[np.integer | np.bool_], extent: tuple[float, float, float, float]
) -> dict[int, list[NDArray[np.float64]]]:
    """Return the closed lines around every label of an image along the edges of its cells, holes included.

    Parameters
    ----------
    labels : ndarray (rows, columns)
        From 1, or where some ground lies; 0 left out.
    extent : (left, right, bottom, top)
        Outer edges of the image.

    Returns
    -------
    dict of int to list of ndarray (n, 2)
        Ascending.
    """
    west, east, south, north = extent
    transform = from_bounds(west, south, east, north, labels.shape[1], labels.shape[0])
    return {
        label: [np.asarray(ring.coords) for part in parts.geoms for ring in (part.exterior, *part.interiors)]
        for label, parts in outlines(labels.astype(np.int32), transform).items()
    }


def drawn_ground(
    inside: NDArray[np.bool_], extent: tuple[float, float, float, float], most: int
) -> tuple[NDArray[np.bool_], tuple[float, float, float, float]]:
    """Return an image that a figure can show the outline of: square blocks, at least half of whose cells lie inside.

    Parameters
    ----------
    inside : ndarray (rows, columns)
    extent : (left, right, bottom, top)
        Outer edges of the image.
    most : int
        Rows and columns at most; an image that has no more is returned as it is.

    Returns
    -------
    ndarray (rows, columns), (left, right, bottom, top)
        The blocks and their outer edges, which reach beyond those of the image where it does not fill the last ones.
    """
    step = -(-max(inside.shape) // most)
    if step <= 1:
        return inside, extent
    rows, columns = (-(-length // step) for length in inside.shape)
    padded = np.zeros((rows * step, columns * step), dtype=np.uint8)
    padded[: inside.shape[0], : inside.shape[1]] = inside
    count = padded.reshape(rows, step, columns, step).sum(axis=(1, 3), dtype=np.int64)
    west, east, south, north = extent
    width, height = (east - west) / inside.shape[1], (north - south) / inside.shape[0]
    edges = (west, west + columns * step * width, north - rows * step * height, north)
    return 2 * count >= step**2, edges


def nearest_deposits(targets: gpd.GeoSeries, deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the known deposit nearest to each target.

    Parameters
    ----------
    targets : geopandas.GeoSeries
    deposits : geopandas.GeoDataFrame
        In the same metric CRS, with ``deposit`` and ``name``; may be empty.

    Returns
    -------
    pandas.DataFrame
        ``nearest_deposit`` (its name, or ``deposit 3`` where it has none) and ``distance_km`` from the edge of the
        target, 0 inside; empty and NaN without deposits.
    """
    if deposits.empty:
        return pd.DataFrame({"nearest_deposit": "", "distance_km": np.nan}, index=targets.index)
    tree = STRtree(deposits.geometry.to_numpy())
    (_, nearest), distance = tree.query_nearest(targets.to_numpy(), return_distance=True, all_matches=False)
    near = deposits.iloc[nearest]
    numbered = "deposit " + near["deposit"].astype(str)
    names = near["name"].where(near["name"].fillna("") != "", numbered)
    return pd.DataFrame({"nearest_deposit": names.to_numpy(), "distance_km": distance / 1e3}, targets.index)


def degrees(x: NDArray[np.float64], y: NDArray[np.float64], crs: str) -> tuple[NDArray, NDArray]:
    """Return longitude and latitude (WGS 84, degrees) of places in metres."""
    return Transformer.from_crs(CRS(crs), CRS(4326), always_xy=True).transform(x, y)


def superpixels_of(rank: NDArray[np.uint16], superpixels: NDArray[np.integer]) -> list[str]:
    """Return the superpixels that each target lies in, ascending, joined by blanks."""
    inside = rank > 0
    if not inside.any():
        return []
    pairs = np.unique(np.stack([rank[inside].astype(np.int64), superpixels[inside]]), axis=1)
    borders = np.searchsorted(pairs[0], np.arange(1, int(rank.max()) + 2))
    ids = [pairs[1, a:b] for a, b in pairwise(borders)]
    return [" ".join(map(str, one)) for one in ids]
