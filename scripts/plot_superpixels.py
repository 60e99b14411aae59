"""Draw the superpixels of every scale over the cube, and the folds."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_superpixels import plot_superpixels
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        labels = dict(zip(snakemake.params.n_segments, snakemake.input.labels, strict=True))
        files = {key: snakemake.input.get(key) for key in ("cube", "folds", "deposits")}
        given = {"labels": labels, "covariates": snakemake.params.covariates, **files}
        plot_superpixels(snakemake.params.survey, **given, figures=dict(snakemake.output.items()))
