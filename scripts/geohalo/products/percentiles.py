"""Scores by rank of ground: percentiles, the classes that maps are coloured by, and the score where each begins.

What a score is worth depends on the network and the survey: of one map all lie between 0.35 and 0.55, of another
between 0 and 1. Its rank is the same everywhere: the best 5 % of the ground is 5 % of the ground.
"""

from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap, to_hex
from numpy.typing import NDArray

from geohalo.evidence.ranks import percentile_rank
from geohalo.products.styles import style

#: Percentiles of the ground that classes of colour begin and end at, ascending.
LIMITS = (0.0, 50.0, 75.0, 90.0, 95.0, 98.0, 100.0)


def percentiles(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the percentile of each value among all finite ones.

    Parameters
    ----------
    values : ndarray
        Of any shape; NaN where there is none.

    Returns
    -------
    ndarray
        Of the same shape, above 0 and below 100: the share of values that are smaller and half the share of those that
        are equal, in per cent. NaN where there is no value.
    """
    values = np.asarray(values, dtype=np.float64)
    known, found = np.isfinite(values), np.full(values.shape, np.nan)
    found[known] = 100 * percentile_rank(values[known])
    return found


def percentile_class(values: NDArray[np.floating[Any]]) -> NDArray[np.integer[Any]]:
    """Return the number of the class (of `LIMITS`, from 0) of each value; -1 where there is none."""
    found = percentiles(values)
    classes = np.searchsorted(LIMITS[1:-1], np.nan_to_num(found), side="right")
    return np.where(np.isfinite(found), classes, -1)


def class_scores(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the values (classes + 1,) at the `LIMITS`, from the lowest to the highest; 0 without any value."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    return np.percentile(known, LIMITS) if known.size else np.zeros(len(LIMITS))


def rank_colours() -> list[str]:
    """Return the colours of the classes, those of the score's colour map at even steps."""
    ramp = matplotlib.colormaps[style()["maps"]["score"]]
    return [to_hex(ramp(k)) for k in np.linspace(0, 1, len(LIMITS) - 1)]


def class_labels(values: NDArray[np.floating[Any]], what: str = "score") -> list[str]:
    """Say of each class which part of the ground it is and what values it has, such as ``95–98 %, score 0.41–0.43``."""
    digits = score_digits(values)
    return [
        f"{low:g}–{high:g} %, {what} {least:.{digits}f}–{most:.{digits}f}"
        for (low, high), (least, most) in zip(pairwise(LIMITS), pairwise(class_scores(values)), strict=True)
    ]


def score_digits(values: NDArray[np.floating[Any]]) -> int:
    """Return how many decimals tell the scores at the limits from each other, two to five."""
    steps = np.diff(class_scores(values)[1:])
    least = steps[steps > 0].min(initial=0.01)
    return int(np.clip(np.ceil(-np.log10(least)), 2, 5))


def percentile_look() -> dict[str, Any]:
    """Return colour map and norm of percentiles for matplotlib, by their names as arguments."""
    return {"cmap": ListedColormap(rank_colours()), "norm": BoundaryNorm(LIMITS, len(LIMITS) - 1)}


def limit_labels(values: NDArray[np.floating[Any]], brief: bool = False) -> list[str]:
    """Return what is written at each of the `LIMITS` on a colour bar: percentile and, unless ``brief``, the value."""
    digits = score_digits(values)
    if brief:
        return [f"{limit:g}" for limit in LIMITS]
    return [
        f"{limit:g} % ({value:.{digits}f})" for limit, value in zip(LIMITS, class_scores(values), strict=True)
    ]
