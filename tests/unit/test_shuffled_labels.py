"""Permuted labels: what is permuted, what is left alone, and that nothing can be learned from them."""

from copy import deepcopy

import numpy as np
import pytest
from geohalo.evidence.folds import draw_folds
from geohalo.evidence.metrics import percentile_rank
from geohalo.files.members import shuffle_labels, stack_members
from scipy.spatial import KDTree
from sklearn.linear_model import LogisticRegression

LABELS = {
    "radius": 2000.0,
    "background_distance": 4000.0,
    "group_distance": 5000.0,
    "buffer": 8000.0,
    "folds": 4,
    "positives": 30,
    "background": 60,
    "decoys": 0,
    "seed": 0,
}
X, Y = np.meshgrid(np.arange(50), np.arange(50))
CELLS = np.column_stack([X.ravel(), Y.ravel()]) * 1000.0
CORNERS = np.array([[8, 8], [8, 25], [8, 41], [25, 8], [25, 41], [41, 8], [41, 25], [41, 41]])
DEPOSITS = CORNERS * 1000.0 + 300
DRAWS = 8


@pytest.fixture(scope="module")
def folds():
    return draw_folds("held_out", CELLS, DEPOSITS, LABELS, DRAWS)


@pytest.fixture(scope="module")
def stacked(folds):
    return stack_members([folds])


def test_labels_move_with_their_groups_within_a_member(stacked):
    members, table = stacked
    shuffled = shuffle_labels(members, table)
    for k in range(len(members)):
        pairs = np.column_stack([members.labels[k], members.groups[k]])
        moved = np.column_stack([shuffled.labels[k], shuffled.groups[k]])
        assert sorted(map(tuple, pairs)) == sorted(map(tuple, moved))
        assert (shuffled.labels[k] != members.labels[k]).any()
        # What fills up a shorter member stays where it is.
        np.testing.assert_array_equal(shuffled.labels[k] < 0, members.labels[k] < 0)


def test_nothing_else_changes(stacked):
    members, table = stacked
    before = {name: None if value is None else list(value) for name, value in deepcopy(vars(members)).items()}
    shuffled = shuffle_labels(members, table)
    for name, value in before.items():
        np.testing.assert_array_equal(None if value is None else list(vars(members)[name]), value)
        if name not in ("labels", "groups"):
            assert vars(shuffled)[name] is vars(members)[name]


def test_shorter_members_keep_their_filling(stacked):
    members, table = stacked
    labels, groups = members.labels.copy(), members.groups.copy()
    labels[0, -20:] = groups[0, -20:] = -1
    short = shuffle_labels(
        type(members)(members.seeds, members.cells, labels, members.held_out, groups), table
    )
    assert (short.labels[0, -20:] == -1).all()
    assert np.bincount(short.labels[0, :-20]).tolist() == np.bincount(labels[0, :-20]).tolist()


def test_a_member_has_a_stream_of_its_own(folds, stacked):
    """It depends on fold and draw: not on the other schemes, nor on how many draws there are."""
    members, table = stacked
    shuffled = shuffle_labels(members, table).labels
    fewer = shuffle_labels(*stack_members([draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1)]))
    np.testing.assert_array_equal(fewer.labels, shuffled[table["draw"] == 0])
    order = [np.argsort(row, kind="stable").tobytes() for row in shuffled]
    assert len(set(order)) == len(order)


def test_permuted_labels_teach_chance(folds, stacked):
    """Each fold and draw makes one map whose two deposits look alike: at worst they have one rank between them.

    If it were uniform, its standard deviation would be 0.29, and that of the mean of 32 maps 0.29 / sqrt(32) = 0.051.
    The bound is four of those.
    """
    members, table = stacked
    halo = np.exp(-((KDTree(DEPOSITS).query(CELLS)[0] / 3000) ** 2))
    cube = np.random.default_rng(0).normal(size=(len(CELLS), 6))
    cube[:, :2] += 3 * halo[:, None]

    def capture(labels):
        found = []
        for fold, cell, label in zip(table["fold"], members.cells, labels, strict=True):
            model = LogisticRegression(class_weight="balanced").fit(cube[cell], label)
            rank = percentile_rank(model.decision_function(cube))
            near = KDTree(DEPOSITS[folds.deposit_fold == fold]).query(CELLS)[0] <= LABELS["radius"]
            found.append(rank[near].mean())
        return np.mean(found)

    assert capture(members.labels) > 0.85
    assert capture(shuffle_labels(members, table).labels) == pytest.approx(0.5, abs=4 * 0.29 / np.sqrt(32))
