"""Fit the principal components that superpixels see, by blocks of rows."""

import json
from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np
import xarray as xr

from geohalo.cube.moments import Moments
from geohalo.files.cells import Survey, cube_part
from geohalo.files.tables import write_text
from geohalo.superpixels.components import Components


def fit_components(cube: str, components: int, fitted: str, covariates: bool = False) -> str:
    """Write mean, axes and range of the scores; returns a line for the log."""
    with xr.open_dataset(cube) as whole:
        survey, data = Survey.of(whole), cube_part(whole, None if covariates else "element")

        def blocks() -> Iterator[np.ndarray]:
            for rows in survey.row_blocks():
                if survey.mask[rows].any():
                    inside = data["cube"][:, rows].to_numpy()[:, survey.mask[rows]]
                    yield inside.T.astype(np.float64)

        moments = reduce(add, (Moments.of(block, products=True) for block in blocks()))
        found = Components.of(moments, components).ranged(blocks())
        table = {"element": [str(name) for name in data["element"].to_numpy()]} | found.table()
    write_text(json.dumps(table), fitted)
    shares = ", ".join(f"{share:.0%}" for share in found.shares)
    return f"{len(found.axes)} components with {shares} of the variance"
