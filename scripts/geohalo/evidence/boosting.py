"""Gradient boosting of many small training sets, in a fraction of the time and with the same numbers.

The trees are those of `sklearn.ensemble.HistGradientBoostingClassifier` with balanced class weights. Two parts of its
work are done here instead, since they take most of its time on some hundred cells:

- *Bins.* The library sorts a column of values again for each of its quantiles. Here it is sorted once, and the trees
  are grown on the numbers of the bins.
- *Scores.* A shallow tree is a few comparisons of whole columns. The nodes that this reads are no public part of the
  library: where another version keeps them differently, the library scores the numbers of the bins.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.ensemble import HistGradientBoostingClassifier

from geohalo.evidence.chunks import in_chunks
from geohalo.evidence.class_weights import balanced_weights

#: Cells whose columns are compared at once: as many as stay in the cache of a core.
COMPARED = 8_192


def boosted_scores(
    values: np.ndarray, label: np.ndarray, model: HistGradientBoostingClassifier
) -> Callable[[Any], np.ndarray]:
    """Fit boosted trees to training cells.

    Parameters
    ----------
    values : (M, B) float32 array
        Values of the training cells.
    label : (M,) int array
        Classes 0 to K - 1, all present.
    model : HistGradientBoostingClassifier
        With balanced class weights; it is fitted here.

    Returns
    -------
    callable
        From float32 values (N, B), or what gives them for a slice, to the probability of halo (N,), or of K > 2
        classes (K, N).
    """
    weight, columns = balanced_weights(label), values.T.astype(np.float64)
    thresholds = [bin_thresholds(column, weight, model.max_bins) for column in columns]
    model.fit(bins(values, thresholds), label)
    try:
        score = _by_comparisons(model, thresholds)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        score = _by_library(model, thresholds)
    return lambda cube: in_chunks(score, cube, COMPARED).T


def bin_thresholds(column: np.ndarray, weight: np.ndarray, most: int) -> np.ndarray:
    """Return the largest value of each bin of a column but the last.

    Bins hold alike much weight. They are those of scikit-learn 1.9: weighted quantiles, or one bin for each value
    where there are at most so many values. Bins without a training cell are left out, as no split can tell them from
    the bin below.

    Parameters
    ----------
    column, weight : (M,) float64 arrays
    most : int
        Bins, at most.

    Returns
    -------
    (bins - 1,) float64 array
        Rising.
    """
    order = np.argsort(column)
    ranked = column[order]
    distinct = ranked[np.concatenate([[True], ranked[1:] != ranked[:-1]])]
    if len(distinct) <= most:
        return (distinct[1:] + distinct[:-1]) / 2
    share = np.cumsum(weight[order])
    level = np.linspace(0, 100, most + 1)[1:-1] / 100 * share[-1]
    at = np.minimum(np.searchsorted(share, level), len(ranked) - 1)
    after = np.where(share[at] - level > np.finfo(float).eps, at, np.minimum(at + 1, len(ranked) - 1))
    thresholds = np.unique((ranked[at] + ranked[after]) / 2)
    _, first = np.unique(np.searchsorted(ranked, thresholds, side="right"), return_index=True)
    return thresholds[first]


def bins(values: np.ndarray, thresholds: list[np.ndarray]) -> np.ndarray:
    """Return the numbers (M, B) of the bins that values (M, B) fall into."""
    numbers = np.empty(values.shape)
    for band, limits in enumerate(thresholds):
        numbers[:, band] = np.searchsorted(limits, values[:, band].astype(np.float64))
    return numbers


def _by_library(
    model: HistGradientBoostingClassifier, thresholds: list[np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what scores values (n, B): probabilities (n,) of halo, or (n, K)."""

    def score(values: np.ndarray) -> np.ndarray:
        found = model.predict_proba(bins(values, thresholds))
        return found[:, 1] if found.shape[1] == 2 else found

    return score


def _by_comparisons(
    model: HistGradientBoostingClassifier, thresholds: list[np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what `_by_library` does, without its library."""
    # The same comparison in float32: the largest float32 that is not above the threshold.
    limits = []
    for exact in thresholds:
        limit = exact.astype(np.float32)
        limits.append(np.where(limit > exact, np.nextafter(limit, np.float32(-np.inf)), limit))
    trees = [[_branch(tree.nodes, 0, limits) for tree in iteration] for iteration in model._predictors]
    start = model._baseline_prediction.ravel()

    def score(values: np.ndarray) -> np.ndarray:
        columns = np.ascontiguousarray(values.T, dtype=np.float32)
        raw = np.repeat(start[:, None], len(values), axis=1)
        for iteration in trees:
            for total, tree in zip(raw, iteration, strict=True):
                total += _leaf_values(tree, columns)
        return expit(raw[0]) if len(raw) == 1 else softmax(raw, axis=0).T

    return score


def _branch(nodes: np.ndarray, number: int, limits: list[np.ndarray]) -> Any:
    """Return a node as (band, limit, branch below, branch above), a leaf as its value."""
    node = nodes[number]
    if node["is_leaf"]:
        return float(node["value"])
    band = int(node["feature_idx"])
    # Splits lie halfway between the numbers of two bins.
    limit = limits[band][int(node["num_threshold"])]
    return band, limit, _branch(nodes, node["left"], limits), _branch(nodes, node["right"], limits)


def _leaf_values(branch: Any, columns: np.ndarray) -> Any:
    """Return the value (n,) of the leaf that each cell of some columns (B, n) reaches."""
    if isinstance(branch, float):
        return branch
    band, limit, below, above = branch
    return np.where(columns[band] <= limit, _leaf_values(below, columns), _leaf_values(above, columns))
