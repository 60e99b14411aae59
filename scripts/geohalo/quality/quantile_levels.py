"""Levels of batches from the quantiles of all their values, as if each batch had sampled the same ground."""

import numpy as np

from geohalo.quality.batches import FloatArray, IntArray, Levels

#: Quantiles that are compared; the tails, where anomalies are, are left out.
SHARES = np.linspace(0.1, 0.9, 9)
#: A batch needs so many values, and so many quantiles above its detection limits.
FEWEST_VALUES, FEWEST_QUANTILES = 20, 3
DRAWS = 200


def quantile_levels(
    values: FloatArray,
    censored: np.ndarray,
    codes: IntArray,
    n_batches: int,
    reference: int | None = None,
) -> Levels:
    """Find the levels of batches in one element: the mean difference of their quantiles from those of all samples.

    Quantiles were levelled by a line in Daneshfar and Cameron (1998, Leveling geochemical data between map sheets,
    Journal of Geochemical Exploration 63, 189-201). Here the line has the slope 1: the bias is one factor, and the
    contrast inside a batch stays. Standard errors are bootstrapped over samples, as if these were independent.

    Parameters
    ----------
    values : ndarray (samples,)
        ln of concentrations; NaN where missing.
    censored : ndarray of bool (samples,)
        Below the detection limit. Quantiles that such values reach are left out.
    codes : ndarray of int (samples,)
        Batch of each sample; -1 for none.
    n_batches : int
    reference : int, optional
        Batch whose quantiles the others are compared with, instead of those of all.

    Returns
    -------
    Levels
        `compared` counts quantiles. The reference has the level 0 and is in no network.
    """
    known = ~np.isnan(values) & (codes >= 0)
    levels, errors = np.full((2, n_batches), np.nan)
    compared = np.zeros(n_batches, dtype=np.int64)
    pool = known if reference is None else known & (codes == reference)
    base, base_share = values[pool], censored[pool].mean() if pool.any() else 1.0
    for batch in range(n_batches):
        own = known & (codes == batch)
        if batch == reference or own.sum() < FEWEST_VALUES or len(base) < FEWEST_VALUES:
            continue
        shares = SHARES[max(base_share, censored[own].mean()) < SHARES]
        if shares.size < FEWEST_QUANTILES:
            continue
        levels[batch] = (np.quantile(values[own], shares) - np.quantile(base, shares)).mean()
        spread = _spread(values[own], shares, batch)
        errors[batch] = np.hypot(spread, 0.0 if reference is None else _spread(base, shares, batch + 1))
        compared[batch] = shares.size
    used = np.isfinite(levels)
    with np.errstate(divide="ignore"):
        precision = np.diag(np.where(used, np.maximum(errors, 1e-9) ** -2.0, 0.0))
    return Levels(
        levels, precision, np.where(used, 0, -1), compared, np.inf, np.zeros(0), np.zeros_like(compared)
    )


def _spread(values: FloatArray, shares: FloatArray, seed: int) -> float:
    """Standard error of the mean of quantiles, bootstrapped."""
    drawn = np.random.default_rng(seed).choice(values, (DRAWS, len(values)))
    return float(np.quantile(drawn, shares, axis=1).mean(axis=0).std(ddof=1))
