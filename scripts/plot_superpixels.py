"""Draw the superpixels of every scale over the cube, and the folds."""

import numpy as np
import xarray as xr
from _cells import Survey, read_geotiff
from _job import job
from _plots import deposit_table, ground
from geohalo.products.figures import folds_map, save_figure, superpixel_map
from geohalo.superpixels.segmentation import principal_components


def plot(
    name: str,
    cube: str,
    labels: dict[int, str],
    folds: str | None,
    deposits: str | None,
    figures: dict[str, str],
) -> None:
    """Write the figures; that of the folds where there are deposits."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        scores = principal_components(data["cube"].to_numpy()[:, survey.mask].T, 3)
    where = ground(name, survey)
    # A cube of one or two elements leaves channels of the picture empty.
    scores = np.pad(scores, ((0, 0), (0, 3 - scores.shape[1])))
    components = np.moveaxis(survey.image(scores.T), 0, -1)
    images = {count: read_geotiff(path)[0] for count, path in labels.items()}
    save_figure(superpixel_map(**where, components=components, labels=images), figures["superpixels"])
    if folds:
        known = deposit_table(deposits)
        save_figure(folds_map(**where, region=read_geotiff(folds), deposits=known), figures["folds"])


if __name__ == "__main__":
    with job(snakemake):
        labels = dict(zip(snakemake.params.n_segments, snakemake.input.labels, strict=True))
        files = {key: snakemake.input.get(key) for key in ("cube", "folds", "deposits")}
        plot(snakemake.params.survey, labels=labels, **files, figures=dict(snakemake.output.items()))
