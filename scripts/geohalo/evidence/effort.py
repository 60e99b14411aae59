"""Exploration effort in each cell, and its percentiles; light to import."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.evidence.ranks import count_below


@dataclass(frozen=True)
class Effort:
    """How much was explored where.

    Attributes
    ----------
    amount, percentile : ndarray (rows, columns)
        Amount, and share of the ground with less of it in per cent (`effort_percentiles`); NaN where none is known.
    unit : str
        Of the amount; may be empty.
    of_samples : bool
        Whether it is the density of the samples that the map is made from.
    """

    amount: NDArray[np.floating]
    percentile: NDArray[np.floating]
    unit: str = ""
    of_samples: bool = True


def effort_percentiles(effort: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the share of the ground with less effort, in per cent, of the same shape.

    Ground where nothing was done has 0, however much of it there is.

    Parameters
    ----------
    effort : ndarray
        Of any shape; NaN where none is known, which is no part of the ground.
    """
    effort = np.asarray(effort, dtype=np.float64)
    known, found = np.isfinite(effort), np.full(effort.shape, np.nan)
    values = effort[known]
    found[known] = 100 * count_below(values)[0] / max(1, values.size)
    return found
