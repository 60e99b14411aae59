"""Moments of blocks against those of all cells."""

import numpy as np
import pytest
from geohalo.cube.moments import Moments
from hypothesis import given
from hypothesis import strategies as st


def merged(values, cuts, products=False):
    first, *rest = np.split(values, sorted(cuts))
    found = Moments.of(first, products)
    for block in rest:
        found = found + Moments.of(block, products)
    return found


def test_by_hand():
    """(1, 3) and (5,) have mean 3 and squared deviations 4 + 0 + 4."""
    found = Moments.of(np.array([[1.0], [3.0]])) + Moments.of(np.array([[5.0]]))
    assert (found.count, found.mean, found.squares, found.largest) == (3, 3, 8, 5)


@given(st.sets(st.integers(1, 39), max_size=6), st.integers(0, 5))
def test_blocks_do_not_matter(cuts, seed):
    values = np.random.default_rng(seed).normal([5, -1e3, 0], [1, 20, 0], (40, 3))
    found = merged(values, cuts)
    assert found.count == 40
    np.testing.assert_allclose(found.mean, values.mean(axis=0), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(found.squares / 40, values.var(axis=0), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(found.largest, np.abs(values).max(axis=0))
    covariance = merged(values, cuts, products=True).squares / 40
    np.testing.assert_allclose(covariance, np.cov(values.T, bias=True), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(covariance, covariance.T)


def test_a_large_mean_hides_no_variance():
    """Sums of squares would lose a variance of 1 beside a mean of 1e9; deviations do not."""
    values = 1e9 + np.random.default_rng(0).normal(size=(3000, 1))
    found = merged(values, [1000, 1001, 2500])
    assert found.squares[0] / 3000 == pytest.approx(np.var(values - 1e9), rel=1e-6)
