"""Sources whose concentrations, not logs, mix: the log of a sample is the log of the mean of its ground.

Erosion mixes masses, so that the concentration of a sample is the mean of the concentrations of its catchment, weighed
by area (if all ground erodes alike; no tool knows better without more data). Sources are mapped in logs all the same:
they are then positive, the penalty is on ratios, and so is the error of a sample. What is made least is

    sum of (y - log(M exp(z)))^2 / noise + strength * penalty(z)

by Gauss and Newton's method: near a map z, log(M exp(z)) changes as the mean of the changes of z, weighed by area times
concentration. Each step is a linear problem as in `geohalo.sources.covariance` with these weights, solved by conjugate
gradients with the precision for weights by area as preconditioner, and is halved where it goes too far.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.ground import Ground
from geohalo.sources.solve import solve_weights

Array = NDArray[np.float64]

#: Steps of the method at most, change of the mixtures (natural log) at which it stops, and the times a step is halved.
MOST_STEPS, STILL, HALVINGS = 50, 1e-6, 12
#: Share of the penalty that is left from one strength to the next, and steps and change at strengths in between.
WEAKER, STEPS_BETWEEN, STILL_BETWEEN = 0.1, 3, 0.01
#: Residual of the linear problems.
TOLERANCE = 1e-5


def log_mixture(ground: Ground, sources: Array) -> Array:
    """Return the logs of mixtures (samples, k) of logs of sources (cells, k); NaN of samples that see no cell."""
    top = sources.max(axis=0)
    with np.errstate(divide="ignore"):
        mixed = np.log(ground.mixing.mix(np.exp(sources - top))) + top
    mixed[~ground.mixing.sees] = np.nan
    return mixed


@dataclass(frozen=True)
class _State:
    """A map, the penalty's gradient on it, and what both make."""

    sources: Array
    roughness: Array
    mixed: Array
    cost: Array


def balance(
    ground: Ground,
    values: Array,
    strength: Array,
    signal: float,
    inverse: Callable[[Array], Callable[[Array], Array]],
) -> Array:
    """Map the logs of sources whose concentrations mix.

    It starts from a level map and a strong penalty, which is weakened step by step: a map that went far off its samples
    may have cells so poor that no sample feels them any more.

    Parameters
    ----------
    ground : Ground
    values : ndarray (samples, elements)
        Natural logs of concentrations; NaN where missing, in the same samples for all elements.
    strength : ndarray (elements,)
    signal : float
        The strength to begin with, where that is larger.
    inverse : callable
        Takes strengths (elements,) and returns what `geohalo.sources.solve.solve_weights` calls ``precondition``.

    Returns
    -------
    ndarray (cells, elements)
    """
    present = ~np.isnan(values) & ground.mixing.sees[:, None]
    level = np.where(present, values, 0.0).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    sources = np.zeros((ground.penalty.cells, values.shape[1])) + level
    state = _state(ground, values, present, strength, sources, np.zeros_like(sources))
    strong = np.maximum(strength, signal)
    while True:
        last = (strong <= strength).all()
        precondition = inverse(strong)
        state = _state(ground, values, present, strong, state.sources, state.roughness)
        for _ in range(MOST_STEPS if last else STEPS_BETWEEN):
            ahead = _newton(ground, values, present, strong, state, precondition)
            moved = _shorter(ground, values, present, strong, state, ahead)
            change = np.abs(np.where(present, moved.mixed - state.mixed, 0.0)).max(initial=0.0)
            state = moved
            if change < (STILL if last else STILL_BETWEEN):
                break
        if last:
            return state.sources
        strong = np.maximum(strength, strong * WEAKER)


def _shorter(
    ground: Ground,
    values: Array,
    present: NDArray[np.bool_],
    strength: Array,
    state: _State,
    ahead: tuple[Array, Array],
) -> _State:
    """Go towards a map, for each element as far as its cost does not rise."""
    share = np.ones(values.shape[1])
    for halving in range(HALVINGS + 1):
        sources = state.sources + share * (ahead[0] - state.sources)
        roughness = state.roughness + share * (ahead[1] - state.roughness)
        moved = _state(ground, values, present, strength, sources, roughness)
        worse = ~(moved.cost <= state.cost * (1 + 1e-12))
        if not worse.any():
            break
        share = np.where(worse, share / 2 if halving < HALVINGS - 1 else 0.0, share)
    return moved


def _state(
    ground: Ground,
    values: Array,
    present: NDArray[np.bool_],
    strength: Array,
    sources: Array,
    roughness: Array,
) -> _State:
    mixed = log_mixture(ground, sources)
    misfit = np.where(present, (values - mixed) ** 2, 0.0) / ground.noise[:, None]
    cost = misfit.sum(axis=0) + strength * np.einsum("ck,ck->k", sources, roughness)
    return _State(sources, roughness, mixed, cost)


def _newton(
    ground: Ground,
    values: Array,
    present: NDArray[np.bool_],
    strength: Array,
    state: _State,
    precondition: Callable[[Array], Array],
) -> tuple[Array, Array]:
    """Return the map that is best where mixtures change in proportion, and the penalty times it."""
    deviation = np.sqrt(ground.noise)[:, None]
    weight = np.exp(state.sources - state.sources.max(axis=0))
    total = ground.mixing.mix(weight)
    total[~ground.mixing.sees] = 1.0

    def spread(weights: Array) -> Array:
        return weight * ground.mixing.spread(weights / (total * deviation))

    def mix(maps: Array) -> Array:
        return ground.mixing.mix(weight * maps) / (total * deviation)

    def covariance(weights: Array) -> Array:
        return mix(ground.penalty.solve(spread(weights), ground.workers))

    wanted = np.where(present, (values - state.mixed) / deviation + mix(state.sources), 0.0)
    found = solve_weights(wanted, ground.level, present, covariance, strength, precondition, TOLERANCE)
    roughness = spread(found.values)
    return ground.penalty.solve(roughness, ground.workers) + found.level, roughness
