"""One map of ground held out, from the maps of all folds: for the eye. The evidence is measured in each fold's own map.

Each fold's network has a level and a spread of its own, so that scores of several put side by side have steps where
none is in the ground. Their ranks compare: each map ranks all the ground. And what a map says of ground is of use as
held-out where the map did not know the deposits nearby, the more so the farther away those that it knew lie. So ranks
are averaged with weights by that distance, which change gradually and are nothing around deposits that a fold knew.
"""

import numpy as np

from geohalo.evidence.candidates import NONE, nearest_deposit
from geohalo.evidence.folds import Folds, fold_map
from geohalo.evidence.ranks import percentile_rank

#: Power of the distance that a weight is: of two folds, one whose nearest known deposit is twice as far counts sixteen
#: times as much.
SHARPNESS = 4


def fold_weights(folds: Folds, cells: np.ndarray, deposits: np.ndarray, radius: float) -> np.ndarray:
    """Return how much each fold says of each cell.

    The weight of a fold is the distance from the cell to the nearest deposit that the fold knew, less the radius of
    halos, to the power of `SHARPNESS`, over the sum of those of all folds (inverse distance weighting turned round).

    Parameters
    ----------
    folds : Folds
        Of the scheme ``held_out``.
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits; those that no fold holds out are left out.
    radius : float
        Halos reach so far from a deposit, in metres; ``labels.radius`` of the config.

    Returns
    -------
    (F, N) float array
        Columns add up to 1. Within the radius of a deposit only the fold that held it out has any weight; where halos
        of several folds overlap, that of the nearest deposit.
    """
    held = folds.deposit_fold
    away = np.empty((folds.n_folds, len(cells)))
    for fold in range(folds.n_folds):
        known = np.flatnonzero((held != NONE) & (held != fold))
        away[fold] = np.maximum(nearest_deposit(cells, deposits, known)[0] - radius, 0)
    # A single fold knows no other deposit: it says all there is to say.
    away[np.isinf(away)] = 1.0
    nowhere = away.max(axis=0) == 0
    own = fold_map(folds, cells, deposits)
    away[own[nowhere], np.flatnonzero(nowhere)] = 1.0
    weight = (away / away.max(axis=0)) ** SHARPNESS
    return weight / weight.sum(axis=0)


def blended_rank(
    score: np.ndarray, folds: Folds, cells: np.ndarray, deposits: np.ndarray, radius: float
) -> np.ndarray:
    """Return the percentile rank of each cell in maps that did not know the deposits near it.

    Parameters
    ----------
    score : (F, N) array
        Score of each cell in the map of each fold; larger is more anomalous.
    folds, cells, deposits, radius
        See `fold_weights`.

    Returns
    -------
    (N,) float array
        Within (0, 1); 0.5 is the middle of the ground. Means over folds lie nearer to it than ranks in one map.
    """
    weight, found = fold_weights(folds, cells, deposits, radius), np.zeros(len(cells))
    for fold, one in enumerate(score):
        found += weight[fold] * percentile_rank(one)
    return found
