"""From samples to cells: one class for each method, and one front that takes each element by the method chosen for it.

All methods weigh the nearest samples and work on log concentrations. `geohalo.method_table` lists them, the simplest
first; `INTERPOLATORS` has their classes. Which serves an element best is told by `geohalo.cube.method_choice`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from geohalo import method_table
from geohalo.cube import inverse_distance, kriging
from geohalo.cube.inverse_distance import stretched
from geohalo.cube.smooth import smooth
from geohalo.cube.variogram import Variogram, fit_variogram

Array = NDArray[np.float64]

#: Names of the methods, the simplest first.
METHODS = tuple(method_table.METHODS)


@dataclass(frozen=True)
class Method(ABC):
    """A method that is fitted to samples of some elements.

    Attributes
    ----------
    keys : tuple of str
        The config keys that it depends on.
    points : ndarray (samples, 2)
        Samples in the coordinates in which the search ellipse is a circle.
    values : ndarray (samples, elements)
        NaN where missing.
    settings : mapping
        See `estimate`.
    variograms : sequence of Variogram (elements,) or None
        What was fitted to each element, by methods that give a variance.
    """

    keys: ClassVar[tuple[str, ...]]

    points: Array
    values: Array
    settings: Mapping[str, Any]
    variograms: Sequence[Variogram] | None = None

    @classmethod
    def fit(
        cls,
        points: Array,
        values: Array,
        settings: Mapping[str, Any],
        variograms: Sequence[Variogram] | None = None,
    ) -> Self:
        """Fit to samples (samples, 2) with values (samples, elements), NaN where missing; see `estimate`.

        Variograms that were fitted before may be given, and are not fitted again.
        """
        if variograms is None:
            variograms = cls._variograms(points, values, settings)
        return cls(_stretch(points, settings), values, settings, variograms)

    @classmethod
    def _variograms(
        cls, points: Array, values: Array, settings: Mapping[str, Any]
    ) -> Sequence[Variogram] | None:
        """Return the variogram of each element; None of a method that needs none."""
        return None

    @abstractmethod
    def estimate(self, targets: Array) -> tuple[Array, Array | None]:
        """Estimate all elements (cells, elements) at places in metres, with the variance of methods that give one."""

    def _stretched(self, targets: Array) -> Array:
        return _stretch(targets, self.settings)

    def _settings(self) -> dict[str, Any]:
        """Return the settings that the method depends on."""
        return {key: self.settings[key] for key in self.keys}


class Nearest(Method):
    """The nearest sample."""

    keys: ClassVar[tuple[str, ...]] = method_table.METHODS["nearest"].keys

    def estimate(self, targets: Array) -> tuple[Array, None]:
        """Return the values (cells, elements) of the nearest samples."""
        there = self._stretched(targets)
        return inverse_distance.interpolate(self.points, self.values, there, neighbours=1, power=1.0), None


class InverseDistance(Method):
    """Inverse-distance weighting."""

    keys: ClassVar[tuple[str, ...]] = method_table.METHODS["idw"].keys

    @cached_property
    def _prepared(self) -> inverse_distance.Prepared:
        return inverse_distance.Prepared.of(self.points, self.values, **self._settings())

    def estimate(self, targets: Array) -> tuple[Array, None]:
        """Return the weighted means (cells, elements)."""
        return self._prepared.estimate(self._stretched(targets)), None


class Smooth(Method):
    """A smoothing thin-plate spline."""

    keys: ClassVar[tuple[str, ...]] = method_table.METHODS["smooth"].keys

    def estimate(self, targets: Array) -> tuple[Array, None]:
        """Return the heights of the splines (cells, elements)."""
        return smooth(self.points, self.values, self._stretched(targets), **self._settings()), None


class Kriging(Method):
    """Ordinary kriging with a variogram fitted to each element."""

    keys: ClassVar[tuple[str, ...]] = method_table.METHODS["kriging"].keys

    @classmethod
    def _variograms(cls, points: Array, values: Array, settings: Mapping[str, Any]) -> Sequence[Variogram]:
        return fit_variograms(points, values, settings)

    def estimate(self, targets: Array) -> tuple[Array, Array]:
        """Return estimates and variance without the nugget (cells, elements); see `geohalo.cube.kriging`."""
        models = [variogram.model() for variogram in self.variograms or ()]
        there = self._stretched(targets)
        return kriging.krige(self.points, self.values, there, models, self.settings["neighbours"])


#: The class of each method, by its name.
INTERPOLATORS: dict[str, type[Method]] = {
    "nearest": Nearest,
    "idw": InverseDistance,
    "smooth": Smooth,
    "kriging": Kriging,
}


@dataclass(frozen=True)
class Interpolation:
    """All elements, each by its own method, fitted once for cells that come in blocks.

    Attributes
    ----------
    fitted : list of (columns, Method)
        The elements of each method, which are estimated together, since they share the search for neighbours.
    elements : int
    """

    fitted: list[tuple[NDArray[np.intp], Method]]
    elements: int

    @classmethod
    def fit(
        cls,
        points: Array,
        values: Array,
        methods: Sequence[str],
        variograms: Sequence[Variogram | None],
        settings: Mapping[str, Any],
    ) -> Self:
        """Fit to samples; see `estimate` for the arguments."""
        chosen = np.asarray(methods)
        unknown = set(methods) - set(METHODS)
        if unknown or len(methods) != values.shape[1]:
            raise ValueError(f"one of {', '.join(METHODS)} is needed for each element, not {list(methods)}")
        fitted = []
        for method in (method for method in METHODS if method in methods):
            own = np.flatnonzero(chosen == method)
            part = values if own.size == len(chosen) else values[:, own]
            models = [variogram for variogram in (variograms[int(k)] for k in own) if variogram]
            fitted.append((own, INTERPOLATORS[method].fit(points, part, settings, models)))
        return cls(fitted, len(methods))

    def estimate(self, targets: Array) -> tuple[Array, Array | None]:
        """Return estimates and variance at cells (cells, 2) in metres; see `estimate`."""
        if len(self.fitted) == 1 and len(targets):
            return self.fitted[0][1].estimate(targets)
        estimates, variance = np.empty((len(targets), self.elements)), None
        for own, method in self.fitted if len(targets) else []:
            estimates[:, own], part = method.estimate(targets)
            if part is not None:
                variance = np.full_like(estimates, np.nan) if variance is None else variance
                variance[:, own] = part
        return estimates, variance


def estimate(
    points: Array,
    values: Array,
    targets: Array,
    methods: Sequence[str],
    variograms: Sequence[Variogram | None],
    settings: Mapping[str, Any],
) -> tuple[Array, Array | None]:
    """Interpolate all elements, each by its own method from the samples in which it has a value.

    Elements of one method are estimated together, since they share the search for neighbours.

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
        Needed where the method gives a variance; of `fit_variograms` with the same anisotropy.
    settings : mapping
        ``anisotropy`` with ``ratio`` and ``bearing``, and the ``keys`` of the methods.

    Returns
    -------
    estimates : ndarray (cells, elements)
        In the units of ``values``.
    variance : ndarray (cells, elements) or None
        Of methods that give one, in those units squared and without the nugget (see `geohalo.cube.kriging`); NaN for
        other methods, None if no element has one.
    """
    return Interpolation.fit(points, values, methods, variograms, settings).estimate(targets)


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
