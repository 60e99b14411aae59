"""Whether an element tells places apart: variance between places against that of sampling and analysis."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher

from geohalo.quality.robust import mean_and_sd, sd_of_pairs
from geohalo.survey.cells import FloatArray


@dataclass(frozen=True)
class Variances:
    """Analysis of variance of duplicated places, in natural logarithms.

    Attributes
    ----------
    pairs : int
    f, p : float
        Variance ratio between over within places, and how probable so large a one is where places do not differ.
    share, low, high : float
        Share of the total variance that is within places, classical, and its 95 % interval.
    robust_share : float
        The same from robust variances.
    within, between : float
        Robust variances; between places, that within taken off and at least 0.
    """

    pairs: int
    f: float
    p: float
    share: float
    low: float
    high: float
    robust_share: float
    within: float
    between: float

    def exceeding_p(self, limit: float) -> float:
        """Return how probable so small a variance ratio is if the share within places is at most ``limit``."""
        expected = 1 + 2 * (1 - limit) / limit
        return float(fisher.cdf(self.f / expected, self.pairs - 1, self.pairs))


def variances(first: FloatArray, second: FloatArray) -> Variances | None:
    """Part the variance of duplicated places into that between and that within them.

    Parameters
    ----------
    first, second : ndarray of float64, shape (pairs,)
        Concentrations of the two samples (field duplicates) or analyses (laboratory duplicates) of each place.

    Returns
    -------
    Variances or None
        None with fewer than three pairs, or if all are alike.

    References
    ----------
    Garrett (1969), The determination of sampling and analytical errors in exploration geochemistry, Economic Geology
    64, 568-569: unless F is significant, an element has no pattern to map. Ramsey, Thompson and Hale (1992), Objective
    evaluation of precision requirements for geochemical analysis using robust analysis of variance, Journal of
    Geochemical Exploration 44, 23-36: robust variances, and the share that sampling and analysis may have. The interval
    is that of Searle (1971), Linear Models, section 9.9. Variances are those of algorithms A and S in `robust`.
    """
    n = len(first)
    if n < 3:
        return None
    a, b = np.log(first), np.log(second)
    means, differences = (a + b) / 2, a - b
    inside, outside = float((differences**2).sum() / 2 / n), 2 * float(means.var(ddof=1))
    if inside == 0 or outside == 0:
        return None
    ratio = outside / inside
    bounds = [ratio / float(fisher.ppf(q, n - 1, n)) for q in (0.025, 0.975)]
    within = sd_of_pairs(differences) ** 2
    between = max(mean_and_sd(means)[1] ** 2 - within / 2, 0.0)
    low, high = (_share(bound) for bound in bounds)
    return Variances(
        pairs=n,
        f=ratio,
        p=float(fisher.sf(ratio, n - 1, n)),
        share=_share(ratio),
        low=low,
        high=high,
        robust_share=within / (within + between),
        within=within,
        between=between,
    )


def _share(ratio: float) -> float:
    """Return the share of the total variance within places that a variance ratio of pairs gives, at most 1."""
    return float(min(2 / (ratio + 1), 1.0))
