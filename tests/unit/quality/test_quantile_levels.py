"""Levels of batches from quantiles."""

import numpy as np
import pytest
from geohalo.quality.quantile_levels import SHARES, quantile_levels


def _batches(shift, n=200, seed=0):
    rng = np.random.default_rng(seed)
    one = rng.normal(size=n)
    return np.concatenate([one, one + shift]), np.repeat([0, 1], n)


def test_a_shift_of_all_values_is_the_difference_of_the_levels():
    values, codes = _batches(0.5)
    levels = quantile_levels(values, np.zeros(400, dtype=bool), codes, 2)
    # Both are compared with all samples, and their quantiles differ by the shift.
    assert levels.level[1] - levels.level[0] == pytest.approx(0.5, abs=1e-9)
    assert levels.compared.tolist() == [9, 9]


def test_a_reference_batch_is_what_others_are_compared_with():
    values, codes = _batches(0.5)
    levels = quantile_levels(values, np.zeros(400, dtype=bool), codes, 2, reference=0)
    assert levels.level[1] == pytest.approx(0.5, abs=1e-9)
    assert levels.network.tolist() == [-1, 0]


def test_anomalies_in_the_tail_do_not_move_a_level():
    values, codes = _batches(0.0)
    plain = quantile_levels(values, np.zeros(400, dtype=bool), codes, 2, reference=0).level[1]
    top = values[codes == 1].argsort()[-15:] + 200
    values[top] += 10
    assert quantile_levels(values, np.zeros(400, dtype=bool), codes, 2, reference=0).level[1] == plain


def test_quantiles_below_the_detection_limit_are_left_out():
    values, codes = _batches(0.5)
    limit = np.quantile(values, 0.35)
    censored = values < limit
    found = quantile_levels(np.where(censored, limit - 0.7, values), censored, codes, 2, reference=0)
    share = censored[codes == 0].mean()
    assert found.compared[1] == (share < SHARES).sum() < 9
    assert found.level[1] == pytest.approx(0.5, abs=1e-9)


def test_few_values_say_nothing():
    values, codes = np.arange(60.0), np.repeat([0, 1], [50, 10])
    levels = quantile_levels(values, np.zeros(60, dtype=bool), codes, 2)
    assert np.isnan(levels.level).tolist() == [False, True]
    assert levels.network.tolist() == [0, -1]


def test_the_standard_error_is_that_of_a_mean_of_quantiles():
    # By far more draws of the same statistic.
    values, codes = _batches(0.0, n=100, seed=3)
    levels = quantile_levels(values, np.zeros(200, dtype=bool), codes, 2)
    drawn = np.random.default_rng(9).choice(values[:100], (20_000, 100))
    expected = np.quantile(drawn, SHARES, axis=1).mean(axis=0).std()
    assert levels.precision[0, 0] ** -0.5 == pytest.approx(expected, rel=0.2)
