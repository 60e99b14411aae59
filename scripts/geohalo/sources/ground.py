"""The grid that sources are mapped on, and coarser ones that stand for it where samples times cells are too many."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.covariance import covariance_times
from geohalo.sources.mixing import Mixing
from geohalo.sources.penalty import Kind, Penalty, coarse_cells, penalty

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Law = Literal["logs", "mass"]


@dataclass(frozen=True)
class Ground:
    """Samples on a grid of cells.

    Attributes
    ----------
    mixing : Mixing
    penalty : Penalty
        On the cells of ``mixing``.
    noise : ndarray (samples,)
        Variance of the samples' errors, relative to each other.
    workers : int
        Threads of the transforms.
    """

    mixing: Mixing
    penalty: Penalty
    noise: Array
    workers: int = 1

    @property
    def level(self) -> Array:
        """What the level of all sources adds to each sample, over the deviation of its noise (samples,)."""
        return 1.0 / np.sqrt(self.noise)

    def spread(self, weights: Array) -> Array:
        """Spread weights of samples (samples, k), over the deviation of noise, over the cells (cells, k)."""
        return self.mixing.spread(weights * self.level[:, None])

    def maps(self, weights: Array) -> Array:
        """Return what weights of samples (samples, k), over the deviation of noise, make of the cells (cells, k)."""
        return self.penalty.solve(self.spread(weights), self.workers)

    def times(self, weights: Array) -> Array:
        """Multiply weights (samples, k) by the covariance among samples, without forming it."""
        return covariance_times(self.mixing, self.penalty, self.noise, weights, self.workers)


def coarsened(ground: Ground, kind: Kind, cell: float, most_cells: float) -> tuple[Ground, int, Integers]:
    """Take cells together until there are few enough.

    Parameters
    ----------
    ground : Ground
    kind : {'first', 'second'}
        Of its penalty.
    cell : float
        Its cell size in metres.
    most_cells : float

    Returns
    -------
    ground : Ground
        On square blocks of cells; the given one where that is small enough.
    factor : int
        Cells along a block.
    columns : ndarray (cells,) of int
        The block that each cell lies in.
    """
    factor, most = 1, max(1.0, most_cells)
    while np.prod(coarse_cells(ground.penalty.shape, factor)[0]) > most:
        factor += 1
    shape, columns = coarse_cells(ground.penalty.shape, factor)
    if factor == 1:
        return ground, 1, columns
    coarse = penalty(shape, kind, cell * factor)
    return (
        Ground(ground.mixing.reduced(columns, coarse.cells), coarse, ground.noise, ground.workers),
        factor,
        columns,
    )
