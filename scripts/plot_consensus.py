"""Draw the consensus of the workflows."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_consensus import plot_consensus
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_consensus(
            snakemake.params.survey,
            snakemake.params.area,
            dict(snakemake.input.items()),
            snakemake.output.figure,
        )
