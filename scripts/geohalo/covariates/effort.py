"""Exploration effort: a layer of how much was done where, which the map is shown against and nothing learns from."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from geohalo.covariates.bands import Bands, Ground, checked_cover
from geohalo.errors import InputError
from geohalo.survey.table_files import LAYERS

KEY = "effort"
#: What becomes of cells without the layer.
UNKNOWN = "have no effort in tables and figures"


def effort_band(section: Mapping[str, Any], file: str | Path, ground: Ground) -> Bands:
    """Bring the layer of effort to the cells of a survey.

    Points become their number, or the sum of ``column``, for each km² within ``radius``, and lines their length. Of
    polygons it is the mean of ``column``, and of a raster the mean, both by area
    (`geohalo.covariates.shapes`, `geohalo.covariates.rasters`).

    Parameters
    ----------
    section : mapping
        Config section ``effort`` with its defaults.
    file : str or Path
        Of the layer.
    ground : Ground

    Returns
    -------
    Bands
        One continuous band.

    Raises
    ------
    InputError
        The layer cannot be read, has no CRS, covers too little of the survey, is the same everywhere, or is negative
        somewhere.
    """
    path, layer = Path(file), {**section, "kind": "continuous", "measure": "density"}
    if path.suffix.lower() in LAYERS or path.suffix.lower() == ".zip":
        from geohalo.covariates.shapes import shape_bands  # slow to import

        bands = shape_bands(KEY, path, layer, ground, key=KEY)
    else:
        from geohalo.covariates.rasters import raster_bands

        bands = raster_bands(KEY, path, layer, ground, key=KEY)
    low = np.nanmin(bands.values, initial=0)
    if low < 0:
        raise InputError(
            f"{bands.where}: effort is {low:.6g} in some cells, and less than nothing cannot have been done. List what "
            f"stands for no value in {KEY}.nodata, or give a layer of amounts and not of logarithms or differences."
        )
    bands = checked_cover(bands, KEY, UNKNOWN)
    return replace(bands, unit=section.get("unit") or bands.unit)
