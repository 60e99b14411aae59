"""Put the gridded elements of all tiles together, block by block."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.gather_elements import gather_elements
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(gather_elements(snakemake.input.tiles, snakemake.output.elements))
