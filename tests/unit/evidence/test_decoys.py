"""Decoys: where they lie, what they take, and that a score made of places alone gains nothing against them."""

import numpy as np
import pytest
from geohalo.evidence.candidates import find_candidates
from geohalo.evidence.decoy_metrics import above_decoys, decoy_rows, outranked_decoys
from geohalo.evidence.decoys import ALIKE, LEFT, draw_decoys
from geohalo.evidence.evaluate import per_deposit
from geohalo.evidence.folds import draw_folds
from geohalo.evidence.schemes import DEPOSIT_SCHEMES, EXTRA_SCHEMES, SCHEMES, group_deposits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metric_tables import metric_table
from scipy.spatial import KDTree

SIDE = 90
CELLS = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE))], 1) * 1000.0 + 500
LABELS = {
    "radius": 2500.0,
    "background_distance": 4000.0,
    "group_distance": 5000.0,
    "buffer": 9000.0,
    "folds": 4,
    "positives": 100,
    "background": 1500,
    "decoys": 4,
    "block": 30_000.0,
    "seed": 0,
}
APART = np.array([[15, 15], [45, 15], [75, 15], [15, 45], [75, 45], [15, 75], [45, 75], [75, 75]]) * 1000.0

coordinate = st.integers(1000, 89_000)
layouts = st.lists(st.tuples(coordinate, coordinate), min_size=6, max_size=14, unique=True)
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def distances(points):
    """Return all distances (N, D) by brute force."""
    return np.sqrt(((CELLS[:, None, :] - np.asarray(points)[None, :, :]) ** 2).sum(axis=2))


@relaxed
@given(layouts, st.integers(0, 2**32 - 1), st.booleans())
def test_decoys_by_brute_force(layout, seed, hiding):
    deposits = np.array(layout, dtype=float)
    tested, hidden = np.zeros((2, len(deposits)), dtype=bool)
    tested[:2], hidden[2] = True, hiding
    everywhere = np.ones(len(deposits), dtype=bool)
    found = find_candidates(CELLS, deposits, everywhere, tested, hidden, LABELS)
    known = deposits[~tested & ~hidden]
    distance = distances(known).min(axis=1)
    wanted = np.sqrt(((deposits[:2, None] - known) ** 2).sum(axis=2)).min(axis=1)
    decoys, spared = draw_decoys(found, KDTree(CELLS), distance, wanted, LABELS, np.random.default_rng(seed))
    centres, buffer = decoys.centres, LABELS["buffer"]
    assert len(centres) <= 4
    near = distances(CELLS[centres]) if len(centres) else np.full((len(CELLS), 1), np.inf)
    np.testing.assert_array_equal(spared.region, found.region | (near <= buffer).any(axis=1))
    assert not found.region[centres].any()
    assert (distance[centres] > LABELS["background_distance"]).all()
    for k, centre in enumerate(centres):
        factor = distance[centre] / wanted
        assert ((factor <= ALIKE) & (factor >= 1 / ALIKE)).any()
        assert (near[np.delete(centres, k), k] > buffer).all()
        mine = np.sort(decoys.cell[decoys.decoy == k])
        np.testing.assert_array_equal(mine, np.flatnonzero(near[:, k] <= LABELS["radius"]))
    for name in ("positives", "background"):
        before, after = getattr(found, name), getattr(spared, name)
        np.testing.assert_array_equal(after, before[~spared.region[before]])
        assert len(after) >= LEFT * len(before)
    kept = ~spared.region[found.positives]
    np.testing.assert_array_equal(spared.positive_deposit, found.positive_deposit[kept])
    np.testing.assert_array_equal(spared.test_positives, found.test_positives)


@pytest.mark.parametrize("scheme", [*SCHEMES, *EXTRA_SCHEMES])
def test_folds_with_and_without_decoys_test_the_same_cells(scheme):
    with_decoys = draw_folds(scheme, CELLS, APART, LABELS, 2)
    without = draw_folds(scheme, CELLS, APART, LABELS | {"decoys": 0}, 2)
    by_deposits = scheme in DEPOSIT_SCHEMES
    for fold in range(with_decoys.n_folds):
        assert list(with_decoys.test(fold)["cell"]) == list(without.test(fold)["cell"])
        assert without.decoys(fold).empty
        decoys = with_decoys.decoys(fold)
        assert len(decoys["deposit"].unique()) == (4 if by_deposits else 0)
        assert (decoys["use"] == "decoy").all()
        assert (decoys["label"] == 0).all()
        region = with_decoys.held_out_region[fold]
        assert region[decoys["cell"]].all()
        on_free_ground = by_deposits and scheme != "checkerboard"
        assert not without.held_out_region[fold][decoys["cell"]].all() or not on_free_ground
        for draw in range(2):
            cell, _ = with_decoys.train(fold, draw)
            assert not region[cell].any()
    assert with_decoys.n_draws == without.n_draws == 2


def test_no_decoy_where_there_is_no_room():
    near = np.array([[40, 40], [50, 40], [40, 50], [50, 50], [45, 30], [45, 60]]) * 1000.0
    labels = LABELS | {"buffer": 60_000.0, "folds": 2, "group_distance": 3000.0}
    tested = np.arange(6) < 1
    found = find_candidates(CELLS, near, ~np.zeros(6, dtype=bool), tested, ~tested & tested, labels)
    distance = distances(near[1:]).min(axis=1)
    decoys, spared = draw_decoys(
        found, KDTree(CELLS), distance, np.array([10_000.0]), labels, np.random.default_rng(0)
    )
    assert len(decoys.centres) == len(decoys.cell) == len(decoys.decoy) == 0
    np.testing.assert_array_equal(spared.region, found.region)


def leave_one_out(seed):
    """Return deposits at random and folds that each hold out one group of them."""
    deposits = np.random.default_rng(seed).uniform(3000, 87_000, (10, 2))
    groups = group_deposits(deposits, LABELS["group_distance"]).max() + 1
    return deposits, draw_folds("held_out", CELLS, deposits, LABELS | {"folds": int(groups), "seed": seed}, 1)


def measured(deposits, folds, score):
    """Return the metrics of a score of one fold."""
    scores = np.stack([score(fold) for fold in range(folds.n_folds)])
    table = metric_table(scores, folds, CELLS, deposits, LABELS, 200, 0, probability=False)
    return table.set_index("metric")


def test_scores_made_of_places_alone_gain_nothing_against_decoys():
    above = {"background": [], "deposits": []}
    for seed in range(12):
        deposits, folds = leave_one_out(seed)

        def background(fold, folds=folds):
            cell, label = folds.train(fold, 0)
            return KDTree(CELLS[cell[label == 0]]).query(CELLS)[0]

        def nearness(fold, folds=folds, deposits=deposits):
            return -KDTree(deposits[folds.training_deposits(fold)]).query(CELLS)[0]

        remembered = measured(deposits, folds, background)["estimate"]
        assert remembered["capture"] > 0.95
        assert remembered["decoy_capture"] > 0.95
        above["background"].append(remembered["above_decoys"])
        above["deposits"].append(measured(deposits, folds, nearness).loc["above_decoys", "estimate"])
    for values in above.values():
        assert abs(np.mean(values) - 0.5) < 3 * np.std(values) / np.sqrt(len(values)) + 0.02
        assert np.mean(values) == pytest.approx(0.5, abs=0.1)


def test_a_halo_stands_above_decoys():
    deposits, folds = leave_one_out(0)
    table = measured(deposits, folds, lambda fold: -distances(deposits).min(axis=1))
    above = table.loc["above_decoys"]
    assert above["estimate"] == above["low"] == above["high"] == 1
    assert above["n"] == sum(folds.decoys(fold)["deposit"].nunique() for fold in range(folds.n_folds)) > 20
    assert table.loc["decoy_capture", "estimate"] < 0.6


@pytest.mark.parametrize("scheme", ["held_out", "inner"])
def test_share_of_decoys_by_comparing_every_pair(scheme):
    folds = draw_folds(scheme, CELLS, APART, LABELS, 1)
    scores = np.random.default_rng(0).integers(0, 9, (folds.n_folds, len(CELLS))).astype(float)  # many ties
    table = per_deposit(scores, folds, CELLS, APART, LABELS)
    captures = {}
    for row in table.itertuples():
        score, decoys = scores[row.fold], folds.decoys(row.fold)
        mine = score[distances(APART[[row.deposit]])[:, 0] <= LABELS["radius"]]
        shares = []
        for number, part in decoys.groupby("deposit"):
            theirs = score[part["cell"]]
            difference = mine[:, None] - theirs
            shares.append((difference > 0).mean() + (difference == 0).mean() / 2)
            rank = (score[:, None] < theirs).mean(0) + ((score[:, None] == theirs).mean(0)) / 2
            captures[row.fold, number] = rank.mean()
        assert row.above_decoys == pytest.approx(np.mean(shares))
    rows = metric_table(scores, folds, CELLS, APART, LABELS, 50, 0, probability=False).set_index("metric")
    assert rows.loc["above_decoys", "estimate"] == pytest.approx(table["above_decoys"].mean())
    assert rows.loc["decoy_capture", "estimate"] == pytest.approx(np.mean(list(captures.values())))
    for name in ("above_decoys", "decoy_capture"):
        low, high = rows.loc[name, ["low", "high"]]
        assert low <= rows.loc[name, "estimate"] <= high


def interval(compared, fold, group, n_draws=4000):
    weights = np.random.default_rng(1).multinomial(2, [0.5, 0.5], size=n_draws)
    (_, estimate, low, high, n), _ = decoy_rows(compared, np.array(fold), np.array(group), weights, 0)
    return estimate, low, high, n


def test_interval_resamples_groups_and_decoys():
    one = np.full(1, 0.5)
    # Two groups, of which one is above and one below the only decoy: draws are 0, 1/2 and 1.
    assert interval([(np.array([[1.0], [0.0]]), one)], [0, 0], [0, 1]) == (0.5, 0.0, 1.0, 1)
    # Two alike deposits above one decoy and below the other: a quarter of the draws has one decoy twice.
    assert interval([(np.array([[1.0, 0.0]] * 2), one.repeat(2))], [0, 0], [0, 1]) == (0.5, 0.0, 1.0, 2)
    # No spread, no width; a fold without decoys is left out.
    compared = [(np.full((1, 3), 0.7), one.repeat(3)), (np.empty((1, 0)), np.empty(0))]
    np.testing.assert_allclose(interval(compared, [0, 1], [0, 1])[:3], 0.7)
    np.testing.assert_allclose(above_decoys(compared, np.array([0, 1])), [0.7, np.nan])


def test_variance_of_the_interval_is_that_of_deposits_and_decoys():
    generator = np.random.default_rng(3)
    deposits, decoys = generator.normal(1, 1, 40), generator.normal(0, 1, 30)
    share = (deposits[:, None] > decoys).astype(float)
    weights = np.random.default_rng(2).multinomial(40, np.full(40, 1 / 40), size=4000)
    ((_, estimate, low, high, _), _) = decoy_rows(
        [(share, np.full(30, 0.5))], np.zeros(40, dtype=int), np.arange(40), weights, 0
    )
    # DeLong et al. (1988): variance of an area under the ROC curve from its two marginal means.
    error = np.sqrt(share.mean(axis=1).var(ddof=1) / 40 + share.mean(axis=0).var(ddof=1) / 30)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.12)
    assert estimate == share.mean()


def test_without_decoys_nothing_is_compared():
    folds = draw_folds("random", CELLS, APART, LABELS, 1)
    scores = np.random.default_rng(0).uniform(size=(folds.n_folds, len(CELLS)))
    compared = outranked_decoys(scores, folds, np.zeros(len(APART), dtype=int), [np.arange(3)] * len(APART))
    assert all(share.shape[1] == len(capture) == 0 for share, capture in compared)
    rows = decoy_rows(compared, np.zeros(8, dtype=int), np.arange(8), np.ones((5, 8), dtype=int), 0)
    assert np.isnan([row[1:4] for row in rows]).all()
    assert [row[4] for row in rows] == [0, 0]
