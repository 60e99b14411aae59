"""Surveys of so many samples that the eigenvectors of their covariance take too long.

- Strengths are chosen on parts of the survey: whole subtrees of samples, on the rectangle that their catchments lie in.
  Up to three parts, spread over the survey, are looked at; the strength with the least error in all of them is taken.
- Weights are solved for on the whole grid, exactly. The preconditioner is a factor of the sparse equations of cells
  and samples (`geohalo.sources.factor`), one for each strength and pattern of missing values: of the grid itself, or
  of a coarser one where that is too large.
- The variance of cells is exact, from the same factors; on a coarser grid it is that of blocks and of cells in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.covariance import Spectrum, covariance
from geohalo.sources.factor import Factor
from geohalo.sources.folds import Folds
from geohalo.sources.ground import Ground, coarsened
from geohalo.sources.mixing import Mixing, upstream_first
from geohalo.sources.patterns import group_patterns
from geohalo.sources.penalty import Kind, penalty, sparse_penalty
from geohalo.sources.solve import Weights, solve_weights
from geohalo.sources.strength import Strength, best_strength, left_out, left_out_at
from geohalo.sources.variance import variance_within

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Parts that strengths are chosen on, at most, and samples of a part.
PARTS, MOST_IN_PART = 3, 2000
#: Samples times cells of the grid of a part.
MOST_COVARIANCE = 200_000_000
#: Cells of the grid whose equations are factored, at most.
FACTORED_CELLS = 250_000


@dataclass(frozen=True)
class Part:
    """A part of a survey, on the rectangle that its catchments lie in.

    Attributes
    ----------
    rows : ndarray of int
        Its samples.
    mixing : Mixing
        Of these samples and the cells of the rectangle.
    shape : tuple of int
        Rows and columns of the rectangle.
    """

    rows: Integers
    mixing: Mixing
    shape: tuple[int, int]


def subtree_parts(mixing: Mixing, shape: tuple[int, int], most: int) -> list[Part]:
    """Cut a survey into parts that hold all samples upstream of each of theirs.

    Samples with more than ``most`` samples upstream are in no part.

    Parameters
    ----------
    mixing : Mixing
    shape : tuple of int
        Rows and columns of its grid.
    most : int
        Samples of a part.
    """
    own = np.arange(mixing.first.size)
    parent = np.where(mixing.first == own, mixing.parent, mixing.first)
    order, size = upstream_first(parent), np.ones(parent.size, dtype=np.int64)
    for sample in order:
        if parent[sample] >= 0:
            size[parent[sample]] += size[sample]
    lowest = np.where(size <= most, own, -1)
    for sample in order[::-1]:
        below = parent[sample]
        if below >= 0 and lowest[below] >= 0:
            lowest[sample] = lowest[below]
    place = _middles(mixing, shape)
    roots = np.flatnonzero((lowest == own) & mixing.sees)
    groups = _bisected(roots, place[roots], size[roots], most)
    return [_part(mixing, shape, np.flatnonzero(np.isin(lowest, group))) for group in groups]


def _middles(mixing: Mixing, shape: tuple[int, int]) -> Array:
    """Return the mean row and column of the own ground of each sample (samples, 2)."""
    cells = np.column_stack(np.divmod(np.arange(shape[0] * shape[1]), shape[1])).astype(np.float64)
    area = np.asarray(mixing.shares.sum(axis=1), dtype=np.float64)
    return np.asarray(mixing.shares @ cells) / np.where(area > 0, area, 1.0)[:, None]


def _bisected(roots: Integers, place: Array, size: Integers, most: int) -> list[Integers]:
    """Halve subtrees along the longer side until each group has few enough samples."""
    if size.sum() <= most or roots.size == 1:
        return [roots]
    axis = int(np.argmax(np.ptp(place, axis=0)))
    order = np.argsort(place[:, axis], kind="stable")
    half = int(np.searchsorted(np.cumsum(size[order]), size.sum() / 2))
    half = min(max(1, half), roots.size - 1)
    sides = order[:half], order[half:]
    return [group for side in sides for group in _bisected(roots[side], place[side], size[side], most)]


def _part(mixing: Mixing, shape: tuple[int, int], rows: Integers) -> Part:
    shares = mixing.shares[rows]
    row, column = np.divmod(np.unique(shares.indices), shape[1])
    top, left = row.min(), column.min()
    inside = int(row.max() - top + 1), int(column.max() - left + 1)
    cells = (np.arange(top, top + inside[0])[:, None] * shape[1] + np.arange(left, left + inside[1])).ravel()
    number = np.full(mixing.first.size, -1, dtype=np.int64)
    number[rows] = np.arange(rows.size)
    parent = np.where(mixing.parent[rows] >= 0, number[mixing.parent[rows]], -1)
    first = number[mixing.first[rows]]
    twin = np.where(first == np.arange(rows.size), -1, first)
    return Part(rows, Mixing.of(shares[:, cells], parent, twin), inside)


def choose_on_parts(
    ground: Ground, kind: Kind, cell: float, values: Array, folds: Folds, shares: Sequence[float]
) -> tuple[Strength, float]:
    """Choose the strength of each element on parts of a survey.

    Parameters
    ----------
    ground : Ground
    kind : {'first', 'second'}
        Of its penalty.
    cell : float
        Cell size in metres.
    values : ndarray (samples, elements)
        NaN where missing.
    folds : Folds
    shares : sequence of float
        See `geohalo.sources.strength.choose_strength`.

    Returns
    -------
    strength : Strength
        Predictions of samples in other parts are NaN.
    signal : float
        What strengths are shares of.
    """
    parts = subtree_parts(ground.mixing, ground.penalty.shape, MOST_IN_PART)
    parts = sorted(parts, key=lambda part: -part.rows.size)[: max(PARTS, len(parts) // 2)]
    parts = parts[:: max(1, len(parts) // PARTS)][:PARTS]
    judged = [_Judged.of(part, kind, cell, values, ground, folds) for part in parts]
    signal = float(np.mean([part.signal for part in judged]))
    strengths = np.asarray(shares) * signal
    squares, tested = np.zeros((2, strengths.size, values.shape[1]))
    for number, strength in enumerate(strengths):
        for part in judged:
            found = part.left_out(np.full(values.shape[1], strength), False)
            squares[number] += found[0]
            tested[number] += found[1]
    best, tried = best_strength(squares, tested)
    chosen = [part.left_out(strengths[best], True) for part in judged]
    predicted = np.full_like(values, np.nan)
    for part, each in zip(judged, chosen, strict=True):
        predicted[part.rows] = each[3]
    total = [np.sum([each[k] for each in chosen], axis=0) for k in range(3)]
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.asarray(total[2] / total[1], dtype=np.float64)
    count = np.asarray(total[1], dtype=np.int64)
    return Strength(strengths[best], scale, total[0], count, predicted, tried), signal


@dataclass(frozen=True)
class _Judged:
    """A part with the spectra of its groups of elements."""

    rows: Integers
    signal: float
    spectra: list[tuple]
    elements: int

    @classmethod
    def of(
        cls, part: Part, kind: Kind, cell: float, values: Array, ground: Ground, folds: Folds
    ) -> "_Judged":
        """Find the spectra of a part."""
        noise, own = ground.noise[part.rows], values[part.rows]
        local = Ground(part.mixing, penalty(part.shape, kind, cell), noise, ground.workers)
        coarse, _, _ = coarsened(local, kind, cell, MOST_COVARIANCE / part.rows.size)
        among = covariance(coarse.mixing, coarse.penalty, noise, ground.workers)
        spectra = []
        for group in group_patterns(own, part.mixing.sees):
            rows = group.rows
            spectrum = Spectrum.of(among[np.ix_(rows, rows)], noise[rows])
            scaled = np.nan_to_num(own[rows]) * spectrum.level[:, None]
            spectra.append((group, spectrum, scaled, folds.of_rows(part.rows[rows])))
        return cls(part.rows, float(np.mean([each[1].signal for each in spectra])), spectra, values.shape[1])

    def left_out(self, strength: Array, with_variance: bool) -> tuple[Array, Array, Array, Array]:
        """Return sums of squares, counts and ratios (elements,), and predictions (samples, elements)."""
        squares, count, ratio = np.zeros((3, self.elements))
        predicted = np.full((self.rows.size, self.elements), np.nan)
        for group, spectrum, scaled, folds in self.spectra:
            if with_variance:
                found = left_out_at(spectrum, scaled, group.patterns, folds, strength)
            else:
                precision = spectrum.precision(float(strength[0]))
                found = left_out(precision, scaled, spectrum.level, group.patterns, folds)
            squares, count, ratio = squares + found.squares, count + found.count, ratio + found.ratio
            own = np.concatenate([pattern.elements for pattern in group.patterns])
            predicted[np.ix_(group.rows, own)] = found.predicted[:, own]
        return squares, count, ratio, predicted


def solve_large(
    ground: Ground, kind: Kind, cell: float, values: Array, strength: Array, variance: Array | None = None
) -> Weights:
    """Solve for the weights of many samples.

    Parameters
    ----------
    ground, kind, cell, values
        See `choose_on_parts`.
    strength : ndarray (elements,)
    variance : ndarray (cells, elements), optional
        Is filled in, in units of the sources' scale.
    """
    every = ~np.isnan(values) & ground.mixing.sees[:, None]
    scaled = np.where(every, np.nan_to_num(values) * ground.level[:, None], 0.0)
    coarse, factor, columns = coarsened(ground, kind, cell, FACTORED_CELLS)
    within = variance_within(kind, cell, factor) if variance is not None else 0.0
    among = sparse_penalty(coarse.penalty.shape, kind, cell * factor)
    found, level = np.zeros_like(scaled), np.full(strength.size, np.nan)
    steps, residual = 0, 0.0
    for own in _alike(every, strength):
        present, one = every[:, own], strength[own]
        inverse = Factor.of(coarse.mixing, among, ground.level, present[:, 0], float(one[0]))
        weights = solve_weights(scaled[:, own], ground.level, present, ground.times, one, inverse.times)
        found[:, own], level[own] = weights.values, weights.level
        steps, residual = max(steps, weights.steps), max(residual, weights.residual)
        if variance is not None:
            variance[:, own] = (inverse.variance()[columns] + within)[:, None]
    return Weights(found, level, steps, residual)


def _alike(present: NDArray[np.bool_], strength: Array) -> list[Integers]:
    """Return the elements of each pair of samples with a value and a strength; those without any value are in none."""
    alike: dict[tuple[bytes, float], list[int]] = {}
    for element in np.flatnonzero(present.any(axis=0)).tolist():
        key = np.packbits(present[:, element]).tobytes(), float(strength[element])
        alike.setdefault(key, []).append(element)
    return [np.array(own) for own in alike.values()]
