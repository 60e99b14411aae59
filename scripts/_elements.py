"""Gridded elements: some of them as a file of their own, and their levels."""

import numpy as np
import xarray as xr
from _cells import Survey, netcdf_by_rows


def write_elements(data: xr.Dataset, survey: Survey, elements: list[str], path: str) -> None:
    """Write the concentrations of some elements, in this order."""
    about = {"concentration": {"long_name": "concentration", "units": "ppm"}}
    chosen = data["concentration"].sel(element=elements)
    with netcdf_by_rows(survey.dataset().assign_coords(element=elements), about, path) as write:
        for rows in survey.row_blocks():
            write("concentration", rows, chosen[:, rows].to_numpy())


def median_levels(data: xr.Dataset) -> tuple[list[str], np.ndarray]:
    """Return the elements and the median concentration of each over the cells."""
    names = [str(name) for name in data["element"].to_numpy()]
    return names, np.array([np.nanmedian(data["concentration"].sel(element=name)) for name in names])
