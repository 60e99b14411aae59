"""Intervals and grouped AUCs against closed forms and scikit-learn."""

import numpy as np
import pytest
from geohalo.evidence import statistics
from sklearn.metrics import average_precision_score, roc_auc_score


def test_groups_of_one_give_the_normal_interval_of_the_mean():
    values = np.random.default_rng(1).normal(3, 2, 400)
    low, high = statistics.bootstrap_interval(values, np.arange(400), 20_000, seed=0)
    half = 1.96 * values.std() / np.sqrt(400)
    # 20 000 draws fix a quantile to about 2 % of the half width; the normal limit adds about as much.
    assert low == pytest.approx(values.mean() - half, abs=0.06 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.06 * half)


def test_level_widens_the_interval_by_the_normal_quantiles():
    values = np.random.default_rng(2).normal(size=400)
    narrow = np.diff(statistics.bootstrap_interval(values, np.arange(400), 20_000, 0, level=0.6827))
    wide = np.diff(statistics.bootstrap_interval(values, np.arange(400), 20_000, 0, level=0.9545))
    assert wide / narrow == pytest.approx(2, rel=0.05)


def test_identical_members_count_as_one_group():
    """Five copies of each value in one group tell no more than the value: the interval does not shrink."""
    values = np.random.default_rng(3).normal(size=30)
    single = statistics.bootstrap_interval(values, np.arange(30), 1000, seed=4)
    copies = statistics.bootstrap_interval(np.repeat(values, 5), np.repeat(np.arange(30), 5), 1000, seed=4)
    assert copies == pytest.approx(single)


def test_one_group_has_no_interval():
    assert np.isnan(statistics.bootstrap_interval(np.array([0.2, 0.9]), np.array([4, 4]), 100, 0)).all()


def test_two_groups_reach_from_one_mean_to_the_other():
    low, high = statistics.bootstrap_interval(np.array([0.0, 0.2, 1.0]), np.array([7, 7, 3]), 2000, 0)
    assert (low, high) == pytest.approx((0.1, 1.0))  # each group alone comes up in a quarter of the draws


def test_resampled_groups_are_as_many_as_given_and_repeatable():
    counts = statistics.resample_groups(7, 500, seed=1)
    assert counts.shape == (500, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.15)  # 3 standard errors of sqrt(6/7/500)
    assert (counts == statistics.resample_groups(7, 500, seed=1)).all()


def test_undefined_draws_are_left_out_of_the_interval():
    draws = np.append(np.linspace(0, 1, 101), np.nan)
    assert statistics.percentile_interval(draws) == pytest.approx((0.025, 0.975))
    assert np.isnan(statistics.percentile_interval(np.array([np.nan]))).all()


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_auc_draws_equal_scikit_learn_with_weights(ratio):
    """Rounded scores force ties within and between the classes."""
    generator = np.random.default_rng(5)
    positives = generator.normal(0.7, 1, 60).round(1)
    background = generator.normal(0, 1, 90).round(1)
    groups = generator.integers(0, 4, 60)
    weights = np.array([[1, 1, 1, 1], [0, 2, 1, 1], [4, 0, 0, 0]])
    label = np.repeat([1, 0], [60, 90])
    score = np.concatenate([positives, background])
    roc = statistics.roc_auc_draws(positives, groups, background, weights)
    precision = statistics.pr_auc_draws(positives, groups, background, weights, ratio)
    for row, weight in enumerate(weights):
        drawn = weight[groups]
        sample_weight = np.concatenate([drawn, np.full(90, ratio * drawn.sum() / 90)])
        assert roc[row] == pytest.approx(roc_auc_score(label, score, sample_weight=sample_weight))
        assert precision[row] == pytest.approx(
            average_precision_score(label, score, sample_weight=sample_weight)
        )


def test_auc_is_undefined_in_a_draw_without_a_positive():
    weights = np.array([[0, 2], [1, 1]])
    score, group, background = np.array([0.9, 0.4]), np.array([0, 0]), np.array([0.5])
    roc = statistics.roc_auc_draws(score, group, background, weights)
    precision = statistics.pr_auc_draws(score, group, background, weights)
    assert np.isnan(roc[0])
    assert np.isnan(precision[0])
    assert roc[1] == 0.5
    # Recall 1/2 at precision 1, then recall 1 at precision 2 / (2 + 2): the one background cell weighs 2.
    assert precision[1] == pytest.approx(0.5 * 1 + 0.5 * 0.5)
