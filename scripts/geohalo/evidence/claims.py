"""What the maps say of true halos and of false and weak anomalies, on simulated surveys whose truth is known.

Each fault of the simulation (`geohalo.survey.simulate`) is switched on alone, at several strengths, and all of
them off; the surveys of one seed share everything but the fault. Of every method the maps of the held-out folds
are measured, on the same ground in all conditions of a seed:

- ``recall``: share of the cells in a true halo that are called anomalous, each in the map of the fold that held out
  the deposit nearest to it.
- ``recall_weak``: the same of those that lie under transported cover where the fault ``overburden`` is on.
- ``false_alarm``: share of the cells of contaminated patches that are called anomalous; mean over folds, in each of
  which the cells that it learned from do not count. ``false_alarm_km2`` is the same as an area. A fold learns
  contaminated ground as background like any other, and a map is made no other way; so there is also
  ``false_alarm_spared``, of those of these cells alone that lie in the held-out region of a fold, where it learned
  nothing. Compare it with ``decoy_recall``, since ground that was spared ranks higher.
- ``decoy_recall``: share of the decoys' cells that are called anomalous: what holding out alone is worth
  (`geohalo.evidence.decoys`), to be read beside ``recall``.
- ``capture``, ``decoy_capture``, ``above_decoys``: as in `geohalo.evidence.evaluate`.

*Called anomalous* is the best share ``area`` of a map, so chance is ``area`` for all shares. What is contaminated,
or covered, is taken from the truth at strength 1, also where the fault is off: the very same ground is compared.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.evidence.evaluate import measure as measure_scores
from geohalo.evidence.folds import NONE, Folds
from geohalo.evidence.judged import JudgedPlaces
from geohalo.evidence.statistics import student_quantile

#: Measures, in the order of the tables.
MEASURES = (
    "recall",
    "recall_weak",
    "false_alarm",
    "false_alarm_km2",
    "false_alarm_spared",
    "decoy_recall",
    "capture",
    "decoy_capture",
    "above_decoys",
)
#: A cell is in a halo, or contaminated, where the truth says more than this share.
IN_HALO = IN_PATCH = 0.5
#: Contaminated ground with more halo than this is no false anomaly.
FREE_OF_HALO = 0.05


@dataclass(frozen=True)
class TrueGround:
    """What is true of the N cells of a simulated survey.

    Attributes
    ----------
    halo, weak, contaminated : (N,) bool arrays
        In a halo; in a halo under cover; in a contaminated patch and in no halo.
    """

    halo: np.ndarray
    weak: np.ndarray
    contaminated: np.ndarray


def true_ground(halo: np.ndarray, halo_weak: np.ndarray, false: np.ndarray) -> TrueGround:
    """Return what is true of each cell, from the truth of a survey with all faults at strength 1.

    Parameters
    ----------
    halo, halo_weak, false : (N,) arrays
        Layers of the truth at the cells, 0 to 1: strength of the halo in the bedrock, the same where cover
        dilutes it (else 0), and share of contamination.

    Returns
    -------
    TrueGround
        In a halo and contaminated are cells with a share above 0.5; the latter only with a halo of at most 0.05.
    """
    return TrueGround(halo > IN_HALO, halo_weak > IN_HALO, (false > IN_PATCH) & (halo <= FREE_OF_HALO))


def called_anomalous(score: np.ndarray, area: float) -> np.ndarray:
    """Return which cells are in the best share of a map; cells tied at its edge share what is left.

    Parameters
    ----------
    score : (N,) array
        Larger is more anomalous.
    area : float
        Share of the map, within (0, 1).

    Returns
    -------
    (N,) float array
        1 in, 0 out, between for ties; its mean is `area` exactly, so chance is `area` for any map.
    """
    wanted = area * len(score)
    last = len(score) - int(np.ceil(wanted))
    edge = np.partition(score, last)[last]
    above, tied = score > edge, score == edge
    return above + tied * ((wanted - above.sum()) / tied.sum())


def holding_fold(folds: Folds, cells: np.ndarray, deposits: np.ndarray) -> np.ndarray:
    """Return the fold (N,) that holds out the deposit nearest to each cell; -1 where none does.

    Parameters
    ----------
    folds : Folds
        Scheme ``held_out``.
    cells, deposits : (N, 2), (D, 2) arrays
        Metric coordinates of the cells' centres and of the deposits.
    """
    _, nearest = KDTree(deposits).query(cells)
    return folds.deposit_fold[nearest]


def measure(
    scores: np.ndarray, judged: JudgedPlaces, ground: TrueGround, held: np.ndarray, area: float, cell: float
) -> dict[str, float]:
    """Measure the held-out maps of one method against the truth.

    Parameters
    ----------
    scores : (F, N) array
        Anomaly score of every cell by the model of each fold; larger is more anomalous.
    judged : JudgedPlaces
        Where deposits and decoys of the scheme ``held_out`` are read.
    ground : TrueGround
        What is true of the cells.
    held : (N,) int array
        Of `holding_fold`.
    area : float
        Share of each map that is called anomalous.
    cell : float
        Side of a cell in metres.

    Returns
    -------
    dict of float
        The `MEASURES`; shares are 0 to 1, ``false_alarm_km2`` is in square kilometres. NaN where there is no such
        ground.
    """
    called = np.stack([called_anomalous(score, area) for score in scores])
    known, numbers = held != NONE, np.arange(scores.shape[1])
    halo, weak = (called[held[of & known], numbers[of & known]] for of in (ground.halo, ground.weak))
    false_alarm = _false_alarm(called, judged.folds, ground.contaminated)
    spared = called[judged.folds.held_out_region & ground.contaminated]
    decoys = [called[fold, near] for fold, places in enumerate(judged.decoys) for near in places]
    found = measure_scores(scores, judged, probability=False).metrics.set_index("metric")["estimate"]
    return {
        "recall": _mean(halo),
        "recall_weak": _mean(weak),
        "false_alarm": false_alarm,
        "false_alarm_km2": float(false_alarm * ground.contaminated.sum() * cell**2 / 1e6),
        "false_alarm_spared": _mean(spared),
        "decoy_recall": _mean(np.concatenate([[], *decoys])),
        **{name: float(found[name]) for name in ("capture", "decoy_capture", "above_decoys")},
    }


def _mean(values: np.ndarray) -> float:
    """Return the mean, NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")


def _false_alarm(called: np.ndarray, folds: Folds, contaminated: np.ndarray) -> float:
    """Return the share of contaminated cells that are called anomalous by folds that did not learn them."""
    unseen = np.repeat(contaminated[None], folds.n_folds, axis=0)
    training = folds.cells[folds.cells["draw"] >= 0]
    unseen[training["fold"], training["cell"]] = False
    shares = [called[fold, unseen[fold]].mean() for fold in range(folds.n_folds) if unseen[fold].any()]
    return _mean(np.array(shares))


def interval_over_seeds(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean over seeds and its Student t interval.

    Parameters
    ----------
    values : (S,) array
        One value for each seed; NaN where a seed has none, which is left out.
    level : float
        Confidence level.

    Returns
    -------
    mean, low, high : float
        The interval is NaN with fewer than two seeds. With two or three it is wide: t is 12.7 and 4.3.
    """
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return _mean(known), float("nan"), float("nan")
    middle = float(known.mean())
    half = float(student_quantile((1 + level) / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return middle, middle - half, middle + half


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Summarise every measure over the seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        ``survey``, ``fault``, ``strength``, ``seed``, ``method``, ``metric``, ``value``.

    Returns
    -------
    pandas.DataFrame
        One row for each fault, strength, method and metric: ``mean``, ``low`` and ``high`` (95 % t interval over
        seeds), ``n`` (seeds).
    """
    rows = []
    keys = ["survey", "fault", "strength", "method", "metric"]
    for names, part in table.groupby(keys, sort=False):
        values = part["value"].to_numpy(dtype=float)
        rows.append((*names, *interval_over_seeds(values), int((~np.isnan(values)).sum())))
    return pd.DataFrame(rows, columns=[*keys, "mean", "low", "high", "n"])
