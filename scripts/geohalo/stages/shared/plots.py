"""What the scripts that draw have in common."""

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geohalo.evidence.map_basis import basis_warnings, is_traverse, plain_warnings
from geohalo.files.cells import Survey
from geohalo.files.tables import read_csv
from geohalo.products.map_ground import MapGround


def map_ground(name: str, survey: Survey) -> MapGround:
    """Return the ground that the maps of a survey are drawn on."""
    return MapGround(name, survey.grid.x, survey.grid.y, survey.mask, crs_label(CRS.from_wkt(survey.crs)))


def crs_label(crs: CRS) -> str:
    """Return what maps call a coordinate system."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def deposit_table(path: str | None) -> pd.DataFrame:
    """Read the deposits with their coordinates as columns x and y; none where labels are a raster of classes."""
    if path is None:
        return pd.DataFrame(columns=["x", "y"], dtype=float)
    frame = gpd.read_parquet(path)
    return pd.DataFrame(frame.drop(columns="geometry")).join(frame.get_coordinates())


def interval(metrics: pd.DataFrame, variant: str, split: str, metric: str) -> tuple[float, float, float]:
    """Return estimate, low and high of one metric; NaN where it was not measured."""
    row = metrics[
        (metrics["variant"] == variant) & (metrics["split"] == split) & (metrics["metric"] == metric)
    ]
    if row.empty:
        return np.nan, np.nan, np.nan
    return float(row["estimate"].iloc[0]), float(row["low"].iloc[0]), float(row["high"].iloc[0])


def warned(metrics: pd.DataFrame, deposit_ranks: str, variant: str, survey: Survey, reach: float) -> str:
    """Return what must be known before a map is looked at, a line each.

    Parameters
    ----------
    metrics : DataFrame
    deposit_ranks : str
        File of the ranks of deposits.
    variant : str
        The one that the map is made by.
    survey : Survey
    reach : float
        How far from a sample ground is mapped, in metres.
    """
    above_decoys, capture = (
        interval(metrics, variant, "held_out", name) for name in ("above_decoys", "capture")
    )
    ranks = read_csv(deposit_ranks)
    groups = ranks.loc[(ranks["variant"] == variant) & (ranks["split"] == "held_out"), "group"].nunique()
    traverse = is_traverse(survey.mask, survey.grid.cell, reach)
    return plain_warnings(basis_warnings(above_decoys, capture, groups, traverse))


def held_out_groups(deposits: str, cells: str) -> int:
    """Return how many groups the deposits form, or without deposits the test cells; files of the held-out folds."""
    groups = read_csv(deposits)["group"]
    if groups.empty:
        table = read_csv(cells)
        groups = table.loc[table["use"] == "test", "group"]
    return int(groups[groups >= 0].nunique())
