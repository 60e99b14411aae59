"""Levels of batches by robust adjustment of a network."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from geohalo.quality.batches import adjust, batch_codes, networks
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array


def _design(first, second, n_batches):
    """Differences first - second of batches."""
    design = np.zeros((len(first), n_batches))
    design[np.arange(len(first)), first] += 1
    design[np.arange(len(first)), second] -= 1
    return csr_array(design)


def _pairs(rng, n_batches, n):
    first = rng.integers(n_batches, size=n)
    return first, (first + rng.integers(1, n_batches, size=n)) % n_batches


def test_batch_codes_follow_names_and_know_rows_without_a_batch():
    codes, names = batch_codes(pd.Series(["b ", "a", "", None, "b"]))
    assert names == ["a", "b"]
    assert codes.tolist() == [1, 0, -1, -1, 1]


def test_networks_are_numbered_by_size_and_lone_batches_apart():
    precision = np.zeros((6, 6))
    for one, other in [(0, 5), (1, 2), (2, 4)]:
        precision[[one, other], [other, one]] = -1
    assert networks(precision).tolist() == [1, 0, 0, -1, 0, 1]


@given(st.integers(0, 1000))
def test_adjustment_without_noise_is_exact(seed):
    rng = np.random.default_rng(seed)
    true = rng.normal(size=4)
    first, second = _pairs(rng, 4, 60)
    first[:4], second[:4] = [0, 1, 2, 3], [1, 2, 3, 0]
    levels = adjust(_design(first, second, 4), true[first] - true[second], np.zeros(4, int))
    np.testing.assert_allclose(levels.level, true - true.mean(), atol=1e-9)


def test_adjustment_agrees_with_the_m_estimator_of_statsmodels():
    rng = np.random.default_rng(3)
    first, second = _pairs(rng, 3, 200)
    noise = rng.standard_t(3, size=200)
    design = _design(first, second, 3)
    values = design @ np.array([0.0, 0.5, -0.5]) + noise
    levels = adjust(design, values, np.zeros(3, int))
    # The first batch as the level of the others.
    model = sm.RLM(values, design.toarray()[:, 1:], M=sm.robust.norms.HuberT())
    fit = model.fit(scale_est="mad", tol=1e-10, maxiter=200)
    np.testing.assert_allclose(levels.level[1:] - levels.level[0], fit.params, rtol=1e-4)
    errors = np.sqrt(np.diag(np.linalg.inv(levels.precision[1:, 1:])))
    np.testing.assert_allclose(errors, fit.bse, rtol=0.02)


def test_outliers_do_not_move_levels():
    rng = np.random.default_rng(5)
    first, second = np.zeros(100, int), np.ones(100, int)
    values = 0.5 + 0.05 * rng.normal(size=100)
    values[:10] = 20
    levels = adjust(_design(first, second, 2), values, np.zeros(2, int))
    assert levels.level[0] - levels.level[1] == pytest.approx(0.5, abs=0.03)


def test_too_few_comparisons_say_nothing():
    levels = adjust(_design([0], [1], 2), np.array([1.0]), np.array([1, 1]))
    assert np.isnan(levels.level).all()
    assert (levels.network == -1).all()
    assert not levels.precision.any()
