"""Bring all layers beside geochemistry to the grid of the survey."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.prepare_covariates import prepare_covariates
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        files = dict(zip(params.names, given.files, strict=True))
        known = {name: given.get(name) for name in ("samples", "table")}
        known |= {"assays": next(iter(given.get("assays", ())), None)}
        known |= {"section": params.section, "folder": snakemake.config["data"]["folder"]}
        settings = (params.layers, files, params.interpolation)
        for line in prepare_covariates(given.elements, *settings, **snakemake.output, **known):
            log.info(line)
