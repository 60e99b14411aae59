"""Which method interpolates an element best: errors at samples that are left out in whole blocks of ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geohalo.cube.interpolation import INTERPOLATORS, METHODS, fit_variograms
from geohalo.cube.variogram import Variogram
from geohalo.errors import InputError
from geohalo.method_table import with_variance

Array = NDArray[np.float64]

#: Left-out samples that are predicted at most, evenly spread over the file: an error is then known to half a per cent.
MOST_TESTED = 50_000
#: Errors that differ by less than this share are equal, and the simpler method is taken.
TIE = 1e-3


@dataclass(frozen=True)
class Score:
    """How well one method predicts one element at left-out samples; NaN where it cannot be computed.

    Attributes
    ----------
    error : float
        Root mean square error in the units of the values.
    explained : float
        Share of the variance explained: 1 is perfect, 0 no better than the mean.
    variance_ratio : float
        Mean of squared error over the variance that kriging with the fitted variogram gives for a further sample. Above
        1, that promises too much; nugget and sill are then multiplied by this ratio (see `fit_interpolation`).
    """

    error: float
    explained: float
    variance_ratio: float = np.nan


@dataclass(frozen=True)
class ElementFit:
    """How one element is interpolated, and what speaks for it.

    Attributes
    ----------
    method : str
        Of `geohalo.cube.interpolation.METHODS`.
    scores : dict
        `Score` of each method that was tried.
    variogram : Variogram or None
        Where a method that gives a variance was tried: fitted on all samples, with nugget and sill brought to the size
        of the errors at left-out samples.
    """

    method: str
    scores: dict[str, Score]
    variogram: Variogram | None = None


def fit_interpolation(
    points: Array, values: Array, settings: Mapping[str, Any], block: float
) -> list[ElementFit]:
    """Measure the candidates on each element and choose; no label is used.

    The estimator that a variogram is fitted to leaves outliers out of account, which is right for the weights and too
    small for the variance. So each variogram is multiplied by the ratio that makes the variance of kriging agree with
    the squared errors at left-out samples on average; the weights stay as they are.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    values : ndarray (samples, elements)
        Usually log concentrations; NaN where missing.
    settings : mapping
        The config section ``interpolation``: ``method`` (``best`` chooses among ``candidates``) and what
        `geohalo.cube.interpolation.estimate` takes.
    block : float
        Side of the blocks in metres.

    Returns
    -------
    list of ElementFit (elements,)

    Raises
    ------
    InputError
        With ``best``, if the samples lie in a single block.
    """
    best = settings["method"] == "best"
    tried = [name for name in METHODS if name in (settings["candidates"] if best else [settings["method"]])]
    scores = {name: cross_validate(points, values, name, settings, block) for name in tried}
    variograms: list[Any] = [None] * values.shape[1]
    fitting = with_variance(tried)
    if fitting:
        variograms = list(fit_variograms(points, values, settings))
    fits = []
    for k, variogram in enumerate(variograms):
        own = {name: scores[name][k] for name in tried}
        if best and all(np.isnan(score.error) for score in own.values()):
            raise _single_block(block)
        if variogram and own[fitting[0]].variance_ratio > 0:
            variogram = variogram.scaled(own[fitting[0]].variance_ratio)
        fits.append(ElementFit(_least(own), own, variogram))
    return fits


def check_blocks(points: Array, settings: Mapping[str, Any], block: float) -> None:
    """Raise the InputError of `fit_interpolation` where all samples lie in one block, before anything is measured.

    Parameters
    ----------
    points, settings, block
        As in `fit_interpolation`.
    """
    if settings["method"] == "best" and np.unique(block_numbers(points, block)).size < 2:
        raise _single_block(block)


def _single_block(block: float) -> InputError:
    return InputError(
        "config key interpolation.method: 'best' compares methods at samples left out in blocks of "
        f"{block:g} m (twice grid.max_distance), and all samples lie in one. Name a method, or give a smaller "
        "grid.max_distance."
    )


def _least(scores: Mapping[str, Score]) -> str:
    """Name the method of least error; in a tie the first."""
    names = list(scores)
    errors = np.nan_to_num([score.error for score in scores.values()], nan=np.inf)
    tied = errors <= errors.min() * (1 + TIE)
    return names[int(np.argmax(tied))]


def cross_validate(
    points: Array, values: Array, method: str, settings: Mapping[str, Any], block: float, folds: int = 5
) -> list[Score]:
    """Measure one method at samples that are left out in whole square blocks.

    Blocks keep the nearest neighbours of a left-out sample out too, since leaving out single samples flatters an
    interpolator (Roberts et al. 2017, doi 10.1111/ecog.02881). Kriging fits its variograms on the remaining samples,
    so that a left-out sample has no part in its own prediction.

    Parameters
    ----------
    points, values, settings, block
        See `fit_interpolation`.
    method : str
        Of `geohalo.cube.interpolation.METHODS`.
    folds : int
        Blocks are spread over this many folds (fewer when there are fewer blocks).

    Returns
    -------
    list of Score (elements,)
    """
    elements = values.shape[1]
    squares, ratios, count, rated = np.zeros((4, elements))
    for train, test in block_folds(points, block, folds):
        known = values[train]
        usable = np.flatnonzero(~np.isnan(known).all(axis=0))
        known = known if usable.size == elements else known[:, usable]
        fitted = INTERPOLATORS[method].fit(points[train], known, settings)
        predicted, variance = fitted.estimate(points[test])
        square = (predicted - values[np.ix_(test, usable)]) ** 2
        squares[usable] += np.nansum(square, axis=0)
        count[usable] += (~np.isnan(square)).sum(axis=0)
        if variance is not None:
            ratio = square / (variance + [variogram.nugget for variogram in fitted.variograms or ()])
            ratios[usable] += np.nansum(ratio, axis=0)
            rated[usable] += (~np.isnan(ratio)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_square = squares / count
        explained, ratio = 1 - mean_square / np.nanvar(values, axis=0), ratios / rated
    return [Score(*map(float, row)) for row in zip(np.sqrt(mean_square), explained, ratio, strict=True)]


def block_numbers(points: Array, block: float) -> NDArray[np.int64]:
    """Number the square block of ground that each sample lies in; side in metres."""
    column, row = np.floor((points - points.min(axis=0)) / block).astype(np.int64).T
    return row * (column.max() + 1) + column


def block_folds(points: Array, block: float, folds: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Training and test samples of each fold; none where all samples lie in one block."""
    blocks = block_numbers(points, block)
    folds = min(folds, np.unique(blocks).size)
    if folds < 2:
        return []
    from sklearn.model_selection import GroupKFold  # slow to import

    step = -(-len(points) // MOST_TESTED)
    return [(train, test[::step]) for train, test in GroupKFold(folds).split(points, groups=blocks)]
