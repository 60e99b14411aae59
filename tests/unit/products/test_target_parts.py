"""Splitting of ground that is too large to walk: worked examples, and what holds of any ground."""

import numpy as np
import pytest
from geohalo.products.target_parts import largest_area, sample_spacing, split_ground
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

#: Two domes on a ridge, with a saddle of 0.5 at the sixth cell.
RIDGE = np.array([[0.6, 0.7, 0.9, 0.8, 0.6, 0.5, 0.6, 0.7, 0.8, 0.7]])


def test_spacing_is_the_median_distance_between_sites_and_a_site_counts_once():
    x, y = np.meshgrid(np.arange(5) * 1000.0, np.arange(4) * 1000.0)
    places = np.column_stack([x.ravel(), y.ravel()])
    assert sample_spacing(np.vstack([places, places[:3]])) == 1000
    assert np.isnan(sample_spacing(places[:1]))
    # A circle of two spacings.
    assert largest_area(1000) == pytest.approx(4e6 * np.pi)


def test_ground_is_parted_at_its_saddle():
    ground = np.ones(RIDGE.shape, dtype=bool)
    parts = split_ground(RIDGE, ground, 6)
    # The saddle's cell goes with one of the domes, whichever floods it first.
    assert parts[0, :5].tolist() == [parts[0, 0]] * 5
    assert parts[0, 6:].tolist() == [parts[0, 9]] * 4
    assert parts[0, 0] != parts[0, 9]
    assert set(parts.ravel()) == {1, 2}
    # Small enough as it is: nothing is parted.
    assert set(split_ground(RIDGE, ground, 10).ravel()) == {1}


def test_a_dome_that_is_too_large_is_cut_to_its_best_cells():
    ground = np.ones(RIDGE.shape, dtype=bool)
    parts = split_ground(RIDGE, ground, 3)
    kept = [sorted(RIDGE[parts == k].tolist()) for k in (parts[0, 2], parts[0, 8])]
    assert kept == [[0.7, 0.8, 0.9], [0.7, 0.7, 0.8]]
    assert (parts > 0).sum() == 6


def test_the_highest_saddles_are_joined_first():
    # Three peaks; the saddle between the last two (0.7) is higher than that between the first two (0.5).
    score = np.array([[0.9, 0.5, 0.8, 0.7, 0.85]])
    parts = split_ground(score, np.ones(score.shape, dtype=bool), 4)
    assert parts[0, 2] == parts[0, 3] == parts[0, 4]
    assert parts[0, 0] != parts[0, 2]


def test_ground_of_one_score_is_cut_to_a_compact_part():
    parts = split_ground(np.full((11, 11), 0.5), np.ones((11, 11), dtype=bool), 9)
    rows, columns = np.nonzero(parts)
    assert len(rows) == 9
    assert max(np.ptp(rows), np.ptp(columns)) <= 4


@settings(deadline=None, max_examples=60)
@given(
    score=arrays(np.float32, (12, 10), elements=st.floats(0, 1, width=32)),
    threshold=st.floats(0, 0.9),
    largest=st.integers(1, 30),
)
def test_parts_are_small_connected_and_hold_the_peaks(score, threshold, largest):
    ground = score >= threshold
    parts = split_ground(score, ground, largest)
    eight = np.ones((3, 3))
    assert not parts[~ground].any()
    assert set(parts[parts > 0]) == set(range(1, parts.max() + 1))
    for k in range(1, parts.max() + 1):
        own = parts == k
        assert own.sum() <= largest
        assert ndimage.label(own, eight)[1] == 1
    whole, n = ndimage.label(ground, eight)
    for k in range(1, n + 1):
        own = whole == k
        assert (parts[own] > 0).any()
        # The best of every patch is in a part, and one that is small enough is a part as it is.
        assert parts[own][score[own].argmax()] > 0 or np.sum(score[own] == score[own].max()) > 1
        if own.sum() <= largest:
            assert len(np.unique(parts[own])) == 1
