"""Levels of batches from shared reference materials."""

import numpy as np
import pytest
from geohalo.quality.levelling import find_shifts
from geohalo.quality.reference_levels import reference_levels


def _analyses(n_batches, materials, repeats):
    """Batch and material of each analysis, of all materials in all batches."""
    grid = np.meshgrid(np.arange(n_batches), materials, np.arange(repeats), indexing="ij")
    return grid[0].ravel(), grid[1].ravel().astype(object)


def test_levels_without_noise_are_exact():
    batch, material = _analyses(3, ["A", "B"], 2)
    true, held = np.array([0.1, -0.2, 0.4]), {"A": 1.0, "B": 5.0}
    values = np.array([held[name] for name in material]) + true[batch]
    levels = reference_levels(values, batch, 3, material)
    np.testing.assert_allclose(levels.level, true - true.mean(), atol=1e-9)
    assert levels.freedom == 12 - 2 - 2
    assert levels.compared.tolist() == [4, 4, 4]


def test_a_chain_of_materials_ties_batches():
    # A is in the first and second batch, B in the second and third.
    batch = np.array([0, 0, 1, 1, 1, 1, 2, 2])
    material = np.array(list("AAAABBBB"), dtype=object)
    true = np.array([0.0, 1.0, 3.0])
    values = np.where(material == "A", 2.0, 7.0) + true[batch]
    levels = reference_levels(values, batch, 3, material)
    np.testing.assert_allclose(np.diff(levels.level), [1.0, 2.0], atol=1e-9)
    assert (levels.network == 0).all()


def test_a_material_of_one_batch_compares_nothing():
    batch = np.array([0, 0, 1, 1, 2, 2, 2])
    material = np.array(list("AAAABBB"), dtype=object)
    levels = reference_levels(np.arange(7.0), batch, 3, material)
    assert levels.network.tolist() == [0, 0, -1]
    assert np.isnan(levels.level[2])
    assert levels.compared.tolist() == [2, 2, 0]


def test_nothing_to_compare():
    none = np.zeros(0)
    levels = reference_levels(none, none.astype(int), 2, none.astype(object))
    assert np.isnan(levels.level).all()


def test_missing_results_are_left_out():
    batch, material = _analyses(2, ["A"], 6)
    values = 1.0 + 0.5 * batch
    values[[0, 7]] = np.nan
    levels = reference_levels(values, batch, 2, material)
    assert levels.level[1] - levels.level[0] == pytest.approx(0.5)
    assert levels.compared.tolist() == [5, 5]


def test_intervals_hold_the_true_shift_and_noise_is_left_alone():
    rng = np.random.default_rng(0)
    batch, material = _analyses(4, ["A", "B", "C"], 6)
    held, alarms = 0, 0
    for _ in range(100):
        values = rng.normal(0, 0.05, len(batch)) + 0.2 * (batch == 2)
        shifts = find_shifts([reference_levels(values, batch, 4, material)], np.full(4, 100))
        low, high = shifts.interval()
        held += low[0, 2] <= 0.2 <= high[0, 2]
        alarms += shifts.applied[0, [0, 1, 3]].any()
        assert shifts.applied[0, 2]
    # Of 100 intervals of 95 %; fewer than 88 or more than 11 alarms come by chance less than once in a hundred times.
    assert held >= 88
    assert alarms <= 11
