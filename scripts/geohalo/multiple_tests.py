"""Tests that are made many at a time."""

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p values for the number of comparisons (Holm's step-down).

    Parameters
    ----------
    p : (M,) array
        NaN for a comparison that was not made, which does not count.

    Returns
    -------
    (M,) float array
        With m comparisons, the k-th smallest p times m + 1 - k, at least those before it, at most 1.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6, 65-70.
    """
    p = np.asarray(p, dtype=float)
    out = np.full(len(p), np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return out


def simes(p: np.ndarray) -> float:
    """Return the p of the hypothesis that each of several is true (Simes's test).

    Parameters
    ----------
    p : (M,) array
        NaN for a test that was not made, which does not count.

    Returns
    -------
    float
        The least of m p / k, with p the k-th smallest of m; NaN without a test. Exact where the tests are independent.

    References
    ----------
    Simes (1986), An improved Bonferroni procedure for multiple tests of significance, Biometrika 73, 751-754,
    doi 10.1093/biomet/73.3.751.
    """
    known = np.sort(p[~np.isnan(p)])
    return float((known * known.size / np.arange(1, known.size + 1)).min()) if known.size else float("nan")
