"""Realisations: through the samples, in the mean the kriged map, in their spread its variance, elements together."""

import gstools as gs
import numpy as np
import pytest
from geohalo.cube.grid import Grid
from geohalo.cube.realisations import SMALLEST, error_correlation, left_out_residuals, realise
from sample_weights import kriging_weights

CELL = 1000.0
NEIGHBOURS = 8
ROWS, COLUMNS = 14, 17
GRID = Grid(np.arange(COLUMNS) * CELL + 500, np.arange(ROWS)[::-1] * CELL + 500)
MASK = np.ones((ROWS, COLUMNS), dtype=bool)
MASK[:3, :4] = False
EXACT = gs.Exponential(dim=2, var=0.5, len_scale=4000.0)
TURNED = {"anis": 0.5, "angles": np.radians(30)}
STRETCHED = gs.Exponential(dim=2, var=0.5, len_scale=6000.0, **TURNED)
NOISY = gs.Exponential(dim=2, var=0.5, len_scale=6000.0, nugget=0.3, **TURNED)
GENERATOR = np.random.default_rng(5)
POINTS = GENERATOR.uniform([0, 0], [COLUMNS * CELL, ROWS * CELL], (60, 2))
VALUES = GENERATOR.normal(size=(60, 2))
VALUES[7:20, 1] = np.nan
TOGETHER = np.array([[1, 0.7], [0.7, 1]])


def draws(models, correlation, number, values=VALUES, points=POINTS):
    """Realisations (number, elements, cells)."""
    arguments = (points, values, GRID, MASK, models, correlation, NEIGHBOURS)
    return np.stack([realise(*arguments, realisation) for realisation in range(number)])


def test_realisations_run_through_samples_without_a_nugget():
    centres = GRID.centres(MASK)
    chosen = np.random.default_rng(0).choice(len(centres), 40, replace=False)
    values = np.random.default_rng(1).normal(size=(40, 2))
    found = draws([EXACT, EXACT], TOGETHER, 3, values, centres[chosen])
    np.testing.assert_allclose(
        found[:, :, chosen], np.broadcast_to(values.T, (3, 2, 40)), atol=1e-4 * np.sqrt(EXACT.var)
    )
    others = np.delete(found, chosen, axis=2)
    assert others.std(axis=0).min() > 0.01


def test_mean_is_the_kriged_map_and_variance_that_of_kriging():
    """Over 400 realisations; samples anywhere, anisotropic elements, one with a nugget and missing values."""
    number, models = 400, [STRETCHED, NOISY]
    found = draws(models, TOGETHER, number)
    for k, model in enumerate(models):
        present = ~np.isnan(VALUES[:, k])
        weights, variance = kriging_weights(POINTS[present], GRID.centres(MASK), model, NEIGHBOURS)
        # In standard errors of a mean and of a variance: 4.5 of them is the most to be expected of 226 cells.
        error = (found[:, k].mean(axis=0) - weights @ VALUES[present, k]) / np.sqrt(variance / number)
        assert np.abs(error).max() < 4.5
        ratio = found[:, k].var(axis=0, ddof=1) / variance
        assert np.abs(ratio - 1).max() < 4.5 * np.sqrt(2 / number)
        # Of all cells together the error is about 0.01.
        assert np.mean(ratio) == pytest.approx(1, abs=0.04)


def test_a_realisation_is_as_rough_as_the_variogram_and_the_kriged_map_is_not():
    points, values = POINTS[:5], np.zeros((5, 1))
    found = draws([EXACT], np.eye(1), 300, values, points)[:, 0]
    maps = np.full((300, ROWS, COLUMNS), np.nan)
    maps[:, MASK] = found
    for lag in (1, 2, 4):
        steps = maps[:, :, lag:] - maps[:, :, :-lag]
        # Five samples tell next to nothing of steps between cells; 300 maps of about 200 steps.
        assert np.nanmean(steps**2) / 2 == pytest.approx(EXACT.variogram(lag * CELL), rel=0.1)


def test_elements_err_together_as_asked():
    found = draws([EXACT, EXACT], TOGETHER, 200, VALUES[:, [0, 0]])
    errors = found - found.mean(axis=0)
    correlation = (errors[:, 0] * errors[:, 1]).mean(axis=0) / errors.std(axis=0).prod(axis=0)
    # Standard error of a correlation of 0.7 over 200 draws: 0.036.
    assert np.abs(correlation - 0.7).max() < 4.5 * 0.036
    assert correlation.mean() == pytest.approx(0.7, abs=0.02)


def test_the_same_number_draws_the_same_and_another_another():
    first, again = (draws([STRETCHED, NOISY], TOGETHER, 2) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first[0] - first[1]).min(axis=1).max() > 0
    assert np.corrcoef(first[0, 0], first[1, 0])[0, 1] < 0.99
    # What comes after an element does not change it.
    alone = draws([STRETCHED], np.eye(1), 2, VALUES[:, :1])
    np.testing.assert_allclose(first[:, 0], alone[:, 0], atol=1e-5)


def test_samples_are_left_out_where_they_are_estimated():
    """A lone value is estimated from the others, a field without differences rightly, a missing one not at all."""
    values = np.full((60, 3), 2.0)
    values[10, 0] = 5.0
    values[20:25, 2] = np.nan
    found = left_out_residuals(POINTS, values, [EXACT] * 3, NEIGHBOURS)
    assert found.shape == (60, 3)
    assert np.nanmax(found[:, 0]) == pytest.approx(3)
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-12)
    assert np.isnan(found[:, 2]).sum() == 5
    far = left_out_residuals(POINTS, values + np.array([0, 7, -3]), [EXACT] * 3, NEIGHBOURS)
    np.testing.assert_allclose(far, found, atol=1e-12)


def test_few_samples_have_residuals_as_well():
    found = left_out_residuals(POINTS[:2], VALUES[:2], [EXACT] * 2, NEIGHBOURS)
    np.testing.assert_allclose(found[0], -found[1])


def test_correlation_of_ranks_is_that_of_the_normal_distribution():
    wanted = np.array([[1, 0.8, -0.4], [0.8, 1, 0], [-0.4, 0, 1]])
    normal = np.random.default_rng(0).multivariate_normal(np.zeros(3), wanted, 20_000)
    # A rank does not care what it is the rank of, and little for a handful of outliers.
    residuals = np.exp(normal)
    residuals[:20] = 1e9
    residuals[100:300, 1] = np.nan
    np.testing.assert_allclose(error_correlation(residuals), wanted, atol=0.03)


def test_correlations_that_contradict_each_other_are_shrunk():
    """Three pairs, each known from other samples: a with b +, b with c +, a with c -; smallest eigenvalue -1."""
    up, none = np.arange(10.0), np.full(10, np.nan)
    residuals = np.column_stack(
        [
            np.concatenate([up, none, up]),
            np.concatenate([up, up, none]),
            np.concatenate([none, up, -up]),
        ]
    )
    found = error_correlation(residuals)
    # 1 - 2 s = SMALLEST for s the shrunk correlation.
    shrunk = (1 - SMALLEST) / 2
    np.testing.assert_allclose(
        found, np.array([[1, shrunk, -shrunk], [shrunk, 1, shrunk], [-shrunk, shrunk, 1]])
    )
    assert np.linalg.eigvalsh(found)[0] == pytest.approx(SMALLEST)


def test_elements_without_a_pair_or_a_difference_are_independent():
    residuals = np.full((20, 3), np.nan)
    residuals[:10, 0] = residuals[10:, 1] = np.arange(10)
    residuals[:, 2] = 3.0
    np.testing.assert_array_equal(error_correlation(residuals), np.eye(3))
    np.testing.assert_array_equal(error_correlation(np.arange(5.0)[:, None]), np.eye(1))
