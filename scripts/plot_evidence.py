"""Draw the figures of the evidence, and the training history."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_evidence import plot_evidence
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_evidence(snakemake.params.survey, dict(snakemake.input.items()), dict(snakemake.output.items()))
