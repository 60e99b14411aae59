"""Draw how a map that was made elsewhere compares with the survey's own methods."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_judged import plot_judged
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_judged(snakemake.params.survey, dict(snakemake.input.items()), dict(snakemake.output.items()))
