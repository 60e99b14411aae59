"""Put the labels of all tiles together and make superpixels of them."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.stitch_superpixels import stitch_superpixels
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        paths, asked = snakemake.input, snakemake.params.n_segments
        log.info(stitch_superpixels(paths.cube, paths.tiles, asked, snakemake.output.labels))
