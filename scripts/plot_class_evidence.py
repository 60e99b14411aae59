"""Draw the confusion matrix, the comparison of methods, and the training history."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_class_evidence import plot_class_evidence
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        files, figures = dict(snakemake.input.items()), dict(snakemake.output.items())
        plot_class_evidence(snakemake.params.survey, snakemake.params.variant, files, figures)
