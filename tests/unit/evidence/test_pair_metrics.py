"""AUCs of single places: leave-pair-out against a model trained for each pair, the open benchmark by hand."""

import numpy as np
import pytest
from geohalo.evidence.decoy_metrics import decoy_cells, decoy_centre, pair_row, ranked_pairs
from geohalo.evidence.folds import draw_folds
from geohalo.evidence.judged import judged_places
from geohalo.evidence.sample_auc import DRAWS, FAR, outranked_samples, sampled_places
from metric_tables import metric_table
from scipy.spatial import KDTree
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

SIDE = 60
CELLS = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE))], 1) * 1000.0
TREE = KDTree(CELLS)
LABELS = {
    "radius": 2500.0,
    "background_distance": 4000.0,
    "group_distance": 5000.0,
    "buffer": 8000.0,
    "folds": 6,
    "positives": 10_000,
    "background": 10_000,
    "decoys": 1,
    "seed": 0,
}
DEPOSITS = (
    np.array([[10.2, 9.9], [29.6, 12.1], [50.3, 8.8], [9.1, 44.4], [33.0, 50.7], [52.8, 47.5]]) * 1000.0
)


def distances(places):
    """Return distances (N, P) from every cell."""
    return np.hypot(*(CELLS[:, None] - np.atleast_2d(places)[None]).transpose(2, 0, 1))


def features(seed):
    """Return four values of each cell: noise, with a weak halo in the first."""
    values = np.random.default_rng(seed).normal(size=(len(CELLS), 4))
    values[:, 0] += 0.8 * np.exp(-((distances(DEPOSITS).min(axis=1) / 4000) ** 2))
    return values


def pairs_ranked_right(values, folds):
    """Train a ridge regression for each pair, without both places and the ground around them."""
    near, right = distances(DEPOSITS), []
    for deposit, fold in enumerate(folds.deposit_fold):
        rows = folds.decoys(fold)
        others = np.delete(near, deposit, axis=1).min(axis=1)
        # No decoy is at the edge, so that each lies in the middle of its cells.
        assert len(rows) == 21
        middle = CELLS[rows["cell"]].mean(axis=0)
        apart = (near[:, deposit] > 8000) & (distances(middle)[:, 0] > 8000)
        halo, barren = apart & (others <= 2500), apart & (others > 4000)
        chosen = np.flatnonzero(halo | barren)
        model = Ridge().fit(values[chosen], halo[chosen].astype(int))
        places = [near[:, deposit].argmin(), distances(middle)[:, 0].argmin()]
        ours, theirs = model.predict(values[places])
        right.append((ours > theirs) + 0.5 * (ours == theirs))
    return np.mean(right)


def test_leave_pair_out_auc_is_that_of_a_model_trained_for_each_pair():
    folds, found = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1), []
    for seed in range(5):
        values = features(seed)
        models = [
            Ridge().fit(values[cell], label) for cell, label in (folds.train(fold, 0) for fold in range(6))
        ]
        scores = np.stack([model.predict(values) for model in models])
        table = metric_table(scores, folds, CELLS, DEPOSITS, LABELS, 50, 0, probability=False)
        row = table.set_index("metric").loc["leave_pair_out_auc"]
        assert row["estimate"] == pytest.approx(pairs_ranked_right(values, folds))
        assert row["n"] == 6
        found.append(row["estimate"])
    assert len(set(found)) > 2


def test_ranked_pairs_by_hand():
    scores = np.array([[5.0, 1.0, 5.0, 9.0], [0.0, 3.0, 2.0, 1.0]])
    pairs = ranked_pairs(
        scores, np.array([0, 1, 0]), np.array([0, 1, 3]), [np.array([1, 2]), np.empty(0, dtype=int)]
    )
    assert pairs[0].tolist() == [[1, 0.5], [1, 1]]
    assert pairs[1].shape == (1, 0)
    fold, group, weights = np.array([0, 1, 0]), np.arange(3), np.array([[0, 3, 0], [1, 1, 1]])
    name, estimate, low, high, n = pair_row("x", pairs, fold, group, weights, 0)
    # The deposit of the fold without decoys does not count; the first draw has no other.
    assert (name, estimate, n) == ("x", 0.875, 2)
    assert low == high
    assert low in (0.75, 0.875, 1.0)


def test_leave_pair_out_counts_each_deposit_once_in_every_draw(monkeypatch):
    monkeypatch.setattr(
        "geohalo.evidence.statistics.resample_groups",
        lambda n_groups, n_draws, seed: np.ones((n_draws, n_groups), dtype=int),
    )
    labels = LABELS | {"folds": 3, "decoys": 3}
    folds = draw_folds("held_out", CELLS, DEPOSITS, labels, 1)
    scores = np.random.default_rng(2).integers(0, 9, (3, len(CELLS))).astype(float)
    table = metric_table(scores, folds, CELLS, DEPOSITS, labels, 50, 0, probability=False)
    low, estimate, high = table.set_index("metric").loc["leave_pair_out_auc", ["low", "estimate", "high"]]
    assert low == pytest.approx(estimate) == high


@pytest.mark.parametrize("place", [(30, 30), (0, 0), (0, 30), (59, 58), (1, 57), (2, 0)])
@pytest.mark.parametrize("radius", [900.0, 2500.0, 7000.0])
def test_centre_of_a_decoy_is_found_at_the_edge_too(place, radius):
    cell = place[1] * SIDE + place[0]
    around = np.array(TREE.query_ball_point(CELLS[cell], radius))
    np.random.default_rng(0).shuffle(around)
    assert decoy_centre(TREE, around, radius) == cell


def test_centre_of_a_decoy_on_ground_with_holes():
    kept = np.flatnonzero(np.random.default_rng(0).uniform(size=len(CELLS)) < 0.6)
    tree = KDTree(CELLS[kept])
    for cell in range(0, len(kept), 97):
        around = np.array(tree.query_ball_point(tree.data[cell], 4000.0, return_sorted=True))
        found = decoy_centre(tree, around, 4000.0)
        same = tree.query_ball_point(tree.data[found], 4000.0, return_sorted=True)
        np.testing.assert_array_equal(same, around)


def test_cells_that_are_nobodys_surroundings_have_the_cell_in_their_middle():
    # Three cells in a row, two apart: none of them has the others alone within reach.
    assert decoy_centre(TREE, np.array([61, 63, 65]), 2500.0) == 63


def test_centres_are_those_that_the_folds_drew():
    labels = LABELS | {"decoys": 4, "folds": 3}
    folds = draw_folds("held_out", CELLS, DEPOSITS, labels, 1)
    judged = judged_places(folds, CELLS, DEPOSITS, labels, 10, 0)
    for fold, centres in enumerate(judged.centres):
        decoys = decoy_cells(folds, fold)
        assert len(centres) == len(decoys) == 4
        for centre, cells in zip(centres, decoys, strict=True):
            np.testing.assert_array_equal(
                TREE.query_ball_point(CELLS[centre], 2500.0, return_sorted=True), cells
            )


def sample_places(number=400, seed=1):
    return np.random.default_rng(seed).uniform(-3000, SIDE * 1000 + 2000, (number, 2))


def test_negatives_are_far_samples_and_positives_the_nearest():
    samples = sample_places()
    places = sampled_places(samples, TREE, DEPOSITS, np.arange(6), 0)
    assert places.negatives.shape == (DRAWS, 6)
    far = np.flatnonzero((np.hypot(*(samples[:, None] - DEPOSITS).transpose(2, 0, 1)) >= FAR).all(axis=1))
    cell = distances(samples).argmin(axis=0)
    assert set(places.negatives.ravel()) <= set(cell[far])
    # 120 of some 390: repeats within a draw could only be samples that share a cell.
    assert len(set(places.negatives.ravel())) > 80
    for deposit, positive in zip(DEPOSITS, places.positive, strict=True):
        assert positive == cell[np.hypot(*(samples - deposit).T).argmin()]


def test_a_sample_at_five_kilometres_is_far_and_known_deposits_off_the_map_count():
    deposits = np.array([[10_000.0, 10_000.0], [90_000.0, 10_000.0]])
    samples = np.array(
        [[10_000.0, 10_000.0], [15_000.0, 10_000.0], [14_999.0, 10_000.0], [86_000.0, 10_000.0]]
    )
    places = sampled_places(samples, TREE, deposits, np.array([0]), 0)
    assert set(places.negatives.ravel()) == {10 * SIDE + 15}
    both = sampled_places(samples, TREE, deposits, np.array([0, 1]), 0)
    # Fewer far samples than deposits: all of them. The last sample is off the map, in its nearest cell.
    assert both.negatives.shape == (DRAWS, 1)
    assert both.positive.tolist() == [10 * SIDE + 10, 10 * SIDE + 59]


def test_a_map_without_folds_has_the_protocols_auc():
    samples, ids = sample_places(), np.arange(6)
    places = sampled_places(samples, TREE, DEPOSITS, ids, 3)
    score = np.random.default_rng(0).integers(0, 30, len(CELLS)).astype(float)
    share = outranked_samples(np.tile(score, (2, 1)), np.array([0, 1, 0, 1, 0, 1]), places)
    each = [
        roc_auc_score([1] * 6 + [0] * 6, np.concatenate([score[places.positive], score[drawn]]))
        for drawn in places.negatives
    ]
    assert len(each) == 20
    assert share.mean() == pytest.approx(np.mean(each))


def test_folds_are_weighted_by_their_deposits_and_read_in_their_own_maps():
    samples, labels = sample_places(), LABELS | {"folds": 4}
    folds = draw_folds("held_out", CELLS, DEPOSITS, labels, 1)
    scores = np.random.default_rng(5).uniform(size=(4, len(CELLS)))
    table = metric_table(scores, folds, CELLS, DEPOSITS, labels, 300, 7, samples=samples)
    row = table.set_index("metric").loc["opengad_auc"]
    places = sampled_places(samples, TREE, DEPOSITS, np.arange(6), 7)
    total = 0.0
    for fold in range(4):
        mine = np.flatnonzero(folds.deposit_fold == fold)
        aucs = [
            roc_auc_score(
                [1] * len(mine) + [0] * 6,
                np.concatenate([scores[fold, places.positive[mine]], scores[fold, drawn]]),
            )
            for drawn in places.negatives
        ]
        total += len(mine) * np.mean(aucs)
    assert row["estimate"] == pytest.approx(total / 6)
    assert row["low"] < row["estimate"] < row["high"]
    assert row["n"] == 6


def test_without_samples_or_far_ones_there_is_no_benchmark_number():
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1)
    scores = np.random.default_rng(5).uniform(size=(6, len(CELLS)))
    for samples, n in ((None, 0), (DEPOSITS + 100, 6)):
        table = metric_table(scores, folds, CELLS, DEPOSITS, LABELS, 100, 0, samples=samples)
        row = table.set_index("metric").loc["opengad_auc"]
        assert row[["estimate", "low", "high"]].isna().all()
        assert row["n"] == n
