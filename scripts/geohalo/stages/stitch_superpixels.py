"""Put the labels of all tiles together and make superpixels of them."""

import numpy as np
import xarray as xr

from geohalo.files.cells import Survey, read_geotiff, write_geotiff
from geohalo.superpixels.counts import superpixel_count
from geohalo.superpixels.lattice import lattice_seeds, stitch


def stitch_superpixels(cube: str, tiles: list[str], n_segments: str, labels: str) -> str:
    """Write the label image; returns a line for the log."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
    count = superpixel_count(n_segments, int(survey.mask.sum()))
    n_seeds = len(lattice_seeds(survey.mask, count).places)
    image = stitch(np.concatenate([read_geotiff(tile)[0] for tile in tiles]), survey.mask, n_seeds)
    write_geotiff(survey, image[None], labels, nodata=0, names=["superpixel"])
    return f"{image.max()} superpixels ({count} asked for) from {len(tiles)} tiles"
