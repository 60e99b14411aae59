"""Whether cells that are given a probability of halo are halo that often: the reliability diagram."""

import numpy as np
import pandas as pd

from geohalo.evidence import statistics

BINS = 10


def calibration_curve(
    label: np.ndarray, probability: np.ndarray, group: np.ndarray, weights: np.ndarray, n_bins: int = BINS
) -> pd.DataFrame:
    """Compare predicted probabilities with how often cells are positive, bin by bin.

    Classes weigh alike, as in the Brier score: a positive counts 1 / P, background 1 / B, with P and
    B their numbers. So a calibrated map says how likely halo is where halo and background are
    equally common. (scikit-learn's function of this name takes no weights.)

    Parameters
    ----------
    label : (M,) array
        1 positive, 0 background; both must occur.
    probability : (M,) array
        Predicted probability of a positive, 0 to 1.
    group : (M,) int array
        Group of each cell, a column of `weights`.
    weights : (n_draws, G) array
        How often each group counts in each bootstrap draw; no row for no interval.
    n_bins : int
        Bins of equal width from 0 to 1; a bin holds its lower end, the last one both.

    Returns
    -------
    pandas.DataFrame
        One row for each bin that holds a cell: ``bin_low``, ``bin_high``, ``predicted`` (mean
        probability), ``observed`` (share of positives) with ``low`` and ``high`` (95 % interval over
        the draws; NaN without any), and ``n`` cells.

    References
    ----------
    DeGroot & Fienberg (1983), The comparison and evaluation of forecasters, Journal of the Royal
    Statistical Society D (The Statistician) 32, 12-22.
    """
    edges = np.linspace(0, 1, n_bins + 1).round(12)
    probability = np.asarray(probability, dtype=float)
    inside = np.searchsorted(edges[1:-1], probability, side="right")
    positive = np.asarray(label) == 1
    counts = [_grouped(group, inside, chosen, weights.shape[1], n_bins) for chosen in (positive, ~positive)]
    weight = np.where(positive, 1 / positive.sum(), 1 / (~positive).sum())
    total = np.bincount(inside, weights=weight, minlength=n_bins)
    predicted = np.bincount(inside, weights=weight * probability, minlength=n_bins)
    draws = _observed(*(weights @ each for each in counts))
    intervals = [statistics.percentile_interval(column) for column in draws.T]
    table = pd.DataFrame(
        {
            "bin_low": edges[:-1],
            "bin_high": edges[1:],
            "predicted": statistics.ratio(predicted, total),
            "observed": _observed(*(each.sum(axis=0, keepdims=True) for each in counts))[0],
            "low": [low for low, _ in intervals],
            "high": [high for _, high in intervals],
            "n": np.bincount(inside, minlength=n_bins),
        }
    )
    return table[table["n"] > 0].reset_index(drop=True)


def _grouped(
    group: np.ndarray, inside: np.ndarray, chosen: np.ndarray, n_groups: int, n_bins: int
) -> np.ndarray:
    """Return the number of chosen cells of each group in each bin, (n_groups, n_bins)."""
    index = group[chosen] * n_bins + inside[chosen]
    return np.bincount(index, minlength=n_groups * n_bins).reshape(n_groups, n_bins)


def _observed(positives: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the share of positives in each bin (R, bins) from counts of both classes."""
    halo = statistics.ratio(positives, positives.sum(axis=1, keepdims=True))
    barren = statistics.ratio(background, background.sum(axis=1, keepdims=True))
    return statistics.ratio(halo, halo + barren)
