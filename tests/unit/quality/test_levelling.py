"""Which batches stand off, and what is taken off."""

import numpy as np
import pytest
from geohalo.quality.batches import adjust, unknown_levels
from geohalo.quality.levelling import adjusted_p, find_shifts, levelled, shift_table
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array


def _levels(true, edges, error=0.1, seed=None):
    """Levels from 25 comparisons for each pair of batches that touch, of which the mean has this standard error."""
    first, second = np.repeat(edges, 25, axis=0).T
    noise = np.random.default_rng(seed).normal(size=len(first)) if seed is not None else _even(len(first))
    design = np.zeros((len(first), len(true)))
    design[np.arange(len(first)), first] += 1
    design[np.arange(len(first)), second] -= 1
    values = design @ np.asarray(true, dtype=float) + 5 * error * noise
    return adjust(csr_array(design), values, np.bincount(np.r_[first, second], minlength=len(true)))


def _even(n):
    """Noise of standard deviation 1 whose sum over each 25 is 0."""
    one = np.linspace(-1, 1, 25)
    return np.tile(one / one.std(), n // 25)


def _grid(side):
    """Pairs of neighbours in a square of sheets."""
    number = np.arange(side**2).reshape(side, side)
    across = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    return np.concatenate([across, np.column_stack([number[:-1].ravel(), number[1:].ravel()])])


def test_one_sheet_of_nine_is_found_and_the_others_stay():
    true = np.zeros(9)
    true[4] = 0.8
    shifts = find_shifts([_levels(true, _grid(3))], np.full(9, 100))
    assert np.flatnonzero(shifts.applied[0]).tolist() == [4]
    assert shifts.shift[0, 4] == pytest.approx(0.8, abs=1e-6)
    assert shifts.correction[0, [0, 1, 2, 3]].tolist() == [0, 0, 0, 0]
    low, high = shifts.interval()
    assert low[0, 4] < 0.8 < high[0, 4]


def test_of_two_batches_the_smaller_is_brought_to_the_larger():
    shifts = find_shifts([_levels([1.0, 0.0], [[0, 1]])], np.array([50, 40]))
    assert shifts.applied[0].tolist() == [False, True]
    assert shifts.shift[0, 1] == pytest.approx(-1.0, abs=1e-6)


def test_a_reference_batch_moves_all_others():
    true = np.zeros(9)
    true[4] = 0.8
    shifts = find_shifts([_levels(true, _grid(3))], np.full(9, 100), reference=4)
    assert shifts.applied[0].tolist() == [True] * 4 + [False] + [True] * 4
    np.testing.assert_allclose(shifts.shift[0, [0, 8]], -0.8, atol=1e-6)
    # One that stands at the level of the others moves none.
    shifts = find_shifts([_levels(true, _grid(3))], np.full(9, 100), reference=0)
    assert np.flatnonzero(shifts.applied[0]).tolist() == [4]


def test_all_levels_keep_their_mean_weighted_by_samples():
    true, counts = np.array([0.3, -0.1, 0.05]), np.array([10, 30, 60])
    shifts = find_shifts([_levels(true, [[0, 1], [1, 2]])], counts, apply="all")
    assert shifts.applied.all()
    np.testing.assert_allclose(shifts.shift[0], true - true @ counts / 100, atol=1e-6)
    shifts = find_shifts([_levels(true, [[0, 1], [1, 2]])], counts, apply="all", reference=2)
    np.testing.assert_allclose(shifts.shift[0], true - true[2], atol=1e-6)


def test_none_tests_and_applies_nothing():
    shifts = find_shifts([_levels([1.0, 0.0, 0.0], [[0, 1], [1, 2]])], np.full(3, 50), apply="none")
    assert shifts.p_adjusted[0, 0] < 1e-6
    assert not shifts.applied.any()
    assert not shifts.correction.any()


def test_a_half_of_the_sheets_is_found_whole():
    # Two laboratories: at first only sheets at the border stand out, and from both sides.
    true = np.repeat([0.0, 0.0, 0.9, 0.9, 0.9], 5)
    counts = np.full(25, 100)
    shifts = find_shifts([_levels(true, _grid(5), seed=1)], counts)
    off = shifts.correction[0]
    after = true - off
    # One level remains, whichever of the two it is.
    assert np.ptp(after) < 0.35


@given(st.integers(0, 10**6), st.floats(-3, 3))
@settings(max_examples=20)
def test_a_shift_of_a_batch_is_taken_off_whatever_its_size(seed, more):
    edges, counts = _grid(3), np.full(9, 100)
    true = np.zeros(9)
    true[2] = 1.0
    one = find_shifts([_levels(true, edges, seed=seed)], counts, apply="all")
    moved = np.where(np.arange(9) == 6, more, 0.0)
    other = find_shifts([_levels(true + moved, edges, seed=seed)], counts, apply="all")
    left = (true + moved - other.correction[0]) - (true - one.correction[0])
    np.testing.assert_allclose(left, left[0], atol=1e-6)


def test_levelled_levels_show_nothing_more():
    true = np.zeros(9)
    true[[1, 7]] = [1.2, -0.9]
    counts, edges = np.full(9, 100), _grid(3)
    first = find_shifts([_levels(true, edges, seed=4)], counts)
    assert first.applied.sum() == 2
    again = find_shifts([_levels(true - first.correction[0], edges, seed=4)], counts)
    assert not again.applied.any()
    np.testing.assert_allclose(again.shift[0, [1, 7]], 0, atol=0.3)


def test_noise_alone_makes_few_alarms():
    rng, alarms = np.random.default_rng(0), 0
    for _ in range(60):
        levels = [_levels(np.zeros(9), _grid(3), seed=int(rng.integers(10**9))) for _ in range(5)]
        alarms += find_shifts(levels, np.full(9, 100)).applied.any()
    # 5 % of 60 are expected; 8 or more come by chance once in a hundred times.
    assert alarms <= 8


def test_adjusted_p_worked_by_hand():
    # Two elements, three batches. Simes: min(2 * 0.001, 0.2) = 0.002; min(0.08, 0.5) = 0.08; 0.9 (one element alone).
    p = np.array([[0.001, 0.04, 0.9], [0.2, 0.5, np.nan]])
    # Holm over batches: 0.006, 0.16, 0.9. Within the first: 0.002, 0.2.
    expected = np.array([[0.006, 0.16, 0.9], [0.2, 0.5, np.nan]])
    np.testing.assert_allclose(adjusted_p(p), expected)


def test_batches_that_nothing_compares_stay():
    levels = _levels([0.0, 1.0, 5.0], [[0, 1]])
    shifts = find_shifts([levels], np.array([30, 20, 20]))
    assert np.isnan(shifts.shift[0, 2])
    assert shifts.correction[0, 2] == 0
    table = shift_table(shifts, [levels], ["Cu"], ["a", "b", "c"], np.array([[30, 20, 20]]))
    assert table["network"].isna().tolist() == [False, False, True]
    assert table.loc[1, "factor"] == pytest.approx(np.e, rel=1e-5)
    assert table["applied"].tolist() == [False, True, False]


def test_two_networks_are_levelled_apart():
    levels = _levels([0.0, 1.0, 5.0, 5.0, 5.0], [[0, 1], [2, 3], [3, 4]])
    shifts = find_shifts([levels], np.array([30, 20, 20, 20, 20]))
    assert levels.network.tolist() == [1, 1, 0, 0, 0]
    assert shifts.applied[0].tolist() == [False, True, False, False, False]


def test_levelled_values_and_rows_without_a_batch():
    values = np.array([[2.0, 3.0], [2.0, np.nan], [2.0, 3.0]])
    correction = np.array([[np.log(2), 0.0], [0.0, np.log(3)]])
    found = levelled(values, np.array([0, 1, -1]), correction)
    np.testing.assert_allclose(found, [[1.0, 3.0], [2.0, np.nan], [2.0, 3.0]])


def test_known_levels_without_a_network_have_no_shift():
    empty = unknown_levels(2, np.zeros(2, int))
    for apply in ("significant", "all"):
        shifts = find_shifts([empty], np.array([5, 5]), apply)
        assert np.isnan(shifts.shift).all()
        assert not shifts.applied.any()
