"""Put the gridded elements of all tiles together, block by block."""

from geohalo.stages.gather_elements import gather_elements
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(gather_elements(snakemake.input.tiles, snakemake.output.elements))
