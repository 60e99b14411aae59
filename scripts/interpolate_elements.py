"""Interpolate all elements to the grid, or to one band of its rows, each by the method chosen for it."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.interpolate_elements import interpolate_elements
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        inputs, params = snakemake.input, snakemake.params
        log.info(
            interpolate_elements(
                inputs.samples,
                inputs.interpolation,
                params.grid,
                snakemake.output.elements,
                params.get("band"),
            )
        )
