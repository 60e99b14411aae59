"""Smoothing thin-plate splines through the nearest samples: one sparse matrix of weights for all elements.

`scipy.interpolate.RBFInterpolator` fits the same splines as fast, but stops where the nearest samples of a cell lie on
a line, as along a road or a traverse. Here they are fitted all the same, level across the line.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import xlogy

from geohalo.cube.inverse_distance import missing_patterns
from geohalo.cube.neighbourhoods import Neighbourhoods, Places, as_matrix, neighbourhoods
from geohalo.cube.variogram import sample_spacing

Array = NDArray[np.float64]

#: Penalty on the slope, next to nothing beside what the samples say of it, which smoothing divides: samples along a
#: line tell no slope across it.
SLOPE_PENALTY = 1e-9


def smooth(points: Array, values: Array, targets: Array, neighbours: int, smoothing: float) -> Array:
    """Interpolate all elements by smoothing thin-plate splines (Duchon 1977, doi 10.1007/BFb0086566).

    Each is taken from the samples in which it has a value. The spline through the nearest samples, a plane plus a sum
    of r² ln r, whose misfit and bending are balanced by ``smoothing``: what `scipy.interpolate.RBFInterpolator` fits
    with ``neighbors`` and ``smoothing``.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres. Samples within a centimetre of each other are one place.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing. Every element needs at least one value.
    targets : ndarray (cells, 2)
        Coordinates in metres.
    neighbours : int
        Nearest places used; all of them when there are fewer.
    smoothing : float
        0 goes through the samples; without units, since distances are measured in sample spacings.

    Returns
    -------
    ndarray (cells, elements)
        Weighted means of the samples: weights sum to 1, and some are negative. A plane is reproduced, at and beyond
        the samples.
    """
    result = np.empty((len(targets), values.shape[1]))
    for present, elements in missing_patterns(values):
        places = Places.of(points[present])
        means = places.mean @ values[np.ix_(present, elements)]
        for rows, weights in _blocks(places, targets, neighbours, smoothing):
            result[rows, elements] = weights @ means
    return result


def _blocks(
    places: Places, targets: Array, neighbours: int, smoothing: float
) -> Iterator[tuple[slice, csr_array]]:
    """Yield blocks of cells with their weights (cells, places)."""
    unit = sample_spacing(places.points)
    for near in neighbourhoods(places.points / unit, targets / unit, neighbours):
        weights = _solve(near, smoothing / places.count)
        yield near.rows, as_matrix(near.index, weights, len(places.points))


def _solve(near: Neighbourhoods, own: Array) -> Array:
    """Weights (cells, k): the spline's system, bordered by a plane whose origin is the cell."""
    cells, k = near.index.shape
    system = np.zeros((cells, k + 3, k + 3))
    system[:, :k, :k] = _bending(near.squared_between)
    diagonal = np.arange(k)
    system[:, diagonal, diagonal] += own[near.index]
    system[:, k, :k] = system[:, :k, k] = 1.0
    system[:, :k, k + 1 :] = near.offset
    system[:, k + 1 :, :k] = near.offset.transpose(0, 2, 1)
    penalty = SLOPE_PENALTY / (1 + own[near.index].mean(axis=1))
    system[:, k + 1, k + 1] = system[:, k + 2, k + 2] = -penalty
    right = np.zeros((cells, k + 3, 1))
    right[:, :k, 0] = _bending(near.squared)
    right[:, k] = 1.0
    return np.linalg.solve(system, right)[:, :k, 0]


def _bending(squared: Array) -> Array:
    """r² ln r of squared distances; 0 at 0."""
    return xlogy(squared, squared) / 2
