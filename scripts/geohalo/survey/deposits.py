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
from geohalo.input_warnings import InputWarning, as_records, from_records
from geohalo.survey.cells import (
    FloatArray,
    cell_text,
    keep_rows,
    number_rows,
    require_column,
    row_numbers,
)
from geohalo.survey.commodities import commodity_hint, mined_for_others
from geohalo.survey.coordinates import Located, locate, project
from geohalo.survey.doubtful_places import kilometres
from geohalo.survey.elements import element_table
from geohalo.survey.near_misses import nearly_kept
from geohalo.survey.numbers import plain_numbers
from geohalo.survey.places import group_places
from geohalo.survey.spelling import plain_columns, plain_section

# Records of one name within so many metres are taken for one deposit listed again; districts are wider.
_SAME_NAME_METRES = 5_000.0
# Records of other names within so many metres may be one deposit as well: no map tells them apart.
_ONE_PLACE_METRES = 100.0
_MOST_NAMED = 5


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
        ("" if there is none), `row` (int, first row in the file), `inside` (bool) and `geometry`.
        Deposits outside are kept. `attrs` holds `source`, `rows_read`, `rows_kept`,
        `dropped_without_coordinates`, `dropped_beyond_projection`, `rows_merged`, `deposits`,
        `inside`, `crs_in`, `crs_out` and `warnings`.

    Raises
    ------
    InputError
        Bad coordinates or keys, a commodity that is no element, or no deposit inside the survey.
    """
    source, crs_out = str(source), CRS(metric_crs)
    _check_commodities(section.get("commodities", []))
    rows_read, doubts = len(table), from_records(table.attrs.get("warnings", []))
    section, table = plain_section(section), plain_columns(number_rows(table))
    kept = keep_rows(table, section.get("keep", {}), source, "deposits.keep", parts=True)
    among = _kept_among_others(table, kept, section.get("keep", {}), source)
    doubts += nearly_kept(table, kept, section.get("keep", {}), source, "deposits.keep")
    table = plain_numbers(kept, (section.get("x"), section.get("y")), section, source, "deposits")
    found, rows = locate(table, section, source, "deposits"), row_numbers(table)
    x, y, crs = found.x, found.y, found.crs
    if not np.isfinite(x).any():
        raise InputError(f"{source}: no deposit has coordinates; check deposits.x and deposits.y")
    xy = np.stack(project(x, y, crs, crs_out), axis=1)
    located = np.isfinite(xy[:, 0])
    if not located.any():
        raise InputError(f"{source}: no deposit lies near the survey; check deposits.crs and deposits.keep")
    place = group_places(xy[located], float(section.get("merge_distance", 1.0)))
    merged = pd.DataFrame({"name": _names(table, section, source)[located], "row": rows[located]})
    merged["name"] = merged["name"].where(merged["name"] != "")
    # groupby's `first` skips missing names, so that a deposit listed twice keeps the name that
    # there is.
    merged = merged.groupby(place).first()
    centre = xy[located][np.unique(place, return_index=True)[1]]
    inside = _inside_survey(centre, samples_xy, max_distance, source, found, crs_out)
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
    mined = table[located][inside[place]]
    hint = commodity_hint(mined, section.get("commodities"), source)
    others = mined_for_others(mined, section.get("commodities"), source)
    deposits.attrs = {
        "source": source,
        "rows_read": rows_read,
        "rows_kept": len(table),
        "dropped_without_coordinates": int((~np.isfinite(x)).sum()),
        "dropped_beyond_projection": int((np.isfinite(x) & ~located).sum()),
        "rows_merged": int(located.sum()) - len(centre),
        "deposits": len(centre),
        "inside": int(inside.sum()),
        "crs_in": found.stated,
        "crs_out": crs_out.to_string(),
        "warnings": as_records(
            [
                *doubts,
                *found.warnings,
                *(
                    one
                    for one in (
                        among,
                        _repeats(deposits, source, section),
                        _neighbours(deposits, source, section),
                        hint,
                        others,
                    )
                    if one is not None
                ),
            ]
        ),
    }
    return deposits


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
            names = {str(full).casefold(): str(symbol) for symbol, full in element_table()["name"].items()}
            near = [one for one in (names.get(name.casefold()), name.capitalize()) if one in known]
            near = near or difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError(f"deposits.commodities: {name!r} is not the symbol of an element{hint}")


def _kept_among_others(
    table: pd.DataFrame, kept: pd.DataFrame, keep: Mapping[str, Sequence[str | float]], source: str
) -> InputWarning | None:
    """Return the warning that rows are kept which hold other values beside a wanted one."""
    if not keep:
        return None
    rows = kept.index
    for column, wanted in keep.items():
        alone = cell_text(kept[column]).isin([str(value).strip() for value in wanted]).to_numpy()
        numbers = pd.to_numeric(cell_text(kept[column]), errors="coerce").notna().to_numpy()
        among = ~alone & ~numbers
        if among.any():
            first = int(np.flatnonzero(among)[0])
            return InputWarning(
                f"{among.sum()} of the {len(rows)} rows kept hold other values beside the wanted one, such as "
                f"{str(kept[column].iat[first])!r}",
                f"list whole cells in deposits.keep.{column} (one with its separator, such as "
                f"{str(kept[column].iat[first])!r}) to keep only cells that equal them",
                source,
                str(column),
                str(rows[first]),
            )
    return None


def _repeats(deposits: gpd.GeoDataFrame, source: str, section: Mapping[str, Any]) -> InputWarning | None:
    """Return the warning that a deposit seems to be listed more than once, under one name at places close by."""
    inside = deposits[deposits["inside"] & (deposits["name"] != "")]
    inside = inside[inside["name"].str.casefold().duplicated(keep=False)]
    xy, names = inside.get_coordinates().to_numpy(), inside["name"].str.casefold().to_numpy(dtype=object)
    found: dict[str, list[int]] = {}
    widest = 0.0
    for one, other in sorted(cKDTree(xy).query_pairs(_SAME_NAME_METRES)) if len(xy) > 1 else []:
        if names[one] == names[other]:
            found.setdefault(inside["name"].iat[one], []).append(int(inside["row"].iat[other]))
            widest = max(widest, float(np.hypot(*(xy[one] - xy[other]))))
    if not found:
        return None
    told = ", ".join(repr(name) for name in list(found)[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return InputWarning(
        f"{len(found)} {'name is' if len(found) == 1 else 'names are'} listed at several places up to "
        f"{kilometres(widest)} apart, and each place counts as a deposit: {told}{more}",
        f"remove the repeats if they are one deposit, or set deposits.merge_distance (now "
        f"{section.get('merge_distance', 1.0):g}) to the metres within which records are one",
        source,
        str(section.get("name")),
        str(min(min(rows) for rows in found.values())),
    )


def _neighbours(deposits: gpd.GeoDataFrame, source: str, section: Mapping[str, Any]) -> InputWarning | None:
    """Return the warning that deposits of different names lie so close that they may be one."""
    inside = deposits[deposits["inside"]]
    xy, names = inside.get_coordinates().to_numpy(), inside["name"].str.casefold().to_numpy(dtype=object)
    pairs = sorted(cKDTree(xy).query_pairs(_ONE_PLACE_METRES)) if len(xy) > 1 else []
    pairs = [(one, other) for one, other in pairs if names[one] != names[other]]
    if not pairs:
        return None
    told = "; ".join(
        f"{inside['name'].iat[one]!r} and {inside['name'].iat[other]!r}" for one, other in pairs[:_MOST_NAMED]
    )
    more = f" and {len(pairs) - _MOST_NAMED} more" if len(pairs) > _MOST_NAMED else ""
    return InputWarning(
        f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'} of deposits with different names "
        f"{'lies' if len(pairs) == 1 else 'lie'} within {_ONE_PLACE_METRES:g} m of each other, and each place "
        f"counts as a deposit: {told}{more}",
        f"remove the repeats if they are one deposit, or set deposits.merge_distance (now "
        f"{section.get('merge_distance', 1.0):g}) to the metres within which records are one",
        source,
        str(section.get("name") or ""),
        str(inside["row"].iat[pairs[0][1]]),
    )


def _names(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> Any:
    column = section.get("name")
    if not column:
        return np.full(len(table), "", dtype=object)
    require_column(table, column, source, "deposits.name")
    return cell_text(table[column]).to_numpy(dtype=object)
