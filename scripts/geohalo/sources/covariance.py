"""Covariance among samples that a penalty on the map of sources stands for, and its eigenvectors.

The best map for values y of samples with mixing M, penalty L and relative noise N (diagonal), at a strength s, makes

    (y - M x)' N^-1 (y - M x) + s x' L x

least, with a level that costs nothing. It is x = level + L^-1 M' a, where (M L^-1 M' + s N) a = y - level and the
level is such that a sums to 0 (the representer theorem: Kimeldorf and Wahba 1971, doi 10.1016/0022-247X(71)90184-3;
with M of points it is kriging). So what is solved has the size of the samples, not of the cells. It is scaled by the
noise here: K = N^-1/2 M L^-1 M' N^-1/2, whose eigenvectors serve every strength and every element.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.mixing import Mixing
from geohalo.sources.penalty import BLOCK, Penalty

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


def covariance(mixing: Mixing, penalty: Penalty, noise: Array, workers: int = 1) -> Array:
    """Return K (samples, samples) of samples that see cells; rows and columns of others are 0.

    Parameters
    ----------
    mixing : Mixing
    penalty : Penalty
        On the cells of ``mixing``.
    noise : ndarray (samples,)
        Variance of the samples' errors, relative to each other.
    """
    samples = mixing.first.size
    result = np.zeros((samples, samples))
    distinct = np.unique(mixing.first[mixing.sees])
    step = max(1, BLOCK // penalty.inverse.size)
    for start in range(0, distinct.size, step):
        some = distinct[start : start + step]
        unit = np.zeros((samples, some.size))
        unit[some, np.arange(some.size)] = 1.0
        result[:, some] = mixing.mix(penalty.solve(mixing.spread(unit), workers))
    if (mixing.first != np.arange(samples)).any():
        result = result[:, mixing.first]
    deviation = np.sqrt(noise)
    result /= deviation[:, None]
    result /= deviation[None, :]
    result += result.T
    result *= 0.5
    return result


def covariance_times(
    mixing: Mixing, penalty: Penalty, noise: Array, values: Array, workers: int = 1
) -> Array:
    """Return K times values (samples, k) without forming K, some columns at a time."""
    deviation, result = np.sqrt(noise)[:, None], np.empty_like(values)
    step = max(1, BLOCK // penalty.inverse.size)
    for start in range(0, values.shape[1], step):
        some = slice(start, start + step)
        maps = penalty.solve(mixing.spread(values[:, some] / deviation), workers)
        result[:, some] = mixing.mix(maps) / deviation
    return result


def covariance_with_cells(mixing: Mixing, penalty: Penalty, noise: Array, workers: int = 1) -> Array:
    """Return the covariance of cells with samples, over the deviation of their noise (cells, samples)."""
    samples = mixing.first.size
    result = np.zeros((penalty.cells, samples))
    step = max(1, BLOCK // penalty.inverse.size)
    for start in range(0, samples, step):
        some = slice(start, min(start + step, samples))
        unit = np.zeros((samples, some.stop - start))
        unit[np.arange(start, some.stop), np.arange(some.stop - start)] = 1.0 / np.sqrt(noise[some])
        result[:, some] = penalty.solve(mixing.spread(unit), workers)
    return result


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues and eigenvectors of the covariance among samples, lifted.

    A variance of the level is added, of the size of the other ones. It changes no result, since the level is free, and
    keeps the covariance from being singular where samples are as many as cells.

    Attributes
    ----------
    values : ndarray (samples,)
        At least 0.
    vectors : ndarray (samples, samples)
        In columns.
    level : ndarray (samples,)
        What the level of all sources adds to each sample, over the deviation of its noise.
    lift : float
        Variance of the level that was added.
    """

    values: Array
    vectors: Array
    level: Array
    lift: float

    @classmethod
    def of(cls, covariance: Array, noise: Array) -> "Spectrum":
        """Decompose a covariance (samples, samples) of samples with relative noise (samples,)."""
        from scipy.linalg import eigh  # slow to import

        level = 1.0 / np.sqrt(noise)
        lift = float(np.trace(covariance) / (level @ level))
        lifted = covariance + lift * np.outer(level, level)
        values, vectors = eigh(lifted, driver="evd", check_finite=False, overwrite_a=True)
        return cls(np.maximum(values, 0.0), vectors, level, lift)

    def precision(self, strength: float) -> Array:
        """Return the inverse of K + strength (samples, samples), without the level: it takes the level to 0."""
        scaled = self.vectors / np.sqrt(self.values + strength)
        inverse = scaled @ scaled.T
        weight = inverse @ self.level
        inverse -= np.outer(weight, weight / (self.level @ weight))
        return inverse

    def times(self, right: Array, strength: Array) -> Array:
        """Return the precision times values (samples, k), with a strength for each column (k,)."""
        over = 1.0 / (self.values[:, None] + strength[None, :])
        turned, level = self.vectors.T @ right, self.vectors.T @ self.level
        weight = over * level[:, None]
        along = np.einsum("ik,ik->k", weight, turned) / (level @ weight)
        return self.vectors @ (over * turned - weight * along)

    @property
    def signal(self) -> float:
        """Mean variance of samples about the level, which strengths are shares of."""
        unit = self.level / np.sqrt(self.level @ self.level)
        trace = float(self.values.sum())
        turned = self.vectors.T @ unit
        return (trace - float((self.values * turned**2).sum())) / max(1, self.values.size - 1)
