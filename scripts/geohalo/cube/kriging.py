"""Ordinary kriging from the nearest samples, the systems of many cells solved at once by LAPACK.

The nugget is noise of the samples (analysis, and what varies between two samples at one place), not of the map: a cell
at a sample takes a value between the sample and its neighbours, and the variance is that of the map without this noise.
A further sample there would vary by the nugget more, which is the variance that GSTools gives.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geohalo.cube.inverse_distance import missing_patterns
from geohalo.cube.neighbourhoods import Neighbourhoods, Places, neighbourhoods

if TYPE_CHECKING:
    import gstools as gs

Array = NDArray[np.float64]

#: Share of the sill added to each sample's own variance: keeps a system solvable whose places nearly coincide.
JITTER = 1e-12


def krige(
    points: Array, values: Array, targets: Array, models: Sequence["gs.CovModel"], neighbours: int
) -> tuple[Array, Array]:
    """Krige all elements (Matheron 1963, doi 10.2113/gsecongeo.58.8.1246), each by its own model.

    Each is taken from the samples in which it has a value. Elements analysed in the same samples share the neighbour
    search and the distances.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres. Samples within a centimetre of each other are one place, whose samples share its weight.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing. Every element needs at least one value.
    targets : ndarray (cells, 2)
        Coordinates in metres.
    models : sequence of gstools.CovModel (elements,)
        In two dimensions, each with its nugget, all with the same anisotropy; the nearest samples are those that the
        first one correlates most.
    neighbours : int
        Nearest places used; all of them when there are fewer.

    Returns
    -------
    estimate : ndarray (cells, elements)
        Weighted means of the samples: weights sum to 1, and some may be negative.
    variance : ndarray (cells, elements)
        Of the error without the nugget, in the units of the model: 0 at a sample where there is no nugget.
    """
    estimate, variance = np.empty((2, len(targets), values.shape[1]))
    there = _isotropic(targets, models[0])
    for present, elements in missing_patterns(values):
        places = Places.of(points[present])
        means = places.mean @ values[np.ix_(present, elements)]
        for near in neighbourhoods(_isotropic(places.points, models[0]), there, neighbours):
            between = near.squared_between
            for k, element in enumerate(elements):
                weight, variance[near.rows, element] = _solve(near, between, places.count, models[element])
                estimate[near.rows, element] = np.einsum("ck,ck->c", weight, means[:, k][near.index])
    return estimate, variance


def _isotropic(points: Array, model: "gs.CovModel") -> Array:
    """Coordinates in which the model does not depend on the direction."""
    return np.ascontiguousarray(model.isometrize(points.T).T)


def _solve(
    near: Neighbourhoods, squared_between: Array, count: Array, model: "gs.CovModel"
) -> tuple[Array, Array]:
    """Weights (cells, k) and variance (cells,) of one model.

    With C the covariances between the places, c those with the cell and e a vector of ones, the weights are
    C^-1 (c + m e), in which m makes them sum to 1: the same as the system bordered by ones, but C is positive definite.
    """
    sill = model.sill
    among = model.covariance(np.sqrt(squared_between)) / sill
    own = model.nugget / sill / count[near.index] + JITTER
    diagonal = np.arange(near.index.shape[1])
    among[:, diagonal, diagonal] += own
    right = np.ones((*near.index.shape, 2))
    right[..., 0] = model.covariance(np.sqrt(near.squared)) / sill
    solved = np.linalg.solve(among, right)
    total = solved.sum(axis=1)
    multiplier = (1 - total[:, 0]) / total[:, 1]
    weights = solved[..., 0] + multiplier[:, None] * solved[..., 1]
    explained = np.einsum("ck,ck->c", weights, right[..., 0]) - multiplier
    # Rounding may leave a variance just below 0 at a sample.
    return weights, np.maximum(model.var - sill * explained, 0.0)
