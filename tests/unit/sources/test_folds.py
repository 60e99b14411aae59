"""Left-out samples share no ground with those in use."""

import numpy as np
import pytest
from geohalo.sources.folds import downstream, tree_folds, tree_pieces
from networks import network
from numpy.testing import assert_array_equal

#: Four brooks join in pairs above 4 and 5, which join above 6.
FORKS = np.array([4, 4, 5, 5, 6, 6, -1])


def test_pieces_of_a_tree_worked_by_hand():
    # 4 with both of its brooks is more than two samples: a piece; so is 5; 6 is left.
    assert_array_equal(tree_pieces(FORKS, 2), [4, 4, 5, 5, 4, 5, 6])
    assert_array_equal(tree_pieces(FORKS, 7), [6] * 7)
    assert_array_equal(tree_pieces(np.full(3, -1), 1), [0, 1, 2])


def test_all_samples_below():
    marked = np.zeros(7, dtype=bool)
    marked[0] = True
    assert_array_equal(np.flatnonzero(downstream(FORKS, marked)), [0, 4, 6])


@pytest.mark.parametrize("seed", range(6))
def test_used_and_predicted_samples_share_no_cell(seed):
    given = network(60, (20, 20), seed, outlets=1 + 3 * seed)
    folds = tree_folds(given.parent, given.points, 5.0)
    ground = np.abs(given.mixing.spread(np.eye(60))) > 0
    # Cells at the edge of own grounds belong to two samples of the test's network, which no tree knows of.
    shares = given.mixing.shares.toarray()
    own = (shares == shares.max(axis=0)) & (shares > 0)
    above = np.eye(60, dtype=bool)
    for sample in range(60):
        marked = np.zeros(60, dtype=bool)
        marked[sample] = True
        above[:, sample] = downstream(given.parent, marked)
    whole = above.astype(float) @ own > 0
    assert ground[whole.T].all()
    for number, withheld in enumerate(folds.withheld):
        tested = folds.fold == number
        assert not (tested & ~withheld).any()
        assert not (whole[tested].any(axis=0) & whole[~withheld].any(axis=0)).any()
    assert (folds.fold >= 0).mean() > 0.5


def test_repeated_samples_go_together():
    parent = np.array([-1, -1, -1, -1])
    points = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [0.0, 0.0]])
    folds = tree_folds(parent, points, 10.0, first=np.array([0, 1, 2, 0]))
    assert folds.fold[0] == folds.fold[3]
    assert_array_equal(folds.withheld[:, 0], folds.withheld[:, 3])


def test_one_block_is_no_fold():
    with pytest.raises(ValueError, match="one block of 100 m"):
        tree_folds(np.array([-1, -1]), np.zeros((2, 2)), 100.0)
