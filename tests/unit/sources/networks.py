"""Trees of samples on small grids, and the dense matrices that stand beside the sparse ones."""

from dataclasses import dataclass

import numpy as np
from geohalo.sources.mixing import Mixing
from geohalo.sources.penalty import ORDERS
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.sparse import csr_array

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """A random tree of samples, each with ground of its own.

    Attributes
    ----------
    mixing : Mixing
    shape : tuple of int
        Rows and columns of the grid.
    parent : ndarray (samples,)
    points : ndarray (samples, 2)
        Coordinates in cells.
    """

    mixing: Mixing
    shape: tuple[int, int]
    parent: NDArray[np.int64]
    points: Array


def random_tree(samples: int, random: np.random.Generator, outlets: int = 1) -> NDArray[np.int64]:
    """Return parents of a random tree, in a random order of numbers; the first few are outlets."""
    parent = np.array([-1 if k < outlets else random.integers(0, k) for k in range(samples)])
    renamed = random.permutation(samples)
    result = np.full(samples, -1)
    for k, below in enumerate(parent):
        result[renamed[k]] = renamed[below] if below >= 0 else -1
    return result


def network(
    samples: int, shape: tuple[int, int], seed: int, outlets: int = 1, unseen: float = 0.0
) -> Network:
    """Give each cell to the nearest of some random places; cells lie in two grounds or three."""
    random = np.random.default_rng(seed)
    parent = random_tree(samples, random, outlets)
    points = random.uniform(0, 1, (samples, 2)) * np.array(shape[::-1])
    column, row = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    centres = np.column_stack([column.ravel(), row.ravel()])
    distance = ((centres[:, None, :] - points[None]) ** 2).sum(axis=2)
    near = np.argsort(distance, axis=1)[:, [0, min(1, samples - 1)]]
    share = random.uniform(0.6, 1.0, len(centres))
    kept = random.uniform(size=len(centres)) >= unseen
    cells = np.arange(len(centres))[kept]
    # Each sample has a part of the cell that it lies in, too.
    own = points[:, 1].astype(int) * shape[1] + points[:, 0].astype(int)
    numbers = np.concatenate([near[kept, 0], near[kept, 1], np.arange(samples)])
    areas = np.concatenate([share[kept], 1 - share[kept], np.full(samples, 0.3)])
    places = np.concatenate([cells, cells, own])
    shares = csr_array((areas, (numbers, places)), shape=(samples, len(centres)))
    return Network(Mixing.of(shares, parent), shape, parent, points)


def dense_mixing(shares: Array, parent: NDArray[np.int64]) -> Array:
    """Add up the ground upstream of each sample by walking down from every other, and divide by its area."""
    total = shares.copy()
    for sample in range(len(parent)):
        below = parent[sample]
        while below >= 0:
            total[below] += shares[sample]
            below = parent[below]
    return total / total.sum(axis=1, keepdims=True)


def laplacian(shape: tuple[int, int]) -> Array:
    """Return the Laplacian of a grid by its edges."""
    number = np.arange(shape[0] * shape[1]).reshape(shape)
    result = np.zeros((number.size, number.size))
    for left, right in ((number[:, :-1], number[:, 1:]), (number[:-1], number[1:])):
        for i, j in zip(left.ravel(), right.ravel(), strict=True):
            result[i, i] += 1
            result[j, j] += 1
            result[i, j] -= 1
            result[j, i] -= 1
    return result


def dense_penalty(shape: tuple[int, int], kind: str, cell: float) -> Array:
    """Return the penalty of a grid whose sides need nothing added to be fast."""
    assert all(next_fast_len(side, real=True) == side for side in shape)
    squared = np.linalg.matrix_power(laplacian(shape), ORDERS[kind])
    return squared / cell ** (2 * (ORDERS[kind] - 1))


def dense_sources(
    mixing: Array, penalty: Array, values: Array, strength: float, noise: Array
) -> tuple[Array, Array]:
    """Solve for one element with all cells; returns the sources and their covariance at a unit scale."""
    precision = mixing.T @ (mixing / noise[:, None]) + strength * penalty
    covariance = np.linalg.inv(precision)
    return covariance @ (mixing.T @ (values / noise)), strength * covariance
