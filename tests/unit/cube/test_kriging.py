"""Kriging against GSTools, against two samples worked by hand, and against what must not change it."""

import gstools as gs
import numpy as np
import pytest
from geohalo.cube.inverse_distance import stretched
from geohalo.cube.kriging import krige
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_weights import kriging_weights

RNG = np.random.default_rng(1)
POINTS, VALUES, TARGETS = RNG.uniform(0, 100, (40, 2)), RNG.normal(size=40), RNG.uniform(-10, 110, (60, 2))


def model(family=gs.Exponential, nugget=0.2, ratio=1.0, bearing=0.0) -> gs.CovModel:
    anisotropy = {"anis": 1 / ratio, "angles": np.radians(90 - bearing)}
    return family(dim=2, var=1.3, len_scale=25, nugget=nugget, **anisotropy)


def test_two_samples_by_hand():
    """At a distance of 1 from one sample and 2 from the other, which are 3 apart, with covariance exp(-distance).

    The weights solve a + b exp(-3) + m = exp(-1), a exp(-3) + b + m = exp(-2), a + b = 1.
    """
    exponential = gs.Exponential(dim=2, var=1, len_scale=1)
    weights, variance = kriging_weights(np.array([[0.0, 0], [3, 0]]), np.array([[1.0, 0]]), exponential, 2)
    first = 0.5 + (np.exp(-1) - np.exp(-2)) / (2 * (1 - np.exp(-3)))
    np.testing.assert_allclose(weights, [[first, 1 - first]], rtol=1e-10)
    multiplier = np.exp(-1) - first - (1 - first) * np.exp(-3)
    error = 1 - first * np.exp(-1) - (1 - first) * np.exp(-2) - multiplier
    np.testing.assert_allclose(variance, [error], rtol=1e-10)


@pytest.mark.parametrize("family", [gs.Exponential, gs.Spherical])
@pytest.mark.parametrize("nugget", [0.0, 0.4])
@pytest.mark.parametrize(("ratio", "bearing"), [(1, 0), (3, 30)])
def test_all_samples_as_gstools_does_it(family, nugget, ratio, bearing):
    own = model(family, nugget, ratio, bearing)
    expected, spread = gs.krige.Ordinary(own, POINTS.T, VALUES)(TARGETS.T)
    weights, variance = kriging_weights(POINTS, TARGETS, own, 40)
    np.testing.assert_allclose(weights @ VALUES, expected, atol=1e-8)
    # GSTools tells the variance of a further sample, whose own noise comes on top.
    np.testing.assert_allclose(variance + nugget, spread, atol=1e-8)


def test_near_samples_as_gstools_does_it_one_by_one():
    own = model()
    weights, variance = kriging_weights(POINTS, TARGETS, own, 7)
    for target, row, spread in zip(TARGETS, weights, variance, strict=True):
        near = np.argsort(np.hypot(*(POINTS - target).T))[:7]
        expected = gs.krige.Ordinary(own, POINTS[near].T, VALUES[near])(target[:, None])
        assert row @ VALUES == pytest.approx(expected[0][0], abs=1e-8)
        assert spread + own.nugget == pytest.approx(expected[1][0], abs=1e-8)
        assert set(np.flatnonzero(row)) <= set(near)


def test_exact_at_the_samples_without_a_nugget_and_between_with_one():
    weights, variance = kriging_weights(POINTS, POINTS, model(nugget=0), 12)
    np.testing.assert_allclose(weights @ VALUES, VALUES, atol=1e-8)
    np.testing.assert_allclose(variance, 0, atol=1e-9)
    weights, variance = kriging_weights(POINTS, POINTS, model(nugget=0.4), 12)
    assert (weights.diagonal() < 1).all()
    assert (variance > 0.01).all()
    # The sample alone would leave the variance of its noise; neighbours help.
    assert (variance < 0.4).all()


@settings(max_examples=40)
@given(st.integers(1, 40), st.floats(0, 5), st.floats(1, 5), st.floats(0, 180), st.integers(0, 1000))
def test_weights_sum_to_one_and_more_samples_leave_less_variance(neighbours, nugget, ratio, bearing, seed):
    points = np.random.default_rng(seed).uniform(0, 100, (40, 2))
    own = model(nugget=nugget, ratio=ratio, bearing=bearing)
    weights, variance = kriging_weights(points, TARGETS, own, neighbours)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-9)
    assert (np.count_nonzero(weights, axis=1) == neighbours).all()
    _, least = kriging_weights(points, TARGETS, own, 40)
    assert (variance >= least - 1e-9).all()


def test_a_pure_nugget_is_the_mean_of_the_neighbours():
    weights, _ = kriging_weights(POINTS, TARGETS, gs.Exponential(dim=2, var=1e-9, len_scale=1, nugget=1), 8)
    np.testing.assert_allclose(weights[weights != 0].reshape(len(TARGETS), 8), 1 / 8, atol=1e-6)


@pytest.mark.parametrize("nugget", [0.0, 0.4])
def test_samples_at_one_place_share_its_weight(nugget):
    """As GSTools has it with noise; without, where GSTools' system is singular, as one sample with their mean."""
    points, values = np.vstack([POINTS, POINTS[:3], POINTS[:1]]), np.append(VALUES, [2.0, -1, 4, 3])
    own = model(nugget=nugget)
    weights, variance = kriging_weights(points, TARGETS, own, 44)
    if nugget:
        expected, spread = gs.krige.Ordinary(own, points.T, values)(TARGETS.T)
        np.testing.assert_allclose(variance + nugget, spread, atol=1e-8)
    else:
        merged = VALUES.copy()
        merged[:3] = (VALUES[0] + 2 + 3) / 3, (VALUES[1] - 1) / 2, (VALUES[2] + 4) / 2
        expected, _ = gs.krige.Ordinary(own, POINTS.T, merged)(TARGETS.T)
    np.testing.assert_allclose(weights @ values, expected, atol=1e-8)


@pytest.mark.parametrize("family", [gs.Exponential, gs.Spherical, gs.Gaussian])
@pytest.mark.parametrize("apart", [0.0, 1e-3, 0.02, 1.0])
def test_near_duplicates_with_other_values_are_harmless(family, apart):
    """Each sample twice, a millimetre to a metre apart on 40 km of ground, without noise.

    A Gaussian model takes the slope between two such samples for that of the ground, wherever it tells them apart.
    """
    points, targets = np.vstack([POINTS * 400, POINTS * 400 + [apart, 0]]), TARGETS * 400
    weights, variance = kriging_weights(points, targets, family(dim=2, var=1.3, len_scale=10_000), 12)
    assert np.isfinite(weights).all()
    assert np.isfinite(variance).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    if apart < 0.01 or family is not gs.Gaussian:
        once, alone = kriging_weights(POINTS * 400, targets, family(dim=2, var=1.3, len_scale=10_000), 6)
        assert np.abs(weights).max() < max(1.0, np.abs(once).max() * 1.01)
        assert (variance <= alone + 1e-3).all()


@settings(max_examples=25)
@given(
    st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)),
    st.sampled_from([0, 90, 180, 270]),
    st.floats(1, 4),
    st.floats(0, 180),
)
def test_moved_and_turned_ground_gives_the_same_map(shift, turn, ratio, bearing):
    """A quarter turn counter-clockwise takes 90 degrees off the bearing of the long axis."""
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    turned = np.array([[cos, sin], [-sin, cos]])
    weights, variance = kriging_weights(POINTS, TARGETS, model(ratio=ratio, bearing=bearing), 12)
    own = model(ratio=ratio, bearing=bearing - turn)
    again, spread = kriging_weights(POINTS @ turned + shift, TARGETS @ turned + shift, own, 12)
    np.testing.assert_allclose(again @ VALUES, weights @ VALUES, atol=1e-6)
    np.testing.assert_allclose(spread, variance, atol=1e-6)


def test_an_ellipse_is_a_circle_in_stretched_coordinates():
    ellipse, _ = kriging_weights(POINTS, TARGETS, model(ratio=3, bearing=30), 12)
    circle, _ = kriging_weights(stretched(POINTS, 3, 30), stretched(TARGETS, 3, 30), model(), 12)
    np.testing.assert_allclose(ellipse, circle, atol=1e-9)


def test_elements_together_as_one_by_one():
    values = np.column_stack([VALUES, VALUES[::-1], VALUES**2])
    values[:9, 1] = np.nan
    models = [model(nugget=0.1), model(gs.Spherical), model(nugget=0)]
    estimate, variance = krige(POINTS, values, TARGETS, models, 9)
    for k in range(3):
        there = ~np.isnan(values[:, k])
        weights, spread = kriging_weights(POINTS[there], TARGETS, models[k], 9)
        np.testing.assert_allclose(estimate[:, k], weights @ values[there, k], atol=1e-10)
        np.testing.assert_allclose(variance[:, k], spread, atol=1e-12)


def test_blocks_of_cells_do_not_show(monkeypatch):
    whole = krige(POINTS, VALUES[:, None], TARGETS, [model()], 12)
    weights, _ = kriging_weights(POINTS, TARGETS, model(), 12)
    monkeypatch.setattr("geohalo.cube.neighbourhoods.BLOCK_BYTES", 8 * 12 * 12 * 7)
    for one, other in zip(krige(POINTS, VALUES[:, None], TARGETS, [model()], 12), whole, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(kriging_weights(POINTS, TARGETS, model(), 12)[0], weights)
