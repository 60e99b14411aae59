"""Balances of mass: each element by itself, and the preconditioner against its dense matrix."""

from dataclasses import replace

import numpy as np
import pytest
from geohalo.errors import InputError
from geohalo.sources import mass_balance, unmixing
from geohalo.sources.ground import Ground, coarsened
from geohalo.sources.mass_balance import Coarse, log_mixture
from geohalo.sources.penalty import penalty
from geohalo.sources.unmixing import Options, unmix
from networks import dense_mixing, dense_penalty, network
from numpy.testing import assert_allclose, assert_array_equal

SHAPE, CELL, SAMPLES = (16, 18), 500.0, 25
MASS = Options(shares=[0.01], law="mass", variance=False)


@pytest.fixture
def case():
    """A network with an element of little contrast, and one that a few samples are very rich in."""
    given = network(SAMPLES, SHAPE, 4, outlets=3)
    random = np.random.default_rng(5)
    tame = random.normal(2, 0.1, SAMPLES)
    wild = random.normal(2, 1.0, SAMPLES) + 4.0 * (np.arange(SAMPLES) % 9 == 0)
    return given, np.column_stack([tame, wild])


def count_rounds(monkeypatch):
    """Return a list that steps of conjugate gradients are added to, one number for each linear problem."""
    rounds, solve = [], mass_balance.solve_weights

    def counted(*args):
        found = solve(*args)
        rounds.append(found.steps)
        return found

    monkeypatch.setattr(mass_balance, "solve_weights", counted)
    return rounds


def test_an_element_is_solved_as_it_is_alone(case):
    given, values = case
    both = unmix(given.mixing, SHAPE, CELL, values, options=MASS)
    for element in range(2):
        alone = unmix(given.mixing, SHAPE, CELL, values[:, [element]], options=MASS)
        assert_array_equal(both.estimate[:, element], alone.estimate[:, 0])
        assert_array_equal(both.mixture[:, element], alone.mixture[:, 0])


def test_a_tame_element_takes_few_steps(case, monkeypatch):
    """Beside a wild one, too: each linear problem is of one element."""
    given, values = case
    rounds = count_rounds(monkeypatch)
    unmix(given.mixing, SHAPE, CELL, values[:, [0]], options=MASS)
    alone = list(rounds)
    rounds.clear()
    unmix(given.mixing, SHAPE, CELL, values, options=MASS)
    assert rounds[: len(alone)] == alone
    assert max(alone) <= mass_balance.MANY < max(rounds)


def test_weights_of_the_map_make_the_same_map_in_fewer_steps(case, monkeypatch):
    given, values = case
    rounds = count_rounds(monkeypatch)
    found = unmix(given.mixing, SHAPE, CELL, values, options=MASS)
    own = sum(rounds)
    rounds.clear()
    monkeypatch.setattr(mass_balance, "MANY", 10**6)
    by_area = unmix(given.mixing, SHAPE, CELL, values, options=MASS)
    # Steps come to rest slowly here, and both end where mixtures still change by 1e-6: measured, 2e-4 apart.
    assert_allclose(found.mixture, by_area.mixture, atol=5e-4)
    assert own < 0.5 * sum(rounds)


@pytest.mark.parametrize("missing", [[], [3, 7]])
def test_the_preconditioner_is_the_precision_at_the_map(missing):
    shape, random = (8, 10), np.random.default_rng(0)
    given = network(SAMPLES, shape, 4, outlets=3)
    column = random.normal(2, 1, SAMPLES)
    column[missing] = np.nan
    noise = random.uniform(0.5, 2, SAMPLES)
    ground = Ground(given.mixing, penalty(shape, "first", CELL), noise)
    whole, factor, columns = coarsened(ground, "first", CELL, shape[0] * shape[1])
    assert factor == 1
    sources = random.normal(0, 2, (shape[0] * shape[1], 1))
    known = column[:, None]
    problem = mass_balance._Problem(ground, Coarse(whole.penalty, columns), known, ~np.isnan(known), 0.3)
    state = mass_balance._State(sources, sources, log_mixture(ground, sources), 0.0)
    times = mass_balance._precision(problem, state)
    there = ~np.isnan(column)
    mass = dense_mixing(given.mixing.shares.toarray(), given.parent)[there] * np.exp(sources[:, 0])
    mass /= mass.sum(axis=1, keepdims=True) * np.sqrt(noise[there])[:, None]
    inverse = np.linalg.pinv(dense_penalty(shape, "first", CELL), hermitian=True)
    precision = np.linalg.inv(mass @ inverse @ mass.T + 0.3 * np.eye(there.sum()))
    along = precision @ (1 / np.sqrt(noise[there]))
    precision -= np.outer(along, along) / (along @ (1 / np.sqrt(noise[there])))
    right = random.normal(size=(SAMPLES, 1))
    expected = np.zeros((SAMPLES, 1))
    expected[there] = precision @ right[there]
    assert_allclose(times(right), expected, atol=1e-8)
    # Of a coarser grid it is near: no direction is off by more than a half.
    half, factor, columns = coarsened(ground, "first", CELL, shape[0] * shape[1] / 4)
    assert factor == 2
    near = mass_balance._precision(replace(problem, coarse=Coarse(half.penalty, columns)), state)
    found = near(np.eye(SAMPLES))[np.ix_(there, there)]
    shares = np.sort(np.linalg.eigvals(np.linalg.pinv(precision) @ found).real)[1:]
    assert 0.5 < shares.min() <= shares.max() < 1.5


def test_samples_that_a_coarse_grid_cannot_tell_apart_are_balanced(case, monkeypatch):
    """More samples than coarse cells, and hardly any noise: the preconditioner is factored all the same."""
    given, values = case
    options, tame = replace(MASS, shares=[1e-4]), values[:, [0]]
    exact = unmix(given.mixing, SHAPE, CELL, tame, options=options)
    monkeypatch.setattr(unmixing, "COARSE_CELLS", 0.5)
    monkeypatch.setattr(mass_balance, "MANY", 0)
    found = unmix(given.mixing, SHAPE, CELL, tame, options=options)
    assert_allclose(found.mixture, exact.mixture, atol=1e-4)  # measured: 2e-5


def test_masses_that_do_not_balance_are_no_result(case, monkeypatch):
    given, values = case
    monkeypatch.setattr(mass_balance, "MOST_STEPS", 1)
    with pytest.raises(InputError, match=r"masses were not balanced in 1 steps .*Set sources.law: logs"):
        unmix(given.mixing, SHAPE, CELL, values, options=MASS)
