"""Consensus: variance explained, against an analysis of variance by hand and by refitting; agreement on tiny maps."""

import math

import numpy as np
import pytest
from geohalo.evidence import consensus
from geohalo.evidence.consensus import agreement, choices_table, main_effects
from geohalo.evidence.design import space_filling_design

FACTORIAL = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
#: Means of A 1.5 and 4.5, of B 2 and 4: SS 9 and 4 of 14, rest 1 with one degree of freedom.
RESULT = np.array([1.0, 2.0, 3.0, 6.0])


def test_analysis_of_variance_by_hand():
    found = main_effects(FACTORIAL, RESULT, [2, 2])
    np.testing.assert_allclose(found.share, [(9 - 1) / (14 + 1), (4 - 1) / (14 + 1)])
    assert found.rest == pytest.approx(4 / 15)
    # F is 9 and 4 with one and one degree of freedom, whose tail is an arc tangent.
    np.testing.assert_allclose(found.p, [1 - 2 / math.pi * math.atan(3), 1 - 2 / math.pi * math.atan(2)])
    np.testing.assert_allclose(found.mean, [[1.5, 4.5], [2, 4]])
    reach = 12.706204736 * math.sqrt(1 / 2)
    np.testing.assert_allclose(found.high, [[1.5 + reach, 4.5 + reach], [2 + reach, 4 + reach]])
    np.testing.assert_allclose(found.low, [[1.5 - reach, 4.5 - reach], [2 - reach, 4 - reach]])


def test_shares_do_not_depend_on_unit_or_offset_and_means_do():
    own, other = main_effects(FACTORIAL, RESULT, [2, 2]), main_effects(FACTORIAL, 100 - 7 * RESULT, [2, 2])
    np.testing.assert_allclose(other.share, own.share)
    np.testing.assert_allclose(other.p, own.p)
    np.testing.assert_allclose(other.mean, 100 - 7 * np.array(own.mean))


def refitted(design, result, n_levels):
    """Return omega squared from least squares on indicator columns, with and without each choice."""

    def left(choices):
        columns = [np.ones(len(design))] + [
            (design[:, k] == level).astype(float) for k in choices for level in range(n_levels[k])
        ]
        matrix = np.stack(columns, axis=1)
        fitted, _, rank, _ = np.linalg.lstsq(matrix, result, rcond=None)
        return ((result - matrix @ fitted) ** 2).sum(), rank

    everything = list(range(len(n_levels)))
    rest, rank = left(everything)
    within = rest / (len(design) - rank)
    total = ((result - result.mean(axis=0)) ** 2).sum()
    shares = []
    for k in everything:
        without, fewer = left([one for one in everything if one != k])
        shares.append((without - rest - (rank - fewer) * within) / (total + within))
    return np.array(shares)


@pytest.mark.parametrize("seed", range(3))
def test_shares_of_a_design_that_is_not_orthogonal(seed, monkeypatch):
    monkeypatch.setattr(consensus, "BLOCK", 7)
    n_levels = [3, 2, 4, 2]
    design = space_filling_design(n_levels, 19, seed)
    cells = np.random.default_rng(seed).normal(size=(19, 30)) + design[:, [2]]
    np.testing.assert_allclose(
        main_effects(design, cells[:, 0], n_levels).share, refitted(design, cells[:, 0], n_levels)
    )
    of_map = main_effects(design, cells, n_levels)
    np.testing.assert_allclose(of_map.share, refitted(design, cells, n_levels))
    assert of_map.share.argmax() == 2
    assert np.isnan(of_map.p).all()
    assert np.isnan(np.concatenate(of_map.mean)).all()


def test_level_means_are_freed_of_the_other_choices():
    """Where result = a + b exactly, means of levels are those of the complete table, whatever was run."""
    a, b = np.array([0.0, 3.0, 5.0]), np.array([10.0, 30.0])
    design = np.array([[0, 0], [0, 0], [0, 1], [1, 1], [1, 0], [2, 1]])
    found = main_effects(design, a[design[:, 0]] + b[design[:, 1]], [3, 2])
    np.testing.assert_allclose(found.mean[0], a + b.mean())
    np.testing.assert_allclose(found.mean[1], b + a.mean())


def test_noise_explains_nothing_on_average():
    design = space_filling_design([3, 2, 3], 18, 0)
    draws = np.random.default_rng(5).normal(size=(400, 18))
    found = [main_effects(design, one, [3, 2, 3]) for one in draws]
    shares, p = np.array([one.share for one in found]), np.array([one.p for one in found])
    # Its standard error over 400 draws is below 0.006; unadjusted shares would average 2/17 and 1/17.
    np.testing.assert_allclose(shares.mean(axis=0), 0, atol=0.02)
    # Under no effect p is uniform: 5 % of 400, give or take 4 standard errors.
    assert ((p < 0.05).mean(axis=0) < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)).all()


@pytest.mark.parametrize(
    ("design", "result", "n_levels"),
    [
        # As many effects as workflows.
        (np.array([[0, 0], [0, 1], [1, 0]]), np.array([1.0, 2.0, 4.0]), [2, 2]),
        # Two choices that always change together.
        (np.array([[0, 0], [0, 0], [1, 1], [1, 1]]), np.array([1.0, 2.0, 4.0, 3.0]), [2, 2]),
        # All results alike.
        (FACTORIAL, np.full(4, 0.7), [2, 2]),
    ],
)
def test_nothing_is_told_where_nothing_can_be(design, result, n_levels):
    found = main_effects(design, result, n_levels)
    assert np.isnan(found.share).all()
    assert np.isnan(found.rest)


def test_agreement_of_three_maps():
    nan = np.nan
    ranks = np.array(
        [[0.95, 0.91, 0.90, nan, nan], [0.99, 0.20, 0.90, 0.95, nan], [0.94, 0.30, 0.90, 0.85, nan]]
    )
    share, mean, spread = agreement(ranks, 0.1)
    np.testing.assert_allclose(share, [1, 1 / 3, 0, 1 / 2, nan])
    np.testing.assert_allclose(mean, [0.96, 0.47, 0.9, 0.9, nan])
    np.testing.assert_allclose(
        spread, [np.std([0.95, 0.99, 0.94]), np.std([0.91, 0.2, 0.3]), 0, 0.05, nan], atol=1e-12
    )


def test_mean_agreement_is_the_area_that_is_called_anomalous():
    ranks = (np.argsort(np.random.default_rng(0).random((5, 200)), axis=1) + 0.5) / 200
    assert agreement(ranks, 0.15)[0].mean() == pytest.approx(0.15)


def test_table_has_levels_for_numbers_and_shares_alone_for_maps():
    levels = {"grid.cell": ["500", "1000"], "cube.transform": ["clr", "log"]}
    results = {
        "capture": RESULT,
        "above_decoys": np.full(4, np.nan),
        "map": np.stack([RESULT, -RESULT], axis=1),
    }
    table = choices_table(FACTORIAL, levels, results)
    assert list(table.columns) == [
        "result",
        "choice",
        "level",
        "share",
        "p",
        "p_holm",
        "mean",
        "low",
        "high",
        "n",
    ]
    capture = table[table["result"] == "capture"]
    assert list(capture["choice"]) == ["grid.cell", "grid.cell", "cube.transform", "cube.transform", "rest"]
    assert list(capture["level"]) == ["500", "1000", "clr", "log", ""]
    assert list(capture["n"]) == [2, 2, 2, 2, 4]
    np.testing.assert_allclose(capture["share"], np.array([8, 8, 3, 3, 4]) / 15)
    # The smaller p of two counts twice, and the other one is no smaller.
    small = 1 - 2 / math.pi * math.atan(3)
    assert 2 * small > 1 - 2 / math.pi * math.atan(2)
    np.testing.assert_allclose(capture["p_holm"], [2 * small] * 4 + [np.nan])
    np.testing.assert_allclose(capture["mean"], [1.5, 4.5, 2, 4, np.nan])
    assert table.loc[table["result"] == "above_decoys", "share"].isna().all()
    of_map = table[table["result"] == "map"]
    assert list(of_map["choice"]) == ["grid.cell", "cube.transform", "rest"]
    # Both cells have the sums of squares of the one number.
    np.testing.assert_allclose(of_map["share"], [(18 - 2) / 30, (8 - 2) / 30, 8 / 30])
