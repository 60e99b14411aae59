"""Draw the map of classes beside the labels, the folds, and the evidence."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_classes import plot_classes
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        files, figures = dict(snakemake.input.items()), dict(snakemake.output.items())
        plot_classes(snakemake.params.survey, snakemake.params.variant, files, figures)
