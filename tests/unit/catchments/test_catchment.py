"""Nested catchments worked out by hand, and against the path of every cell."""

import numpy as np
import pytest
from geohalo.catchments.catchment import delineated, gathered, upstream_first
from geohalo.catchments.snapping import Snapped, snapped
from geohalo.catchments.steepest import filled, flow_directions
from geohalo.cube.grid import Grid
from hypothesis import given, settings
from hypothesis import strategies as st
from terrains import NORTH, WEST, WORKED, arrows, catchment, drained, rough


def grid(side, rows, columns, west=WEST, north=NORTH):
    return Grid(west + side * (np.arange(columns) + 0.5), north - side * (np.arange(rows) + 0.5))


def placed(cells):
    return Snapped(np.array(cells, dtype=np.int64), np.zeros(len(cells)))


def test_a_worked_network():
    # Cells of 100 m, 1 ha. Samples at 5, 9 and 11, a second one at 9, and one without a cell.
    found, label = delineated(drained(arrows(WORKED)), placed([5, 9, 11, 9, -1]), grid(200, 2, 2))
    np.testing.assert_array_equal(label, [[0, 0, 0, 2], [1, 0, 1, 2], [1, 1, 2, 2]])
    np.testing.assert_array_equal(found.parent, [1, 2, -1, 2, -1])
    np.testing.assert_array_equal(found.twin, [-1, -1, -1, 1, -1])
    np.testing.assert_allclose(found.own_area, [4e4, 4e4, 4e4, 0, 0])
    np.testing.assert_allclose(found.area, [4e4, 8e4, 12e4, 8e4, 0])
    # Cells of the grid: 0, 1, 4, 5 | 2, 3, 6, 7 | 8, 9 | 10, 11.
    expected = 1e4 * np.array([[3, 1, 0, 0], [1, 1, 2, 0], [0, 2, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(found.shares.toarray(), expected)
    assert found.shares.nnz == 7
    # All of the terrain's cells but 5 and 6 lie at its edge.
    np.testing.assert_array_equal(found.leaves, [True, True, True, True, False])


def test_ground_may_be_missing_only_where_a_catchment_touches_the_edge():
    codes = arrows("→→→→→|→→→→→|→→→→→|→→→→→|→→→→→")
    codes[2, 1] = 0  # its water stays: what lies east of it has a catchment inside
    found, _ = delineated(drained(codes), placed([13, 11]), grid(500, 1, 2))
    np.testing.assert_array_equal(found.leaves, [False, True])
    assert found.area[0] == 2e4


def test_a_catchment_that_touches_the_edge_taints_those_downstream():
    codes = arrows("→→→→→|→→→→→|→→→→→")
    found, _ = delineated(drained(codes), placed([5, 8]), grid(500, 1, 2))
    np.testing.assert_array_equal(found.leaves, [True, True])


def brute_overlap(codes, members, terrain, survey):
    """Area of a set of cells of a terrain in each cell of a grid, edge by edge."""
    frame, half = terrain.frame, survey.cell / 2
    total = np.zeros(survey.shape)
    for cell in members:
        row, column = divmod(cell, frame.columns)
        left, top = frame.west + column * frame.width, frame.north - row * frame.height
        wide = np.minimum(survey.x + half, left + frame.width) - np.maximum(survey.x - half, left)
        tall = np.minimum(survey.y + half, top) - np.maximum(survey.y - half, top - frame.height)
        total += np.clip(tall, 0, None)[:, None] * np.clip(wide, 0, None)
    return total.ravel()


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    side=st.sampled_from([70.0, 100.0, 230.0]),
    shift=st.sampled_from([0.0, 37.0]),
)
def test_random_terrains_agree_with_the_path_of_every_cell(seed, side, shift):
    random = np.random.default_rng(seed)
    terrain = drained(flow_directions(filled(rough((11, 13), seed, voids=0.03)), 100, 100))
    ground = np.flatnonzero(terrain.codes.ravel() != 247)
    cells = random.choice(ground, 7)
    survey = grid(side, 9, 8, WEST - shift, NORTH + 2 * shift)
    found, _ = delineated(terrain, placed(cells), survey)
    whole = [catchment(terrain.codes, cell) for cell in cells]
    area = terrain.frame.cell_area
    np.testing.assert_allclose(found.area, [area * len(members) for members in whole])
    increments = found.shares.toarray()
    gathered_shares = gathered(found.parent, increments)
    for sample, members in enumerate(whole):
        first = found.twin[sample] if found.twin[sample] >= 0 else sample
        expected = brute_overlap(terrain.codes, members, terrain, survey)
        np.testing.assert_allclose(gathered_shares[first], expected, atol=1e-6)
        downstream = [
            other for other in range(7) if cells[sample] in whole[other] and cells[other] != cells[sample]
        ]
        if found.parent[sample] < 0:
            assert not downstream
        else:
            nearest = min(downstream, key=lambda other: len(whole[other]))
            assert cells[found.parent[sample]] == cells[nearest]


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_nested_areas_add_up(seed):
    terrain = drained(flow_directions(filled(rough((40, 40), seed)), 100, 100))
    cells = np.random.default_rng(seed).choice(1600, 60, replace=False)
    found, label = delineated(terrain, placed(cells), grid(400, 10, 10))
    area = terrain.frame.cell_area
    # A whole catchment is what lies upstream of its cell.
    np.testing.assert_allclose(found.area, area * terrain.upstream.ravel()[cells])
    assert found.own_area.sum() == pytest.approx(area * (label >= 0).sum())
    # The grid covers the terrain: no ground is lost on it.
    np.testing.assert_allclose(found.shares.sum(axis=1), found.own_area)
    outlets = found.parent < 0
    assert found.area[outlets].sum() == pytest.approx(found.own_area.sum())


def test_the_order_of_samples_does_not_matter():
    terrain = drained(flow_directions(filled(rough((30, 30), 5)), 100, 100))
    cells = np.random.default_rng(5).choice(900, 30, replace=False)
    order = np.random.default_rng(6).permutation(30)
    one, _ = delineated(terrain, placed(cells), grid(300, 10, 10))
    other, _ = delineated(terrain, placed(cells[order]), grid(300, 10, 10))
    np.testing.assert_array_equal(other.area, one.area[order])
    np.testing.assert_allclose(other.shares.toarray(), one.shares.toarray()[order])


def test_sums_over_a_tree():
    parent = np.array([2, 2, 4, 4, -1, -1])
    np.testing.assert_array_equal(gathered(parent, np.array([1.0, 2, 4, 8, 16, 32])), [1, 2, 7, 8, 31, 32])
    order = list(upstream_first(parent))
    assert sorted(order) == list(range(6))
    assert all(order.index(one) < order.index(p) for one, p in enumerate(parent) if p >= 0)
    with pytest.raises(ValueError, match="loop"):
        upstream_first(np.array([1, 0]))


def test_samples_snap_to_the_nearest_channel():
    # Centres of the worked network lie at 50, 150, ... Channels of 8 cells are 9, 10 and 11.
    terrain = drained(arrows(WORKED))
    places = np.array([[WEST + 130, NORTH - 160], [WEST + 50, NORTH - 50], [WEST + 160, NORTH - 240]])
    found = snapped(terrain, places, 150.0, 8e4)
    np.testing.assert_array_equal(found.cell, [9, 0, 9])
    np.testing.assert_allclose(found.distance, [np.hypot(20, 90), np.nan, np.hypot(10, 10)])
    np.testing.assert_array_equal(found.on_channel, [True, False, True])


def test_of_equally_near_channels_the_larger_is_taken():
    terrain = drained(arrows(WORKED))
    # Midway between the cells 9 (8 cells) and 10 (9 cells), in neither of them.
    place = np.array([[WEST + 200, NORTH - 190]])
    assert snapped(terrain, place, 150.0, 8e4).cell == [10]


def test_a_sample_in_a_channel_stays_with_any_reach():
    terrain = drained(arrows(WORKED))
    found = snapped(terrain, np.array([[WEST + 101, NORTH - 299]]), 0.0, 8e4)
    np.testing.assert_array_equal(found.cell, [9])
    np.testing.assert_allclose(found.distance, [np.hypot(49, 49)])


def test_samples_beyond_the_terrain_have_no_cell():
    terrain = drained(arrows("→→x|→→→"))
    places = np.array(
        [[WEST - 1, NORTH - 50], [np.nan, NORTH - 50], [WEST + 250, NORTH - 50], [WEST + 50, NORTH - 50]]
    )
    found = snapped(terrain, places, 200.0, 1e4)
    np.testing.assert_array_equal(found.cell, [-1, -1, -1, 0])
    assert np.isnan(found.distance[:3]).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), reach=st.sampled_from([0.0, 120.0, 400.0]))
def test_snapping_agrees_with_all_cells(seed, reach):
    random = np.random.default_rng(seed)
    terrain = drained(flow_directions(filled(rough((15, 15), seed)), 100, 100))
    places = np.column_stack([WEST + random.uniform(0, 1500, 6), NORTH - random.uniform(0, 1500, 6)])
    found = snapped(terrain, places, reach, 5e4)
    centres = terrain.frame.centres(np.arange(225))
    channel = terrain.upstream.ravel() >= 5
    for sample, place in enumerate(places):
        away = np.hypot(*(centres - place).T)
        own = terrain.frame.cells_at(place[None])[0]
        possible = channel & ((away <= reach) | (np.arange(225) == own))
        if not possible.any():
            assert (found.cell[sample], np.isnan(found.distance[sample])) == (own, True)
        else:
            assert found.distance[sample] == pytest.approx(away[possible].min())
