"""Draw the comparison of superpixel settings."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_sweep import plot_sweep
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_sweep(snakemake.params.survey, snakemake.params.in_use, **snakemake.input, **snakemake.output)
