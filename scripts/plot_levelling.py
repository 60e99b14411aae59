"""Draw the levels of batches before and after levelling."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_levelling import plot_levelling
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_levelling(snakemake.params.survey, **snakemake.input, **snakemake.output)
