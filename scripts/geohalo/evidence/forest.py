"""Random forests of many small training sets, without what a library does again for every tree.

A tree is the one that `sklearn.ensemble.RandomForestClassifier` with balanced class weights would grow: on as many
cells as there are, drawn with replacement so that classes weigh alike, the square root of the number of values looked
at for each split. It is grown as a tree of regression on labels of 0 and 1 (of K > 2 classes: on K columns of them).
The mean squared error of such labels is half their Gini impurity, so that splits and leaves are the same, and checks
of labels that take as long as growing the tree fall away.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from sklearn import config_context
from sklearn.tree import DecisionTreeRegressor

from geohalo.evidence.chunks import in_chunks
from geohalo.evidence.class_weights import balanced_weights

#: Trees that share a stream of random numbers: to begin one takes a fifth of the time that a tree takes.
STREAM = 25

Result = TypeVar("Result")


def grown_trees(
    values: np.ndarray, label: np.ndarray, n_trees: int, fewest: int, state: int, n_jobs: int = 1
) -> list[Any]:
    """Grow the trees of a forest.

    Parameters
    ----------
    values : (M, B) float32 array
        Values of the training cells.
    label : (M,) int array
        Classes 0 to K - 1, all present.
    n_trees : int
    fewest : int
        Cells in a leaf, at least.
    state : int
        Seed.
    n_jobs : int
        Threads; trees do not depend on their number.

    Returns
    -------
    list of `sklearn.tree._tree.Tree`
    """
    weight = balanced_weights(label)
    classes = int(label.max()) + 1
    target = (label == 1).astype(np.float64) if classes == 2 else np.eye(classes)[label]
    values = np.ascontiguousarray(values, dtype=np.float32)

    def grow(stream: np.random.SeedSequence, count: int) -> list[Any]:
        generator = np.random.default_rng(stream)
        times = generator.multinomial(len(label), weight / weight.sum(), size=count).astype(np.float64)
        random = np.random.RandomState(generator.integers(2**32))
        tree = DecisionTreeRegressor(max_features="sqrt", min_samples_leaf=fewest, random_state=random)
        # The settings are valid, and the values are float32 and finite.
        with config_context(skip_parameter_validation=True, assume_finite=True):
            return [tree.fit(values, target, drawn, check_input=False).tree_ for drawn in times]

    counts = [min(STREAM, n_trees - first) for first in range(0, n_trees, STREAM)]
    streams = np.random.SeedSequence(state).spawn(len(counts))
    return [tree for trees in _mapped(n_jobs, grow, streams, counts) for tree in trees]


def forest_scores(trees: Sequence[Any], values: Any, n_jobs: int = 1) -> np.ndarray:
    """Return the mean over trees of the share of halo in the leaf of each cell.

    Parameters
    ----------
    trees : sequence of `sklearn.tree._tree.Tree`
        Of `grown_trees`.
    values : (N, B) array, or what gives one for a slice
        Values of the cells.
    n_jobs : int
        Threads.

    Returns
    -------
    (N,) array, or (K, N) with K > 2 classes
    """

    def score(part: np.ndarray) -> np.ndarray:
        part = np.ascontiguousarray(part, dtype=np.float32)
        parts = np.array_split(part, n_jobs) if len(part) > n_jobs else [part]
        return np.concatenate(_mapped(n_jobs, mean, parts))

    def mean(part: np.ndarray) -> np.ndarray:
        total = trees[0].predict(part)
        for tree in trees[1:]:
            total += tree.predict(part)
        return (total / len(trees)).reshape(len(part), -1)

    found = in_chunks(score, values)
    return found[:, 0] if found.shape[1] == 1 else found.T


def _mapped(n_jobs: int, work: Callable[..., Result], *parts: Sequence[Any]) -> list[Result]:
    """Return what some work returns for each part, in their order, worked on by so many threads."""
    if n_jobs == 1:
        return list(map(work, *parts))
    with ThreadPoolExecutor(n_jobs) as pool:
        return list(pool.map(work, *parts))
