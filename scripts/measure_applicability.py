"""Measure how far the spectrum of each cell lies from those that the map was trained on."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.measure_applicability import measure_applicability
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        paths = snakemake.input
        log.info(
            measure_applicability(
                paths.cube, str(Path(paths.folds[0]).parent), snakemake.output.applicability
            )
        )
