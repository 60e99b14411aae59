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
#: Realisations, and names that each draws anew: 2,000 maps of each element.
NUMBERS, NAMES = 20, 100


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
    for element, column in enumerate(values.T):
        there = ~np.isnan(column)
        mean, covariance = dense_sources(
            dense[there], rough, column[there], given.strength[element], np.ones(there.sum())
        )
        covariance *= given.scale[element]
        variance = covariance.diagonal()
        assert_allclose(given.estimate[:, element], mean, rtol=1e-6)
        assert_allclose(given.variance[:, element], variance, rtol=1e-6)
        same = [np.full(NAMES, of[element]) for of in (given.strength, given.scale)]
        named = [f"Cu {name}" for name in range(NAMES)]
        what = (mixing, SHAPE, CELL, np.repeat(column[:, None], NAMES, axis=1), kind, *same, named)
        maps = np.concatenate([realise_sources(*what, number).T for number in range(1, NUMBERS + 1)])
        error = (maps.mean(axis=0) - mean) / np.sqrt(variance / len(maps))
        # The largest of 30 normal ones, and of 465 for pairs of cells, is beyond 4.5 once in some hundred draws.
        assert np.abs(error).max() < 4.5
        size = np.sqrt((covariance**2 + np.outer(variance, variance)) / len(maps))
        assert np.abs((np.cov(maps.T) - covariance) / size).max() < 4.5
        # A mean over cells that vary together: a standard error of a fiftieth at most.
        assert_allclose((maps.var(axis=0) / variance).mean(), 1, atol=0.06)


def test_elements_and_numbers_are_drawn_apart(case):
    """In no cell do two elements err together, nor does one err as it did in the realisation before."""
    maps = drawn(case, "first", np.array([0.3, 0.3]), np.array([0.2, 0.2]), range(1, 401))
    one = maps - maps.mean(axis=0)
    size = np.sqrt((one**2).mean(axis=0))
    # The correlation of 400 independent pairs has a standard error of 0.05; the largest of 30 cells.
    between = (one[:, :, 0] * one[:, :, 1]).mean(axis=0) / size.prod(axis=1)
    assert np.abs(between).max() < 4.5 / np.sqrt(400)
    following = (one[1:] * one[:-1]).mean(axis=0) / size**2
    assert np.abs(following).max() < 4.5 / np.sqrt(400)


def test_samples_are_met_as_far_as_they_are_sure(case):
    mixing, values, _ = case
    there = ~np.isnan(values)
    exact = values.copy()
    # Two samples of one place say the same where there is no noise.
    exact[SAMPLES] = exact[4]
    maps = drawn((mixing, exact, None), "first", np.full(2, 1e-12), np.full(2, 0.5), range(3))
    for one in maps:
        # Conjugate gradients stop at a millionth.
        assert_allclose(mixing.mix(one)[there], exact[there], atol=1e-5)
    # They meet the samples and differ from each other all the same.
    assert (maps.std(axis=0).max(axis=0) > 0.1).all()
    # With noise, by as much as a sample may be wrong once others are known: less than its noise, and not by nothing.
    strength, scale = np.full(2, 0.5), np.full(2, 0.5)
    best = unmix(mixing, SHAPE, CELL, values, options=Options(variance=False), strength=strength)
    errors = np.stack([mixing.mix(one) for one in drawn(case, "first", strength, scale, range(200))])
    ratio = ((errors - best.mixture)[:, there] ** 2).mean(axis=0) / 0.25
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
