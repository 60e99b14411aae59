"""Segment the cube into superpixels at one scale."""

import xarray as xr

from geohalo.files.cells import Survey, cube_part, read_cells, write_geotiff
from geohalo.superpixels.counts import superpixel_count
from geohalo.superpixels.segmentation import segment


def segment_superpixels(
    cube: str, n_segments: str, compactness: float, components: int, labels: str, covariates: bool = False
) -> str:
    """Write the label image, with or without regard to covariates; returns a line for the log."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        count = superpixel_count(n_segments, int(survey.mask.sum()))
        values = read_cells(cube_part(data, None if covariates else "element"), "cube", survey).T
    image = segment(values, survey.mask, count, compactness, components)
    write_geotiff(survey, image[None], labels, nodata=0, names=["superpixel"])
    return f"{image.max()} superpixels ({count} asked for)"
