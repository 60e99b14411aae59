"""Whether levelling helps: how well left-out blocks of samples are predicted before and after it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geohalo.cube.interpolation import estimate
from geohalo.cube.method_choice import block_folds, block_numbers
from geohalo.evidence.statistics import percentile_interval, ratio, resample_groups
from geohalo.quality.batches import FloatArray, IntArray
from geohalo.quality.levelling import BoolArray, levelled

FOLDS, DRAWS = 5, 2000
#: What the error is measured on: all samples, and those near a sample of another batch.
ALL, BORDERS = "all", "borders"
#: The row of all elements together.
TOGETHER = "all"
COLUMNS = ("element", "where", "n", "before", "after", "ratio", "low", "high")


def near_other_batches(points: FloatArray, codes: IntArray, distance: float) -> BoolArray:
    """Tell which samples have one of another batch within a distance in metres."""
    pairs = cKDTree(points).query_pairs(distance, output_type="ndarray")
    differ = (codes[pairs] >= 0).all(axis=1) & (codes[pairs[:, 0]] != codes[pairs[:, 1]])
    near = np.zeros(len(points), dtype=bool)
    near[pairs[differ].ravel()] = True
    return near


def levelling_errors(
    points: FloatArray,
    values: FloatArray,
    codes: IntArray,
    names: Sequence[str],
    correction_of: Callable[[IntArray], FloatArray],
    settings: Mapping[str, Any],
    block: float,
    distance: float,
) -> pd.DataFrame:
    """Measure the error of inverse-distance weighting at samples left out in whole blocks, before and after levelling.

    Blocks know nothing of batches, so that a block at a border is predicted from both sides of it. In each fold the
    shifts are estimated without the samples that are left out, which are then levelled by them.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres.
    values : ndarray (samples, elements)
        Concentrations of the elements that are levelled, NaN where missing.
    codes : ndarray of int (samples,)
        Batch of each sample; -1 for none.
    names : sequence of str (elements,)
    correction_of : callable
        Returns `Shifts.correction` (elements, batches) as estimated from some samples, given by their positions.
    settings : mapping
        The config section ``interpolation``, of which ``neighbours``, ``power`` and ``anisotropy`` are used.
    block : float
        Side of the blocks in metres.
    distance : float
        Samples this near to one of another batch are at a border, in metres.

    Returns
    -------
    DataFrame
        ``element`` (the last is ``all``: squares in units of the element's own before levelling), ``where`` (``all``
        samples or those at ``borders`` of batches), ``n``, ``before`` and ``after`` (root mean square error, log10),
        and ``ratio`` of the two with ``low`` and ``high`` (95 %, bootstrapped over blocks). Empty where all samples lie
        in one block.
    """
    squares = _squared_errors(points, values, codes, correction_of, settings, block)
    number = block_numbers(points, block)
    where = {ALL: np.ones(len(points), dtype=bool), BORDERS: near_other_batches(points, codes, distance)}
    rows = [
        {"element": name, "where": part} | row
        for part, chosen in where.items()
        for name, row in _compared(squares[:, chosen], number[chosen], names)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _squared_errors(
    points: FloatArray,
    values: FloatArray,
    codes: IntArray,
    correction_of: Callable[[IntArray], FloatArray],
    settings: Mapping[str, Any],
    block: float,
) -> FloatArray:
    """Return squares of errors at left-out samples (before and after; samples, elements); NaN where none is known."""
    squares = np.full((2, *values.shape), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.log10(values)
    for train, test in block_folds(points, block, FOLDS):
        after = np.log10(levelled(values, codes, correction_of(train)))
        for k, logs in enumerate((raw, after)):
            usable = ~np.isnan(logs[train]).all(axis=0)
            count = int(usable.sum())
            predicted, _ = estimate(
                points[train], logs[train][:, usable], points[test], ["idw"] * count, [None] * count, settings
            )
            squares[k][np.ix_(test, usable)] = (predicted - logs[test][:, usable]) ** 2
    return squares


def error_message(errors: pd.DataFrame, applied: bool) -> str:
    """Say in a sentence what levelling does to the error at left-out samples; empty where nothing was measured."""
    rows = errors[errors["element"] == TOGETHER].set_index("where")
    if rows.empty or ALL not in rows.index:
        return ""
    parts = []
    for where, name in ((ALL, "at all samples"), (BORDERS, "near borders of batches")):
        if where not in rows.index:
            continue
        share, low, high = (
            float(value) for value in rows.loc[[where], ["ratio", "low", "high"]].to_numpy()[0]
        )
        if np.isfinite(share):
            parts.append(f"{share:.3f} {name} (95 % interval {low:.3f} to {high:.3f})")
    change = "Levelling changes" if applied else "Levelling would change"
    message = "the error at samples left out in blocks, over the elements concerned, by a factor of"
    return f"{change} {message} {' and '.join(parts)}."


def _compared(
    squares: FloatArray, number: IntArray, names: Sequence[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Compare squares (before and after; samples, elements) for each element and for all together."""
    known = ~np.isnan(squares).any(axis=0)
    if not known.any():
        return []
    blocks, index = np.unique(number, return_inverse=True)
    drawn = resample_groups(len(blocks), DRAWS, 0)
    filled = np.where(known, squares, 0.0)
    sums = np.zeros((2, len(blocks), squares.shape[2]))
    for k in (0, 1):
        np.add.at(sums[k], index, filled[k])
    counts = known.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(sums[0].sum(axis=0) > 0, sums[0].sum(axis=0), np.nan)
    together = np.nansum(sums / own, axis=2)
    rows = []
    parts = [(sums[0, :, j], sums[1, :, j], int(counts[j])) for j in range(len(names))]
    for name, (before, after, n) in zip(
        [*names, TOGETHER], [*parts, (together[0], together[1], int(counts.sum()))], strict=True
    ):
        low, high = percentile_interval(np.sqrt(ratio(drawn @ after, drawn @ before)))
        error = [np.sqrt(one.sum() / n) if n and name != TOGETHER else np.nan for one in (before, after)]
        share = np.sqrt(after.sum() / before.sum()) if before.sum() > 0 else np.nan
        row = {"n": n, "before": error[0], "after": error[1], "ratio": share}
        rows.append((name, row | {"low": low, "high": high}))
    return rows
