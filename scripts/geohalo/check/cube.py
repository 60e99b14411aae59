"""Whether the values of a survey can be stacked to a cube."""

from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.check.findings import Findings
from geohalo.cube.logratio import check_variation, transformed
from geohalo.cube.moments import Moments

STAGE = "stack_cube"
#: Cells that are transformed at a time.
CELLS = 100_000


def check_cube(findings: Findings, values: NDArray[np.float64], elements: list[str], transform: str) -> None:
    """Note values that have no transform, and elements that are the same everywhere.

    Parameters
    ----------
    findings : Findings
        Gets the error.
    values : ndarray (places, elements)
        Cells of rasters, or samples, of which a missing value (NaN) tells nothing.
    elements : list of str
    transform : str
        Config key `cube.transform`.
    """
    if values.size:
        findings.attempt(STAGE, _stacked, values, elements, transform)


def _stacked(values: NDArray[np.float64], elements: list[str], transform: str) -> None:
    middle = pd.DataFrame(values).median().to_numpy() if np.isnan(values).any() else None
    both = []
    for start in range(0, len(values), CELLS):
        part = values[start : start + CELLS]
        part = part if middle is None else np.where(np.isnan(part), middle, part)
        both.append((Moments.of(part), Moments.of(transformed(part, elements, transform))))
    raw, moments = reduce(lambda one, other: (one[0] + other[0], one[1] + other[1]), both)
    check_variation(elements, raw, moments, transform)
