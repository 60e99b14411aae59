"""Intervals over deposit groups.

Deposits of one group share ground and samples, so the group is what is resampled, never the deposit
or the cell.
"""

import numpy as np
from scipy.special import stdtrit


def student_quantile(share: float | np.ndarray, freedom: float | np.ndarray) -> np.ndarray:
    """Return the quantiles of Student's t with degrees of ``freedom``; NaN where there are none.

    They are those of `scipy.stats.t`, whose import takes half a second of every job that only compares or draws.
    """
    return stdtrit(freedom, share)


def resample_groups(n_groups: int, n_draws: int, seed: int) -> np.ndarray:
    """Draw groups with replacement, as many as there are, `n_draws` times.

    Parameters
    ----------
    n_groups : int
        Number of groups G.
    n_draws : int
        Number of bootstrap draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    (n_draws, G) int array
        How often each group was drawn; every row sums to G.
    """
    generator = np.random.default_rng(seed)
    return generator.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_draws)


def percentile_interval(draws: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the central interval that holds `level` of the bootstrap draws (percentile method).

    Parameters
    ----------
    draws : (n_draws,) array
        Values of the statistic; draws in which it is undefined are NaN and left out.
    level : float
        Share of the draws inside.

    Returns
    -------
    (low, high) : tuple of float
        NaN, NaN if the statistic is undefined in every draw.
    """
    defined = draws[~np.isnan(draws)]
    if len(defined) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_interval(
    values: np.ndarray, groups: np.ndarray, n_draws: int, seed: int, level: float = 0.95
) -> tuple[float, float]:
    """Return a bootstrap interval of the mean, resampling whole groups.

    The mean of a draw is the sum of the drawn groups' values over their number, so a group counts
    by its size. With groups of one and many values it tends to mean -+ 1.96 s / sqrt(n). With few
    groups (below about ten) a percentile interval is too narrow rather than too wide.

    Parameters
    ----------
    values : (D,) array
        One value for each deposit.
    groups : (D,) int array
        Group of each; any integers.
    n_draws : int
        Number of bootstrap draws.
    seed : int
        Seed of the draws.
    level : float
        Confidence level.

    Returns
    -------
    (low, high) : tuple of float
        NaN, NaN with fewer than two groups: one group tells nothing about another.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, Chapman & Hall, chapter 13
    (percentile interval). Davison & Hinkley (1997), Bootstrap Methods and their Application,
    Cambridge, section 3.8 (whole clusters).
    """
    names, index = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return float("nan"), float("nan")
    counts = resample_groups(len(names), n_draws, seed)
    total = counts @ np.bincount(index, weights=values)
    size = counts @ np.bincount(index)
    return percentile_interval(total / size, level)


def roc_auc_draws(
    positives: np.ndarray, groups: np.ndarray, background: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the ROC AUC for every row of group weights; the background is not resampled.

    The AUC is the mean over the positives of the share of the background that scores lower (ties
    half), so a draw is a weighted mean of that share.

    Parameters
    ----------
    positives : (P,) array
        Scores of the positive cells.
    groups : (P,) int array
        Group of each, 0 to G - 1.
    background : (M,) array
        Scores of the background cells.
    weights : (n_draws, G) array
        How often each group counts.

    Returns
    -------
    (n_draws,) float array
        NaN in a draw without a positive.
    """
    ordered, n_groups = np.sort(background), weights.shape[1]
    lower = np.searchsorted(ordered, positives, "left") + np.searchsorted(ordered, positives, "right")
    total = weights @ np.bincount(groups, weights=lower / (2 * len(ordered)), minlength=n_groups)
    return ratio(total, weights @ np.bincount(groups, minlength=n_groups))


def pr_auc_draws(
    positives: np.ndarray,
    groups: np.ndarray,
    background: np.ndarray,
    weights: np.ndarray,
    background_ratio: float = 1.0,
) -> np.ndarray:
    """Return the average precision for every row of group weights; the background is not resampled.

    In each draw the background weighs `background_ratio` times the positives, as in
    `geohalo.evidence.metrics.pr_auc`.

    Parameters
    ----------
    positives, groups, background, weights
        As in `roc_auc_draws`.
    background_ratio : float
        Total weight of the background over that of the positives.

    Returns
    -------
    (n_draws,) float array
        NaN in a draw without a positive.
    """
    order = np.argsort(-positives, kind="stable")
    score, group = positives[order], groups[order]
    last_of_tie = np.searchsorted(-score, -score, "right") - 1
    passed = 1 - np.searchsorted(np.sort(background), score, "left") / len(background)
    draws = np.empty(len(weights))
    step = max(1, 2_000_000 // len(score))  # bounds the work arrays to some 16 MB each
    for start in range(0, len(weights), step):
        weight = weights[start : start + step][:, group].astype(float)
        found, total = np.cumsum(weight, axis=1)[:, last_of_tie], weight.sum(axis=1)
        precision = ratio(found, found + background_ratio * total[:, None] * passed)
        draws[start : start + step] = ratio(np.nansum(weight * precision, axis=1), total)
    return draws


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return numerator / denominator, NaN where the denominator is 0."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    return np.divide(numerator, denominator, out=np.full(shape, np.nan), where=np.asarray(denominator) != 0)
