"""Run SLIC's iterations on one tile of the cube."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.segment_tile import segment_tile
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        paths, params = snakemake.input, snakemake.params
        settings = (params.n_segments, params.compactness, params.tile)
        further = (snakemake.output.labels, params.covariates)
        log.info(segment_tile(paths.cube, paths.components, *settings, *further))
