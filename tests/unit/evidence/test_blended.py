"""The blended map of ground held out: weights worked out by hand, and what holds of any survey."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.blended import blended_rank, fold_weights
from geohalo.evidence.folds import Folds

#: Deposits 100 km apart in folds 0 and 1, and one that no fold holds out.
DEPOSITS = np.array([[0.0, 0.0], [100.0, 0.0], [50.0, 1.0]])
LINE = np.column_stack([np.linspace(-20, 120, 1401), np.zeros(1401)])


def folds_of(*deposit_fold):
    fold = np.array(deposit_fold)
    region = np.zeros((fold.max() + 1, 1), dtype=bool)
    return Folds("held_out", fold.max() + 1, fold, fold, region, pd.DataFrame(), np.array([], dtype=int))


def at(x):
    return int(np.argmin(np.abs(LINE[:, 0] - x)))


def test_weights_on_the_way_from_one_deposit_to_another():
    weight = fold_weights(folds_of(0, 1, -1), LINE, DEPOSITS, 10.0)
    np.testing.assert_allclose(weight.sum(axis=0), 1)
    # In a halo the fold that held its deposit out is alone, half way both say as much.
    assert weight[:, at(0)].tolist() == weight[:, at(9.9)].tolist() == [1, 0]
    assert weight[:, at(95)].tolist() == [0, 1]
    assert weight[:, at(50)] == pytest.approx([0.5, 0.5])
    # 30 km from the first deposit: 60 to the fourth power against 20 to the fourth.
    assert weight[0, at(30)] == pytest.approx(81 / 82)


def test_maps_of_different_levels_are_blended_without_a_step():
    # Two maps that rank the ground alike, at levels of their own, so that scores side by side have a step.
    ramp = np.linspace(0, 1, len(LINE))
    score = np.stack([0.1 + 0.01 * ramp, 0.8 + 0.1 * ramp**3])
    folds = folds_of(0, 1, -1)
    rank = (np.arange(len(LINE)) + 0.5) / len(LINE)
    np.testing.assert_allclose(blended_rank(score, folds, LINE, DEPOSITS, 10.0), rank)
    # Of maps that disagree each has its halo to itself, and from one cell to the next there is no jump.
    found = blended_rank(np.stack([ramp, -ramp]), folds, LINE, DEPOSITS, 10.0)
    near = at(0), at(100)
    np.testing.assert_allclose(found[list(near)], [rank[near[0]], rank[::-1][near[1]]])
    assert np.abs(np.diff(found)).max() < 0.01


def test_where_halos_of_two_folds_overlap_the_nearest_deposit_decides():
    near = np.array([[0.0, 0.0], [12.0, 0.0]])
    weight = fold_weights(folds_of(0, 1), np.array([[5.0, 0.0], [7.0, 0.0]]), near, 10.0)
    assert weight.tolist() == [[1, 0], [0, 1]]


def test_a_single_fold_says_all():
    assert (fold_weights(folds_of(0, 0), LINE, DEPOSITS[:2], 10.0) == 1).all()


def test_weights_are_of_maps_that_did_not_know_the_halo():
    generator = np.random.default_rng(3)
    places, cells = generator.uniform(0, 100, (9, 2)), generator.uniform(0, 100, (2000, 2))
    fold = np.arange(9) % 3
    weight = fold_weights(folds_of(*fold), cells, places, 4.0)
    distance = np.linalg.norm(cells[:, None] - places, axis=2)
    assert (weight >= 0).all()
    np.testing.assert_allclose(weight.sum(axis=0), 1)
    for one in range(3):
        knew = distance[:, fold != one].min(axis=1) <= 4.0
        alone = distance[:, fold == one].min(axis=1) > 4.0
        assert weight[one, knew & alone].max(initial=0) == 0
