"""Elements that are missing in the same samples, put into groups that share one covariance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: A pattern with a larger share of missing samples than this has a covariance of its own.
MOST_MISSING = 1 / 3


@dataclass(frozen=True)
class Pattern:
    """Elements that have values in the same samples.

    Attributes
    ----------
    elements : ndarray of int
        Their columns.
    missing : ndarray of int
        Rows of the group's samples in which they have none.
    """

    elements: Integers
    missing: Integers


@dataclass(frozen=True)
class Group:
    """Patterns that share the covariance among some samples.

    Attributes
    ----------
    rows : ndarray of int
        Those samples.
    patterns : list of Pattern
    """

    rows: Integers
    patterns: list[Pattern]


def group_patterns(values: Array, usable: NDArray[np.bool_]) -> list[Group]:
    """Group elements by the samples that they are missing in.

    A pattern with few missing samples is solved with the covariance of all samples, from which those are taken out
    again; one with many has a covariance of its own.

    Parameters
    ----------
    values : ndarray (samples, elements)
        NaN where missing.
    usable : ndarray (samples,) of bool
        Samples that see any ground; no others are in a group.

    Returns
    -------
    list of Group
        Elements without any value are in none.
    """
    present = ~np.isnan(values) & usable[:, None]
    found: dict[bytes, list[int]] = {}
    for element, column in enumerate(present.T):
        if column.any():
            found.setdefault(np.packbits(column).tobytes(), []).append(element)
    shared = np.flatnonzero(present.any(axis=1))
    light, groups = [], []
    for elements in found.values():
        column = present[:, elements[0]]
        missing = np.flatnonzero(~column[shared])
        numbers = np.array(elements)
        if missing.size <= MOST_MISSING * shared.size:
            light.append(Pattern(numbers, missing))
        else:
            groups.append(Group(np.flatnonzero(column), [Pattern(numbers, np.empty(0, dtype=np.int64))]))
    return ([Group(shared, light)] if light else []) + groups
