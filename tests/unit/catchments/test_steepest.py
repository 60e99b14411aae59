"""Heights to flow directions: worked slopes, and every cell of random terrains looked at again."""

import numpy as np
import pytest
from geohalo.catchments.drainage import crossings, looping_cells
from geohalo.catchments.steepest import filled, flow_directions
from hypothesis import given, settings
from hypothesis import strategies as st
from terrains import arrows, neighbours, path, rough


def lowest_spill(heights):
    """Level to which water stands in each cell: over all ways out the least highest point, by relaxation."""
    shape = heights.shape
    level = np.where(np.isnan(heights), np.nan, np.inf).ravel()
    flat = heights.ravel()
    for cell in range(flat.size):
        around = [other for _, other in neighbours(cell, shape)]
        edge = len(around) < 8 or any(np.isnan(flat[other]) for other in around)
        if edge and not np.isnan(flat[cell]):
            level[cell] = flat[cell]
    changed = True
    while changed:
        changed = False
        for cell in range(flat.size):
            if np.isnan(flat[cell]):
                continue
            through = min(
                (level[other] for _, other in neighbours(cell, shape) if not np.isnan(flat[other])),
                default=np.inf,
            )
            new = max(flat[cell], min(level[cell], through))
            if new < level[cell]:
                level[cell], changed = new, True
    return level.reshape(shape)


def test_a_hollow_is_filled_to_where_it_overflows():
    heights = np.full((4, 5), 9, dtype=np.float32)
    heights[1, 1], heights[1, 2], heights[2, 3], heights[3, 4] = 2, 5, 6, 4
    expected = heights.copy()
    # It overflows cornerwise over 6, to 4 at the edge.
    expected[1, 1:3] = 6
    np.testing.assert_array_equal(filled(heights), expected)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), voids=st.sampled_from([0.0, 0.05]))
def test_filling_agrees_with_the_least_highest_point_of_all_ways_out(seed, voids):
    heights = rough((9, 11), seed, voids=voids)
    np.testing.assert_array_equal(filled(heights), lowest_spill(heights).astype(np.float32))


def test_water_goes_down_the_steepest_way_and_not_to_the_lowest_cell():
    # East falls 10 m over 100 m, southeast 13 m over 141 m: the lowest neighbour is not the steepest way.
    heights = np.array([[30, 20], [30, 17]], dtype=np.float32)
    assert flow_directions(heights, 100, 100)[0, 0] == 1
    # With cells twice as wide as high, 10 m over 200 m is less steep than 13 m over 224 m.
    assert flow_directions(heights, 200, 100)[0, 0] == 2


def test_cones_drain_inwards_and_outwards():
    row, column = np.indices((5, 5)) - 2
    cone = -np.hypot(row, column).astype(np.float32)
    expected = arrows("↖↖↑↗↗|↖↖↑↗↗|←←→→→|↙↙↓↘↘|↙↙↓↘↘")
    found = flow_directions(cone, 1, 1)
    # Cells at the edge have their steepest way along or out of it: those inside are worked out.
    np.testing.assert_array_equal(found[1:4, 1:4], expected[1:4, 1:4])
    assert (found[[0, 0, -1, -1], [0, -1, 0, -1]] == 0).all()


def test_a_flat_drains_to_its_outlet_along_the_fewest_cells():
    heights = np.full((5, 6), 8, dtype=np.float32)
    heights[1:4, 1:5] = 5
    heights[2, 5] = 4
    codes = flow_directions(heights, 100, 100)
    for row in (1, 2, 3):
        for column in (1, 2, 3, 4):
            way = path(codes, row * 6 + column)
            # Steps of a king to the cell (2, 5).
            assert way[-1] == 17
            assert len(way) - 1 == max(abs(row - 2), 5 - column)


def test_flats_at_the_edge_are_outlets():
    codes = flow_directions(np.zeros((4, 4), dtype=np.float32), 100, 100)
    inside = np.zeros((4, 4), dtype=bool)
    inside[1:3, 1:3] = True
    assert (codes[~inside] == 0).all()
    assert (codes[inside] != 0).all()


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), voids=st.sampled_from([0.0, 0.03]), whole=st.booleans())
def test_every_cell_of_a_random_terrain_drains_as_it_should(seed, voids, whole):
    heights = rough((14, 17), seed, voids=voids)
    if whole:  # many flats
        heights = np.round(heights / 4) * 4
    level = filled(heights)
    codes = flow_directions(level, 100, 80)
    distance = {1: 100, 16: 100, 4: 80, 64: 80} | dict.fromkeys((2, 8, 32, 128), np.hypot(100, 80))
    flat = level.ravel().astype(float)
    assert looping_cells(codes) == (0, -1)
    for cell, code in enumerate(codes.ravel()):
        if np.isnan(flat[cell]):
            assert code == 247
            continue
        around = [(one, other) for one, other in neighbours(cell, level.shape) if not np.isnan(flat[other])]
        slopes = {one: (flat[cell] - flat[other]) / distance[one] for one, other in around}
        steepest = max(slopes.values(), default=0)
        if steepest > 0:
            assert slopes[code] == steepest
        elif code == 0:
            assert len(around) < 8, "only cells at an edge or a void are outlets"
        else:
            assert slopes[code] == 0, "a flat"
            end = path(codes, cell)[-1]
            assert flat[end] <= flat[cell]


def test_steepest_descent_never_crosses_itself():
    for seed in range(5):
        assert crossings(flow_directions(filled(rough((60, 60), seed)), 100, 100)) == 0


def test_heights_of_any_unit_and_level_drain_alike():
    heights = rough((30, 30), 3)
    codes = flow_directions(filled(heights), 100, 100)
    # Powers of two keep all differences exact.
    np.testing.assert_array_equal(flow_directions(filled(heights * 4), 400, 400), codes)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_terrain_has_turned_directions(turns):
    heights = rough((20, 20), 8)
    codes = flow_directions(filled(heights), 100, 100)
    turned = flow_directions(filled(np.rot90(heights, turns)), 100, 100)
    back = np.rot90(turned, -turns)
    # A turn to the left by a right angle is two places back among eight.
    number = np.full(256, -1)
    number[[1, 2, 4, 8, 16, 32, 64, 128]] = np.arange(8)
    # Beside a filled hollow several ways may be equally steep, and a flat drains by convention.
    changed = filled(heights) != heights
    near = np.zeros(changed.shape, dtype=bool)
    for cell in np.flatnonzero(changed):
        near.ravel()[[cell, *(other for _, other in neighbours(cell, changed.shape))]] = True
    drained = (codes != 0) & ~near
    assert drained.mean() > 0.3
    np.testing.assert_array_equal((number[back[drained]] + 2 * turns) % 8, number[codes[drained]])


def test_water_in_a_filled_hollow_runs_as_on_its_ground():
    """A ditch leads to the bottom of a hollow, away from its outlet: the water of the hollow gathers in it."""
    heights = np.full((7, 9), 20, dtype=np.float32)
    heights[1:6, 1:8] = 9
    heights[3, 1:8] = [1, 2, 3, 4, 5, 6, 7]
    heights[3, 8] = 8
    level = filled(heights)
    assert level[3, 1] == 8
    codes = flow_directions(level, 100, 100, heights)
    # Eastwards along the ditch, although it falls to the west.
    assert (codes[3, 1:8] == 1).all()
    assert codes[3, 8] == 0
    # The ground beside it drains down into it.
    for column in range(1, 8):
        assert path(codes, 2 * 9 + column)[1] // 9 == 3


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_directions_with_and_without_ground_differ_in_hollows_alone(seed):
    heights = rough((20, 20), seed, voids=0.02)
    level = filled(heights)
    one, other = flow_directions(level, 100, 100), flow_directions(level, 100, 100, heights)
    assert looping_cells(other) == (0, -1)
    around = [
        np.roll(np.roll(np.pad(level, 1, constant_values=np.inf), r, 0), c, 1)[1:-1, 1:-1]
        for r in (-1, 0, 1)
        for c in (-1, 0, 1)
        if r or c
    ]
    steep = np.nanmin(around, axis=0) < level
    np.testing.assert_array_equal(one[steep], other[steep])
    # Sinks and voids are the same.
    np.testing.assert_array_equal(np.isin(one, (0, 247)), np.isin(other, (0, 247)))
