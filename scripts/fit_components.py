"""Fit the principal components that superpixels see, by blocks of rows."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.fit_components import fit_components
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        params = snakemake.params
        files = (snakemake.input.cube, params.components, snakemake.output.components)
        log.info(fit_components(*files, params.covariates))
