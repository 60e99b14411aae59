"""Bring the layer of exploration effort to the grid of the survey."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr
from pyproj import CRS

from geohalo.covariates.bands import Ground
from geohalo.covariates.effort import effort_band
from geohalo.files.cells import Survey
from geohalo.files.effort import write_effort
from geohalo.files.input_warnings import leave_warnings


def read_effort(
    file: str,
    elements: str,
    section: Mapping[str, Any],
    effort: str,
    warnings: str | None = None,
    folder: str = "",
) -> list[str]:
    """Write the map of exploration effort; returns lines for the log.

    Parameters
    ----------
    file : str
        Of the layer.
    elements : str
        File of the gridded elements, which says where the survey is.
    section : mapping
        Config section ``effort`` with its defaults.
    effort : str
        Map to write.
    warnings : str, optional
        Table of doubts to write.
    folder : str
        The data folder.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    bands = effort_band(section, file, Ground(survey.grid, survey.mask, CRS.from_wkt(survey.crs)))
    write_effort(survey, bands.values[0], bands.unit, Path(file).name, effort)
    told = f"Exploration effort from {Path(file).name}, {bands.unit or 'no unit'}"
    return [*leave_warnings("read_effort", list(bands.warnings), warnings, folder), told]
