"""Pooling over surveys: a published meta-analysis, examples by hand, and what must not look certain."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.pooling import POOLED, bench_tables, floored, pool, survey_moments
from scipy.stats import t as student

#: Thirteen trials of the BCG vaccine: cases and others, vaccinated and not (Colditz and others 1994).
TRIALS = np.array(
    [
        [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
        [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232],
        [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825],
    ],
    dtype=float,
)  # fmt: skip


def trials():
    """Return log risk ratios and their variances."""
    a, b, c, d = TRIALS.T
    return np.log((a / (a + b)) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def table(survey, split, values, groups):
    """Return deposit ranks in which every measure of a method has the same values."""
    about = {"survey": survey, "split": split, "deposit": range(len(groups)), "group": groups}
    parts = [
        pd.DataFrame(about).assign(variant=name, **dict.fromkeys(POOLED, np.asarray(numbers, dtype=float)))
        for name, numbers in values.items()
    ]
    return pd.concat(parts)


def test_bcg_trials_as_published():
    """Paule-Mandel estimates of the R package metafor (Viechtbauer 2010, doi:10.18637/jss.v036.i03)."""
    effects, variances = trials()
    estimate, low, high, tau = pool(effects, variances)
    assert estimate == pytest.approx(-0.7150, abs=5e-5)
    assert tau**2 == pytest.approx(0.3181, abs=5e-5)
    # By definition: the weighted squares of the effects add up to what is expected, one less than there are trials.
    weights = 1 / (variances + tau**2)
    squares = weights @ (effects - estimate) ** 2
    assert squares == pytest.approx(12, abs=1e-4)
    # So the scale of Hartung and Knapp is 1, and the interval that of the weights with Student's t.
    reach = student.ppf(0.975, 12) / np.sqrt(weights.sum())
    assert (low, high) == pytest.approx((estimate - reach, estimate + reach), abs=1e-5)


def test_two_surveys_by_hand():
    """Effects 0 and 0.2, variance 0.02 of which 0.005 are errors: tau^2 = 0.015, standard error sqrt(0.02 / 2)."""
    estimate, low, high, tau = pool(np.array([0.0, 0.2]), np.array([0.005, 0.005]))
    assert (estimate, tau) == pytest.approx((0.1, np.sqrt(0.015)), abs=1e-5)
    assert (low, high) == pytest.approx((0.1 - 1.27062, 0.1 + 1.27062), abs=1e-4)


def test_unequal_errors_without_spread_between_surveys_weigh_by_them():
    """Weights 1 / 0.01 and 1 / 0.04: (4 x 0.1 + 0.2) / 5. Squares are 0.2, and 1 is expected: no tau, and the interval
    stays that of the errors, t(1) / sqrt(125), in place of a narrower one.
    """
    estimate, low, high, tau = pool(np.array([0.1, 0.2]), np.array([0.01, 0.04]))
    assert (estimate, tau) == pytest.approx((0.12, 0.0))
    assert (high - low) / 2 == pytest.approx(12.7062 / np.sqrt(125), abs=1e-4)


def test_surveys_of_equal_errors_give_the_plain_mean():
    generator = np.random.default_rng(0)
    for _ in range(20):
        effects = generator.normal(size=5)
        estimate, low, high, _ = pool(effects, np.full(5, generator.uniform(0.001, 2)))
        assert estimate == pytest.approx(effects.mean())
        assert (low + high) / 2 == pytest.approx(estimate)
        assert high - low >= 2 * student.ppf(0.975, 4) * effects.std(ddof=1) / np.sqrt(5) - 1e-9


def test_without_errors_surveys_weigh_alike_and_their_spread_makes_the_interval():
    effects = np.array([0.1, 0.3, 0.2])
    estimate, low, high, tau = pool(effects, np.zeros(3))
    assert (estimate, tau) == pytest.approx((0.2, 0.1))
    assert (high - low) / 2 == pytest.approx(student.ppf(0.975, 2) * 0.1 / np.sqrt(3))


def test_no_interval_of_one_survey_nor_of_surveys_that_cannot_differ():
    assert pool(np.array([0.3]), np.array([0.01])) == pytest.approx(
        (0.3, np.nan, np.nan, np.nan), nan_ok=True
    )
    assert pool(np.zeros(4), np.zeros(4)) == pytest.approx((0.0, np.nan, np.nan, np.nan), nan_ok=True)
    assert np.isnan(pool(np.empty(0), np.empty(0))).all()


def test_floor_is_what_all_groups_together_give():
    """s^2 = (3 x 4 x 0.02 + 1 x 2 x 0) / 4 = 0.06, shared by as many groups as a survey has."""
    found = floored(np.array([0.02, 0.0, np.nan]), np.array([4, 2, 1]))
    assert found == pytest.approx([0.02, 0.03, 0.06])
    assert floored(np.array([np.nan, np.nan]), np.array([1, 1])) == pytest.approx([0, 0])
    assert floored(np.array([0.0, 0.0]), np.array([5, 3])) == pytest.approx([0, 0])


def test_a_survey_of_groups_that_agree_is_no_certainty():
    """Without a floor the second survey, whose two groups agree, would have all of the weight and no error."""
    effects, groups = np.array([0.0, 0.4, 0.1]), np.array([8, 2, 8])
    estimate, low, high, _ = pool(effects, floored(np.array([0.02, 0.0, 0.02]), groups))
    assert estimate < 0.25
    assert low < 0 < high


def test_moments_are_those_of_the_mean_over_groups():
    """Groups of one deposit: the variance of a mean is s^2 / n, and of a difference that of the differences."""
    generator = np.random.default_rng(1)
    first = generator.uniform(size=12)
    second = first + generator.normal(scale=0.1, size=12)
    ranks = table("a", "held_out", {"fusion": first, "logistic": second}, np.arange(12))
    found = survey_moments(ranks, "capture", 40_000, 0)
    assert found.methods == ["fusion", "logistic"]
    assert (found.deposits, found.groups) == (12, 12)
    assert found.difference("fusion", "") == pytest.approx((first.mean(), first.var(ddof=1) / 12), rel=0.03)
    expected = (first - second).mean(), (first - second).var(ddof=1) / 12
    assert found.difference("fusion", "logistic") == pytest.approx(expected, rel=0.03)
    assert found.difference("logistic", "fusion")[0] == pytest.approx(-expected[0])


def test_groups_count_and_deposits_do_not():
    """Ten times as many deposits that say the same in the same groups change no variance."""
    values, groups = np.array([0.9, 0.4, 0.6, 0.2]), np.arange(4)
    once = survey_moments(table("a", "held_out", {"fusion": values}, groups), "capture", 500, 0)
    often = table("a", "held_out", {"fusion": np.tile(values, 10)}, np.tile(groups, 10))
    again = survey_moments(often, "capture", 500, 0)
    np.testing.assert_allclose(once.covariance, again.covariance)
    assert (once.deposits, again.deposits, again.groups) == (4, 40, 4)


def test_identical_methods_and_single_groups():
    values = np.array([0.9, 0.4, 0.6, 0.2])
    same = survey_moments(
        table("a", "held_out", {"one": values, "other": values}, np.arange(4)), "found_5", 300, 0
    )
    assert same.difference("one", "other") == (0.0, 0.0)
    single = survey_moments(table("a", "held_out", {"one": values}, np.zeros(4, int)), "found_5", 300, 0)
    assert single.groups == 1
    assert np.isnan(single.covariance).all()
    assert np.isnan([single.low[0], single.high[0]]).all()
    lacking = table("a", "inner", {"one": np.full(4, np.nan)}, np.arange(4))
    assert survey_moments(lacking, "above_decoys", 100, 0) is None


def test_tables_of_two_kinds():
    ranks = pd.concat(
        [
            table("a", "held_out", {"fusion": [0.9, 0.7, 0.8], "logistic": [0.5, 0.6, 0.4]}, [0, 1, 2]),
            table("b", "held_out", {"fusion": [0.6, 0.8], "logistic": [0.5, 0.5], "linear": [0.4, 0.2]}, [0, 1]),
            table("s", "held_out", {"fusion": [0.9, 0.7], "logistic": [1.0, 0.6]}, [0, 1]),
            table("a", "random", {"fusion": [1.0, 1.0, 1.0]}, [0, 1, 2]),
            table("a", "inner", {"fusion": [0.6, 0.6, 0.9]}, [0, 1, 2]),
        ]
    )  # fmt: skip
    values, pooled = bench_tables(ranks, {"a": "real", "b": "real", "s": "simulated"}, 200, 0)
    assert set(values["split"]) == set(pooled["split"]) == {"held_out", "inner"}
    capture = values[(values["metric"] == "capture") & (values["split"] == "held_out")]
    assert capture.set_index(["survey", "method"])["estimate"].to_dict() == pytest.approx(
        {
            ("a", "fusion"): 0.8, ("a", "logistic"): 0.5, ("b", "fusion"): 0.7, ("b", "logistic"): 0.5,
            ("b", "linear"): 0.3, ("s", "fusion"): 0.8, ("s", "logistic"): 0.8,
        }
    )  # fmt: skip
    found = pooled[(pooled["metric"] == "capture") & (pooled["split"] == "held_out")]
    rows = found.set_index(["kind", "method", "against"])
    assert list(rows.loc["real"].index) == [
        ("fusion", ""), ("logistic", ""), ("linear", ""), ("fusion", "logistic"), ("fusion", "linear"),
        ("logistic", "linear"),
    ]  # fmt: skip
    both = rows.loc["real", "fusion", "logistic"]
    assert both["mean"] == pytest.approx(0.25)
    assert (both["surveys"], both["deposits"], both["groups"]) == (2, 5, 5)
    assert both["low"] < both["estimate"] < both["high"]
    one = rows.loc["real", "fusion", "linear"]
    assert (one["estimate"], one["surveys"]) == (pytest.approx(0.4), 1)
    assert np.isnan([one["low"], one["high"]]).all()
    assert rows.loc["simulated", "fusion", "logistic"]["surveys"] == 1


def test_intervals_hold_what_they_say():
    """Five surveys of unlike size, differences that spread by 0.1 around 0.05: intervals hold it 19 times in 20."""
    generator = np.random.default_rng(5)
    sizes, held, trials = [4, 6, 8, 20, 30], 0, 200
    for _ in range(trials):
        parts = []
        for number, size in enumerate(sizes):
            first = generator.uniform(size=size)
            second = first - generator.normal(0.05, 0.1) + generator.normal(scale=0.3, size=size)
            values = {"fusion": first, "logistic": second}
            parts.append(table(f"s{number}", "held_out", values, np.arange(size)))
        effects, variances = np.array(
            [survey_moments(part, "capture", 100, 0).difference("fusion", "logistic") for part in parts]
        ).T
        _, low, high, _ = pool(effects, floored(variances, np.array(sizes)))
        held += low <= 0.05 <= high
    # Binomial: 190 expected, standard deviation 3.1; the cautious interval may hold more.
    assert held >= 190 - 3 * 3.1
