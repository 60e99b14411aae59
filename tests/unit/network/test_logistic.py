"""Small logistic regressions: at the optimum of their objective, by brute force and in closed form."""

import numpy as np
import pytest
from geohalo.network.logistic import fit_logistic
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

FREE = -np.inf


def objective(found, inputs, halo, weight, centre, precision):
    """Sum over cells, written out."""
    margin = np.where(halo, 1, -1) * (inputs @ found)
    return weight @ np.log1p(np.exp(-margin)) + 0.5 * precision @ (found - centre) ** 2


def problem(seed, cells=40, columns=3):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(cells, columns)) * rng.uniform(0.3, 3, columns)
    halo = rng.random(cells) < 1 / (1 + np.exp(-inputs @ rng.normal(size=columns)))
    return inputs, halo, rng.uniform(0, 1, cells), rng.normal(size=columns), rng.uniform(0.1, 3, columns)


@given(st.integers(0, 10_000), st.sampled_from([FREE, 0.0, 0.5]))
def test_no_step_from_the_optimum_is_downhill(seed, least):
    given_ = problem(seed)
    bounds = np.full(3, least)
    found = fit_logistic(*given_, bounds)
    assert (found >= least).all()
    best = objective(found, *given_)
    for step in (1e-3, 0.1):
        for direction in np.vstack([np.eye(3), -np.eye(3), np.random.default_rng(seed).normal(size=(20, 3))]):
            assert objective(np.maximum(found + step * direction, bounds), *given_) >= best - 1e-10


def test_a_grid_finds_no_better_place():
    inputs, halo, weight, centre, precision = problem(3, columns=2)
    found = fit_logistic(inputs, halo, weight, centre, precision, np.full(2, FREE))
    axis = np.linspace(-4, 4, 321)
    values = [
        [objective(np.array([a, b]), inputs, halo, weight, centre, precision) for b in axis] for a in axis
    ]
    row, column = np.unravel_index(np.argmin(values), (321, 321))
    assert found == pytest.approx([axis[row], axis[column]], abs=0.025)
    assert objective(found, inputs, halo, weight, centre, precision) <= np.min(values)


def test_without_a_centre_it_is_scikit_learns():
    """Ridge logistic regression with C = 1 / precision."""
    inputs, halo, weight, *_ = problem(5)
    expected = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=1000)
    expected.fit(inputs, halo, weight)
    found = fit_logistic(inputs, halo, weight, np.zeros(3), np.full(3, 2.0), np.full(3, FREE))
    assert found == pytest.approx(expected.coef_[0], rel=1e-5)


def test_a_bias_alone_is_the_log_odds():
    halo, weight = np.array([True, False, False]), np.array([3.0, 1.0, 0.5])
    found = fit_logistic(np.ones((3, 1)), halo, weight, np.zeros(1), np.zeros(1), np.full(1, FREE))
    assert found == pytest.approx([np.log(3 / 1.5)], rel=1e-6)


def test_an_endless_precision_keeps_the_centre_and_no_weight_too():
    inputs, halo, weight, centre, _ = problem(1)
    assert fit_logistic(inputs, halo, weight, centre, np.full(3, 1e9), np.full(3, FREE)) == pytest.approx(
        centre
    )
    nothing = fit_logistic(inputs, halo, 0 * weight, centre, np.ones(3), np.full(3, FREE))
    assert nothing == pytest.approx(centre)


def test_a_bound_holds_and_the_rest_is_refitted():
    """A slope that wants below its bound stays at it, and the bias is the best one for that slope."""
    x = np.array([-2.0, -1.0, 1.0, 2.0, 0.5])
    halo = np.array([True, True, False, False, True])
    inputs, weight = np.stack([x, np.ones(5)], axis=1), np.ones(5)
    prior = np.array([1.0, 0.0]), np.array([1.0, 1e-6])
    slope, bias = fit_logistic(inputs, halo, weight, *prior, np.array([0.05, FREE]))
    assert slope == 0.05
    biases = np.linspace(-3, 3, 60_001)
    values = [objective(np.array([0.05, b]), inputs, halo, weight, *prior) for b in biases]
    assert bias == pytest.approx(biases[np.argmin(values)], abs=2e-4)


def test_separable_cells_have_a_finite_fit():
    inputs = np.array([[-1.0], [1.0]]) * 1000
    found = fit_logistic(
        inputs, np.array([False, True]), np.ones(2), np.ones(1), np.ones(1), np.full(1, FREE)
    )
    assert found == pytest.approx([1.0], abs=1e-6)
