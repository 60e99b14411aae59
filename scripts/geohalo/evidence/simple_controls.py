"""Controls that learn nothing: maps that see no label (`MAPS`), and those that know places alone (`PLACES`).

- ``commodity_index``: the mean of the elements that the deposits are known for.
- ``superpixel_contrast``: how much ground differs from its surroundings (`geohalo.evidence.superpixel_contrast`).
- ``sampling_density``: minus the distance to the 12th nearest sample (the last if there are fewer). It shows how much
  a survey that was sampled more densely near known deposits gives away.
- ``deposit_distance``: minus the distance to the nearest deposit that the fold does not hold out, also where the
  buffer keeps that deposit's cells from the classifiers: how much staying near known ones gains.
- ``background_absence``: the distance to the nearest cell that any draw of the fold learned as background. It shows
  what remembering where background was is worth (`geohalo.evidence.decoys`): nearly all of the capture of any
  deposits, and nothing against decoys.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt

from geohalo.evidence import superpixel_contrast as contrast
from geohalo.evidence.folds import Folds
from geohalo.evidence.ground import Ground
from geohalo.evidence.sample_density import DENSITY_NEIGHBOURS, minus_distance

#: From the ground to one map (N,), the same in all folds and schemes; by the name of the control.
MAPS: dict[str, Callable[[Ground], np.ndarray]] = {}
#: From the ground and folds to maps (F, N); by the name of the control.
PLACES: dict[str, Callable[[Ground, Folds], np.ndarray]] = {}


def one_map(score: Callable[[Ground], np.ndarray]) -> Callable[[Ground], np.ndarray]:
    """Make a function the control of its name, which sees no label."""
    MAPS[score.__name__] = score
    return score


def of_places(score: Callable[[Ground, Folds], np.ndarray]) -> Callable[[Ground, Folds], np.ndarray]:
    """Make a function the control of its name, which knows places alone."""
    PLACES[score.__name__] = score
    return score


@one_map
def commodity_index(ground: Ground) -> np.ndarray:
    """Return the mean over the elements that deposits are known for; 0 without any."""
    return mean_of_elements(ground.cube, ground.sought)


@one_map
def superpixel_contrast(ground: Ground) -> np.ndarray:
    """Return how much ground differs from its surroundings."""
    return contrast.superpixel_contrast(ground.cube, ground.graphs)


@one_map
def sampling_density(ground: Ground) -> np.ndarray:
    """Return minus the distance to the 12th nearest sample."""
    return minus_distance(ground.samples, ground.cells, DENSITY_NEIGHBOURS).astype(np.float32)


@of_places
def deposit_distance(ground: Ground, folds: Folds) -> np.ndarray:
    """Return minus the distance to the nearest deposit that each fold learns from."""
    places = [ground.deposits[folds.training_deposits(fold)] for fold in range(folds.n_folds)]
    return np.stack([minus_distance(deposits, ground.cells, 1) for deposits in places])


@of_places
def background_absence(ground: Ground, folds: Folds) -> np.ndarray:
    """Return the distance to the nearest cell that any draw of each fold learns as background."""
    column, row = np.rint((ground.cells - ground.cells.min(axis=0)) / ground.side).astype(np.int32).T
    absence = np.empty((folds.n_folds, len(ground.cells)), dtype=np.float32)
    for fold in range(folds.n_folds):
        learned, free = _background(folds, fold), np.ones((row.max() + 1, column.max() + 1), dtype=bool)
        free[row[learned], column[learned]] = False
        absence[fold] = distance_transform_edt(free, sampling=ground.side)[row, column]
    return absence


def mean_of_elements(cube: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Return the mean (N,) over some columns of the cube (N, B); 0 without any."""
    if not len(columns):
        return np.zeros(len(cube), dtype=np.float32)
    return np.asarray(cube[:, list(columns)].mean(axis=1, dtype=np.float64), dtype=np.float32)


def _background(folds: Folds, fold: int) -> np.ndarray:
    """Return the cells that any draw of a fold learns as background."""
    table = folds.cells
    learned = (table["fold"] == fold) & (table["draw"] >= 0) & (table["label"] == 0)
    return table.loc[learned, "cell"].unique()
