"""Draw the samples, the elements, the superpixels of every scale over the cube, and the folds."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_survey import plot_survey
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        params, files = snakemake.params, dict(snakemake.input.items())
        labels = dict(zip(params.n_segments, files.pop("labels"), strict=True))
        plot_survey(params.survey, files, labels, dict(snakemake.output.items()), params.covariates)
