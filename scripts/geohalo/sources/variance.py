"""Variance of the sources of each cell, given what samples say.

With k the covariance of a cell with the samples, c that of the cell with itself, R = (K + s)^-1 and the level's u, in
units of the sources' scale, it is

    c - k'R k + (1 - u'R k)^2 / u'R u

(universal kriging with an unknown level). It is exact on the grid that it is computed on: that of the cells where
samples times cells are few enough, else one of square blocks. A cell then has the variance of the mean of its block,
and what cells of a block differ by without any sample in it: too much where samples resolve single cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.covariance import Spectrum
from geohalo.sources.patterns import Pattern
from geohalo.sources.penalty import Kind, coarse_cells, penalty

Array = NDArray[np.float64]

#: Cells in work at a time.
CELLS = 5_000
#: Sides of the square, in blocks, on which the variance within a block is found.
AROUND = 8


def source_variance(
    with_samples: Array,
    own: Array,
    spectrum: Spectrum,
    patterns: Sequence[Pattern],
    strength: Array,
) -> Array:
    """Return the variance of cells for all elements of some patterns.

    Parameters
    ----------
    with_samples : ndarray (cells, samples)
        Of `geohalo.sources.covariance.covariance_with_cells`, for the samples of the spectrum.
    own : ndarray (cells,)
        Of `geohalo.sources.penalty.Penalty.diagonal`.
    spectrum : Spectrum
    patterns : sequence of Pattern
    strength : ndarray (elements,)
        Of all elements that patterns number.

    Returns
    -------
    ndarray (cells, elements)
        In units of the scale of each element's sources; NaN of elements in no pattern.
    """
    result = np.full((len(own), strength.size), np.nan)
    prepared = [(pattern, _Given.of(spectrum, pattern, strength[pattern.elements])) for pattern in patterns]
    for start in range(0, len(own), CELLS):
        rows = slice(start, start + CELLS)
        turned = (with_samples[rows] + spectrum.lift * spectrum.level) @ spectrum.vectors
        for pattern, given in prepared:
            result[rows, pattern.elements] = given.variance(turned, own[rows] + spectrum.lift, spectrum)
    return result


@dataclass(frozen=True)
class _Given:
    """What the samples of a pattern take off the variance of a cell."""

    missing: NDArray[np.int64]
    over: Array
    weight: Array
    total: Array
    inverse: list[Array]

    @classmethod
    def of(cls, spectrum: Spectrum, pattern: Pattern, strength: Array) -> "_Given":
        """Prepare a pattern, with the strength of each of its elements."""
        over = 1.0 / (spectrum.values[:, None] + strength[None, :])
        level = spectrum.vectors.T @ spectrum.level
        weight = over * level[:, None]
        total = level @ weight
        inverse: list[Array] = []
        if pattern.missing.size:
            vectors = spectrum.vectors[pattern.missing]
            for number in range(strength.size):
                along = vectors @ weight[:, number]
                precision = (vectors * over[:, number]) @ vectors.T - np.outer(along, along / total[number])
                inverse.append(np.linalg.inv(precision).astype(np.float64, copy=False))
        return cls(pattern.missing, over, weight, total, inverse)

    def variance(self, turned: Array, own: Array, spectrum: Spectrum) -> Array:
        """Return the variance (cells, elements) of cells whose covariance (cells, samples) is turned."""
        short = 1.0 - turned @ self.weight
        variance = own[:, None] - turned**2 @ self.over + short**2 / self.total
        vectors = spectrum.vectors[self.missing]
        for number, inverse in enumerate(self.inverse):
            # The weights that missing samples would have, had they a value.
            along = vectors @ self.weight[:, number] / self.total[number]
            weights = (turned * self.over[:, number]) @ vectors.T + np.outer(short[:, number], along)
            variance[:, number] += np.einsum("ci,ci->c", weights @ inverse, weights)
        return np.maximum(variance, 0.0)


def variance_within(kind: Kind, cell: float, factor: int) -> float:
    """Return the variance of a cell about the mean of its block of ``factor`` by ``factor``, without samples."""
    if factor == 1:
        return 0.0
    side = AROUND * factor
    fine = penalty((side, side), kind, cell)
    _, columns = coarse_cells(fine.shape, factor)
    middle = (AROUND // 2) * (AROUND + 1)
    inside = columns == middle
    mean = inside / inside.sum()
    spread = float(mean @ fine.solve(mean[:, None])[:, 0])
    return max(0.0, float(fine.diagonal()[inside].mean()) - spread)
