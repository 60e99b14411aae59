"""How well maps of classes tell apart the cells that they did not learn from.

The test cells of all folds are pooled, each with the class that the map of its own fold gives it. Intervals
resample whole blocks of ground (`geohalo.evidence.class_folds`), never single cells: cells of a block share
samples and surroundings.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    recall_score,
    roc_auc_score,
)

from geohalo.evidence import statistics
from geohalo.evidence.folds import Folds

#: Metrics of all classes together; `recall_class_k` and `f1_class_k` follow for each class k from 1.
OVERALL_METRICS = ("overall_accuracy", "average_accuracy", "kappa")


def predicted_class(score: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the class from 0 that a map gives each cell.

    Parameters
    ----------
    score : (N,) or (K, N) array
        With two classes the probability of the second; else the probability of each class.

    Returns
    -------
    (N,) int array
        The most probable class; the second of two at 0.5.
    """
    return (score >= 0.5).astype(np.int64) if score.ndim == 1 else score.argmax(axis=0)


def judged_cells(scores: NDArray[np.floating], folds: Folds) -> pd.DataFrame:
    """Return the test cells of all folds with what the map of their fold says of them.

    Parameters
    ----------
    scores : (F, N) or (F, K, N) array
        Of every cell by the model of each fold; see `predicted_class`.
    folds : Folds
        Any scheme that holds out cells.

    Returns
    -------
    pandas.DataFrame
        One row for each test cell: ``fold``, ``group`` (block), ``label`` and ``predicted`` (classes from 0)
        and, with two classes, ``score``.

    Raises
    ------
    ValueError
        If the scheme holds out nothing, the shape does not fit, or a score is not a probability.
    """
    n_cells = folds.held_out_region.shape[1]
    if scores.shape[0] != folds.n_folds or scores.shape[-1] != n_cells or scores.ndim not in (2, 3):
        raise ValueError(
            f"scores have shape {scores.shape}; expected ({folds.n_folds}, {n_cells}), classes between"
        )
    # Written so that NaN fails, too.
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("scores are not probabilities (outside 0 to 1, or NaN)")
    tables = []
    for fold in range(folds.n_folds):
        rows = folds.test(fold)[["fold", "group", "cell", "label"]].astype(np.int64)
        found = scores[fold][..., rows.pop("cell").to_numpy()]
        rows["predicted"] = predicted_class(found)
        tables.append(rows.assign(score=found) if scores.ndim == 2 else rows)
    table = pd.concat(tables, ignore_index=True)
    if table.empty:
        raise ValueError(f"the scheme {folds.scheme} tests no cell, so its maps are no evidence")
    return table


def class_metrics(table: pd.DataFrame, n_classes: int, n_bootstrap: int, seed: int) -> pd.DataFrame:
    """Measure the maps of all folds on their test cells.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `judged_cells`.
    n_classes : int
        Number of classes K.
    n_bootstrap : int
        Bootstrap draws over blocks.
    seed : int
        Seed of the draws; the same seed draws the same blocks for every method, so that intervals compare.

    Returns
    -------
    pandas.DataFrame
        One row for each metric: ``metric``, ``estimate``, ``low`` and ``high`` (95 % bootstrap interval; NaN
        with a single block) and ``n`` (test cells; of a class: its test cells). ``overall_accuracy``: share of
        cells given their own class. ``average_accuracy``: mean over classes of the share of each class's cells
        that is given it (chance 1/K). ``kappa``: Cohen's, chance 0. ``recall_class_k`` and ``f1_class_k``. With
        two classes also ``roc_auc``: mean over folds, weighted by test cells.
    """
    label, predicted = table["label"].to_numpy(), table["predicted"].to_numpy()
    blocks, block = np.unique(table["group"], return_inverse=True)
    weights = statistics.resample_groups(len(blocks), n_bootstrap if len(blocks) > 1 else 0, seed)
    classes = np.arange(n_classes)
    recall = recall_score(label, predicted, labels=classes, average=None, zero_division=np.nan)
    overall = (
        accuracy_score(label, predicted),
        float(np.nanmean(recall)),
        cohen_kappa_score(label, predicted, labels=classes),
    )
    f1 = f1_score(label, predicted, labels=classes, average=None, zero_division=np.nan)
    draws = confusion_rates(weights @ _confusions(label, predicted, block, n_classes))
    size = np.bincount(label, minlength=n_classes)
    rows = [
        (name, value, *statistics.percentile_interval(draws[name]), len(table))
        for name, value in zip(OVERALL_METRICS, overall, strict=True)
    ]
    for name, values in (("recall", recall), ("f1", f1)):
        for one in classes:
            interval = statistics.percentile_interval(draws[name][:, one])
            rows.append((f"{name}_class_{one + 1}", values[one], *interval, size[one]))
    if n_classes == 2:
        rows.append(("roc_auc", *_roc_auc(table, block, weights), len(table)))
    return pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n"])


def confusion_table(table: pd.DataFrame, n_classes: int) -> pd.DataFrame:
    """Count the test cells by true and predicted class.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `judged_cells`.
    n_classes : int
        Number of classes K.

    Returns
    -------
    pandas.DataFrame
        One row for each pair: ``true`` and ``predicted`` (classes from 1) and ``cells``.
    """
    counts = confusion_matrix(table["label"], table["predicted"], labels=np.arange(n_classes))
    true, predicted = np.divmod(np.arange(counts.size), n_classes)
    return pd.DataFrame({"true": true + 1, "predicted": predicted + 1, "cells": counts.ravel()})


def confusion_rates(counts: NDArray[np.integer]) -> dict[str, NDArray[np.float64]]:
    """Compute the metrics of many confusion matrices at once.

    Parameters
    ----------
    counts : (R, K * K) int array
        Cells of each pair of true and predicted class, the true one varying slowest.

    Returns
    -------
    dict of str to ndarray
        `OVERALL_METRICS`, (R,) each; ``recall`` and ``f1``, (R, K). NaN where a class is neither true nor
        predicted (for recall: not true); the average accuracy is over the classes that are there.
    """
    n_classes = round(counts.shape[1] ** 0.5)
    matrix = counts.reshape(-1, n_classes, n_classes).astype(np.float64)
    right = np.einsum("rkk->rk", matrix)
    true, predicted, total = matrix.sum(axis=2), matrix.sum(axis=1), matrix.sum(axis=(1, 2))
    recall = statistics.ratio(right, true)
    accuracy = statistics.ratio(right.sum(axis=1), total)
    chance = statistics.ratio((true * predicted).sum(axis=1), total**2)
    there = (true > 0).sum(axis=1)
    return {
        "overall_accuracy": accuracy,
        "average_accuracy": statistics.ratio(np.nan_to_num(recall).sum(axis=1), there),
        "kappa": statistics.ratio(accuracy - chance, 1 - chance),
        "recall": recall,
        "f1": statistics.ratio(2 * right, true + predicted),
    }


def _confusions(
    label: NDArray[np.int64], predicted: NDArray[np.int64], block: NDArray[np.int64], n_classes: int
) -> NDArray[np.int64]:
    """Count the cells of each block by true and predicted class, (blocks, K * K)."""
    kinds = n_classes * n_classes
    index = block * kinds + label * n_classes + predicted
    return np.bincount(index, minlength=(block.max() + 1) * kinds).reshape(-1, kinds)


def _roc_auc(
    table: pd.DataFrame, block: NDArray[np.int64], weights: NDArray[np.int64]
) -> tuple[float, float, float]:
    """Return ROC AUC (mean over folds, weighted by test cells) and its interval."""
    estimates: list[float] = []
    sizes: list[int] = []
    draws, shares = [], []
    for _, fold in table.groupby("fold"):
        label, score, where = fold["label"].to_numpy(), fold["score"].to_numpy(), block[fold.index]
        estimates.append(float(roc_auc_score(label, score)))
        sizes.append(len(fold))
        draws.append(weighted_auc(label, score, where, weights))
        shares.append(weights @ np.bincount(where, minlength=weights.shape[1]))
    each, weight = np.array(draws), np.array(shares, dtype=np.float64)
    # A draw may leave a fold without cells of a class; such a fold has no part in the mean.
    weight = np.where(np.isnan(each), 0, weight)
    mean = statistics.ratio((np.nan_to_num(each) * weight).sum(axis=0), weight.sum(axis=0))
    return float(np.average(estimates, weights=sizes)), *statistics.percentile_interval(mean)


def weighted_auc(
    label: NDArray[np.int64],
    score: NDArray[np.floating],
    block: NDArray[np.int64],
    weights: NDArray[np.int64] | Sequence[NDArray[np.int64]],
) -> NDArray[np.float64]:
    """Compute the ROC AUC of many draws of blocks; the scores are sorted once.

    Parameters
    ----------
    label : (M,) int array
        0 or 1.
    score : (M,) array
    block : (M,) int array
        Block of each cell.
    weights : (R, B) int array
        How often each block counts in each draw.

    Returns
    -------
    (R,) array
        NaN where a draw lacks a class.
    """
    _, rank = np.unique(score, return_inverse=True)
    out = np.full(len(weights), np.nan)
    for draw, weight in enumerate(weights):
        each = weight[block].astype(np.float64)
        positive = np.bincount(rank, weights=each * label, minlength=rank.max() + 1)
        negative = np.bincount(rank, weights=each * (1 - label), minlength=rank.max() + 1)
        pairs = positive.sum() * negative.sum()
        if pairs > 0:
            out[draw] = (positive * (np.cumsum(negative) - negative / 2)).sum() / pairs
    return out
