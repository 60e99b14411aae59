"""What simulated and real surveys are compared by: quantities with known answers."""

import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.decoy_metrics import above_decoys, outranked_decoys
from geohalo.evidence.folds import draw_folds


@pytest.fixture
def benchmark_module(monkeypatch):
    """Import a module of tests/benchmarks by name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    return importlib.import_module


@pytest.fixture
def survey(benchmark_module):
    """Return a square of 40 x 40 samples of noise, 1 km apart, with three lone deposits and one pair."""
    measures = benchmark_module("realism_measures")
    rng = np.random.default_rng(0)
    axis = np.arange(40.0) * 1000
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    deposits = np.array([[5, 5], [5, 30], [30, 5], [30, 30], [32, 30]]) * 1000.0
    values = rng.normal(size=(1600, 6))
    censored = np.zeros((1600, 6), dtype=bool)
    censored[:160, 0] = True
    names = ["Cu", "Zn", "Pb", "Ni", "Co", "As"]
    group = np.array([0, 1, 2, 3, 3])
    return measures.Survey(values, names, places, censored, deposits, group, 2000.0, 4000.0, ["Cu"])


def test_halos_are_those_near_and_background_is_far_from_all(survey, benchmark_module):
    label, group = benchmark_module("realism_measures").halo_labels(survey)
    # 13 samples of a grid lie within two steps; two discs, two steps apart, share five.
    assert np.bincount(group[label == 1]).tolist() == [13, 13, 13, 21]
    assert benchmark_module("realism_measures").samples_of_a_group(survey) == 13
    assert (label == -1).sum() > 0
    distance = np.sqrt(((survey.places[:, None] - survey.deposits) ** 2).sum(axis=-1)).min(axis=1)
    np.testing.assert_array_equal(label == 0, distance > 4000)


def test_a_strength_that_is_put_in_is_measured(survey, benchmark_module):
    """Copper is two deviations higher at every deposit, zinc one lower at one group alone."""
    measures = benchmark_module("realism_measures")
    label, group = measures.halo_labels(survey)
    values = np.zeros_like(survey.values)
    values[label == 0] = np.tile([[1.0], [-1.0]], (len(values), 6))[: (label == 0).sum()]
    values -= values[label == 0].mean(axis=0)
    values[label == 1, 0] += 2
    values[(label == 1) & (group == 3), 1] -= 1
    known = replace(survey, values=values)
    profiles, deviation = measures.group_profiles(known), values[label == 0].std()
    expected = np.zeros((4, 6))
    expected[:, 0], expected[3, 1] = 2, -1
    np.testing.assert_allclose(profiles, expected / deviation, atol=1e-12)
    found = measures.deposit_measures(known)
    assert found["strength of element 1"] == found["commodities, mean"] == pytest.approx(2 / deviation)
    assert found["strength of element 2"] == pytest.approx(0.25 / deviation)
    assert found["strength of element 3"] == pytest.approx(0)
    assert found["commodities, groups above"] == 1
    assert found["commodities, rank among elements"] == pytest.approx(5 / 6 + 0.5 / 6)


def test_agreement_of_groups_worked_example(benchmark_module):
    measures = benchmark_module("realism_measures")
    one = np.array([1.0, -1.0, 1.0, -1.0])
    assert measures.agreement(np.array([one, 3 * one])) == pytest.approx(1)
    # Of three pairs one agrees and two are opposite.
    assert measures.agreement(np.array([one, one, -one])) == pytest.approx(-1 / 3)
    assert np.isnan(measures.agreement(one[None]))
    alike = np.array([one, 2 * one, 3 * one, 4 * one])
    assert measures.same_sign(alike) == 1
    assert measures.same_sign(np.array([one, one, one, -one])) == pytest.approx(0.75)
    assert np.isnan(measures.same_sign(alike[:2]))


def test_moved_deposits_keep_their_shapes_and_stay_on_the_survey(survey, benchmark_module):
    measures = benchmark_module("realism_measures")
    places = set()
    for seed in range(20):
        moved = measures.moved(survey, np.random.default_rng(seed))
        assert moved.group.tolist() == survey.group.tolist()
        assert np.hypot(*(moved.deposits[4] - moved.deposits[3])) == pytest.approx(2000)
        distance = np.sqrt(((survey.places[:, None] - moved.deposits) ** 2).sum(axis=-1)).min(axis=0)
        assert distance.max() <= 2000
        places.add(tuple(moved.deposits[0]))
    assert len(places) > 15


def test_nothing_stands_out_where_there_is_nothing(survey, benchmark_module):
    """In noise the deposits are within what deposits at random places give."""
    measures = benchmark_module("realism_measures")
    found, nothing = (
        measures.deposit_measures(survey),
        measures.chance(survey, measures.deposit_measures),
    )
    for name in ("largest t", "strength of element 1", "commodities, mean"):
        assert min(nothing[name]) <= found[name] <= max(nothing[name])
        assert len(nothing[name]) == measures.MOVED


def test_nugget_is_one_for_noise_and_nothing_for_a_slope(survey, benchmark_module):
    measures = benchmark_module("realism_measures")
    values = survey.values.copy()
    values[:, 0] = survey.places @ [1.0, 1.0]
    shares = measures.nugget_shares(replace(survey, values=values))
    assert shares[0] < 0.01
    np.testing.assert_allclose(shares[1:], 1, atol=0.15)
    found = measures.ground_measures(survey)
    assert found["censored, % of values"] == pytest.approx(100 * 160 / 9600)
    assert found["elements censored over 5 %, %"] == pytest.approx(100 / 6)
    assert found["elements censored over 20 %, %"] == 0
    # Six elements of noise: each component has about a sixth.
    assert found["first component"] == pytest.approx(1 / 6, abs=0.03)


def test_halves_tell_one_province_from_two(survey, benchmark_module):
    """A copy of an element with the sign of the half is explained within a half and not in the other."""
    measures = benchmark_module("realism_measures")
    rng = np.random.default_rng(3)
    values = rng.normal(size=(1600, 6))
    values[:, 1] = values[:, 0] + 0.1 * rng.normal(size=1600)
    alike = measures.halves_measures(replace(survey, values=values))
    assert alike["correlations, other half"] == pytest.approx(1, abs=0.05)
    assert alike["level, other half"] == pytest.approx(alike["level, random half"], abs=0.05)
    east = survey.places[:, 0] > np.median(survey.places[:, 0])
    north = survey.places[:, 1] > np.median(survey.places[:, 1])
    # Turned round in the east and the north: neither pair of halves is alike.
    values[:, 1] *= np.where(east, -1, 1) * np.where(north, -1, 1)
    values[:, 2] += 3.0 * (east & north)
    unlike = measures.halves_measures(replace(survey, values=values))
    assert unlike["correlations, other half"] < 0.5
    assert unlike["level, other half"] > alike["level, other half"] + 0.1


def test_what_the_others_explain_is_the_variance_of_their_sum(benchmark_module):
    """Two elements with a correlation of 0.8 explain 0.64 of each other, but for the penalty; a third one nothing."""
    measures = benchmark_module("realism_measures")
    rng = np.random.default_rng(4)
    values = rng.normal(size=(40_000, 2)) @ np.linalg.cholesky(np.array([[1, 0.8], [0.8, 1]])).T
    expected = 1 - (1 - 2 * 0.8 * 0.8 / 1.1 + (0.8 / 1.1) ** 2)
    assert measures.explained_by_others(values[:20_000], values[20_000:]) == pytest.approx(expected, abs=0.01)


def test_what_comes_with_other_elements_is_not_left_over(survey, benchmark_module):
    """Copper and zinc rise together at deposits as they do everywhere; lead, which nothing follows, rises alone."""
    measures = benchmark_module("realism_measures")
    label, _ = measures.halo_labels(survey)
    values = survey.values.copy()
    values[label == 1, 2] += 1.5
    values[:, 0] *= 3
    values[label == 1, 0] += 3
    values[:, 1] = values[:, 0] + 0.3 * survey.values[:, 1]
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    share = {}
    for name in ("Cu", "Pb"):
        known = replace(survey, values=values, commodities=[name])
        whole = measures.deposit_measures(known)["commodities, mean"]
        assert whole > 0.7
        share[name] = measures.left_over_measures(known)["left over, commodities, mean"] / whole
    assert share["Cu"] < 0.75
    assert share["Pb"] > 0.9


def test_folding_length_of_an_exponential_is_its_length(benchmark_module):
    measures = benchmark_module("realism_measures")
    assert measures.folding_length(0.6 * np.exp(-measures.LAGS / 7)) == pytest.approx(8, abs=0.02)
    assert measures.folding_length(np.ones(len(measures.LAGS))) == measures.LAGS[-1]


def test_correlogram_of_blocks_follows_their_overlap(benchmark_module):
    """White noise in blocks of four samples: the correlation along an axis falls linearly to nothing at four."""
    measures = benchmark_module("realism_measures")
    rng = np.random.default_rng(1)
    places = np.column_stack([np.arange(6000.0), np.zeros(6000)])
    values = np.repeat(rng.normal(size=1500), 4)
    gram = measures.correlogram(places, values, 1.0)
    np.testing.assert_allclose(gram[:6], [0.75, 0.5, 0.25, 0, 0, 0], atol=0.07)


def test_decoys_outranked_need_the_scores_that_are_asked_for_alone(benchmark_module):
    """The same number as the evidence has, from maps that are empty elsewhere."""
    methods = benchmark_module("realism_methods")
    axis = np.arange(60.0) * 1000
    cells = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    deposits = np.array([[8, 8], [50, 8], [8, 50], [50, 50]]) * 1000.0
    labels = {
        "radius": 3000.0, "background_distance": 5000.0, "group_distance": 8000.0, "buffer": 9000.0, "folds": 2,
        "positives": 30, "background": 90, "decoys": 3, "seed": 0,
    }  # fmt: skip
    folds = draw_folds("held_out", cells, deposits, labels, 1)
    near = np.sqrt(((cells[:, None] - deposits) ** 2).sum(axis=-1)) <= 3000
    around = [np.flatnonzero(column) for column in near.T]
    scores = np.random.default_rng(2).normal(size=(2, len(cells)))
    compared = outranked_decoys(scores, folds, folds.deposit_fold, around)
    expected = above_decoys(compared, folds.deposit_fold).mean()
    asked = np.union1d(np.concatenate(around), folds.cells.loc[folds.cells["draw"] == -2, "cell"])
    some = np.full_like(scores, np.nan)
    some[:, asked] = scores[:, asked]
    assert methods.outranked(some, folds, around) == pytest.approx(expected, rel=1e-12)


def test_orders_of_methods_worked_example(benchmark_module):
    realism = benchmark_module("realism")
    rank = {"a": [1, 1, 3.2, 1, 2], "b": [2, 2, 2, 2, 4], "c": [3, 3.5, 0, 3, 6]}
    table = pd.DataFrame.from_dict(rank, orient="index", columns=["r1", "r2", "r3", "s1", "s2"])
    found = realism.orders(table, ["r1", "r2", "r3"], ["s1", "s2"])
    # The means of the real ones rise from a to c as the simulated ones do; those of two with r3 among them fall.
    assert found["simulated"].to_dict() == pytest.approx({"mean of real": 1, "r1": 1, "r2": 1, "r3": -1})
    assert found.loc[["r1", "r2", "r3"], "other real"].to_list() == pytest.approx([-1, -1, -1])
    assert np.isnan(found.loc["mean of real", "other real"])
