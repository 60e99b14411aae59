"""Components that vary: which are kept, and what they are."""

import numpy as np
from geohalo.evidence.components import varying_components


def test_components_with_a_hundredth_of_the_variance_are_left_out():
    """Variances 8/3, 2/3 and 2/300 of three uncorrelated columns; the average is 1.11."""
    cube = np.array([[2.0, 1, 0.1], [2, -1, -0.1], [-2, 1, -0.1], [-2, -1, 0.1]]) + 5
    mean, directions = varying_components(cube)
    np.testing.assert_allclose(mean, [5, 5, 5])
    np.testing.assert_allclose(np.abs(directions), [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    cube[:, 2] = 5 + 2 * (cube[:, 2] - 5)
    assert len(varying_components(cube)[1]) == 3


def test_closed_data_lose_one_component():
    logarithm = np.random.default_rng(0).normal(size=(500, 6)) * np.arange(1, 7)
    cube = logarithm - logarithm.mean(axis=1, keepdims=True)
    cube /= cube.std(axis=0)
    for values in (cube, cube.astype(np.float32), np.clip(cube, -3, 3)):
        _, directions = varying_components(values)
        assert directions.shape == (5, 6)
        np.testing.assert_allclose(directions @ directions.T, np.eye(5), atol=1e-5)


def test_nothing_varies():
    assert varying_components(np.ones((9, 4)))[1].shape == (0, 4)
