"""Splits by what a deposit is: neither side sees the other, by brute force over random layouts and by hand."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.evidence.deposit_sides import left_out, told_sides
from geohalo.evidence.evaluate import per_deposit
from geohalo.evidence.folds import draw_folds, fold_map
from geohalo.evidence.judged import judged_places
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.files.members import outer_fold, stack_members
from geohalo.network.run import UNINFORMED
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

LABELS = {
    "radius": 2000.0, "background_distance": 4000.0, "group_distance": 5000.0, "buffer": 6000.0,
    "folds": 2, "positives": 10_000, "background": 10_000, "decoys": 0,
    "known_before": 1990, "learn_type": "vein", "seed": 0,
}  # fmt: skip
SIDE = 40
CELLS = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE))], 1) * 1000.0
#: Values of each side, and of neither.
VALUES = {
    "time": ([1700.0, 1989.0], [1990.0, 2015.0], np.nan),
    "status": (["mine"], ["occurrence"], ""),
    "type": (["vein", "Vein"], ["skarn", "placer"], ""),
}
relaxed = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@st.composite
def layouts(draw):
    """Return a scheme, deposits on and off the 40 km square, the side of each and what is known of it, and labels."""
    scheme = draw(st.sampled_from([*FACT_SCHEMES]))
    place = st.tuples(st.integers(-4000, 44_000), st.integers(-4000, 44_000))
    deposits = draw(st.lists(place, min_size=5, max_size=12, unique=True))
    sides = draw(st.lists(st.sampled_from([0, 1, -1]), min_size=len(deposits), max_size=len(deposits)))
    learned, tested, neither = VALUES[scheme]
    choice = {0: st.sampled_from(learned), 1: st.sampled_from(tested), -1: st.just(neither)}
    facts = pd.DataFrame({FACT_SCHEMES[scheme]: [draw(choice[side]) for side in sides]})
    labels = LABELS | {
        "buffer": draw(st.sampled_from([4500.0, 6000.0])),
        "group_distance": draw(st.sampled_from([1000.0, 5000.0])),
        "decoys": draw(st.sampled_from([0, 2])),
        "seed": draw(st.integers(0, 2)),
    }
    return scheme, np.array(deposits, dtype=float), np.array(sides), facts, labels


def distances(deposits):
    """Return all distances (N, D) by brute force."""
    return np.sqrt(((CELLS[:, None, :] - deposits[None, :, :]) ** 2).sum(axis=2))


def by_hand(deposits, side, labels):
    """Return the side of each deposit by walking from one to the next: none is tested whose group is learned from."""
    reachable = distances(deposits).min(axis=0) <= labels["radius"]
    side = np.where(reachable, side, -1)
    linked = {one for one in range(len(side)) if side[one] == 0}
    while True:
        near = [
            np.hypot(*(deposits[[*linked]] - deposits[one]).T).min(initial=np.inf) <= labels["group_distance"]
            for one in range(len(side))
        ]
        more = {one for one in range(len(side)) if reachable[one] and near[one]} - linked
        if not more:
            return np.array(
                [-1 if side[one] == 1 and one in linked else side[one] for one in range(len(side))]
            )
        linked |= more


def drawn(layout, seeds=1):
    scheme, deposits, _, facts, labels = layout
    try:
        return draw_folds(scheme, CELLS, deposits, labels, seeds, None, facts)
    except InputError:
        reject()


@relaxed
@given(layouts())
def test_nothing_is_learned_from_what_is_tested(layout):
    _, deposits, side, _, labels = layout
    folds, distance = drawn(layout, seeds=2), distances(deposits)
    side = by_hand(deposits, side, labels)
    assert folds.n_folds == 1
    assert list(folds.deposit_fold) == list(np.where(side == 1, 0, -1))
    assert list(folds.training_deposits(0)) == list(np.flatnonzero(side == 0))
    assert not set(folds.deposit_group[side == 0]) & set(folds.deposit_group[side == 1])
    near_tested = (distance[:, side == 1] <= labels["buffer"]).any(axis=1)
    for draw in range(2):
        cell, label, group = folds.train_groups(0, draw)
        assert set(label) == {0, 1}
        assert not near_tested[cell].any()
        assert not folds.held_out_region[0][cell].any()
        # Each cell of halo belongs to a deposit of the learned side, which is the nearest but for those tested.
        rows = folds.cells[(folds.cells["draw"] == draw) & (folds.cells["label"] == 1)]
        assert set(side[rows["deposit"]]) == {0}
        assert (distance[rows["cell"], rows["deposit"]] <= labels["radius"]).all()
        # Background keeps away from every deposit, whatever is known of it.
        assert (distance[cell[label == 0]].min(axis=1) > labels["background_distance"]).all()
        assert set(group[label == 1]) <= set(folds.deposit_group[side == 0])
    test = folds.test(0)
    halo = test[test["label"] == 1]
    assert set(side[halo["deposit"]]) == {1}
    everything = set(np.flatnonzero((distance[:, side == 1] <= labels["radius"]).any(axis=1)))
    assert set(halo["cell"]) == everything


@relaxed
@given(layouts())
def test_only_tested_deposits_are_judged_and_only_their_groups_are_resampled(layout):
    _, deposits, side, _, labels = layout
    folds = drawn(layout)
    judged = judged_places(folds, CELLS, deposits, labels, 50, 0)
    assert set(side[judged.deposit]) == {1}
    assert set(judged.fold) == {0}
    tested = np.unique(judged.group)
    assert (judged.weights.sum(axis=1) == len(tested)).all()
    assert judged.weights[:, tested].sum() == judged.weights.sum()
    scores = np.random.default_rng(0).permutation(len(CELLS)).astype(float)[None]
    table = per_deposit(scores, folds, CELLS, deposits, labels)
    near = distances(deposits) <= labels["radius"]
    for row in table.itertuples():
        expected = (scores[0, near[:, row.deposit]].mean() + 0.5) / len(CELLS)
        assert row.capture == pytest.approx(expected)
    assert set(fold_map(folds, CELLS, deposits)) == {0}


@relaxed
@given(layouts(), st.integers(0, 5))
def test_what_is_known_of_a_deposit_decides_not_its_order(layout, seed):
    """The same deposits in another order are on the same sides and leave the same cells to learn from."""
    scheme, deposits, side, facts, labels = layout
    labels = labels | {"decoys": 0}
    order = np.random.default_rng(seed).permutation(len(deposits))
    one = drawn((scheme, deposits, side, facts, labels))
    other = drawn((scheme, deposits[order], side[order], facts.iloc[order].reset_index(drop=True), labels))
    np.testing.assert_array_equal(one.deposit_fold[order], other.deposit_fold)
    np.testing.assert_array_equal(one.held_out_region, other.held_out_region)
    for first, second in zip(one.train(0, 0), other.train(0, 0), strict=True):
        np.testing.assert_array_equal(first, second)


def test_the_year_itself_is_tested_and_types_match_in_any_case():
    facts = pd.DataFrame({"year": [1989.0, 1990.0, np.nan, 1991.0], "type": ["VEIN", " vein", "", "skarn"]})
    facts["status"] = ["mine", "occurrence", "", "mine"]
    assert list(told_sides("time", facts, LABELS)) == [0, 1, -1, 1]
    assert list(told_sides("status", facts, LABELS)) == [0, 1, -1, 0]
    assert list(told_sides("type", facts, LABELS)) == [0, 1, -1, 1]


#: Four places far apart, and one beside the first.
PLACES = np.array([[5, 5], [33, 6], [5, 33], [34, 33], [6, 6]]) * 1000.0


@pytest.mark.parametrize(
    ("scheme", "values", "words"),
    [
        (
            "time",
            [1950, 1960, 1970, 1980, np.nan],
            [
                "4 deposit(s) found before 1990, in 4 group(s)",
                "tests 0 deposit(s) found in 1990 or later, in 0 group(s)",
                "labels.known_before to a year that parts the list, in which the years run from 1950 to 1980",
                "deposits.year",
            ],
        ),
        (
            "status",
            ["mine", "occurrence", "occurrence", "occurrence", "mine"],
            ["2 deposit(s) that are mines, in 1 group(s)", "deposits.mines and deposits.occurrences"],
        ),
        (
            "status",
            ["mine", "mine", "mine", "mine", "occurrence"],
            [
                "tests 0 deposit(s) that are occurrences, in 0 group(s) (1 more lie in groups that it learns from)"
            ],
        ),
        (
            "type",
            ["skarn", "skarn", "placer", "", "skarn"],
            [
                "0 deposit(s) of the type 'vein'",
                "labels.learn_type to a type of the list ('skarn' (3), 'placer' (1))",
            ],
        ),
    ],
)
def test_sides_of_fewer_than_two_groups_are_told_with_the_fix(scheme, values, words):
    facts = pd.DataFrame({FACT_SCHEMES[scheme]: values})
    with pytest.raises(InputError) as error:
        draw_folds(scheme, CELLS, PLACES, LABELS, 1, None, facts)
    for word in words:
        assert word in str(error.value)


def test_a_buffer_that_leaves_nothing_to_learn_is_told_with_the_key_to_remove():
    facts = pd.DataFrame({"status": ["mine", "mine", "occurrence", "occurrence", ""]})
    with pytest.raises(
        InputError, match=r"Fold 0 of status.*no training positive.*or remove deposits\.status"
    ):
        draw_folds("status", CELLS, PLACES, LABELS | {"buffer": 40_000.0}, 1, None, facts)


def test_deposits_that_are_left_out_are_counted():
    known = pd.DataFrame(
        {"row": [2, 3, 5, 6], "year": [1950, np.nan, 1995, np.nan], "type": ["vein", "", "a", "b"]}
    )
    section = {"year": "Found", "type": "Kind"}
    warned = left_out(
        ["checkerboard", "time", "type"], known, np.array([0, 0, 0, 1]), section, LABELS, "d.csv"
    )
    assert [(one.column, one.row) for one in warned] == [
        ("Found", "3"),
        ("Found", "5"),
        ("Kind", "3"),
        ("Kind", "5"),
    ]
    assert [one.what for one in warned[:2]] == [
        "2 of the 4 deposits inside are neither learned from nor tested by the split time, since they have no year",
        "1 of the 4 deposits inside are neither learned from nor tested by the split time, since they lie in a group "
        "with deposits that it learns from",
    ]


def test_nobody_tells_these_members_when_to_stop():
    """Inner members learn from deposits that these schemes test: no epoch, weight or temperature is taken from them."""
    facts = pd.DataFrame({"year": [1950, 1960, 2000, 2001, np.nan]})
    labels = LABELS | {"folds": 3}
    schemes = [
        draw_folds(one, CELLS, PLACES, labels, 1, None, facts) for one in ("held_out", "inner", "time")
    ]
    _, table = stack_members(schemes)
    outer = outer_fold(table, schemes)
    assert set(outer[table["scheme"] == "time"]) == {UNINFORMED}
    assert Counter(table["scheme"])["time"] == 1
