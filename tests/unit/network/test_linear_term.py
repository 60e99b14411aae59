"""The elements that a member keeps and its linear term: worked examples, and the optimum of what it states."""

import numpy as np
import pytest
from geohalo.network.linear_term import LEAST_SLOPE, SLOPE, fit_linear_term
from geohalo.pathfinders import group_consistency, strongest


def drawn(seed=0, groups=4, size=5, background=30, elements=7, strength=1.0):
    """Halo cells of some groups that have more of element 2 and less of element 5, then background."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(groups * size + background, elements))
    label = np.repeat([1, 0], [groups * size, background])
    group = np.concatenate([np.repeat(np.arange(groups), size), np.full(background, -1)])
    values[label == 1, 2] += strength
    values[label == 1, 5] -= strength
    return values, label, group


def stated(slope, bias, total, label, group):
    """Objective as the docstring states it: classes weigh alike, in halo groups do, all together as many as groups."""
    names = np.unique(group[label == 1])
    risk = 0.0
    for name in names:
        mine = (label == 1) & (group == name)
        risk += 0.5 * np.log1p(np.exp(-(slope * total[mine] + bias))).mean()
    risk += 0.5 * len(names) * np.log1p(np.exp(slope * total[label == 0] + bias)).mean()
    return risk + 0.5 * (slope - SLOPE) ** 2 + 0.5e-6 * bias**2


@pytest.mark.parametrize("most", [0, 1, 3, 7, 50])
def test_kept_are_the_most_consistent_elements(most):
    values, label, group = drawn()
    fit = fit_linear_term(values, label, group, most)
    consistency = group_consistency(values, label, group)
    np.testing.assert_array_equal(fit.consistency, consistency)
    expected = strongest(consistency, most or 7)
    assert np.flatnonzero(fit.kept).tolist() == sorted(expected)
    assert fit.kept.sum() == (min(most, 7) or 7)
    # Weights are in proportion to the consistency of what is kept, and 0 for the rest.
    np.testing.assert_array_equal(fit.weight != 0, fit.kept)
    ratio = fit.weight[fit.kept] / consistency[fit.kept]
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]))
    assert ratio[0] > 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("strength", [0.0, 1.0, 4.0])
def test_slope_and_bias_are_the_optimum_that_is_stated(seed, strength):
    values, label, group = drawn(seed, groups=2 + seed, strength=strength)
    fit = fit_linear_term(values, label, group, 2)
    total = values @ np.where(fit.kept, fit.consistency, 0)
    spread = total[label == 0].std()
    slope = fit.weight[fit.kept][0] / fit.consistency[fit.kept][0] * spread
    feature = total / spread
    best = stated(slope, fit.bias, feature, label, group)
    for step in (1e-3, 0.05, 0.5):
        for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            other = max(LEAST_SLOPE, slope + step * a)
            assert stated(other, fit.bias + step * b, feature, label, group) >= best - 1e-9


def test_a_worked_example():
    """One group of one cell at 2 and background at -1 and 1: slope and bias by a grid over both."""
    values, label, group = np.array([[2.0], [1.0], [-1.0]]), np.array([1, 0, 0]), np.array([3, -1, -1])
    fit = fit_linear_term(values, label, group, 1)
    # Alone, the group differs by 2 from a background with deviation 1, to which the median, 1, is added.
    assert fit.consistency == pytest.approx([1.0])
    slopes, biases = np.linspace(0.5, 2, 301), np.linspace(-2, 1, 601)
    grid = [[stated(a, b, values[:, 0], label, group) for b in biases] for a in slopes]
    row, column = np.unravel_index(np.argmin(grid), np.shape(grid))
    assert fit.weight == pytest.approx([slopes[row]], abs=0.006)
    assert fit.bias == pytest.approx(biases[column], abs=0.006)


def test_cells_of_a_group_share_its_weight():
    """A group whose cells are told twice says no more."""
    values, label, group = drawn()
    once = fit_linear_term(values, label, group, 3)
    twice = np.flatnonzero(group == 1)
    more = (np.concatenate([part, part[twice]]) for part in (values, label, group))
    again = fit_linear_term(*more, 3)
    assert again.weight == pytest.approx(once.weight, rel=1e-5)
    assert again.bias == pytest.approx(once.bias, abs=1e-6)


def test_more_groups_say_more():
    """The same cells with as many groups as cells: farther from the slope before anything was seen."""
    values, label, group = drawn(strength=3.0, groups=10)
    few = fit_linear_term(values[:, [2]], label, group, 1)
    many = fit_linear_term(values[:, [2]], label, np.where(label == 1, np.arange(len(label)), -1), 1)
    spread = values[label == 0, 2].std()
    assert abs(many.weight[0] * spread - SLOPE) > abs(few.weight[0] * spread - SLOPE) > 0.01


def test_scale_and_sign_of_an_element_do_not_matter():
    values, label, group = drawn()
    factors = np.array([1, 2, -3, 10, 1, -1, 0.1])
    plain, scaled = (fit_linear_term(v, label, group, 7) for v in (values, values * np.abs(factors[2])))
    assert scaled.weight * 3 == pytest.approx(plain.weight, rel=1e-4)
    turned = fit_linear_term(values * np.sign(factors), label, group, 7)
    assert turned.weight * np.sign(factors) == pytest.approx(plain.weight, rel=1e-4)


def test_sought_elements_are_kept_unless_the_groups_say_otherwise():
    values, label, group = drawn(strength=0.0)
    assert fit_linear_term(values, label, group, 1, sought=[4]).kept.tolist() == [k == 4 for k in range(7)]
    values[label == 1, 1] += 30 + np.random.default_rng(0).normal(size=(label == 1).sum())
    assert fit_linear_term(values, label, group, 1, sought=[4]).kept.tolist() == [k == 1 for k in range(7)]


def test_one_group_and_an_element_that_does_not_vary():
    values, label, _ = drawn()
    values[:, 3] = 2.0
    fit = fit_linear_term(values, label, np.where(label == 1, 0, -1), 2)
    assert np.isfinite(fit.weight).all()
    assert np.isfinite(fit.bias)
    assert not fit.kept[3]
    nothing = fit_linear_term(np.ones((6, 2)), np.array([1, 1, 0, 0, 0, 0]), np.zeros(6, int), 2)
    assert (nothing.weight == 0).all()
    assert nothing.bias == pytest.approx(0, abs=1e-6)  # classes weigh alike


def test_a_class_without_cells_is_an_error():
    with pytest.raises(ValueError, match="halo cells and background"):
        fit_linear_term(np.ones((2, 2)), np.array([0, 0]), np.array([-1, -1]), 1)


@pytest.mark.parametrize("most", [0, 1, 2, 4])
def test_elements_and_covariates_are_kept_apart(most):
    """The last three of seven columns are covariates: as many of them are kept as of the elements."""
    values, label, group = drawn()
    fit = fit_linear_term(values, label, group, most, n_covariates=3)
    consistency = group_consistency(values, label, group)
    np.testing.assert_array_equal(fit.consistency, consistency)
    expected = [*strongest(consistency[:4], most or 4), *(4 + strongest(consistency[4:], most or 3))]
    assert np.flatnonzero(fit.kept).tolist() == sorted(expected)
    if most == 0:
        np.testing.assert_array_equal(fit.weight, fit_linear_term(values, label, group, 0).weight)


def test_a_survey_of_covariates_alone_has_a_linear_term():
    values, label, group = drawn()
    both = fit_linear_term(values, label, group, 2, n_covariates=7)
    elements = fit_linear_term(values, label, group, 2)
    np.testing.assert_array_equal(both.kept, elements.kept)
    np.testing.assert_array_equal(both.weight, elements.weight)
    assert both.bias == elements.bias
