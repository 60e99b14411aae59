"""From samples to cells: one front for all methods, which takes each element by the method chosen for it.

All methods weigh the nearest samples and work on log concentrations: `METHODS`, the simplest first. Which serves an
element best is told by `geohalo.cube.method_choice`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geohalo.cube import inverse_distance
from geohalo.cube.inverse_distance import stretched
from geohalo.cube.kriging import krige
from geohalo.cube.smooth import smooth
from geohalo.cube.variogram import Variogram, fit_variogram

Array = NDArray[np.float64]

#: Methods, the simplest first: the nearest sample, inverse-distance weighting, a smoothing spline, ordinary kriging.
METHODS = ("nearest", "idw", "smooth", "kriging")
_NEAREST = {"neighbours": 1, "power": 1.0}


def estimate(
    points: Array,
    values: Array,
    targets: Array,
    methods: Sequence[str],
    variograms: Sequence[Variogram | None],
    settings: Mapping[str, Any],
) -> tuple[Array, Array | None]:
    """Interpolate all elements, each by its own method from the samples in which it has a value.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing. Every element needs at least one value.
    targets : ndarray (cells, 2)
        Coordinates in metres.
    methods : sequence of str (elements,)
        Of `METHODS`.
    variograms : sequence of Variogram or None (elements,)
        Needed where the method is ``kriging``; of `fit_variograms` with the same anisotropy.
    settings : mapping
        ``anisotropy`` with ``ratio`` and ``bearing``; ``neighbours`` (but for nearest), ``power`` (idw) and
        ``smoothing`` (smooth).

    Returns
    -------
    estimates : ndarray (cells, elements)
        In the units of ``values``.
    variance : ndarray (cells, elements) or None
        Of kriging, in those units squared and without the nugget (see `geohalo.cube.kriging`); NaN for other methods,
        None if no element is kriged.
    """
    chosen = np.asarray(methods)
    unknown = set(methods) - set(METHODS)
    if unknown or len(methods) != values.shape[1]:
        raise ValueError(f"one of {', '.join(METHODS)} is needed for each element, not {list(methods)}")
    points, targets = _stretch(points, settings), _stretch(targets, settings)
    estimates = np.empty((len(targets), values.shape[1]))
    variance = np.full_like(estimates, np.nan) if "kriging" in methods else None
    for method in METHODS:
        own = np.flatnonzero(chosen == method)
        part = values if own.size == len(chosen) else values[:, own]
        if not own.size or not len(targets):
            continue
        if method == "kriging" and variance is not None:
            models = [variogram.model() for variogram in (variograms[int(k)] for k in own) if variogram]
            kriged = krige(points, part, targets, models, settings["neighbours"])
            estimates[:, own], variance[:, own] = kriged
        elif method == "smooth":
            estimates[:, own] = smooth(points, part, targets, settings["neighbours"], settings["smoothing"])
        else:
            near = {key: settings[key] for key in ("neighbours", "power")} if method == "idw" else _NEAREST
            estimates[:, own] = inverse_distance.interpolate(points, part, targets, **near)
    return estimates, variance


def fit_variograms(points: Array, values: Array, settings: Mapping[str, Any]) -> list[Variogram]:
    """Fit the variogram of each element on the samples in which it has a value.

    Parameters
    ----------
    points, values
        See `estimate`.
    settings : mapping
        ``variogram``, a family or ``fit`` (see `geohalo.cube.variogram.fit_variogram`), and ``anisotropy``.

    Returns
    -------
    list of Variogram (elements,)
        Lengths along the long axis.
    """
    points, fitted = _stretch(points, settings), []
    for column in values.T:
        present = ~np.isnan(column)
        fitted.append(fit_variogram(points[present], column[present], settings["variogram"]))
    return fitted


def _stretch(points: Array, settings: Mapping[str, Any]) -> Array:
    return stretched(points, **settings["anisotropy"])
