"""Sparse equations of cells and samples against dense matrices."""

import numpy as np
import pytest
from geohalo.sources.covariance import covariance
from geohalo.sources.factor import Factor, Tree
from geohalo.sources.mixing import Mixing
from geohalo.sources.penalty import penalty, sparse_penalty
from networks import dense_penalty, dense_sources, network
from numpy.testing import assert_allclose

# A side of 11 is solved on 12.
SHAPE, CELL, SAMPLES = (11, 15), 50.0, 40
# Sides that nothing is added to.
EVEN = (12, 15)


def bordered(among, level, strength, right):
    """Solve for weights and level at once; returns the weights."""
    size = level.size
    system = np.zeros((size + 1, size + 1))
    system[:size, :size] = among + strength * np.eye(size)
    system[:size, size] = system[size, :size] = level
    return np.linalg.solve(system, np.vstack([right, np.zeros((1, right.shape[1]))]))[:size]


@pytest.fixture
def mixing():
    """Forty samples, the last four of which repeat a place, and one of which sees nothing."""
    given = network(SAMPLES, SHAPE, 3, outlets=4)
    twin, shares = np.full(SAMPLES, -1), given.mixing.shares.tolil()
    springs = np.flatnonzero(~np.isin(np.arange(SAMPLES), given.parent))
    outlets = np.flatnonzero(given.parent < 0)
    twin[springs[:4]] = outlets[[0, 1, 1, 2]]
    shares[springs[4]] = 0
    return Mixing.of(shares.tocsr(), given.parent, twin)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("strength", [1e-3, 1.0, 100.0])
@pytest.mark.parametrize("kind", ["first", "second"])
def test_weights_are_those_of_the_dense_covariance(mixing, kind, strength, missing):
    random = np.random.default_rng(5)
    noise = random.uniform(0.5, 2.0, SAMPLES)
    among = covariance(mixing, penalty(SHAPE, kind, CELL), noise)
    present = mixing.sees & (random.uniform(size=SAMPLES) >= missing)
    assert missing == 0 or not present[mixing.parent[mixing.parent >= 0]].all()
    signal = strength * np.trace(among) / SAMPLES
    level, right = 1 / np.sqrt(noise), random.normal(size=(SAMPLES, 3))
    factor = Factor.of(mixing, sparse_penalty(SHAPE, kind, CELL), level, present, signal)
    found = factor.times(right)
    rows = np.flatnonzero(present)
    exact = bordered(among[np.ix_(rows, rows)], level[rows], signal, right[rows])
    assert_allclose(found[rows], exact, atol=1e-6 * np.abs(exact).max())
    assert (found[~present] == 0).all()
    assert_allclose(level @ found, 0, atol=1e-9 * np.abs(exact).sum())


def test_equations_of_the_tree_give_the_mixtures(mixing):
    """Also where samples are left out: what drains to them is seen by the next one downstream."""
    present = np.random.default_rng(6).uniform(size=SAMPLES) < 0.6
    tree = Tree.of(mixing, present)
    sources = np.random.default_rng(7).normal(size=(SHAPE[0] * SHAPE[1], 2))
    mixtures = np.linalg.solve(tree.take.toarray(), tree.own @ sources)
    rows = np.flatnonzero(tree.number >= 0)
    assert (rows == np.flatnonzero(present & mixing.sees)).all()
    assert_allclose(mixtures[tree.number[rows]], mixing.mix(sources)[rows], atol=1e-12)


@pytest.mark.parametrize("strength", [1e-3, 1.0, 100.0])
@pytest.mark.parametrize("kind", ["first", "second"])
@pytest.mark.parametrize("samples", [1, 2, 3, 30])
def test_variance_is_that_of_dense_matrices_also_of_few_large_catchments(kind, strength, samples):
    """All cells may come before any of few samples, and then nothing but these hold the level."""
    given = network(SAMPLES, EVEN, 3, outlets=4)
    matrix, mixtures = dense_penalty(EVEN, kind, CELL), given.mixing.mix(np.eye(EVEN[0] * EVEN[1]))
    present = np.zeros(SAMPLES, dtype=bool)
    present[np.argsort(-given.mixing.area)[:samples]] = True
    relative = strength * np.trace(mixtures @ np.linalg.pinv(matrix) @ mixtures.T) / SAMPLES
    _, covariance = dense_sources(mixtures[present], matrix, np.zeros(samples), relative, np.ones(samples))
    factor = Factor.of(given.mixing, sparse_penalty(EVEN, kind, CELL), np.ones(SAMPLES), present, relative)
    assert_allclose(factor.variance(), covariance.diagonal(), rtol=1e-5)
