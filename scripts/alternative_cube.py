"""Second stage of an alternative: the cube, its superpixels and their graphs."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.alternative_cube import alternative_cube
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        for line in alternative_cube(
            snakemake.input.elements, snakemake.params.settings, snakemake.output.folder
        ):
            log.info(line)
