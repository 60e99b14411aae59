"""Known deposits: one point per deposit, and which of them lie inside the survey."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS
from scipy.spatial import cKDTree

from geohalo.errors import InputError
from geohalo.input_warnings import as_records, from_records
from geohalo.survey.cells import (
    FloatArray,
    cell_text,
    keep_rows,
    number_rows,
    require_column,
    row_numbers,
)
from geohalo.survey.coordinates import Located, locate, project
from geohalo.survey.deposit_doubts import at_samples, kept_among_others, listed_doubts, merged_names
from geohalo.survey.deposit_facts import facts_of_places, read_facts
from geohalo.survey.elements import element_table, symbols_by_name
from geohalo.survey.near_misses import nearly_kept
from geohalo.survey.numbers import plain_numbers
from geohalo.survey.places import group_places
from geohalo.survey.spelling import plain_columns, plain_section


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
        One row per place (to `merge_distance`) in the metric CRS, in file order: `deposit` (int, from 0), `name`
        ("" if there is none), `row` (int, first row in the file), `inside` (bool), what
        `geohalo.survey.deposit_facts` reads from the columns that the config names, and `geometry`.
        Deposits outside are kept. `attrs` holds `source`, `rows_read`, `rows_kept`,
        `dropped_without_coordinates`, `dropped_beyond_projection`, `rows_merged`, `deposits`,
        `inside`, `crs_in`, `crs_out` and `warnings`.

    Raises
    ------
    InputError
        Bad coordinates or keys, a year or status that means nothing, a commodity that is no element, or no deposit
        inside the survey.
    """
    source, crs_out = str(source), CRS(metric_crs)
    _check_commodities(section.get("commodities", []))
    rows_read, doubts = len(table), from_records(table.attrs.get("warnings", []))
    section, table = plain_section(section), plain_columns(number_rows(table))
    keep = section.get("keep", {})
    kept = keep_rows(table, keep, source, "deposits.keep", parts=True)
    among = kept_among_others(table, kept, keep, source)
    doubts += nearly_kept(table, kept, keep, source, "deposits.keep")
    table = plain_numbers(kept, (section.get("x"), section.get("y")), section, source, "deposits")
    found = locate(table, section, source, "deposits")
    if not np.isfinite(found.x).any():
        raise InputError(f"{source}: no deposit has coordinates; check deposits.x and deposits.y")
    facts = read_facts(table, section, source)
    located, place, centre = _group(found, crs_out, float(section.get("merge_distance", 1.0)), source)
    inside = _inside_survey(centre, samples_xy, max_distance, source, found, crs_out)
    rows = row_numbers(table)
    named = pd.DataFrame({"name": _names(table, section, source)[located], "row": rows[located]})
    known = facts_of_places(facts[located], place)
    deposits = _one_each(named, place, centre, inside, crs_out).assign(**known)
    doubts += [*found.warnings, *([] if among is None else [among])]
    doubts += at_samples(centre[inside], samples_xy, source)
    doubts += merged_names(named, place, inside, section, source)
    doubts += listed_doubts(deposits, table[located][inside[place]], section, source)
    deposits.attrs = {
        "source": source,
        "rows_read": rows_read,
        "rows_kept": len(table),
        **_counts(found, located, inside),
        "crs_in": found.stated,
        "crs_out": crs_out.to_string(),
        "warnings": as_records(doubts),
    }
    return deposits


def _group(
    found: Located, crs: CRS, merge_distance: float, source: str
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], FloatArray]:
    """Return which records have a place in the metric CRS, the deposit that each of these is of, and where it lies."""
    xy = np.stack(project(found.x, found.y, found.crs, crs), axis=1)
    located = np.isfinite(xy[:, 0])
    if not located.any():
        raise InputError(f"{source}: no deposit lies near the survey; check deposits.crs and deposits.keep")
    place = group_places(xy[located], merge_distance)
    return located, place, xy[located][np.unique(place, return_index=True)[1]]


def _counts(found: Located, located: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_]) -> dict[str, int]:
    """Count the records without a place and those merged, and the deposits."""
    stated = np.isfinite(found.x)
    return {
        "dropped_without_coordinates": int((~stated).sum()),
        "dropped_beyond_projection": int((stated & ~located).sum()),
        "rows_merged": int(located.sum()) - len(inside),
        "deposits": len(inside),
        "inside": int(inside.sum()),
    }


def _one_each(
    named: pd.DataFrame,
    place: npt.NDArray[np.int64],
    centre: FloatArray,
    inside: npt.NDArray[np.bool_],
    crs: CRS,
) -> gpd.GeoDataFrame:
    """Return a row for each place, with the first name and row of its records."""
    named["name"] = named["name"].where(named["name"] != "")
    # groupby's `first` skips missing names, so that a deposit listed twice keeps the name that
    # there is.
    first = named.groupby(place).first()
    return gpd.GeoDataFrame(
        {
            "deposit": np.arange(len(centre)),
            "name": first["name"].fillna("").astype(object).to_numpy(),
            "row": first["row"].to_numpy(dtype=np.int64),
            "inside": inside,
        },
        geometry=gpd.points_from_xy(centre[:, 0], centre[:, 1]),
        crs=crs,
    )


def _inside_survey(
    centre: FloatArray,
    samples_xy: FloatArray,
    max_distance: float,
    source: str,
    found: Located,
    crs_out: CRS,
) -> npt.NDArray[np.bool_]:
    """Tell which deposits lie within reach of a sample; an InputError if none does."""
    samples = cKDTree(samples_xy)
    distance = samples.query(centre)[0]
    inside = distance <= max_distance
    if not inside.any():
        raise InputError(
            f"{source}: none of the {len(centre)} deposits lies inside the survey, within "
            f"{max_distance:g} m "
            f"(grid.max_distance) of a sample; the nearest is {distance.min():.0f} m away. "
            + _where_they_fit(samples, max_distance, found, crs_out)
            + "Check "
            "deposits.crs, deposits.x, "
            "deposits.y and deposits.keep"
        )
    return inside


def _where_they_fit(samples: cKDTree, max_distance: float, found: Located, crs_out: CRS) -> str:
    """Say with which change of their coordinates some deposits would lie inside; empty if with none."""
    x, y = found.x[np.isfinite(found.x)], found.y[np.isfinite(found.x)]
    for cause, other_x, other_y in (
        ("x and y exchanged", y, x),
        ("the sign of x changed", -x, y),
        ("the sign of y changed", x, -y),
        ("both signs changed", -x, -y),
    ):
        xy = np.stack(project(other_x, other_y, found.crs, crs_out), axis=1)
        xy = xy[np.isfinite(xy[:, 0])]
        if len(xy) and (samples.query(xy)[0] <= max_distance).any():
            return f"With {cause} they would lie inside: the deposits or the samples have it wrong. "
    return ""


def _check_commodities(commodities: Sequence[str]) -> None:
    """Raise InputError for a commodity that is not the symbol of an element."""
    known = list(element_table().index)
    for name in commodities:
        if name not in known:
            names = symbols_by_name()
            near = [one for one in (names.get(name.casefold()), name.capitalize()) if one in known]
            near = near or difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError(f"deposits.commodities: {name!r} is not the symbol of an element{hint}")


def _names(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> Any:
    column = section.get("name")
    if not column:
        return np.full(len(table), "", dtype=object)
    require_column(table, column, source, "deposits.name")
    return cell_text(table[column]).to_numpy(dtype=object)
