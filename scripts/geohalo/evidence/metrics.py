"""How well a map ranks deposits that it did not know, and classifies their cells.

Maps are compared through percentile ranks, which do not depend on a score's scale: 1 is the most
anomalous ground, chance is 0.5. Searching the best ground first, a deposit of rank r is found once
the share 1 - r of the area is searched.
"""

from collections.abc import Sequence

import numpy as np

from geohalo.evidence.ranks import percentile_rank as percentile_rank

DEFAULT_CUTS = np.arange(1, 100) / 100


def found_in_best(score: np.ndarray, cells: np.ndarray, areas: Sequence[float]) -> np.ndarray:
    """Return whether each of some cells lies in the best ground of a map of N cells.

    The best share `a` of the ground are its a N highest cells. Cells that tie at its edge share what is left of it
    after the higher ones, as if their order were drawn, so that the mean over all cells, and so chance, is `a`::

        found = (a N - cells that are higher) / (cells that tie), at least 0, at most 1

    Parameters
    ----------
    score : (N,) array
        Anomaly score of each cell; larger is more anomalous.
    cells : (M,) int array
        Cells that are looked for.
    areas : sequence of float
        Shares a of the ground, 0 to 1, K of them.

    Returns
    -------
    (K, M) float array
        1 inside, 0 outside, or the chance of being inside.
    """
    ordered, asked = np.sort(score), score[cells]
    lower = np.searchsorted(ordered, asked, "left")
    higher = len(score) - np.searchsorted(ordered, asked, "right")
    tied = len(score) - lower - higher
    return np.clip((np.asarray(areas)[:, None] * len(score) - higher) / tied, 0, 1)


def capture(rank: np.ndarray, deposit: np.ndarray, n_deposits: int) -> np.ndarray:
    """Return for each deposit the mean percentile rank of its cells.

    Parameters
    ----------
    rank : (P,) array
        Percentile rank of a cell in the map that did not know the deposit, for each pair of a
        deposit and one of its cells (those within the label radius).
    deposit : (P,) int array
        The deposit of each pair, 0 to `n_deposits` - 1.
    n_deposits : int
        Number of deposits D.

    Returns
    -------
    (D,) float array
        Chance is 0.5; NaN for a deposit without a cell.

    References
    ----------
    Mann & Whitney (1947), On a test of whether one of two random variables is stochastically larger
    than the other, Annals of Mathematical Statistics 18, 50-60: the mean rank, divided by the number
    of cells, is their statistic for the deposit's cells against all cells of the map.
    """
    total = np.bincount(deposit, weights=rank, minlength=n_deposits)
    number = np.bincount(deposit, minlength=n_deposits)
    return np.divide(total, number, out=np.full(n_deposits, np.nan), where=number > 0)


def success_rate_curve(rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of deposits found against the share of the area searched, best ground first.

    Parameters
    ----------
    rank : (D,) array
        Percentile rank of each deposit's own cell.

    Returns
    -------
    area : (D + 2,) array
        0, then the area at which each deposit is found (1 - rank, ascending), then 1.
    found : (D + 2,) array
        Share of deposits found from that area on: the curve is a staircase (draw it with steps
        after the points).

    References
    ----------
    Chung & Fabbri (2003), Validation of spatial prediction models for landslide hazard mapping,
    Natural Hazards 30, 451-472 (success-rate and, for held-out occurrences as here, prediction-rate
    curves).
    """
    area = np.concatenate([[0.0], np.sort(1 - np.asarray(rank)), [1.0]])
    found = np.concatenate([[0.0], np.arange(1, len(rank) + 1) / len(rank), [1.0]])
    return area, found


def success_area(rank: np.ndarray) -> float:
    """Return the area under the success-rate curve; chance is 0.5.

    Each deposit adds a step of 1 / D that spans the area from 1 - rank to 1, so the area is the
    mean rank.

    Parameters
    ----------
    rank : (D,) array
        Percentile rank of each deposit's own cell.

    References
    ----------
    Chung & Fabbri (2003), as in `success_rate_curve`.
    """
    return float(np.mean(rank))


def prediction_area_crossing(rank: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the share of deposits found at the crossing of the prediction-area (P-A) plot.

    The plot shows, against the score, the share of deposits found and, on an axis that runs
    downwards, the share of the area searched. They cross where found = 1 - area; the share found
    there is max over deposits of min(rank_i, found_i), with found_i the share of deposits that rank
    at least as high. Above 0.5 the map is better than chance.

    Parameters
    ----------
    rank : (D,) array
        Percentile rank of each deposit's own cell.
    weights : (..., D) array, optional
        Weight of each deposit; leading axes are bootstrap draws. Equal by default.

    Returns
    -------
    (...) float array
        Share of deposits found at the crossing, 0 to 1; the share of the area searched there is one
        minus it.

    References
    ----------
    Yousefi & Carranza (2015), Prediction-area (P-A) plot and C-A fractal analysis to classify and
    evaluate evidential maps for mineral prospectivity modeling, Computers & Geosciences 79, 69-81.
    """
    order = np.argsort(-np.asarray(rank), kind="stable")
    weight = np.ones(len(rank)) if weights is None else np.asarray(weights, dtype=float)
    found = np.cumsum(weight[..., order], axis=-1) / weight.sum(axis=-1, keepdims=True)
    return np.minimum(np.asarray(rank)[order], found).max(axis=-1)


def studentised_contrast(
    rank: np.ndarray, n_cells: int, cuts: np.ndarray = DEFAULT_CUTS
) -> tuple[float, float, float]:
    """Return the largest studentised contrast C / s(C) of weights of evidence over cuts of the map.

    A cut declares the best share `a` of the area anomalous (B). With n(B, D) deposits inside, n(~B,
    D) outside, and the cells without a deposit n(B, ~D), n(~B, ~D), in units of one cell for each
    deposit::

        C    = W+ - W- = ln [n(B, D) n(~B, ~D) / (n(B, ~D) n(~B, D))]
        s(C) = sqrt(1 / n(B, D) + 1 / n(B, ~D) + 1 / n(~B, D) + 1 / n(~B, ~D))

    Continuity: 0.5 is added to all four counts, so that a cut with no deposit inside or outside has
    a finite value (Haldane 1956; Anscombe 1956). As the best of many cuts it is optimistic: 2 is
    not a 5 % level here.

    Parameters
    ----------
    rank : (D,) array
        Percentile rank of each deposit's own cell, each in the map that did not know the deposit.
    n_cells : int
        Number of cells N of a map.
    cuts : (K,) array
        Shares of the area to try, within (0, 1); 0.01, 0.02, ... 0.99 by default.

    Returns
    -------
    studentised, contrast, area : float
        C / s(C) at the best cut, C there, and the share of the area that the cut declares
        anomalous.

    References
    ----------
    Bonham-Carter (1994), Geographic Information Systems for Geoscientists, Pergamon, chapter 9.
    """
    cuts = np.asarray(cuts, dtype=float)
    inside = np.searchsorted(np.sort(1 - np.asarray(rank)), cuts, side="right")
    outside = len(rank) - inside
    barren_inside = np.maximum(cuts * n_cells - inside, 0)
    barren_outside = np.maximum((1 - cuts) * n_cells - outside, 0)
    counts = np.stack([inside, barren_outside, barren_inside, outside]) + 0.5
    contrast = np.array([1, 1, -1, -1]) @ np.log(counts)
    studentised = contrast / np.sqrt((1 / counts).sum(axis=0))
    best = int(np.argmax(studentised))
    return float(studentised[best]), float(contrast[best]), float(cuts[best])


def _found_from_the_top(
    label: np.ndarray, score: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of positives and of background at each score and above, the highest score first."""
    label, score = np.asarray(label), np.asarray(score)
    if np.isnan(score).any():
        raise ValueError("a score is NaN")
    order = np.argsort(score, kind="stable")[::-1]
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    positive, weight = (label[order] == 1).astype(float), weights[order]
    return np.cumsum(positive * weight)[last], np.cumsum((1 - positive) * weight)[last]


def roc_auc(label: np.ndarray, score: np.ndarray) -> float:
    """Return the area under the ROC curve.

    It is the chance that a positive cell outscores a background cell, ties counted half. The number is
    that of `sklearn.metrics.roc_auc_score` to the last digit; its import alone takes a second.

    Parameters
    ----------
    label : (M,) array
        1 positive, 0 background; both must occur.
    score : (M,) array
        Larger is more anomalous.

    References
    ----------
    Hanley & McNeil (1982), The meaning and use of the area under a receiver operating characteristic
    (ROC) curve, Radiology 143, 29-36.
    """
    found = np.stack(_found_from_the_top(label, score, np.ones(len(score))))
    # Points between others on a line change nothing but the rounding.
    corner = np.ones(found.shape[1], dtype=bool)
    corner[1:-1] = np.diff(found, 2).any(axis=0)
    true, false = np.column_stack([np.zeros(2), found[:, corner]]) / found[:, -1:]
    return float(np.trapezoid(true, false))


def balanced_weights(label: np.ndarray, background_ratio: float = 1.0) -> np.ndarray:
    """Return weights that give the background a stated share: positives weigh 1 each.

    Parameters
    ----------
    label : (M,) array
        1 positive, 0 background; both must occur.
    background_ratio : float
        Total weight of the background over that of the positives.

    Returns
    -------
    (M,) float array
    """
    positive = np.asarray(label) == 1
    return np.where(positive, 1.0, background_ratio * positive.sum() / (~positive).sum())


def pr_auc(label: np.ndarray, score: np.ndarray, background_ratio: float = 1.0) -> float:
    """Return the average precision (area under the precision-recall curve) at a stated class ratio.

    Precision depends on how much background there is, which differs between folds and schemes for
    no reason of the map's. So the background is weighted to `background_ratio` times the positives;
    chance is 1 / (1 + background_ratio). The number is that of
    `sklearn.metrics.average_precision_score` to the last digit.

    Parameters
    ----------
    label : (M,) array
        1 positive, 0 background; both must occur.
    score : (M,) array
        Larger is more anomalous.
    background_ratio : float
        Total weight of the background over that of the positives.

    References
    ----------
    Davis & Goadrich (2006), The relationship between precision-recall and ROC curves, Proceedings of
    the 23rd International Conference on Machine Learning.
    """
    true, false = _found_from_the_top(label, score, balanced_weights(label, background_ratio))
    recall = np.append(true[::-1] / true[-1], 0.0)
    return max(0.0, -float(np.sum(np.diff(recall) * (true / (true + false))[::-1])))


def rate_metrics(
    recall: np.ndarray, false_alarm: np.ndarray, background_ratio: float = 1.0
) -> dict[str, np.ndarray]:
    """Return accuracy, precision, recall, F1 and Cohen's kappa from recall and false-alarm rate.

    With positives of weight 1 and background of weight b = `background_ratio`, true positives weigh
    t = recall and false positives f = b false_alarm::

        accuracy  = (t + b - f) / (1 + b)
        precision = t / (t + f)                 (0 if nothing is declared positive)
        F1        = 2 t / (1 + t + f)
        kappa     = (accuracy - e) / (1 - e),   e = ((t + f) + b (1 + b - t - f)) / (1 + b)^2

    Parameters
    ----------
    recall : (...) array
        Share of the positives declared positive.
    false_alarm : (...) array
        Share of the background declared positive.
    background_ratio : float
        Weight of the background over that of the positives.

    Returns
    -------
    dict of (...) float arrays
    """
    b, t = background_ratio, np.asarray(recall, dtype=float)
    f = b * np.asarray(false_alarm, dtype=float)
    declared = t + f
    accuracy = (t + b - f) / (1 + b)
    expected = (declared + b * (1 + b - declared)) / (1 + b) ** 2
    return {
        "accuracy": accuracy,
        "precision": np.divide(t, declared, out=np.zeros_like(declared), where=declared != 0),
        "recall": t,
        "f1": 2 * t / (1 + declared),
        "kappa": (accuracy - expected) / (1 - expected),
    }


def cell_metrics(
    label: np.ndarray, probability: np.ndarray, background_ratio: float = 1.0
) -> dict[str, float]:
    """Return the metrics of a classification at probability >= 0.5, and the Brier score.

    The background is weighted to `background_ratio` times the positives. At 1, the default, a
    constant answer has accuracy 0.5 and kappa 0, and the probability 0.5 everywhere has Brier score
    0.25, whatever the number of test cells.

    Parameters
    ----------
    label : (M,) array
        1 positive, 0 background; both must occur.
    probability : (M,) array
        Predicted probability of a positive, 0 to 1.
    background_ratio : float
        Total weight of the background over that of the positives.

    Returns
    -------
    dict of float
        ``accuracy``, ``precision``, ``recall``, ``f1``, ``kappa``, ``brier``.

    References
    ----------
    van Rijsbergen (1979), Information Retrieval, 2nd edition, Butterworths (precision, recall, F1).
    Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological
    Measurement 20, 37-46. Brier (1950), Verification of forecasts expressed in terms of
    probability, Monthly Weather Review 78, 1-3.
    """
    positive = np.asarray(label) == 1
    declared = np.asarray(probability) >= 0.5
    rates = rate_metrics(declared[positive].mean(), declared[~positive].mean(), background_ratio)
    squared = (np.asarray(probability, dtype=float) - positive) ** 2
    brier = np.average(squared, weights=balanced_weights(positive, background_ratio))
    return {name: float(value) for name, value in rates.items()} | {"brier": float(brier)}
