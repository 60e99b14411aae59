"""Map the ground that samples of streams or till came from, and compare it with discs at left-out samples."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.unmix_elements import unmix_elements
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        ground = {name: given.get(name) for name in ("catchments", "bearing")}
        folder = snakemake.config["data"]["folder"]
        for line in unmix_elements(
            given.samples, params.grid, params.settings, **snakemake.output, **ground, folder=folder
        ):
            log.info(line)
