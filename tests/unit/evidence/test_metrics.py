"""Each metric against a worked example, and against scikit-learn or brute force."""

import numpy as np
import pytest
from geohalo.evidence import metrics
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    cohen_kappa_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

ranks = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=20).map(np.array)


def test_percentile_rank_by_hand():
    # Ranks 1, 2.5, 2.5, 4 of 4 cells.
    assert metrics.percentile_rank(np.array([10.0, 20.0, 20.0, 99.0])) == pytest.approx(
        [0.125, 0.5, 0.5, 0.875]
    )


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=50).map(np.array))
def test_percentile_rank_has_mean_one_half_and_ignores_the_scale(score):
    rank = metrics.percentile_rank(score.astype(float))
    assert rank.mean() == pytest.approx(0.5)
    assert (rank > 0).all()
    assert (rank < 1).all()
    np.testing.assert_array_equal(rank, metrics.percentile_rank(np.exp(score / 3.0)))
    np.testing.assert_array_equal(rank, (rankdata(score) - 0.5) / len(score))


def test_percentile_rank_of_some_cells_is_that_in_the_whole_map():
    score = np.random.default_rng(0).integers(0, 20, 300).astype(np.float32)
    cells = np.array([7, 299, 7, 0])
    np.testing.assert_array_equal(
        metrics.percentile_rank(score, cells), metrics.percentile_rank(score)[cells]
    )


def test_percentile_rank_refuses_nan():
    with pytest.raises(ValueError, match="NaN"):
        metrics.percentile_rank(np.array([1.0, np.nan]))


def test_found_in_best_by_hand():
    """Ten cells, of which the best three are 9, 8 and one of the three that tie at 7."""
    score = np.array([9, 8, 7, 7, 7, 3, 2, 1, 0, 0])
    found = metrics.found_in_best(score, np.arange(10), [0.1, 0.3, 0.45, 1])
    np.testing.assert_allclose(found[0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(found[1], [1, 1, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(found[2], [1, 1, 2.5 / 3, 2.5 / 3, 2.5 / 3, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(found[3], 1)
    np.testing.assert_allclose(metrics.found_in_best(score, np.array([4, 0]), [0.3]), [[1 / 3, 1]])


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=60).map(np.array), st.floats(0, 1))
def test_found_in_best_is_the_area_by_chance_and_follows_the_rank(score, area):
    """Its mean over all cells is the area, whatever ties; a constant map finds that share of any cells."""
    found = metrics.found_in_best(score, np.arange(len(score)), [area])[0]
    assert found.mean() == pytest.approx(area)
    assert (np.diff(found[np.argsort(score, kind="stable")]) >= -1e-9).all()
    alike = metrics.found_in_best(np.ones(len(score)), np.array([0]), [area])
    assert alike == pytest.approx(np.array([[area]]))


def test_capture_is_the_mean_over_a_deposits_cells():
    value = metrics.capture(np.array([0.9, 0.5, 0.2]), np.array([0, 0, 2]), 3)
    np.testing.assert_allclose(value, [0.7, np.nan, 0.2])


def test_success_rate_curve_by_hand():
    area, found = metrics.success_rate_curve(np.array([0.7, 0.9]))
    assert area == pytest.approx([0, 0.1, 0.3, 1])
    assert found == pytest.approx([0, 0.5, 1, 1])


def test_success_area_by_hand():
    # Half of the deposits from 10 % of the area to 30 %, all from there to the end: 0.2 / 2 + 0.7.
    assert metrics.success_area(np.array([0.7, 0.9])) == pytest.approx(0.8)


@given(ranks)
def test_success_area_is_the_area_under_the_staircase(rank):
    area, found = metrics.success_rate_curve(rank)
    assert metrics.success_area(rank) == pytest.approx(np.sum(np.diff(area) * found[:-1]))


def test_crossing_by_hand():
    # Found after 10, 20 and 60 % of the area: two thirds found meet 1 - area = 2/3 at a third of the area.
    assert metrics.prediction_area_crossing(np.array([0.9, 0.4, 0.8])) == pytest.approx(2 / 3)
    # The single deposit is found at 30 % of the area, where the curve jumps past 1 - area = 0.7.
    assert metrics.prediction_area_crossing(np.array([0.7])) == pytest.approx(0.7)


@given(ranks)
def test_crossing_is_the_first_area_with_found_at_least_one_minus_area(rank):
    grid = np.linspace(0, 1, 4001)
    found = np.array([(1 - rank <= area).mean() for area in grid])
    first = grid[np.argmax(found >= 1 - grid - 1e-9)]
    assert metrics.prediction_area_crossing(rank) == pytest.approx(1 - first, abs=1 / 4000 + 1e-6)


def test_crossing_weights_are_repeated_deposits():
    rank = np.array([0.95, 0.3, 0.6, 0.7])
    weights = np.array([[1, 1, 1, 1], [0, 3, 1, 0], [2, 0, 0, 2]])
    expected = [metrics.prediction_area_crossing(np.repeat(rank, weight)) for weight in weights]
    assert metrics.prediction_area_crossing(rank, weights) == pytest.approx(expected)


def test_studentised_contrast_by_hand():
    # 1000 cells, cut at 10 %, 3 of 4 deposits inside. Counts + 0.5: inside 3.5, 97.5; outside 1.5, 899.5.
    studentised, contrast, area = metrics.studentised_contrast(
        np.array([0.99, 0.95, 0.92, 0.4]), 1000, cuts=np.array([0.1])
    )
    expected = np.log(3.5 * 899.5 / (97.5 * 1.5))
    assert contrast == pytest.approx(expected)
    assert studentised == pytest.approx(expected / np.sqrt(1 / 3.5 + 1 / 899.5 + 1 / 97.5 + 1 / 1.5))
    assert area == 0.1


def test_studentised_contrast_takes_the_best_cut():
    rank = np.array([0.99, 0.95, 0.92, 0.4])
    cuts = np.array([0.02, 0.1, 0.3, 0.7])
    each = [metrics.studentised_contrast(rank, 1000, cuts=np.array([cut]))[0] for cut in cuts]
    best = metrics.studentised_contrast(rank, 1000, cuts=cuts)
    assert best[0] == pytest.approx(max(each))
    assert best[2] == cuts[np.argmax(each)] == 0.1


@pytest.mark.parametrize("rank", [0.999, 0.001])
def test_studentised_contrast_is_finite_without_deposits_on_one_side(rank):
    assert np.isfinite(metrics.studentised_contrast(np.full(3, rank), 100)).all()


def test_roc_and_pr_auc_by_hand():
    label, score = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.8, 0.3, 0.1])
    # Six pairs: the first positive wins 3; the second wins 2 and ties 1.
    assert metrics.roc_auc(label, score) == pytest.approx(5.5 / 6)
    # Background weighs 2/3 a cell. At 0.9: precision 1, recall 1/2. At 0.8: 2 / (2 + 2/3), recall 1.
    assert metrics.pr_auc(label, score) == pytest.approx(0.5 + 0.5 * 0.75)
    # As it came, three background cells to two positives.
    assert metrics.pr_auc(label, score, background_ratio=1.5) == pytest.approx(0.5 + 0.5 * 2 / 3)


@pytest.mark.parametrize("levels", [1, 3, 1000])
@pytest.mark.parametrize("ratio", [0.3, 1.0, 4.0])
def test_roc_and_pr_auc_are_those_of_scikit_learn_to_the_last_digit(levels, ratio):
    """Also where many scores tie, and in the precision that scores are stored in."""
    generator = np.random.default_rng(levels)
    for cells in (2, 3, 7, 60, 400):
        score = (generator.integers(0, levels + 1, cells) / levels).astype(np.float32)
        label = np.append([0, 1], generator.random(cells - 2) < 0.3).astype(int)
        assert metrics.roc_auc(label, score) == roc_auc_score(label, score)
        weights = metrics.balanced_weights(label, ratio)
        expected = average_precision_score(label, score, sample_weight=weights)
        assert metrics.pr_auc(label, score, ratio) == expected


def test_a_score_that_is_no_number_has_no_area():
    with pytest.raises(ValueError, match="a score is NaN"):
        metrics.roc_auc(np.array([0, 1]), np.array([0.5, np.nan]))


def test_a_constant_score_is_chance_at_every_ratio():
    label, score = np.array([1, 0, 0, 0, 0]), np.ones(5)
    assert metrics.roc_auc(label, score) == 0.5
    for ratio in (0.5, 1, 4):
        assert metrics.pr_auc(label, score, ratio) == pytest.approx(1 / (1 + ratio))


def test_balanced_weights_give_the_background_its_share():
    weights = metrics.balanced_weights(np.array([1, 0, 0, 0, 1]), 3)
    assert weights == pytest.approx([1, 2, 2, 2, 1])


def test_cell_metrics_by_hand():
    # Recall 1/2, false alarms 1/4 of the background; each class weighs 1.
    label = np.array([1, 1, 0, 0, 0, 0])
    probability = np.array([0.9, 0.3, 0.6, 0.1, 0.0, 0.2])
    found = metrics.cell_metrics(label, probability)
    assert found["recall"] == pytest.approx(0.5)
    assert found["accuracy"] == pytest.approx((0.5 + 0.75) / 2)
    assert found["precision"] == pytest.approx(0.5 / 0.75)
    assert found["f1"] == pytest.approx(2 * 0.5 / (1 + 0.75))
    assert found["kappa"] == pytest.approx((0.625 - 0.5) / 0.5)
    assert found["brier"] == pytest.approx(((0.01 + 0.49) / 2 + (0.36 + 0.01 + 0 + 0.04) / 4) / 2)


@pytest.mark.parametrize("ratio", [1.0, 2.5])
def test_cell_metrics_equal_scikit_learn_with_weights(ratio):
    generator = np.random.default_rng(0)
    label = generator.integers(0, 2, 200)
    probability = np.clip(0.3 * label + generator.uniform(0, 0.7, 200), 0, 1)
    weight = metrics.balanced_weights(label, ratio)
    declared = probability >= 0.5
    expected = {
        "accuracy": accuracy_score(label, declared, sample_weight=weight),
        "precision": precision_score(label, declared, sample_weight=weight),
        "recall": recall_score(label, declared, sample_weight=weight),
        "f1": f1_score(label, declared, sample_weight=weight),
        "kappa": cohen_kappa_score(label, declared, sample_weight=weight),
        "brier": brier_score_loss(label, probability, sample_weight=weight),
    }
    assert metrics.cell_metrics(label, probability, ratio) == pytest.approx(expected)


def test_constant_probabilities_are_chance():
    label = np.array([1, 0, 0, 0, 0, 0, 0])
    nothing = metrics.cell_metrics(label, np.full(7, 0.1))
    assert nothing["accuracy"] == 0.5
    assert nothing["kappa"] == nothing["precision"] == nothing["recall"] == nothing["f1"] == 0
    half = metrics.cell_metrics(label, np.full(7, 0.5))
    assert half["brier"] == 0.25
    assert half["kappa"] == 0
    assert half["recall"] == 1
