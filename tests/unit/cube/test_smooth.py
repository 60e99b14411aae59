"""The smoothing spline against SciPy's, against planes, and on ground where SciPy finds no solution."""

import numpy as np
import pytest
from geohalo.cube.smooth import smooth
from geohalo.cube.variogram import sample_spacing
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sample_weights import smooth_weights
from scipy.interpolate import RBFInterpolator

RNG = np.random.default_rng(2)
POINTS, VALUES, TARGETS = RNG.uniform(0, 100, (60, 2)), RNG.normal(size=60), RNG.uniform(-10, 110, (50, 2))


@pytest.mark.parametrize("smoothing", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("neighbours", [8, 20, 60])
def test_as_scipy_does_it(smoothing, neighbours):
    unit = sample_spacing(POINTS)
    expected = RBFInterpolator(POINTS / unit, VALUES, neighbors=neighbours, smoothing=smoothing, degree=1)
    weights = smooth_weights(POINTS, TARGETS, neighbours, smoothing)
    np.testing.assert_allclose(weights @ VALUES, expected(TARGETS / unit), atol=1e-6)


@settings(max_examples=40)
@example(4, 1000.0, (0.0, 0.0, 10.0))
@given(st.integers(4, 60), st.floats(0, 1000), st.tuples(*[st.floats(-10, 10)] * 3))
def test_a_plane_stays_a_plane(neighbours, smoothing, plane):
    level, east, north = plane
    weights = smooth_weights(POINTS, TARGETS, neighbours, smoothing)
    found = weights @ (level + POINTS @ [east, north])
    np.testing.assert_allclose(found, level + TARGETS @ [east, north], atol=1e-3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-9)


def test_through_the_samples_or_past_them():
    assert smooth_weights(POINTS, POINTS, 12, 0.0) @ VALUES == pytest.approx(VALUES, abs=1e-8)
    # A very stiff spline is the plane of least squares.
    stiff = smooth_weights(POINTS, TARGETS, 60, 1e7) @ VALUES
    design = np.column_stack([np.ones(60), POINTS])
    plane = np.linalg.lstsq(design, VALUES)[0]
    np.testing.assert_allclose(stiff, np.column_stack([np.ones(50), TARGETS]) @ plane, atol=1e-3)


@pytest.mark.parametrize("neighbours", [1, 2, 3, 12])
def test_samples_along_a_line_tell_no_slope_across_it(neighbours):
    along = np.arange(20.0)
    points = np.column_stack([along * 3, along * 4])
    targets = np.array([[30.0, 40.0], [30.0 + 8, 40.0 - 6]])
    on, beside = smooth_weights(points, targets, neighbours, 1.0) @ along
    assert on == pytest.approx(10, abs=1e-6)
    assert beside == pytest.approx(10, abs=1e-4)


def test_scipy_does_not_fit_samples_along_a_line():
    """Why there is a fit of our own."""
    points = np.column_stack([np.arange(20.0), np.zeros(20)])
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        RBFInterpolator(points, np.arange(20.0), neighbors=12, degree=1)(points)
    np.testing.assert_allclose(
        smooth_weights(points, points, 12, 1.0) @ np.arange(20.0), np.arange(20.0), atol=1e-6
    )


@pytest.mark.parametrize("apart", [0.0, 1e-3])
def test_samples_at_one_place_count_as_many(apart):
    """The spline that SciPy fits with a third of the smoothing at a place of three samples."""
    points = np.vstack([POINTS, POINTS[:1] + np.array([apart, 0]), POINTS[:1] - np.array([apart, 0])])
    values = np.append(VALUES, [3.0, -5.0])
    merged = VALUES.copy()
    merged[0] = (VALUES[0] + 3 - 5) / 3
    unit = sample_spacing(POINTS)
    own = np.where(np.arange(60) == 0, 2 / 3, 2.0)
    expected = RBFInterpolator(POINTS / unit, merged, neighbors=60, smoothing=own, degree=1)(TARGETS / unit)
    found = smooth(points, values[:, None], TARGETS, 60, 2.0)[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_elements_take_the_samples_that_they_have():
    values = np.column_stack([VALUES, VALUES**2])
    values[::4, 0] = np.nan
    found = smooth(POINTS, values, TARGETS, 10, 1.0)
    for k in range(2):
        there = ~np.isnan(values[:, k])
        alone = smooth_weights(POINTS[there], TARGETS, 10, 1.0) @ values[there, k]
        np.testing.assert_allclose(found[:, k], alone, atol=1e-9)


def test_units_and_places_make_no_difference():
    found = smooth(POINTS, VALUES[:, None], TARGETS, 12, 1.0)
    moved = smooth(POINTS * 1000 + [5e5, 6e6], VALUES[:, None], TARGETS * 1000 + [5e5, 6e6], 12, 1.0)
    np.testing.assert_allclose(moved, found, atol=1e-5)
