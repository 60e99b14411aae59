"""What samples see of the ground: worked by hand, against walks along the tree, and what always holds."""

import numpy as np
import pytest
from geohalo.sources.mixing import Mixing, unmix_own_ground, upstream_first
from hypothesis import given
from hypothesis import strategies as st
from networks import dense_mixing, network, random_tree
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

#: Two brooks (0 with 3 m2 of cell 0, 1 with 1 m2 of cell 1) join above sample 2, which adds 4 m2 of cell 2.
BROOKS = csr_array(np.array([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 4.0]]))
PARENT = np.array([2, 2, -1])


def test_a_mixture_worked_by_hand():
    mixing = Mixing.of(BROOKS, PARENT)
    assert_allclose(mixing.area, [3, 1, 8])
    sources = np.array([[10.0], [2.0], [5.0]])
    # (3 * 10 + 1 * 2 + 4 * 5) / 8
    assert_allclose(mixing.mix(sources), [[10.0], [2.0], [6.5]])


def test_own_ground_worked_by_hand():
    ground = unmix_own_ground(Mixing.of(BROOKS, PARENT), np.array([[10.0], [2.0], [6.5]]))
    assert_allclose(ground.concentration, [[10.0], [2.0], [5.0]])
    # Errors of one size: sqrt(8^2 + 3^2 + 1^2) / 4 below the confluence.
    assert_allclose(ground.amplification, [1.0, 1.0, np.sqrt(74) / 4])


def test_a_second_sample_at_one_place_is_of_the_same_mixture():
    shares = csr_array(np.vstack([BROOKS.toarray(), [[0.0, 0.0, 4.0]]]))
    mixing = Mixing.of(shares, np.array([2, 2, -1, -1]), np.array([-1, -1, -1, 2]))
    assert_allclose(mixing.area, [3, 1, 8, 8])
    sources = np.array([[10.0], [2.0], [5.0]])
    assert_allclose(mixing.mix(sources)[:, 0], [10.0, 2.0, 6.5, 6.5])
    # The mean of both, 6.5, is what the place has; the error of their mean is smaller.
    ground = unmix_own_ground(mixing, np.array([[10.0], [2.0], [6.0], [7.0]]))
    assert_allclose(ground.concentration[:, 0], [10.0, 2.0, 5.0, 5.0])
    assert_allclose(ground.amplification[2:], np.sqrt(64 / 2 + 10) / 4)


def test_what_drains_to_a_second_sample_drains_to_the_first():
    twin = np.array([-1, -1, -1, 2])
    shares = csr_array(np.vstack([BROOKS.toarray(), np.zeros((1, 3))]))
    mixing = Mixing.of(shares, np.array([3, 2, -1, -1]), twin)
    assert_allclose(mixing.area, [3, 1, 8, 8])


def test_a_sample_without_ground_sees_nothing():
    mixing = Mixing.of(csr_array(np.array([[1.0, 1.0], [0.0, 0.0]])), np.array([-1, -1]))
    assert_array_equal(mixing.sees, [True, False])
    assert_allclose(mixing.mix(np.ones((2, 1))), [[1.0], [0.0]])


def test_cells_seen_follow_the_samples_with_a_value():
    mixing = Mixing.of(BROOKS, PARENT)
    assert_array_equal(mixing.seen(), [True, True, True])
    assert_array_equal(mixing.seen(np.array([True, False, False])), [True, False, False])
    # The lowest sample sees all ground.
    assert_array_equal(mixing.seen(np.array([False, False, True])), [True, True, True])


@pytest.mark.parametrize("seed", range(5))
def test_mixing_is_the_dense_matrix(seed):
    given_network = network(30, (9, 10), seed, outlets=3, unseen=0.1)
    mixing, random = given_network.mixing, np.random.default_rng(seed)
    dense = dense_mixing(mixing.shares.toarray(), given_network.parent)
    sources, values = random.normal(size=(90, 4)), random.normal(size=(30, 4))
    # Sums of at most 90 numbers of size 1: rounding.
    assert_allclose(mixing.mix(sources), dense @ sources, atol=1e-12)
    assert_allclose(mixing.spread(values), dense.T @ values, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_own_ground_gives_the_sources_of_a_random_tree_back(seed):
    given_network = network(60, (12, 12), seed)
    shares = given_network.mixing.shares
    own = np.asarray(shares.sum(axis=1))
    sources = np.random.default_rng(seed).lognormal(size=(144, 3))
    ground = unmix_own_ground(given_network.mixing, given_network.mixing.mix(sources))
    expected = shares @ sources / own[:, None]
    assert_allclose(ground.concentration[own > 0], expected[own > 0], rtol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_mass_is_kept_and_nested_areas_add_up(seed, samples):
    given_network = network(samples, (6, 6), seed, outlets=min(samples, 2))
    mixing = given_network.mixing
    own = np.asarray(mixing.shares.sum(axis=1))
    outlets = given_network.parent < 0
    assert_allclose(mixing.area[outlets].sum(), own.sum())
    for sample in range(samples):
        children = given_network.parent == sample
        assert_allclose(mixing.area[sample], own[sample] + mixing.area[children].sum())
    sources = np.random.default_rng(seed).uniform(1, 2, (36, 1))
    mixed = mixing.mix(sources)[:, 0]
    assert_allclose((mixed * mixing.area)[outlets].sum(), (mixing.shares @ sources).sum())
    assert_allclose(mixing.mix(np.ones((36, 1)))[mixing.sees], 1.0)
    seen = mixing.sees
    assert ((mixed[seen] >= sources.min() - 1e-12) & (mixed[seen] <= sources.max() + 1e-12)).all()


def test_samples_are_ordered_from_the_sources_down():
    parent = random_tree(200, np.random.default_rng(0))
    order = upstream_first(parent)
    place = np.empty(200, dtype=int)
    place[order] = np.arange(200)
    below = parent >= 0
    assert (place[below] < place[parent[below]]).all()
    # Each below the next, 50,000 deep.
    chain = np.arange(1, 50_001)
    chain[-1] = -1
    assert_array_equal(upstream_first(chain), np.arange(50_000))


@pytest.mark.parametrize("parent", [[1, 0], [1, 2, 0, -1], [0]])
def test_a_cycle_is_no_tree(parent):
    with pytest.raises(ValueError, match="cycle"):
        upstream_first(np.array(parent))


def test_shares_are_areas():
    with pytest.raises(ValueError, match="areas"):
        Mixing.of(csr_array(np.array([[1.0, -1.0]])), np.array([-1]))
    with pytest.raises(ValueError, match="as many parents"):
        Mixing.of(BROOKS, np.array([-1]))
    with pytest.raises(ValueError, match="a parent is one of"):
        Mixing.of(BROOKS, np.array([3, -1, -1]))


def test_larger_cells_mix_as_the_mean_of_theirs():
    mixing = network(12, (4, 4), 3).mixing
    columns = np.repeat(np.arange(2), 8)
    coarse = mixing.reduced(columns, 2)
    level = np.array([[1.0], [5.0]])
    assert_allclose(coarse.mix(level), mixing.mix(level[columns]))
