"""Folds: what is held out from what, over random layouts and in cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.evidence import draws
from geohalo.evidence.folds import draw_folds, fold_map
from geohalo.evidence.schemes import EXTRA_SCHEMES, SCHEMES, group_deposits
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

LABELS = {
    "radius": 2000.0,
    "background_distance": 4000.0,
    "group_distance": 5000.0,
    "buffer": 9000.0,
    "folds": 3,
    "positives": 10,
    "background": 25,
    "decoys": 0,
    "block": 15_000.0,
    "seed": 0,
}


def square(n):
    """Return the centres of n x n cells of 1 km, from 500 m on."""
    x, y = np.meshgrid(np.arange(n), np.arange(n))
    return np.column_stack([x.ravel(), y.ravel()]) * 1000.0 + 500.0


CELLS = square(45)
FIVE = np.array([[5, 5], [7, 6], [40, 5], [5, 40], [41, 41]]) * 1000.0  # the first two are one group


def distances(cells, deposits):
    """Return all distances (N, D) by brute force."""
    return np.sqrt(((cells[:, None, :] - deposits[None, :, :]) ** 2).sum(axis=2))


coordinate = st.integers(-4000, 49000)


@st.composite
def layouts(draw):
    """Return deposits on and off the 45 km square, and labels; most have enough groups."""
    deposits = draw(st.lists(st.tuples(coordinate, coordinate), min_size=4, max_size=12, unique=True))
    labels = LABELS | {
        "buffer": draw(st.sampled_from([4500.0, 6000.0, 9000.0])),
        "group_distance": draw(st.sampled_from([1000.0, 5000.0, 8000.0])),
        "folds": draw(st.integers(2, 3)),
        "positives": draw(st.sampled_from([3, 1000])),
        "seed": draw(st.integers(0, 3)),
    }
    return np.array(deposits, dtype=float), labels


def draw_or_reject(scheme, deposits, labels, seeds=2):
    try:
        return draw_folds(scheme, CELLS, deposits, labels, seeds)
    except InputError:
        reject()


relaxed = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@relaxed
@given(layouts())
def test_no_training_cell_lies_near_a_held_out_deposit(layout):
    deposits, labels = layout
    folds = draw_or_reject("held_out", deposits, labels)
    distance = distances(CELLS, deposits)
    for fold in range(folds.n_folds):
        near = (distance[:, folds.deposit_fold == fold] <= labels["buffer"]).any(axis=1)
        np.testing.assert_array_equal(folds.held_out_region[fold], near)
        for draw in range(2):
            cell, _ = folds.train(fold, draw)
            assert not near[cell].any()
        assert near[folds.test(fold)["cell"]].all()  # so training and test cells are disjoint, too


@relaxed
@given(layouts())
def test_each_deposit_is_held_out_once_with_its_whole_group(layout):
    deposits, labels = layout
    folds = draw_or_reject("held_out", deposits, labels)
    distance = distances(CELLS, deposits)
    off = np.flatnonzero(distance.min(axis=0) > labels["radius"])
    np.testing.assert_array_equal(folds.unreachable, off)
    np.testing.assert_array_equal(np.flatnonzero(folds.deposit_fold == -1), off)
    for fold in range(folds.n_folds):
        held = np.flatnonzero(folds.deposit_fold == fold)
        assert len(held) > 0
        others = folds.training_deposits(fold)
        assert sorted([*held, *others, *off]) == list(range(len(deposits)))
        between = distances(deposits[held], deposits[others])
        assert (between > labels["group_distance"]).all()


@relaxed
@given(layouts())
def test_labels_keep_their_distances(layout):
    deposits, labels = layout
    folds = draw_or_reject("held_out", deposits, labels)
    distance = distances(CELLS, deposits)
    for row in folds.cells[folds.cells["label"] == 1].itertuples():
        assert distance[row.cell, row.deposit] <= labels["radius"]
        assert (folds.deposit_fold[row.deposit] == row.fold) == (row.use == "test")
        assert folds.deposit_group[row.deposit] == row.group
    for fold in range(folds.n_folds):
        background = folds.cells[(folds.cells["fold"] == fold) & (folds.cells["label"] == 0)]
        training = distance[:, folds.deposit_fold != fold].min(axis=1)
        assert (training[background["cell"]] > labels["background_distance"]).all()
        test = background[background["use"] == "test"]
        assert (distance[test["cell"]].min(axis=1) > labels["background_distance"]).all()
        held = np.flatnonzero(folds.deposit_fold == fold)
        nearest = held[distance[np.ix_(test["cell"], held)].argmin(axis=1)]
        closest = distance[test["cell"], nearest]  # compares distances, since ties have two nearest
        own = [
            distance[cell, folds.deposit_group == group].min()
            for cell, group in zip(test["cell"], test["group"], strict=True)
        ]
        np.testing.assert_allclose(own, closest)


@relaxed
@given(layouts())
def test_all_candidates_are_drawn_or_as_many_as_asked(layout):
    deposits, labels = layout
    folds = draw_or_reject("held_out", deposits, labels)
    distance = distances(CELLS, deposits)
    for fold in range(folds.n_folds):
        training = distance[:, folds.deposit_fold != fold].min(axis=1)
        free = ~folds.held_out_region[fold]
        positives = np.count_nonzero((training <= labels["radius"]) & free)
        background = np.count_nonzero((training > labels["background_distance"]) & free)
        held = distance[:, folds.deposit_fold == fold].min(axis=1)
        assert (folds.test(fold)["label"] == 1).sum() == np.count_nonzero(held <= labels["radius"])
        for draw in range(2):
            cell, label = folds.train(fold, draw)
            assert len(np.unique(cell)) == len(cell)
            assert (label == 1).sum() == min(positives, labels["positives"])
            assert (label == 0).sum() == min(background, labels["background"])


@relaxed
@given(layouts(), st.sampled_from((*SCHEMES, *EXTRA_SCHEMES)))
def test_the_same_seed_gives_the_same_folds_and_a_draw_more_keeps_the_others(layout, scheme):
    deposits, labels = layout
    two = draw_or_reject(scheme, deposits, labels, 2)
    three = draw_or_reject(scheme, deposits, labels, 3)
    kept = three.cells[three.cells["draw"] < 2].reset_index(drop=True)
    assert kept.equals(two.cells)
    np.testing.assert_array_equal(two.deposit_fold, three.deposit_fold)


@relaxed
@given(layouts())
def test_random_scheme_tests_every_labelled_cell_once(layout):
    deposits, labels = layout
    folds = draw_or_reject("random", deposits, labels)
    nearest = distances(CELLS, deposits).min(axis=1)
    test = folds.cells[folds.cells["use"] == "test"]
    for label, chosen in (
        (1, nearest <= labels["radius"]),
        (0, nearest > labels["background_distance"]),
    ):
        assert sorted(test.loc[test["label"] == label, "cell"]) == list(np.flatnonzero(chosen))
    for fold in range(folds.n_folds):
        tested = folds.test(fold)
        for draw in range(2):
            cell, label = folds.train(fold, draw)
            assert not np.isin(cell, tested["cell"]).any()
            assert set(label) == {0, 1}
            assert (nearest[cell[label == 1]] <= labels["radius"]).all()
            assert (nearest[cell[label == 0]] > labels["background_distance"]).all()
    assert not folds.held_out_region.any()
    assert (folds.deposit_fold == -1).all()


@pytest.mark.parametrize("scheme", ["held_out", "random"])
def test_a_large_map_is_tested_on_a_sample_of_its_background(scheme, monkeypatch):
    whole = draw_folds(scheme, CELLS, FIVE, LABELS, 1)
    monkeypatch.setattr(draws, "MOST_TESTED", 40)
    some, again = (draw_folds(scheme, CELLS, FIVE, LABELS, 1) for _ in range(2))
    pd.testing.assert_frame_equal(some.cells, again.cells)
    for fold in range(3):
        all_tested, tested = whole.test(fold), some.test(fold)
        assert len(all_tested[all_tested["label"] == 0]) > 40
        assert (tested["label"] == 0).sum() == 40
        # What is left is as it was: cells with their groups, every halo, every training cell.
        pd.testing.assert_frame_equal(
            all_tested[all_tested["cell"].isin(tested["cell"])].reset_index(drop=True),
            tested.reset_index(drop=True),
        )
        assert set(all_tested.loc[all_tested["label"] == 1, "cell"]) <= set(tested["cell"])
        np.testing.assert_array_equal(whole.train(fold, 0)[0], some.train(fold, 0)[0])


def test_final_scheme_holds_out_nothing_and_draws_from_all():
    labels = LABELS | {"positives": 10_000, "background": 10_000}
    folds = draw_folds("final", CELLS, FIVE, labels, 2)
    nearest = distances(CELLS, FIVE).min(axis=1)
    assert folds.n_folds == 1
    assert (folds.cells["use"] == "train").all()
    cell, label = folds.train(0, 1)
    assert set(cell[label == 1]) == set(np.flatnonzero(nearest <= 2000))
    assert set(cell[label == 0]) == set(np.flatnonzero(nearest > 4000))
    assert list(folds.training_deposits(0)) == [0, 1, 2, 3, 4]
    assert (fold_map(folds, CELLS, FIVE) == 0).all()


def test_draws_and_seeds_differ():
    folds = draw_folds("held_out", CELLS, FIVE, LABELS, 3)
    drawn = [tuple(folds.train(0, draw)[0]) for draw in range(3)]
    assert len(set(drawn)) == folds.n_draws == 3
    other = draw_folds("held_out", CELLS, FIVE, LABELS | {"seed": 1}, 3)
    assert tuple(other.train(0, 0)[0]) not in drawn


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(0.5, [0, 1, 2, 3, 4]), (3, [0, 1, 0, 3, 0]), (100, [0, 0, 0, 0, 0])],
)
def test_single_linkage_by_hand(distance, expected):
    """0, 2 and 4 form a chain with steps of 3; 1 and 3 lie apart. Groups are numbered by first deposit."""
    deposits = np.array([[0, 0], [50, 0], [3, 0], [0, 50], [6, 0]])
    number = {first: rank for rank, first in enumerate(sorted(set(expected)))}
    assert list(group_deposits(deposits, distance)) == [number[first] for first in expected]


def test_one_deposit_is_one_group():
    assert list(group_deposits(np.array([[1.0, 2.0]]), 10)) == [0]


def test_groups_are_dealt_evenly_by_deposits():
    """Groups of 4, 2, 1 and 1 deposits go to two folds of 4."""
    x = [0, 1, 2, 3, 20, 21, 30, 40]
    deposits = np.column_stack([np.array(x) * 1000.0 + 500, np.full(8, 20500.0)])
    labels = LABELS | {"folds": 2, "buffer": 4500.0, "group_distance": 1500.0}
    folds = draw_folds("held_out", CELLS, deposits, labels, 1)
    assert list(folds.deposit_group) == [0, 0, 0, 0, 1, 1, 2, 3]
    assert list(np.bincount(folds.deposit_fold)) == [4, 4]


def test_as_many_folds_as_groups_leaves_one_group_out():
    folds = draw_folds("held_out", CELLS, FIVE, LABELS | {"folds": 4}, 1)
    assert list(folds.deposit_group) == [0, 0, 1, 2, 3]
    assert sorted({(g, f) for g, f in zip(folds.deposit_group, folds.deposit_fold, strict=True)}) == [
        (group, folds.deposit_fold[folds.deposit_group == group][0]) for group in range(4)
    ]
    assert len(set(folds.deposit_fold)) == 4


def test_unreachable_deposit_is_left_out_but_keeps_background_away():
    """It lies 2.5 km off the ground: no cell within the radius, but some within the background distance."""
    off = np.array([[20_000.0, -2000.0]])
    deposits = np.concatenate([FIVE, off])
    folds = draw_folds("held_out", CELLS, deposits, LABELS | {"background": 10_000}, 1)
    assert list(folds.unreachable) == [5]
    assert folds.deposit_group[5] == folds.deposit_fold[5] == -1
    assert 5 not in folds.cells["deposit"].to_numpy()
    near = np.flatnonzero(distances(CELLS, off)[:, 0] <= 4000)
    assert len(near) > 0
    assert not np.isin(near, folds.cells["cell"]).any()


def test_fold_map_follows_the_nearest_deposit():
    folds = draw_folds("held_out", CELLS, FIVE, LABELS, 1)
    nearest = distances(CELLS, FIVE).argmin(axis=1)
    np.testing.assert_array_equal(fold_map(folds, CELLS, FIVE), folds.deposit_fold[nearest])


def test_fold_map_refuses_the_random_scheme():
    with pytest.raises(ValueError, match="random"):
        fold_map(draw_folds("random", CELLS, FIVE, LABELS, 1), CELLS, FIVE)


def test_unknown_scheme():
    schemes = "held_out, inner, random, final, leave_one_group_out, checkerboard, time, status, type"
    with pytest.raises(ValueError, match=schemes):
        draw_folds("spatial", CELLS, FIVE, LABELS, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"folds": 5},
            [
                "labels.folds is 5",
                "only 4 group(s)",
                "labels.group_distance = 5000 m",
                "to 4 or less",
            ],
        ),
        ({"group_distance": 1e6}, ["only 1 group(s)", "add deposits"]),
        ({"buffer": 4000.0}, ["labels.buffer (4000 m)", "larger buffer"]),
        (
            {"background_distance": 1000.0},
            ["labels.background_distance (1000 m)", "labels.radius (2000 m)"],
        ),
        (
            {"buffer": 70_000.0},
            ["no training positive", "labels.buffer = 70000 m", "smaller buffer"],
        ),
        (
            {"background_distance": 40_000.0, "buffer": 41_000.0, "folds": 4},
            ["no training background", "smaller background_distance"],
        ),
        (
            {"buffer": 4001.0, "background_distance": 4000.9},
            ["no test background", "larger buffer"],
        ),
    ],
)
def test_settings_without_folds_say_which_key_to_change(change, words):
    with pytest.raises(InputError) as error:
        draw_folds("held_out", CELLS, FIVE, LABELS | change, 1)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("scheme", "change", "deposits", "words"),
    [
        ("held_out", {}, FIVE + 1e6, ["None of the 5 deposits", "deposits.crs"]),
        # A circle of 800 m around a corner between cells holds the centres of its four cells.
        (
            "random",
            {"radius": 800.0, "folds": 30},
            FIVE[:1],
            ["4 cell(s)", "30 fold(s)", "labels.radius = 800 m"],
        ),
        (
            "final",
            {"background_distance": 1e5},
            FIVE,
            ["0 cell(s)", "labels.background_distance", "smaller"],
        ),
    ],
)
def test_ground_without_labelled_cells(scheme, change, deposits, words):
    with pytest.raises(InputError) as error:
        draw_folds(scheme, CELLS, deposits, LABELS | change, 1)
    for word in words:
        assert word in str(error.value)


def test_deposits_off_the_surveyed_ground_are_known_but_not_used():
    """A deposit outside the survey gives no positives and no fold, and background still stays away from it."""
    cells = np.column_stack(
        [axis.ravel() for axis in np.meshgrid(np.arange(0.0, 60e3, 1e3), np.arange(0.0, 60e3, 1e3))]
    )
    deposits = np.array([[10e3, 10e3], [50e3, 10e3], [30e3, 50e3], [30e3, 30e3]])
    labels = {
        "radius": 3000, "background_distance": 5000, "group_distance": 8000, "buffer": 9000,
        "folds": 3, "positives": 20, "background": 500, "decoys": 0, "seed": 0,
    }  # fmt: skip
    folds = draw_folds("held_out", cells, deposits, labels, 1, np.array([True, True, True, False]))
    assert folds.unreachable.tolist() == [3]
    assert folds.deposit_group.tolist() == [0, 1, 2, -1]
    assert (folds.cells["deposit"] != 3).all()
    background = folds.cells.loc[folds.cells["label"] == 0, "cell"]
    assert np.hypot(*(cells[background] - deposits[3]).T).min() > 5000
