"""Read a survey that comes as rasters."""

from pathlib import Path

import numpy as np

from geohalo.cube.rasters import read_rasters
from geohalo.files.cells import Survey, write_netcdf
from geohalo.files.input_warnings import leave_warnings


def read_grids(section: dict, folder: str, elements: str, warnings: str | None = None) -> list[str]:
    """Write all elements on their common grid, and what is doubtful; returns lines for the log."""
    rasters = read_rasters(section, Path(folder))
    names, mask = rasters.elements, rasters.mask
    survey = Survey(rasters.grid, mask, rasters.crs.to_wkt())
    kind, unit = ("band", "1") if section["unit"] == "none" else ("element", "ppm")
    about = {"long_name": "concentration" if kind == "element" else "value", "units": unit}
    data = survey.dataset(concentration=(("element", "y", "x"), rasters.values.astype(np.float32), about))
    write_netcdf(data.assign_coords(element=names), elements)
    message = f"{len(names)} {kind}s ({', '.join(names)}), {mask.sum()} cells of {rasters.grid.cell:g} m"
    return [*leave_warnings("read_grids", rasters.warnings, warnings, folder), message]
