"""Precision from pairs: worked examples, closed forms, and a known error that comes back."""

import numpy as np
import pytest
from geohalo.quality.duplicates import (
    average_cv,
    exceeding_p,
    robust_rsd,
    thompson_howarth,
)
from geohalo.quality.robust import mean_and_sd, median_interval, sd_of_pairs
from geohalo.quality.variance import variances
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f_oneway

SEEDS = range(200)


def test_relative_standard_deviations_by_hand() -> None:
    # Means 10, 20, 5; differences 2, 2, 0: sd / mean = sqrt(2) * 2 / 20, sqrt(2) * 2 / 40, 0.
    first, second = np.array([11.0, 19, 5]), np.array([9.0, 21, 5])
    assert robust_rsd(first, second)[0] == pytest.approx(1.4826 * np.sqrt(2) * 2 / 40)
    cv, low, high = average_cv(first, second)
    assert cv == pytest.approx(np.sqrt((0.02 + 0.005 + 0) / 3))
    # chi2 with 3 degrees of freedom: 0.2158 and 9.3484.
    assert low == pytest.approx(np.sqrt(0.025 / 9.3484), rel=1e-4)
    assert high == pytest.approx(np.sqrt(0.025 / 0.2158), rel=1e-3)


def test_a_median_has_an_interval_from_six_values_on() -> None:
    assert np.isnan(median_interval(np.arange(5.0))).all()
    # 1 - 2 / 2^6 = 0.969 of intervals between the lowest and the highest of six hold the median.
    assert median_interval(np.arange(6.0)) == (0, 5)


def test_probability_of_exceeding_by_hand() -> None:
    # With a relative sd of 10 %, a tenth of the pairs has sqrt(2) d / (a + b) > 1.645 * 0.1: beside 10, above 12.63.
    first, second = np.full(8, 10.0), np.array([12.6, 12.6, 10, 10, 10, 12.7, 12.7, 12.7])
    # Three or more of eight: 1 - 0.9^8 - 8 * 0.1 * 0.9^7 - 28 * 0.01 * 0.9^6.
    assert exceeding_p(first, second, 0.1) == pytest.approx(0.03809, abs=1e-5)


def test_robust_mean_by_hand() -> None:
    # Symmetric, no value beyond 1.5 sd but the two outer ones, which are moved in step with the sd.
    mean, sd = mean_and_sd(np.array([1.0, 2, 3, 4, 5]))
    assert mean == pytest.approx(3)
    # At the fixed point the outer values are 3 -+ 1.5 s or as they are, and s = 1.134 sqrt(sum of squares / 4).
    outer = min(1.5 * sd, 2)
    assert sd == pytest.approx(1.134 * np.sqrt((2 + 2 * outer**2) / 4), rel=1e-6)
    assert mean_and_sd(np.array([7.0, 7, 7, 7, 12])) == pytest.approx((8, np.sqrt(5)))


def test_a_wild_value_moves_the_robust_mean_little() -> None:
    rng = np.random.default_rng(1)
    clean = rng.normal(100, 5, 40)
    wild = np.append(clean, 8000.0)
    assert mean_and_sd(wild)[0] == pytest.approx(mean_and_sd(clean)[0], abs=1)
    assert mean_and_sd(wild)[1] == pytest.approx(mean_and_sd(clean)[1], rel=0.15)


def test_robust_sds_are_right_on_average_for_normal_values() -> None:
    rng = np.random.default_rng(2)
    single = [mean_and_sd(rng.normal(0, 3, 50))[1] for _ in range(400)]
    assert np.mean(single) == pytest.approx(3, rel=0.02)
    pairs = [sd_of_pairs(rng.normal(0, 3 * np.sqrt(2), 50)) for _ in range(400)]
    assert np.mean(pairs) == pytest.approx(3, rel=0.02)


@given(st.floats(0.01, 100), st.integers(0, 1000))
def test_precision_does_not_hang_on_the_unit(factor, seed) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.lognormal(2, 0.5, (2, 60))
    assert robust_rsd(factor * first, factor * second) == pytest.approx(robust_rsd(first, second))
    assert average_cv(second, first) == pytest.approx(average_cv(first, second))
    line, scaled = thompson_howarth(first, second), thompson_howarth(factor * first, factor * second)
    assert scaled.slope == pytest.approx(line.slope, rel=1e-4, abs=1e-9)
    assert scaled.intercept == pytest.approx(factor * line.intercept, rel=1e-4, abs=1e-9 * factor)


def test_thompson_howarth_needs_fifty_pairs() -> None:
    first = np.linspace(1, 50, 49)
    assert thompson_howarth(first, 1.1 * first) is None
    # With differences that are exactly 10 % of the mean, the line goes through 0.
    first = np.linspace(1, 50, 55)
    line = thompson_howarth(first * 0.95, first * 1.05)
    assert len(line.sd) == 5
    assert line.intercept == pytest.approx(0, abs=1e-9)
    assert line.slope == pytest.approx(0.1 * 1.4826 / np.sqrt(2), rel=0.05)
    assert line.precision(20) == pytest.approx(200 * line.slope)


def test_thompson_howarth_finds_the_line_of_simulated_errors() -> None:
    """Estimates within two standard errors about as often as normal theory says, and no bias to speak of."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        true = rng.lognormal(3, 1, 220)
        first, second = (true + rng.normal(0, 0.5 + 0.05 * true) for _ in range(2))
        line = thompson_howarth(first, second)
        found.append((line.intercept, line.slope, line.intercept_error, line.slope_error))
    intercept, slope, intercept_error, slope_error = np.array(found).T
    assert np.mean(intercept) == pytest.approx(0.5, rel=0.08)
    assert np.mean(slope) == pytest.approx(0.05, rel=0.08)
    assert np.mean(np.abs(intercept - 0.5) < 2 * intercept_error) > 0.9
    assert np.mean(np.abs(slope - 0.05) < 2 * slope_error) > 0.9


def test_intervals_of_precision_hold_the_truth() -> None:
    robust, classical = [], []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        true = rng.lognormal(3, 1, 30)
        first, second = (true * np.exp(rng.normal(0, 0.08, 30)) for _ in range(2))
        robust.append(robust_rsd(first, second)[1] < 0.08 < robust_rsd(first, second)[2])
        classical.append(average_cv(first, second)[1] < 0.08 < average_cv(first, second)[2])
    assert np.mean(robust) >= 0.92
    assert 0.91 <= np.mean(classical) <= 0.99


def test_the_test_of_a_limit_keeps_its_level() -> None:
    p = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        true = rng.lognormal(3, 1, 30)
        first, second = (true * np.exp(rng.normal(0, 0.1, 30)) for _ in range(2))
        p.append(exceeding_p(first, second, 0.1))
    assert np.mean(np.array(p) < 0.05) <= 0.08


def test_variances_by_hand() -> None:
    # Logs of the places: (0, 2) and (4, 4) and (8, 6); means 1, 4, 7; within: 2, 0, 2 over 3 places.
    logs = np.array([[0.0, 4, 8], [2, 4, 6]])
    parted = variances(*np.exp(logs))
    within, between = (4 + 4) / 2 / 3, 2 * 9.0
    assert parted.f == pytest.approx(between / within)
    assert parted.share == pytest.approx(within / (within + (between - within) / 2))
    test = f_oneway(*logs.T)
    assert parted.f == pytest.approx(test.statistic)
    assert parted.p == pytest.approx(test.pvalue)


@given(st.integers(0, 10_000), st.integers(3, 40))
def test_f_is_that_of_one_way_analysis_of_variance(seed, pairs) -> None:
    logs = np.random.default_rng(seed).normal(size=(2, pairs))
    parted, test = variances(*np.exp(logs)), f_oneway(*logs.T)
    assert parted.f == pytest.approx(test.statistic)
    assert parted.p == pytest.approx(test.pvalue)
    assert parted.low <= parted.share <= parted.high


def test_variances_find_the_share_of_noise() -> None:
    """The classical interval holds the true share in 95 of 100 surveys; a few blunders do not move the robust one."""
    held, robust, blundered = [], [], []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        place = rng.normal(3, 0.4, 60)
        logs = place + rng.normal(0, 0.2, (2, 60))
        parted = variances(*np.exp(logs))
        held.append(parted.low <= 0.2 <= parted.high)
        robust.append(parted.robust_share)
        logs[0, :3] += 4
        blundered.append(variances(*np.exp(logs)))
    assert 0.91 <= np.mean(held) <= 0.99
    assert np.mean(robust) == pytest.approx(0.2, abs=0.015)
    assert np.mean([one.robust_share for one in blundered]) == pytest.approx(0.22, abs=0.03)
    assert np.mean([one.share for one in blundered]) > 0.5


def test_the_test_of_the_share_keeps_its_level() -> None:
    p = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        logs = rng.normal(3, 0.4, 30) + rng.normal(0, 0.2, (2, 30))
        p.append(variances(*np.exp(logs)).exceeding_p(0.2))
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_pairs_that_are_all_alike_have_no_variance_ratio() -> None:
    same = np.array([1.0, 2, 3])
    assert variances(same, same) is None
    assert variances(same[:2], 2 * same[:2]) is None
