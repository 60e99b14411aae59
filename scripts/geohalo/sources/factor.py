"""Sparse equations of cells and samples, factored: they solve for the weights of any number of samples at once.

The covariance among samples is a full table. Written with the cells it is not formed. Let x be the map with its level,
g the mixtures of samples, T what takes from each mixture that of the samples next upstream, O the own ground of each
sample, both as shares of its catchment, so that T g = O x, and p the samples' precisions. The map that makes
sum p (y - g)^2 + s x'L x least, with a multiplier u for each sample, obeys

    s L x       - O'u = 0
      -O x - T p^-1 T'u = -T y

which has few entries: neighbouring cells, cells of a sample, samples next to each other in the tree. It is symmetric
and quasi-definite, so that it can be factored in any order without pivots (Vanderbei 1995, doi 10.1137/0805005). T'u is
p (y - g), the weights but for the strength; they add up to 0 as L takes a level to 0.

With few samples all cells may come before any of them, and without samples the level of cells costs nothing: a pivot
of 0. So what is factored has a penalty on the value of one cell, which is taken out of each result again (Sherman and
Morrison's formula).

Samples without a value are left out of the tree: their own ground is added to that of the next sample downstream.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csc_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import SuperLU, splu

from geohalo.sources.mixing import Mixing
from geohalo.sources.selected_inverse import inverse_diagonal

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Tree:
    """What measured samples see, as equations with few entries.

    Attributes
    ----------
    own : csr_array (mixtures, cells)
        Own ground of each mixture that was measured, as a share of its catchment.
    take : csr_array (mixtures, mixtures)
        Takes from each mixture those next upstream: ``take @ mixtures = own @ sources``.
    number : ndarray (samples,) of int
        The mixture of each measured sample, -1 of others.
    """

    own: csr_array
    take: csr_array
    number: Integers

    @classmethod
    def of(cls, mixing: Mixing, present: NDArray[np.bool_]) -> "Tree":
        """Write the equations of the samples (samples,) that have a value."""
        samples = present.size
        measured = np.zeros(samples, dtype=bool)
        measured[mixing.first[present & mixing.sees]] = True
        below = np.append(np.where(mixing.parent >= 0, mixing.parent, samples), samples)
        lands = np.where(np.append(measured, False), np.arange(samples + 1), below)
        for _ in range(samples.bit_length()):
            lands = lands[lands]
        mixtures = np.flatnonzero(measured)
        number = np.full(samples + 1, -1)
        number[mixtures] = np.arange(mixtures.size)
        given = np.flatnonzero(lands[:samples] < samples)
        share = 1.0 / mixing.area[lands[given]]
        gather = csr_array((share, (number[lands[given]], given)), shape=(mixtures.size, samples))
        next_down = lands[below[mixtures]]
        above = np.flatnonzero(next_down < samples)
        down = next_down[above]
        parts = mixing.area[mixtures[above]] / mixing.area[down]
        taken = csr_array((parts, (number[down], above)), shape=(mixtures.size, mixtures.size))
        of_samples = np.where(present & mixing.sees, number[mixing.first], -1)
        return cls(csr_array(gather @ mixing.shares), csr_array(eye_array(mixtures.size) - taken), of_samples)


@dataclass(frozen=True)
class Factor:
    """The factored equations of samples with a value, at one strength.

    Attributes
    ----------
    strength : float
    level : ndarray (samples,)
        One over the deviation of the samples' noise.
    precision : ndarray (mixtures,)
        Of the mean of a mixture's samples.
    tree : Tree
    place : ndarray (cells,) of int
        The row of each cell of the grid.
    cells : int
        Rows of cells, those beyond the grid included.
    """

    strength: float
    level: Array
    precision: Array
    tree: Tree
    place: Integers
    cells: int
    _gather: csr_array
    _factor: SuperLU
    _pin: Array

    @classmethod
    def of(
        cls,
        mixing: Mixing,
        penalty: tuple[csr_array, Integers],
        level: Array,
        present: NDArray[np.bool_],
        strength: float,
    ) -> "Factor":
        """Factor the equations.

        Parameters
        ----------
        mixing : Mixing
        penalty : csr_array (all cells, all cells) and ndarray (cells,) of int
            Of `geohalo.sources.penalty.sparse_penalty`.
        level : ndarray (samples,)
            One over the deviation of the samples' noise.
        present : ndarray (samples,) of bool
            Samples with a value: at least one.
        strength : float
        """
        matrix, place = penalty
        tree = Tree.of(mixing, present)
        mixtures, cells = tree.own.shape[0], matrix.shape[0]
        sample = np.flatnonzero(tree.number >= 0)
        gather = csr_array((level[sample], (tree.number[sample], sample)), shape=(mixtures, level.size))
        precision = gather @ level
        own = csr_array((tree.own.data, place[tree.own.indices], tree.own.indptr), shape=(mixtures, cells))
        noise = tree.take @ diags_array(1.0 / precision) @ tree.take.T
        system = block_array([[strength * matrix, -own.T], [-own, -noise]], format="csc")
        pinned = int(own.indices[0])
        held = strength * float(matrix[pinned, pinned])
        unit = np.zeros(system.shape[0])
        unit[pinned] = 1.0
        factor = splu(
            csc_array(system + csc_array(([held], ([pinned], [pinned])), shape=system.shape)),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        column = factor.solve(unit)
        pin = column * np.sqrt(held / (1.0 - held * column[pinned]))
        return cls(strength, level, precision, tree, place, cells, gather, factor, pin)

    def variance(self) -> Array:
        """Return the variance of the grid's cells (cells,) given the samples, in units of the sources' scale."""
        return self.strength * (inverse_diagonal(self._factor) + self._pin**2)[self.place]

    def times(self, right: Array) -> Array:
        """Return the weights (samples, k), without the level, for values over the deviation of noise (samples, k).

        They are 0 in samples without a value, and add up to 0 when multiplied by the level.
        """
        mean = (self._gather @ right) / self.precision[:, None]
        given = np.zeros((self.cells + len(mean), right.shape[1]))
        given[self.cells :] = -(self.tree.take @ mean)
        along = self._pin[self.cells :]
        multiplier = self._factor.solve(given)[self.cells :] + np.outer(along, self._pin @ given)
        short = (self.tree.take.T @ multiplier) / self.precision[:, None]
        result, sample = np.zeros_like(right), np.flatnonzero(self.tree.number >= 0)
        which, level = self.tree.number[sample], self.level[sample, None]
        result[sample] = ((right[sample] - level * mean[which]) + level * short[which]) / self.strength
        return result
