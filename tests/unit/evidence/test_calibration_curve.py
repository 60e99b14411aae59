"""The reliability diagram against a worked example, scikit-learn, and repeated cells."""

import numpy as np
import pytest
from geohalo.evidence.calibration_curve import calibration_curve
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve as unweighted

NO_DRAWS = np.ones((0, 1), dtype=int)


def curve(label, probability, **options):
    label = np.asarray(label)
    return calibration_curve(
        label, np.asarray(probability), np.zeros(len(label), dtype=int), NO_DRAWS, **options
    )


def test_by_hand():
    # A positive weighs 1/2, background 1/4. Bin 0.0-0.1: background alone. Bin 0.3-0.4: one of each.
    table = curve([1, 1, 0, 0, 0, 0], [0.32, 0.95, 0.0, 0.05, 0.38, 1.0])
    assert table["bin_low"].tolist() == pytest.approx([0, 0.3, 0.9])
    assert table["bin_high"].tolist() == pytest.approx([0.1, 0.4, 1])
    assert table["n"].tolist() == [2, 2, 2]
    assert table["observed"].tolist() == pytest.approx([0, 2 / 3, 2 / 3])
    predicted = [0.025, (2 * 0.32 + 0.38) / 3, (2 * 0.95 + 1.0) / 3]
    assert table["predicted"].tolist() == pytest.approx(predicted)
    assert table[["low", "high"]].isna().all(axis=None)


def test_bins_hold_their_lower_end():
    table = curve([1, 0, 1, 0], [0.5, 0.49, 0.75, 0.25], n_bins=2)
    assert table["n"].tolist() == [2, 2]
    assert table["observed"].tolist() == [0, 1]


@given(st.lists(st.floats(0, 1, width=32), min_size=4, max_size=60), st.integers(0, 99))
def test_equal_classes_are_scikit_learns_curve(probability, seed):
    probability = np.array(probability[: len(probability) // 2 * 2])
    label = np.random.default_rng(seed).permutation(np.arange(len(probability)) % 2)
    # Theirs puts what lies on an edge into the bin below.
    probability = np.where(np.isin(probability * 10, range(11)), probability * 0.98 + 0.011, probability)
    observed, predicted = unweighted(label, probability, n_bins=10)
    table = curve(label, probability)
    assert table["observed"].to_numpy() == pytest.approx(observed)
    assert table["predicted"].to_numpy() == pytest.approx(predicted)
    assert table["n"].sum() == len(label)


def test_calibrated_probabilities_lie_on_the_diagonal_whatever_the_number_of_background():
    generator = np.random.default_rng(0)
    probability = generator.uniform(size=60_000)
    label = (generator.uniform(size=60_000) < probability).astype(int)
    # Five times the background: weights take it back.
    repeated = np.repeat(np.arange(60_000), np.where(label == 1, 1, 5))
    table = curve(label[repeated], probability[repeated])
    # 6,000 cells a bin: standard error at most 0.0065.
    np.testing.assert_allclose(table["observed"], table["predicted"], atol=0.02)


def test_a_draw_is_the_curve_of_repeated_groups():
    generator = np.random.default_rng(1)
    label, group = generator.integers(0, 2, 200), generator.integers(0, 4, 200)
    probability = generator.uniform(size=200)
    times = np.array([2, 0, 1, 1])
    table = calibration_curve(label, probability, group, np.stack([times, times]))
    cells = np.repeat(np.arange(200), times[group])
    expected = curve(label[cells], probability[cells])["observed"]
    np.testing.assert_allclose(table["low"], expected)
    np.testing.assert_allclose(table["high"], expected)
    # The estimate takes every group once.
    np.testing.assert_allclose(table["observed"], curve(label, probability)["observed"])


def test_a_bin_that_a_draw_leaves_empty_has_the_interval_of_the_others():
    label, group = np.array([1, 0, 1, 0]), np.array([0, 0, 1, 1])
    probability = np.array([0.15, 0.85, 0.85, 0.15])
    table = calibration_curve(label, probability, group, np.array([[2, 0], [2, 0]]))
    assert table[["low", "high"]].to_numpy().tolist() == [[1, 1], [0, 0]]
    assert table["observed"].tolist() == [0.5, 0.5]
