"""Variograms: estimated as by hand, and fitted back to the fields that they were drawn from."""

import gstools as gs
import numpy as np
import pytest
from geohalo.cube.inverse_distance import stretched
from geohalo.cube.variogram import (
    MOST_SAMPLES,
    PATCH,
    Variogram,
    _few,
    empirical_variogram,
    fit_variogram,
    sample_spacing,
)


def field(seed: int, points: np.ndarray, length: float, nugget: float, ratio=1.0, bearing=0.0) -> np.ndarray:
    own = Variogram("exponential", 0.0, 1.0, length).model(ratio, bearing)
    noise = np.sqrt(nugget) * np.random.default_rng(seed).normal(size=len(points))
    return gs.SRF(own, seed=seed)(points.T) + noise


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return np.random.default_rng(3).uniform(0, 100_000, (1100, 2))


def test_semivariance_by_hand():
    """Cressie and Hawkins' estimator: mean square root of the differences, to the fourth power, over its bias."""
    points = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0]])
    values = np.array([0.0, 1, 5, 5])
    lag, gamma = empirical_variogram(points, values)
    roots = np.sqrt([1.0, 4, 0])
    bias = 0.457 + 0.494 / 3 + 0.045 / 9
    assert gamma[0] == pytest.approx(roots.mean() ** 4 / bias / 2, rel=1e-6)
    assert lag[0] == pytest.approx(1, rel=0.05)


def test_range_of_each_family():
    """The exponential model reaches 95 % at three lengths, the spherical one where 1.5 h - 0.5 h³ is 0.95."""
    assert Variogram("exponential", 0.1, 0.9, 1000).range == pytest.approx(2995.7, abs=1)
    spherical = min(np.roots([-0.5, 0, 1.5, -0.95]).real, key=lambda root: abs(root - 0.8))
    assert Variogram("spherical", 0.1, 0.9, 1000).range == pytest.approx(1000 * spherical, rel=1e-3)
    assert Variogram("gaussian", 0.1, 0.9, 1000).sill == pytest.approx(1.0)


def test_the_long_axis_lies_along_its_bearing():
    own = Variogram("exponential", 0.2, 1.0, 1000).model(4, 90)
    assert own.cov_spatial([[1000.0], [0]]) == pytest.approx(np.exp(-1))
    assert own.cov_spatial([[0.0], [250]]) == pytest.approx(np.exp(-1))


def test_fields_get_their_variogram_back(points):
    """Mean over fields: one field of 100 km tells its sill to some 15 %."""
    fits = [fit_variogram(points, field(seed, points, 8000, 0.5)) for seed in range(12)]
    assert np.mean([fit.nugget for fit in fits]) == pytest.approx(0.5, abs=0.1)
    assert np.mean([fit.sill for fit in fits]) == pytest.approx(1.5, abs=0.2)
    assert np.median([fit.range for fit in fits]) == pytest.approx(24_000, rel=0.3)


def test_a_few_outliers_hardly_matter(points):
    values = field(1, points, 8000, 0.2)
    wild = values.copy()
    wild[::50] += 10
    clean, spoilt = fit_variogram(points, values), fit_variogram(points, wild)
    # Two in a hundred outliers of ten would add 2 to the sill of an estimator that squares.
    assert spoilt.sill < clean.sill + 0.5


def test_units_make_no_difference(points):
    values = field(2, points, 8000, 0.3)
    one, other = fit_variogram(points, values), fit_variogram(points / 1000, 10 * values + 3)
    assert other.nugget == pytest.approx(100 * one.nugget, rel=1e-3)
    assert other.sill == pytest.approx(100 * one.sill, rel=1e-3)
    assert other.length == pytest.approx(one.length / 1000, rel=1e-3)


def test_anisotropy_is_undone_by_stretching(points):
    values = field(4, points, 12_000, 0.0, ratio=3, bearing=60)
    along = fit_variogram(stretched(points, 3, 60), values)
    across = fit_variogram(stretched(points, 3, 150), values)
    assert along.range > 1.5 * across.range


def test_the_best_family_is_that_of_the_field():
    """A smooth field is told from one that is rough at the origin."""
    points = np.random.default_rng(5).uniform(0, 50_000, (1100, 2))
    smooth = gs.SRF(gs.Gaussian(dim=2, var=1, len_scale=6000), seed=1)(points.T)
    rough = gs.SRF(gs.Exponential(dim=2, var=1, len_scale=6000), seed=1)(points.T)
    assert fit_variogram(points, smooth, "fit").family == "gaussian"
    assert fit_variogram(points, rough, "fit").family != "gaussian"
    # A Gaussian model never goes without a nugget.
    assert fit_variogram(points, smooth, "gaussian").nugget > 0


def test_scaling_leaves_the_shape():
    scaled = Variogram("spherical", 0.2, 0.6, 900).scaled(2.5)
    assert scaled == Variogram("spherical", 0.5, 1.5, 900)


@pytest.mark.parametrize("values", [np.zeros(60), np.full(60, 3.3)])
def test_values_that_do_not_vary_have_a_variogram_all_the_same(points, values):
    fitted = fit_variogram(points[:60], values)
    assert 0 < fitted.sill < 1e-6
    assert fitted.length > 0


@pytest.mark.parametrize("samples", [1, 2, 3, 5])
def test_very_few_samples_have_one_too(points, samples):
    fitted = fit_variogram(points[:samples], np.arange(samples, dtype=float))
    assert fitted.partial_sill > 0
    assert np.isfinite([fitted.nugget, fitted.length]).all()


def test_large_surveys_are_thinned_near_and_far():
    points = np.random.default_rng(6).uniform(0, 1e6, (50_000, 2))
    chosen = _few(points)
    assert len(chosen) == len(set(chosen)) <= MOST_SAMPLES
    spacing = sample_spacing(points)
    near = [np.sort(np.hypot(*(points[chosen] - points[k]).T))[1] for k in chosen]
    # Half of them have neighbours as near as the survey has, the others are spread over it.
    assert 0.3 < np.mean(np.array(near) < 2 * spacing) < 0.7
    assert np.ptp(points[chosen], axis=0) == pytest.approx([1e6, 1e6], rel=0.05)
    assert PATCH < MOST_SAMPLES


def test_spacing_of_a_lattice_with_duplicates():
    x, y = np.meshgrid(np.arange(10) * 500.0, np.arange(10) * 500.0)
    lattice = np.column_stack([x.ravel(), y.ravel()])
    assert sample_spacing(np.vstack([lattice, lattice[:20]])) == 500
    assert sample_spacing(lattice[:1]) == 1
