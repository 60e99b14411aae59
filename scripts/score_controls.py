"""Score the controls on the folds of the network."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.score_controls import score_controls
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        paths, params, threads = snakemake.input, snakemake.params, snakemake.threads
        folder = str(Path(paths.folds[0]).parent)
        given = {"graphs": paths.graphs, "scores": snakemake.output.scores, "schemes": params.schemes}
        given["commodities"] = params.commodities
        score_controls(paths.cube, paths.places, folder, params.controls, threads, log=log, **given)
