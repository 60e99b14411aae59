"""A batch that differs as rocks do is no batch that a laboratory has shifted."""

import numpy as np
import pytest
from geohalo.multiple_tests import simes
from geohalo.quality.batches import unknown_levels
from geohalo.quality.ground import correlation_of_differences, unlike_the_ground

ROCKS, ELEMENTS = 2, 20


def _loadings(seed=0):
    return np.random.default_rng(seed).normal(size=(ELEMENTS, ROCKS)) * 2


def _correlation():
    covariance = _loadings() @ _loadings().T + np.eye(ELEMENTS)
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale), scale


def test_a_change_of_rock_is_the_ground_and_a_few_elements_are_not():
    correlation, scale = _correlation()
    rock = 8.0 * _loadings()[:, 0] / scale
    laboratory = np.zeros(ELEMENTS)
    laboratory[[3, 8]] = 6.0
    p = unlike_the_ground(np.column_stack([rock, laboratory, rock + laboratory]), correlation, np.full(3, 25))
    assert np.abs(rock).max() > 6
    assert p[0] > 0.3
    assert (p[1:] < 1e-3).all()


def test_few_stretches_of_border_say_less():
    correlation, _ = _correlation()
    shift = np.zeros((ELEMENTS, 2))
    shift[3] = 6.0
    p = unlike_the_ground(shift, correlation, np.array([25, 4]))
    assert p[0] < 0.001 < p[1]


def test_noise_has_the_p_values_of_noise():
    correlation, _ = _correlation()
    root = np.linalg.cholesky(correlation)
    noise = root @ np.random.default_rng(1).normal(size=(ELEMENTS, 400))
    p = unlike_the_ground(noise, correlation, np.full(400, 10**6))
    # Simes's test holds its level; 5 % of 400 are 20, with a standard deviation of 4.
    assert 4 <= (p < 0.05).sum() <= 33


def test_too_few_elements_are_not_judged():
    correlation, _ = _correlation()
    shift = np.full((ELEMENTS, 1), np.nan)
    shift[:8] = 5.0
    assert np.isnan(unlike_the_ground(shift, correlation, np.array([25]))).all()


def test_correlation_of_what_levels_leave():
    root = np.linalg.cholesky(_correlation()[0])
    rest = root @ np.random.default_rng(2).normal(size=(ELEMENTS, 3000))
    levels = []
    for one in rest:
        some = np.concatenate([one, [np.nan] * 10])
        levels.append(unknown_levels(2, np.zeros(2, int)).__class__(*_with_rest(some)))
    found = correlation_of_differences(levels)
    assert found is not None
    np.testing.assert_allclose(found, _correlation()[0], atol=0.1)
    assert correlation_of_differences(levels[:5]) is None


def _with_rest(rest):
    levels = unknown_levels(2, np.zeros(2, int))
    return (
        *(getattr(levels, name) for name in list(levels.__dataclass_fields__)[:5]),
        rest,
        levels.stretches,
    )


def test_simes_worked_by_hand():
    # m p / k: 3 * 0.01 / 1 = 0.03, 3 * 0.015 / 2 = 0.0225, 3 * 0.9 / 3 = 0.9.
    assert simes(np.array([0.9, 0.01, np.nan, 0.015])) == pytest.approx(0.0225)
    assert np.isnan(simes(np.array([np.nan])))
