"""Errors at left-out blocks: leave-out by hand, fields of known kind, and the choice that follows."""

import numpy as np
import pytest
from geohalo.cube.interpolation import METHODS, fit_variograms
from geohalo.cube.method_choice import Score, _least, block_folds, cross_validate, fit_interpolation
from geohalo.cube.variogram import Variogram
from geohalo.errors import InputError
from geohalo.settings import check_settings
from gstools import SRF
from sample_weights import kriging_weights

SETTINGS = check_settings({"survey": "a", "simulate": {}})["interpolation"]
BEST = SETTINGS | {"method": "best"}


def scattered(seed: int, samples: int, size: float = 100.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, size, (samples, 2))


def test_left_out_blocks_by_hand():
    """Two blocks with one and two samples: each predicts the other by its mean (equally far samples)."""
    points = np.array([[0.0, 0.0], [10.0, 1.0], [10.0, -1.0]])
    values = np.array([[1.0], [2.0], [4.0]])
    (score,) = cross_validate(points, values, "idw", SETTINGS, block=5)
    # 1 is predicted as 3; 2 and 4 are predicted as 1.
    assert score.error == pytest.approx(np.sqrt((4 + 1 + 9) / 3))
    assert score.explained == pytest.approx(1 - (14 / 3) / np.var([1, 2, 4]))
    assert np.isnan(score.variance_ratio)


def test_each_sample_is_left_out_once_with_its_block():
    points = scattered(1, 400)
    folds = block_folds(points, 20, 5)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(400))
    blocks = [tuple(block) for block in np.floor((points - points.min(axis=0)) / 20)]
    for train, test in folds:
        assert not {blocks[k] for k in train} & {blocks[k] for k in test}


def test_large_surveys_are_tested_on_some_samples(monkeypatch):
    points, whole = scattered(2, 900), scattered(2, 900)
    monkeypatch.setattr("geohalo.cube.method_choice.MOST_TESTED", 300)
    folds = block_folds(points, 20, 5)
    assert 290 <= sum(len(test) for _, test in folds) <= 310
    assert all(len(train) > 600 for train, _ in folds)
    np.testing.assert_array_equal(points, whole)


@pytest.mark.parametrize("method", METHODS)
def test_error_of_noise_and_of_a_plane(method):
    """White noise cannot be predicted from other blocks; a plane almost can."""
    points = scattered(5, 900)
    noise, plane = np.random.default_rng(6).normal(size=900), points @ [0.03, 0.02]
    of_noise, of_plane = cross_validate(points, np.column_stack([noise, plane]), method, SETTINGS, block=5)
    assert of_noise.error > 0.98
    assert of_noise.explained < 0.02
    assert of_plane.explained > 0.97
    if method == "smooth":
        assert of_plane.error < 1e-4
    if method == "nearest":
        # The difference of two independent values.
        assert of_noise.error == pytest.approx(np.sqrt(2), abs=0.1)


def test_variance_of_kriging_is_measured_at_left_out_samples():
    """Errors in fields of the very kind are as large as kriging says."""
    points = scattered(7, 900, 100_000)
    own = Variogram("exponential", 0.3, 1.0, 9000)
    noise = np.sqrt(0.3) * np.random.default_rng(8).normal(size=900)
    values = np.column_stack([SRF(own.model(), seed=seed)(points.T) + noise for seed in (1, 2, 3, 4)])
    scores = cross_validate(points, values, "kriging", SETTINGS, block=8000)
    assert np.mean([score.variance_ratio for score in scores]) == pytest.approx(1, abs=0.15)


def test_outliers_widen_the_variance_and_leave_the_weights():
    points = scattered(9, 600, 100_000)
    rng = np.random.default_rng(10)
    values = (
        SRF(Variogram("exponential", 0.0, 1.0, 9000).model(), seed=3)(points.T) + rng.normal(size=600) * 0.3
    )
    values[::25] += rng.choice([-6, 6], 24)
    settings = SETTINGS | {"method": "kriging"}
    (fit,) = fit_interpolation(points, values[:, None], settings, 8000)
    (fitted,) = fit_variograms(points, values[:, None], settings)
    ratio = fit.scores["kriging"].variance_ratio
    assert ratio > 1.5
    assert fit.variogram == fitted.scaled(ratio)
    cells = scattered(11, 20, 100_000)
    robust, narrow = kriging_weights(points, cells, fitted.model(), 12)
    widened, wide = kriging_weights(points, cells, fit.variogram.model(), 12)
    np.testing.assert_allclose(widened, robust, atol=1e-9)
    np.testing.assert_allclose(wide, narrow * ratio, rtol=1e-6)


def test_the_best_method_is_that_of_least_error():
    """A plane goes to the spline, a rough field to a method that averages; every candidate keeps its errors."""
    points = scattered(12, 500, 50_000)
    rough = SRF(Variogram("exponential", 0.0, 1.0, 5000).model(), seed=2)(points.T)
    noisy = rough + np.random.default_rng(13).normal(size=500)
    values = np.column_stack([points @ [1e-4, 2e-4], noisy])
    plane, field = fit_interpolation(points, values, BEST, 5000)
    assert plane.method == "smooth"
    assert field.method in ("kriging", "smooth")
    for fit in (plane, field):
        assert list(fit.scores) == list(METHODS)
        errors = {name: score.error for name, score in fit.scores.items()}
        assert errors[fit.method] <= min(errors.values()) * 1.001
        assert fit.variogram is not None
    alone = cross_validate(points, values, "idw", SETTINGS, 5000)[0]
    assert plane.scores["idw"].error == pytest.approx(alone.error, rel=1e-12)


def test_ties_go_to_the_simpler_method():
    def chosen(**errors: float) -> str:
        return _least({name: Score(error, 0.0) for name, error in errors.items()})

    assert chosen(nearest=1.0, idw=1.0, kriging=1.0) == "nearest"
    assert chosen(nearest=1.1, idw=1.0005, kriging=1.0) == "idw"
    assert chosen(nearest=1.1, idw=1.01, kriging=1.0) == "kriging"
    assert chosen(nearest=np.nan, idw=0.0, kriging=0.0) == "idw"
    assert chosen(nearest=np.nan, kriging=np.nan) == "nearest"


def test_candidates_are_tried_simplest_first_and_no_others():
    points, values = scattered(14, 200), np.random.default_rng(15).normal(size=(200, 2))
    fits = fit_interpolation(points, values, BEST | {"candidates": ["idw", "nearest"]}, 20)
    assert [list(fit.scores) for fit in fits] == [["nearest", "idw"]] * 2
    assert all(fit.variogram is None for fit in fits)
    (alone,) = fit_interpolation(points, values[:, :1], SETTINGS, 20)
    assert alone.method == "idw"
    assert list(alone.scores) == ["idw"]
    assert alone.scores["idw"].error == pytest.approx(fits[0].scores["idw"].error, rel=1e-12)


def test_an_element_that_a_fold_lacks_is_measured_where_it_can_be():
    """All of its samples lie in one block: nothing predicts them, and the others are as without it."""
    points = scattered(16, 300)
    values = np.random.default_rng(17).normal(size=(300, 2))
    values[(points > 25).any(axis=1), 1] = np.nan
    both, without = cross_validate(points, values, "idw", SETTINGS, 30)
    (alone,) = cross_validate(points, values[:, :1], "idw", SETTINGS, 30)
    assert both.error == pytest.approx(alone.error, rel=1e-12)
    assert both.explained == pytest.approx(alone.explained, rel=1e-12)
    assert np.isnan(without.error)


def test_one_block_tells_nothing():
    points, values = scattered(18, 40), np.random.default_rng(19).normal(size=(40, 1))
    (fit,) = fit_interpolation(points, values, SETTINGS | {"method": "kriging"}, 1000)
    assert np.isnan(fit.scores["kriging"].error)
    (fitted,) = fit_variograms(points, values, SETTINGS)
    assert fit.variogram == fitted
    with pytest.raises(InputError, match=r"interpolation\.method: 'best' .* blocks of 1000 m .* lie in one"):
        fit_interpolation(points, values, BEST, 1000)


def test_variograms_of_kriging_see_no_left_out_sample(monkeypatch):
    points, values = scattered(20, 200), np.random.default_rng(21).normal(size=(200, 1))
    seen = []

    def recorded(train, known, settings):
        seen.append(set(map(tuple, train)))
        return fit_variograms(train, known, settings)

    monkeypatch.setattr("geohalo.cube.interpolation.fit_variograms", recorded)
    cross_validate(points, values, "kriging", SETTINGS, 20)
    folds = block_folds(points, 20, 5)
    assert len(seen) == len(folds) == 5
    for fitted_on, (train, test) in zip(seen, folds, strict=True):
        assert fitted_on == set(map(tuple, points[train]))
        assert not fitted_on & set(map(tuple, points[test]))
