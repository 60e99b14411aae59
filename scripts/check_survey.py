"""Check the input of a survey before a run: a page, the same as text, and a table of errors and warnings."""

import geohalo.quick_start  # noqa: F401
from geohalo.check.survey import Files
from geohalo.stages.check_survey import SINGLE, check_survey
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        single = {name: next(iter(getattr(given, name)), None) for name in SINGLE}
        files = Files(**single, labels=dict(zip(params.raster_keys, given.labels, strict=True)))
        files.covariates = dict(zip(params.layers, given.covariates, strict=True))
        log.info(check_survey(files, **params.arguments, **snakemake.output))
