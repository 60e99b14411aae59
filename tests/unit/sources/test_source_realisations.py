"""Realisations of sources: against the dense posterior of a small tree, and against samples without noise."""

import numpy as np
import pytest
from geohalo.sources import unmixing
from geohalo.sources.mixing import Mixing
from geohalo.sources.penalty import penalty
from geohalo.sources.realisations import FIELD, _field, _random, realise_sources
from geohalo.sources.unmixing import Options, unmix
from networks import dense_mixing, dense_penalty, dense_sources, network
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

SHAPE, CELL, SAMPLES = (5, 6), 500.0, 10
DRAWS = 2000


@pytest.fixture(scope="module")
def case():
    """A tree of nested samples, one of them taken twice, and two elements, of which one misses values."""
    given = network(SAMPLES, SHAPE, 2, outlets=2, unseen=0.2)
    shares = csr_array(np.vstack([given.mixing.shares.toarray(), np.zeros(SHAPE[0] * SHAPE[1])]))
    parent = np.append(given.parent, -1)
    mixing = Mixing.of(shares, parent, np.append(np.full(SAMPLES, -1), 4))
    dense = dense_mixing(given.mixing.shares.toarray(), given.parent)[[*range(SAMPLES), 4]]
    values = np.random.default_rng(3).normal(2, 1, (SAMPLES + 1, 2))
    values[[1, 6], 1] = np.nan
    return mixing, values, dense


def drawn(case, kind, strength, scale, numbers):
    mixing, values, _ = case
    given = (mixing, SHAPE, CELL, values, kind, strength, scale, ["Cu", "Pb"])
    return np.stack([realise_sources(*given, number) for number in numbers])


@pytest.mark.parametrize("kind", ["first", "second"])
def test_they_are_drawn_from_the_dense_posterior(case, kind):
    """Mean and the whole covariance over 2,000, in units of their standard errors."""
    mixing, values, dense = case
    given = unmix(mixing, SHAPE, CELL, values, options=Options(kind, shares=[0.3]))
    rough = dense_penalty(SHAPE, kind, CELL)
    maps = drawn(case, kind, given.strength, given.scale, range(1, DRAWS + 1))
    for element, column in enumerate(values.T):
        there = ~np.isnan(column)
        mean, covariance = dense_sources(
            dense[there], rough, column[there], given.strength[element], np.ones(there.sum())
        )
        covariance *= given.scale[element]
        variance = covariance.diagonal()
        assert_allclose(variance, given.variance[:, element], rtol=1e-6)
        error = (maps[:, :, element].mean(axis=0) - mean) / np.sqrt(variance / DRAWS)
        # The largest of 30 normal ones, and of 465 for pairs of cells, is beyond 4.5 once in some hundred draws.
        assert np.abs(error).max() < 4.5
        found = np.cov(maps[:, :, element].T)
        size = np.sqrt((covariance**2 + np.outer(variance, variance)) / DRAWS)
        assert np.abs((found - covariance) / size).max() < 4.5
        assert_allclose((found.diagonal() / variance).mean(), 1, atol=0.05)
    # Each element by itself.
    errors = maps - maps.mean(axis=0)
    assert abs(np.corrcoef(errors[:, :, 0].ravel(), errors[:, :, 1].ravel())[0, 1]) < 0.03


def test_samples_are_met_as_far_as_they_are_sure(case):
    mixing, values, _ = case
    there = ~np.isnan(values)
    exact = values.copy()
    # Two samples of one place say the same where there is no noise.
    exact[SAMPLES] = exact[4]
    maps = drawn((mixing, exact, None), "first", np.full(2, 1e-12), np.full(2, 0.5), range(3))
    for one in maps:
        assert_allclose(mixing.mix(one)[there], exact[there], atol=1e-6)
    # They meet the samples and differ from each other all the same.
    assert (maps.std(axis=0).max(axis=0) > 0.1).all()
    # With noise, by as much as a sample may be wrong once others are known: less than its noise, and not by nothing.
    strength, scale = np.full(2, 0.5), np.full(2, 0.5)
    best = unmix(mixing, SHAPE, CELL, values, options=Options(variance=False), strength=strength)
    errors = np.stack([mixing.mix(one) for one in drawn(case, "first", strength, scale, range(200))])
    errors = (errors - best.mixture)[:, there]
    ratio = (errors**2).mean(axis=0) / 0.25
    assert (ratio > 0.05).all()
    # One for a sample that is all there is of its ground; a standard error of a tenth.
    assert (ratio < 1.3).all()


def test_draws_follow_number_and_name_alone(case):
    mixing, values, _ = case
    strength, scale = np.array([0.3, 0.5]), np.array([0.2, 0.4])
    (one,) = drawn(case, "first", strength, scale, [7])
    assert_array_equal(one, drawn(case, "first", strength, scale, [7])[0])
    other_way = (slice(None), [1, 0])
    given = (mixing, SHAPE, CELL, values[other_way], "first", strength[::-1], scale[::-1], ["Pb", "Cu"])
    assert_allclose(realise_sources(*given, 7)[other_way], one, atol=1e-9)
    given = (mixing, SHAPE, CELL, values[:, :1], "first", strength[:1], scale[:1], ["Cu"])
    assert_allclose(realise_sources(*given, 7), one[:, :1], atol=1e-9)
    (other,) = drawn(case, "first", strength, scale, [8])
    assert np.abs(other - one).min(axis=0).max() > 0


def test_an_element_without_a_scale_has_its_map(case):
    mixing, values, _ = case
    strength, scale = np.array([0.3, 0.5]), np.array([0.2, np.nan])
    (one,) = drawn(case, "first", strength, scale, [1])
    best = unmix(mixing, SHAPE, CELL, values, options=Options(variance=False), strength=strength)
    assert_allclose(one[:, 1], best.estimate[:, 1], atol=1e-9)
    assert np.abs(one[:, 0] - best.estimate[:, 0]).max() > 0.1


def test_many_samples_are_drawn_alike(case, monkeypatch):
    """The same draws, solved for by the sparse factor."""
    strength, scale = np.array([0.3, 0.5]), np.array([0.2, 0.4])
    few = drawn(case, "first", strength, scale, [1, 2])
    monkeypatch.setattr(unmixing, "MOST_SAMPLES", 5)
    assert_allclose(drawn(case, "first", strength, scale, [1, 2]), few, atol=1e-5)


@pytest.mark.parametrize("kind", ["first", "second"])
def test_a_field_has_the_covariance_of_the_penalty(kind):
    """Cosine by cosine: the transform of each is its unit map, so that the covariance follows without a draw."""
    rough = penalty((4, 7), kind, 2.0)

    class Unit:
        def __init__(self, place):
            self.place = place

        def standard_normal(self, shape):
            waves = np.zeros(shape)
            waves[self.place] = 1.0
            return waves

    root = np.stack([_field(rough, Unit(place)) for place in np.ndindex(rough.inverse.shape)], axis=1)
    assert_allclose(root @ root.T, rough.solve(np.eye(28)), atol=1e-12)
    field = _field(rough, _random(1, "Cu", FIELD))
    assert field.shape == (28,)
