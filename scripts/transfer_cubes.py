"""Make the cubes of two surveys anew on the elements that both have, with superpixels of one size and their graphs."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.transfer_cubes import transfer_cubes
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        files, params = snakemake.input, snakemake.params
        given = (params.settings, params.fewest, snakemake.output.cubes, snakemake.output.levels)
        for line in transfer_cubes((files.source, files.target), tuple(params.names), *given):
            log.info(line)
