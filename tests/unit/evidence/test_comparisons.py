"""Comparisons of two methods: every flip by hand, scipy's test, Holm by hand, and the power that was promised."""

import itertools

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence import statistics
from geohalo.evidence.comparisons import (
    compare,
    compare_methods,
    detectable_difference,
    sign_flip_p,
    smallest_p,
)
from geohalo.multiple_tests import holm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test, ttest_1samp

numbers = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=7)


@given(numbers)
def test_p_is_the_share_of_all_flips(sums):
    flips = [abs(np.dot(signs, sums)) for signs in itertools.product([1, -1], repeat=len(sums))]
    expected = np.mean([flip >= abs(sum(sums)) - 1e-12 for flip in flips])
    assert sign_flip_p(np.array(sums)) == pytest.approx(expected)
    assert sign_flip_p(np.array(sums)) >= smallest_p(len(sums)) or len(sums) == 1


def test_p_by_hand():
    # +-3 +-2 +-1: only the two flips of all alike reach 6; 3 + 2 - 1 = 4 is reached by four.
    assert sign_flip_p(np.array([3.0, 2.0, 1.0])) == 2 / 8
    assert sign_flip_p(np.array([3.0, 2.0, -1.0])) == 4 / 8
    assert sign_flip_p(np.zeros(5)) == 1
    assert sign_flip_p(np.array([0.7])) == 1
    assert np.isnan(sign_flip_p(np.empty(0)))


@pytest.mark.parametrize("n_groups", [8, 14])
def test_p_is_that_of_scipy(n_groups):
    sums = np.random.default_rng(n_groups).normal(0.4, 1, n_groups)
    theirs = permutation_test(
        (sums,), lambda x, axis: x.sum(axis), permutation_type="samples", vectorized=True, n_resamples=np.inf
    )
    assert sign_flip_p(sums) == pytest.approx(theirs.pvalue)


def test_many_groups_draw_flips_and_come_near_the_t_test():
    sums = np.random.default_rng(0).normal(0.35, 1, 40)
    p, expected = sign_flip_p(sums, seed=3), ttest_1samp(sums, 0).pvalue
    # 10,000 flips fix p to about 0.002 here.
    assert 0.02 < expected < 0.2
    assert p == pytest.approx(expected, abs=0.01)
    assert p == sign_flip_p(sums, seed=3)
    assert sign_flip_p(np.full(40, 1.0)) == smallest_p(40) == 1e-4


def test_equal_methods_are_told_apart_no_oftener_than_promised():
    generator = np.random.default_rng(1)
    p = np.array([sign_flip_p(generator.standard_t(2, 8) * [1, 1, 1, 4, 1, 2, 1, 1]) for _ in range(2000)])
    # All flips are equally likely, so P(p <= 0.05) is 12 / 256 whatever the distribution.
    assert (p <= 0.05).mean() == pytest.approx(12 / 256, abs=4 * np.sqrt(0.05 * 0.95 / 2000))


def test_holm_by_hand():
    # 4 x 0.01, 3 x 0.02, 2 x 0.03 would fall to 0.06 again, 1 x 0.5.
    np.testing.assert_allclose(holm(np.array([0.5, 0.01, 0.03, 0.02])), [0.5, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.4, np.nan, 0.3])), [0.6, np.nan, 0.6])
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.empty(0)).size == 0


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_lies_between_p_and_bonferroni(values):
    p = np.array(values)
    corrected = holm(p)
    assert (corrected >= p - 1e-12).all()
    assert (corrected <= np.minimum(p * len(p), 1) + 1e-12).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(corrected[order]) >= 0).all()


@pytest.mark.parametrize(
    ("sizes", "lowest", "highest"),
    [
        ([1] * 6, 0.68, 0.78),
        ([3] * 10, 0.75, 0.83),
        ([1] * 25, 0.76, 0.84),
        ([1, 1, 2, 3, 5, 1, 2, 1, 4, 2], 0.78, 1.0),
    ],
)
def test_the_detectable_difference_is_found_four_times_in_five(sizes, lowest, highest):
    """Simulated: groups' sums are normal about the difference times their sizes, and the test is made."""
    sizes, generator = np.array(sizes), np.random.default_rng(0)
    difference = detectable_difference(2.0, sizes)
    sums = difference * sizes + generator.normal(0, 2.0, (1500, len(sizes)))
    power = np.mean([sign_flip_p(row) <= 0.05 for row in sums])
    # Three standard errors of 1,500 runs are 0.03.
    assert lowest <= power <= highest
    half = np.mean([sign_flip_p(row - difference * sizes / 2) <= 0.05 for row in sums])
    assert half < 0.45


def test_detectable_difference_of_equal_groups_by_hand():
    # Eight groups: flips reach 12 / 256 = 4.69 %. t(7): 2.4087 at 97.66 %, 0.8960 at 80 %.
    assert detectable_difference(0.3, np.full(8, 2)) == pytest.approx(
        (2.4087 + 0.8960) * 0.3 / (2 * np.sqrt(8)), rel=1e-3
    )


def test_too_few_groups_detect_nothing():
    assert np.isnan(detectable_difference(0.1, np.ones(5, dtype=int)))
    assert np.isfinite(detectable_difference(0.1, np.ones(6, dtype=int)))
    # One group holds nearly all deposits.
    assert np.isnan(detectable_difference(0.1, np.array([50, 1, 1, 1, 1, 1, 1])))
    assert smallest_p(5) > 0.05 > smallest_p(6)


def test_compare_by_hand():
    # Groups of 2, 1 and 1 with sums 0.4, 0.3 and -0.1: of 8 flips, those of all but the last sign reach 0.6.
    differences, group = np.array([0.3, 0.1, 0.3, -0.1]), np.array([5, 5, 2, 9])
    mean, low, high, p, detectable, groups = compare(differences, group, 2000, 1)
    assert mean == pytest.approx(0.15)
    assert p == 4 / 8
    assert (low, high) == statistics.bootstrap_interval(differences, group, 2000, 1)
    assert np.isnan(detectable)
    assert groups == 3


def test_compare_uses_the_spread_about_the_mean_difference():
    generator = np.random.default_rng(0)
    group = np.repeat(np.arange(9), [1, 2, 1, 1, 2, 1, 1, 1, 2])
    differences = generator.normal(0.1, 0.2, 12)
    detectable = compare(differences, group, 100, 0)[4]
    residual = np.bincount(group, weights=differences - differences.mean())
    assert detectable == pytest.approx(detectable_difference(residual.std(ddof=1), np.bincount(group)))
    # A difference that is the same everywhere leaves the spread as it is.
    assert compare(differences + 0.4, group, 100, 0)[4] == pytest.approx(detectable)


def test_no_difference_is_detectable_that_cannot_be():
    """Six groups of one deposit: 1.587 times the spread, which passes 1 at a spread of 0.63."""
    group, shape = np.arange(6), np.array([1.0, -1, 1, -1, 1, -1])
    factor = detectable_difference(1.0, np.ones(6, dtype=int)) * shape.std(ddof=1)
    assert compare(0.99 / factor * shape, group, 100, 0)[4] == pytest.approx(0.99)
    assert np.isnan(compare(1.01 / factor * shape, group, 100, 0)[4])


def test_nothing_to_compare():
    *numbers, groups = compare(np.empty(0), np.empty(0, dtype=int), 100, 0)
    assert np.isnan(numbers).all()
    assert groups == 0


def table(**methods):
    """Return ranks of eight deposits in eight groups by method and split."""
    rows = []
    for variant, splits in methods.items():
        for split, capture in splits.items():
            above = np.where(np.arange(8) < 2, np.nan, np.asarray(capture) / 2)
            rows.append(
                pd.DataFrame(
                    {
                        "variant": variant,
                        "split": split,
                        "deposit": np.arange(8),
                        "group": np.arange(8),
                        "capture": capture,
                        "above_decoys": above,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def test_compare_methods_makes_one_family_of_each_split_and_metric():
    good, bad = np.linspace(0.7, 0.9, 8), np.linspace(0.3, 0.5, 8)
    ranks = table(
        fusion={"held_out": good, "inner": good, "random": good},
        forest={"held_out": good[::-1], "inner": bad, "random": bad},
        density={"held_out": bad, "inner": bad, "random": bad},
        boosting={"held_out": bad},
        shuffle={"held_out": bad},
    )
    found = compare_methods(ranks, 500, 0)
    assert set(found["variant"]) == {"fusion"}
    assert set(found["split"]) == {"held_out", "inner"}
    held = found[(found["split"] == "held_out") & (found["metric"] == "capture")].set_index("against")
    assert list(held.index) == ["forest", "density", "boosting"]  # shuffled labels are not compared
    assert held.loc["density", "difference"] == pytest.approx(0.4)
    assert held.loc["density", "p"] == 2 / 256
    assert held.loc["density", "p_holm"] == pytest.approx(3 * 2 / 256)
    assert held.loc["forest", "difference"] == pytest.approx(0)
    assert held.loc["forest", "p_holm"] == 1
    inner = found[(found["split"] == "inner") & (found["metric"] == "capture")]
    assert list(inner["against"]) == ["forest", "density"]
    np.testing.assert_allclose(inner["p_holm"], 2 * 2 / 256)
    above = found[(found["split"] == "held_out") & (found["metric"] == "above_decoys")].set_index("against")
    # Two deposits have no decoys.
    assert (above["groups"] == 6).all()
    assert above.loc["density", "difference"] == pytest.approx(0.2)


def test_one_method_alone_has_no_comparison():
    ranks = table(fusion={"held_out": np.linspace(0.5, 0.9, 8)})
    found = compare_methods(ranks, 100, 0)
    assert found.empty
    assert {"p_holm", "detectable", "groups"} <= set(found.columns)


def test_without_decoys_the_difference_is_unknown():
    good = np.linspace(0.7, 0.9, 8)
    ranks = table(fusion={"held_out": good}, forest={"held_out": good[::-1]}).assign(above_decoys=np.nan)
    above = compare_methods(ranks, 100, 0).set_index("metric").loc["above_decoys"]
    assert above[["difference", "low", "high", "p", "p_holm", "detectable"]].isna().all()
    assert above["groups"] == 0
