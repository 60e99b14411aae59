"""Targets, their ranks and their surroundings, worked out by hand and by brute force."""

import numpy as np
import pytest
from geohalo.products.targets import (
    KNOWN,
    NEW,
    anomalous_ground,
    find_targets,
    ground_table,
    on_new_ground,
    surroundings,
)
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


#: No target is too large.
ANY = 10**6


def at_least(threshold, score=SCORE):
    """All ground of at least a score, none of it on a known halo."""
    return score >= threshold, np.zeros(score.shape, dtype=bool)


def test_a_worked_example():
    further = {"spread": np.arange(30, dtype=np.float32).reshape(5, 6)}
    found = find_targets(SCORE, at_least(0.5), 2, 10, ANY, further)
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
    assert found.table["ground"].tolist() == [NEW, NEW]


def test_known_halos_come_last_and_are_targets_of_their_own():
    known = np.zeros(SCORE.shape, dtype=bool)
    known[:2, 3:] = True  # half of the best patch
    high = SCORE >= 0.5
    found = find_targets(SCORE, (high & ~known, high & known), 1, 10, ANY)
    told = found.table[["rank", "ground", "cells", "peak_score"]].to_numpy().tolist()
    assert [row[:3] for row in told] == [[1, NEW, 1], [2, NEW, 1], [3, NEW, 4], [4, KNOWN, 1]]
    assert on_new_ground(found.table).tolist() == [True, True, True, False]
    # So many of either kind.
    assert find_targets(SCORE, (high & ~known, high & known), 1, 1, ANY).table["ground"].tolist() == [
        NEW,
        KNOWN,
    ]


def test_the_share_is_spent_on_new_ground():
    score = np.arange(100, dtype=np.float32).reshape(10, 10)
    known = score >= 97
    new, halo = anomalous_ground(score, known, 0.05)
    # The best five cells beside the known ones; of the best five of all, three are known.
    assert sorted(score[new]) == [92, 93, 94, 95, 96]
    assert sorted(score[halo]) == [97, 98, 99]
    table = ground_table(
        score, (new, halo), known, 0.05, 2000.0, find_targets(score, (new, halo), 1, 9, ANY).table
    )
    assert table["ground"].tolist() == [NEW, KNOWN]
    assert table["score"].tolist() == [92, 97]
    assert table["best_share"].tolist() == [0.4, 0.6]
    assert table["anomalous_km2"].tolist() == [20, 12]
    assert table["targets"].tolist() == [1, 1]
    assert table["targets_km2"].tolist() == [20, 12]


def test_where_all_ground_is_known_there_is_no_new_target():
    score = np.where(np.eye(6) > 0, np.nan, np.linspace(0, 1, 36).reshape(6, 6)).astype(np.float32)
    new, halo = anomalous_ground(score, np.ones((6, 6), dtype=bool), 0.1)
    assert not new.any()
    assert halo.sum() == 3
    # Less new ground than the share: all of it.
    new, _ = anomalous_ground(score, score > 0.05, 0.1)
    assert new.sum() == (score <= 0.05).sum() > 0
    table = ground_table(
        score, (new & False, halo), halo, 0.1, 1.0, find_targets(score, (new & False, halo), 1, 9, ANY).table
    )
    assert np.isnan(table["score"][0])
    assert table["targets"].tolist() == [0, 1]


def test_ground_outside_the_area_of_applicability_loses_rank():
    applicable = np.ones(SCORE.shape, dtype=np.float32)
    applicable[1, 4] = 0
    table = find_targets(SCORE, at_least(0.5), 2, 10, ANY, {"applicable": applicable}).table
    assert table["cells"].tolist() == [4, 2]
    assert table["applicable"].tolist() == [1.0, 0.5]
    assert table["priority"].tolist() == pytest.approx([np.sqrt(0.9 * 0.65), 0.4])


def test_the_first_in_rank_are_kept():
    assert find_targets(SCORE, at_least(0.5), 1, 2, ANY).table["cells"].tolist() == [1, 2]
    assert find_targets(SCORE, at_least(0.5), 1, 2, ANY).rank.max() == 2
    assert find_targets(SCORE, at_least(0.5), 1, 2, ANY).rank[0, 0] == 0


def test_without_anomalous_ground_there_are_no_targets():
    found = find_targets(SCORE, at_least(np.inf), 1, 10, ANY)
    assert len(found.table) == 0
    assert not found.rank.any()
    assert {"rank", "cells", "priority", "row", "column"} <= set(found.table)
    assert surroundings(found.rank, np.isfinite(SCORE), 2) == []


scores = arrays(np.float32, (12, 9), elements=st.floats(0, 1, width=32))


@settings(deadline=None)
@given(score=scores, threshold=st.floats(0.3, 1), fewest=st.integers(1, 4))
def test_targets_are_all_patches_that_are_large_enough(score, threshold, fewest):
    found = find_targets(score, at_least(threshold, score), fewest, 1000, ANY)
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
    score = np.where(mask, score, np.nan)
    rank = find_targets(score, at_least(0.9, score), 1, 1000, ANY).rank
    places = np.argwhere(np.ones(score.shape))
    around = surroundings(rank, mask, width)
    assert len(around) == rank.max()
    for number, found in enumerate(around, 1):
        own = np.argwhere(rank == number)
        near = np.linalg.norm(places[:, None] - own, axis=2).min(axis=1) <= width
        expected = np.flatnonzero(near & mask.ravel() & (rank.ravel() == 0))
        assert found.tolist() == expected.tolist()
