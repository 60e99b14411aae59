"""Read a survey that comes as rasters."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.read_grids import read_grids
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        for line in read_grids(snakemake.params.grids, snakemake.params.folder, **snakemake.output):
            log.info(line)
