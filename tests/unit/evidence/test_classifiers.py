"""Controls that learn: the choice of the best element by brute force, and what each member is fitted to."""

import numpy as np
import pandas as pd
import pytest
from geohalo.control_table import LEARNERS
from geohalo.evidence.classifiers import learned_scores, strongest_element, transferred_scores
from geohalo.evidence.folds import Folds, draw_folds
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

LABELS = {
    "radius": 2000.0,
    "background_distance": 4000.0,
    "group_distance": 5000.0,
    "buffer": 8000.0,
    "folds": 2,
    "positives": 20,
    "background": 40,
    "decoys": 0,
    "seed": 0,
}
X, Y = np.meshgrid(np.arange(30), np.arange(30))
CELLS = np.column_stack([X.ravel(), Y.ravel()]) * 1000.0
DEPOSITS = np.array([[6, 6], [23, 6], [6, 23], [23, 23]]) * 1000.0
HALO = (np.hypot(*(CELLS[:, None] - DEPOSITS).transpose(2, 0, 1)) <= 2000).any(axis=1)


def test_strongest_element_by_hand():
    """Aucs 3/4, 0 and 1/2: the second tells most, upside down."""
    values = np.array([[3, 1, 1], [5, 2, 2], [2, 7, 2], [4, 9, 1]])
    assert strongest_element(values, np.array([1, 1, 0, 0])) == (1, -1)
    assert strongest_element(values[:, [0, 2]], np.array([1, 1, 0, 0])) == (0, 1)


def test_the_first_of_equally_strong_elements_is_chosen():
    values = np.array([[0, 1, -1], [0, 2, -2], [0, 3, -3], [0, 4, -4]])
    assert strongest_element(values, np.array([0, 0, 1, 1])) == (1, 1)
    assert strongest_element(values[:, ::-1], np.array([0, 0, 1, 1])) == (0, -1)


@given(
    arrays(np.int64, (8, 3), elements=st.integers(0, 4)),
    arrays(np.bool_, 8).filter(lambda label: 0 < label.sum() < 8),
)
def test_strongest_element_is_that_of_every_single_auc(values, label):
    """Small whole numbers make ties; the AUC counts them half."""
    above = np.array([roc_auc_score(label, column) - 0.5 for column in values.T])
    element, sign = strongest_element(values, label.astype(int))
    assert abs(above[element]) == pytest.approx(np.abs(above).max())
    assert sign * above[element] == pytest.approx(np.abs(above).max())


def test_best_element_scores_its_signed_values():
    """The draws of a fold may choose unlike elements; the score is their mean."""
    generator = np.random.default_rng(3)
    cube = generator.normal(size=(len(CELLS), 5)).astype(np.float32)
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 4)
    mean, spread = learned_scores("best_element", cube, folds, 0, 1)
    for fold in range(2):
        chosen = [
            strongest_element(cube[cell], label) for cell, label in (folds.train(fold, d) for d in range(4))
        ]
        members = np.array([sign * cube[:, element] for element, sign in chosen])
        np.testing.assert_allclose(mean[fold], members.mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(spread[fold], members.std(axis=0), atol=1e-6)
    assert spread.max() > 0.1


def test_pathfinder_index_by_hand():
    """Two groups and two background cells, five elements, of which the fourth does not vary.

    Differences of the groups' means to that of the background: (2, 4), (-3, -3), (1, -1), (0, 0), (1, 1). Standard
    errors over the two groups: 1, 0, 1, 0, 0; their median, 0, is added. So t is 3, 0, 0, 0, 0, as an error of 0 tells
    nothing; with a third group that differs a little from the others every error is above 0.
    """
    values = np.array([[2, -3, 1, 0, 1], [4, -3, -1, 0, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=float)
    cell = pd.DataFrame(
        {"fold": 0, "draw": 0, "cell": range(4), "label": [1, 1, 0, 0], "group": [0, 1, -1, -1]}
    )
    folds = Folds("final", 1, np.array([0, 1]), np.full(2, -1), np.zeros((1, 4), bool), cell, np.empty(0))
    mean, spread = learned_scores("pathfinder_index", values, folds, 0, 1)
    np.testing.assert_allclose(mean, [3 * values[:, 0]])
    assert not spread.any()


def test_pathfinder_index_weighs_three_elements():
    """Errors of 1 and an added median of 1 halve the mean differences: t is 5, -4, 3 and 2, of which three count."""
    means = np.array([10.0, -8.0, 6.0, 4.0])
    values = np.array([means - 1, means + 1, np.zeros(4), np.zeros(4)])
    cell = pd.DataFrame(
        {"fold": 0, "draw": 0, "cell": range(4), "label": [1, 1, 0, 0], "group": [0, 1, -1, -1]}
    )
    folds = Folds("final", 1, np.array([0, 1]), np.full(2, -1), np.zeros((1, 4), bool), cell, np.empty(0))
    mean, _ = learned_scores("pathfinder_index", values, folds, 0, 1)
    np.testing.assert_allclose(mean[0], values[:, :3] @ [5, -4, 3], rtol=1e-6)


def test_sparse_logistic_leaves_noise_at_nothing():
    """One element tells the classes apart: values of the nine others do not move the score at all."""
    generator = np.random.default_rng(0)
    cube = generator.normal(size=(len(CELLS), 10)).astype(np.float32)
    folds = draw_folds("final", CELLS, DEPOSITS, LABELS, 1)
    cell, label = folds.train(0, 0)
    cube[cell, 0] += 2 * label
    other = cube.copy()
    other[:, 1:] = generator.normal(size=(len(CELLS), 9))
    first = transferred_scores("sparse_logistic", cube, folds, cube, 0, 1)[0]
    np.testing.assert_array_equal(first, transferred_scores("sparse_logistic", cube, folds, other, 0, 1)[0])
    assert np.corrcoef(first[0], cube[:, 0])[0, 1] > 0.95
    # The L2 penalty lets every element count.
    dense = [transferred_scores("logistic", cube, folds, one, 0, 1)[0] for one in (cube, other)]
    assert np.abs(dense[0] - dense[1]).max() > 0.05


@pytest.mark.parametrize("name", LEARNERS)
def test_learning_depends_on_the_members_own_cells_alone(name):
    """With one draw, values of all other cells do not change the score of the training cells."""
    generator = np.random.default_rng(1)
    cube = generator.normal(size=(len(CELLS), 4)).astype(np.float32)
    cube[:, 0] += HALO
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1)
    first, _ = learned_scores(name, cube, folds, 0, 1)
    for fold in range(2):
        cell, _ = folds.train(fold, 0)
        other = generator.normal(size=cube.shape).astype(np.float32)
        other[cell] = cube[cell]
        again, _ = learned_scores(name, other, folds, 0, 1)
        np.testing.assert_array_equal(first[fold, cell], again[fold, cell])
        assert (first[fold] != again[fold]).any()


@pytest.mark.parametrize("name", LEARNERS)
def test_other_cells_are_scored_by_what_was_learned_here(name):
    """Cells with the values of known ones get their scores, whatever else lies beside them."""
    generator = np.random.default_rng(2)
    cube = generator.normal(size=(len(CELLS), 4)).astype(np.float32)
    cube[:, 0] += HALO
    folds = draw_folds("final", CELLS, DEPOSITS, LABELS, 2)
    mean, spread = learned_scores(name, cube, folds, 0, 1)
    chosen = generator.permutation(len(CELLS))[:50]
    elsewhere = np.concatenate([cube[chosen], generator.normal(size=(30, 4)).astype(np.float32) * 5])
    found = transferred_scores(name, cube, folds, elsewhere, 0, 1)
    assert found[0].shape == found[1].shape == (1, 80)
    np.testing.assert_allclose(found[0][:, :50], mean[:, chosen], atol=1e-6)
    np.testing.assert_allclose(found[1][:, :50], spread[:, chosen], atol=1e-6)
    assert np.ptp(found[0]) > 0.1
