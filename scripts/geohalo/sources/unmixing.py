"""From samples that are mixtures to the sources of each cell, for all elements at once.

Values are usually logs of concentrations, and the log of a sample is taken as the mean of the logs of its ground. That
is linear, so that variance and strength follow from formulas, and exact where a catchment is of one kind; a sample of
unlike ground has more than the mean of its logs (`geohalo.sources.mass_balance` takes the logs of the mean).

The work is linear in cells. What grows faster is of the size of the samples: with more than `MOST_SAMPLES`, strengths
are chosen on parts of the survey, and a sparse factor takes the place of the covariance among samples.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.amount import MOST_SAMPLES
from geohalo.sources.covariance import Spectrum, covariance, covariance_with_cells
from geohalo.sources.folds import Folds
from geohalo.sources.ground import Ground, Law, coarsened
from geohalo.sources.large import MOST_COVARIANCE, choose_on_parts, solve_large
from geohalo.sources.mass_balance import COARSE_CELLS, Coarse, balance, log_mixture
from geohalo.sources.mixing import Mixing
from geohalo.sources.patterns import Group, Pattern, group_patterns
from geohalo.sources.penalty import BLOCK, Kind, penalty
from geohalo.sources.solve import Weights, precision_without, require_solved, solve_weights
from geohalo.sources.strength import STRENGTHS, Strength, choose_strength
from geohalo.sources.variance import source_variance, variance_within

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Samples times cells of the grid that the variance is computed on.
MOST_VARIANCE = 100_000_000


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
        What mixes: logs of concentrations, or concentrations (`geohalo.sources.mass_balance`). Strength and variance
        are those of logs in both.
    variance : bool
        Compute the variance of cells.
    workers : int
        Threads of the transforms.
    """

    kind: Kind = "first"
    shares: Sequence[float] = STRENGTHS
    law: Law = "logs"
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
class _Among:
    """The covariance among samples, whether it is that of the grid itself, and the grid to balance masses with."""

    covariance: Array
    exact: bool
    coarse: Coarse


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
    if strength is not None:
        folds, found["strength"] = None, np.array(strength, dtype=np.float64)
    ground = Ground(mixing, penalty(shape, options.kind, cell), noise, options.workers)
    distinct = mixing.mixtures
    if distinct > MOST_SAMPLES:
        return _unmix_many(ground, cell, values, folds, options, found)
    groups = group_patterns(values, mixing.sees)
    coarse, factor, _ = coarsened(ground, options.kind, cell, MOST_COVARIANCE / max(1, distinct))
    coarsest, _, columns = coarsened(ground, options.kind, cell, COARSE_CELLS * max(1, distinct))
    among = _Among(
        covariance(coarse.mixing, coarse.penalty, noise, options.workers),
        factor == 1,
        Coarse(coarsest.penalty, columns),
    )
    grid = _variance_grid(ground, cell, options, distinct) if options.variance and groups else None
    steps = 0
    for group in groups:
        steps = max(steps, _unmix_group(ground, among, values, folds, options, group, grid, found))
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
    missing = {
        name: np.full(elements, np.nan) for name in ("error", "explained", "share", "strength", "scale")
    }
    return {
        **missing,
        "estimate": np.full((cells, elements), np.nan),
        "variance": np.full((cells, elements), np.nan) if with_variance else None,
        "seen": np.zeros((cells, elements), dtype=bool),
        "predicted": np.full((samples, elements), np.nan),
        "mixture": np.full((samples, elements), np.nan),
    }


def _variance_grid(ground: Ground, cell: float, options: Options, samples: int) -> _VarianceGrid:
    coarse, factor, columns = coarsened(ground, options.kind, cell, MOST_VARIANCE / samples)
    with_samples = covariance_with_cells(coarse.mixing, coarse.penalty, ground.noise, options.workers)
    own = coarse.penalty.diagonal() + variance_within(options.kind, cell, factor)
    return _VarianceGrid(with_samples, own, columns)


def _unmix_group(
    ground: Ground,
    among: _Among,
    values: Array,
    folds: Folds | None,
    options: Options,
    group: Group,
    grid: _VarianceGrid | None,
    found: dict,
) -> int:
    """Fill in the elements of a group; returns the most steps that one took."""
    rows, noise = group.rows, ground.noise[group.rows]
    spectrum = Spectrum.of(among.covariance[np.ix_(rows, rows)], noise)
    scaled = np.nan_to_num(values[rows]) * spectrum.level[:, None]
    strength = found["strength"].copy()
    strength[np.isnan(strength)] = options.shares[0] * spectrum.signal
    if folds is not None:
        chosen = choose_strength(spectrum, scaled, group.patterns, folds.of_rows(rows), options.shares)
        strength = chosen.strength
        _judge(values, chosen, group, found)
    steps = 0
    for pattern in group.patterns:
        own = pattern.elements
        weights = _weights(ground, among, spectrum, group.rows, pattern, scaled[:, own], strength[own])
        require_solved(weights)
        steps = max(steps, weights.steps)
        estimate = ground.maps(weights.values) + weights.level
        mixture = ground.mixing.mix(estimate)
        if options.law == "mass":
            mixture = _balance(ground, among.coarse, spectrum, rows, pattern, values, strength, estimate)
        _fill(ground, values, own, estimate, mixture, found)
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


def _fill(
    ground: Ground, values: Array, elements: Integers, estimate: Array, mixture: Array, found: dict
) -> None:
    """Fill in the maps of elements that have values in the same samples."""
    found["estimate"][:, elements] = estimate
    found["mixture"][:, elements] = np.where(ground.mixing.sees[:, None], mixture, np.nan)
    found["seen"][:, elements] = ground.mixing.seen(~np.isnan(values[:, elements[0]]))[:, None]


def _unmix_many(
    ground: Ground, cell: float, values: Array, folds: Folds | None, options: Options, found: dict
) -> Sources:
    """Map the sources of many samples (`geohalo.sources.large`)."""
    if options.law == "mass":
        raise ValueError(f"masses are balanced for {MOST_SAMPLES:,} samples at most")
    if folds is not None:
        chosen, signal = choose_on_parts(ground, options.kind, cell, values, folds, options.shares)
        found["strength"], found["share"] = chosen.strength, chosen.strength / signal
        every = np.arange(len(values))
        _judge(values, chosen, Group(every, [Pattern(np.arange(values.shape[1]), every[:0])]), found)
    elif np.isnan(found["strength"]).any():
        raise ValueError("of many samples, a strength follows from left-out ones: folds are needed")
    weights = solve_large(ground, options.kind, cell, values, found["strength"], found["variance"])
    require_solved(weights)
    if folds is None:
        # As `_unmix_group` does.
        fit = np.einsum("ij,ij->j", weights.values, np.nan_to_num(values) * ground.level[:, None])
        measured = (~np.isnan(values) & ground.mixing.sees[:, None]).sum(axis=0)
        found["scale"] = fit / np.maximum(1, measured - 1)
    if found["variance"] is not None:
        found["variance"] *= found["scale"]
    step = max(1, BLOCK // ground.penalty.cells)
    for start in range(0, values.shape[1], step):
        some = np.arange(start, min(start + step, values.shape[1]))
        estimate = ground.maps(weights.values[:, some]) + weights.level[some]
        mixture = ground.mixing.mix(estimate)
        for number, element in enumerate(some):
            own, one = np.array([element]), slice(number, number + 1)
            _fill(ground, values, own, estimate[:, one], mixture[:, one], found)
    return Sources(**found, steps=weights.steps)


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
    ground: Ground,
    coarse: Coarse,
    spectrum: Spectrum,
    rows: Integers,
    pattern: Pattern,
    values: Array,
    strength: Array,
    estimate: Array,
) -> Array:
    """Balance masses and fill in the map, element by element; returns the mixtures."""
    for number, element in enumerate(pattern.elements):
        known = np.full(len(values), np.nan)
        known[rows] = values[rows, element]
        alone = Pattern(np.array([element]), pattern.missing)

        def inverse(at: float, alone: Pattern = alone) -> Callable[[Array], Array]:
            return _precondition(spectrum, rows, alone, np.array([at]))

        estimate[:, number] = balance(
            ground, coarse, known, float(strength[element]), spectrum.signal, inverse
        )
    return log_mixture(ground, estimate)


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
    ground: Ground,
    among: _Among,
    spectrum: Spectrum,
    rows: Integers,
    pattern: Pattern,
    scaled: Array,
    strength: Array,
) -> Weights:
    """Solve for the weights of all samples, 0 in those without a value."""
    samples = ground.noise.size
    present = np.zeros((samples, strength.size), dtype=bool)
    present[rows] = True
    present[rows[pattern.missing]] = False
    every = np.zeros((samples, strength.size))
    every[rows] = scaled
    precondition = _precondition(spectrum, rows, pattern, strength)
    times = (lambda weights: among.covariance @ weights) if among.exact else ground.times
    return solve_weights(every, ground.level, present, times, strength, precondition)
