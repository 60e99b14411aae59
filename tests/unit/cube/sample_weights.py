"""Weights of samples in cells: what an interpolation makes of samples of which one is 1 and all others 0."""

from typing import Any

import gstools as gs
import numpy as np
from geohalo.cube import inverse_distance
from geohalo.cube.kriging import krige
from geohalo.cube.smooth import smooth


def kriging_weights(
    points: np.ndarray, targets: np.ndarray, model: gs.CovModel, neighbours: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights (cells, samples) and the variance (cells,) of ordinary kriging."""
    number = len(points)
    weights, variance = krige(points, np.eye(number), targets, [model] * number, neighbours)
    return weights, variance[:, 0]


def smooth_weights(points: np.ndarray, targets: np.ndarray, neighbours: int, smoothing: float) -> np.ndarray:
    """Return the weights (cells, samples) of a smoothing spline."""
    return smooth(points, np.eye(len(points)), targets, neighbours, smoothing)


def idw_weights(points: np.ndarray, targets: np.ndarray, **settings: Any) -> np.ndarray:
    """Return the weights (cells, samples) of inverse-distance weighting."""
    return inverse_distance.interpolate(points, np.eye(len(points)), targets, **settings)
