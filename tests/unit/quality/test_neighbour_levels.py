"""Levels of batches from neighbouring samples."""

import geohalo.quality.neighbour_levels as module
import numpy as np
import pytest
from geohalo.cube.variogram import Variogram
from geohalo.quality.neighbour_levels import (
    default_distance,
    earlier_neighbours,
    innovations,
    neighbour_levels,
    stretches,
)
from level_tables import logs, sheets
from scipy.spatial.distance import cdist


def _levels(points, values, codes, distance=6000.0):
    near = earlier_neighbours(points, distance)
    return neighbour_levels(points, values, codes, int(codes.max()) + 1, near)


def test_a_shift_without_noise_is_found_exactly():
    points, codes = sheets(10, 5)
    levels = _levels(points, np.where(codes == 2, 3.7, 3.0), codes)
    np.testing.assert_allclose(levels.level[2] - levels.level[[0, 1, 3]], 0.7, atol=1e-6)


def test_a_known_shift_changes_the_levels_by_itself():
    points, codes = sheets(12, 6)
    values = logs(points, 1)[:, 0]
    one, other = _levels(points, values, codes), _levels(points, values + 0.8 * (codes == 1), codes)
    moved = other.level - one.level
    # The variogram, from which the shift was taken off, is the same but for the second round's rounding.
    np.testing.assert_allclose(moved[1] - moved[[0, 2, 3]], 0.8, atol=0.02)


def test_levels_agree_with_generalised_least_squares(monkeypatch):
    points, codes = sheets(8, 4)
    n = len(points)
    monkeypatch.setattr(module, "NEIGHBOURS", n)
    monkeypatch.setattr(module, "LOOKED_AT", n)
    variogram = Variogram("exponential", 0.3, 0.7, 3000.0)
    covariance = 0.7 * np.exp(-cdist(points, points) / 3000.0) + 0.3 * np.eye(n)
    values = np.linalg.cholesky(covariance) @ np.random.default_rng(1).normal(size=n)
    near = earlier_neighbours(points, 1e6)
    # All earlier samples are neighbours, so that nothing is left out: the first has none.
    rows = np.flatnonzero((near.index >= 0).any(axis=1))
    chosen = module._nearest_known(near.index, np.ones(n, dtype=bool))
    design, errors = innovations(points, values, codes, 4, variogram, rows, chosen[rows])
    equations = (design.T @ design).toarray()
    dummies = np.eye(4)[codes]
    full = np.column_stack([dummies, np.ones(n)])
    weighted = np.linalg.solve(covariance, full)
    normal, right = full.T @ weighted, weighted.T @ values
    # The unknown mean taken out.
    expected = normal[:4, :4] - np.outer(normal[:4, 4], normal[4, :4]) / normal[4, 4]
    np.testing.assert_allclose(equations, expected, atol=1e-6)
    np.testing.assert_allclose(
        design.T @ errors, right[:4] - normal[:4, 4] * right[4] / normal[4, 4], atol=1e-6
    )


def test_standard_errors_hold_over_surveys():
    # Two sheets of ground without a shift: the difference over its error is standard normal.
    points, codes = sheets(10, 5)
    codes = (codes % 2).astype(np.int64)
    covariance = 0.5 * np.exp(-cdist(points, points) / 2500.0) + 0.2 * np.eye(len(points))
    root, rng, near = (
        np.linalg.cholesky(covariance),
        np.random.default_rng(0),
        earlier_neighbours(points, 6000.0),
    )
    ratios = []
    for _ in range(60):
        levels = neighbour_levels(points, root @ rng.normal(size=len(points)), codes, 2, near)
        ratios.append((levels.level[0] - levels.level[1]) * np.sqrt(levels.precision[0, 0]))
    # The standard deviation of 60 has a standard error of 0.09.
    assert 0.75 < np.std(ratios) < 1.35
    assert abs(np.mean(ratios)) < 0.45


def test_a_batch_apart_and_one_of_few_samples_are_told():
    points, codes = sheets(10, 5)
    far = np.concatenate([points, points[:20] + 1e6, points[:3] + 50.0])
    batch = np.concatenate([codes, np.full(20, 4), np.full(3, 5)])
    levels = _levels(far, logs(far, 1)[:, 0], batch)
    assert levels.network.tolist() == [0, 0, 0, 0, -1, -1]
    assert np.isnan(levels.level[4:]).all()
    assert levels.compared[4] == 0
    assert levels.compared[5] > 0


def test_missing_values_and_rows_without_a_batch_count_for_nothing():
    points, codes = sheets(10, 5)
    values = np.where(codes == 2, 3.7, 3.0)
    values[::7] = np.nan
    lost = codes.copy()
    lost[3::11] = -1
    values[3::11] = 99.0
    levels = _levels(points, values, lost)
    np.testing.assert_allclose(levels.level[2] - levels.level[0], 0.7, atol=1e-6)


def test_the_order_of_the_file_does_not_matter():
    points, codes = sheets(10, 5)
    values, order = logs(points, 1)[:, 0], np.random.default_rng(2).permutation(len(points))
    one, other = _levels(points, values, codes), _levels(points[order], values[order], codes[order])
    np.testing.assert_allclose(one.level, other.level, atol=1e-3)


def test_neighbours_come_before_and_lie_near():
    points, _ = sheets(10, 5)
    near = earlier_neighbours(points, 2500.0)
    there = near.index >= 0
    number = np.broadcast_to(np.arange(len(points))[:, None], near.index.shape)[there]
    pairs = {tuple(pair) for pair in np.column_stack([number, near.index[there]]).tolist()}
    assert not any((second, first) in pairs for first, second in pairs)
    # Each pair of samples within the distance is there once.
    every = np.argwhere(np.triu(cdist(points, points) <= 2500.0, k=1))
    assert len(pairs) == len(every)


def test_default_distance_is_six_spacings():
    lattice = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2) * 500
    assert default_distance(lattice) == pytest.approx(3000)


def test_stretches_are_squares_in_which_a_batch_is_compared():
    codes, rows = np.array([0, 1, 1, 2]), np.array([0, 1, 3])
    chosen = np.array([[1, -1], [2, -1], [-1, -1], [0, 1]])
    # Sample 0 meets batch 1 in square 7; sample 3 meets batches 0 and 1 in square 9; sample 1 meets its own alone.
    assert stretches(np.array([7, 8, 9]), codes, rows, chosen, 3).tolist() == [2, 3, 1]
