"""Draw the layers beside geochemistry as the network gets them."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_covariates import plot_covariates
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        given = (snakemake.input.covariates, snakemake.input.get("deposits"))
        plot_covariates(snakemake.params.survey, *given, snakemake.output.figure)
