"""The same left-out samples for all ways of mapping: predictions and scores by hand."""

import numpy as np
import pytest
from geohalo.cube.grid import Grid
from geohalo.settings import check_settings
from geohalo.sources.folds import Folds, tree_folds
from geohalo.sources.left_out_discs import (
    place_shares,
    predicted_as_discs,
    predicted_as_places,
    predicted_by_mass,
    scores,
)
from geohalo.sources.unmixing import Options, unmix
from networks import dense_penalty, dense_sources, network

IDW = check_settings({"survey": "a", "simulate": {}})["interpolation"]


def test_discs_use_the_samples_that_are_not_withheld():
    points = np.array([[0.0, 0], [1, 0], [2, 0], [10, 0]])
    values = np.array([[1.0, 5], [2, np.nan], [4, np.nan], [8, np.nan]])
    # The first is predicted; the second lies downstream of it, and is never predicted.
    folds = Folds(np.array([0, -1, 1, 1]), np.array([[True, True, False, False], [False, False, True, True]]))
    found = predicted_as_discs(points, values, folds, "idw", IDW)
    near, far = 1 / 2**2, 1 / 10**2
    assert found[0, 0] == pytest.approx((4 * near + 8 * far) / (near + far))
    assert np.isnan(found[1]).all()
    assert found[2, 0] == pytest.approx((1 / 4 * 1 + 1 * 2) / (1 / 4 + 1))
    # The second element is known in the first sample alone: where that is left out, nothing is predicted.
    np.testing.assert_array_equal(found[:, 1], [np.nan, np.nan, 5, 5])
    np.testing.assert_array_equal(predicted_as_discs(points, values, folds, "nearest", IDW)[2:, 0], [2, 2])


def test_places_are_the_cells_that_samples_lie_in():
    grid = Grid(np.array([5.0, 15, 25]), np.array([15.0, 5]))
    points = np.array([[0.1, 19.9], [29.9, 0.1], [10.0, 9.0], [31.0, 5.0], [5.0, -1.0]])
    dense = place_shares(points, grid).toarray()
    assert np.argwhere(dense).tolist() == [[0, 0], [1, 5], [2, 4]]
    assert set(dense.ravel()) == {0.0, 1.0}


def test_places_predict_as_the_dense_solution_does():
    """At the strength that is best of three at the samples left out."""
    random = np.random.default_rng(1)
    grid = Grid(np.arange(8) * 100.0, np.arange(6)[::-1] * 100.0)
    points = grid.centres()[random.choice(48, 20, replace=False)]
    values = random.normal(size=(20, 2)).cumsum(axis=0)
    values[[2, 9], 1] = np.nan
    folds = tree_folds(np.full(20, -1), points, 200.0, folds=4)
    shares = [0.1, 1.0, 10.0]
    found = predicted_as_places(points, grid, values, folds, Options(shares=shares))
    dense, rough = place_shares(points, grid).toarray(), dense_penalty(grid.shape, "first", 100.0)
    among = dense @ np.linalg.pinv(rough, hermitian=True) @ dense.T
    for element, column in enumerate(values.T):
        tries = []
        # The signal: the variance about the mean, which strengths are shares of, is of all samples.
        signal = np.trace(among - among.mean(axis=0)) / 19
        for share in shares:
            predicted = np.full(20, np.nan)
            for number, withheld in enumerate(folds.withheld):
                used, tested = ~withheld & ~np.isnan(column), folds.fold == number
                sources, _ = dense_sources(
                    dense[used], rough, column[used], share * signal, np.ones(used.sum())
                )
                predicted[tested] = dense[tested] @ sources
            tries.append(predicted)
        known = ~np.isnan(column)
        best = min(tries, key=lambda one: np.nansum((one - column)[known] ** 2))
        np.testing.assert_allclose(found[known, element], best[known], rtol=1e-6)


def test_scores_are_of_the_samples_that_all_ways_predict():
    values = np.array([[1.0], [3], [5], [np.nan], [9]])
    one = np.array([[2.0], [3], [4], [1], [np.nan]])
    other = np.array([[1.0], [3], [6], [1], [9]])
    found, count = scores(values, {"one": one, "other": other})
    assert count.tolist() == [3]
    # Of 1, 3 and 5, whose variance is 8 / 3.
    assert found["one"][0].error == pytest.approx(np.sqrt(2 / 3))
    assert found["one"][0].explained == pytest.approx(1 - (2 / 3) / (8 / 3))
    assert found["other"][0].error == pytest.approx(np.sqrt(1 / 3))
    nothing, none = scores(values, {"one": np.full((5, 1), np.nan)})
    assert none.tolist() == [0]
    assert np.isnan(nothing["one"][0].error)


def test_balances_of_mass_predict_from_the_rest():
    """A left-out sample has no part in its prediction, and ground of one kind is predicted exactly."""
    grounds = network(24, (12, 16), seed=3, outlets=6)
    folds = tree_folds(grounds.parent, grounds.points, 4.0, folds=3)
    values = np.full((24, 1), np.log(7.0))
    options = Options(variance=False)
    of_logs = unmix(grounds.mixing, grounds.shape, 1.0, values, folds, options)
    what = (grounds.mixing, grounds.shape, 1.0)
    found = predicted_by_mass(*what, values, folds, options, of_logs.strength)
    tested = folds.fold >= 0
    np.testing.assert_array_equal(np.isfinite(found[:, 0]), tested)
    np.testing.assert_allclose(found[tested], np.log(7.0), rtol=1e-6)
    sample = np.flatnonzero(tested)[0]
    changed = values.copy()
    changed[sample] += 1
    again = predicted_by_mass(*what, changed, folds, options, of_logs.strength)
    assert again[sample] == pytest.approx(found[sample])
