"""What quality control says of each element, in numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geohalo.multiple_tests import holm
from geohalo.quality.blanks import blank_limit, blanks_of
from geohalo.quality.drift import batch_shift, centred_logs, drift
from geohalo.quality.duplicates import element_pairs
from geohalo.quality.reference import material_results
from geohalo.quality.variance import Variances, variances
from geohalo.survey.duplicate_pairs import IntArray
from geohalo.survey.row_roles import DUPLICATES, FIELD_DUPLICATE, LABORATORY_DUPLICATE, REFERENCE, Roles

_VARIANCE = ("noise_share", "noise_low", "noise_high", "analysis_share", "f", "f_p", "noise_p")
_CHANGE = ("drift_percent", "drift_low", "drift_high", "drift_p", "batch_shift_percent", "batch_p")
#: Columns of p values that are corrected over the elements, each on its own.
TESTED = ("noise_p", "drift_p", "batch_p", "carry_over_p")


def element_table(
    roles: Roles,
    original: IntArray,
    values: pd.DataFrame,
    censored: pd.DataFrame,
    detection: Mapping[str, float],
    limits: Mapping[str, float],
) -> pd.DataFrame:
    """Return what duplicates, reference materials and blanks say of each element, before any judgement.

    Parameters
    ----------
    roles : Roles
    original : ndarray of int64, shape (rows,)
        Position of the row that a duplicate repeats, or -1.
    values, censored : DataFrame, shape (rows, elements)
        In ppm.
    detection : mapping of str to float
        Detection limit of each element in ppm, NaN where none is known.
    limits : mapping
        Config section `samples.quality.limits`.

    Returns
    -------
    DataFrame
        One row per element: `element`; `noise_of` (`sampling and analysis` from field duplicates, or `analysis` from
        those of the laboratory), `noise_pairs`, `noise_share` (robust) of the total variance, `noise_low` and
        `noise_high` (95 %, classical), `analysis_share` where both kinds of duplicates are there, `f` and `f_p` (of
        between places over within), `noise_p` (of a share within the limit); `drift_percent`, `drift_low`, `drift_high`
        and `drift_p`; `batch_shift_percent` and `batch_p`; `blanks`, `contaminated`, `blank_median_ppm`,
        `blank_highest_ppm`, `blank_limit_ppm`, `blank_by_nature`, `carry_over` and `carry_over_p`; and
        `detection_limit_ppm`. Each of `TESTED` has a column `_holm` beside it, corrected over the elements.
    """
    records = []
    for element in values:
        of_element = (values[element], censored[element])
        record: dict[str, Any] = {"element": element}
        record |= _noise(roles, original, *of_element, limits["noise"])
        record |= _changes(roles, *of_element)
        record |= _blanks(roles, *of_element, detection[str(element)], limits["blank"])
        records.append(record | {"detection_limit_ppm": detection[str(element)]})
    table = pd.DataFrame(records)
    for name in TESTED:
        table.insert(
            list(table.columns).index(name) + 1, f"{name}_holm", holm(table[name].to_numpy(dtype=float))
        )
    return table


def _noise(
    roles: Roles, original: IntArray, values: pd.Series, censored: pd.Series, limit: float
) -> dict[str, Any]:
    """Return the part of the variance that duplicates tell."""
    found: dict[str, Variances] = {}
    for kind in DUPLICATES:
        second = np.flatnonzero(roles.of(kind) & (original >= 0))
        parted = variances(*element_pairs(values, censored, original[second], second))
        if parted is not None:
            found[kind] = parted
    record: dict[str, Any] = {"noise_of": "", "noise_pairs": 0} | dict.fromkeys(_VARIANCE, np.nan)
    if not found:
        return record
    kind = next(iter(found))
    result = found[kind]
    record |= {
        "noise_of": "sampling and analysis" if kind == FIELD_DUPLICATE else "analysis",
        "noise_pairs": result.pairs,
        "noise_share": result.robust_share,
        "noise_low": result.low,
        "noise_high": result.high,
        "f": result.f,
        "f_p": result.p,
        "noise_p": result.exceeding_p(limit),
    }
    if len(found) == len(DUPLICATES):
        total = result.within + result.between
        record["analysis_share"] = min(found[LABORATORY_DUPLICATE].within / total, 1.0)
    return record


def _changes(roles: Roles, values: pd.Series, censored: pd.Series) -> dict[str, Any]:
    """Return drift and batch shift of the reference materials."""
    record: dict[str, Any] = dict.fromkeys(_CHANGE, np.nan)
    names = dict.fromkeys(roles.material[roles.of(REFERENCE)])
    every = [material_results(roles, values, censored, name) for name in names]
    results = [one for one in every if one.usable]
    if not results:
        return record
    logs, rows = centred_logs([one.values for one in results]), np.concatenate([one.rows for one in results])
    change = drift(roles.order[rows], logs)
    if change is not None:
        numbers = (100 * change.change, 100 * change.low, 100 * change.high, change.p)
        record |= dict(zip(_CHANGE[:4], numbers, strict=True))
    shift = batch_shift(roles.batch[rows], logs)
    if shift is not None:
        record |= {"batch_shift_percent": 100 * shift.change, "batch_p": shift.p}
    return record


def _blanks(
    roles: Roles, values: pd.Series, censored: pd.Series, detection: float, times: float
) -> dict[str, Any]:
    """Return what the blanks hold."""
    numbers = values.to_numpy(dtype=np.float64)
    limit = blank_limit(roles, numbers, detection, times)
    found = blanks_of(roles, numbers, censored.to_numpy(dtype=bool), limit)
    return {
        "blanks": found.count,
        "contaminated": found.contaminated,
        "blank_median_ppm": found.median,
        "blank_highest_ppm": found.highest,
        "blank_limit_ppm": limit,
        "blank_by_nature": found.by_nature,
        "carry_over": found.carry_over,
        "carry_over_p": found.carry_over_p,
    }
