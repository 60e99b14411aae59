"""What a sample sees of the ground: the mean of its whole catchment, weighed by area.

A catchment is the sample's own ground and the catchments of the samples next upstream. With the own ground S
(samples, cells; square metres), the tree of samples T, which adds up what lies upstream, and whole areas D, samples see

    M = D^-1 T S

of the sources, so that every row of M sums to 1. T is never formed: it is solved with along the tree, so that the cost
of M is linear in samples and cells even where catchments are nested a thousand deep.

A sample of till has no sample upstream: all of its ground is its own (`geohalo.sources.till`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.linalg import SuperLU, splu

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Mixing:
    """How sources of cells mix in samples.

    Attributes
    ----------
    shares : csr_array (samples, cells)
        Area in square metres of each cell in the own ground of each sample; empty rows of repeated samples.
    parent : ndarray (samples,) of int
        Next sample downstream, -1 where there is none.
    first : ndarray (samples,) of int
        The sample whose mixture this one is: itself, or the first sample at the same place.
    area : ndarray (samples,)
        Square metres of the whole catchment; 0 of a sample that sees no cell.
    order : ndarray (samples,) of int
        Samples, each after all that lie upstream of it.
    """

    shares: csr_array
    parent: Integers
    first: Integers
    area: Array
    order: Integers
    _tree: SuperLU

    @classmethod
    def of(cls, shares: csr_array, parent: Integers, twin: Integers | None = None) -> "Mixing":
        """Build the mixing of samples.

        Parameters
        ----------
        shares : csr_array (samples, cells)
            Area in square metres, or another weight, of each cell in the own ground of each sample.
        parent : ndarray (samples,) of int
            Next sample downstream, -1 where there is none.
        twin : ndarray (samples,) of int, optional
            Of a further sample at one place the first one there, -1 of others. It is a second measurement of the same
            mixture: its own row of ``shares`` is left out.

        Raises
        ------
        ValueError
            If the numbers do not make a tree, or a share is negative or not a number.
        """
        samples = shares.shape[0]
        twin = np.full(samples, -1) if twin is None else np.asarray(twin)
        first = np.where(twin >= 0, twin, np.arange(samples)).astype(np.int64)
        if parent.shape != (samples,) or first.shape != (samples,):
            raise ValueError(f"{samples} rows of shares need as many parents and twins")
        if parent.size and not -1 <= parent.min() <= parent.max() < samples:
            raise ValueError(f"a parent is one of {samples} samples, or -1")
        if (first[first] != first).any():
            raise ValueError("the first sample of a place is no twin")
        if not (np.isfinite(shares.data).all() and (shares.data >= 0).all()):
            raise ValueError("shares are areas: none is negative or missing")
        parent = np.where(parent >= 0, first[parent], -1).astype(np.int64)
        parent[twin >= 0] = -1
        kept = csr_array(shares.multiply((twin < 0)[:, None]))
        kept.eliminate_zeros()
        order = upstream_first(parent)
        tree = _factor(parent, order)
        own = np.asarray(kept.sum(axis=1), dtype=np.float64)
        area = _add_upstream(tree, order, own[:, None])[:, 0][first]
        return cls(kept, parent, first, area, order, tree)

    @property
    def sees(self) -> NDArray[np.bool_]:
        """Samples that see any cell."""
        return self.area > 0

    @property
    def mixtures(self) -> int:
        """Number of samples that see different ground: those of one place are one."""
        return np.unique(self.first[self.sees]).size

    @property
    def _per_area(self) -> Array:
        return np.divide(1.0, self.area, out=np.zeros_like(self.area), where=self.area > 0)

    def mix(self, sources: Array) -> Array:
        """Return the mixtures (samples, k) of sources (cells, k); 0 of a sample that sees no cell."""
        own = self.shares @ sources
        return _add_upstream(self._tree, self.order, own)[self.first] * self._per_area[:, None]

    def spread(self, values: Array) -> Array:
        """Return the transpose of `mix` times values (samples, k): for each cell (cells, k), a weighted sum."""
        weighed = values * self._per_area[:, None]
        gathered = weighed
        if (self.first != np.arange(self.first.size)).any():
            gathered = np.zeros_like(weighed)
            np.add.at(gathered, self.first, weighed)
        return self.shares.T @ _hand_upstream(self._tree, self.order, gathered)

    def seen(self, measured: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Mark the cells (cells,) in the catchment of a sample, or of a measured one (samples,) of bool."""
        counted = np.ones(self.first.size) if measured is None else measured.astype(np.float64)
        gathered = np.zeros_like(counted)
        np.add.at(gathered, self.first, counted)
        below = _hand_upstream(self._tree, self.order, gathered[:, None])[:, 0]
        return np.asarray(self.shares.T @ below) > 0

    def reduced(self, columns: Integers, cells: int) -> "Mixing":
        """Return the mixing of larger cells, of which ``columns`` (cells,) names the one that each cell lies in."""
        merge = csr_array(
            (np.ones(columns.size), (np.arange(columns.size), columns)), shape=(columns.size, cells)
        )
        return Mixing(
            csr_array(self.shares @ merge), self.parent, self.first, self.area, self.order, self._tree
        )


def upstream_first(parent: Integers) -> Integers:
    """Order samples so that each stands after all that lie upstream of it.

    Raises
    ------
    ValueError
        If samples lie downstream of themselves.
    """
    outlet = parent.size  # one more sample, below all outlets
    jump = np.append(np.where(parent >= 0, parent, outlet), outlet)
    depth = np.append(parent >= 0, False).astype(np.int64)
    for _ in range(max(1, outlet.bit_length())):
        depth += depth[jump]
        jump = jump[jump]
    if (jump != outlet).any():
        raise ValueError("a sample lies downstream of itself: the tree of samples has a cycle")
    return np.argsort(-depth[:outlet], kind="stable")


def _factor(parent: Integers, order: Integers) -> SuperLU:
    """Factor what takes whole catchments to own ground: lower triangular in this order, so nothing fills in."""
    samples = parent.size
    place = np.empty(samples, dtype=np.int64)
    place[order] = np.arange(samples)
    child = np.flatnonzero(parent >= 0)
    below = csc_array((np.ones(child.size), (place[parent[child]], place[child])), shape=(samples, samples))
    matrix = csc_array(eye_array(samples) - below)
    return splu(matrix, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def _add_upstream(tree: SuperLU, order: Integers, own: Array) -> Array:
    """Add to each sample (samples, k) what all samples upstream have."""
    total = np.empty_like(own, dtype=np.float64)
    total[order] = tree.solve(np.ascontiguousarray(own[order], dtype=np.float64))
    return total


def _hand_upstream(tree: SuperLU, order: Integers, values: Array) -> Array:
    """Add to each sample (samples, k) what all samples downstream have: the transpose of `_add_upstream`."""
    total = np.empty_like(values, dtype=np.float64)
    total[order] = tree.solve(np.ascontiguousarray(values[order], dtype=np.float64), trans="T")
    return total


@dataclass(frozen=True)
class OwnGround:
    """What mass balance alone says of the ground between samples.

    Attributes
    ----------
    concentration : ndarray (samples, elements)
        Mean of the own ground of each sample; below 0 where a sample holds less than what comes from upstream.
    amplification : ndarray (samples,)
        How many times larger than the error of a sample the error of its own ground is, if errors are of one size.
    """

    concentration: Array
    amplification: Array


def unmix_own_ground(mixing: Mixing, concentration: Array) -> OwnGround:
    """Subtract from each sample what comes from upstream: exact where all samples are, and very sensitive to noise.

    Parameters
    ----------
    mixing : Mixing
    concentration : ndarray (samples, elements)
        Not logs. Where samples repeat a place, the mean counts; NaN where missing, and then in the sample downstream.

    Returns
    -------
    OwnGround
        NaN where a sample has no ground of its own.
    """
    samples = mixing.first.size
    count = np.bincount(mixing.first, minlength=samples)
    mean = np.zeros((samples, concentration.shape[1]))
    np.add.at(mean, mixing.first, concentration)
    load = mean * (mixing.area / np.maximum(count, 1))[:, None]
    square = mixing.area**2 / np.maximum(count, 1)
    own = np.asarray(mixing.shares.sum(axis=1), dtype=np.float64)
    child = np.flatnonzero(mixing.parent >= 0)
    rest, error = load.copy(), square.copy()
    np.subtract.at(rest, mixing.parent[child], load[child])
    np.add.at(error, mixing.parent[child], square[child])
    with np.errstate(divide="ignore", invalid="ignore"):
        ground = np.where((own > 0)[:, None], rest / own[:, None], np.nan)
        amplification = np.where(own > 0, np.sqrt(error) / own, np.nan)
    return OwnGround(ground[mixing.first], amplification[mixing.first])
