"""Controls: scores that a network must beat, made on the very same folds.

Those that learn do so from the training cells of each fold and draw (`geohalo.evidence.classifiers`).
Classifiers score the probability of halo, or with K > 2 classes of each class: ``logistic``,
``sparse_logistic``, ``random_forest`` and ``gradient_boosting`` look at single cells, never at their
surroundings; ``logistic_context`` and ``gradient_boosting_context`` are the same learners, which also see
the means of all values over the cell's superpixel at each scale (`geohalo.evidence.context`). While they
learn, the means leave out the cells of the held-out region, as the network's graphs do; a prediction sees
them. ``best_element`` is the one element that tells the training cells apart best, with its sign;
``pathfinder_index`` a weighted sum of the three elements that tell the groups of training deposits from
background most alike.

Others see the elements and no label, so that each makes one map, the same in every fold and scheme. Four know
what is usual in the whole map and score what is not (`geohalo.evidence.detectors`): ``one_class_svm``,
``isolation_forest``, ``mahalanobis`` and ``autoencoder``. ``superpixel_contrast`` is the unsupervised mode of
this workflow: it scores how much ground differs from its surroundings
(`geohalo.evidence.superpixel_contrast`). ``commodity_index`` is the mean of the elements that the deposits
are known for.

The last see no element at all:

- ``sampling_density``: minus the distance to the 12th nearest sample (the last if there are fewer).
  No labels: it shows how much a survey that was sampled more densely near known deposits gives
  away.
- ``deposit_distance``: minus the distance to the nearest deposit that the fold does not hold out,
  also where the buffer keeps that deposit's cells from the classifiers: how much staying near known
  ones gains.
- ``background_absence``: the distance to the nearest cell that any draw of the fold learned as
  background. It shows what remembering where background was is worth (`geohalo.evidence.decoys`):
  nearly all of the capture of any deposits, and nothing against decoys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree
from threadpoolctl import threadpool_limits

from geohalo.evidence.classifiers import learned_scores
from geohalo.evidence.context import Context
from geohalo.evidence.control_names import (
    CONTEXT,
    CONTROLS,
    LABEL_FREE,
    LEARNERS,
    PROBABILITY_CONTROLS,
)
from geohalo.evidence.detectors import detect
from geohalo.evidence.folds import Folds
from geohalo.evidence.superpixel_contrast import SCALE_ARRAYS, superpixel_contrast

__all__ = ["CONTROLS", "LABEL_FREE", "PROBABILITY_CONTROLS", "SCALE_ARRAYS", "Ground", "score_control"]

DENSITY_NEIGHBOURS = 12


@dataclass(frozen=True)
class Ground:
    """What controls may look at.

    Attributes
    ----------
    cube : (N, B) float32 array
        Standardised values of the B elements.
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits.
    samples : (S, 2) array
        Metric coordinates of the samples.
    graphs : sequence of mappings
        `SCALE_ARRAYS` of each scale of superpixels, for ``superpixel_contrast`` and the controls `CONTEXT`
        (see `geohalo.superpixels.graph.SuperpixelGraph`).
    sought : sequence of int
        Columns of the elements that the deposits are known for, for ``commodity_index`` alone.
    """

    cube: np.ndarray
    cells: np.ndarray
    deposits: np.ndarray
    samples: np.ndarray
    graphs: Sequence[Mapping[str, np.ndarray]] = ()
    sought: Sequence[int] = ()


def score_control(
    name: str, ground: Ground, schemes: Sequence[Folds], seed: int = 0, n_jobs: int = 1
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Score every cell in every fold of some schemes with one control.

    Parameters
    ----------
    name : str
        One of `CONTROLS`; see the module docstring.
    ground : Ground
    schemes : sequence of Folds
        Any schemes.
    seed : int
        Seed of what is random; each fold and draw has its own stream.
    n_jobs : int
        Threads.

    Returns
    -------
    list of (mean, spread), one pair for each scheme
        Both (F, N) float32 arrays, or (F, K, N) with K > 2 classes: mean over the draws and their standard
        deviation (divisor: number of draws), 0 for controls that do not learn from draws.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name not in CONTROLS:
        raise ValueError(f"control is {name!r}; it must be one of {', '.join(CONTROLS)}")
    # On some hundred cells the threads of the linear algebra mostly wait for each other, much
    # longer than one computes when another job holds a core. What can share work has threads of its own.
    with threadpool_limits(limits=1):
        if name in LEARNERS:
            return [learned_scores(name, ground.cube, folds, seed, n_jobs) for folds in schemes]
        if name in CONTEXT:
            context = Context(ground.cube, ground.graphs)
            return [learned_scores(CONTEXT[name], context, folds, seed, n_jobs) for folds in schemes]
        if name in LABEL_FREE:
            alone = _label_free_map(name, ground, seed)
            rows = [np.broadcast_to(alone, (folds.n_folds, len(alone))) for folds in schemes]
        else:
            rows = [_place_scores(name, ground, folds) for folds in schemes]
    means = [row.astype(np.float32, copy=False) for row in rows]
    # Maps that are the same in every fold, and spreads of nothing, take no memory of their own.
    return [(mean, np.broadcast_to(np.float32(0), mean.shape)) for mean in means]


def _label_free_map(name: str, ground: Ground, seed: int) -> np.ndarray:
    """Return the one map (N,) of a control that sees no label."""
    if name == "sampling_density":
        return _minus_distance(ground.samples, ground.cells, DENSITY_NEIGHBOURS).astype(np.float32)
    if name == "superpixel_contrast":
        return superpixel_contrast(ground.cube, ground.graphs)
    if name == "commodity_index":
        return commodity_index(ground.cube, ground.sought)
    return detect(name, ground.cube, seed)


def commodity_index(cube: np.ndarray, sought: Sequence[int]) -> np.ndarray:
    """Return the mean (N,) over the elements that deposits are known for, columns of the cube (N, B); 0 without any."""
    if not len(sought):
        return np.zeros(len(cube), dtype=np.float32)
    return np.asarray(cube[:, list(sought)].mean(axis=1, dtype=np.float64), dtype=np.float32)


def _place_scores(name: str, ground: Ground, folds: Folds) -> np.ndarray:
    """Return the maps (F, N) of a control that knows places alone."""
    if name == "background_absence":
        known = [ground.cells[_background(folds, fold)] for fold in range(folds.n_folds)]
        return -np.stack([_minus_distance(places, ground.cells, 1) for places in known])
    known = [ground.deposits[folds.training_deposits(fold)] for fold in range(folds.n_folds)]
    return np.stack([_minus_distance(places, ground.cells, 1) for places in known])


def _background(folds: Folds, fold: int) -> np.ndarray:
    """Return the cells that any draw of a fold learns as background."""
    table = folds.cells
    learned = (table["fold"] == fold) & (table["draw"] >= 0) & (table["label"] == 0)
    return table.loc[learned, "cell"].unique()


def _minus_distance(points: np.ndarray, cells: np.ndarray, neighbour: int) -> np.ndarray:
    """Return minus the distance (N,) of each cell to its k-th nearest point."""
    distance, _ = KDTree(points).query(cells, k=[min(neighbour, len(points))])
    return -distance[:, 0]
