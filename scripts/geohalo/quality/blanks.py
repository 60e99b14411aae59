"""Whether blanks stay blank: contamination, and what is carried over from the sample before."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from geohalo.quality.robust import mean_and_sd
from geohalo.survey.cells import BoolArray, FloatArray
from geohalo.survey.row_roles import BLANK, SURVEY, Roles

#: The fewest blanks that are judged, and that a carry-over is looked for in.
FEWEST_BLANKS, FEWEST_FOR_CARRY_OVER = 5, 8
#: Blanks that all hold more than the limit, with a smaller relative standard deviation, hold it by nature.
_STEADY = 0.1
#: Where no detection limit is known, a blank may hold as much as this share of the survey's samples do at most.
POOREST = 0.01


@dataclass(frozen=True)
class Blanks:
    """What the blanks hold of one element.

    Attributes
    ----------
    count : int
        Blanks with a value, those below the detection limit included.
    contaminated : int
        How many lie above the limit for blanks.
    median, highest : float
        In ppm.
    by_nature : bool
        Whether the blank material itself seems to hold the element: much of it, and always the same.
    carry_over, carry_over_p : float
        Rank correlation with the sample analysed just before, and how probable so high a one is by chance; NaN where
        there are too few.
    """

    count: int
    contaminated: int
    median: float
    highest: float
    by_nature: bool
    carry_over: float
    carry_over_p: float

    @property
    def share(self) -> float:
        """Share of blanks above the limit; NaN without blanks."""
        return self.contaminated / self.count if self.count else float("nan")


def blanks_of(roles: Roles, values: FloatArray, censored: BoolArray, limit: float) -> Blanks:
    """Return what the blanks hold of an element.

    Parameters
    ----------
    roles : Roles
    values, censored : ndarray, shape (rows,)
        In ppm, and whether they are below the detection limit.
    limit : float
        What a blank may hold, in ppm (`blank_limit`); NaN where that is not known, and then none is contaminated.
    """
    blank = roles.of(BLANK) & np.isfinite(values)
    found = values[blank]
    if not found.size:
        return Blanks(0, 0, np.nan, np.nan, False, np.nan, np.nan)
    above = (found > limit) & ~censored[blank]
    by_nature = False
    if above.all() and len(found) >= FEWEST_BLANKS:
        mean, sd = mean_and_sd(found)
        by_nature = sd < _STEADY * mean
    correlation, p = _carry_over(roles, values, blank)
    return Blanks(
        len(found), int(above.sum()), float(np.median(found)), float(found.max()), by_nature, correlation, p
    )


def blank_limit(roles: Roles, values: FloatArray, detection: float, times: float) -> float:
    """Return what a blank may hold of an element, in ppm.

    Parameters
    ----------
    roles : Roles
    values : ndarray of float64, shape (rows,)
        In ppm.
    detection, times : float
        Detection limit in ppm, and how often a blank may hold it. If it is NaN, since nothing was below it, a blank
        may hold what the poorest samples of the survey do.
    """
    if np.isfinite(detection):
        return times * detection
    survey = values[roles.of(SURVEY) & np.isfinite(values)]
    return float(np.quantile(survey, POOREST)) if survey.size else np.nan


def _carry_over(roles: Roles, values: FloatArray, blank: BoolArray) -> tuple[float, float]:
    """Return the rank correlation between blanks and what was analysed just before them, and its one-sided p."""
    known = np.flatnonzero(np.isfinite(roles.order) & np.isfinite(values))
    known = known[np.argsort(roles.order[known], kind="stable")]
    ordered = known[1:]
    after = blank[ordered] & ~roles.of(BLANK)[known[:-1]]
    here, before = values[ordered[after]], values[known[:-1][after]]
    if len(here) < FEWEST_FOR_CARRY_OVER or np.ptp(here) == 0 or np.ptp(before) == 0:
        return np.nan, np.nan
    test = spearmanr(before, here, alternative="greater")
    return float(test.statistic), float(test.pvalue)
