"""Measure how well each method interpolates each element at left-out samples, and choose."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.fit_interpolation import fit_interpolation
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        inputs, params, outputs = snakemake.input, snakemake.params, snakemake.output
        log.info(
            fit_interpolation(
                inputs.samples,
                params.max_distance,
                params.interpolation,
                outputs.interpolation,
                outputs.table,
            )
        )
