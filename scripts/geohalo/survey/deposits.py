"""Known deposits: one point per deposit, and which of them lie inside the survey."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from scipy.spatial import cKDTree

from geohalo.errors import InputError
from geohalo.survey.cells import (
    FloatArray,
    cell_text,
    keep_rows,
    number_rows,
    require_column,
    row_numbers,
)
from geohalo.survey.coordinates import check_area_of_use, point_coordinates, project
from geohalo.survey.places import group_places

SAME_DEPOSIT_METRES = 1.0


def clean_deposits(
    table: pd.DataFrame,
    section: Mapping[str, Any],
    samples_xy: FloatArray,
    metric_crs: CRS | str,
    max_distance: float,
    source: str | Path = "deposits",
) -> gpd.GeoDataFrame:
    """Clean a list of known deposits.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        The table as `read_table` returns it.
    section : mapping
        Config section `deposits` with all defaults filled in.
    samples_xy : ndarray of float64, shape (samples, 2)
        Places of the samples in `metric_crs`.
    metric_crs : pyproj.CRS or str
        The metric CRS of the samples.
    max_distance : float
        A deposit within this many metres of a sample is inside the survey.
    source : str or Path
        File name, for messages and provenance.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per place (to 1 m) in the metric CRS, in file order: `deposit` (int, from 0), `name`
        ("" if there is none), `row` (int, first row in the file), `inside` (bool) and `geometry`.
        Deposits outside are kept. `attrs` holds `source`, `rows_read`, `rows_kept`,
        `dropped_without_coordinates`, `dropped_beyond_projection`, `rows_merged`, `deposits`,
        `inside`, `crs_in` and `crs_out`.

    Raises
    ------
    InputError
        Bad coordinates or keys, or no deposit inside the survey.
    """
    source, crs_out = str(source), CRS(metric_crs)
    rows_read = len(table)
    table = keep_rows(number_rows(table), section.get("keep", {}), source, "deposits.keep")
    x, y, crs = point_coordinates(table, section, source, "deposits")
    rows = row_numbers(table)
    check_area_of_use(x, y, crs, source, "deposits", rows)
    if not np.isfinite(x).any():
        raise InputError(f"{source}: no deposit has coordinates; check deposits.x and deposits.y")
    xy = np.stack(project(x, y, crs, crs_out), axis=1)
    located = np.isfinite(xy[:, 0])
    if not located.any():
        raise InputError(f"{source}: no deposit lies near the survey; check deposits.crs and deposits.keep")
    place = group_places(xy[located], SAME_DEPOSIT_METRES)
    merged = pd.DataFrame({"name": _names(table, section, source)[located], "row": rows[located]})
    merged["name"] = merged["name"].where(merged["name"] != "")
    # groupby's `first` skips missing names, so that a deposit listed twice keeps the name that
    # there is.
    merged = merged.groupby(place).first()
    first = np.unique(place, return_index=True)[1]
    centre = xy[located][first]
    distance = cKDTree(samples_xy).query(centre)[0]
    inside = distance <= max_distance
    if not inside.any():
        raise InputError(
            f"{source}: none of the {len(centre)} deposits lies inside the survey, within "
            f"{max_distance:g} m "
            f"(grid.max_distance) of a sample; the nearest is {distance.min():.0f} m away. Check "
            "deposits.crs, deposits.x, "
            "deposits.y and deposits.keep"
        )
    deposits = gpd.GeoDataFrame(
        {
            "deposit": np.arange(len(centre)),
            "name": merged["name"].fillna("").astype(object).to_numpy(),
            "row": merged["row"].to_numpy(dtype=np.int64),
            "inside": inside,
        },
        geometry=gpd.points_from_xy(centre[:, 0], centre[:, 1]),
        crs=crs_out,
    )
    deposits.attrs = {
        "source": source,
        "rows_read": rows_read,
        "rows_kept": len(table),
        "dropped_without_coordinates": int((~np.isfinite(x)).sum()),
        "dropped_beyond_projection": int((np.isfinite(x) & ~located).sum()),
        "rows_merged": int(located.sum()) - len(centre),
        "deposits": len(centre),
        "inside": int(inside.sum()),
        "crs_in": crs.to_string(),
        "crs_out": crs_out.to_string(),
    }
    return deposits


def _names(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> Any:
    column = section.get("name")
    if not column:
        return np.full(len(table), "", dtype=object)
    require_column(table, column, source, "deposits.name")
    return cell_text(table[column]).to_numpy(dtype=object)
