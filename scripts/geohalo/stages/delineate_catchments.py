"""Delineate the catchments of all samples on the terrain of a survey, and say what is doubtful about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geohalo.catchments.catchment import Catchments, delineated
from geohalo.catchments.drainage import Drainage
from geohalo.catchments.quality import doubts, limits, table, warnings_of
from geohalo.catchments.snapping import snapped
from geohalo.catchments.terrain import read_drainage
from geohalo.catchments.terrain_file import Wanted
from geohalo.cube.grid import survey_grid
from geohalo.files.catchments import write_catchments
from geohalo.files.input_warnings import leave_warnings
from geohalo.files.provenance import provenance
from geohalo.files.tables import write_csv
from geohalo.products.catchment_figure import Relief, catchment_map
from geohalo.products.styles import save_figure


def delineate_catchments(
    samples: str,
    file: str,
    terrain: Mapping[str, Any],
    grid: Mapping[str, float],
    survey: str,
    catchments: str,
    summary: str,
    figure: str,
    warnings: str | None = None,
    folder: str = "",
) -> list[str]:
    """Write catchments, a row for each sample, and a figure; returns lines for the log.

    Parameters
    ----------
    samples : str
        Clean samples.
    file : str
        Of the terrain.
    terrain : mapping
        Config section of that name with its defaults.
    grid : mapping
        ``cell`` and ``max_distance`` of the config section.
    survey : str
        Name of the survey.
    catchments, summary, figure : str
        Files to write.
    warnings : str, optional
        Table of doubts to write.
    folder : str
        The data folder.
    """
    plausible = limits(terrain)
    frame = gpd.read_parquet(samples, columns=["sample", "geometry"])
    places, crs = frame.get_coordinates().to_numpy(), CRS.from_user_input(frame.crs)
    rows = [str(name) for name in frame["sample"]]
    layout = survey_grid(places, grid["cell"], grid["max_distance"])
    path = Path(file)
    drainage = read_drainage({**terrain, "file": path.name}, path.parent, Wanted(crs, grid["cell"], places))
    found, label = delineated(drainage, snapped(drainage, places, plausible.reach, plausible.channel), layout)
    doubtful = doubts(drainage, found, places, plausible)
    write_catchments(found, rows, layout, crs.to_wkt(), catchments)
    write_csv(table(drainage, found, places, doubtful, rows), summary, float_format="%.6g")
    below = _relief(drainage, label, plausible.channel)
    save_figure(catchment_map(survey, below, places, doubtful, _named(crs)), figure)
    source = str(provenance(samples).get("source", "samples"))
    told = warnings_of(doubtful, plausible, rows, source)
    return [*leave_warnings("delineate_catchments", told, warnings, folder), _told(drainage, found)]


def _relief(drainage: Drainage, label: np.ndarray, channel: float) -> Relief:
    frame = drainage.frame
    x = frame.west + frame.width * (np.arange(frame.columns, dtype=np.float64) + 0.5)
    y = frame.north - frame.height * (np.arange(frame.rows, dtype=np.float64) + 0.5)
    return Relief(x, y, label, drainage.heights, drainage.upstream, channel / frame.cell_area)


def _named(crs: CRS) -> str:
    return ":".join(code) if (code := crs.to_authority()) else ""


def _told(drainage: Drainage, found: Catchments) -> str:
    frame, there = drainage.frame, found.area > 0
    nested = int((found.parent >= 0).sum())
    middle = float(np.median(found.area[there])) / 1e6 if there.any() else 0.0
    return (
        f"{int(there.sum())} of {len(there)} samples have a catchment, {nested} of them above another sample; the "
        f"median is {middle:.3g} km2, on {frame.rows} x {frame.columns} cells of {frame.width:g} m"
    )
