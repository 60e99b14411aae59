"""Bring the batches of the samples to one level, and measure what that does."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.level_samples import level_samples
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        inputs, params, outputs = snakemake.input, snakemake.params, dict(snakemake.output.items())
        settings = params.batch, params.levelling, params.interpolation, params.max_distance
        for line in level_samples(inputs.samples, inputs.analyses, *settings, **outputs):
            log.info(line)
