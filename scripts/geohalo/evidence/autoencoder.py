"""A small auto-encoder: the network of `sklearn.neural_network.MLPRegressor`, in a fraction of the time.

Steps of some hundred cells and some dozen units take the library longer for its checks than for its products. Here are
its first weights, its batches, its gradients (squared error, L2 penalty 1e-4) and its optimizer (Adam, learning rate
1e-3), and nothing else. The weights are the same to rounding.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

#: Penalty of squared weights, learning rate, decay of the means of gradients and of their squares, and what is added to
#: the root of the latter: all as in the library.
PENALTY, RATE, DECAY, SQUARE_DECAY, EPSILON = 1e-4, 1e-3, 0.9, 0.999, 1e-8

#: Weights (inputs, outputs) and biases (outputs,) of a layer.
Layer = tuple[np.ndarray, np.ndarray]


def trained_layers(
    sample: np.ndarray, hidden: Sequence[int], epochs: int, batch: int, state: int
) -> list[Layer]:
    """Train layers to pass cells through and back.

    Parameters
    ----------
    sample : (M, B) float32 array
    hidden : sequence of int
        Units of each hidden layer.
    epochs, batch : int
        How often each cell is learned from, and how many cells make a step.
    state : int
        Seed of the first weights and of the order of cells.

    Returns
    -------
    list of (weights, biases)
        float32, from the first layer to the last.
    """
    generator = np.random.RandomState(state)
    # The parameters and their gradients are two vectors, so that a step of Adam is a few operations.
    vector, layers = _layers([sample.shape[1], *hidden, sample.shape[1]])
    slope, slopes = _layers([sample.shape[1], *hidden, sample.shape[1]])
    for weights, biases in layers:
        bound = np.sqrt(6 / sum(weights.shape))
        weights[:] = generator.uniform(-bound, bound, weights.shape)
        biases[:] = generator.uniform(-bound, bound, biases.shape)
    mean, square = np.zeros_like(vector), np.zeros_like(vector)
    order, step = np.arange(len(sample)), 0
    for _ in range(epochs):
        shuffled = np.arange(len(sample))
        generator.shuffle(shuffled)
        order = order[shuffled]
        for start in range(0, len(sample), batch):
            step += 1
            _gradients(sample[order[start : start + batch]], layers, slopes)
            mean *= DECAY
            mean += (1 - DECAY) * slope
            square *= SQUARE_DECAY
            square += (1 - SQUARE_DECAY) * slope**2
            rate = float(RATE * np.sqrt(1 - SQUARE_DECAY**step) / (1 - DECAY**step))
            vector -= rate * mean / (np.sqrt(square) + EPSILON)
    return layers


def passed_through(values: np.ndarray, layers: Sequence[Layer]) -> np.ndarray:
    """Return values (N, B) of cells as the layers give them back."""
    return _activations(values, layers)[-1]


def _layers(units: Sequence[int]) -> tuple[np.ndarray, list[Layer]]:
    """Return a vector of zeros, and its parts as layers between so many units."""
    sizes = list(pairwise(units))
    vector = np.zeros(sum((before + 1) * after for before, after in sizes), dtype=np.float32)
    layers, start = [], 0
    for before, after in sizes:
        biases = start + before * after
        layers.append((vector[start:biases].reshape(before, after), vector[biases : biases + after]))
        start = biases + after
    return vector, layers


def _activations(values: np.ndarray, layers: Sequence[Layer]) -> list[np.ndarray]:
    """Return the values of the units of each layer, the cells' own first; all but the last go through a tanh."""
    found = [values]
    for weights, biases in layers:
        units = found[-1] @ weights
        units += biases
        found.append(units if len(found) == len(layers) else np.tanh(units, out=units))
    return found


def _gradients(values: np.ndarray, layers: Sequence[Layer], slopes: Sequence[Layer]) -> None:
    """Write the gradient of half the squared error and of the penalty, for each cell on average, into `slopes`."""
    units = _activations(values, layers)
    error = units[-1] - values
    for number in range(len(layers) - 1, -1, -1):
        (weights, _), (slope, bias_slope) = layers[number], slopes[number]
        np.matmul(units[number].T, error, out=slope)
        slope += PENALTY * weights
        slope /= len(values)
        np.divide(error.sum(axis=0), len(values), out=bias_slope)
        if number:
            error = error @ weights.T
            error *= 1 - units[number] ** 2
