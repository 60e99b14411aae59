"""The three claims: measures against the truth by hand, and verdicts by the stated rule."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.claim_surveys import changes, conditions, seeds
from geohalo.evidence.claim_verdicts import (
    CLAIMS,
    FAILS,
    HOLDS,
    UNKNOWN,
    claim_verdict,
    judge_claims,
    part_verdict,
    seed_means,
)
from geohalo.evidence.claims import (
    MEASURES,
    called_anomalous,
    holding_fold,
    interval_over_seeds,
    measure,
    summarise,
    true_ground,
)
from geohalo.evidence.folds import Folds
from geohalo.evidence.judged import judged_places
from geohalo.survey.simulate import simulate_survey
from hypothesis import given
from hypothesis import strategies as st

SECTION = {"seeds": 3, "first_seed": 101, "strengths": [1, 2], "samples": 300, "deposits": 6}

# A map of 5 x 5 cells of 1 km: deposit 0 in the north-west corner is held out by fold 0, deposit 1 in the opposite
# corner by fold 1. Cells are numbered row by row.
CELLS = np.array([(1000.0 * column, -1000.0 * row) for row in range(5) for column in range(5)])
DEPOSITS = CELLS[[0, 24]]
HALO, WEAK, CONTAMINATED = [0, 1, 5, 19, 23, 24], [0, 24], [3, 4, 20]


def flags(cells):
    return np.isin(np.arange(25), cells)


def ordered(*best):
    """Return scores whose best cells are the ones given, in that order; the others follow by number."""
    order = [*best, *(cell for cell in range(25) if cell not in best)]
    scores = np.empty(25)
    scores[order] = np.arange(25, 0, -1)
    return scores


def folds_by_hand(deposit_fold=(0, 1)):
    """Fold 0 learned cell 4 as background and has one decoy of two cells; fold 1 has two decoys of one."""
    rows = [
        (0, 0, 24, 1), (0, 0, 4, 0), (1, 0, 0, 1), (1, 0, 12, 0),
        (0, -1, 0, 1), (0, -1, 2, 0), (1, -1, 24, 1), (1, -1, 22, 0),
    ]  # fmt: skip
    decoys = [(0, -2, 12, 0, 0), (0, -2, 13, 0, 0), (1, -2, 12, 0, 0), (1, -2, 6, 0, 1)]
    columns = ["fold", "draw", "cell", "label", "deposit"]
    cells = pd.DataFrame([*((*row, -1) for row in rows), *decoys], columns=columns)
    # Test cells are of the group of their deposit.
    cells = cells.assign(group=np.where(cells["draw"] == -1, cells["fold"], -1), use="")
    group, fold = np.arange(2), np.array(deposit_fold)
    region = np.stack([flags([0, 1, 5, 20]), flags([24, 3, 4])])
    return Folds("held_out", 2, group, fold, region, cells, np.array([], dtype=int))


def found(scores, ground, area=0.2, cell=1000.0, folds=None):
    folds = folds or folds_by_hand()
    judged = judged_places(folds, CELLS, DEPOSITS, {"radius": 1000}, 0, 0)
    return measure(np.stack(scores), judged, ground, holding_fold(folds, CELLS, DEPOSITS), area, cell)


@pytest.fixture
def ground():
    halo, false = flags(HALO) * 0.9, flags(CONTAMINATED) * 0.8
    return true_ground(halo, flags(WEAK) * 0.9, false)


@pytest.fixture
def measured(ground):
    return found([ordered(0, 1, 4, 20, 2, 5), ordered(24, 23, 19, 3, 12)], ground)


def test_measures_of_a_small_map_by_hand(measured):
    assert list(measured) == list(MEASURES)
    # Called anomalous are five cells: 0, 1, 4, 20 and 2 in fold 0; 24, 23, 19, 3 and 12 in fold 1.
    assert measured["recall"] == pytest.approx(5 / 6)
    assert measured["recall_weak"] == 1
    # Fold 0 learned cell 4, so it is judged by 3 (not called) and 20 (called); fold 1 calls 3 of 3, 4 and 20.
    assert measured["false_alarm"] == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert measured["false_alarm_km2"] == pytest.approx(3 * (1 / 2 + 1 / 3) / 2)
    # Spared are cell 20 in fold 0, and 3 and 4 in fold 1, of which 4 is not called.
    assert measured["false_alarm_spared"] == pytest.approx(2 / 3)
    assert measured["decoy_recall"] == pytest.approx(1 / 4)
    # Ranks (26 - position - 0.5) / 25 of cells 0, 1, 5 at positions 1, 2, 6 and of 24, 23, 19 at 1, 2, 3.
    capture = ((24.5 + 23.5 + 19.5) / 75 + (24.5 + 23.5 + 22.5) / 75) / 2
    assert measured["capture"] == pytest.approx(capture)
    # Decoys of cells 12 and 13 at positions 14 and 15; of 12 at 5; of 6 at 11.
    assert measured["decoy_capture"] == pytest.approx(((11.5 + 10.5) / 50 + 20.5 / 25 + 14.5 / 25) / 3)
    assert measured["above_decoys"] == 1


def test_a_deposit_that_is_never_held_out_gives_no_recall(ground):
    whole = folds_by_hand((0, -1))
    cells = whole.cells[whole.cells["fold"] == 0]
    folds = Folds(
        "held_out", 1, np.array([0, -1]), whole.deposit_fold, np.zeros((1, 25), bool), cells, np.ones(1)
    )
    measured = found([ordered(0, 1, 4, 20, 2)], ground, folds=folds)
    assert measured["recall"] == pytest.approx(2 / 3)
    assert measured["recall_weak"] == 1
    assert measured["false_alarm"] == pytest.approx(1 / 2)


def test_ground_that_is_not_there_has_no_measure():
    measured = found([ordered(0), ordered(24)], true_ground(*np.zeros((3, 25))))
    assert np.isnan([measured[name] for name in MEASURES[:5]]).all()
    assert measured["capture"] > 0


def test_without_decoys_what_compares_with_them_is_missing(ground):
    whole = folds_by_hand()
    folds = replace(whole, cells=whole.cells[whole.cells["draw"] != -2])
    measured = found([ordered(0), ordered(24)], ground, folds=folds)
    missing = {name for name, value in measured.items() if np.isnan(value)}
    assert missing == {"decoy_recall", "decoy_capture", "above_decoys"}


def test_a_map_that_says_nothing_scores_chance_everywhere(ground):
    measured = found(np.ones((2, 25)), ground, area=0.1, cell=500.0)
    shares = [
        measured[name]
        for name in ("recall", "recall_weak", "false_alarm", "false_alarm_spared", "decoy_recall")
    ]
    assert shares == pytest.approx([0.1] * 5)
    assert measured["false_alarm_km2"] == pytest.approx(0.1 * 3 * 0.25)
    assert [measured[name] for name in MEASURES[6:]] == pytest.approx([0.5] * 3)


def test_cells_tied_at_the_edge_share_what_is_left():
    called = called_anomalous(np.array([5.0, 3, 3, 3, 1, 0, 0, 0, 0, 0]), 0.2)
    assert called == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0, 0, 0])


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=40),
    st.floats(0.01, 0.99),
    st.integers(0, 2**31),
)
def test_what_is_called_is_the_share_asked_for_and_the_best(scores, area, seed):
    score = np.array(scores, dtype=float)
    called = called_anomalous(score, area)
    assert called.mean() == pytest.approx(area)
    assert called.min() >= 0
    assert called.max() <= 1 + 1e-12
    order = np.argsort(-score)
    assert (np.diff(called[order]) <= 1e-12).all()
    shuffled = np.random.default_rng(seed).permutation(len(score))
    assert called_anomalous(score[shuffled], area) == pytest.approx(called[shuffled])


def test_ground_is_split_at_half_a_share_and_contamination_in_a_halo_is_none():
    ground = true_ground(
        np.array([0.5, 0.51, 0.05, 0.06]), np.array([0, 0.51, 0, 0]), np.array([0.9, 0.9, 0.6, 0.6])
    )
    assert ground.halo.tolist() == [False, True, False, False]
    assert ground.weak.tolist() == [False, True, False, False]
    assert ground.contaminated.tolist() == [False, False, True, False]


def test_conditions_are_no_fault_and_each_fault_alone():
    found = conditions([1, 2])
    assert found == [
        ("none", 0.0), ("anthropogenic", 1.0), ("anthropogenic", 2.0), ("overburden", 1.0), ("overburden", 2.0),
        ("laboratory", 1.0), ("laboratory", 2.0),
    ]  # fmt: skip
    assert seeds(SECTION) == [101, 102, 103]
    changed = changes(SECTION, "overburden", 2.0, 101)
    assert changed == {
        "simulate.seed": 101,
        "simulate.samples": 300,
        "simulate.deposits": 6,
        "simulate.faults.anthropogenic": 0.0,
        "simulate.faults.overburden": 2.0,
        "simulate.faults.laboratory": 0.0,
    }
    assert {value for key, value in changes(SECTION, "none", 0.0, 5).items() if "faults" in key} == {0.0}


def simulated(fault, strength):
    section = {"spacing": 2000, "faults": {}}
    for key, value in changes(SECTION, fault, strength, 101).items():
        *_, last = key.split(".")
        (section["faults"] if ".faults." in key else section)[last] = value
    return simulate_survey(section)


@pytest.mark.parametrize(("fault", "layer"), [("anthropogenic", "false"), ("overburden", "overburden")])
def test_conditions_of_a_seed_differ_only_where_the_fault_reaches(fault, layer):
    off, on = simulated("none", 0.0), simulated(fault, 2.0)
    for same in ("halo", "lithology"):
        assert (off.truth[same] == on.truth[same]).all()
    assert off.deposits.equals(on.deposits)
    elements = [name for name in off.samples.columns if name not in ("sample", "x", "y", "batch")]
    # A sample lies within one cell of the centres of the truth cells around it.
    reach = on.truth[layer].rolling(x=3, y=3, center=True, min_periods=1).max()
    x, y = (on.samples[axis].to_xarray() for axis in "xy")
    reached = reach.sel(x=x, y=y, method="nearest").to_numpy() > 0
    changed = (off.samples[elements] != on.samples[elements]).any(axis=1).to_numpy()
    assert changed.any()
    assert not changed[~reached].any()


def test_interval_over_seeds_is_students():
    mean, low, high = interval_over_seeds(np.array([0.1, 0.2, np.nan, 0.3]))
    assert mean == pytest.approx(0.2)
    assert [low, high] == pytest.approx([0.2 - 4.302653 * 0.1 / 3**0.5, 0.2 + 4.302653 * 0.1 / 3**0.5])
    mean, low, high = interval_over_seeds(np.array([0.4]))
    assert mean == 0.4
    assert np.isnan([low, high]).all()


def claims_table(values):
    """One row for each (method, metric) -> [value by seed], the same in every condition."""
    rows = [
        ("s", fault, strength, 101 + number, method, metric, value)
        for (method, metric), of_seeds in values.items()
        for number, value in enumerate(of_seeds)
        for fault, strength in conditions([1])
    ]
    return pd.DataFrame(rows, columns=["survey", "fault", "strength", "seed", "method", "metric", "value"])


METRICS = ("recall", "recall_weak", "false_alarm", "above_decoys", "capture", "decoy_capture")


@pytest.fixture
def table():
    flat = {
        (method, metric): [0.5, 0.5, 0.5]
        for method in ("fusion", "spatial", "spectrum")
        for metric in METRICS
    }
    better = {
        ("fusion", "recall"): [0.60, 0.61, 0.62],
        ("fusion", "recall_weak"): [0.7, 0.3, 0.5],
        ("fusion", "false_alarm"): [0.40, 0.41, 0.39],
        ("spatial", "recall"): [0.40, 0.41, 0.39],
        ("fusion", "above_decoys"): [0.80, 0.81, 0.79],
        ("fusion", "capture"): [0.80, 0.81, 0.79],
    }
    return claims_table(flat | better)


def test_verdicts_follow_the_rule(table):
    found = judge_claims(table).set_index(["claim", "method", "against", "metric"])
    assert len(found) == sum(len(claim.parts) for claim in CLAIMS) == 18
    part = found.loc[("superpixels", "fusion", "spectrum", "recall")]
    half = 4.302653 * 0.01 / 3**0.5
    assert part["difference"] == pytest.approx(0.11)
    assert [part["low"], part["high"]] == pytest.approx([0.11 - half, 0.11 + half])
    assert part["p"] == part["smallest_p"] == 0.25
    assert part["p_holm"] == 1
    assert part["n"] == 3
    assert part["verdict"] == HOLDS
    # Fewer false alarms are what is claimed.
    assert found.loc[("superpixels", "fusion", "spectrum", "false_alarm"), "verdict"] == HOLDS
    assert found.loc[("superpixels", "fusion", "spectrum", "recall_weak"), "verdict"] == UNKNOWN
    assert found.loc[("superpixels", "spatial", "spectrum", "recall"), "verdict"] == FAILS
    assert found.loc[("deposits", "fusion", "chance", "above_decoys"), "difference"] == pytest.approx(0.3)
    assert found.loc[("deposits", "fusion", "decoys", "capture"), "difference"] == pytest.approx(0.3)
    by_claim = judge_claims(table).groupby("claim")["verdict"].agg(lambda part: claim_verdict(list(part)))
    assert by_claim.to_dict() == {"superpixels": FAILS, "fusion": UNKNOWN, "deposits": HOLDS}


@pytest.mark.parametrize(
    ("low", "high", "smaller", "verdict"),
    [
        (0.01, 0.2, False, HOLDS),
        (-0.2, -0.01, False, FAILS),
        (-0.01, 0.2, False, UNKNOWN),
        (0.0, 0.2, False, UNKNOWN),
        (0.01, 0.2, True, FAILS),
        (-0.2, -0.01, True, HOLDS),
        (np.nan, np.nan, False, UNKNOWN),
    ],
)
def test_a_part_holds_where_its_interval_is_on_the_claimed_side(low, high, smaller, verdict):
    assert part_verdict(low, high, smaller) == verdict


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([HOLDS, HOLDS], HOLDS),
        ([HOLDS, UNKNOWN], UNKNOWN),
        ([UNKNOWN, UNKNOWN], UNKNOWN),
        ([HOLDS, FAILS], FAILS),
        ([UNKNOWN, FAILS], FAILS),
    ],
)
def test_a_claim_holds_where_all_its_parts_do(parts, verdict):
    assert claim_verdict(parts) == verdict


def test_measures_are_averaged_over_the_conditions_in_which_they_mean_something(table):
    weak = (table["metric"] == "recall_weak") & (table["method"] == "fusion")
    table.loc[weak & (table["fault"] != "overburden"), "value"] = 99.0
    assert seed_means(table, "fusion", "recall_weak").tolist() == [0.7, 0.3, 0.5]
    none = (table["metric"] == "recall") & (table["method"] == "fusion") & (table["fault"] == "none")
    table.loc[none, "value"] += 0.4
    assert seed_means(table, "fusion", "recall").tolist() == pytest.approx([0.7, 0.71, 0.72])


def test_summary_has_a_row_for_each_condition_and_measure(table):
    found = summarise(table)
    assert len(found) == 4 * 3 * len(METRICS)
    row = found.set_index(["fault", "strength", "method", "metric"]).loc[
        ("overburden", 1.0, "fusion", "recall")
    ]
    half = 4.302653 * 0.01 / 3**0.5
    assert [row["mean"], row["low"], row["high"], row["n"]] == pytest.approx(
        [0.61, 0.61 - half, 0.61 + half, 3]
    )


def test_a_seed_without_such_ground_is_left_out(table):
    one = (table["metric"] == "recall_weak") & (table["seed"] == 102)
    table.loc[one, "value"] = np.nan
    found = judge_claims(table).set_index(["claim", "method", "against", "metric"])
    part = found.loc[("superpixels", "fusion", "spectrum", "recall_weak")]
    assert part["n"] == 2
    assert part["smallest_p"] == 0.5
    assert summarise(table).set_index(["metric", "method", "fault"]).loc[
        ("recall_weak", "fusion", "none"), "n"
    ] == pytest.approx(2)
