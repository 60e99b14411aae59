"""Maps of sources: against the dense solution, recovered without noise, and left-out samples by refitting."""

import numpy as np
import pytest
from geohalo.sources import unmixing
from geohalo.sources.folds import Folds, tree_folds
from geohalo.sources.mixing import Mixing
from geohalo.sources.unmixing import Options, relative_noise, unmix
from networks import dense_mixing, dense_penalty, dense_sources, network
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import eye_array

SHAPE, CELL = (8, 9), 500.0
SAMPLES = 25


@pytest.fixture
def case():
    """A network with values of four elements, a few of them missing, and unequal noise."""
    given = network(SAMPLES, SHAPE, 4, outlets=3, unseen=0.1)
    random = np.random.default_rng(5)
    values = random.normal(2, 1, (SAMPLES, 4))
    values[3, 1] = values[[4, 7], 2] = np.nan
    values[5:20, 3] = np.nan  # most: a covariance of its own
    noise = random.uniform(0.5, 2, SAMPLES)
    return given, values, noise, dense_mixing(given.mixing.shares.toarray(), given.parent)


def folds_of(given):
    return tree_folds(given.parent, given.points * CELL, 2 * CELL, folds=3)


@pytest.mark.parametrize("kind", ["first", "second"])
def test_it_is_the_dense_solution(case, kind):
    given, values, noise, dense = case
    options = Options(kind, shares=[0.3])
    found = unmix(given.mixing, SHAPE, CELL, values, options=options, noise=noise)
    rough = dense_penalty(SHAPE, kind, CELL)
    for element, column in enumerate(values.T):
        there = ~np.isnan(column)
        sources, covariance = dense_sources(
            dense[there], rough, column[there], found.strength[element], noise[there]
        )
        assert_allclose(found.estimate[:, element], sources, rtol=1e-6, atol=1e-7)
        assert_allclose(found.mixture[:, element], dense @ sources, rtol=1e-6, atol=1e-7)
        expected = found.scale[element] * covariance.diagonal()
        assert_allclose(found.variance[:, element], expected, rtol=1e-6)
        below = dense[there].sum(axis=0) > 0
        assert_array_equal(found.seen[:, element], below)


def test_the_scale_is_that_of_restricted_likelihood(case):
    """Of values drawn from the model itself, many at once: their scale on average."""
    given, _, _, dense = case
    rough = np.linalg.pinv(dense_penalty(SHAPE, "first", CELL), hermitian=True)
    among = dense @ rough @ dense.T
    random = np.random.default_rng(0)
    centred = np.eye(SAMPLES) - 1 / SAMPLES
    signal = np.trace(centred @ among @ centred) / (SAMPLES - 1)
    drawn = np.linalg.cholesky(4.0 * (among + 0.3 * signal * np.eye(SAMPLES)))
    values = 7 + drawn @ random.normal(size=(SAMPLES, 400))
    found = unmix(given.mixing, SHAPE, CELL, values, options=Options(shares=[0.3], variance=False))
    assert_allclose(found.share, 0.3)
    # 400 means of 24 squares: a standard error of 1.4 per cent.
    assert_allclose(found.scale.mean(), 4.0, rtol=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_sources_on_a_random_tree_are_recovered_without_noise(seed):
    """One cell is the own ground of each sample, so that all are determined."""
    shape = (6, 8)
    parent = network(48, shape, seed).parent
    random = np.random.default_rng(seed)
    areas = eye_array(48).tocsr() * random.uniform(0.5, 2, 48)[:, None]
    mixing = Mixing.of(areas, parent)
    sources = random.normal(3, 1, (48, 5))
    found = unmix(mixing, shape, CELL, mixing.mix(sources), options=Options(shares=[1e-12]))
    assert_allclose(found.estimate, sources, rtol=1e-6)
    assert_allclose(found.mixture, mixing.mix(sources), rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_concentrations_on_a_random_tree_are_recovered_without_noise(seed):
    """Where masses mix, the log of a sample is far from the mean of logs."""
    shape = (5, 6)
    parent = network(30, shape, seed).parent
    random = np.random.default_rng(seed)
    areas = eye_array(30).tocsr() * random.uniform(0.5, 2, 30)[:, None]
    mixing = Mixing.of(areas, parent)
    sources = random.normal(3, 1, (30, 2))
    values = np.log(mixing.mix(np.exp(sources)))
    assert np.abs(values - mixing.mix(sources)).max() > 0.3
    options = Options(shares=[1e-10], law="mass", variance=False)
    found = unmix(mixing, shape, CELL, values, options=options)
    assert_allclose(found.mixture, values, atol=1e-6)
    # Mixtures are still to 1e-6, and unmixing takes differences of them: some 30 times as much.
    assert_allclose(found.estimate, sources, atol=1e-4)


def test_balanced_masses_are_the_least_of_what_is_made_least(case):
    """The gradient, written out with the dense matrices, is 0; of elements that miss values, too."""
    given, values, noise, dense = case
    rough = dense_penalty(SHAPE, "first", CELL)
    options = Options(shares=[0.3], law="mass", variance=False)
    found = unmix(given.mixing, SHAPE, CELL, values, options=options, noise=noise)
    linear = unmix(given.mixing, SHAPE, CELL, values, options=Options(shares=[0.3]), noise=noise)
    for element, column in enumerate(values.T):
        there = ~np.isnan(column)
        slopes = []
        for sources in (found.estimate[:, element], linear.estimate[:, element]):
            mass = dense[there] * np.exp(sources)
            misfit = (np.log(mass.sum(axis=1)) - column[there]) / noise[there]
            slope = (mass / mass.sum(axis=1, keepdims=True)).T @ misfit
            slopes.append(np.abs(slope + found.strength[element] * rough @ sources).max())
        assert slopes[0] < 1e-4 < 1e-2 < slopes[1]
        mixed = np.log(dense @ np.exp(found.estimate[:, element]))
        assert_allclose(found.mixture[:, element], mixed, atol=1e-9)


def test_predictions_of_left_out_samples_are_those_of_a_fit_without_them(case):
    given, values, noise, dense = case
    folds = folds_of(given)
    found = unmix(given.mixing, SHAPE, CELL, values, folds, noise=noise)
    rough = dense_penalty(SHAPE, "first", CELL)
    squares, count = np.zeros(4), np.zeros(4)
    for number, withheld in enumerate(folds.withheld):
        for element, column in enumerate(values.T):
            used = ~withheld & ~np.isnan(column)
            tested = (folds.fold == number) & ~np.isnan(column)
            if used.sum() < 2 or not tested.any():
                continue
            sources, _ = dense_sources(dense[used], rough, column[used], found.strength[element], noise[used])
            predicted = dense[tested] @ sources
            assert_allclose(found.predicted[tested, element], predicted, rtol=1e-6, atol=1e-6)
            squares[element] += ((predicted - column[tested]) ** 2).sum()
            count[element] += tested.sum()
    assert_allclose(found.error, np.sqrt(squares / count), rtol=1e-6)


def test_the_chosen_strength_has_the_least_error(case):
    given, values, noise, _ = case
    folds = folds_of(given)
    several = unmix(given.mixing, SHAPE, CELL, values, folds, Options(variance=False), noise)
    errors = [
        unmix(given.mixing, SHAPE, CELL, values, folds, Options(shares=[share], variance=False), noise).error
        for share in unmixing.STRENGTHS
    ]
    assert_allclose(several.error, np.min(errors, axis=0))


def test_errors_are_as_large_as_their_variance_says():
    """Of values drawn from the model, the scale that left-out samples give is the true one on average."""
    given = network(SAMPLES, SHAPE, 4, outlets=3)
    dense = dense_mixing(given.mixing.shares.toarray(), given.parent)
    rough = np.linalg.pinv(dense_penalty(SHAPE, "first", CELL), hermitian=True)
    among = dense @ rough @ dense.T
    signal = np.trace((np.eye(SAMPLES) - 1 / SAMPLES) @ among) / (SAMPLES - 1)
    drawn = np.linalg.cholesky(4.0 * (among + 0.3 * signal * np.eye(SAMPLES)))
    values = drawn @ np.random.default_rng(1).normal(size=(SAMPLES, 600))
    options = Options(shares=[0.3], variance=False)
    found = unmix(given.mixing, SHAPE, CELL, values, folds_of(given), options)
    # 600 means of some 20 squares that are alike: a standard error of some 2 per cent.
    assert_allclose(found.scale.mean(), 4.0, rtol=0.07)


def test_a_large_grid_is_solved_exactly_with_the_covariance_of_a_coarse_one(case, monkeypatch):
    given, values, noise, _ = case
    options = Options(shares=[0.3], variance=False)
    exact = unmix(given.mixing, SHAPE, CELL, values, options=options, noise=noise)
    monkeypatch.setattr(unmixing, "MOST_COVARIANCE", SAMPLES * 20)
    found = unmix(given.mixing, SHAPE, CELL, values, options=options, noise=noise, strength=exact.strength)
    assert found.steps > exact.steps == 1
    assert_allclose(found.estimate, exact.estimate, atol=1e-4)  # a residual of 1e-6, times the condition


def test_the_variance_of_a_large_grid_is_near_the_exact_one(monkeypatch):
    """Blocks of 2 x 2 cells: measured, a sixth too much in the middle, and at most 0.8 to 1.4 times the exact one."""
    shape, samples = (24, 30), 12
    given = network(samples, shape, 4)
    values = np.random.default_rng(0).normal(size=(samples, 2))
    exact = unmix(given.mixing, shape, CELL, values, options=Options(shares=[1.0]))
    monkeypatch.setattr(unmixing, "MOST_VARIANCE", samples * 180)
    found = unmix(given.mixing, shape, CELL, values, options=Options(shares=[1.0]), strength=exact.strength)
    ratio = found.variance / exact.variance
    assert ratio.min() > 0.75
    assert ratio.max() < 1.5
    assert 1.0 < np.median(ratio) < 1.2


def test_samples_that_see_nothing_and_elements_without_values_say_nothing():
    given = network(SAMPLES, SHAPE, 4)
    shares = given.mixing.shares.tolil()
    leaf = int(np.flatnonzero(~np.isin(np.arange(SAMPLES), given.parent))[0])
    shares[leaf] = 0
    mixing = Mixing.of(shares.tocsr(), given.parent)
    values = np.random.default_rng(0).normal(size=(SAMPLES, 3))
    values[:, 2] = np.nan
    found = unmix(mixing, SHAPE, CELL, values, options=Options(shares=[0.3]))
    without = values.copy()
    without[leaf] = 1e6
    again = unmix(mixing, SHAPE, CELL, without, options=Options(shares=[0.3]))
    assert_allclose(found.estimate, again.estimate)
    assert np.isnan(found.mixture[leaf]).all()
    assert np.isnan(found.estimate[:, 2]).all()
    assert not found.seen[:, 2].any()


def test_an_element_of_one_value_everywhere():
    given = network(SAMPLES, SHAPE, 4)
    found = unmix(given.mixing, SHAPE, CELL, np.full((SAMPLES, 1), 3.0), folds_of(given))
    assert_allclose(found.estimate, 3.0, atol=1e-9)
    assert_allclose(found.variance, 0.0, atol=1e-9)


def test_a_level_and_a_unit_change_nothing_else(case):
    given, values, noise, _ = case
    folds = folds_of(given)
    one = unmix(given.mixing, SHAPE, CELL, values, folds, noise=noise)
    other = unmix(given.mixing, SHAPE, CELL, 10 + 3 * values, folds, noise=noise)
    assert_allclose(other.estimate, 10 + 3 * one.estimate, rtol=1e-6)
    assert_allclose(other.variance, 9 * one.variance, rtol=1e-6)
    assert_allclose(other.explained, one.explained, rtol=1e-6)


def test_noise_of_a_catchment_falls_with_its_cells():
    mixing = network(6, (4, 4), 0).mixing
    cells = mixing.area  # cells of one square unit
    assert_allclose(relative_noise(mixing, 1.0, 3.0), 1 + 3 / cells)


def test_several_strengths_need_samples_to_leave_out(case):
    given, values, _, _ = case
    with pytest.raises(ValueError, match="folds are needed"):
        unmix(given.mixing, SHAPE, CELL, values)
    with pytest.raises(ValueError, match="cells of the grid"):
        unmix(given.mixing, (2, 2), CELL, values, options=Options(shares=[1.0]))


def test_folds_of_some_samples():
    folds = Folds(np.array([0, 1, -1]), np.array([[True, False, False], [False, True, True]]))
    part = folds.of_rows(np.array([0, 2]))
    assert_array_equal(part.fold, [0, -1])
    assert_array_equal(part.withheld, [[True, False], [False, True]])
