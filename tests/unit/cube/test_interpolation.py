"""Inverse-distance weighting against numbers worked by hand and against brute force."""

import numpy as np
import pytest
from geohalo.cube.interpolation import cross_validated_error, idw_weights, interpolate, missing_patterns
from hypothesis import given
from hypothesis import strategies as st


def test_weights_by_hand():
    """Distances 1, 2 and 4 with power 2 weigh 1, 1/4 and 1/16, that is 16, 4 and 1 of 21."""
    points = np.array([[1.0, 0.0], [0.0, 2.0], [-4.0, 0.0]])
    weights = idw_weights(points, np.zeros((1, 2)), neighbours=3, power=2).toarray()
    np.testing.assert_allclose(weights, [[16 / 21, 4 / 21, 1 / 21]], rtol=1e-12)


def test_only_the_nearest_count():
    points = np.array([[1.0, 0.0], [0.0, 2.0], [-4.0, 0.0]])
    weights = idw_weights(points, np.zeros((1, 2)), neighbours=2, power=1).toarray()
    np.testing.assert_allclose(weights, [[2 / 3, 1 / 3, 0]], rtol=1e-12)


def test_exact_at_the_samples():
    rng = np.random.default_rng(1)
    points, values = rng.uniform(0, 100, (40, 2)), rng.normal(size=(40, 3))
    np.testing.assert_array_equal(interpolate(points, values, points, neighbours=8), values)


@given(st.integers(1, 12), st.floats(0.5, 6), st.integers(0, 1000))
def test_between_least_and_greatest(neighbours, power, seed):
    """Weights are positive and sum to 1, so that no value leaves the range of the samples and a constant stays one."""
    rng = np.random.default_rng(seed)
    points, values = rng.uniform(0, 1e6, (20, 2)), rng.normal(size=(20, 1))
    targets = rng.uniform(-1e5, 1.1e6, (30, 2))
    weights = idw_weights(points, targets, neighbours, power)
    assert (weights.data >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    result = interpolate(points, values, targets, neighbours, power)
    assert values.min() - 1e-9 <= result.min()
    assert result.max() <= values.max() + 1e-9


def test_missing_values_are_left_out_element_by_element():
    """Each element equals its own interpolation from the samples that have it."""
    rng = np.random.default_rng(2)
    points, values = rng.uniform(0, 10, (50, 2)), rng.normal(size=(50, 6))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, 4] = values[:, 1]
    targets = rng.uniform(0, 10, (25, 2))
    together = interpolate(points, values, targets, neighbours=5)
    for k in range(6):
        there = ~np.isnan(values[:, k])
        alone = interpolate(points[there], values[there, k : k + 1], targets, neighbours=5)
        np.testing.assert_allclose(together[:, [k]], alone, rtol=1e-12)


def test_patterns_share_a_search():
    values = np.array([[1, np.nan, 3, np.nan], [1, 2, 3, 4]])
    groups = sorted(elements.tolist() for _, elements in missing_patterns(values))
    assert groups == [[0, 2], [1, 3]]


def test_against_brute_force():
    rng = np.random.default_rng(3)
    points, values, targets = rng.uniform(0, 1, (30, 2)), rng.normal(size=(30, 2)), rng.uniform(0, 1, (20, 2))
    expected = np.empty((20, 2))
    for j, target in enumerate(targets):
        distance = np.hypot(*(points - target).T)
        near = np.argsort(distance)[:7]
        weight = 1 / distance[near] ** 2.5
        expected[j] = (weight[:, None] * values[near]).sum(0) / weight.sum()
    np.testing.assert_allclose(interpolate(points, values, targets, 7, 2.5), expected, rtol=1e-10)


def test_chunks_do_not_show(monkeypatch):
    rng = np.random.default_rng(4)
    points, values, targets = rng.uniform(0, 1, (30, 2)), rng.normal(size=(30, 2)), rng.uniform(0, 1, (57, 2))
    whole = interpolate(points, values, targets)
    monkeypatch.setattr("geohalo.cube.interpolation.CHUNK", 10)
    np.testing.assert_array_equal(interpolate(points, values, targets), whole)


def test_error_of_noise_and_of_a_smooth_field():
    """White noise cannot be predicted from other blocks; a plane almost can."""
    rng = np.random.default_rng(5)
    points = rng.uniform(0, 100, (2000, 2))
    noise, plane = rng.normal(size=2000), points @ [0.03, 0.02]
    error, explained = cross_validated_error(points, np.column_stack([noise, plane]), block=5)
    # Noise predicted by an average of about 12 others: variance 1 + 1/12 or a little more, explained below 0.
    assert error[0] == pytest.approx(1.06, abs=0.06)
    assert explained[0] < 0.02
    assert explained[1] > 0.98


def test_error_needs_two_blocks():
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    error, explained = cross_validated_error(points, np.ones((2, 1)), block=100)
    assert np.isnan(error).all()
    assert np.isnan(explained).all()
