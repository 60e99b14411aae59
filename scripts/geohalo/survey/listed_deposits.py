"""Which known deposits another list names: by place where it has coordinates, else by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS
from scipy.spatial import cKDTree

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import label_cells, number_rows
from geohalo.survey.coordinates import locate, project
from geohalo.survey.layout import Form
from geohalo.survey.spelling import plain_columns, plain_section
from geohalo.survey.tables import read_table


def named_deposits(
    path: str | Path,
    section: Mapping[str, Any],
    known: gpd.GeoDataFrame,
    crs: CRS | str,
    reach: float,
) -> tuple[npt.NDArray[np.bool_], int]:
    """Tell which known deposits a list names.

    Parameters
    ----------
    path : str or Path
        A table with the columns that the section names: of coordinates, or of names where it has none of these.
    section : mapping
        Config section `deposits`; used are `x`, `y`, `crs` and `name`.
    known : GeoDataFrame, shape (D, columns)
        Deposits in metres, with `name`.
    crs : pyproj.CRS or str
        Their CRS.
    reach : float
        A deposit within so many metres of a place of the list is one of it.

    Returns
    -------
    named : ndarray of bool, shape (D,)
    rows : int
        Rows of the list.

    Raises
    ------
    InputError
        If the list has none of these columns, or names no deposit of the survey.
    """
    source, section = str(path), plain_section(section)
    wanted = tuple(str(section[key]) for key in ("x", "y", "name") if section.get(key))
    table = plain_columns(number_rows(read_table(path, None, Form(wanted=wanted, key=""))))
    has = {key: bool(section.get(key)) and str(section[key]) in table for key in ("x", "y", "name")}
    if "geometry" in table or (has["x"] and has["y"]):
        where = section if has["x"] and has["y"] else {**section, "x": None, "y": None, "crs": None}
        found = locate(table, where, source, "deposits")
        x, y = project(found.x, found.y, found.crs, CRS(crs))
        places = np.column_stack([x, y])[np.isfinite(x)]
        distance = cKDTree(places).query(known.get_coordinates().to_numpy())[0] if len(places) else np.inf
        named, by = (
            np.broadcast_to(distance <= reach, len(known)),
            f"lies within {reach:g} m of a place of it",
        )
    elif has["name"]:
        names = {name.casefold() for name in label_cells(table[section["name"]]) if name}
        named, by = known["name"].str.casefold().isin(names).to_numpy(), "has a name of it"
    else:
        raise InputError(
            f"{source}: the list has neither the columns of coordinates nor that of names of the section deposits "
            f"({', '.join(wanted)}); rename its columns (judge.trained_on)"
        )
    if not named.any():
        raise InputError(
            f"{source}: no deposit of the survey {by}; check the list and its CRS, or remove judge.trained_on"
        )
    return named, len(table)


def unmatched_doubt(named: npt.NDArray[np.bool_], rows: int, source: str) -> InputWarning | None:
    """Return the doubt about a list with more rows than deposits that it names; None without such.

    Parameters
    ----------
    named : ndarray of bool, shape (D,)
    rows : int
        Rows of the list, as `named_deposits` returns both.
    source : str
        The list.
    """
    if named.sum() >= rows:
        return None
    return InputWarning(
        f"the list has {rows} rows, and {named.sum()} of the {len(named)} deposits of the survey are in it",
        "look whether deposits of the survey are missed, for example by another spelling",
        source,
    )
