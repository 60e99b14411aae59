"""Surveys of more samples than their covariance has room for: the same numbers by another way."""

import numpy as np
import pytest
from geohalo.errors import InputError
from geohalo.sources import unmixing
from geohalo.sources.folds import downstream, tree_folds
from geohalo.sources.large import subtree_parts
from geohalo.sources.unmixing import Options, unmix
from networks import network
from numpy.testing import assert_allclose

SHAPE, CELL, SAMPLES = (30, 32), 500.0, 120


@pytest.fixture
def case():
    given = network(SAMPLES, SHAPE, 7, outlets=20)
    random = np.random.default_rng(2)
    values = random.normal(2, 1, (SAMPLES, 3))
    values[random.uniform(size=values.shape) < 0.1] = np.nan
    return given, values


def test_parts_hold_all_that_lies_upstream_and_its_ground(case):
    given, _ = case
    parts = subtree_parts(given.mixing, SHAPE, most=30)
    assert len(parts) > 3
    rows = np.concatenate([part.rows for part in parts])
    assert np.unique(rows).size == rows.size  # in one part each
    for part in parts:
        assert part.rows.size <= 30
        inside = np.isin(np.arange(SAMPLES), part.rows)
        below = downstream(given.parent, ~inside)
        assert not (below & inside).any()  # nothing outside drains into the part
        assert_allclose(part.mixing.area, given.mixing.area[part.rows])


@pytest.mark.parametrize("kind", ["first", "second"])
@pytest.mark.parametrize("limits", [{}, {"FACTORED_CELLS": 300}])
def test_maps_of_many_samples_are_those_of_few(case, monkeypatch, limits, kind):
    """By factors of the equations of all cells, and of blocks of them."""
    given, values = case
    for name, limit in limits.items():
        monkeypatch.setattr(f"geohalo.sources.large.{name}", limit)
    # The second kind's covariance is in squares of metres.
    strength = np.array([0.2, 0.5, 1.0]) * (1 if kind == "first" else CELL**2)
    options = Options(kind=kind)
    exact = unmix(given.mixing, SHAPE, CELL, values, options=options, strength=strength)
    monkeypatch.setattr(unmixing, "MOST_SAMPLES", 50)
    found = unmix(given.mixing, SHAPE, CELL, values, options=options, strength=strength)
    assert found.steps == 1 or limits
    assert found.steps < 20
    if limits:
        # Of a block and of cells in it: too much, since samples of eight cells tell these apart.
        median = {"first": 1.194, "second": 1.559}[kind]
        assert_allclose(np.median(found.variance / exact.variance), median, atol=0.01)
    else:
        assert_allclose(found.variance, exact.variance, rtol=1e-6)
    assert_allclose(found.scale, exact.scale, rtol=1e-4)
    # Gradients leave a residual of 1e-6.
    assert_allclose(found.estimate, exact.estimate, atol=1e-4)
    assert_allclose(found.mixture, exact.mixture, atol=1e-4)
    assert (found.seen == exact.seen).all()


@pytest.mark.parametrize("few", [True, False])
def test_what_was_not_solved_for_is_no_result(case, monkeypatch, few):
    given, values = case
    monkeypatch.setattr(unmixing, "MOST_SAMPLES", 1000 if few else 50)
    monkeypatch.setattr("geohalo.sources.solve.MOST_STEPS", 0)
    with pytest.raises(InputError, match=r"120 samples came from was not found in 0 steps .*samples\.keep"):
        unmix(given.mixing, SHAPE, CELL, values, options=Options(variance=False), strength=np.ones(3))


def test_strengths_of_a_survey_that_is_one_part_are_those_of_its_samples(case, monkeypatch):
    given, values = case
    folds = tree_folds(given.parent, given.points * CELL, 5 * CELL)
    exact = unmix(given.mixing, SHAPE, CELL, values, folds, Options(variance=False))
    monkeypatch.setattr(unmixing, "MOST_SAMPLES", 50)
    found = unmix(given.mixing, SHAPE, CELL, values, folds)
    assert_allclose(found.strength, exact.strength, rtol=1e-6)
    assert_allclose(found.error, exact.error, rtol=1e-6)
    assert_allclose(found.scale, exact.scale, rtol=1e-6)
    assert_allclose(found.predicted, exact.predicted, rtol=1e-6)


def test_strengths_of_several_parts(case, monkeypatch):
    given, values = case
    folds = tree_folds(given.parent, given.points * CELL, 5 * CELL)
    monkeypatch.setattr(unmixing, "MOST_SAMPLES", 50)
    monkeypatch.setattr("geohalo.sources.large.MOST_IN_PART", 30)
    found = unmix(given.mixing, SHAPE, CELL, values, folds)
    assert np.isfinite(found.error).all()
    assert (found.strength > 0).all()
    predicted = ~np.isnan(found.predicted)
    assert 0 < predicted.sum() < (~np.isnan(values)).sum()


def test_masses_are_not_balanced_for_many(case, monkeypatch):
    given, values = case
    monkeypatch.setattr(unmixing, "MOST_SAMPLES", 50)
    with pytest.raises(ValueError, match="masses are balanced for 50 samples at most"):
        unmix(given.mixing, SHAPE, CELL, values, options=Options(law="mass"), strength=np.ones(3))
    with pytest.raises(ValueError, match="folds are needed"):
        unmix(given.mixing, SHAPE, CELL, values, options=Options(shares=[1.0]))
