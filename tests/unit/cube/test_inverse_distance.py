"""Inverse-distance weighting against numbers worked by hand and against brute force."""

import tracemalloc

import numpy as np
import pytest
from geohalo.cube import inverse_distance as module
from geohalo.cube.inverse_distance import (
    interpolate,
    missing_patterns,
    stretched,
    working_memory,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_weights import idw_weights
from scipy.spatial import cKDTree


def brute_force(points, values, targets, neighbours, power):
    """Interpolate one element cell by cell; at equal distance the first samples count, at distance 0 their mean."""
    there = np.flatnonzero(~np.isnan(values))
    result = np.full(len(targets), np.nan)
    for cell, target in enumerate(targets if there.size else []):
        distance = np.sqrt(((points[there] - target) ** 2).sum(axis=1))
        near = np.lexsort((there, distance))[:neighbours]
        distance, value = distance[near], values[there[near]]
        if distance[0] == 0:
            result[cell] = value[distance == 0].mean()
        else:
            weight = (distance[0] / distance) ** power
            result[cell] = (weight * value).sum() / weight.sum()
    return result


def scattered(rng, shape, share=0.3):
    """Return random values, a share of them missing at random."""
    values = rng.normal(size=shape)
    values[rng.random(shape) < share] = np.nan
    return values


def test_weights_by_hand():
    """Distances 1, 2 and 4 with power 2 weigh 1, 1/4 and 1/16, that is 16, 4 and 1 of 21."""
    points = np.array([[1.0, 0.0], [0.0, 2.0], [-4.0, 0.0]])
    weights = idw_weights(points, np.zeros((1, 2)), neighbours=3, power=2)
    np.testing.assert_allclose(weights, [[16 / 21, 4 / 21, 1 / 21]], rtol=1e-12)


def test_only_the_nearest_count():
    points = np.array([[1.0, 0.0], [0.0, 2.0], [-4.0, 0.0]])
    weights = idw_weights(points, np.zeros((1, 2)), neighbours=2, power=1)
    np.testing.assert_allclose(weights, [[2 / 3, 1 / 3, 0]], rtol=1e-12)


def test_exact_at_the_samples():
    rng = np.random.default_rng(1)
    points, values = rng.uniform(0, 100, (40, 2)), rng.normal(size=(40, 3))
    np.testing.assert_array_equal(interpolate(points, values, points, neighbours=8), values)


def test_two_samples_at_one_place():
    """A cell there takes their mean, one elsewhere weights both, and where one has no value the other counts alone."""
    points = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 0.0]])
    values = np.array([[1.0, 1.0], [3.0, np.nan], [9.0, 9.0]])
    result = interpolate(points, values, np.array([[0.0, 0.0], [1.0, 0.0]]))
    # At distances 1, 1 and 2 the weights are 4, 4 and 1 of 9, and 4 and 1 of 5.
    np.testing.assert_allclose(result, [[2, 1], [25 / 9, 13 / 5]], rtol=1e-12)


@given(st.integers(1, 12), st.floats(0.5, 6), st.integers(0, 1000))
def test_between_least_and_greatest(neighbours, power, seed):
    """Weights are positive and sum to 1, so that no value leaves the range of the samples and a constant stays one."""
    rng = np.random.default_rng(seed)
    points, values = rng.uniform(0, 1e6, (20, 2)), rng.normal(size=(20, 1))
    targets = rng.uniform(-1e5, 1.1e6, (30, 2))
    weights = idw_weights(points, targets, neighbours=neighbours, power=power)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    result = interpolate(points, values, targets, neighbours, power)
    assert values.min() - 1e-9 <= result.min()
    assert result.max() <= values.max() + 1e-9


@pytest.mark.parametrize(("samples", "side"), [(30, 8), (40, 50), (2000, 20)])
def test_against_brute_force(samples, side):
    """Cells thin and dense against samples, which take different ways to their neighbours."""
    rng = np.random.default_rng(3)
    points, values = rng.uniform(0, side, (samples, 2)), rng.normal(size=(samples, 2))
    targets = np.column_stack([a.ravel() for a in np.mgrid[:side, :side]]) + 0.5
    expected = [brute_force(points, column, targets, 7, 2.5) for column in values.T]
    np.testing.assert_allclose(
        interpolate(points, values, targets, 7, 2.5), np.transpose(expected), rtol=1e-10
    )


def test_large_powers_do_not_underflow():
    """Only the nearest sample counts, a million metres away as well."""
    points, values = np.array([[1e6, 0.0], [0.0, 3e6]]), np.array([[1.0], [2.0]])
    assert interpolate(points, values, np.zeros((1, 2)), power=80)[0, 0] == 1


def test_patterns_share_a_search():
    values = np.array([[1, np.nan, 3, np.nan], [1, 2, 3, 4]])
    groups = {tuple(elements): present.tolist() for present, elements in missing_patterns(values)}
    assert groups == {(0, 2): [True, True], (1, 3): [False, True]}


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(6, 50),
    neighbours=st.integers(1, 14),
    power=st.floats(0.5, 6),
    lattice=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_scattered_missing_values_change_nothing(samples, neighbours, power, lattice, seed):
    """Each element equals its own interpolation, also with coincident samples, ties and fewer samples than neighbours.

    One element is missing nearly everywhere, one nowhere, one altogether.
    """
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 5, (samples, 2)).astype(float) if lattice else rng.uniform(0, 5, (samples, 2))
    values = scattered(rng, (samples, 9))
    values[1:, 6], values[:, 7] = np.nan, rng.normal(size=samples)
    values[:, 8] = np.nan
    targets = np.vstack([np.argwhere(np.ones((5, 5))).astype(float), rng.uniform(0, 5, (10, 2)), points[:5]])
    assert len(module._groups(values)[1]) >= 5 or samples < 20
    together = interpolate(points, values, targets, neighbours, power)
    for element, column in enumerate(values.T):
        expected = brute_force(points, column, targets, neighbours, power)
        np.testing.assert_allclose(together[:, element], expected, rtol=1e-9, atol=1e-12)
        there = ~np.isnan(column)
        if there.any():
            alone = interpolate(points[there], column[there, None], targets, neighbours, power)[:, 0]
            np.testing.assert_allclose(together[:, element], alone, rtol=1e-12, atol=1e-14)


def test_scattered_values_need_one_tree(monkeypatch):
    """Cells that find too few samples, and those that coincide with one, are not searched for element by element."""
    rng = np.random.default_rng(8)
    points = rng.uniform(0, 20, (400, 2))
    values, targets = scattered(rng, (400, 8)), np.vstack([rng.uniform(0, 20, (900, 2)), points[:50]])
    expected = np.transpose([brute_force(points, column, targets, 12, 2.0) for column in values.T])
    trees = []
    monkeypatch.setattr(module, "cKDTree", lambda places: trees.append(len(places)) or cKDTree(places))
    np.testing.assert_allclose(interpolate(points, values, targets), expected, rtol=1e-10, atol=1e-12)
    assert trees == [400]


def test_few_elements_find_too_few_samples():
    """Three standard deviations of a negative binomial more: some 3 in 1,000, fewer where the search is made even."""
    rng = np.random.default_rng(9)
    values = np.where(rng.random((5000, 1)) < 0.3, np.nan, 1.0)
    # (12 + 3 sqrt(12 x 0.3)) / 0.7 = 25.3, and the next even number.
    assert module.search_width(12, np.array([[1.0]] * 7 + [[np.nan]] * 3)) == 26
    assert module.search_width(12, np.ones((10, 2))) == 12
    width = module.search_width(12, values)
    found = rng.random((200_000, width)) < 0.7
    assert (found.sum(axis=1) < 12).mean() < 0.004


def test_a_sheet_where_an_element_was_not_analysed():
    """Where all of the near samples miss an element, it is searched for farther away."""
    rng = np.random.default_rng(6)
    points, targets = rng.uniform(0, 10, (300, 2)), rng.uniform(0, 10, (80, 2))
    values = scattered(rng, (300, 6))
    values[:, 2] = np.where((points < 6).all(axis=1), np.nan, 1 + points[:, 0])
    assert 2 in module._groups(values)[1]
    expected = np.transpose([brute_force(points, column, targets, 5, 2.0) for column in values.T])
    np.testing.assert_allclose(interpolate(points, values, targets, 5), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("share", [0, 0.3])
@pytest.mark.parametrize("samples", [60, 3000])
def test_neither_chunks_nor_threads_nor_tiles_show(samples, share):
    """The same bits, however the cells are divided."""
    rng = np.random.default_rng(4)
    points, values = rng.uniform(0, 60, (samples, 2)), scattered(rng, (samples, 6), share)
    targets = np.column_stack([a.ravel() for a in np.mgrid[:60, :60]]) + 0.5
    whole = interpolate(points, values, targets)
    assert np.isfinite(whole).all()
    chunked = interpolate(points, values, targets, memory=1e-4, workers=3)
    np.testing.assert_array_equal(chunked, whole)
    tiles = [interpolate(points, values, targets[s : s + 701]) for s in range(0, len(targets), 701)]
    np.testing.assert_array_equal(np.vstack(tiles), whole)


@pytest.mark.parametrize("what", ["dense", "thin", "lattice", "scattered"])
@pytest.mark.parametrize("chunk", [400, 4000])
def test_memory_follows_the_formula(what, chunk):
    """Peak, besides arguments and result, is at most what the docstring says, and at least a quarter of it."""
    rng = np.random.default_rng(5)
    side, elements, neighbours, samples = 100, 20, 12, 2500 if what == "thin" else 400
    targets = np.column_stack([a.ravel() for a in np.mgrid[:side, :side]]) + 0.5
    points = rng.uniform(0, side, (samples, 2))
    if what == "lattice":
        points = np.column_stack([a.ravel() for a in np.mgrid[:20, :20]]) * 5.0
    values = scattered(rng, (samples, elements), 0.3 if what == "scattered" else 0)
    searched = 2 * neighbours
    if what == "scattered":
        searched = module.search_width(neighbours, values)
    each = working_memory(searched, elements, what == "scattered")
    sharing = samples * (90 + 17 * elements) + side**2
    bound = chunk * each + (sharing if what == "scattered" else samples * (32 + 9 * elements))
    interpolate(points, values, targets[:9], neighbours)  # imports
    tracemalloc.start()
    result = interpolate(points, values, targets, neighbours, memory=chunk * each / 1e9, workers=1)
    peak = tracemalloc.get_traced_memory()[1] - result.nbytes
    tracemalloc.stop()
    # Interpreter and search leave some 50 kB of their own.
    assert 0.25 * bound < peak < 1.05 * bound + 50_000


def test_elements_without_a_value_and_no_cells():
    points, values = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[1.0, np.nan], [2.0, np.nan]])
    result = interpolate(points, values, np.array([[0.5, 0.0]]))
    np.testing.assert_array_equal(result, [[1.5, np.nan]])
    assert interpolate(points, values, np.empty((0, 2))).shape == (0, 2)


def test_stretched_by_hand():
    """Long axis to the east, twice as long as the short one: 2 m east are as far as 1 m north."""
    there = stretched(np.array([[2.0, 0.0], [0.0, 1.0]]), ratio=2, bearing=90)
    np.testing.assert_allclose(np.hypot(*there.T), [2, 2], rtol=1e-12)
    np.testing.assert_allclose(np.hypot(*stretched(np.array([[3.0, 3.0], [1.0, -1.0]]), 3, 45).T), 18**0.5)


@given(st.floats(1, 20), st.floats(-360, 720), st.floats(0, 360))
def test_the_ellipse_is_a_circle(ratio, bearing, angle):
    """All points of the ellipse are as far as the end of its long axis."""
    along, across = 500 * np.cos(np.radians(angle)), 500 / ratio * np.sin(np.radians(angle))
    turn = np.radians(bearing)
    # Along the long axis is (sin, cos) of the bearing in easting and northing, across it (cos, -sin).
    easting = along * np.sin(turn) + across * np.cos(turn)
    northing = along * np.cos(turn) - across * np.sin(turn)
    distance = np.hypot(*stretched(np.array([[easting, northing]]), ratio, bearing)[0])
    np.testing.assert_allclose(distance, 500, rtol=1e-9)


def test_ratio_one_leaves_coordinates_alone():
    points = np.array([[412_345.678, 5_912_345.678]])
    np.testing.assert_array_equal(stretched(points, 1, 37), points)


def test_samples_along_the_long_axis_weigh_more():
    """From (0, 0) with ratio 3 and bearing 0, 3 m north is as far as 1 m east: equal weights, not 1 to 9."""
    points, values = np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([[0.0], [1.0]])
    cell = np.zeros((1, 2))
    assert interpolate(points, values, cell)[0, 0] == pytest.approx(0.1)
    assert interpolate(points, values, cell, ratio=3, bearing=0)[0, 0] == pytest.approx(0.5)
    # Turned by 90 degrees it is 3 and 9 in units of the ellipse's own: 1 m east counts as 1 m, 3 m north as 9 m.
    assert interpolate(points, values, cell, ratio=3, bearing=90)[0, 0] == pytest.approx(1 / 82)
