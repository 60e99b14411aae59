"""How strong the penalty is to be for each element: errors at samples that are left out.

What is predicted at left-out samples follows from one inverse: with Q the precision of all samples (without the level),
the residuals of a set s that is left out are (Q_ss)^-1 (Q y)_s, and their variance is the diagonal of (Q_ss)^-1
(Dubrule 1983, doi 10.1007/BF01032692, for single samples). Values of s itself have no part in it, so that samples
with a missing value are taken out in the same way. It is exact, and needs no fit for each fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.covariance import Spectrum
from geohalo.sources.folds import Folds
from geohalo.sources.patterns import Pattern

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Strengths that are tried, as shares of the mean variance of samples about the level: how much larger the variance of
#: noise is than that of what samples tell. Steps of half a decade: the error is flat about its least.
STRENGTHS = tuple(float(10.0**power) for power in np.arange(-3.0, 2.01, 0.5))


@dataclass(frozen=True)
class LeftOut:
    """What was found at left-out samples.

    Attributes
    ----------
    squares : ndarray (elements,)
        Sum of squared errors, in the units of the values squared.
    count : ndarray (elements,) of int
        Samples that it is of.
    ratio : ndarray (elements,)
        Sum of squared errors over their variance at a unit scale, where asked for.
    predicted : ndarray (samples, elements)
        NaN where none was made.
    """

    squares: Array
    count: Integers
    ratio: Array
    predicted: Array


def left_out(
    precision: Array,
    scaled: Array,
    level: Array,
    patterns: Sequence[Pattern],
    folds: Folds,
    with_variance: bool = False,
) -> LeftOut:
    """Predict samples that are left out.

    Parameters
    ----------
    precision : ndarray (samples, samples)
        Of `Spectrum.precision`, at one strength.
    scaled : ndarray (samples, elements)
        Values over the deviation of the samples' noise; 0 where missing.
    level : ndarray (samples,)
        One over that deviation.
    patterns : sequence of Pattern
        Only their elements are predicted.
    folds : Folds
        Of these samples.
    with_variance : bool
        Compare errors with their variance, too.
    """
    from scipy.linalg import cho_factor, cho_solve  # slow to import

    elements = scaled.shape[1]
    found = LeftOut(
        np.zeros(elements),
        np.zeros(elements, dtype=np.int64),
        np.zeros(elements),
        np.full_like(scaled, np.nan),
    )
    for pattern in patterns:
        own, missing = pattern.elements, np.zeros(level.size, dtype=bool)
        missing[pattern.missing] = True
        weighed = precision @ scaled[:, own]
        for number, withheld in enumerate(folds.withheld):
            out = np.flatnonzero(withheld | missing)
            tested = (folds.fold[out] == number) & ~missing[out]
            if not tested.any() or out.size > level.size - 2:
                continue
            factor = cho_factor(precision[np.ix_(out, out)], lower=True, check_finite=False)
            error = cho_solve(factor, weighed[out], check_finite=False)[tested]
            rows = out[tested]
            if with_variance:
                unit = np.zeros((out.size, rows.size))
                unit[np.flatnonzero(tested), np.arange(rows.size)] = 1.0
                variance = cho_solve(factor, unit, check_finite=False)[tested].diagonal()
                found.ratio[own] += (error**2 / variance[:, None]).sum(axis=0)
            error /= level[rows, None]
            found.squares[own] += (error**2).sum(axis=0)
            found.count[own] += rows.size
            found.predicted[np.ix_(rows, own)] = scaled[np.ix_(rows, own)] / level[rows, None] - error
    return found


@dataclass(frozen=True)
class Strength:
    """The chosen strength of each element and what it does at left-out samples.

    Attributes
    ----------
    strength : ndarray (elements,)
        Variance of noise over the scale of the sources.
    scale : ndarray (elements,)
        What the covariance of sources is multiplied by, so that errors at left-out samples are as large as their
        variance says on average.
    squares, count, predicted
        See `LeftOut`; at the chosen strength.
    tried : ndarray (strengths, elements)
        Root mean square error of each strength.
    """

    strength: Array
    scale: Array
    squares: Array
    count: Integers
    predicted: Array
    tried: Array


def choose_strength(
    spectrum: Spectrum,
    scaled: Array,
    patterns: Sequence[Pattern],
    folds: Folds,
    shares: Sequence[float] = STRENGTHS,
) -> Strength:
    """Choose for each element the strength with the least error at left-out samples.

    Parameters
    ----------
    spectrum : Spectrum
    scaled, patterns, folds
        See `left_out`.
    shares : sequence of float
        Strengths to try, in shares of `Spectrum.signal`.

    Returns
    -------
    Strength
        Of all columns of ``scaled``; NaN of those in no pattern.
    """
    elements = scaled.shape[1]
    strengths = np.asarray(shares) * spectrum.signal
    squares, count = np.zeros((2, strengths.size, elements))
    for number, strength in enumerate(strengths):
        found = left_out(spectrum.precision(strength), scaled, spectrum.level, patterns, folds)
        squares[number], count[number] = found.squares, found.count
    best, tried = best_strength(squares, count)
    found = left_out_at(spectrum, scaled, patterns, folds, strengths[best])
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = found.ratio / found.count
    return Strength(strengths[best], scale, found.squares, found.count, found.predicted, tried)


def best_strength(squares: Array, count: Array) -> tuple[Integers, Array]:
    """Return the number of the strength of least error (elements,), and all errors (strengths, elements).

    Parameters
    ----------
    squares, count : ndarray (strengths, elements)
        Sums of squared errors, and of how many samples.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        tried = np.sqrt(squares / count)
    return np.argmin(np.nan_to_num(tried, nan=np.inf), axis=0), tried


def left_out_at(
    spectrum: Spectrum, scaled: Array, patterns: Sequence[Pattern], folds: Folds, strength: Array
) -> LeftOut:
    """Predict left-out samples, each element at its own strength (elements,), and compare errors with variances."""
    elements = scaled.shape[1]
    all_found = LeftOut(
        np.zeros(elements),
        np.zeros(elements, dtype=np.int64),
        np.zeros(elements),
        np.full_like(scaled, np.nan),
    )
    for one in np.unique(strength):
        own = [
            Pattern(chosen, pattern.missing)
            for pattern in patterns
            if (chosen := pattern.elements[strength[pattern.elements] == one]).size
        ]
        if not own:
            continue
        found = left_out(spectrum.precision(one), scaled, spectrum.level, own, folds, with_variance=True)
        columns = np.concatenate([pattern.elements for pattern in own])
        all_found.squares[columns], all_found.count[columns] = found.squares[columns], found.count[columns]
        all_found.ratio[columns] = found.ratio[columns]
        all_found.predicted[:, columns] = found.predicted[:, columns]
    return all_found
