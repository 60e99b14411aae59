"""The protocol of the open benchmark OpenGADBench: deposits against samples far from any deposit.

Each deposit has the score of its nearest sample. As many negatives as there are deposits are drawn
from the samples that are at least 5 km from every deposit, 20 times, and the ROC AUC is averaged
over the draws. A sample has the score of its cell: here maps are scored, not samples.

A model that was trained on deposits is judged by the maps of its folds: each deposit is compared
with all negatives of a draw in the map of the fold that held it out. With maps that are the same in
every fold, as those of methods that see no labels, that is the protocol to the letter. With others,
note that a negative may be ground that the fold learned as background. So this number has what
holding out gives away in it (`geohalo.evidence.decoys`), and is for comparison with published ones.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from geohalo.evidence.decoy_metrics import probability_higher

#: Negatives are at least so many metres from every deposit.
FAR = 5000.0
DRAWS = 20


@dataclass(frozen=True)
class SampledPlaces:
    """What the protocol compares.

    Attributes
    ----------
    positive : (K,) int array
        Cell of the sample that is nearest to each deposit.
    negatives : (20, M) int array
        Cells of the negatives of each draw; M is K, or the number of far samples if that is
        smaller (all of them are then in every draw).
    """

    positive: np.ndarray
    negatives: np.ndarray


def sampled_places(
    samples: np.ndarray, cells: KDTree, deposits: np.ndarray, ids: np.ndarray, seed: int
) -> SampledPlaces:
    """Draw the negatives of the protocol.

    Parameters
    ----------
    samples : (S, 2) array
        Metric coordinates of the samples; at least one. One outside the map has the nearest cell.
    cells : KDTree
        Of the metric coordinates of the N cells' centres.
    deposits : (D, 2) array
        Metric coordinates of all known deposits.
    ids : (K,) int array
        The deposits that are measured; negatives keep away from all.
    seed : int
        Seed of the draws, which are the same for every score.

    Returns
    -------
    SampledPlaces
    """
    samples = np.asarray(samples, dtype=float)
    _, nearest = KDTree(samples).query(deposits[ids])
    distance, _ = KDTree(deposits).query(samples)
    far = np.flatnonzero(distance >= FAR)
    generator = np.random.default_rng(seed)
    number = min(len(ids), len(far))
    drawn = [generator.choice(far, number, replace=False) for _ in range(DRAWS)]
    negatives = np.asarray(drawn, dtype=np.int64).reshape(DRAWS, number)
    return SampledPlaces(cells.query(samples[nearest])[1], cells.query(samples[negatives])[1])


def outranked_samples(scores: np.ndarray, fold: np.ndarray, places: SampledPlaces) -> np.ndarray:
    """Return the share of the negatives that each deposit outranks, ties half, mean over draws.

    Its mean over deposits is the protocol's ROC AUC. The draws only tell how much of the far
    samples was looked at; an interval must resample groups of deposits.

    Parameters
    ----------
    scores : (F, N) array
        Anomaly score of every cell by the model of each fold; larger is more anomalous.
    fold : (K,) int array
        Fold in whose map each deposit is read.
    places : SampledPlaces

    Returns
    -------
    (K,) float array
        NaN without negatives.
    """
    if places.negatives.size == 0:
        return np.full(len(fold), np.nan)
    # The draws have as many negatives each, so their mean is over all of them together.
    negatives = places.negatives.ravel()
    return np.array(
        [
            probability_higher(scores[one, [cell]], scores[one, negatives])
            for one, cell in zip(fold, places.positive, strict=True)
        ]
    )
