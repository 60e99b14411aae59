"""Summarise and draw the elements that the map rests on."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.show_pathfinders import show_pathfinders
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        paths, params = snakemake.input, snakemake.params
        given = (paths.pathfinders, paths.cube, str(Path(paths.folds[0]).parent))
        show_pathfinders(*given, params.survey, params.commodities, **snakemake.output)
