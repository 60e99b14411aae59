"""Draw the ranked targets, the concentration-area curve of the map that they were cut from, and what explains both."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_targets import plot_targets
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        params, files = snakemake.params, dict(snakemake.input.items())
        plot_targets(params.survey, params.variant, params.reach, files, dict(snakemake.output.items()))
