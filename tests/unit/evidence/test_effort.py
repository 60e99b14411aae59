"""Exploration effort: the density of samples in closed form, and percentiles against brute force."""

import numpy as np
import pytest
from geohalo.evidence.effort import effort_percentiles
from geohalo.evidence.ranks import percentile_rank
from geohalo.evidence.sample_density import DENSITY_NEIGHBOURS, minus_distance, sample_density


def test_density_is_the_number_of_samples_over_the_circle_through_the_last():
    # 12 samples on a circle of 2 km around the first cell, and many far away.
    angle = 2 * np.pi * np.arange(DENSITY_NEIGHBOURS) / DENSITY_NEIGHBOURS
    ring = 2000 * np.column_stack([np.cos(angle), np.sin(angle)])
    far = np.random.default_rng(0).uniform(50_000, 60_000, (40, 2))
    found = sample_density(np.vstack([ring, far]), np.array([[0.0, 0.0]]), 500.0)
    assert found == pytest.approx([12 / (np.pi * 4)])


def test_density_of_a_regular_survey_is_that_of_its_spacing():
    x, y = np.meshgrid(1000.0 * np.arange(80), 1000.0 * np.arange(80))
    samples = np.column_stack([x.ravel(), y.ravel()])
    inside = np.random.default_rng(1).uniform(20_000, 60_000, (2000, 2))
    # One for each km2 in the mean; a circle through a sample holds up to a few more or less than its area.
    assert sample_density(samples, inside, 500.0).mean() == pytest.approx(1.0, abs=0.15)
    # From a corner the distances are 0, 1, 1, the roots of 2, 4, 4, 5, 5, 8, 9, 9 and 10 km, the twelfth: three
    # quarters of its circle lie outside.
    corner = sample_density(samples, np.array([[0.0, 0.0]]), 500.0)
    assert corner == pytest.approx([12 / (np.pi * 10)])


def test_few_samples_and_samples_at_one_place():
    # Of three samples the last counts; a circle is at least half a cell wide.
    three = np.array([[0.0, 0.0], [1000.0, 0.0], [3000.0, 0.0]])
    assert sample_density(three, np.zeros((1, 2)), 100.0) == pytest.approx([3 / (np.pi * 9)])
    same = np.zeros((20, 2))
    assert sample_density(same, np.zeros((1, 2)), 1000.0) == pytest.approx([12 / (np.pi * 0.25)])


def test_the_order_of_the_density_is_that_of_the_control():
    rng = np.random.default_rng(2)
    samples, cells = rng.uniform(0, 9000, (300, 2)), rng.uniform(0, 9000, (500, 2))
    control = minus_distance(samples, cells, DENSITY_NEIGHBOURS)
    brute = np.sort(np.linalg.norm(cells[:, None] - samples, axis=2), axis=1)[:, DENSITY_NEIGHBOURS - 1]
    np.testing.assert_allclose(-control, brute)
    density = sample_density(samples, cells, 1.0)
    np.testing.assert_array_equal(np.argsort(density, kind="stable"), np.argsort(control, kind="stable"))


def test_percentiles_are_shares_of_ground_with_less():
    values = np.array([[5.0, 0.0, np.nan], [0.0, 7.0, 5.0]])
    np.testing.assert_allclose(effort_percentiles(values), [[40, 0, np.nan], [0, 80, 40]])
    random = np.random.default_rng(3).integers(0, 30, 400).astype(float)
    brute = [100 * np.mean(random < one) for one in random]
    np.testing.assert_allclose(effort_percentiles(random), brute)
    assert np.isnan(effort_percentiles(np.full(3, np.nan))).all()
    # Without ties they differ from the ranks of the score by half a cell.
    distinct = np.random.default_rng(4).permutation(50).astype(float)
    np.testing.assert_allclose(effort_percentiles(distinct), 100 * percentile_rank(distinct) - 1)
