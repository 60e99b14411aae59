"""From samples that are mixtures to the sources of each cell, for all elements at once.

Values are usually logs of concentrations, and the log of a sample is taken as the mean of the logs of its ground. That
is linear, so that variance and strength follow from formulas, and exact where a catchment is of one kind; a sample of
unlike ground has more than the mean of its logs (`geohalo.sources.mass_balance` takes the logs of the mean).

The work is linear in cells. What grows faster is of the size of the samples: with more than `MOST_SAMPLES`, strengths
are chosen on parts of the survey and no variance is given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.covariance import (
    Spectrum,
    covariance,
    covariance_times,
    covariance_with_cells,
)
from geohalo.sources.folds import Folds
from geohalo.sources.mass_balance import Balance, balance
from geohalo.sources.mixing import Mixing
from geohalo.sources.patterns import Group, Pattern, group_patterns
from geohalo.sources.penalty import BLOCK, Kind, Penalty, coarse_cells, penalty
from geohalo.sources.solve import Weights, precision_without, solve_weights
from geohalo.sources.strength import STRENGTHS, Strength, choose_strength
from geohalo.sources.variance import source_variance, turned_covariance, variance_within

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Samples times cells of the grid that their covariance is formed on, and of that which the variance is computed on.
MOST_COVARIANCE, MOST_VARIANCE = 200_000_000, 100_000_000


@dataclass(frozen=True)
class Options:
    """How sources are mapped.

    Attributes
    ----------
    kind : {'first', 'second'}
        The penalty: slope, or roughness (`geohalo.sources.penalty`).
    shares : sequence of float
        Strengths to choose from (`geohalo.sources.strength.STRENGTHS`); with one, nothing is left out.
    law : {'logs', 'mass'}
        What mixes: logs of concentrations, or concentrations (`geohalo.sources.mass_balance`). Strength and variance are
        those of logs in both.
    variance : bool
        Compute the variance of cells.
    workers : int
        Threads of the transforms.
    """

    kind: Kind = "first"
    shares: Sequence[float] = STRENGTHS
    law: Literal["logs", "mass"] = "logs"
    variance: bool = True
    workers: int = 1


@dataclass(frozen=True)
class Sources:
    """Sources of cells, and what speaks for them.

    Attributes
    ----------
    estimate : ndarray (cells, elements)
        In the units of the values.
    variance : ndarray (cells, elements) or None
        In those units squared: of the mean of a cell, without noise (`geohalo.sources.variance`).
    seen : ndarray (cells, elements) of bool
        Cells in the catchment of a sample with a value.
    error : ndarray (elements,)
        Root mean square error at left-out samples; NaN where nothing was left out.
    explained : ndarray (elements,)
        Share of the variance of the predicted samples that is explained.
    share : ndarray (elements,)
        Strength of the penalty, as a share of the variance among samples.
    strength, scale : ndarray (elements,)
        Noise over the scale of the sources, and that scale.
    predicted : ndarray (samples, elements)
        At left-out samples; NaN where none was predicted.
    mixture : ndarray (samples, elements)
        What the sources make of each sample.
    steps : int
        Most steps of conjugate gradients.
    """

    estimate: Array
    variance: Array | None
    seen: NDArray[np.bool_]
    error: Array
    explained: Array
    share: Array
    strength: Array
    scale: Array
    predicted: Array
    mixture: Array
    steps: int


@dataclass(frozen=True)
class _Ground:
    """The grid of the cells, and what was prepared on it for all elements."""

    mixing: Mixing
    penalty: Penalty
    noise: Array
    covariance: Array
    exact: bool
    workers: int

    def spread(self, weights: Array) -> Array:
        """Spread weights of samples (samples, k), over the deviation of noise, over the cells (cells, k)."""
        return self.mixing.spread(weights / np.sqrt(self.noise)[:, None])

    def maps(self, weights: Array) -> Array:
        """Return what weights of samples (samples, k), over the deviation of noise, make of the cells (cells, k)."""
        return self.penalty.solve(self.spread(weights), self.workers)

    def times(self, weights: Array) -> Array:
        """Multiply by the covariance among samples, that of the fine grid."""
        if self.exact:
            return self.covariance @ weights
        return covariance_times(self.mixing, self.penalty, self.noise, weights, self.workers)


@dataclass(frozen=True)
class _VarianceGrid:
    """The grid that variances are computed on, and the cell of it that each cell lies in."""

    with_samples: Array
    own: Array
    columns: Integers


def unmix(
    mixing: Mixing,
    shape: tuple[int, int],
    cell: float,
    values: Array,
    folds: Folds | None = None,
    options: Options | None = None,
    noise: Array | None = None,
    strength: Array | None = None,
) -> Sources:
    """Map the sources of all elements.

    Parameters
    ----------
    mixing : Mixing
        Of samples and cells.
    shape : tuple of int
        Rows and columns of the grid: the cells of ``mixing`` row by row.
    cell : float
        Cell size in metres.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing.
    folds : Folds, optional
        What is left out to choose the strength; needed without a strength and with more than one share.
    options : Options, optional
    noise : ndarray (samples,), optional
        Variance of the samples' errors relative to each other (`relative_noise`); equal if not given.
    strength : ndarray (elements,), optional
        That of `Sources.strength` of an earlier call: nothing is left out then.

    Returns
    -------
    Sources
        NaN for an element without any value.
    """
    options = options or Options()
    if folds is None and strength is None and len(options.shares) > 1:
        raise ValueError("to choose among strengths, samples are left out: folds are needed")
    if mixing.shares.shape[1] != shape[0] * shape[1] or values.shape[0] != mixing.first.size:
        raise ValueError("the mixing needs the cells of the grid and the samples of the values")
    noise = np.ones(len(values)) if noise is None else noise
    found = _empty(mixing, values, options.variance)
    ground = _prepare(mixing, penalty(shape, options.kind, cell), cell, options, noise)
    groups = group_patterns(values, mixing.sees)
    grid = _variance_grid(ground, cell, options) if options.variance and groups else None
    if strength is not None:
        folds, found["strength"] = None, np.array(strength, dtype=np.float64)
    steps = 0
    for group in groups:
        steps = max(steps, _unmix_group(ground, values, folds, options, group, grid, found))
    return Sources(**found, steps=steps)


def relative_noise(mixing: Mixing, cell: float, grain: float) -> Array:
    """Return the variance of samples' errors relative to that of a large catchment (samples,).

    Taking and analysing a sample has an error of one size; ground that differs from cell to cell without any pattern
    averages out over a catchment, in proportion to its cells.

    Parameters
    ----------
    mixing : Mixing
    cell : float
        Cell size in metres.
    grain : float
        Variance of what differs from cell to cell, over that of taking and analysing a sample.
    """
    cells = np.divide(mixing.area, cell**2, out=np.ones_like(mixing.area), where=mixing.sees)
    return 1.0 + grain / cells


def _empty(mixing: Mixing, values: Array, with_variance: bool) -> dict:
    samples, elements = values.shape
    cells = mixing.shares.shape[1]
    missing = {name: np.full(elements, np.nan) for name in ("error", "explained", "share", "strength", "scale")}
    return {
        **missing,
        "estimate": np.full((cells, elements), np.nan),
        "variance": np.full((cells, elements), np.nan) if with_variance else None,
        "seen": np.zeros((cells, elements), dtype=bool),
        "predicted": np.full((samples, elements), np.nan),
        "mixture": np.full((samples, elements), np.nan),
    }


def _coarsened(
    mixing: Mixing, fine: Penalty, kind: Kind, cell: float, most: float
) -> tuple[Mixing, Penalty, int, Integers]:
    """Return mixing and penalty of the finest grid that is small enough, its factor, and each cell's coarse cell."""
    samples = max(1, np.unique(mixing.first[mixing.sees]).size)
    factor = 1
    while samples * np.prod(coarse_cells(fine.shape, factor)[0]) > most:
        factor += 1
    shape, columns = coarse_cells(fine.shape, factor)
    if factor == 1:
        return mixing, fine, 1, columns
    coarse = penalty(shape, kind, cell * factor)
    return mixing.reduced(columns, coarse.cells), coarse, factor, columns


def _prepare(mixing: Mixing, fine: Penalty, cell: float, options: Options, noise: Array) -> _Ground:
    coarse, coarse_penalty, factor, _ = _coarsened(mixing, fine, options.kind, cell, MOST_COVARIANCE)
    among = covariance(coarse, coarse_penalty, noise, options.workers)
    return _Ground(mixing, fine, noise, among, factor == 1, options.workers)


def _variance_grid(ground: _Ground, cell: float, options: Options) -> _VarianceGrid:
    coarse, coarse_penalty, factor, columns = _coarsened(
        ground.mixing, ground.penalty, options.kind, cell, MOST_VARIANCE
    )
    with_samples = covariance_with_cells(coarse, coarse_penalty, ground.noise, options.workers)
    own = coarse_penalty.diagonal() + variance_within(options.kind, cell, factor)
    return _VarianceGrid(with_samples, own, columns)


def _unmix_group(
    ground: _Ground,
    values: Array,
    folds: Folds | None,
    options: Options,
    group: Group,
    grid: _VarianceGrid | None,
    found: dict,
) -> int:
    """Fill in the elements of a group; returns the most steps that one took."""
    rows, noise = group.rows, ground.noise[group.rows]
    spectrum = Spectrum.of(ground.covariance[np.ix_(rows, rows)], noise)
    scaled = np.nan_to_num(values[rows]) / np.sqrt(noise)[:, None]
    strength = found["strength"].copy()
    strength[np.isnan(strength)] = options.shares[0] * spectrum.signal
    if folds is not None:
        chosen = choose_strength(spectrum, scaled, group.patterns, folds.of_rows(rows), options.shares)
        strength = chosen.strength
        _judge(values, chosen, group, found)
    steps = 0
    for pattern in group.patterns:
        own = pattern.elements
        precondition = _precondition(spectrum, rows, pattern, strength[own])
        weights = _weights(ground, rows, pattern, scaled[:, own], strength[own], precondition)
        steps = max(steps, weights.steps)
        estimate = ground.maps(weights.values) + weights.level
        mixture = ground.mixing.mix(estimate)
        if options.law == "mass":
            mixture = _balance(ground, spectrum, rows, pattern, values, strength, weights, estimate)
        found["estimate"][:, own] = estimate
        found["mixture"][:, own] = np.where(ground.mixing.sees[:, None], mixture, np.nan)
        found["seen"][:, own] = ground.mixing.seen(~np.isnan(values[:, own[0]]))[:, None]
        found["strength"][own], found["share"][own] = strength[own], strength[own] / spectrum.signal
        if folds is None:
            # Restricted maximum likelihood at this strength.
            fit = np.einsum("ij,ij->j", weights.values[rows], scaled[:, own])
            found["scale"][own] = fit / max(1, rows.size - pattern.missing.size - 1)
    if grid is not None:
        with_samples = grid.with_samples if rows.size == len(values) else grid.with_samples[:, rows]
        variance = source_variance(with_samples, grid.own, spectrum, group.patterns, strength)
        for element in np.concatenate([pattern.elements for pattern in group.patterns]):
            found["variance"][:, element] = found["scale"][element] * variance[grid.columns, element]
    return steps


def _judge(values: Array, chosen: Strength, group: Group, found: dict) -> None:
    """Fill in what was found at left-out samples."""
    own = np.concatenate([pattern.elements for pattern in group.patterns])
    predicted = np.full((len(values), own.size), np.nan)
    predicted[group.rows] = chosen.predicted[:, own]
    found["predicted"][:, own], found["scale"][own] = predicted, chosen.scale[own]
    known = np.where(np.isnan(predicted), np.nan, values[:, own])
    with np.errstate(invalid="ignore", divide="ignore"):
        square = chosen.squares[own] / chosen.count[own]
        mean = np.nansum(known, axis=0) / chosen.count[own]
        spread = np.nansum((known - mean) ** 2, axis=0) / chosen.count[own]
        found["error"][own], found["explained"][own] = np.sqrt(square), 1.0 - square / spread


def _balance(
    ground: _Ground,
    spectrum: Spectrum,
    rows: Integers,
    pattern: Pattern,
    values: Array,
    strength: Array,
    weights: Weights,
    estimate: Array,
) -> Array:
    """Balance masses in a map of logs, in place and some elements at a time; returns the mixtures."""
    problem = Balance(ground.mixing, ground.penalty, ground.noise, ground.workers)
    mixture = np.empty((len(values), pattern.elements.size))
    step = max(1, BLOCK // len(estimate))
    for start in range(0, pattern.elements.size, step):
        some = slice(start, start + step)
        own = pattern.elements[some]
        precondition = _precondition(spectrum, rows, Pattern(own, pattern.missing), strength[own])
        rough = ground.spread(weights.values[:, some])
        known = np.full((len(values), own.size), np.nan)
        known[rows] = values[np.ix_(rows, own)]
        estimate[:, some] = balance(problem, known, strength[own], estimate[:, some], rough, precondition)
        mixture[:, some] = problem.mixture(estimate[:, some])
    return mixture


def _precondition(
    spectrum: Spectrum, rows: Integers, pattern: Pattern, strength: Array
) -> Callable[[Array], Array]:
    """Return what multiplies values of all samples by the precision of those with a value; 0 in the others."""
    inverse = precision_without(spectrum, pattern, strength)

    def times(right: Array) -> Array:
        result = np.zeros_like(right)
        result[rows] = inverse(right[rows])
        return result

    return times


def _weights(
    ground: _Ground,
    rows: Integers,
    pattern: Pattern,
    scaled: Array,
    strength: Array,
    precondition: Callable[[Array], Array],
) -> Weights:
    """Solve for the weights of all samples, 0 in those without a value."""
    samples = ground.noise.size
    present = np.zeros((samples, strength.size), dtype=bool)
    present[rows] = True
    present[rows[pattern.missing]] = False
    every = np.zeros((samples, strength.size))
    every[rows] = scaled
    return solve_weights(every, 1.0 / np.sqrt(ground.noise), present, ground.times, strength, precondition)
