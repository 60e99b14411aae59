"""Controls: scores that a network must beat, made on the very same folds.

Two are plain classifiers of single cells, fitted to the training cells of each fold and draw, and
score the probability of halo, or with K > 2 classes of each class:

- ``logistic``: L2-penalised (C = 1) logistic regression, classes balanced.
- ``random_forest``: 300 trees with at least 3 cells in a leaf, classes balanced.

The others see no element at all:

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

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial import KDTree
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from geohalo.evidence.folds import Folds

CONTROLS = ("logistic", "random_forest", "sampling_density", "deposit_distance", "background_absence")
PROBABILITY_CONTROLS = ("logistic", "random_forest")
DENSITY_NEIGHBOURS = 12


def score_control(
    name: str,
    cube: np.ndarray,
    cells: np.ndarray,
    deposits: np.ndarray,
    samples_xy: np.ndarray,
    folds: Folds,
    seed: int = 0,
    n_jobs: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Score every cell of every fold with one control.

    Parameters
    ----------
    name : {"logistic", "random_forest", "sampling_density", "deposit_distance", "background_absence"}
        See the module docstring.
    cube : (N, B) array
        Standardised values of the B elements.
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits.
    samples_xy : (S, 2) array
        Metric coordinates of the samples.
    folds : Folds
        Any scheme.
    seed : int
        Seed of the forests; each fold and draw has its own stream.
    n_jobs : int
        Processes or threads for the random forest.

    Returns
    -------
    mean, spread : (F, N) float32 arrays, or (F, K, N) with K > 2 classes
        Mean over the draws and their standard deviation (divisor: number of draws), 0 for controls
        that see no element.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name not in CONTROLS:
        raise ValueError(f"control is {name!r}; it must be one of {', '.join(CONTROLS)}")
    if name in PROBABILITY_CONTROLS:
        # On some hundred cells the threads of the linear algebra mostly wait for each other, much
        # longer than one computes when another job holds a core. Forests keep their own threads.
        with threadpool_limits(limits=1):
            return _fitted_scores(name, np.asarray(cube, dtype=np.float32), folds, seed, n_jobs)
    if name == "sampling_density":
        rows = [_minus_distance(samples_xy, cells, DENSITY_NEIGHBOURS)] * folds.n_folds
    elif name == "background_absence":
        rows = [-_minus_distance(cells[_background(folds, fold)], cells, 1) for fold in range(folds.n_folds)]
    else:
        rows = [
            _minus_distance(deposits[folds.training_deposits(fold)], cells, 1)
            for fold in range(folds.n_folds)
        ]
    mean = np.stack(rows).astype(np.float32)
    return mean, np.zeros_like(mean)


def _background(folds: Folds, fold: int) -> np.ndarray:
    """Return the cells that any draw of a fold learns as background."""
    table = folds.cells
    learned = (table["fold"] == fold) & (table["draw"] >= 0) & (table["label"] == 0)
    return table.loc[learned, "cell"].unique()


def _minus_distance(points: np.ndarray, cells: np.ndarray, neighbour: int) -> np.ndarray:
    """Return minus the distance (N,) of each cell to its k-th nearest point."""
    distance, _ = KDTree(points).query(cells, k=[min(neighbour, len(points))])
    return -distance[:, 0]


def _fitted_scores(
    name: str, cube: np.ndarray, folds: Folds, seed: int, n_jobs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a classifier for each fold and draw; return mean and spread of their probabilities."""
    make = _classifier(name, n_jobs)
    n_classes = folds.n_classes
    mean = np.zeros((folds.n_folds, *([n_classes] if n_classes > 2 else []), len(cube)))
    squares = np.zeros_like(mean)
    for fold in range(folds.n_folds):
        for draw in range(folds.n_draws):
            cell, label = folds.train(fold, draw)
            state = np.random.SeedSequence(seed, spawn_key=(fold, draw)).generate_state(1)[0]
            model = make(int(state)).fit(cube[cell], label)
            probability = model.predict_proba(cube)
            score = probability.T if n_classes > 2 else probability[:, 1]
            # Welford's update: the draws' scores are never held together.
            step = score - mean[fold]
            mean[fold] += step / (draw + 1)
            squares[fold] += step * (score - mean[fold])
    spread = np.sqrt(squares / folds.n_draws)
    return mean.astype(np.float32), spread.astype(np.float32)


def _classifier(name: str, n_jobs: int) -> Callable[[int], Any]:
    """Return the function that makes a classifier from a random state."""
    if name == "logistic":
        return lambda state: LogisticRegression(
            C=1.0, class_weight="balanced", solver="newton-cholesky", random_state=state
        )
    return lambda state: RandomForestClassifier(
        n_estimators=300,
        min_samples_leaf=3,
        class_weight="balanced",
        n_jobs=n_jobs,
        random_state=state,
    )
