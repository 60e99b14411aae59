"""Bring the layer of exploration effort to the grid of the survey."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.read_effort import read_effort
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, folder = snakemake.input, snakemake.config["data"]["folder"]
        section = snakemake.params.section
        for line in read_effort(given.file, given.elements, section, **snakemake.output, folder=folder):
            log.info(line)
