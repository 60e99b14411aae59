"""Read a survey that comes as rasters."""

from pathlib import Path

import numpy as np
from _cells import Survey, write_netcdf
from _job import job
from geohalo.cube.rasters import common_grid, read_bands, stack_bands


def read(section: dict, folder: str, elements: str) -> str:
    """Write all elements on their common grid; returns a line for the log."""
    bands = read_bands(section, Path(folder))
    grid, crs = common_grid(bands)
    names, values, mask = stack_bands(bands, section["unit"])
    survey = Survey(grid, mask, crs.to_wkt())
    kind, unit = ("band", "1") if section["unit"] == "none" else ("element", "ppm")
    about = {"long_name": "concentration" if kind == "element" else "value", "units": unit}
    data = survey.dataset(concentration=(("element", "y", "x"), values.astype(np.float32), about))
    write_netcdf(data.assign_coords(element=names), elements)
    return f"{len(names)} {kind}s ({', '.join(names)}), {mask.sum()} cells of {grid.cell:g} m"


if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(read(snakemake.params.grids, snakemake.params.folder, snakemake.output.elements))
