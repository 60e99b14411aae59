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
        Seed; each tree has its own stream.
    n_jobs : int
        Threads; trees do not depend on them.

    Returns
    -------
    list of `sklearn.tree._tree.Tree`
    """
    generator = np.random.default_rng(state)
    weight = balanced_weights(label)
    times = generator.multinomial(len(label), weight / weight.sum(), size=n_trees).astype(np.float64)
    seeds = generator.integers(2**31, size=n_trees)
    classes = int(label.max()) + 1
    target = (label == 1).astype(np.float64) if classes == 2 else np.eye(classes)[label]
    values = np.ascontiguousarray(values, dtype=np.float32)

    def grow(part: slice) -> list[Any]:
        tree = DecisionTreeRegressor(max_features="sqrt", min_samples_leaf=fewest)
        grown = []
        # The state of a tree is an int, its values are float32 and finite.
        with config_context(skip_parameter_validation=True, assume_finite=True):
            for seed, drawn in zip(seeds[part], times[part], strict=True):
                tree.random_state = int(seed)
                grown.append(tree.fit(values, target, drawn, check_input=False).tree_)
        return grown

    return [tree for trees in _by_threads(grow, n_trees, n_jobs) for tree in trees]


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

        def mean(rows: slice) -> np.ndarray:
            total = trees[0].predict(part[rows])
            for tree in trees[1:]:
                total += tree.predict(part[rows])
            return (total / len(trees)).reshape(len(total), -1)

        return np.concatenate(_by_threads(mean, len(part), n_jobs))

    found = in_chunks(score, values)
    return found[:, 0] if found.shape[1] == 1 else found.T


def _by_threads(work: Callable[[slice], Result], length: int, n_jobs: int) -> list[Result]:
    """Return what some work returns for each part of a length, a part for each thread."""
    ends = [length * part // n_jobs for part in range(n_jobs + 1)]
    parts = [slice(start, end) for start, end in zip(ends, ends[1:], strict=False) if end > start]
    if len(parts) < 2:
        return [work(slice(0, length))]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(work, parts))
