"""Which batches stand off the level of the others, in which elements, and by how much."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from geohalo.multiple_tests import holm, simes
from geohalo.quality.batches import FloatArray, IntArray, Levels
from geohalo.quality.ground import unlike_the_ground

BoolArray = npt.NDArray[np.bool_]

#: Chance of any false alarm among the batches, and among the elements of a batch that stands off.
LEVEL = 0.05
#: Below this share of its own precision a batch has nothing left that it is compared with.
NOTHING_LEFT = 1e-9


@dataclass(frozen=True)
class Shifts:
    """How far batches stand off, in ln; (elements, batches) arrays, NaN where that is not known.

    Attributes
    ----------
    shift, error : ndarray
        Estimate and its standard error.
    freedom : ndarray
        Degrees of freedom of the error.
    p, p_adjusted : ndarray
        Of no shift: for the batch in this element, and corrected for all batches and elements (see `find_shifts`).
    standing : ndarray of bool
        Batches that have a level of their own; the others share one.
    applied : ndarray of bool
        What the values are corrected by is the shift where this is true, else 0.
    """

    shift: FloatArray
    error: FloatArray
    freedom: FloatArray
    p: FloatArray
    p_adjusted: FloatArray
    standing: BoolArray
    applied: BoolArray

    @property
    def correction(self) -> FloatArray:
        """What is taken off ln values."""
        return np.where(self.applied, self.shift, 0.0)

    def interval(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end of the 95 % interval."""
        reach = student.ppf(0.975, np.maximum(self.freedom, 1)) * self.error
        return self.shift - reach, self.shift + reach


def find_shifts(
    levels: Sequence[Levels],
    counts: IntArray,
    apply: str = "significant",
    reference: int | None = None,
    standing: BoolArray | None = None,
    correlation: FloatArray | None = None,
) -> Shifts:
    """Find the batches that stand off, and estimate their shifts.

    Most batches are taken to share one level. As in the data snooping of geodetic networks (Baarda 1968, A testing
    procedure for use in geodetic networks), each batch in turn is given a level of its own; the one that this explains
    most keeps it, and the others are tested again. A batch that no longer needs its level loses it. The adjusted p is
    the greater of two: that of the batch (Simes's test over its elements, and where ``correlation`` is given that of
    `geohalo.quality.ground.unlike_the_ground`; Holm's over the batches), and that of the element in this batch (Holm's
    over the elements). So one batch or more is called shifted by mistake in 5 % of surveys at most, and so is an
    element of a batch that is shifted.

    Parameters
    ----------
    levels : sequence of Levels (elements,)
    counts : ndarray of int (batches,)
        Samples of each batch.
    apply : {"significant", "all", "none"}
        ``significant`` applies shifts whose adjusted p is below `LEVEL`, ``none`` tests and applies none. ``all`` gives
        every batch a level of its own and applies it.
    reference : int, optional
        The batch whose level the others are brought to. By default the level stays that batches without a shift share,
        and with ``all`` the mean of the levels, weighted by samples.
    standing : ndarray of bool (elements, batches), optional
        Batches that have a level of their own, where that is known before.
    correlation : ndarray (elements, elements), optional
        Of `geohalo.quality.ground.correlation_of_differences`: a batch that differs from the others as ground differs
        elsewhere does not stand off.

    Returns
    -------
    Shifts
    """
    if apply == "all":
        standing = np.array([one.network >= 0 for one in levels])
        tested = [_relative(one, counts, reference) for one in levels]
    else:
        standing = _select(levels, counts, correlation) if standing is None else standing
        tested = [_given(one, own) for one, own in zip(levels, standing, strict=True)]
    shift, error = (np.array([one[k] for one in tested]).reshape(standing.shape) for k in (0, 1))
    freedom = np.repeat([[one.freedom] for one in levels], len(counts), axis=1).reshape(standing.shape)
    p = _p_values(shift, error, freedom)
    if reference is not None:
        p[:, reference] = np.nan if apply == "all" else p[:, reference]
    with np.errstate(invalid="ignore", divide="ignore"):
        ground = None if apply == "all" else _of_ground(levels, shift / error, correlation)
    found = Shifts(shift, error, freedom, p, adjusted_p(p, ground), standing, standing & np.isfinite(shift))
    if reference is not None and apply != "all":
        found = _to_reference(levels, reference, found)
    return replace(found, applied=found.applied & (apply != "none"))


def adjusted_p(p: FloatArray, ground: FloatArray | None = None) -> FloatArray:
    """Correct p (elements, batches) for all batches and elements (see `find_shifts`); NaN stays.

    The p of a batch is the greater of that of its elements together and, where it is known, that of ``ground``
    (batches,), of `geohalo.quality.ground.unlike_the_ground`.
    """
    within = np.apply_along_axis(holm, 0, p) if p.size else p
    together = np.array([simes(column) for column in p.T])
    if ground is not None:
        together = np.fmax(together, np.where(np.isnan(together), np.nan, ground))
    return np.maximum(within, holm(together)[None, :])


def _p_values(shift: FloatArray, error: FloatArray, freedom: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.abs(shift) / error
    return np.asarray(2 * student.sf(ratio, np.maximum(freedom, 1)), dtype=float)


def _given(levels: Levels, chosen: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Estimate shifts where some batches have a level of their own, and the others in a network share one.

    Of a batch that shares the level: what its own would be, were it given one. NaN where nothing would be left to
    compare it with.
    """
    precision = levels.precision
    shift, error = np.full((2, len(chosen)), np.nan)
    right = precision @ np.nan_to_num(levels.level)
    own, left = np.flatnonzero(chosen), np.diag(precision).copy()
    if own.size:
        covariance = np.linalg.pinv(precision[np.ix_(own, own)], hermitian=True)
        shift[own], error[own] = covariance @ right[own], np.sqrt(np.diag(covariance))
        across = precision[:, own] @ covariance
        right = right - precision[:, own] @ shift[own]
        left -= np.einsum("ks,ks->k", across, precision[:, own])
    alone = ~chosen & (levels.network >= 0) & (left > NOTHING_LEFT * np.diag(precision))
    shift[alone], error[alone] = right[alone] / left[alone], left[alone] ** -0.5
    return shift, error


def _relative(levels: Levels, counts: IntArray, reference: int | None) -> tuple[FloatArray, FloatArray]:
    """Estimate all levels against a reference batch or the weighted mean of the network."""
    shift, error = np.full((2, len(counts)), np.nan)
    covariance = np.linalg.pinv(levels.precision, hermitian=True)
    for network in range(levels.network.max(initial=-1) + 1):
        inside = levels.network == network
        weight = np.where(inside, counts, 0) / counts[inside].sum()
        if reference is not None and inside[reference]:
            weight = (np.arange(len(counts)) == reference).astype(float)
        contrast = np.eye(len(counts))[inside] - weight
        shift[inside] = contrast @ np.nan_to_num(levels.level)
        variance = np.einsum("kb,bc,kc->k", contrast, covariance, contrast)
        error[inside] = np.sqrt(np.maximum(variance, 0.0))
    return shift, error


def _to_reference(levels: Sequence[Levels], reference: int, found: Shifts) -> Shifts:
    """Bring batches to the level of one of them, in the elements in which that one stands off the others."""
    shift, error, p, adjusted = (one.copy() for one in (found.shift, found.error, found.p, found.p_adjusted))
    applied = found.applied.copy()
    for k, one in enumerate(levels):
        if not applied[k, reference]:
            continue
        inside, off = one.network == one.network[reference], found.standing[k]
        own = np.flatnonzero(off)
        covariance = np.linalg.pinv(one.precision[np.ix_(own, own)], hermitian=True)
        place = int(np.flatnonzero(own == reference)[0])
        variance = np.diag(covariance) + covariance[place, place] - 2 * covariance[place]
        here, common = inside[own], inside & ~off
        error[k, own[here]] = np.sqrt(np.maximum(variance[here], 0.0))
        error[k, common] = found.error[k, reference]
        p[k, common], adjusted[k, common] = p[k, reference], adjusted[k, reference]
        shift[k, inside] = np.where(off, shift[k], 0.0)[inside] - found.shift[k, reference]
        applied[k] |= inside
        applied[k, reference] = False
        p[k, reference] = adjusted[k, reference] = np.nan
    return replace(found, shift=shift, error=error, p=p, p_adjusted=adjusted, applied=applied)


def _select(levels: Sequence[Levels], counts: IntArray, correlation: FloatArray | None) -> BoolArray:
    """Choose the batches and elements (elements, batches) that get a level of their own."""
    chosen = np.zeros((len(levels), len(counts)), dtype=bool)
    tied = np.any([np.abs(one.precision) > 0 for one in levels], axis=0)
    seen: set[bytes] = set()
    while chosen.tobytes() not in seen:
        seen.add(chosen.tobytes())
        found = _tested(levels, chosen)
        adjusted = adjusted_p(found[1], _of_ground(levels, found[0], correlation))
        chosen &= ~(adjusted >= LEVEL)
        wanted = (adjusted < LEVEL) & ~chosen
        taken: list[int] = []
        for batch in _in_order(*found, wanted, counts):
            # What touches a batch just taken is tested again without that one's shift.
            if not any(tied[batch, other] for other in taken):
                chosen[:, batch] |= wanted[:, batch]
                taken.append(batch)
    return chosen


def _of_ground(
    levels: Sequence[Levels], ratio: FloatArray, correlation: FloatArray | None
) -> FloatArray | None:
    """Test batches against what the ground does, where it is known."""
    if correlation is None:
        return None
    stretches = np.median([one.stretches for one in levels], axis=0)
    return unlike_the_ground(ratio, correlation, stretches)


def _tested(levels: Sequence[Levels], chosen: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return shift over standard error, and p; (elements, batches)."""
    pairs = [_given(one, own) for one, own in zip(levels, chosen, strict=True)]
    shift, error = (np.array([pair[k] for pair in pairs]) for k in (0, 1))
    freedom = np.array([[one.freedom] for one in levels])
    with np.errstate(invalid="ignore", divide="ignore"):
        return shift / error, _p_values(shift, error, freedom)


def _in_order(ratio: FloatArray, p: FloatArray, wanted: BoolArray, counts: IntArray) -> list[int]:
    """List batches that are wanted, the surest first; of two alike, as where there are but two, the smaller one."""
    batches = np.flatnonzero(wanted.any(axis=0))
    sure = np.array([simes(p[:, batch]) for batch in batches])
    most = np.array(
        [np.nanmax(np.where(wanted[:, batch], np.abs(ratio[:, batch]), np.nan)) for batch in batches]
    )
    # Rounded, since two that are alike differ by rounding.
    with np.errstate(divide="ignore"):
        key = np.round(np.maximum(np.log(sure), -690.0), 6), np.round(most, 6)
    return [int(batches[k]) for k in np.lexsort((batches, counts[batches], -key[1], key[0]))]


def shift_table(
    shifts: Shifts,
    levels: Sequence[Levels],
    elements: Sequence[str],
    batches: Sequence[str],
    counts: IntArray,
) -> pd.DataFrame:
    """List the shifts, a row for each element and batch.

    Parameters
    ----------
    shifts : Shifts
    levels : sequence of Levels (elements,)
    elements, batches : sequence of str
    counts : ndarray of int (elements, batches)
        Samples with a value.

    Returns
    -------
    DataFrame
        ``element``, ``batch``, ``n``, ``pairs`` (comparisons that the shift rests on), ``factor`` (by which the batch's
        values stand above the level; below 1 they stand below it) with ``low`` and ``high`` (95 %), ``p``,
        ``p_adjusted``, ``applied``, and ``network`` (batches of one number are tied by comparisons; empty where nothing
        compares the batch).
    """
    low, high = shifts.interval()
    grid = {
        "n": counts,
        "pairs": np.array([one.compared for one in levels]),
        "factor": np.exp(shifts.shift),
        "low": np.exp(low),
        "high": np.exp(high),
        "p": shifts.p,
        "p_adjusted": shifts.p_adjusted,
        "applied": shifts.applied,
        "network": np.array([one.network for one in levels]),
    }
    index = pd.MultiIndex.from_product([list(elements), list(batches)], names=["element", "batch"])
    table = pd.DataFrame({name: values.ravel() for name, values in grid.items()}, index=index).reset_index()
    table["network"] = (table["network"] + 1).astype("Int64").where(table["network"] >= 0)
    return table


def levelled(values: FloatArray, codes: IntArray, correction: FloatArray) -> FloatArray:
    """Return concentrations brought to one level.

    A value below its detection limit stands for the limit; it moves as the limit does, and stays below it.

    Parameters
    ----------
    values : ndarray (samples, elements)
        Concentrations, NaN where missing.
    codes : ndarray of int (samples,)
        Batch of each sample; -1 for none, which stays as it is.
    correction : ndarray (elements, batches)
        `Shifts.correction`.
    """
    factor = np.exp(-correction.T)[np.maximum(codes, 0)]
    return values * np.where(codes[:, None] >= 0, factor, 1.0)
