"""Rank the anomalous ground: a map, tables, a GeoPackage with styles, and a QGIS project."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.rank_targets import rank_targets
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        params, files = snakemake.params, dict(snakemake.input.items())
        arguments = (params.survey, params.transform, params.targets, dict(snakemake.output.items()))
        log.info(rank_targets(files, *arguments))
