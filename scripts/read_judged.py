"""Bring a map that was made elsewhere to the survey's grid, and say which deposits it is judged by."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.read_judged import read_judged
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params, outputs = snakemake.input, snakemake.params, dict(snakemake.output.items())
        folds, data = str(Path(given.folds[0]).parent), snakemake.config["data"]["folder"]
        files = (given.file, given.get("trained_on"), given.elements, folds, given.deposits)
        for line in read_judged(*files, params.sections, params.radius, outputs, data):
            log.info(line)
