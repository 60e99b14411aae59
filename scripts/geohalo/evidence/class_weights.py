"""Weights of cells with which classes weigh alike."""

import numpy as np


def balanced_weights(label: np.ndarray) -> np.ndarray:
    """Return the weight (M,) of each cell: all of a class together weigh M / K, their mean weight is 1.

    Parameters
    ----------
    label : (M,) int array
        Classes 0 to K - 1, all present.
    """
    size = np.bincount(label)
    return (len(label) / (len(size) * size))[label]
