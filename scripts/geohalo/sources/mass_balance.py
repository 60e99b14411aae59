"""Sources whose concentrations, not logs, mix: the log of a sample is the log of the mean of its ground.

Erosion mixes masses, so that the concentration of a sample is the mean of the concentrations of its catchment, weighed
by area (if all ground erodes alike; no tool knows better without more data). Sources are mapped in logs all the same:
they are then positive, the penalty is on ratios, and so is the error of a sample. What is made least is

    sum of (y - log(M exp(z)))^2 / noise + strength * penalty(z)

by Gauss and Newton's method: near a map z, log(M exp(z)) changes as the mean of the changes of z, weighed by area times
concentration. Each step is a linear problem as in `geohalo.sources.covariance` with these weights, solved by conjugate
gradients, and is halved where it goes too far.

The preconditioner is the precision for weights by area. Where few rich cells make a sample, those weights are far from
area, and conjugate gradients take more steps than there are samples; the covariance with the weights of the map itself
then takes its place, formed on a coarse grid. Each element has its own weights, and is solved by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geohalo.errors import InputError
from geohalo.sources.covariance import covariance
from geohalo.sources.ground import Ground
from geohalo.sources.penalty import Penalty
from geohalo.sources.solve import Weights, require_solved, solve_weights

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Precondition = Callable[[Array], Array]

#: Steps of the method at most, change of the mixtures (natural log) at which it stops, and the times a step is halved.
MOST_STEPS, STILL, HALVINGS = 50, 1e-6, 12
#: Change of the mixtures in the last step above which a map is no result.
WORST = 1e-2
#: Share of the penalty that is left from one strength to the next, and steps and change at strengths in between.
WEAKER, STEPS_BETWEEN, STILL_BETWEEN = 0.1, 3, 0.01
#: Residual of the linear problems, and the steps of conjugate gradients after which the preconditioner is too far off.
TOLERANCE, MANY = 1e-5, 12
#: Cells of the coarse grid for each sample, at most.
COARSE_CELLS = 40
#: Noise of a preconditioner over the variance of samples, at least: on the grid itself, and on a coarser one, where
#: unlike samples may be alike.
ROUNDING, LEAST_NOISE = 1e-13, 1e-3


def log_mixture(ground: Ground, sources: Array) -> Array:
    """Return the logs of mixtures (samples, k) of logs of sources (cells, k); NaN of samples that see no cell."""
    top = sources.max(axis=0)
    with np.errstate(divide="ignore"):
        mixed = np.log(ground.mixing.mix(np.exp(sources - top))) + top
    mixed[~ground.mixing.sees] = np.nan
    return mixed


@dataclass(frozen=True)
class Coarse:
    """The grid that preconditioners are made on: its penalty, and the cell of it (cells,) that each cell lies in."""

    penalty: Penalty
    columns: Integers


@dataclass(frozen=True)
class _Problem:
    """What is made least; values (samples, 1), and which of them are present."""

    ground: Ground
    coarse: Coarse
    values: Array
    present: NDArray[np.bool_]
    strength: float


@dataclass(frozen=True)
class _State:
    """A map (cells, 1), the penalty's gradient on it, the mixtures (samples, 1), and what is made least."""

    sources: Array
    roughness: Array
    mixed: Array
    cost: float


def balance(
    ground: Ground,
    coarse: Coarse,
    values: Array,
    strength: float,
    signal: float,
    inverse: Callable[[float], Precondition],
) -> Array:
    """Map the logs of sources whose concentrations mix, of one element.

    It starts from a level map and a strong penalty, which is weakened step by step: a map that went far off its samples
    may have cells so poor that no sample feels them any more.

    Parameters
    ----------
    ground : Ground
    coarse : Coarse
        Of this ground: what preconditioners are made on.
    values : ndarray (samples,)
        Natural logs of concentrations; NaN where missing.
    strength : float
    signal : float
        The strength to begin with, where that is larger.
    inverse : callable
        Takes a strength and returns what `geohalo.sources.solve.solve_weights` calls ``precondition``, for weights by
        area.

    Returns
    -------
    ndarray (cells,)

    Raises
    ------
    InputError
        The method came to no result.
    """
    known = values[:, None]
    present = ~np.isnan(known) & ground.mixing.sees[:, None]
    level = known[present].mean() if present.any() else 0.0
    sources = np.full((ground.penalty.cells, 1), level)
    problem = _Problem(ground, coarse, known, present, max(strength, signal))
    state, slow = _state(problem, sources, np.zeros_like(sources)), False
    while problem.strength > strength:
        state, slow, *_ = _descend(problem, state, slow, inverse, STEPS_BETWEEN, STILL_BETWEEN)
        problem = replace(problem, strength=max(strength, problem.strength * WEAKER))
        state = _state(problem, state.sources, state.roughness)
    state, _, change, weights = _descend(problem, state, slow, inverse, MOST_STEPS, STILL)
    require_solved(weights)
    if not change <= WORST:
        raise InputError(
            f"masses were not balanced in {MOST_STEPS} steps (mixtures still change by {change:.2g} in natural log, "
            f"and {WORST:g} is the most). Set sources.law: logs."
        )
    return state.sources[:, 0]


def _descend(
    problem: _Problem,
    state: _State,
    slow: bool,
    inverse: Callable[[float], Precondition],
    steps: int,
    still: float,
) -> tuple[_State, bool, float, Weights]:
    """Take steps until mixtures are still; returns if weights are far from area, the last change and weights, too."""
    precondition = _precision(problem, state) if slow else inverse(problem.strength)
    change = np.inf
    for _ in range(steps):
        *ahead, weights = _newton(problem, state, precondition)
        moved = _shorter(problem, state, *ahead)
        change = float(np.abs(np.where(problem.present, moved.mixed - state.mixed, 0.0)).max(initial=0.0))
        state = moved
        if change < still:
            break
        if weights.steps > MANY:
            slow, precondition = True, _precision(problem, state)
    return state, slow, change, weights


def _shorter(problem: _Problem, state: _State, sources: Array, roughness: Array) -> _State:
    """Go towards a map as far as the cost does not rise."""
    share = 1.0
    for _ in range(HALVINGS):
        moved = _state(
            problem,
            state.sources + share * (sources - state.sources),
            state.roughness + share * (roughness - state.roughness),
        )
        if moved.cost <= state.cost * (1 + 1e-12):
            return moved
        share /= 2
    return state


def _state(problem: _Problem, sources: Array, roughness: Array) -> _State:
    ground = problem.ground
    mixed = log_mixture(ground, sources)
    misfit = np.where(problem.present, (problem.values - mixed) ** 2, 0.0) / ground.noise[:, None]
    return _State(
        sources, roughness, mixed, float(misfit.sum() + problem.strength * np.vdot(sources, roughness))
    )


def _weights(ground: Ground, state: _State) -> tuple[Array, Array]:
    """Return the concentration of cells (cells, 1), of which the highest is 1, and what samples have of it."""
    weight = np.exp(state.sources - state.sources.max())
    total = ground.mixing.mix(weight)
    total[~ground.mixing.sees] = 1.0
    return weight, total


def _newton(problem: _Problem, state: _State, precondition: Precondition) -> tuple[Array, Array, Weights]:
    """Return the best map where mixtures change in proportion, the penalty times it, and the weights that make it."""
    ground, present = problem.ground, problem.present
    weight, total = _weights(ground, state)
    scale = total * np.sqrt(ground.noise)[:, None]

    def spread(weights: Array) -> Array:
        return weight * ground.mixing.spread(weights / scale)

    def mix(maps: Array) -> Array:
        return ground.mixing.mix(weight * maps) / scale

    def covariances(weights: Array) -> Array:
        return mix(ground.penalty.solve(spread(weights), ground.workers))

    misfit = (problem.values - state.mixed) * ground.level[:, None]
    wanted = np.where(present, misfit + mix(state.sources), 0.0)
    strength = np.array([problem.strength])
    found = solve_weights(wanted, ground.level, present, covariances, strength, precondition, TOLERANCE)
    roughness = spread(found.values)
    return ground.penalty.solve(roughness, ground.workers) + found.level, roughness, found


def _precision(problem: _Problem, state: _State) -> Precondition:
    """Return what multiplies by the precision of samples at a map, on the coarse grid; 0 in those without a value."""
    from scipy.linalg import cho_factor, cho_solve  # slow to import

    ground, coarse = problem.ground, problem.coarse
    weight, total = _weights(ground, state)
    fine = replace(ground.mixing, shares=csr_array(ground.mixing.shares.multiply(weight.T)))
    among = covariance(fine.reduced(coarse.columns, coarse.penalty.cells), coarse.penalty, ground.noise)
    there = np.flatnonzero(problem.present)
    level = ground.level[there]
    among = (among / total / total.T)[np.ix_(there, there)]
    # A variance of the level, which changes no result, keeps it from being singular (`geohalo.sources.covariance`).
    among += np.trace(among) / (level @ level) * np.outer(level, level)
    exact = coarse.penalty.cells == ground.penalty.cells
    least = (ROUNDING if exact else LEAST_NOISE) * np.trace(among) / max(1, there.size)
    among[np.diag_indices_from(among)] += max(problem.strength, least)
    factor = cho_factor(among, lower=True)
    along = cho_solve(factor, level)

    def times(right: Array) -> Array:
        result = np.zeros_like(right)
        found = cho_solve(factor, right[there])
        result[there] = found - np.outer(along, level @ found / (level @ along))
        return result

    return times
