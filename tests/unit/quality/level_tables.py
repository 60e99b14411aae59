"""Samples of several batches for the tests of levelling."""

import numpy as np
from geohalo.quality.level_survey import Rows
from geohalo.survey.simulation.fields import gaussian_field


def sheets(side=12, sheet=6, spacing=1000.0, seed=0):
    """Samples, one in each square of a grid of side x side, and the map sheet of each; points (n, 2), codes (n,)."""
    rng = np.random.default_rng(seed)
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    squares = np.column_stack([column, row])
    points = (squares + rng.uniform(0.1, 0.9, squares.shape)) * spacing
    across = side // sheet
    return points, (row // sheet * across + column // sheet).astype(np.int64)


def logs(points, n_elements, seed=0, nugget=0.15, length=8000.0):
    """ln of concentrations: a smooth field and noise for each element."""
    rng = np.random.default_rng(seed)
    fields = [gaussian_field(points, rng, length, smooth=True, modes=200) for _ in range(n_elements)]
    return 0.4 * np.stack(fields, axis=1) + nugget * rng.normal(size=(len(points), n_elements))


def rows(points, values, batch, censored=None, material=None):
    """Rows of `level_survey` of ln values."""
    none = np.full(len(values), "", dtype=object)
    return Rows(
        values=np.exp(values),
        censored=np.zeros(values.shape, dtype=bool) if censored is None else censored,
        batch=np.asarray(batch, dtype=object),
        points=points,
        material=none if material is None else np.asarray(material, dtype=object),
    )


def no_rows(n_elements):
    """No reference materials."""
    return rows(np.zeros((0, 2)), np.zeros((0, n_elements)), [])
