"""One table of evidence from the F maps of a scheme's folds.

Four kinds of metric:

- *Deposit metrics* (``capture``, ``success_area``, ``found_5``, ``found_10``, ``pa_crossing``, ``contrast_t``)
  ask how high a deposit ranks in the map of the fold that did not know it, among **all** N cells of that map.
  ``found_5`` and ``found_10`` are the shares of deposits in the best 5 and 10 % of its ground, which is what a
  search pays for.
- *Decoy metrics* tell how much of that is due to holding out alone (`geohalo.evidence.decoys`):
  ``decoy_capture`` is the capture of places without a deposit that were held out in the same way (0.5 where
  holding out gives nothing away); ``above_decoys`` is the mean share of their cells that a deposit's
  cells outrank in the same map, ties half (0.5 is chance, whatever the model remembers).
- *Pair metrics* are AUCs of single places: ``leave_pair_out_auc`` of deposits' own cells against the
  centres of decoys that were held out with them (`geohalo.evidence.decoy_metrics.ranked_pairs`), and
  ``opengad_auc`` of deposits' nearest samples against samples far from any deposit
  (`geohalo.evidence.sample_auc`).
- *Cell metrics* (``roc_auc``, ``pr_auc`` and ``accuracy`` to ``brier``) compare the test cells of a
  fold: halo cells against background. The background is weighted to the weight of the positives in
  ``pr_auc`` and in ``accuracy`` to ``brier``, so that chance is 0.5 (kappa 0, Brier 0.25) in every
  fold and scheme. In ``held_out`` the background lies around the held-out deposits, within the
  buffer, so these metrics ask the harder question: does the halo stand out from its own district?

Where each of them is read in the maps is worked out by `geohalo.evidence.judged`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geohalo.evidence import metrics, statistics
from geohalo.evidence.calibration_curve import calibration_curve
from geohalo.evidence.decoy_metrics import (
    above_decoys,
    decoy_rows,
    outranked_decoys,
    pair_row,
    ranked_pairs,
)
from geohalo.evidence.folds import NONE, Folds
from geohalo.evidence.judged import JudgedPlaces, judged_places
from geohalo.evidence.sample_auc import outranked_samples

#: Shares of the ground, the best first, in which deposits are looked for.
FOUND = {"found_5": 0.05, "found_10": 0.1}
DEPOSIT_METRICS = ("capture", "success_area", *FOUND, "pa_crossing", "contrast_t")
PAIR_METRICS = ("leave_pair_out_auc", "opengad_auc")
AREA_METRICS = ("roc_auc", "pr_auc")
PROBABILITY_METRICS = ("accuracy", "precision", "recall", "f1", "kappa", "brier")


@dataclass(frozen=True)
class Measured:
    """What the maps of a scheme are worth.

    Attributes
    ----------
    metrics : pandas.DataFrame
        One row for each metric: ``metric``, ``estimate``, ``low`` and ``high`` (95 % bootstrap
        interval over deposit groups and decoys, the background of the random scheme and the far
        samples held fixed; NaN for contrast_t, which is a ratio to its own standard error, and with
        a single group) and ``n`` (deposits for deposit metrics and opengad_auc, decoys for decoy
        metrics and leave_pair_out_auc, test cells for cell metrics). What compares with decoys is NaN
        without them: in the random scheme, or where there is no room for any; opengad_auc is NaN
        without samples far from deposits. ``roc_auc`` and ``pr_auc`` are means over folds, weighted
        by held-out deposits (random: by test positives); accuracy to brier pool the test cells of
        all folds.
    deposits : pandas.DataFrame
        Of `per_deposit`.
    calibration : pandas.DataFrame
        Of `geohalo.evidence.calibration_curve`; no row if the scores are no probabilities.
    """

    metrics: pd.DataFrame
    deposits: pd.DataFrame
    calibration: pd.DataFrame


def measure(scores: np.ndarray, judged: JudgedPlaces, probability: bool = True) -> Measured:
    """Measure the maps of all folds.

    Parameters
    ----------
    scores : (F, N) array
        Anomaly score of every cell by the model of each fold; larger is more anomalous.
    judged : JudgedPlaces
        Where they are read.
    probability : bool
        Whether the scores are probabilities. If not, accuracy to brier are NaN, and there is no
        calibration curve.

    Returns
    -------
    Measured

    Raises
    ------
    ValueError
        If the shape is not (F, N), a score is NaN, or one that should be a probability is none.
    """
    folds, weights, seed = judged.folds, judged.weights, judged.seed
    if scores.shape != folds.held_out_region.shape:
        raise ValueError(f"scores have shape {scores.shape}; expected {folds.held_out_region.shape}")
    compared = outranked_decoys(scores, folds, judged.fold, judged.around, judged.decoys)
    table = _deposit_table(scores, judged, compared)
    pairs = ranked_pairs(scores, judged.fold, judged.own, judged.centres)
    rows = _deposit_rows(table, scores.shape[1], weights)
    rows += decoy_rows(compared, judged.fold, judged.group, weights, seed)
    rows.append(pair_row("leave_pair_out_auc", pairs, judged.fold, judged.group, weights, seed))
    rows.append(_sample_row(scores, judged))
    tests = [test.assign(score=score[test["cell"]]) for test, score in zip(judged.tests, scores, strict=True)]
    rows += _area_rows(tests, folds, table, weights)
    pooled = pd.concat(tests, ignore_index=True)
    curve = pd.DataFrame()
    if probability:
        rows += _probability_rows(pooled, weights)
        label, score = pooled["label"].to_numpy(), pooled["score"].to_numpy()
        curve = calibration_curve(label, score, *_resampled_cells(pooled, weights))
    else:
        rows += [(name, np.nan, np.nan, np.nan, len(pooled)) for name in PROBABILITY_METRICS]
    return Measured(pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n"]), table, curve)


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
    scores
        As in `measure`.
    folds, cells, deposits, labels
        As in `geohalo.evidence.judged.judged_places`.

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
        As `measure` and `geohalo.evidence.judged.judged_places`.
    """
    return measure(scores, judged_places(folds, cells, deposits, labels, 0, 0), False).deposits


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


def _deposit_table(
    scores: np.ndarray, judged: JudgedPlaces, compared: list[tuple[np.ndarray, np.ndarray]]
) -> pd.DataFrame:
    """Return the table of `per_deposit`."""
    number = np.repeat(np.arange(len(judged.deposit)), [len(near) for near in judged.around])
    # Own cells are ranked with the others, so that each map is sorted once.
    cell = np.concatenate([*judged.around, judged.own])
    fold = np.concatenate([*judged.around_fold, judged.fold])
    rank, found = np.empty(len(cell)), np.empty((len(FOUND), len(judged.own)))
    for one, score in enumerate(scores):
        rank[fold == one] = metrics.percentile_rank(score, cell[fold == one])
        mine = judged.fold == one
        found[:, mine] = metrics.found_in_best(score, judged.own[mine], [*FOUND.values()])
    near, own = rank[: len(number)], rank[len(number) :]
    return pd.DataFrame(
        {
            "deposit": judged.deposit,
            "group": judged.group,
            "fold": judged.fold,
            "capture": metrics.capture(near, number, len(judged.deposit)),
            "above_decoys": above_decoys(compared, judged.fold),
            "rank": own,
            **dict(zip(FOUND, found, strict=True)),
        }
    )


def _sample_row(scores: np.ndarray, judged: JudgedPlaces) -> tuple[Any, ...]:
    """Return the row of the open benchmark's protocol."""
    if judged.samples is None:
        return ("opengad_auc", np.nan, np.nan, np.nan, 0)
    share = outranked_samples(scores, judged.fold, judged.samples)
    per_draw = judged.weights[:, judged.group]
    draws = statistics.ratio(per_draw @ share, per_draw.sum(axis=1))
    return ("opengad_auc", float(share.mean()), *statistics.percentile_interval(draws), len(share))


def _deposit_rows(table: pd.DataFrame, n_cells: int, weights: np.ndarray) -> list[tuple[Any, ...]]:
    """Return the rows of the deposit metrics."""
    rank, group = table["rank"].to_numpy(), table["group"].to_numpy()
    per_draw = weights[:, group]
    rows: list[tuple[Any, ...]] = []
    for name, column in {"capture": "capture", "success_area": "rank", **{one: one for one in FOUND}}.items():
        value = table[column].to_numpy()
        draws = statistics.ratio(per_draw @ value, per_draw.sum(axis=1))
        rows.append((name, float(value.mean()), *statistics.percentile_interval(draws), len(table)))
    crossing = float(metrics.prediction_area_crossing(rank))
    # A draw may hold none of the measured groups where an inner split leaves deposits out.
    draws = metrics.prediction_area_crossing(rank, per_draw[per_draw.any(axis=1)])
    rows.append(("pa_crossing", crossing, *statistics.percentile_interval(draws), len(table)))
    contrast, _, _ = metrics.studentised_contrast(rank, n_cells)
    rows.append(("contrast_t", contrast, np.nan, np.nan, len(table)))
    return rows


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


def _resampled_cells(pooled: pd.DataFrame, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the column of each test cell, and how often each column counts in each draw."""
    # Cells without a group (background of the random scheme) go last and count in every draw.
    column = np.where(pooled["group"] == NONE, weights.shape[1], pooled["group"])
    return column, np.column_stack([weights, np.ones(len(weights), dtype=weights.dtype)])


def _probability_rows(pooled: pd.DataFrame, weights: np.ndarray) -> list[tuple[Any, ...]]:
    """Return the rows of accuracy to brier; whole groups of the pooled test cells are resampled."""
    label, probability = pooled["label"].to_numpy(), pooled["score"].to_numpy(dtype=float)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError("scores are not probabilities (outside 0 to 1): pass probability=False")
    estimates = metrics.cell_metrics(label, probability)
    column, counted = _resampled_cells(pooled, weights)

    def mean(value: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        total = np.bincount(column[chosen], weights=value[chosen], minlength=counted.shape[1])
        number = np.bincount(column[chosen], minlength=counted.shape[1])
        return statistics.ratio(counted @ total, counted @ number)

    declared, squared = (probability >= 0.5).astype(float), (probability - label) ** 2
    draws = metrics.rate_metrics(mean(declared, label == 1), mean(declared, label == 0))
    draws["brier"] = (mean(squared, label == 1) + mean(squared, label == 0)) / 2
    return [
        (name, estimates[name], *statistics.percentile_interval(draws[name]), len(pooled))
        for name in PROBABILITY_METRICS
    ]
