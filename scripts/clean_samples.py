"""Read the table of samples and clean it: one row per place, every element in ppm."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.clean_samples import clean_samples
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        further = {name: next(iter(given[name]), None) for name in ("assays", "certified")}
        further["folder"] = snakemake.config["data"]["folder"]
        for line in clean_samples(given.table, params.samples, params.grid, **snakemake.output, **further):
            log.info(line)
