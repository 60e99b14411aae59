"""Log-ratio transform and standardise the elements, by blocks of rows: the cube that the network sees."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.stack_cube import stack_cube
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        further = (next(iter(given.quality), None), given.get("covariates"))
        stack_cube(given.elements, params.transform, params.clip, snakemake.output.cube, *further)
