"""Weights of samples, exact on the fine grid where their covariance is known on a coarse one.

The weights a of an element solve (K + s) a + level u = y with u'a = 0 (`geohalo.sources.covariance`). Where K is of the
grid itself, the spectrum gives them at once. On a large grid K would cost as many transforms as there are samples; it
is formed on a coarser grid, and its inverse is the preconditioner of conjugate gradients with the fine grid's. As the
coarse grid resolves all that most samples see, a few steps are enough. The preconditioner keeps u'a = 0 (Gould, Hribar
and Nocedal 2001, doi 10.1137/S1064827598345667).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.errors import InputError
from geohalo.sources.covariance import Spectrum
from geohalo.sources.patterns import Pattern

Array = NDArray[np.float64]

#: Residual over that of the values, in the norm of the preconditioner, at which weights are good enough.
TOLERANCE = 1e-6
#: What is left of values when their level is taken off, over these, below which they are alike.
ROUNDING = 1e-13
#: Steps after which conjugate gradients stop in any case, and the residual above which weights are then no result.
MOST_STEPS, WORST = 200, 1e-3


@dataclass(frozen=True)
class Weights:
    """Weights of samples for some elements.

    Attributes
    ----------
    values : ndarray (samples, elements)
        Over the deviation of the samples' noise; 0 where the element is missing.
    level : ndarray (elements,)
        The level of all sources, in the units of the values.
    steps : int
        Of conjugate gradients.
    residual : float
        Largest residual over that of the values.
    """

    values: Array
    level: Array
    steps: int
    residual: float


def require_solved(weights: Weights) -> None:
    """Stop where conjugate gradients came to no result.

    Raises
    ------
    InputError
    """
    if weights.residual > WORST:
        raise InputError(
            f"the ground that {len(weights.values):,} samples came from was not found in {MOST_STEPS} steps (what is "
            f"left is {weights.residual:.2g}, and {WORST:g} is the most). Map parts of the survey in runs of their own "
            "(samples.keep), set a larger grid.cell, or set samples.medium: soil."
        )


def precision_without(spectrum: Spectrum, pattern: Pattern, strength: Array) -> Callable[[Array], Array]:
    """Return what multiplies by the precision of the samples of a pattern; 0 in the missing ones.

    Parameters
    ----------
    spectrum : Spectrum
        Of all samples.
    pattern : Pattern
    strength : ndarray (elements,)
        Of the pattern's elements.
    """
    missing = pattern.missing
    if not missing.size:
        return lambda right: spectrum.times(right, strength)
    from scipy.linalg import cho_factor, cho_solve  # slow to import

    distinct, which = np.unique(strength, return_inverse=True)
    unit = np.zeros((spectrum.values.size, missing.size))
    unit[missing, np.arange(missing.size)] = 1.0
    columns = [spectrum.times(unit, np.full(missing.size, one)) for one in distinct]
    factors = [cho_factor(column[missing], lower=True) for column in columns]

    def times(right: Array) -> Array:
        result = spectrum.times(right, strength)
        for number, (column, factor) in enumerate(zip(columns, factors, strict=True)):
            own = np.flatnonzero(which == number)
            result[:, own] -= column @ cho_solve(factor, result[np.ix_(missing, own)])
        result[missing] = 0.0
        return result

    return times


def solve_weights(
    scaled: Array,
    level: Array,
    present: NDArray[np.bool_],
    covariance: Callable[[Array], Array],
    strength: Array,
    precondition: Callable[[Array], Array],
    tolerance: float = TOLERANCE,
) -> Weights:
    """Solve for the weights of elements by conjugate gradients, each with a step of its own.

    Parameters
    ----------
    scaled : ndarray (samples, elements)
        Values over the deviation of the samples' noise; 0 where missing.
    level : ndarray (samples,)
        One over that deviation.
    present : ndarray (samples, elements) of bool
    covariance : callable
        Multiplies (samples, elements) by K.
    strength : ndarray (elements,)
    precondition : callable
        An inverse of K + strength on the present samples, or nearly, that takes the level to 0 and whose results are
        at right angles to it.
    """

    def system(weights: Array) -> Array:
        return np.where(present, covariance(weights) + strength * weights, 0.0)

    there = np.where(present, level[:, None], 0.0)
    square = np.maximum(_products(there, there), np.finfo(float).tiny)
    height = _products(there, scaled) / square
    weights, rest = np.zeros_like(scaled), scaled - there * height
    # Values that are all alike leave nothing but rounding.
    rest[:, _products(rest, rest) <= ROUNDING**2 * _products(scaled, scaled)] = 0.0
    turned = precondition(rest)
    direction, length, steps = turned, _products(rest, turned), 0
    size = np.sqrt(np.maximum(length, np.finfo(float).tiny))
    error = float(np.max(length > 0))
    while error > tolerance and steps < MOST_STEPS:
        ahead = system(direction)
        step = _ratio(length, _products(direction, ahead))
        weights = weights + step * direction
        before, rest = rest, rest - step * ahead
        turned = precondition(rest)
        fresh = _products(rest, turned)
        # The preconditioner may be inexact: Polak and Ribiere's formula.
        direction = turned + np.maximum(_ratio(fresh - _products(before, turned), length), 0.0) * direction
        length, steps = fresh, steps + 1
        error = float(np.max(np.sqrt(np.maximum(length, 0.0)) / size))
    height = height + _products(there, rest) / square
    return Weights(weights, height, steps, error)


def _products(left: Array, right: Array) -> Array:
    return np.einsum("ij,ij->j", left, right)


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)
