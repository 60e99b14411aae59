"""The auto-encoder: the weights and the output of scikit-learn's network."""

import warnings

import numpy as np
import pytest
from geohalo.evidence.autoencoder import passed_through, trained_layers
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor


@pytest.mark.parametrize(("cells", "batch"), [(600, 200), (530, 64), (90, 90)])
def test_weights_are_the_librarys(cells, batch):
    """Six epochs, the last step of each with fewer cells: float32 rounding alone tells them apart."""
    generator = np.random.default_rng(0)
    sample = (generator.normal(size=(cells, 3)) @ generator.normal(size=(3, 10))).astype(np.float32)
    network = MLPRegressor(
        hidden_layer_sizes=(5, 2, 5),
        activation="tanh",
        batch_size=batch,
        max_iter=6,
        n_iter_no_change=6,
        random_state=4,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(sample, sample)
    layers = trained_layers(sample, (5, 2, 5), 6, batch, 4)
    for (weights, biases), known, known_biases in zip(
        layers, network.coefs_, network.intercepts_, strict=True
    ):
        assert weights.dtype == biases.dtype == np.float32
        np.testing.assert_allclose(weights, known, atol=1e-5)
        np.testing.assert_allclose(biases, known_biases, atol=1e-5)
    np.testing.assert_allclose(passed_through(sample, layers), network.predict(sample), atol=1e-4)


def test_training_begins_with_another_state_elsewhere():
    sample = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    first, again, other = (trained_layers(sample, (2, 1, 2), 2, 50, state) for state in (0, 0, 1))
    for (one, _), (same, _), (unlike, _) in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != unlike).all()
