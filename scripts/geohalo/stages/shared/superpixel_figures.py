"""Draw the superpixels of every scale over the cube, and the folds."""

from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.cube.moments import Moments
from geohalo.files.cells import Survey, cube_part, read_geotiff
from geohalo.products.cell_figures import shown_part
from geohalo.products.figures import folds_map, save_figure, superpixel_map
from geohalo.products.map_ground import MapGround
from geohalo.superpixels.components import Components


def moments(data: xr.Dataset, survey: Survey) -> Moments:
    """Take the moments of the cube by blocks of rows."""
    blocks = [rows for rows in survey.row_blocks() if survey.mask[rows].any()]
    values = (data["cube"][:, rows].to_numpy()[:, survey.mask[rows]].T for rows in blocks)
    return reduce(add, (Moments.of(block.astype(np.float64), products=True) for block in values))


def superpixel_figures(
    ground: MapGround,
    known: pd.DataFrame,
    cube: str,
    labels: dict[int, str],
    folds: str | None,
    figures: dict[str, str],
    covariates: bool = False,
) -> None:
    """Write the figures; that of the folds, with the known deposits, where there are such.

    ``covariates`` tells whether superpixels are made with regard to these.
    """
    with xr.open_dataset(cube) as whole:
        survey, data = Survey.of(whole), cube_part(whole, None if covariates else "element")
        part = shown_part(survey.mask)
        shown = data["cube"][:, *part].to_numpy()[:, survey.mask[part]].T.astype(np.float64)
        seen = Components.of(moments(data, survey), 3)
    # A cube of one or two elements leaves channels of the picture empty.
    components = np.zeros((*survey.mask[part].shape, 3))
    components[survey.mask[part], : len(seen.axes)] = seen.project(shown)
    images = {count: read_geotiff(path)[0] for count, path in labels.items()}
    save_figure(superpixel_map(ground, components, images), figures["superpixels"])
    if folds:
        save_figure(folds_map(ground, read_geotiff(folds), known), figures["folds"])
