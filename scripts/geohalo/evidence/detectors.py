"""Anomaly detectors that see the cube and no label: what is unlike the rest of the map scores high.

- ``one_class_svm``: how far a cell lies outside the surface that holds most of the map, a support vector machine
  with an RBF kernel (gamma ``scale``) and a tenth of the cells outside (nu 0.1; Schölkopf et al. 2001, for
  geochemistry Chen & Wu 2017).
- ``isolation_forest``: how few random cuts set a cell apart, 100 trees of 256 cells each (Liu et al. 2008).
- ``mahalanobis``: squared Mahalanobis distance with robust centre and covariance (minimum covariance determinant,
  Rousseeuw & Van Driessen 1999), among the components that vary (`geohalo.evidence.components`).
- ``autoencoder``: mean squared error with which a network passes the elements through a narrow layer and back
  (Xiong & Zuo 2016): B / 2, B / 8 and B / 2 units for B elements, tanh, some 4,000 steps of
  Adam on 200 cells each (`geohalo.evidence.autoencoder`).

Each is fitted to a random sample of the cells, so that time and memory do not grow with the map but for the
scores themselves.

References
----------
Chen & Wu (2017), Application of one-class support vector machine to quickly identify multivariate anomalies from
geochemical exploration data, Geochemistry: Exploration, Environment, Analysis 17.
Liu, Ting & Zhou (2008), Isolation forest, Eighth IEEE International Conference on Data Mining, 413-422,
doi:10.1109/ICDM.2008.17.
Rousseeuw & Van Driessen (1999), A fast algorithm for the minimum covariance determinant estimator,
Technometrics 41, 212-223, doi:10.1080/00401706.1999.10485670.
Schölkopf, Platt, Shawe-Taylor, Smola & Williamson (2001), Estimating the support of a high-dimensional
distribution, Neural Computation 13, 1443-1471, doi:10.1162/089976601750264965.
Xiong & Zuo (2016), Recognition of geochemical anomalies using a deep autoencoder network, Computers &
Geosciences 86, 75-82, doi:10.1016/j.cageo.2015.10.006.
"""

from collections.abc import Callable
from zlib import crc32

import numpy as np
from sklearn.covariance import MinCovDet
from sklearn.ensemble import IsolationForest
from sklearn.svm import OneClassSVM

from geohalo.evidence.autoencoder import passed_through, trained_layers
from geohalo.evidence.chunks import in_chunks
from geohalo.evidence.components import varying_components

#: Cells that a detector is fitted to, at most; the auto-encoder learns from more.
FITTED = 2_000
LEARNED = 20_000
#: Steps of the auto-encoder, and cells in each.
STEPS, BATCH = 4_000, 200

#: From the cube (N, B), a generator for samples of cells and a seed for the model to scores (N,).
Detector = Callable[[np.ndarray, np.random.Generator, int], np.ndarray]
#: By the name of the control.
DETECTORS: dict[str, Detector] = {}


def detector(score: Detector) -> Detector:
    """Make a function the control of its name."""
    DETECTORS[score.__name__] = score
    return score


def detect(name: str, cube: np.ndarray, seed: int = 0) -> np.ndarray:
    """Score how unlike the rest of the map each cell is.

    Parameters
    ----------
    name : str
        One of `DETECTORS`.
    cube : (N, B) array
        Standardised values.
    seed : int
        Seed of the sample of cells and of what is random in the detector. Each detector has its own stream, which
        follows its name.

    Returns
    -------
    (N,) float32 array
        Larger is more anomalous.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name not in DETECTORS:
        raise ValueError(f"detector is {name!r}; it must be one of {', '.join(DETECTORS)}")
    cube = np.asarray(cube, dtype=np.float32)
    sequence = np.random.SeedSequence(seed, spawn_key=(crc32(name.encode()),))
    generator, state = np.random.default_rng(sequence), int(sequence.spawn(1)[0].generate_state(1)[0])
    return DETECTORS[name](cube, generator, state).astype(np.float32)


@detector
def one_class_svm(cube: np.ndarray, generator: np.random.Generator, state: int) -> np.ndarray:
    """Return how far cells lie outside the surface that holds most of the map."""
    model = OneClassSVM(kernel="rbf", gamma="scale", nu=0.1).fit(_some(cube, FITTED, generator))
    return in_chunks(lambda part: -model.decision_function(part), cube)


@detector
def isolation_forest(cube: np.ndarray, generator: np.random.Generator, state: int) -> np.ndarray:
    """Return how few random cuts set cells apart."""
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=state)
    forest.fit(_some(cube, FITTED, generator))
    return in_chunks(lambda part: -forest.score_samples(part), cube)


def _some(values: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    """Return a random sample of at most so many rows, all of them if there are fewer."""
    if len(values) <= most:
        return values
    return values[np.sort(generator.choice(len(values), most, replace=False))]


@detector
def mahalanobis(cube: np.ndarray, generator: np.random.Generator, state: int) -> np.ndarray:
    """Return the squared robust Mahalanobis distance (N,) among the components that vary."""
    mean, directions = varying_components(cube)
    if not len(directions):  # all cells are alike
        return np.zeros(len(cube))
    sample = (_some(cube, FITTED, generator) - mean) @ directions.T
    model = MinCovDet(random_state=state).fit(sample.astype(np.float64))
    return in_chunks(lambda part: model.mahalanobis((part - mean) @ directions.T), cube)


@detector
def autoencoder(cube: np.ndarray, generator: np.random.Generator, state: int) -> np.ndarray:
    """Return the mean squared error (N,) of an auto-encoder."""
    elements = cube.shape[1]
    wide, narrow = max(2, elements // 2), max(1, elements // 8)
    sample = _some(cube, LEARNED, generator)
    batch = min(BATCH, len(sample))
    epochs = -(-STEPS // -(-len(sample) // batch))
    layers = trained_layers(sample, (wide, narrow, wide), epochs, batch, state)
    return in_chunks(lambda part: ((passed_through(part, layers) - part) ** 2).mean(axis=1), cube)
