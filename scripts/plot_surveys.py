"""Draw the evidence of several surveys beside each other."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_surveys import plot_surveys
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_surveys(snakemake.input.table, snakemake.output.figure)
