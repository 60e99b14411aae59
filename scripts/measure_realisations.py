"""Measure what held-out deposits say of each realisation, of their mean, and of the interpolated map itself."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.measure_realisations import measure_realisations
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        paths, params = snakemake.input, snakemake.params
        given = (paths.elements, paths.get("samples"), str(Path(paths.folds[0]).parent), params.variant)
        log.info(measure_realisations(params.runs, *given, snakemake.output.table, **params.arguments))
