"""Delineate the catchments of all samples on the terrain of a survey, and say what is doubtful about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
from pyproj import CRS

from geohalo.catchments.quality import limits, table, warnings_of
from geohalo.catchments.survey import SurveyCatchments, survey_catchments
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
    found = survey_catchments(drainage, places, layout, plausible)
    write_catchments(found.catchments, rows, layout, crs.to_wkt(), catchments)
    write_csv(table(drainage, found.catchments, places, found.doubts, rows), summary, float_format="%.6g")
    save_figure(catchment_map(survey, Relief.of(found), places, found.doubts, found.crs_code), figure)
    source = str(provenance(samples).get("source", "samples"))
    told = warnings_of(found.doubts, found.plausible, rows, source)
    return [*leave_warnings("delineate_catchments", told, warnings, folder), _told(found)]


def _told(found: SurveyCatchments) -> str:
    frame, there = found.drainage.frame, found.catchments.area > 0
    nested = int((found.catchments.parent >= 0).sum())
    return (
        f"{int(there.sum())} of {len(there)} samples have a catchment, {nested} of them above another sample; the "
        f"median is {found.median_area:.3g} km2, on {frame.rows} x {frame.columns} cells of {frame.width:g} m"
    )
