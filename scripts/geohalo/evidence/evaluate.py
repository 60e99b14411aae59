"""One table of evidence from the F maps of a scheme's folds.

Three kinds of metric:

- *Deposit metrics* (``capture``, ``success_area``, ``pa_crossing``, ``contrast_t``) ask how high a
  deposit ranks in the map of the fold that did not know it, among **all** N cells of that map.
- *Decoy metrics* tell how much of that is due to holding out alone (`geohalo.evidence.decoys`):
  ``decoy_capture`` is the capture of places without a deposit that were held out alike (0.5 where
  holding out gives nothing away); ``above_decoys`` is the mean share of their cells that a deposit's
  cells outrank in the same map, ties half (0.5 is chance, whatever the model remembers).
- *Cell metrics* (``roc_auc``, ``pr_auc`` and ``accuracy`` to ``brier``) compare the test cells of a
  fold: halo cells against background. The background is weighted to the weight of the positives in
  ``pr_auc`` and in ``accuracy`` to ``brier``, so that chance is 0.5 (kappa 0, Brier 0.25) in every
  fold and scheme. In ``held_out`` the background lies around the held-out deposits, within the
  buffer, so these metrics ask the harder question: does the halo stand out from its own district?

In the scheme ``held_out`` a deposit's cells are all those within the label radius, in the map of
the fold that held the deposit out. In ``inner`` they are those of them that are validation cells,
in the map of the inner fold that validated the deposit: cells in the region of the deposits that
this fold hides do not count, and a deposit without any other cell is no part of the table. In
``random`` each of these cells is taken from the map of the fold that held out this one cell.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.evidence import metrics, statistics
from geohalo.evidence.decoy_metrics import above_decoys, decoy_rows, outranked_decoys
from geohalo.evidence.folds import NONE, TEST_DRAW, Folds

DEPOSIT_METRICS = ("capture", "success_area", "pa_crossing", "contrast_t")
AREA_METRICS = ("roc_auc", "pr_auc")
PROBABILITY_METRICS = ("accuracy", "precision", "recall", "f1", "kappa", "brier")


def evaluate_scores(
    scores: np.ndarray,
    folds: Folds,
    cells: np.ndarray,
    deposits: np.ndarray,
    labels: Mapping[str, Any],
    n_bootstrap: int,
    seed: int,
    probability: bool = True,
) -> pd.DataFrame:
    """Measure the maps of all folds.

    Parameters
    ----------
    scores : (F, N) array
        Anomaly score of every cell by the model of each fold; larger is more anomalous.
    folds : Folds
        Scheme ``held_out``, ``inner`` or ``random``, with at least one fold.
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits.
    labels : mapping
        The section ``labels`` of the config; only ``radius`` is used.
    n_bootstrap : int
        Bootstrap draws over deposit groups.
    seed : int
        Seed of the draws; the same seed draws the same groups for every score, so that intervals
        compare.
    probability : bool
        Whether the scores are probabilities. If not, accuracy to brier are NaN.

    Returns
    -------
    pandas.DataFrame
        One row for each metric: ``metric``, ``estimate``, ``low`` and ``high`` (95 % bootstrap
        interval over deposit groups and decoys, the background of the random scheme held fixed; NaN
        for contrast_t, which is a ratio to its own standard error, and with a single group) and ``n``
        (deposits for deposit metrics, decoys for decoy metrics, test cells for cell metrics). Decoy
        metrics are NaN without decoys: in the random scheme, or where there is no room for any.
        ``roc_auc`` and ``pr_auc`` are means over folds, weighted by held-out deposits (random: by
        test positives); accuracy to brier pool the test cells of all folds.

    Raises
    ------
    ValueError
        If the scheme holds out nothing or has no folds, the shape is not (F, N), or a score is NaN.
    """
    table, compared = _measured(scores, folds, cells, deposits, labels)
    weights = _group_weights(folds, n_bootstrap, seed)
    rows = _deposit_rows(table, len(cells), weights)
    rows += decoy_rows(compared, table["fold"].to_numpy(), table["group"].to_numpy(), weights, seed)
    tests = [_test_cells(scores[fold], folds, fold) for fold in range(folds.n_folds)]
    rows += _area_rows(tests, folds, table, weights)
    rows += (
        _probability_rows(tests, weights)
        if probability
        else [(name, np.nan, np.nan, np.nan, sum(map(len, tests))) for name in PROBABILITY_METRICS]
    )
    return pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n"])


def per_deposit(
    scores: np.ndarray,
    folds: Folds,
    cells: np.ndarray,
    deposits: np.ndarray,
    labels: Mapping[str, Any],
) -> pd.DataFrame:
    """Return how high each deposit ranks in the map that did not know it.

    Parameters
    ----------
    scores, folds, cells, deposits, labels
        As in `evaluate_scores`.

    Returns
    -------
    pandas.DataFrame
        One row for each reachable deposit: ``deposit``, ``group``, ``fold`` (whose map its own cell
        is read in), ``capture`` (mean percentile rank of its cells within the label radius),
        ``above_decoys`` (share of the decoys' cells that they outrank; NaN without decoys) and
        ``rank`` (percentile rank of its own cell, the one with the nearest centre). For inner, of
        its validation cells; deposits without any are left out.

    Raises
    ------
    ValueError
        As in `evaluate_scores`.
    """
    return _measured(scores, folds, cells, deposits, labels)[0]


def _measured(
    scores: np.ndarray, folds: Folds, cells: np.ndarray, deposits: np.ndarray, labels: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[tuple[np.ndarray, np.ndarray]]]:
    """Return the table of `per_deposit`, and what decoys its deposits outrank."""
    if folds.scheme == "final":
        raise ValueError("the final scheme holds out nothing, so its map is no evidence")
    if folds.n_folds == 0:
        raise ValueError(f"the scheme {folds.scheme} has no folds: there is nothing to measure")
    if scores.shape != (folds.n_folds, len(cells)):
        raise ValueError(f"scores have shape {scores.shape}; expected {(folds.n_folds, len(cells))}")
    ids, own, around = _deposit_cells(folds, cells, deposits, labels["radius"])
    pair_deposit = np.repeat(np.arange(len(ids)), [len(near) for near in around])
    pair_cell = np.concatenate(around)
    fold = _holding_fold(folds, ids, own)
    pair_fold = _holding_fold(folds, ids[pair_deposit], pair_cell)
    rank, pair_rank = np.empty(len(ids)), np.empty(len(pair_cell))
    for one in range(folds.n_folds):
        map_rank = metrics.percentile_rank(scores[one])
        rank[fold == one] = map_rank[own[fold == one]]
        pair_rank[pair_fold == one] = map_rank[pair_cell[pair_fold == one]]
    compared = outranked_decoys(scores, folds, fold, around)
    table = pd.DataFrame(
        {
            "deposit": ids,
            "group": folds.deposit_group[ids],
            "fold": fold,
            "capture": metrics.capture(pair_rank, pair_deposit, len(ids)),
            "above_decoys": above_decoys(compared, fold),
            "rank": rank,
        }
    )
    return table, compared


def success_curves(table: pd.DataFrame) -> pd.DataFrame:
    """Return the points of the success-rate curve of a table of `per_deposit`.

    Parameters
    ----------
    table : pandas.DataFrame
        With the column ``rank``.

    Returns
    -------
    pandas.DataFrame
        ``area`` (share searched) and ``found`` (share of deposits found from there on), ascending
        from 0 to 1: a staircase.
    """
    area, found = metrics.success_rate_curve(table["rank"].to_numpy())
    return pd.DataFrame({"area": area, "found": found})


def _deposit_cells(
    folds: Folds, cells: np.ndarray, deposits: np.ndarray, radius: float
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return the deposits (K,) to measure, their own cells (K,), and all cells of each."""
    ids = np.flatnonzero(folds.deposit_group != NONE)
    tree = KDTree(cells)
    _, own = tree.query(deposits[ids])
    around = [np.asarray(near, dtype=np.int64) for near in tree.query_ball_point(deposits[ids], radius)]
    if folds.scheme != "inner":
        return ids, own, around
    validated = np.zeros((folds.n_folds, len(cells)), dtype=bool)
    tested = folds.cells[(folds.cells["draw"] == TEST_DRAW) & (folds.cells["label"] == 1)]
    validated[tested["fold"], tested["cell"]] = True
    seen = [near[validated[folds.deposit_fold[one], near]] for one, near in zip(ids, around, strict=True)]
    kept = [k for k, near in enumerate(seen) if len(near)]
    around = [seen[k] for k in kept]
    nearest = [
        near[np.argmin(np.hypot(*(cells[near] - deposits[one]).T))]
        for one, near in zip(ids[kept], around, strict=True)
    ]
    return ids[kept], np.asarray(nearest, dtype=np.int64), around


def _holding_fold(folds: Folds, deposit: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return the fold that held out each pair of a deposit and one of its cells."""
    if folds.scheme in ("held_out", "inner"):
        return folds.deposit_fold[deposit]
    tested = folds.cells[(folds.cells["draw"] == TEST_DRAW) & (folds.cells["label"] == 1)]
    fold_of_cell = np.full(folds.held_out_region.shape[1], NONE)
    fold_of_cell[tested["cell"]] = tested["fold"]
    return fold_of_cell[cell]


def _group_weights(folds: Folds, n_bootstrap: int, seed: int) -> np.ndarray:
    """Return how often each group counts in each draw, (n_bootstrap, G); no row if G < 2."""
    n_groups = int(folds.deposit_group.max()) + 1
    return statistics.resample_groups(n_groups, n_bootstrap if n_groups > 1 else 0, seed)


def _deposit_rows(table: pd.DataFrame, n_cells: int, weights: np.ndarray) -> list[tuple[Any, ...]]:
    """Return the rows of the deposit metrics."""
    rank, group = table["rank"].to_numpy(), table["group"].to_numpy()
    per_draw = weights[:, group]
    rows: list[tuple[Any, ...]] = []
    for name, value in (("capture", table["capture"].to_numpy()), ("success_area", rank)):
        draws = statistics.ratio(per_draw @ value, per_draw.sum(axis=1))
        rows.append((name, float(value.mean()), *statistics.percentile_interval(draws), len(table)))
    crossing = float(metrics.prediction_area_crossing(rank))
    # A draw may hold none of the measured groups where an inner split leaves deposits out.
    draws = metrics.prediction_area_crossing(rank, per_draw[per_draw.any(axis=1)])
    rows.append(("pa_crossing", crossing, *statistics.percentile_interval(draws), len(table)))
    contrast, _, _ = metrics.studentised_contrast(rank, n_cells)
    rows.append(("contrast_t", contrast, np.nan, np.nan, len(table)))
    return rows


def _test_cells(score: np.ndarray, folds: Folds, fold: int) -> pd.DataFrame:
    """Return score, label and group of the test cells of one fold."""
    rows = folds.test(fold)
    return pd.DataFrame(
        {
            "score": score[rows["cell"]],
            "label": rows["label"].to_numpy(),
            "group": rows["group"].to_numpy(),
        }
    )


def _area_rows(
    tests: list[pd.DataFrame], folds: Folds, table: pd.DataFrame, weights: np.ndarray
) -> list[tuple[Any, ...]]:
    """Return the rows of ROC and PR AUC: means over folds, weighted by deposits of `table` or by cells."""
    n_groups = weights.shape[1]
    estimates = np.empty((2, len(tests)))
    draws = np.empty((2, len(tests), len(weights)))
    share = np.empty((len(tests), n_groups))
    for fold, test in enumerate(tests):
        score, label, group = (test[name].to_numpy() for name in ("score", "label", "group"))
        positives, groups, background = score[label == 1], group[label == 1], score[label == 0]
        estimates[:, fold] = metrics.roc_auc(label, score), metrics.pr_auc(label, score)
        draws[0, fold] = statistics.roc_auc_draws(positives, groups, background, weights)
        draws[1, fold] = statistics.pr_auc_draws(positives, groups, background, weights)
        held = groups if folds.scheme == "random" else table.loc[table["fold"] == fold, "group"]
        share[fold] = np.bincount(held, minlength=n_groups)
    # A draw may leave a fold without a group; such a fold has no AUC and no part in the mean.
    weight = np.where(np.isnan(draws[0]), 0, share @ weights.T)
    means = statistics.ratio((np.nan_to_num(draws) * weight).sum(axis=1), weight.sum(axis=0))
    n_cells = sum(map(len, tests))
    return [
        (
            name,
            float(np.average(estimates[row], weights=share.sum(axis=1))),
            *statistics.percentile_interval(means[row]),
            n_cells,
        )
        for row, name in enumerate(AREA_METRICS)
    ]


def _probability_rows(tests: list[pd.DataFrame], weights: np.ndarray) -> list[tuple[Any, ...]]:
    """Return the rows of accuracy to brier; whole groups of the pooled test cells are resampled."""
    pooled = pd.concat(tests, ignore_index=True)
    label, probability = pooled["label"].to_numpy(), pooled["score"].to_numpy(dtype=float)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError("scores are not probabilities (outside 0 to 1): pass probability=False")
    estimates = metrics.cell_metrics(label, probability)
    # Cells without a group (background of the random scheme) go last and count in every draw.
    n_groups = weights.shape[1]
    group = np.where(pooled["group"] == NONE, n_groups, pooled["group"])
    counted = np.column_stack([weights, np.ones(len(weights))])

    def mean(value: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        total = np.bincount(group[chosen], weights=value[chosen], minlength=n_groups + 1)
        number = np.bincount(group[chosen], minlength=n_groups + 1)
        return statistics.ratio(counted @ total, counted @ number)

    declared, squared = (probability >= 0.5).astype(float), (probability - label) ** 2
    draws = metrics.rate_metrics(mean(declared, label == 1), mean(declared, label == 0))
    draws["brier"] = (mean(squared, label == 1) + mean(squared, label == 0)) / 2
    return [
        (name, estimates[name], *statistics.percentile_interval(draws[name]), len(pooled))
        for name in PROBABILITY_METRICS
    ]
