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
    data = survey.dataset(
        concentration=(
            ("element", "y", "x"),
            values.astype(np.float32),
            {"long_name": "concentration", "units": "ppm"},
        )
    ).assign_coords(element=names)
    write_netcdf(data, elements)
    return f"{len(names)} elements ({', '.join(names)}), {mask.sum()} cells of {grid.cell:g} m"


if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(read(snakemake.params.grids, snakemake.params.folder, snakemake.output.elements))
