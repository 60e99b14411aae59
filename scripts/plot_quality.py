"""Draw what quality control says of the survey."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_quality import plot_quality
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        plot_quality(params.survey, **snakemake.input, limits=params.limits, figure=snakemake.output.figure)
