"""Segment the cube into superpixels at one scale."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.segment_superpixels import segment_superpixels
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(
            segment_superpixels(snakemake.input.cube, **snakemake.params.slic, labels=snakemake.output.labels)
        )
