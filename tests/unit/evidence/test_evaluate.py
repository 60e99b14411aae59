"""The table of evidence: brute force on small surveys, and scorers whose result is known beforehand."""

import numpy as np
import pytest
from geohalo.evidence import metrics
from geohalo.evidence.decoy_metrics import DECOY_METRICS
from geohalo.evidence.evaluate import (
    AREA_METRICS,
    DEPOSIT_METRICS,
    PAIR_METRICS,
    PROBABILITY_METRICS,
    per_deposit,
    success_curves,
)
from geohalo.evidence.folds import draw_folds
from metric_tables import metric_table
from scipy.spatial import KDTree
from sklearn.metrics import accuracy_score, roc_auc_score

LABELS = {
    "radius": 2500.0,
    "background_distance": 4000.0,
    "group_distance": 6000.0,
    "buffer": 9000.0,
    "folds": 4,
    "positives": 1000,
    "background": 500,
    "decoys": 0,
    "seed": 0,
}
SIDE = 70


def survey(n_deposits=20, seed=0):
    """Return the cells of a square of 70 km and deposits in it, the last one off the ground."""
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    cells = np.column_stack([x.ravel(), y.ravel()]) * 1000.0
    inside = np.random.default_rng(seed).uniform(1000, (SIDE - 2) * 1000, (n_deposits, 2))
    return cells, np.concatenate([inside, [[-30_000.0, 0.0]]])


CELLS, DEPOSITS = survey()


def folds_of(scheme, seeds=1):
    return draw_folds(scheme, CELLS, DEPOSITS, LABELS, seeds)


def evaluate(scores, folds, **options):
    table = metric_table(scores, folds, CELLS, DEPOSITS, LABELS, 500, 0, **options)
    return table.set_index("metric")


def noise(folds, seed=0):
    return np.random.default_rng(seed).uniform(size=(folds.n_folds, len(CELLS)))


def distance_to_any():
    return KDTree(DEPOSITS).query(CELLS)[0]


def memorise(folds, seed=0):
    """Return the scores of a learner that knows nothing but its training positives and their next cells."""
    scores = 0.4 * noise(folds, seed)
    for fold in range(folds.n_folds):
        cell, label = folds.train(fold, 0)
        distance, _ = KDTree(CELLS[cell[label == 1]]).query(CELLS)
        scores[fold, distance <= 1000] += 0.6
    return scores


@pytest.mark.parametrize("scheme", ["held_out", "random"])
def test_table_has_every_metric_once_and_sound_intervals(scheme):
    folds = folds_of(scheme)
    table = evaluate(noise(folds), folds)
    needing_places = [*DECOY_METRICS, *PAIR_METRICS]
    assert list(table.index) == [*DEPOSIT_METRICS, *needing_places, *AREA_METRICS, *PROBABILITY_METRICS]
    assert list(table.columns) == ["estimate", "low", "high", "n"]
    without = table.loc[needing_places]  # these folds have no decoys, and no samples are given
    assert without[["estimate", "low", "high"]].isna().all(axis=None)
    assert (without["n"] == 0).all()
    table = table.drop(index=needing_places)
    assert np.isfinite(table["estimate"]).all()
    with_interval = table.drop(index="contrast_t")
    assert (with_interval["low"] <= with_interval["estimate"]).all()
    assert (with_interval["estimate"] <= with_interval["high"]).all()
    assert np.isnan(table.loc["contrast_t", ["low", "high"]].astype(float)).all()
    assert (table.loc[list(DEPOSIT_METRICS), "n"] == 20).all()  # the one off the ground is no part of it
    n_test = (folds.cells["use"] == "test").sum()
    assert (table.loc[[*AREA_METRICS, *PROBABILITY_METRICS], "n"] == n_test).all()


def test_random_scores_capture_one_half():
    folds = folds_of("held_out")
    captures = [evaluate(noise(folds, seed), folds).loc["capture"] for seed in range(40)]
    estimates = np.array([row["estimate"] for row in captures], dtype=float)
    # Uniform ranks: variance 1/12 a cell, about 20 cells for each of 20 deposits.
    pairs = len(np.concatenate(KDTree(CELLS).query_ball_point(DEPOSITS[:20], 2500.0)))
    assert estimates.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / pairs / 40))
    inside = np.mean([row["low"] <= 0.5 <= row["high"] for row in captures])
    assert 0.8 <= inside <= 1  # nominal 0.95; few groups make the percentile interval a little narrow


def test_found_of_maps_that_rank_nothing_is_the_area_without_spread():
    folds = folds_of("held_out")
    rows = evaluate(np.full((folds.n_folds, len(CELLS)), 0.5), folds).loc[["found_5", "found_10"]]
    for column in ("estimate", "low", "high"):
        np.testing.assert_allclose(rows[column].astype(float), [0.05, 0.1], rtol=1e-12)
    assert (rows["n"] == 20).all()


def test_random_scores_are_chance_in_every_cell_metric():
    folds = folds_of("held_out")
    table = evaluate(noise(folds), folds)["estimate"]
    for name in ("roc_auc", "pr_auc", "accuracy", "precision", "recall", "success_area"):
        assert table[name] == pytest.approx(0.5, abs=0.15 if name == "success_area" else 0.06)
    assert table["kappa"] == pytest.approx(0, abs=0.1)
    assert table["brier"] == pytest.approx(1 / 3, abs=0.03)  # uniform probability: mean of p^2


@pytest.mark.parametrize("scheme", ["held_out", "inner", "random"])
def test_perfect_scores(scheme):
    folds = folds_of(scheme)
    perfect = np.tile(np.exp(-np.log(2) * (distance_to_any() / 3000) ** 2), (folds.n_folds, 1))
    table = evaluate(perfect, folds)["estimate"]
    # The halos cover about 8 % of the ground, so that halo cells rank 0.92 to 1 there.
    assert table["capture"] > 0.94
    assert table["success_area"] > 0.98
    assert table["pa_crossing"] >= 0.95
    assert table["found_5"] > 0.9
    assert table["found_10"] == 1
    assert table["contrast_t"] > 4
    for name in ("roc_auc", "pr_auc", "accuracy", "precision", "recall", "f1", "kappa"):
        assert table[name] == pytest.approx(1)


def test_memorised_labels_show_the_gap_between_the_schemes():
    held_out, random = folds_of("held_out"), folds_of("random")
    honest, optimistic = evaluate(memorise(held_out), held_out), evaluate(memorise(random), random)
    # A share of the ground is memorised and ranks above all other ground, which is noise.
    share = {folds.scheme: (memorise(folds) > 0.5).mean() for folds in (held_out, random)}
    assert optimistic.loc["capture", "estimate"] == pytest.approx(1 - share["random"] / 2, abs=0.03)
    assert optimistic.loc["roc_auc", "estimate"] > 0.95
    assert honest.loc["capture", "estimate"] == pytest.approx(0.5 - share["held_out"] / 2, abs=0.03)
    assert honest.loc["roc_auc", "estimate"] == pytest.approx(0.5, abs=0.06)
    assert max(share.values()) < 0.2  # so that the two captures are "near 1" and "near 0.5"


@pytest.mark.parametrize("scheme", ["held_out", "random"])
def test_per_deposit_by_brute_force(scheme):
    folds = folds_of(scheme)
    scores = noise(folds, 3)
    table = per_deposit(scores, folds, CELLS, DEPOSITS, LABELS)
    assert list(table["deposit"]) == list(range(20))
    ranks = np.stack([metrics.percentile_rank(score) for score in scores])
    test = folds.cells[(folds.cells["use"] == "test") & (folds.cells["label"] == 1)]
    held_by = dict(zip(test["cell"], test["fold"], strict=True))
    for row in table.itertuples():
        distance = np.hypot(*(CELLS - DEPOSITS[row.deposit]).T)
        around, own = np.flatnonzero(distance <= 2500), distance.argmin()
        if scheme == "held_out":
            fold = {cell: folds.deposit_fold[row.deposit] for cell in around}
        else:
            fold = {cell: held_by[cell] for cell in around}
        assert row.capture == pytest.approx(np.mean([ranks[fold[cell], cell] for cell in around]))
        assert row.rank == ranks[fold[own], own]
        assert row.fold == fold[own]
        # No two cells tie: the best 245 and 490 of 4,900 cells.
        higher = (scores[fold[own]] > scores[fold[own], own]).sum()
        assert (row.found_5, row.found_10) == (higher < 245, higher < 490)
        assert row.group == folds.deposit_group[row.deposit]


def test_random_cells_that_are_nearer_to_an_unreachable_deposit_do_not_count():
    """No fold tests them: there is no map that did not know them."""
    beside = DEPOSITS[0] + [1500.0, 0.0]
    deposits, surveyed = np.concatenate([DEPOSITS, [beside]]), np.append(np.ones(21, bool), False)
    folds = draw_folds("random", CELLS, deposits, LABELS, 1, surveyed)
    assert folds.unreachable.tolist() == [20, 21]
    scores = noise(folds, 4)
    row = per_deposit(scores, folds, CELLS, deposits, LABELS).iloc[0]
    ranks = np.stack([metrics.percentile_rank(score) for score in scores])
    test = folds.cells[(folds.cells["use"] == "test") & (folds.cells["label"] == 1)]
    held_by = dict(zip(test["cell"], test["fold"], strict=True))
    around = np.flatnonzero(np.hypot(*(CELLS - DEPOSITS[0]).T) <= 2500)
    nearer = np.hypot(*(CELLS[around] - beside).T) < np.hypot(*(CELLS[around] - DEPOSITS[0]).T)
    assert 0 < nearer.sum() < len(around)
    kept = around[~nearer]
    assert row["capture"] == pytest.approx(np.mean([ranks[held_by[cell], cell] for cell in kept]))
    own = kept[np.hypot(*(CELLS[kept] - DEPOSITS[0]).T).argmin()]
    assert row["rank"] == ranks[held_by[own], own]


def test_inner_deposits_rank_by_their_validation_cells():
    """Close pairs: some halo cells lie in the region of the deposits that the inner fold hides."""
    side, labels = 40, LABELS | {"radius": 2000.0, "group_distance": 3000.0, "buffer": 6500.0}
    cells = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side))], 1) * 1000.0
    places = [36, 24], [26, 34], [22, 29], [32, 10], [3, 12], [12, 33], [34, 2], [19, 31], [6, 30]
    deposits = np.array(places) * 1000.0
    held_out, folds = (draw_folds(scheme, cells, deposits, labels, 1) for scheme in ("held_out", "inner"))
    scores = np.random.default_rng(0).uniform(size=(4, len(cells)))
    table = per_deposit(scores, folds, cells, deposits, labels).set_index("deposit")
    distance = np.hypot(*(cells[:, None] - deposits[None]).transpose(2, 0, 1))
    cut, left_out = 0, set()
    for deposit, fold in enumerate(folds.deposit_fold):
        seen = (distance[:, held_out.deposit_fold == fold] > 6500).all(axis=1)
        halo = np.flatnonzero(distance[:, deposit] <= 2000)
        used = halo[seen[halo]]
        cut += 0 < len(used) < len(halo)
        if not len(used):
            left_out.add(deposit)
            continue
        rank = metrics.percentile_rank(scores[fold])
        row = table.loc[deposit]
        assert row["capture"] == pytest.approx(rank[used].mean())
        assert row["rank"] == rank[used[distance[used, deposit].argmin()]]
        assert (row["fold"], row["group"]) == (fold, folds.deposit_group[deposit])
    assert cut == 4
    assert set(range(9)) - set(table.index) == left_out == {2}
    rows = metric_table(scores, folds, cells, deposits, labels, 500, 0).set_index("metric")
    assert rows.loc["capture", "estimate"] == pytest.approx(table["capture"].mean())
    assert rows.loc["capture", "n"] == len(table)
    tests = [folds.test(fold) for fold in range(4)]
    each = [roc_auc_score(test["label"], scores[fold, test["cell"]]) for fold, test in enumerate(tests)]
    weights = [(table["fold"] == fold).sum() for fold in range(4)]
    assert rows.loc["roc_auc", "estimate"] == pytest.approx(np.average(each, weights=weights))
    assert np.isfinite(rows.loc["pa_crossing", ["low", "high"]].astype(float)).all()


def test_estimates_by_brute_force():
    """Three folds of 7, 7 and 6 deposits, so that the weights of the folds matter."""
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS | {"folds": 3}, 1)
    scores = np.clip(noise(folds, 4) - distance_to_any() / 60_000 + 0.1, 0, 1)
    table = evaluate(scores, folds)["estimate"]
    deposit = per_deposit(scores, folds, CELLS, DEPOSITS, LABELS)
    assert table["capture"] == pytest.approx(deposit["capture"].mean())
    assert table["success_area"] == pytest.approx(deposit["rank"].mean())
    assert table["pa_crossing"] == metrics.prediction_area_crossing(deposit["rank"].to_numpy())
    tests = [folds.test(fold) for fold in range(3)]
    held = [(folds.deposit_fold == fold).sum() for fold in range(3)]
    assert sorted(held) == [6, 7, 7]
    for name, function in (("roc_auc", roc_auc_score), ("pr_auc", metrics.pr_auc)):
        each = [function(test["label"], scores[fold, test["cell"]]) for fold, test in enumerate(tests)]
        assert table[name] == pytest.approx(np.average(each, weights=held))
    label = np.concatenate([test["label"] for test in tests])
    score = np.concatenate([scores[fold, test["cell"]] for fold, test in enumerate(tests)])
    weight = np.where(label == 1, 1, (label == 1).sum() / (label == 0).sum())
    expected = accuracy_score(label, score >= 0.5, sample_weight=weight)
    assert table["accuracy"] == pytest.approx(expected)


def test_intervals_follow_the_groups():
    """Ten pairs of deposits a kilometre apart are ten pieces of evidence, not twenty."""
    centres = np.array([[x, y] for x in range(7, 70, 13) for y in (15, 50)]) * 1000.0
    pairs = np.repeat(centres, 2, axis=0) + np.tile([[0.0, 0.0], [1000.0, 0.0]], (10, 1))
    folds = draw_folds("held_out", CELLS, pairs, LABELS | {"folds": 5}, 1)
    assert len(set(folds.deposit_group)) == 10
    _, nearest = KDTree(pairs).query(CELLS)
    level = np.random.default_rng(1).uniform(size=10)
    scores = np.tile(level[folds.deposit_group[nearest]], (5, 1))
    rows = metric_table(scores, folds, CELLS, pairs, LABELS, 5000, 0).set_index("metric")
    value = per_deposit(scores, folds, CELLS, pairs, LABELS).groupby("group")
    for metric, column in (("capture", "capture"), ("success_area", "rank")):
        width = rows.loc[metric, "high"] - rows.loc[metric, "low"]
        # Groups of one size: the mean of ten values. Twenty would give a width smaller by sqrt(2).
        error = value[column].mean().std(ddof=0) / np.sqrt(10)
        assert width == pytest.approx(2 * 1.96 * error, rel=0.1)


@pytest.mark.parametrize("scheme", ["held_out", "random"])
def test_draws_that_take_every_group_once_repeat_the_estimate(scheme, monkeypatch):
    """Ties the estimates (scikit-learn) to the draws behind their intervals, for every metric."""
    folds = draw_folds(scheme, CELLS, DEPOSITS, LABELS | {"folds": 3}, 1)
    scores = np.clip(noise(folds, 6) - distance_to_any() / 60_000 + 0.1, 0, 1).round(2)
    monkeypatch.setattr(
        "geohalo.evidence.statistics.resample_groups",
        lambda n_groups, n_draws, seed: np.ones((n_draws, n_groups), dtype=int),
    )
    table = evaluate(scores, folds).drop(index="contrast_t")
    np.testing.assert_allclose(table["low"], table["estimate"])
    np.testing.assert_allclose(table["high"], table["estimate"])


@pytest.mark.parametrize("scheme", ["held_out", "random"])
def test_a_draw_counts_groups_folds_and_cells_by_its_weights(scheme, monkeypatch):
    """One draw with some groups twice and others, among them all of one held-out fold, not at all."""
    folds = draw_folds(scheme, CELLS, DEPOSITS, LABELS | {"folds": 3}, 1)
    drawn = np.random.default_rng(2).integers(0, 4, folds.deposit_group.max() + 1)
    drawn[folds.deposit_group[folds.deposit_fold == 1]] = 0
    monkeypatch.setattr("geohalo.evidence.statistics.resample_groups", lambda *_: np.stack([drawn, drawn]))
    scores = np.clip(noise(folds, 7) - distance_to_any() / 60_000 + 0.1, 0, 1)
    table = evaluate(scores, folds)["low"]
    each, weight, pooled = [], [], []
    for fold in range(3):
        test = folds.test(fold).assign(score=lambda rows, fold=fold: scores[fold, rows["cell"]])
        times = np.where(test["group"] == -1, 1, drawn[test["group"]])
        pooled.append(test.loc[test.index.repeat(times)])
        halo = test["label"] == 1
        repeated = test.loc[test.index.repeat(np.where(halo, times, 1))]  # all background stays
        if not (repeated["label"] == 1).any():
            continue
        each.append([f(repeated["label"], repeated["score"]) for f in (roc_auc_score, metrics.pr_auc)])
        held = folds.deposit_group[folds.deposit_fold == fold]
        weight.append(drawn[held].sum() if scheme == "held_out" else times[halo].sum())
    assert len(each) == (2 if scheme == "held_out" else 3)
    expected = np.average(each, axis=0, weights=weight)
    assert table[["roc_auc", "pr_auc"]].to_numpy(dtype=float) == pytest.approx(expected)
    cells = np.concatenate([part[["label", "score"]].to_numpy() for part in pooled])
    expected_cells = metrics.cell_metrics(cells[:, 0].astype(int), cells[:, 1])
    assert table[list(PROBABILITY_METRICS)].to_dict() == pytest.approx(expected_cells)


def test_one_group_has_estimates_but_no_interval():
    folds = draw_folds("random", CELLS, DEPOSITS, LABELS | {"group_distance": 1e6}, 1)
    table = evaluate(noise(folds), folds).drop(index=[*DECOY_METRICS, *PAIR_METRICS])
    assert np.isfinite(table["estimate"]).all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_scores_that_are_no_probabilities():
    folds = folds_of("held_out")
    scores = np.tile(-distance_to_any(), (folds.n_folds, 1))
    table = evaluate(scores, folds, probability=False)
    assert table.loc[list(PROBABILITY_METRICS), ["estimate", "low", "high"]].isna().all(axis=None)
    assert np.isfinite(table.loc[[*DEPOSIT_METRICS, *AREA_METRICS], "estimate"]).all()
    with pytest.raises(ValueError, match="probability=False"):
        evaluate(scores, folds)


def test_success_curves_end_at_one_and_have_the_area_of_the_table():
    folds = folds_of("held_out")
    scores = noise(folds, 5)
    curve = success_curves(per_deposit(scores, folds, CELLS, DEPOSITS, LABELS))
    assert curve.iloc[0].tolist() == [0, 0]
    assert curve.iloc[-1].tolist() == [1, 1]
    area = np.sum(np.diff(curve["area"]) * curve["found"][:-1])
    assert evaluate(scores, folds).loc["success_area", "estimate"] == pytest.approx(area)


def test_nothing_to_evaluate():
    folds = folds_of("final")
    with pytest.raises(ValueError, match="holds out nothing"):
        evaluate(noise(folds), folds)
    without = draw_folds("inner", CELLS, DEPOSITS, LABELS | {"folds": 2}, 1)
    with pytest.raises(ValueError, match="inner has no folds"):
        evaluate(np.zeros((0, len(CELLS))), without)
    held_out = folds_of("held_out")
    with pytest.raises(ValueError, match="expected"):
        evaluate(noise(folds), held_out)
