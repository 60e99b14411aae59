"""How well ways of mapping predict the same left-out samples: as mixtures of their ground, discs and places."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geohalo.cube.grid import Grid
from geohalo.cube.interpolation import INTERPOLATORS
from geohalo.cube.method_choice import Score
from geohalo.sources.covariance import Spectrum, covariance
from geohalo.sources.folds import Folds
from geohalo.sources.ground import Ground, coarsened
from geohalo.sources.large import MOST_COVARIANCE
from geohalo.sources.mixing import Mixing
from geohalo.sources.patterns import group_patterns
from geohalo.sources.penalty import penalty
from geohalo.sources.strength import choose_strength
from geohalo.sources.unmixing import Options, unmix

Array = NDArray[np.float64]


def predicted_as_discs(
    points: Array, values: Array, folds: Folds, method: str, settings: Mapping[str, Any]
) -> Array:
    """Interpolate left-out samples from those that the mixtures may use, too.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing.
    folds : Folds
    method : str
        Of `geohalo.cube.interpolation.INTERPOLATORS`.
    settings : mapping
        The config section ``interpolation``.

    Returns
    -------
    ndarray (samples, elements)
        NaN of samples that are never predicted, and of elements without a value in the samples used.
    """
    predicted = np.full_like(values, np.nan)
    for number, withheld in enumerate(folds.withheld):
        tested = np.flatnonzero(folds.fold == number)
        known = values[~withheld]
        usable = np.flatnonzero(~np.isnan(known).all(axis=0))
        if not (tested.size and usable.size):
            continue
        fitted = INTERPOLATORS[method].fit(points[~withheld], known[:, usable], settings)
        predicted[np.ix_(tested, usable)] = fitted.estimate(points[tested])[0]
    return predicted


def predicted_as_places(points: Array, grid: Grid, values: Array, folds: Folds, options: Options) -> Array:
    """Predict left-out samples with the same penalty, where each tells of the cell that it lies in alone.

    What mixtures predict better than this is of their ground; what both predict better than discs is of the penalty.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    grid : Grid
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing.
    folds : Folds
    options : Options
        Penalty and strengths to choose from; the law has no part where nothing mixes.

    Returns
    -------
    ndarray (samples, elements)
        NaN of samples that are never predicted, and of those beside the grid.
    """
    mixing, kind = Mixing.of(place_shares(points, grid), np.full(len(points), -1)), options.kind
    ground = Ground(mixing, penalty(grid.shape, kind, grid.cell), np.ones(len(points)), options.workers)
    coarse, _, _ = coarsened(ground, kind, grid.cell, MOST_COVARIANCE / max(1, len(points)))
    among = covariance(coarse.mixing, coarse.penalty, ground.noise, options.workers)
    predicted = np.full_like(values, np.nan)
    for group in group_patterns(values, mixing.sees):
        rows = group.rows
        spectrum = Spectrum.of(among[np.ix_(rows, rows)], ground.noise[rows])
        scaled = np.nan_to_num(values[rows]) * spectrum.level[:, None]
        chosen = choose_strength(spectrum, scaled, group.patterns, folds.of_rows(rows), options.shares)
        own = np.concatenate([pattern.elements for pattern in group.patterns])
        predicted[np.ix_(rows, own)] = chosen.predicted[:, own]
    return predicted


def place_shares(points: Array, grid: Grid) -> csr_array:
    """Return the cell that each point (samples, 2) lies in, as ground (samples, cells) of one square metre."""
    south, east = grid.shape
    column = np.floor((points[:, 0] - grid.x[0]) / grid.cell + 0.5).astype(np.int64)
    row = np.floor((grid.y[0] - points[:, 1]) / grid.cell + 0.5).astype(np.int64)
    inside = np.flatnonzero((column >= 0) & (column < east) & (row >= 0) & (row < south))
    cells = row[inside] * east + column[inside]
    return csr_array((np.ones(inside.size), (inside, cells)), shape=(len(points), south * east))


def predicted_by_mass(
    mixing: Mixing,
    shape: tuple[int, int],
    cell: float,
    values: Array,
    folds: Folds,
    options: Options,
    strength: Array,
) -> Array:
    """Predict left-out samples by balances of mass, which need a map of their own for each fold.

    Parameters
    ----------
    mixing, shape, cell, values, folds, options
        As in `geohalo.sources.unmixing.unmix`.
    strength : ndarray (elements,)
        Chosen by the errors of logs.

    Returns
    -------
    ndarray (samples, elements)
        NaN of samples that are never predicted.
    """
    alone = Options(options.kind, options.shares, "mass", variance=False, workers=options.workers)
    predicted = np.full_like(values, np.nan)
    for number, withheld in enumerate(folds.withheld):
        used = np.where(withheld[:, None], np.nan, values)
        found = unmix(mixing, shape, cell, used, options=alone, strength=strength)
        tested = folds.fold == number
        predicted[tested] = found.mixture[tested]
    return predicted


def scores(values: Array, predicted: Mapping[str, Array]) -> tuple[dict[str, list[Score]], NDArray[np.int64]]:
    """Compare ways of mapping at the samples that all of them predict.

    Parameters
    ----------
    values : ndarray (samples, elements)
        NaN where missing.
    predicted : mapping of str to ndarray (samples, elements)
        By the name of the way; NaN where none was made.

    Returns
    -------
    scores : dict of list of Score (elements,)
        Error and share of the variance of these samples that is explained.
    count : ndarray (elements,) of int
        Samples that are compared.
    """
    compared = ~np.isnan(values)
    for one in predicted.values():
        compared &= ~np.isnan(one)
    count = compared.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.where(compared, values, 0.0)
        mean = known.sum(axis=0) / count
        spread = np.where(compared, values - mean, 0.0)
        variance = (spread**2).sum(axis=0) / count
        found = {}
        for name, one in predicted.items():
            square = (np.where(compared, one - values, 0.0) ** 2).sum(axis=0) / count
            pairs = zip(np.sqrt(square), 1.0 - square / variance, strict=True)
            found[name] = [Score(float(error), float(share)) for error, share in pairs]
    return found, count.astype(np.int64)
