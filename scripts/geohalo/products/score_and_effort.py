"""Where the map is high, and how much was explored there: classes of two percentiles, and words about targets."""

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.products.styles import amount, style
from geohalo.products.targets import on_new_ground

#: Percentiles at which classes begin and end, of the score and of the effort.
SCORE_LIMITS = (0.0, 75.0, 90.0, 100.0)
EFFORT_LIMITS = (0.0, 100 / 3, 200 / 3, 100.0)
EFFORT_WORDS = ("little", "medium", "much")
#: Targets that a sentence names.
NAMED = 20


def two_way_classes(score: NDArray[np.floating], effort: NDArray[np.floating]) -> NDArray[np.integer]:
    """Return the class of each cell by both percentiles.

    Parameters
    ----------
    score, effort : ndarray
        Percentiles, 0 to 100, of the same shape; NaN where there is none.

    Returns
    -------
    ndarray of int
        Three times the class of the score (of `SCORE_LIMITS`, from 0) plus that of the effort (of `EFFORT_LIMITS`);
        -1 where one of them is not known.
    """
    known = np.isfinite(score) & np.isfinite(effort)
    rows = np.searchsorted(SCORE_LIMITS[1:-1], np.nan_to_num(score), side="right")
    columns = np.searchsorted(EFFORT_LIMITS[1:-1], np.nan_to_num(effort), side="right")
    return np.where(known, 3 * rows + columns, -1)


def two_way_labels() -> list[tuple[str, str]]:
    """Return words and colour of each class, in the order of `two_way_classes`."""
    rows = [f"score {low:g}–{high:g} %" for low, high in pairwise(SCORE_LIMITS)]
    names = [f"{row}, {word} effort" for row in rows for word in EFFORT_WORDS]
    return list(zip(names, two_way_colours(), strict=True))


def two_way_colours() -> list[str]:
    """Return the colour of each class, in the order of `two_way_classes`."""
    return [hue for row in style()["score_and_effort"] for hue in row]


def little_explored(targets: pd.DataFrame) -> pd.DataFrame:
    """Return the targets on new ground where at most a third of the survey was explored less.

    Parameters
    ----------
    targets : pandas.DataFrame
        With ``ground`` and ``effort_percentile``, the mean of the percentiles of its cells.
    """
    new = targets[on_new_ground(targets)]
    return new[new["effort_percentile"] <= EFFORT_LIMITS[1]]


def effort_message(targets: pd.DataFrame, unit: str, of_samples: bool) -> str:
    """Say in a sentence which targets lie on little explored ground, and what that means.

    Parameters
    ----------
    targets : pandas.DataFrame
        With ``rank``, ``ground`` and ``effort_percentile``; the message is empty where effort is known of no target.
    unit : str
        Of the effort.
    of_samples : bool
        Whether effort is the density of the samples that the map is made from.
    """
    if "effort_percentile" not in targets:
        return ""
    known = targets[on_new_ground(targets)].dropna(subset=["effort_percentile"])
    if known.empty:
        return ""
    low = sorted(little_explored(targets)["rank"].astype(int))
    what = f"Exploration effort ({unit})" if unit else "Exploration effort"
    among = amount(len(known), "target")
    if not low:
        return f"{what} is not low on any of {among} on new ground: more than a third of the survey has less."
    named = ", ".join(map(str, low[:NAMED])) + (" ..." if len(low) > NAMED else "")
    doubt = (
        "The map rests on few samples there and is less certain, too; more samples are the first step."
        if of_samples
        else "That they were passed over is no evidence for them; how certain the map is there, spread and "
        "applicability say."
    )
    on = f"{what} is low on {len(low)} of {among} on new ground ({named})"
    return f"{on}: at most a third of the survey has less. {doubt}"
