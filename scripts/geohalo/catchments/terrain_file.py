"""What is asked of a file of heights or of flow directions before it is read: its CRS, its size, its cover."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from geohalo.catchments.drainage import Frame
from geohalo.cube.raster_access import crs_of
from geohalo.cube.raster_places import named, same_crs
from geohalo.errors import InputError
from geohalo.survey.crs import file_crs, read_crs

#: Cells of a terrain at most.
MOST_CELLS = 400_000_000
#: Samples of which a smaller share lies on the terrain stop a run.
LEAST_COVER = 0.5


@dataclass(frozen=True)
class Wanted:
    """What a terrain is read for.

    Attributes
    ----------
    crs : pyproj.CRS
        Of the maps, in metres.
    cell : float
        Of the survey's grid, in metres.
    places : ndarray (samples, 2)
        In metres; NaN for those without coordinates.
    """

    crs: pyproj.CRS
    cell: float
    places: NDArray[np.float64]


def check_cover(
    values: NDArray[np.generic],
    frame: Frame,
    places: NDArray[np.float64],
    source: str,
    void: int | None = None,
) -> None:
    """Stop where the terrain covers too little of a survey.

    Parameters
    ----------
    values : ndarray (rows, columns)
        Heights, NaN for voids; or codes.
    frame : Frame
    places : ndarray (samples, 2)
        In metres.
    source : str
        File, for messages.
    void : int, optional
        Code of voids.

    Raises
    ------
    InputError
        Fewer than half of the samples lie on it; it names how many lie beyond its edges and how many in voids.
    """
    cells = frame.cells_at(places)
    inside = cells >= 0
    there = values.ravel()[cells[inside]]
    empty = there == void if void is not None else there != there
    usable = int(inside.sum() - empty.sum())
    if usable >= LEAST_COVER * len(places) and usable:
        return
    west, south, east, north = frame.bounds
    low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
    raise InputError(
        f"{source}: the terrain covers {usable:,} of {len(places):,} samples ({int((~inside).sum()):,} lie beyond its "
        f"edges, {int(empty.sum()):,} in voids). It reaches from {west:.0f}, {south:.0f} to {east:.0f}, {north:.0f} "
        f"and the samples from {low[0]:.0f}, {low[1]:.0f} to {high[0]:.0f}, {high[1]:.0f}, in metres of the maps' CRS. "
        "Give a terrain that covers the survey and the ground upstream of it, or correct terrain.crs or samples.crs."
    )


def check_metric(crs: pyproj.CRS, path: Path) -> None:
    """Stop where the maps are in degrees.

    Raises
    ------
    InputError
    """
    if not crs.is_projected:
        raise InputError(
            f"{path}: a terrain has to lie on a map in metres, and {crs.name!r} is not one to warp it to; set grid.crs "
            "to a projected CRS in metres, such as the UTM zone of the survey."
        )


def checked_crs(path: Path, data: rasterio.DatasetReader, section: Mapping[str, Any]) -> pyproj.CRS:
    """Return the CRS of a terrain, from the file or the config.

    Raises
    ------
    InputError
        The file has several bands, no place, no CRS, one that contradicts the config, or one that its numbers do not
        fit.
    """
    if data.count != 1:
        raise InputError(f"{path}: {data.count} bands; a terrain has one. Save it alone (gdal_translate -b).")
    if data.transform == Affine.identity():
        raise InputError(
            f"{path}: the raster does not state its place; set it (gdal_edit.py -a_ullr -a_srs)."
        )
    stated = section.get("crs")
    given = read_crs(str(stated), "terrain.crs") if stated else None
    found = crs_of(path, data)
    own = pyproj.CRS.from_wkt(found.to_wkt()) if found else None
    if own is not None and own.is_engineering and given is not None:
        own = None
    if own is None and given is None:
        raise InputError(f"{path}: the raster has no CRS; set terrain.crs, for example EPSG:32633.")
    if own is not None and given is not None and not same_crs(own, given):
        raise InputError(
            f"{path}: the file states the CRS {named(own)}, but terrain.crs is {named(given)}; correct or "
            "remove the key."
        )
    crs = given or file_crs(own, str(path), "set terrain.crs")
    left, bottom, right, top = data.bounds
    if crs.is_geographic and max(abs(left), abs(right), abs(bottom), abs(top)) > 400:
        raise InputError(
            f"{path}: its corner {left:.10g}, {top:.10g} lies outside {named(crs)}, whose unit is the degree; its "
            "numbers look like metres. Set the projected CRS that they are in (terrain.crs, or gdal_edit.py -a_srs)."
        )
    return crs


def no_data(data: rasterio.DatasetReader, section: Mapping[str, Any]) -> float | None:
    """Return the code for no data of a terrain: that of the config, else that of the file."""
    given = section.get("nodata")
    return float(given) if given is not None else data.nodatavals[0]
