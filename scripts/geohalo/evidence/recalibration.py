"""From the score of a map to a probability that cells which no model had seen bear out.

The score of the final map is a mean of probabilities whose temperature was fitted on validation cells of
the inner split. What held-out test cells say of it is a further step, logistic calibration (Platt 1999)::

    probability = 1 / (1 + exp(-(a + b ln(score / (1 - score)))))

``a`` and ``b`` fit the labels of the test cells to their scores in the maps that did not know their deposits.
A map whose held-out scores mean nothing has b = 0, and a probability of one half everywhere. ``b`` is never
negative: a map that did worse than chance is not turned upside down.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

#: Scores this close to 0 or 1 say no more than that they are so.
SMALLEST = 1e-6


@dataclass(frozen=True)
class Recalibration:
    """Line in the logit of the score.

    Attributes
    ----------
    intercept, slope : float
    groups : int
        Independent groups of deposits that it was fitted on.
    """

    intercept: float
    slope: float
    groups: int

    def probability(self, score: np.ndarray) -> np.ndarray:
        """Return the probability (...) of halo for scores (...) from 0 to 1, halo and background equally common."""
        return expit(self.intercept + self.slope * _logit(score))

    def __str__(self) -> str:
        return (
            f"probability: logit = {self.intercept:+.2f} {self.slope:+.2f} logit(score), by the test cells of "
            f"{self.groups} held-out groups"
        )


def fit_recalibration(label: np.ndarray, score: np.ndarray, group: np.ndarray) -> Recalibration:
    """Fit the calibration to test cells.

    Classes weigh alike. Cells of a group are no independent evidence, so that the targets are Platt's
    (G + 1) / (G + 2) and 1 / (G + 2) for the number of groups G, not that of cells: few groups, little certainty.

    Parameters
    ----------
    label : (M,) array
        1 halo, 0 background; both must occur.
    score : (M,) array
        From 0 to 1, each by a model that did not know the cell's deposit.
    group : (M,) array
        Group of deposits of each cell; -1 for none.

    Returns
    -------
    Recalibration

    Raises
    ------
    ValueError
        If a class does not occur.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines and comparisons to regularized likelihood
    methods, Advances in Large Margin Classifiers, MIT Press.
    """
    halo = np.asarray(label) == 1
    if halo.all() or not halo.any():
        raise ValueError("test cells are all of one class")
    groups = int(np.unique(group[group >= 0]).size)
    target = np.where(halo, groups + 1, 1) / (groups + 2)
    weight = np.where(halo, 0.5 / halo.sum(), 0.5 / (~halo).sum())
    place = _logit(score)

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        linear = line[0] + line[1] * place
        away = weight * (expit(linear) - target)
        cross_entropy = np.logaddexp(0, linear) - target * linear
        return float(weight @ cross_entropy), np.array([away.sum(), away @ place])

    found = minimize(loss, [0.0, 1.0], jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None)])
    return Recalibration(float(found.x[0]), float(found.x[1]), groups)


def _logit(score: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.asarray(score, dtype=np.float64), SMALLEST, 1 - SMALLEST))
