"""Where a map says something: the area of applicability (Meyer and Pebesma 2021).

The *dissimilarity index* of a cell is the distance of its spectrum to that of the nearest training cell, over
the mean distance between training cells; 0 is a spectrum that was learned from. Elements are standardised by
the training cells. Cells whose index is at most a threshold are in the *area of applicability*: their spectra lie no
farther from what was learned than those of held-out ground did, so that the held-out evidence speaks of them.
The threshold is the largest index that training cells have to the training cells of other folds, outliers
(beyond the upper quartile by more than 1.5 interquartile ranges) left out.

References
----------
Meyer & Pebesma (2021), Predicting into unknown space? Estimating the area of applicability of spatial prediction
models, Methods in Ecology and Evolution 12, 1620-1633. doi:10.1111/2041-210X.13650
"""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min, pairwise_distances_chunked

#: Reach of the whisker in interquartile ranges.
WHISKER = 1.5
#: Cells at once whose distances to all training cells are worked out: they stay near the processor.
BLOCK = 256
#: Of a number of single precision, to its next.
ROUNDING = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Applicability:
    """Training cells in standardised space, and the threshold of the dissimilarity index.

    Attributes
    ----------
    training : ndarray (cells, elements)
        Standardised and weighted.
    mean, scale : ndarray (elements,)
        What spectra are standardised with; a weight divides the scale.
    between : float
        Mean distance between training cells.
    threshold : float
        Largest index inside the area of applicability.
    """

    training: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    between: float
    threshold: float

    def dissimilarity(self, values: np.ndarray) -> np.ndarray:
        """Return the dissimilarity index (cells,) of spectra (cells, elements)."""
        return nearest_distance((values - self.mean) / self.scale, self.training) / self.between


def nearest_distance(values: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Return the distance (N,) of each spectrum (N, B) to the nearest training cell (T, B).

    The nearest has the largest x t - t t / 2, which is worked out in single precision. Where another training cell
    comes as near to that as rounding may have moved both, all is done again in double precision.
    """
    columns = np.column_stack([training, -(training**2).sum(axis=1) / 2]).astype(np.float32).T.copy()
    found, spectra = np.empty(len(values)), np.ones((BLOCK, len(columns)), dtype=np.float32)
    doubtful, longest = np.zeros(len(values), dtype=bool), np.sqrt((training**2).sum(axis=1).max())
    for start in range(0, len(values), BLOCK):
        rows = slice(start, start + BLOCK)
        part = values[rows]
        spectra[: len(part), :-1] = part
        near = spectra[: len(part)] @ columns
        nearest = near.argmax(axis=1)
        moved = (np.sqrt((part**2).sum(axis=1)) + longest) * longest * ROUNDING * (len(columns) + 2)
        every = np.arange(len(part))
        least, near[every, nearest] = near[every, nearest] - moved, -np.inf
        doubtful[rows] = near.max(axis=1) >= least
        found[rows] = np.sqrt(((part - training[nearest]) ** 2).sum(axis=1))
    if doubtful.any():
        found[doubtful] = pairwise_distances_argmin_min(values[doubtful], training)[1]
    return found


def area_of_applicability(
    values: np.ndarray, fold: np.ndarray, spared: np.ndarray | None = None, weights: np.ndarray | None = None
) -> Applicability:
    """Work out what the dissimilarity index is measured against, and its threshold.

    Parameters
    ----------
    values : (T, B) array
        Spectra of the training cells.
    fold : (T,) int array
        Fold of each training cell.
    spared : (F, T) bool array, optional
        Training cells that a fold spares although they are of another one: those within the buffer.
    weights : (B,) array, optional
        Importance of each element for the model, such as permutation importance; none negative, all equal when
        left out.

    Returns
    -------
    Applicability

    Raises
    ------
    ValueError
        If all training cells are alike, or no cell has a training cell in another fold.
    """
    values = np.asarray(values, dtype=np.float64)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    # An element that does not vary among training cells counts as it is: whatever differs there is unlike them.
    scale = np.where(scale > 0, scale, 1.0)
    weight = np.ones(len(scale)) if weights is None else np.asarray(weights, dtype=np.float64)
    used = weight > 0
    scale = np.where(used, scale / np.where(used, weight, 1.0), np.inf)
    training = (values - mean) / scale
    between = _mean_distance(training)
    if not between > 0:
        raise ValueError("all training cells are alike")
    index = _index_across_folds(training, fold, spared) / between
    low, high = np.quantile(index, [0.25, 0.75])
    threshold = float(index[index <= high + WHISKER * (high - low)].max())
    return Applicability(training, mean, scale, between, threshold)


def _mean_distance(training: np.ndarray) -> float:
    """Return the mean distance over all pairs of different cells."""
    total = sum(float(part.sum()) for part in pairwise_distances_chunked(training))
    return total / (len(training) * max(1, len(training) - 1))


def _index_across_folds(training: np.ndarray, fold: np.ndarray, spared: np.ndarray | None) -> np.ndarray:
    """Return the distance of each cell to the nearest one that its fold learns from."""
    distances = []
    for one in np.unique(fold):
        own = fold == one
        learned = ~own if spared is None else ~own & ~spared[one]
        if learned.any():
            distances.append(pairwise_distances_argmin_min(training[own], training[learned])[1])
    if not distances:
        raise ValueError("no training cell has one in another fold")
    return np.concatenate(distances)
