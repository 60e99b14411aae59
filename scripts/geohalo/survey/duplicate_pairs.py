"""Which sample a duplicate repeats."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import BoolArray, FloatArray
from geohalo.survey.row_roles import DUPLICATES, FIELD_DUPLICATE, SURVEY, LabelArray, Roles

IntArray = npt.NDArray[np.int64]
_MOST_NAMED = 10


def find_originals(
    roles: Roles, xy: FloatArray, again: BoolArray, distance: float, rows: IntArray, source: str
) -> tuple[IntArray, list[InputWarning]]:
    """Find the row that each duplicate repeats.

    A duplicate names its original where the table tells it. Otherwise it repeats the survey row of the same sample
    name, or the only one at its place. A laboratory duplicate may repeat a field duplicate, too.

    Parameters
    ----------
    roles : Roles
    xy : ndarray of float64, shape (rows, 2)
        Places in metres, NaN where there are none.
    again : ndarray of bool, shape (rows,)
        Rows that are another one filed once more, which are nobody's original.
    distance : float
        Rows at most this many metres apart are at one place.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    source : str
        File name, for the warning.

    Returns
    -------
    original : ndarray of int64, shape (rows,)
        Position of the row that is repeated; -1 where there is none.
    warnings : list of InputWarning
        Names the duplicates without an original.
    """
    original = np.full(len(rows), -1, dtype=np.int64)
    duplicates = np.flatnonzero(roles.of(*DUPLICATES))
    if not duplicates.size:
        return original, []
    survey = roles.of(SURVEY) & ~again
    by_sample = _only_rows(roles.sample, survey)
    by_sample_or_field = _only_rows(roles.sample, survey | roles.of(FIELD_DUPLICATE))
    stated = roles.original[duplicates] != ""
    for one in duplicates[stated]:
        name = roles.original[one]
        found = by_sample.get(name, by_sample_or_field.get(name, -1))
        original[one] = found if found != one else -1
    for one in duplicates[~stated]:
        if roles.sample[one]:
            original[one] = by_sample.get(roles.sample[one], -1)
    placed = duplicates[~stated & (original[duplicates] < 0) & np.isfinite(xy[duplicates, 0])]
    original[placed] = _at_place(xy, placed, np.flatnonzero(survey & np.isfinite(xy[:, 0])), distance)
    lost = duplicates[original[duplicates] < 0]
    return original, _unpaired(lost, len(duplicates), rows, source)


def _only_rows(names: LabelArray, among: BoolArray) -> dict[str, int]:
    """Return the row of each name that one row alone has."""
    positions = np.flatnonzero(among & (names != ""))
    single = ~pd.Series(names[positions]).duplicated(keep=False).to_numpy(dtype=bool)
    return {str(names[one]): int(one) for one in positions[single]}


def _at_place(xy: FloatArray, duplicates: IntArray, survey: IntArray, distance: float) -> IntArray:
    """Return the survey row at each duplicate's place, -1 where there is none or more than one."""
    if not (duplicates.size and survey.size):
        return np.full(len(duplicates), -1, dtype=np.int64)
    near = cKDTree(xy[survey]).query_ball_point(xy[duplicates], max(distance, 1e-3))
    return np.array([survey[found[0]] if len(found) == 1 else -1 for found in near], dtype=np.int64)


def _unpaired(lost: Sequence[int] | IntArray, total: int, rows: IntArray, source: str) -> list[InputWarning]:
    """Return the warning that duplicates have no original."""
    if not len(lost):
        return []
    numbers = ", ".join(str(rows[one]) for one in lost[:_MOST_NAMED])
    more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
    return [
        InputWarning(
            f"{len(lost)} of {total} duplicates repeat no row of the survey, or it is not clear which (rows "
            f"{numbers}{more}); they are left out of the precision",
            "name the sample that each repeats in a column (samples.quality.original and samples.quality.sample), or "
            "give both the same coordinates",
            source,
            row=str(rows[lost[0]]),
        )
    ]
