"""Controls that learn from the training cells of each fold and draw, one cell at a time.

- ``logistic``: L2-penalised (C = 1) logistic regression.
- ``sparse_logistic``: L1-penalised (C = 0.1) logistic regression, which sets most elements to 0 (Tibshirani 1996).
- ``random_forest``: 300 trees with at least 3 cells in a leaf (Breiman 2001; `geohalo.evidence.forest`).
- ``gradient_boosting``: 100 trees of depth 3 with at least 20 cells in a leaf, learning rate 0.1, L2 penalty 1,
  values in 31 bins (Friedman 2001; `geohalo.evidence.boosting`). Shallow and coarse, since there are some hundred
  cells.
- ``best_element``: the element whose ROC AUC on the member's training cells is farthest from 0.5; the score is
  its standardised value, or minus it where halos have less of it.
- ``pathfinder_index``: the three elements that tell the groups of training deposits from background most alike
  (`geohalo.pathfinders`, without any that are sought); the score is the sum of their standardised values, each times
  its consistency.

Classes weigh alike in all of them. Settings are fixed, not chosen on any survey.

References
----------
Breiman (2001), Random forests, Machine Learning 45, 5-32, doi:10.1023/A:1010933404324.
Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics 29, 1189-1232,
doi:10.1214/aos/1013203451.
Tibshirani (1996), Regression shrinkage and selection via the lasso, Journal of the Royal Statistical Society B 58,
267-288, doi:10.1111/j.2517-6161.1996.tb02080.x.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from geohalo.evidence.boosting import boosted_scores
from geohalo.evidence.chunks import in_chunks
from geohalo.evidence.context import Context, Values
from geohalo.evidence.folds import Folds
from geohalo.evidence.forest import forest_scores, grown_trees
from geohalo.pathfinders import group_consistency, strongest

#: Trees of each member's random forest.
TREES = 300
#: From `Values` (N, B) to scores (N,) or (K, N).
Scorer = Callable[[Any], np.ndarray]


@dataclass(frozen=True)
class Training:
    """What one member learns from.

    Attributes
    ----------
    values : (M, B) float32 array
        Standardised values of its training cells.
    label, group : (M,) int arrays
        Class and deposit group of each.
    state : int
        Seed of what is random.
    n_jobs : int
        Threads that a learner may use.
    """

    values: np.ndarray
    label: np.ndarray
    group: np.ndarray
    state: int
    n_jobs: int


#: What fits each control to the training cells of one member, by the name of the control.
FITS: dict[str, Callable[[Training], Scorer]] = {}


def learner(fit: Callable[[Training], Scorer]) -> Callable[[Training], Scorer]:
    """Make a function the one that fits the control of its name."""
    FITS[fit.__name__] = fit
    return fit


def learned_scores(
    name: str, cube: Values, folds: Folds, seed: int, n_jobs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit each member to its training cells and score all cells.

    Parameters
    ----------
    name : str
        One of `geohalo.control_table.LEARNERS`; those that are no `CLASSIFIERS` are for two classes.
    cube : (N, B) array or Context
        Standardised values.
    folds : Folds
        Any scheme.
    seed : int
        Root of the members' random states; each fold and draw has its own.
    n_jobs : int
        Threads of the random forest.

    Returns
    -------
    mean, spread : (F, N) float32 arrays, or (F, K, N) with K > 2 classes
        Over the draws.
    """
    return _over_draws(name, cube, folds, cube, seed, n_jobs)


def transferred_scores(
    name: str, cube: np.ndarray, folds: Folds, elsewhere: np.ndarray, seed: int, n_jobs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit each member to its training cells of one survey and score all cells of another.

    Parameters
    ----------
    name, seed, n_jobs
        As in `learned_scores`.
    cube : (N, B) array
        Standardised values of the survey that is learned from.
    folds : Folds
        Its scheme, such as ``final``.
    elsewhere : (M, B) array
        Standardised values of the other survey, the elements in the same order.

    Returns
    -------
    mean, spread : (F, M) float32 arrays
        Over the draws.
    """
    return _over_draws(name, cube, folds, elsewhere, seed, n_jobs)


def _over_draws(
    name: str, cube: Values, folds: Folds, scored: Values, seed: int, n_jobs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit each member to its cells of `cube`; return mean and spread over the draws of the scores of `scored`."""
    n_classes = folds.n_classes
    mean = np.zeros((folds.n_folds, *([n_classes] if n_classes > 2 else []), len(scored)))
    squares = np.zeros_like(mean)
    for fold in range(folds.n_folds):
        learned = cube.without(folds.held_out_region[fold]) if isinstance(cube, Context) else cube
        for draw in range(folds.n_draws):
            cell, label, group = folds.train_groups(fold, draw)
            state = np.random.SeedSequence(seed, spawn_key=(fold, draw)).generate_state(1)[0]
            values = np.asarray(learned[cell], dtype=np.float32)
            score = FITS[name](Training(values, label, group, int(state), n_jobs))(scored)
            # Welford's update: the draws' scores are never held together.
            step = score - mean[fold]
            mean[fold] += step / (draw + 1)
            squares[fold] += step * (score - mean[fold])
    spread = np.sqrt(squares / folds.n_draws)
    return mean.astype(np.float32), spread.astype(np.float32)


def strongest_element(values: np.ndarray, label: np.ndarray) -> tuple[int, int]:
    """Choose the element that tells two classes apart best.

    Parameters
    ----------
    values : (M, B) array
        Values of the training cells.
    label : (M,) int array
        0 or 1, both present.

    Returns
    -------
    element : int
        Column with the largest ``|ROC AUC - 0.5|``, the first of several.
    sign : {1, -1}
        -1 if the class 1 has less of it.
    """
    positive = label == 1
    pairs = np.count_nonzero(positive) * np.count_nonzero(~positive)
    smallest = np.count_nonzero(positive) * (np.count_nonzero(positive) + 1) / 2
    # The AUC of all elements at once, from the sum of ranks (Mann-Whitney).
    above = (rankdata(values, axis=0)[positive].sum(axis=0) - smallest) / pairs - 0.5
    element = int(np.argmax(np.abs(above)))
    return element, 1 if above[element] >= 0 else -1


@learner
def best_element(training: Training) -> Scorer:
    """Take the element that tells the classes apart best, with its sign."""
    element, sign = strongest_element(training.values, training.label)
    return lambda cube: sign * cube[:, element]


@learner
def pathfinder_index(training: Training) -> Scorer:
    """Sum the elements that tell the groups of deposits from background most alike, each times its consistency."""
    consistency = group_consistency(training.values, training.label, training.group)
    chosen = strongest(consistency)
    return lambda cube: cube[:, chosen] @ consistency[chosen]


@learner
def logistic(training: Training) -> Scorer:
    """Fit an L2-penalised logistic regression."""
    return _fitted(LogisticRegression, training, C=1.0, solver="newton-cholesky")


@learner
def sparse_logistic(training: Training) -> Scorer:
    """Fit an L1-penalised logistic regression."""
    return _fitted(LogisticRegression, training, C=0.1, l1_ratio=1.0, solver="saga", max_iter=2000, tol=1e-4)


@learner
def gradient_boosting(training: Training) -> Scorer:
    """Fit shallow, coarse boosted trees."""
    model = HistGradientBoostingClassifier(
        max_iter=100,
        max_depth=3,
        min_samples_leaf=20,
        l2_regularization=1.0,
        max_bins=31,
        early_stopping=False,
        class_weight="balanced",
        random_state=training.state,
    )
    return boosted_scores(training.values, training.label, model)


@learner
def random_forest(training: Training) -> Scorer:
    """Fit a random forest."""
    trees = grown_trees(training.values, training.label, TREES, 3, training.state, training.n_jobs)
    return lambda cube: forest_scores(trees, cube, training.n_jobs)


def _fitted(classifier: Callable[..., Any], training: Training, **settings: Any) -> Scorer:
    """Fit a classifier to classes of equal weight; return probabilities, of halo or of each of several classes."""
    model = classifier(class_weight="balanced", random_state=training.state, **settings)
    model.fit(training.values, training.label)
    if len(model.classes_) > 2:
        return lambda cube: in_chunks(model.predict_proba, cube).T
    return lambda cube: in_chunks(lambda part: model.predict_proba(part)[:, 1], cube)
