"""Inverse-distance weighting of all elements at once.

Elements analysed at the same places share one neighbour search and one weight matrix: the grid is then that sparse
matrix times the table of samples. What binds it is memory bandwidth: each cell reads ``neighbours`` rows of the table.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from sklearn.model_selection import GroupKFold

Array = NDArray[np.float64]

#: Cells interpolated at a time; bounds memory at about chunk x neighbours x 24 bytes plus chunk x elements x 8 bytes.
CHUNK = 200_000


def idw_weights(points: Array, targets: Array, neighbours: int, power: float) -> csr_array:
    """Weights of inverse-distance weighting (Shepard 1968, doi 10.1145/800186.810616).

    The weight of sample *i* in cell *j* is d_ij^-power over its sum for the nearest ``neighbours`` samples; a cell that
    coincides with a sample takes its value.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres, distinct.
    targets : ndarray (cells, 2)
        Coordinates in metres.
    neighbours : int
        Nearest samples used; all of them when there are fewer.
    power : float
        Exponent of the distance.

    Returns
    -------
    csr_array (cells, samples)
        Rows sum to 1.
    """
    neighbours = min(neighbours, len(points))
    distance, index = cKDTree(points).query(targets, k=np.arange(1, neighbours + 1), workers=-1)
    coincident = distance[:, 0] == 0
    distance[coincident] = np.inf
    distance[coincident, 0] = 1.0
    # Relative to the nearest sample, so that a large power of a large distance does not underflow.
    weight = (distance[:, :1] / distance) ** power
    weight /= weight.sum(axis=1, keepdims=True)
    indptr = np.arange(len(targets) + 1) * neighbours
    return csr_array((weight.ravel(), index.ravel(), indptr), shape=(len(targets), len(points)))


def missing_patterns(values: Array) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.intp]]]:
    """Group elements that are missing in the same samples.

    Yields
    ------
    present : ndarray (samples,) of bool
        Samples in which the elements of the group have a value.
    elements : ndarray of int
        Columns of the group.
    """
    patterns, group = np.unique(~np.isnan(values), axis=1, return_inverse=True)
    for k in range(patterns.shape[1]):
        yield patterns[:, k], np.flatnonzero(group.ravel() == k)


def interpolate(
    points: Array, values: Array, targets: Array, neighbours: int = 12, power: float = 2.0
) -> Array:
    """Interpolate all elements by inverse-distance weighting, each from the samples in which it has a value.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres, distinct.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing. Every element needs at least one value.
    targets : ndarray (cells, 2)
        Coordinates in metres.
    neighbours, power
        See `idw_weights`.

    Returns
    -------
    ndarray (cells, elements)
    """
    result = np.empty((len(targets), values.shape[1]))
    for present, elements in missing_patterns(values):
        here, there = points[present], np.ascontiguousarray(values[np.ix_(present, elements)])
        for start in range(0, len(targets), CHUNK):
            rows = slice(start, start + CHUNK)
            result[rows, elements] = idw_weights(here, targets[rows], neighbours, power) @ there
    return result


def cross_validated_error(
    points: Array, values: Array, block: float, folds: int = 5, neighbours: int = 12, power: float = 2.0
) -> tuple[Array, Array]:
    """Error of the interpolation at samples that are left out in whole square blocks.

    Blocks keep the nearest neighbours of a left-out sample out too, since leaving out single samples flatters an
    interpolator (Roberts et al. 2017, doi 10.1111/ecog.02881).

    Parameters
    ----------
    points, values, neighbours, power
        See `interpolate`.
    block : float
        Side of the blocks in metres.
    folds : int
        Blocks are spread over this many folds (fewer when there are fewer blocks).

    Returns
    -------
    error : ndarray (elements,)
        Root mean square error in the units of ``values``; NaN where it cannot be computed.
    explained : ndarray (elements,)
        Share of the variance explained: 1 is perfect, 0 no better than the mean.
    """
    column, row = np.floor((points - points.min(axis=0)) / block).astype(int).T
    blocks = row * (column.max() + 1) + column
    folds = min(folds, np.unique(blocks).size)
    if folds < 2:
        nothing = np.full(values.shape[1], np.nan)
        return nothing, nothing.copy()
    predicted = np.full_like(values, np.nan)
    for train, test in GroupKFold(folds).split(points, groups=blocks):
        usable = ~np.isnan(values[train]).all(axis=0)
        predicted[np.ix_(test, np.flatnonzero(usable))] = interpolate(
            points[train], values[train][:, usable], points[test], neighbours, power
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_square = np.nanmean((predicted - values) ** 2, axis=0)
        explained = 1 - mean_square / np.nanvar(values, axis=0)
    return np.sqrt(mean_square), explained
