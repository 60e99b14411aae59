"""Delineate the catchments of all samples on the terrain of the survey."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.delineate_catchments import delineate_catchments
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        known = {"survey": params.survey, "folder": snakemake.config["data"]["folder"]}
        settings = (params.terrain, params.grid)
        for line in delineate_catchments(
            given.samples, given.terrain, *settings, **snakemake.output, **known
        ):
            log.info(line)
