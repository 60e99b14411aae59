"""Levels of batches from neighbouring samples that were analysed in different batches.

Batches are often map sheets: they touch along borders and overlap nowhere, and two samples on either side of a border
differ by geology as well, the more the farther apart they are. So each sample is compared with what kriging predicts
from its neighbours. The variogram says how much of a difference the distance explains, pairs that share samples are
counted once, and a comparison stands for distance 0.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geohalo.cube.method_choice import block_numbers
from geohalo.cube.variogram import Variogram, fit_variogram, sample_spacing
from geohalo.quality.batches import FloatArray, IntArray, Levels, adjust, unknown_levels

#: Neighbours that a sample is compared with, and those looked at to find them among the samples before it.
NEIGHBOURS, LOOKED_AT = 16, 64
#: Default of the greatest distance between neighbours, in sample spacings.
REACH = 6.0
#: A batch needs so many samples with neighbours in other batches.
FEWEST_SAMPLES = 5
#: Variograms are fitted so often, with the levels found before taken off.
ROUNDS = 2
#: Rounds where values are below detection limits: what is raised to a common limit tells a part of a shift in each.
ROUNDS_OF_LIMITS = 4
#: A batch with a larger share below its detection limit is not compared, and no element of which a smaller one is above
#: the highest limit.
MOST_CENSORED, LEAST_ABOVE = 0.5, 0.25
#: A smaller share below the limit hardly moves a level, and the least measured value then says little of the limit.
FEW_CENSORED = 0.05
#: Samples whose systems are solved at a time.
BLOCK = 20_000
#: Share of the sill added to each sample's variance: keeps a system solvable whose samples coincide.
JITTER = 1e-9


@dataclass(frozen=True)
class Neighbourhood:
    """Neighbours of each sample, nearest first.

    Attributes
    ----------
    index : ndarray of int (samples, looked at)
        Only samples before it in an order that depends on nothing but the places; -1 for none.
    distance : ndarray (samples, looked at)
        In metres.
    square : ndarray of int (samples,)
        Square of ground that the sample lies in, as wide as neighbours may be apart.
    """

    index: IntArray
    distance: FloatArray
    square: IntArray


@dataclass(frozen=True)
class Comparisons:
    """Samples that are compared with neighbours in other batches.

    Attributes
    ----------
    rows : ndarray of int (n,)
        Samples to predict.
    chosen : ndarray of int (samples, neighbours)
        Samples to predict each from; -1 for none.
    pairs : ndarray of int (batches,)
        Pairs of neighbours in different batches that each batch takes part in.
    """

    rows: IntArray
    chosen: IntArray
    pairs: IntArray


def default_distance(points: FloatArray) -> float:
    """Return the greatest distance in metres between samples that are compared: `REACH` sample spacings."""
    return REACH * sample_spacing(points)


def earlier_neighbours(points: FloatArray, distance: float) -> Neighbourhood:
    """Find each sample's neighbours among the samples before it in a random order of places.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    distance : float
        Neighbours lie no farther than this, in metres.
    """
    order = np.lexsort(points.T)
    rank = np.empty(len(points), dtype=np.int64)
    rank[order] = np.random.default_rng(0).permutation(len(points))
    near, index = cKDTree(points).query(
        points, k=min(LOOKED_AT, len(points)), distance_upper_bound=distance * (1 + 1e-9)
    )
    index = np.where(np.isfinite(near), index, -1).reshape(len(points), -1).astype(np.int64)
    index[(index >= 0) & (rank[index] >= rank[:, None])] = -1
    return Neighbourhood(index, near.reshape(len(points), -1), block_numbers(points, distance))


def neighbour_levels(
    points: FloatArray,
    values: FloatArray,
    codes: IntArray,
    n_batches: int,
    near: Neighbourhood,
    censored: np.ndarray | None = None,
) -> Levels:
    """Find the levels of batches in one element.

    Each sample is predicted from its earlier neighbours by ordinary kriging; errors of such predictions are
    uncorrelated if the variogram holds (Vecchia 1988, doi 10.1111/j.2517-6161.1988.tb01729.x), so that the levels of
    the batches follow from a regression of the errors. This is generalised least squares with the covariance of the
    variogram.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    values : ndarray (samples,)
        ln of concentrations; NaN where missing.
    codes : ndarray of int (samples,)
        Batch of each sample; -1 for none.
    n_batches : int
    near : Neighbourhood
        Of `earlier_neighbours`, with the same points.
    censored : ndarray of bool (samples,), optional
        Below the detection limit. What stands for such a value says nothing of the batch, and limits differ between
        batches: all values are raised to the highest limit, so that batches are compared by what each can measure.
        Limits move with the levels that are taken off, round by round.

    Returns
    -------
    Levels
        `compared` counts pairs of neighbours in different batches; `rest` is (samples,), NaN where a sample is not
        compared.
    """
    values, limits = _limits(values, codes, n_batches, censored)
    compared = _comparisons(near, ~np.isnan(values) & (codes >= 0), codes, n_batches)
    levels, rows = _in_rounds(points, values, codes, limits, compared), compared.rows
    rest = np.full(len(points), np.nan)
    if levels.rest.size:
        rest[rows] = levels.rest
    seen = stretches(near.square[rows], codes, rows, compared.chosen, n_batches)
    return replace(levels, rest=rest, stretches=seen)


def _in_rounds(
    points: FloatArray, values: FloatArray, codes: IntArray, limits: FloatArray, compared: Comparisons
) -> Levels:
    """Fit variogram and levels in turn; the levels of a round are taken off before the next, and limits with them."""
    n_batches, rows, pairs = len(limits), compared.rows, compared.pairs
    known = ~np.isnan(values) & (codes >= 0)
    levels = unknown_levels(n_batches, pairs)
    rounds = ROUNDS_OF_LIMITS if np.isfinite(limits).any() else ROUNDS
    for number in range(rounds if rows.size else 0):
        taken = np.nan_to_num(levels.level)
        # Limits are compared once it is roughly known how far batches stand off.
        limit = (limits - taken).max() if number else -np.inf
        # NaN stays; without limits nothing is raised.
        left = np.maximum(values - taken[codes], limit)
        above = float((left[rows] > limit).mean())
        if above < LEAST_ABOVE:
            return unknown_levels(n_batches, pairs)
        variogram = fit_variogram(points[known], left[known])
        design, errors = innovations(points, left, codes, n_batches, variogram, rows, compared.chosen[rows])
        found = adjust(design, errors, pairs)
        # Of a shift only the values above the limit know, so that it seems smaller by their share.
        levels = replace(found, level=found.level / above + taken, precision=found.precision * above**2)
    return levels


def _comparisons(near: Neighbourhood, known: np.ndarray, codes: IntArray, n_batches: int) -> Comparisons:
    """Find the samples with a value that have neighbours in other batches, enough of them of each batch."""
    chosen = _nearest_known(near.index, known)
    mixed = (chosen >= 0) & (codes[np.maximum(chosen, 0)] != codes[:, None])
    rows = np.flatnonzero(known & mixed.any(axis=1))
    pairs = _per_batch(codes[rows], mixed[rows], codes[chosen[rows]], n_batches)
    return Comparisons(_enough(rows, chosen, codes, mixed, n_batches), chosen, pairs)


def _limits(
    values: FloatArray, codes: IntArray, n_batches: int, censored: np.ndarray | None
) -> tuple[FloatArray, FloatArray]:
    """Return the values but of batches that are mostly below their limits, and ln of each limit; -inf for none.

    The limit is the least measured value above all that stand for values below it.
    """
    limits = np.full(n_batches, -np.inf)
    if censored is None or not censored.any():
        return values, limits
    values = values.copy()
    for batch in np.unique(codes[censored & (codes >= 0)]):
        own = (codes == batch) & ~np.isnan(values)
        below = own & censored
        measured = values[own & ~censored]
        measured = measured[measured > values[below].max(initial=-np.inf)]
        if below.sum() > MOST_CENSORED * own.sum() or not measured.size:
            values[own] = np.nan
        elif below.sum() > FEW_CENSORED * own.sum():
            limits[batch] = measured.min()
    return values, limits


def innovations(
    points: FloatArray,
    values: FloatArray,
    codes: IntArray,
    n_batches: int,
    variogram: Variogram,
    rows: IntArray,
    chosen: IntArray,
) -> tuple[csr_array, FloatArray]:
    """Predict samples from their neighbours by ordinary kriging, nugget included.

    Parameters
    ----------
    points, values, codes, n_batches
        See `neighbour_levels`.
    variogram : Variogram
    rows : ndarray of int (n,)
        Samples to predict.
    chosen : ndarray of int (n, neighbours)
        Samples to predict them from; -1 for none.

    Returns
    -------
    design : csr_array (n, batches)
        What the error of a prediction has of each batch's level, over the standard deviation of the error.
    errors : ndarray (n,)
        Value less prediction, over its standard deviation.
    """
    designs, errors = [], np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        weights, deviation = _kriging(points, variogram, rows[part], chosen[part])
        from_them = np.maximum(chosen[part], 0)
        errors[part] = values[rows[part]] - np.einsum(
            "nk,nk->n", weights, np.where(weights != 0, values[from_them], 0.0)
        )
        errors[part] /= deviation
        number = np.repeat(np.arange(len(weights)), weights.shape[1] + 1)
        column = np.column_stack([codes[rows[part]], codes[from_them]]).ravel()
        share = np.column_stack([np.ones(len(weights)), -weights]) / deviation[:, None]
        keep = column >= 0
        shape = (len(weights), n_batches)
        designs.append(csr_array((share.ravel()[keep], (number[keep], column[keep])), shape=shape).toarray())
    return _without_dust(np.concatenate(designs)), errors


def _without_dust(design: FloatArray) -> csr_array:
    """Return a sparse matrix; what is left by rounding is 0, so that it ties no batches."""
    return csr_array(np.where(np.abs(design) > 1e-9 * np.abs(design).max(initial=1e-300), design, 0.0))


def _kriging(
    points: FloatArray, variogram: Variogram, rows: IntArray, chosen: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Weights (n, k), 0 where there is no neighbour, and standard deviation (n,) of a further sample's error."""
    model, sill, present = variogram.model(), variogram.sill, chosen >= 0
    places = points[np.maximum(chosen, 0)]
    between = np.linalg.norm(places[:, :, None] - places[:, None], axis=-1)
    among = (variogram.partial_sill * model.correlation(between)) / sill
    both = present[:, :, None] & present[:, None]
    among = np.where(both, among, 0.0)
    diagonal = np.arange(chosen.shape[1])
    among[:, diagonal, diagonal] = np.where(present, 1.0 + JITTER, 1.0)
    to_row = np.linalg.norm(places - points[rows][:, None], axis=-1)
    right = np.zeros((*chosen.shape, 2))
    right[..., 0] = np.where(present, variogram.partial_sill * model.correlation(to_row) / sill, 0.0)
    right[..., 1] = present
    solved = np.linalg.solve(among, right)
    total = solved.sum(axis=1)
    multiplier = (1 - total[:, 0]) / total[:, 1]
    weights = solved[..., 0] + multiplier[:, None] * solved[..., 1]
    explained = np.einsum("nk,nk->n", weights, right[..., 0]) - multiplier
    return weights, np.sqrt(sill * np.maximum(1.0 - explained, 1e-12))


def _nearest_known(index: IntArray, known: np.ndarray) -> IntArray:
    """Return the nearest `NEIGHBOURS` with a value of each sample; -1 where there are fewer."""
    there = (index >= 0) & known[np.maximum(index, 0)]
    first = np.argsort(~there, axis=1, kind="stable")[:, :NEIGHBOURS]
    return np.where(np.take_along_axis(there, first, axis=1), np.take_along_axis(index, first, axis=1), -1)


def stretches(
    square: IntArray, codes: IntArray, rows: IntArray, chosen: IntArray, n_batches: int
) -> IntArray:
    """Count the squares of ground in which samples are compared with those of another batch; (batches,).

    Parameters
    ----------
    square : ndarray of int (n,)
        Of the samples that are compared.
    codes, rows, chosen, n_batches
        See `innovations`; neighbours of all samples.
    """
    own, others = codes[rows], chosen[rows]
    batch = np.where(others >= 0, codes[np.maximum(others, 0)], -1)
    differs = (batch >= 0) & (batch != own[:, None])
    pairs = np.concatenate(
        [
            np.column_stack([own, square]),
            np.column_stack([batch[differs], np.broadcast_to(square[:, None], batch.shape)[differs]]),
        ]
    )
    return np.bincount(np.unique(pairs, axis=0)[:, 0], minlength=n_batches).astype(np.int64)


def _per_batch(own: IntArray, mixed: np.ndarray, others: IntArray, n_batches: int) -> IntArray:
    """Count the pairs of different batches that each batch takes part in."""
    count = np.bincount(own, weights=mixed.sum(axis=1), minlength=n_batches)
    return (count + np.bincount(others[mixed], minlength=n_batches)).astype(np.int64)


def _enough(rows: IntArray, chosen: IntArray, codes: IntArray, mixed: np.ndarray, n_batches: int) -> IntArray:
    """Leave out comparisons with batches of which fewer than `FEWEST_SAMPLES` have neighbours in others."""
    pairs = np.concatenate([np.repeat(rows, chosen.shape[1])[mixed[rows].ravel()], chosen[rows][mixed[rows]]])
    samples = np.bincount(codes[np.unique(pairs)], minlength=n_batches)
    few = samples < FEWEST_SAMPLES
    bad = (few[codes] & (codes >= 0)) | np.where(mixed, few[codes[np.maximum(chosen, 0)]], False).any(axis=1)
    return rows[~bad[rows]]
