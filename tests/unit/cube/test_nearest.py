"""The nearest samples against sorting all of them by distance and number."""

import numpy as np
import pytest
from geohalo.cube import nearest as module
from geohalo.cube.nearest import distances, nearest, nearest_sets
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree


def by_sorting(points, targets, count):
    """Return distances and numbers of the nearest samples, all sorted by distance and number."""
    distance = np.sqrt(((points[None] - targets[:, None]) ** 2).sum(axis=2))
    index = np.lexsort((np.broadcast_to(np.arange(len(points)), distance.shape), distance), axis=1)[:, :count]
    return np.take_along_axis(distance, index, axis=1), index


def grid(side, cell=1.0):
    """Return cell centres of a square in row-major order."""
    x, y = np.meshgrid((np.arange(side) + 0.5) * cell, (np.arange(side) + 0.5) * cell)
    return np.column_stack([x.ravel(), y.ravel()])


@given(st.integers(1, 60), st.integers(1, 14), st.integers(1, 6), st.booleans(), st.integers(0, 10_000))
def test_ties_and_coincident_samples_come_by_number(samples, count, extent, cells_on_samples, seed):
    """Samples on a coarse lattice, many of them at one place, seen from its nodes or from between them."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, extent + 1, (samples, 2)).astype(float)
    targets = rng.integers(0, extent + 1, (9, 2)) + (0.0 if cells_on_samples else 0.5)
    distance, index = nearest(cKDTree(points), targets, count)
    expected, numbers = by_sorting(points, targets, count)
    np.testing.assert_array_equal(index, numbers)
    np.testing.assert_array_equal(distance, expected)
    sets = nearest_sets(cKDTree(points), targets, count)
    np.testing.assert_array_equal(sets, np.sort(numbers, axis=1))


@pytest.mark.parametrize("samples", ["even", "clustered", "lattice", "few"])
def test_blocks_choose_the_same_samples(samples, monkeypatch):
    """Cells that are dense against samples take the way through blocks; the choice is that of sorting, cell by cell."""
    rng, used = np.random.default_rng(1), []
    targets = grid(60)
    points = {
        "even": rng.uniform(0, 60, (40, 2)),
        "clustered": rng.normal(20, 1.5, (60, 2)),
        "lattice": grid(6, 10.0),
        "few": rng.uniform(0, 60, (7, 2)),
    }[samples]

    def watched(*arguments, whole=module._from_blocks):
        used.append(whole(*arguments))
        return used[-1]

    monkeypatch.setattr(module, "_from_blocks", watched)
    tree = cKDTree(points)
    index = nearest_sets(tree, targets, 5)
    expected, numbers = by_sorting(points, targets, 5)
    np.testing.assert_array_equal(index, np.sort(numbers, axis=1))
    np.testing.assert_array_equal(np.sort(distances(tree, targets, index), axis=1), expected)
    known = used[0][1]
    assert known.any()
    if samples == "even":
        # Candidates suffice nearly everywhere; what they do not prove is searched for again.
        assert 0.9 < known.mean() < 1


@pytest.mark.parametrize("samples", ["even", "twice", "lattice", "few", "nearly equal"])
def test_blocks_put_the_same_samples_in_order(samples):
    """Also where samples coincide, where they are equally far and where their distances differ in the last bits."""
    rng, targets = np.random.default_rng(1), grid(60)
    even = rng.uniform(0, 60, (40, 2))
    points = {
        "even": even,
        "twice": np.vstack([even, even[::-1]]),
        "lattice": grid(6, 10.0),
        "few": even[:7],
        "nearly equal": np.vstack([even, even * (1 + rng.integers(-3, 4, (40, 1)) * 2e-16)]),
    }[samples]
    tree = cKDTree(points)
    distance, index = nearest(tree, targets, 9)
    expected, numbers = by_sorting(points, targets, 9)
    np.testing.assert_array_equal(index, numbers)
    np.testing.assert_array_equal(distance, expected)
    groups = list(module._sorted_in_blocks(tree, targets, 9, module._blocks(tree, targets, 9)))
    known = np.concatenate([clear for *_, clear in groups])
    assert known.size == len(targets)
    if samples == "nearly equal":
        assert known.mean() < 0.1
    else:
        assert known.mean() > 0.8


def test_groups_hold_every_cell_once():
    tree, targets = cKDTree(np.random.default_rng(4).uniform(0, 60, (40, 2))), grid(70)
    groups = list(module.nearest_in_groups(tree, targets, 9))
    assert 0 < max(rows.size for rows, *_ in groups) <= module.GROUP
    rows = np.concatenate([rows for rows, *_ in groups])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(targets)))
    assert all((np.diff(squared, axis=1) >= 0).all() for _, squared, _ in groups)


def test_cells_that_are_thin_against_samples_are_searched_one_by_one():
    points, targets = np.random.default_rng(2).uniform(0, 60, (20_000, 2)), grid(60)
    assert module._from_blocks(cKDTree(points), targets, 12) is None


def test_all_samples_when_there_are_fewer():
    points, targets = np.array([[0.0, 0.0], [3.0, 4.0]]), np.zeros((1, 2))
    distance, index = nearest(cKDTree(points), targets, 12)
    assert distance.tolist() == [[0, 5]]
    assert index.tolist() == [[0, 1]]


def test_more_samples_at_one_place_than_are_put_in_order():
    """Of more than `WIDEST` coincident samples any may count, but no other."""
    points = np.vstack([np.zeros((500, 2)), [[1.0, 1.0]]])
    distance, index = nearest(cKDTree(points), np.array([[0.5, 0.0]]), 3)
    assert distance.tolist() == [[0.5, 0.5, 0.5]]
    assert len(set(index[0])) == 3
