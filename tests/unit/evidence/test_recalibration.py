"""Logistic calibration by held-out cells."""

import numpy as np
import pytest
from geohalo.evidence.recalibration import Recalibration, fit_recalibration
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

GROUP = np.zeros(4, dtype=int)


def cells(label: list[int], score: list[float], groups: int):
    """Return label, score and group of cells, dealt to groups in turn."""
    return np.array(label), np.array(score), np.arange(len(label)) % groups


def test_probabilities_of_two_scores_are_the_shares_of_halo():
    """With one score for 3 of 4 halo cells and 1 of 4 of the background, the fit is exact: a worked example."""
    label = [1] * 4 + [0] * 4
    score = [0.8, 0.8, 0.8, 0.2, 0.8, 0.2, 0.2, 0.2]
    # Targets of 4 groups are 5/6 and 1/6: of cells with score 0.8, 3 halo to 1 background.
    expected = (3 * 5 / 6 + 1 / 6) / 4
    fitted = fit_recalibration(*cells(label, score, 4))
    assert fitted.groups == 4
    np.testing.assert_allclose(fitted.probability(np.array([0.8, 0.2])), [expected, 1 - expected], atol=1e-4)
    assert fitted.slope == pytest.approx(logit(expected) / logit(0.8), abs=1e-3)


def test_number_of_background_cells_does_not_count():
    few = fit_recalibration(*cells([1, 1, 0, 0], [0.7, 0.4, 0.5, 0.2], 2))
    many = fit_recalibration(*cells([1, 1, *[0] * 20], [0.7, 0.4, *[0.5, 0.2] * 10], 2))
    assert (many.intercept, many.slope) == pytest.approx((few.intercept, few.slope), abs=1e-4)


def test_few_groups_leave_little_certainty():
    """Cells that are told apart without fail: the probability nears what the number of groups allows."""
    label, score = [1] * 60 + [0] * 60, [0.9] * 60 + [0.1] * 60
    told = [fit_recalibration(*cells(label, score, groups)).probability(0.9) for groups in (2, 8, 60)]
    np.testing.assert_allclose(told, [3 / 4, 9 / 10, 61 / 62], atol=1e-3)


def test_a_map_worse_than_chance_is_not_turned_upside_down():
    fitted = fit_recalibration(*cells([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9], 2))
    assert fitted.slope == 0
    np.testing.assert_allclose(fitted.probability(np.array([0.0, 0.3, 1.0])), 0.5, atol=1e-6)


@given(seed=st.integers(0, 10_000), groups=st.integers(2, 12))
def test_probabilities_rise_with_scores_and_stay_within_bounds(seed, groups):
    generator = np.random.default_rng(seed)
    label = np.concatenate([[0, 1], generator.integers(0, 2, 60)])
    score = expit(generator.normal(label * generator.normal(), 1))
    fitted = fit_recalibration(label, score, np.arange(62) % groups)
    known = fitted.probability(np.linspace(0, 1, 50))
    assert (np.diff(known) >= 0).all()
    assert ((known > 0) & (known < 1)).all()
    # No other line fits better.
    target = np.where(label == 1, groups + 1, 1) / (groups + 2)
    weight = np.where(label == 1, 0.5 / (label == 1).sum(), 0.5 / (label == 0).sum())

    def loss(intercept, slope):
        p = Recalibration(intercept, slope, groups).probability(score)
        return -(weight * (target * np.log(p) + (1 - target) * np.log1p(-p))).sum()

    least = loss(fitted.intercept, fitted.slope)
    for step in ((0.05, 0), (-0.05, 0), (0, 0.05), (0, -0.05)):
        slope = fitted.slope + step[1]
        assert slope < 0 or least <= loss(fitted.intercept + step[0], slope) + 1e-9


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_cannot_be_calibrated(label):
    with pytest.raises(ValueError, match="all of one class"):
        fit_recalibration(np.full(4, label), np.full(4, 0.5), GROUP)
