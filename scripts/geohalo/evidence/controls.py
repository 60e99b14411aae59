"""Controls: scores that a network must beat, made on the very same folds.

`geohalo.control_table` lists them. Those that learn do so from the training cells of each fold and draw
(`geohalo.evidence.classifiers`). Classifiers score the probability of halo, or with K > 2 classes of each class. Most
look at single cells, never at their surroundings; those of kind ``context`` are the same learners, which also see
the means of all values over the cell's superpixel at each scale (`geohalo.evidence.context`). While they
learn, the means leave out the cells of the held-out region, as the network's graphs do; a prediction sees
them.

Others see the elements and no label, so that each makes one map, the same in every fold and scheme: detectors
(`geohalo.evidence.detectors`) score what is unusual in the map. The rest (`geohalo.evidence.simple_controls`) learn
nothing, or see no element at all.
"""

from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from geohalo.control_table import CONTEXT, CONTROLS, LABEL_FREE, PROBABILITY_CONTROLS
from geohalo.evidence import classifiers, detectors, simple_controls
from geohalo.evidence.classifiers import learned_scores
from geohalo.evidence.context import Context
from geohalo.evidence.folds import Folds
from geohalo.evidence.ground import Ground
from geohalo.evidence.superpixel_contrast import SCALE_ARRAYS

__all__ = [
    "CONTROLS",
    "LABEL_FREE",
    "PROBABILITY_CONTROLS",
    "SCALE_ARRAYS",
    "Ground",
    "computed",
    "score_control",
]


def computed() -> dict[str, set[str]]:
    """Return the names of the controls that there is a function for, by their kind."""
    return {
        "learner": set(classifiers.FITS),
        "context": set(CONTEXT),
        "detector": set(detectors.DETECTORS),
        "map": set(simple_controls.MAPS),
        "places": set(simple_controls.PLACES),
    }


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
        if name in classifiers.FITS:
            return [learned_scores(name, ground.cube, folds, seed, n_jobs) for folds in schemes]
        if name in CONTEXT:
            context = Context(ground.cube, ground.graphs)
            return [learned_scores(CONTEXT[name], context, folds, seed, n_jobs) for folds in schemes]
        if name in simple_controls.PLACES:
            rows = [simple_controls.PLACES[name](ground, folds) for folds in schemes]
        else:
            alone = (
                simple_controls.MAPS[name](ground)
                if name in simple_controls.MAPS
                else detectors.detect(name, ground.cube, seed)
            )
            rows = [np.broadcast_to(alone, (folds.n_folds, len(alone))) for folds in schemes]
    means = [row.astype(np.float32, copy=False) for row in rows]
    # Maps that are the same in every fold, and spreads of nothing, take no memory of their own.
    return [(mean, np.broadcast_to(np.float32(0), mean.shape)) for mean in means]
