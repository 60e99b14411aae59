"""Where the grids of a NetCDF file lie: their CRS in the forms that programs write, and evenly spaced coordinates."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyproj
import xarray as xr
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from rasterio.crs import CRS

from geohalo.cube.bands import SAME_PLACE, one_line
from geohalo.errors import InputError

_KILOMETRES = {"km", "kilometer", "kilometre", "kilometers", "kilometres"}
#: Attributes that hold a CRS as text or code, and those by which a variable is known to describe one.
_CRS_TEXTS = ("crs", "crs_wkt", "spatial_ref", "proj4", "proj4text", "projection")
_CRS_CODES = ("epsg_code", "epsg", "EPSG", "EPSG_code", "spatial_epsg")
_CRS_KEYS = ("crs_wkt", "spatial_ref", "grid_mapping_name")


def in_metres(axis: NDArray[np.float64], about: Mapping[str, Any], crs: CRS | None) -> NDArray[np.float64]:
    """Return a coordinate in the unit of its CRS where the file gives it in kilometres."""
    kilometres = str(about.get("units", "")).strip().lower() in _KILOMETRES
    if not kilometres or (crs is not None and not crs.is_projected):
        return axis
    unit = pyproj.CRS.from_wkt(crs.to_wkt()).axis_info[0].unit_conversion_factor if crs is not None else 1.0
    return axis * 1000 / unit


def crs_of(grid: xr.DataArray, data: xr.Dataset, source: str) -> CRS | None:
    """Return the CRS of a variable: its own, else the only one that the file describes, else None.

    Raises
    ------
    InputError
        If it is not understood.
    """
    try:
        if grid.rio.crs:
            return grid.rio.crs
        described = [v.attrs for v in data.variables.values() if any(key in v.attrs for key in _CRS_KEYS)]
        if len(described) == 1:
            text = described[0].get("crs_wkt") or described[0].get("spatial_ref")
            found = pyproj.CRS.from_user_input(text) if text else pyproj.CRS.from_cf(described[0])
            return CRS.from_wkt(found.to_wkt())
        mapping = data.variables.get(grid.attrs.get("grid_mapping", grid.encoding.get("grid_mapping")))
        abouts = [about.attrs for about in (grid, mapping, data) if about is not None]
        stated = [text for about in abouts for text in _stated(about)]
        return CRS.from_wkt(pyproj.CRS.from_user_input(stated[0]).to_wkt()) if stated else None
    except (CRSError, KeyError, ValueError) as error:
        raise InputError(
            f"{source}: its CRS is not understood ({one_line(error)}); write it with data.rio.write_crs(...) of "
            "rioxarray."
        ) from error


def _stated(about: Mapping[str, Any]) -> list[str]:
    """Return what attributes state as a CRS: text, or a code with or without `EPSG:`."""
    texts = [str(text) for key in _CRS_TEXTS if (text := about.get(key))]
    codes = [str(code).strip() for key in _CRS_CODES if (code := about.get(key)) is not None]
    return texts + [f"EPSG:{code}" if re.fullmatch(r"\d+", code) else code for code in codes]


def step_of(centres: NDArray[np.float64], axis: str, source: str) -> float:
    """Return the distance between the centres of neighbouring cells, negative where they run backwards.

    Raises
    ------
    InputError
        If there is one cell only, or distances differ.
    """
    if centres.size < 2:
        raise InputError(f"{source}: coordinate {axis} has {centres.size} value; a grid needs two or more.")
    step = float(centres[-1] - centres[0]) / (centres.size - 1)
    steps = np.diff(centres)
    if not (np.abs(steps - step) <= 2 * SAME_PLACE * abs(step)).all() or step == 0:
        raise InputError(
            f"{source}: coordinate {axis} is not evenly spaced (steps of {steps.min():g} to "
            f"{steps.max():g}); resample to a regular grid."
        )
    return step
