"""Targets, their ranks and their surroundings, worked out by hand and by brute force."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.targets import find_targets, surroundings, without_deposit
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

#: Three patches of at least 0.5: one of four cells that touch at a corner, one of two, one of a single cell.
SCORE = np.array(
    [
        [0.9, 0.6, 0.1, 0.1, 0.1, 0.1],
        [0.1, 0.1, 0.5, 0.1, 0.8, np.nan],
        [0.1, 0.1, 0.6, 0.1, 0.8, 0.1],
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
        [0.99, 0.1, 0.1, 0.1, 0.1, 0.1],
    ],
    dtype=np.float32,
)


def test_a_worked_example():
    further = {"spread": np.arange(30, dtype=np.float32).reshape(5, 6)}
    found = find_targets(SCORE, 0.5, 2, 10, further=further)
    expected = np.zeros((5, 6))
    expected[1:3, 4] = 1
    expected[[0, 0, 1, 2], [0, 1, 2, 2]] = 2
    np.testing.assert_array_equal(found.rank, expected)
    first, second = found.table.to_dict("records")
    assert (first["rank"], first["cells"], first["row"], first["column"]) == (1, 2, 1, 4)
    assert first["priority"] == pytest.approx(0.8)
    assert first["spread"] == pytest.approx((10 + 16) / 2)
    assert (second["rank"], second["cells"], second["row"], second["column"]) == (2, 4, 0, 0)
    assert second["mean_score"] == pytest.approx(0.65)
    assert second["peak_score"] == pytest.approx(0.9)
    assert second["priority"] == pytest.approx(np.sqrt(0.9 * 0.65))
    assert second["spread"] == pytest.approx((0 + 1 + 8 + 14) / 4)


def test_ground_outside_the_area_of_applicability_loses_rank():
    applicable = np.ones(SCORE.shape, dtype=bool)
    applicable[1, 4] = False
    table = find_targets(SCORE, 0.5, 2, 10, applicable).table
    assert table["cells"].tolist() == [4, 2]
    assert table["applicable"].tolist() == [1.0, 0.5]
    assert table["priority"].tolist() == pytest.approx([np.sqrt(0.9 * 0.65), 0.4])


def test_the_first_in_rank_are_kept():
    assert find_targets(SCORE, 0.5, 1, 2).table["cells"].tolist() == [1, 2]
    assert find_targets(SCORE, 0.5, 1, 2).rank.max() == 2
    assert find_targets(SCORE, 0.5, 1, 2).rank[0, 0] == 0


def test_without_anomalous_ground_there_are_no_targets():
    found = find_targets(SCORE, np.inf, 1, 10)
    assert len(found.table) == 0
    assert not found.rank.any()
    assert {"rank", "cells", "priority", "row", "column"} <= set(found.table)
    assert surroundings(found.rank, np.isfinite(SCORE), 2) == []


scores = arrays(np.float32, (12, 9), elements=st.floats(0, 1, width=32))


@settings(deadline=None)
@given(score=scores, threshold=st.floats(0.3, 1), fewest=st.integers(1, 4))
def test_targets_are_all_patches_that_are_large_enough(score, threshold, fewest):
    found = find_targets(score, threshold, fewest, 1000)
    labels, n = ndimage.label(score >= threshold, structure=np.ones((3, 3)))
    sizes = [(labels == k).sum() for k in range(1, n + 1)]
    assert sorted(found.table["cells"]) == sorted(size for size in sizes if size >= fewest)
    assert (np.diff(found.table["priority"]) <= 0).all()
    for target in found.table.to_dict("records"):
        own = found.rank == target["rank"]
        assert len(np.unique(labels[own])) == 1
        assert own.sum() == target["cells"]
        assert score[own].max() == pytest.approx(target["peak_score"])
        assert score[target["row"], target["column"]] == score[own].max()
        assert score[own].mean() == pytest.approx(target["mean_score"], rel=1e-5)


@settings(deadline=None)
@given(score=scores, width=st.floats(1, 5))
def test_surroundings_are_the_free_cells_nearby(score, width):
    mask = np.ones(score.shape, dtype=bool)
    mask[:, :2] = False
    rank = find_targets(np.where(mask, score, np.nan), 0.9, 1, 1000).rank
    places = np.argwhere(np.ones(score.shape))
    around = surroundings(rank, mask, width)
    assert len(around) == rank.max()
    for number, found in enumerate(around, 1):
        own = np.argwhere(rank == number)
        near = np.linalg.norm(places[:, None] - own, axis=2).min(axis=1) <= width
        expected = np.flatnonzero(near & mask.ravel() & (rank.ravel() == 0))
        assert found.tolist() == expected.tolist()


def test_targets_without_a_known_deposit_are_those_not_at_distance_zero():
    table = pd.DataFrame({"distance_km": [0.0, 0.1, np.nan]})
    assert without_deposit(table).tolist() == [False, True, True]
    assert without_deposit(pd.DataFrame({"rank": [1, 2]})).tolist() == [True, True]
