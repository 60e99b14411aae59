"""Upstream areas, labels and loops on a worked network, and against the path of every cell."""

import numpy as np
from geohalo.catchments.drainage import (
    at_the_edge,
    below,
    crossings,
    looping_cells,
    nearest_downstream,
    upstream_cells,
)
from geohalo.catchments.steepest import filled, flow_directions
from hypothesis import given, settings
from hypothesis import strategies as st
from terrains import WORKED, arrows, framed, path, rough


def test_cells_upstream_of_a_worked_network():
    count, looping = upstream_cells(arrows(WORKED))
    np.testing.assert_array_equal(count, [[1, 3, 1, 1], [1, 4, 1, 2], [1, 8, 9, 12]])
    assert looping == 0


def test_labels_of_a_worked_network():
    label = nearest_downstream(arrows(WORKED), np.array([5, 9, 11, 9, -1]))
    np.testing.assert_array_equal(label, [[0, 0, 0, 2], [1, 0, 1, 2], [1, 1, 2, 2]])


def test_ground_below_the_last_outlet_has_no_label():
    label = nearest_downstream(arrows(WORKED), np.array([9]))
    np.testing.assert_array_equal(label, [[0, 0, 0, -1], [0, 0, 0, -1], [0, 0, -1, -1]])


def test_the_next_cell():
    codes = arrows(WORKED)
    np.testing.assert_array_equal(below(codes, np.array([4, 5, 6, 11, -1])), [9, 9, 9, -1, -1])
    # Into a void no water goes on.
    assert below(arrows("→x"), np.array([0])) == [-1]


def test_loops_are_counted_and_named():
    # The last column goes round: 2 -> 5 -> 4 -> 1 -> 2.
    assert looping_cells(arrows("→→↓|→↑←")) == (4, 1)
    assert looping_cells(arrows("→←")) == (2, 0)
    assert looping_cells(arrows("→.")) == (0, -1)


def test_crossings_are_counted():
    assert crossings(arrows("↘↙|..")) == 1
    assert crossings(arrows("..|↗↖")) == 1
    assert crossings(arrows("↘.|↗.")) == 1
    assert crossings(arrows("↘.|.↖")) == 0
    assert crossings(arrows(WORKED)) == 0


def test_labels_at_the_edge():
    codes = arrows("→→→→→|→→→→→|→→→→→|→→x→→|→→→→→")
    label = np.full((5, 5), -1, dtype=np.int32)
    label[1, 1], label[2, 2], label[2, 4], label[1, 2] = 0, 1, 2, 3
    # 1 lies above the void, 2 in the last column.
    np.testing.assert_array_equal(at_the_edge(codes, label, 4), [False, True, True, False])


def test_many_cells_of_one_small_type_do_not_wrap():
    codes = np.full((1, 70_000), 1, dtype=np.uint8)
    assert upstream_cells(codes)[0][0, -1] == 70_000


def test_places_lie_in_their_cells():
    frame = framed((3, 4), 100.0, 50.0, west=1000.0, north=2000.0)
    places = np.array(
        [[1000, 2000], [1399.9, 1850.1], [1400, 1900], [999.9, 1900], [np.nan, 1900], [1150, 1925]]
    )
    np.testing.assert_array_equal(frame.cells_at(places), [0, 11, -1, -1, -1, 5])
    np.testing.assert_allclose(frame.centres(np.array([0, 11])), [[1050, 1975], [1350, 1875]])
    assert np.isnan(frame.centres(np.array([-1]))).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), voids=st.sampled_from([0.0, 0.05]))
def test_upstream_cells_and_labels_agree_with_every_path(seed, voids):
    codes = flow_directions(filled(rough((12, 13), seed, voids=voids)), 100, 100)
    random = np.random.default_rng(seed)
    ground = np.flatnonzero(codes.ravel() != 247)
    outlets = random.choice(ground, 8)
    expected, label = np.zeros(codes.size, dtype=int), np.full(codes.size, -1)
    for cell in ground:
        way = path(codes, cell)
        expected[way] += 1
        met = [one for one in way if one in outlets]
        if met:
            label[cell] = list(outlets).index(met[0])
    np.testing.assert_array_equal(upstream_cells(codes)[0].ravel(), expected)
    np.testing.assert_array_equal(nearest_downstream(codes, outlets).ravel(), label)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_all_ground_arrives_at_outlets(seed):
    codes = flow_directions(filled(rough((25, 19), seed, voids=0.02)), 100, 100)
    count, _ = upstream_cells(codes)
    ends = below(codes, np.arange(codes.size)) < 0
    assert count.ravel()[ends].sum() == (codes != 247).sum()


def test_upstream_cells_agree_with_pyflwdir():
    import pyflwdir

    codes = flow_directions(filled(rough((120, 90), 4, smooth=2)), 100, 100)
    # Water that leaves at the edge is a pit there.
    flows = pyflwdir.from_array(codes, ftype="d8")
    found = flows.upstream_area(unit="cell")
    np.testing.assert_array_equal(upstream_cells(codes)[0], found)
