"""Leave-one-group-out and checkerboard: what they hold out, by brute force over random layouts and by hand."""

from collections import Counter

import numpy as np
import pytest
from geohalo.errors import InputError
from geohalo.evidence.decoys import ALIKE
from geohalo.evidence.evaluate import per_deposit
from geohalo.evidence.folds import draw_folds, fold_map
from geohalo.evidence.schemes import (
    DEPOSIT_SCHEMES,
    EXTRA_SCHEMES,
    SCHEMES,
    checkerboard_colour,
    group_deposits,
)
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from metric_tables import metric_table
from scipy.spatial import KDTree

LABELS = {
    "radius": 2000.0,
    "background_distance": 4000.0,
    "group_distance": 5000.0,
    "buffer": 6000.0,
    "folds": 3,
    "positives": 10_000,
    "background": 10_000,
    "decoys": 0,
    "block": 12_000.0,
    "seed": 0,
}
WEST, SOUTH = 3500.0, -7500.0  # centres of the first cells
SIDE = 40


def square(side):
    """Return the centres of a square of cells of 1 km."""
    axes = np.meshgrid(np.arange(side), np.arange(side))
    return np.stack([axis.ravel() for axis in axes], 1) * 1000.0 + [WEST, SOUTH]


CELLS = square(SIDE)
relaxed = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def distances(deposits, cells=CELLS):
    """Return all distances (N, D) by brute force."""
    return np.sqrt(((cells[:, None, :] - np.asarray(deposits)[None, :, :]) ** 2).sum(axis=2))


@st.composite
def layouts(draw):
    """Return deposits on and off the 40 km square, and labels."""
    place = st.tuples(st.integers(0, 47_000), st.integers(-11_000, 35_000))
    deposits = draw(st.lists(place, min_size=4, max_size=12, unique=True))
    labels = LABELS | {
        "buffer": draw(st.sampled_from([4500.0, 6000.0, 9000.0])),
        "group_distance": draw(st.sampled_from([1000.0, 5000.0, 8000.0])),
        "block": draw(st.sampled_from([5000.0, 12_000.0, 13_300.0])),
        "decoys": draw(st.sampled_from([0, 3])),
        "seed": draw(st.integers(0, 3)),
    }
    return np.array(deposits, dtype=float), labels


def drawn(scheme, deposits, labels, seeds=1):
    try:
        return draw_folds(scheme, CELLS, deposits, labels, seeds)
    except InputError:
        reject()


def colour_by_hand(point, side):
    """Return the colour of the square of one point."""
    return (int((point[0] - WEST) // side) + int((point[1] - SOUTH) // side)) % 2


@relaxed
@given(layouts(), st.sampled_from(DEPOSIT_SCHEMES))
def test_no_training_cell_lies_within_the_buffer_of_a_held_out_deposit(layout, scheme):
    deposits, labels = layout
    labels = labels | {"positives": 20, "background": 60}
    folds = drawn(scheme, deposits, labels, seeds=2)
    outer = drawn("held_out", deposits, labels).deposit_fold if scheme == "inner" else folds.deposit_fold
    distance = distances(deposits)
    for fold in range(folds.n_folds):
        without = (folds.deposit_fold == fold) | (outer == fold)
        near = (distance[:, without] <= labels["buffer"]).any(axis=1)
        decoys = folds.decoys(fold)
        assert folds.held_out_region[fold][near].all()
        assert folds.held_out_region[fold][decoys["cell"]].all()
        for draw in range(2):
            cell, label = folds.train(fold, draw)
            assert set(label) == {0, 1}
            assert not near[cell].any()
            assert not folds.held_out_region[fold][cell].any()
            known = distance[:, ~without]
            assert (known[cell[label == 1]].min(axis=1) <= labels["radius"]).all()
            assert (known[cell[label == 0]].min(axis=1) > labels["background_distance"]).all()


@relaxed
@given(layouts(), st.sampled_from(DEPOSIT_SCHEMES))
def test_every_reachable_deposit_is_held_out_once_with_its_whole_group(layout, scheme):
    deposits, labels = layout
    folds = drawn(scheme, deposits, labels)
    assume(folds.n_folds > 0)
    reachable = distances(deposits).min(axis=0) <= labels["radius"]
    np.testing.assert_array_equal(folds.deposit_fold >= 0, reachable)
    assert set(folds.deposit_fold[reachable]) == set(range(folds.n_folds))
    pairs = {*zip(folds.deposit_group[reachable], folds.deposit_fold[reachable], strict=True)}
    assert len(pairs) == len(set(folds.deposit_group[reachable]))
    tested = folds.cells[(folds.cells["draw"] == -1) & (folds.cells["label"] == 1)]
    np.testing.assert_array_equal(folds.deposit_fold[tested["deposit"]], tested["fold"])


@pytest.mark.slow
@relaxed
@given(layouts())
def test_each_fold_leaves_one_group_out_as_held_out_does_with_as_many_folds(layout):
    deposits, labels = layout
    labels = labels | {"decoys": 0}
    folds = drawn("leave_one_group_out", deposits, labels)
    np.testing.assert_array_equal(folds.deposit_fold, folds.deposit_group)
    alike = drawn("held_out", deposits, labels | {"folds": folds.n_folds})
    for fold in range(folds.n_folds):
        same = alike.deposit_fold[folds.deposit_fold == fold][0]
        np.testing.assert_array_equal(folds.held_out_region[fold], alike.held_out_region[same])
        for one, other in zip(folds.train(fold, 0), alike.train(same, 0), strict=True):
            np.testing.assert_array_equal(one, other)
        for column in ("cell", "label", "deposit", "group"):
            assert list(folds.test(fold)[column]) == list(alike.test(same)[column])
        np.testing.assert_array_equal(folds.training_deposits(fold), alike.training_deposits(same))


@pytest.mark.slow
@relaxed
@given(layouts())
def test_checkerboard_by_brute_force(layout):
    deposits, labels = layout
    labels = labels | {"decoys": 0}
    folds = drawn("checkerboard", deposits, labels)
    distance, side = distances(deposits), labels["block"]
    reachable = distance.min(axis=0) <= labels["radius"]
    colours = Counter()
    for group, point in zip(folds.deposit_group[reachable], deposits[reachable], strict=True):
        colours[group, colour_by_hand(point, side)] += 1
    of_group = {group: int(colours[group, 1] > colours[group, 0]) for group, _ in colours}
    expected = [of_group.get(group, -1) for group in folds.deposit_group]
    assert list(folds.deposit_fold) == expected
    assert folds.n_folds == 2
    cell_colour = np.array([colour_by_hand(cell, side) for cell in CELLS])
    near, clear = distance <= labels["radius"], distance > labels["background_distance"]
    nearest = np.arange(len(deposits))
    for fold in range(2):
        held = folds.deposit_fold == fold
        region = (cell_colour == fold) | (distance[:, held] <= labels["buffer"]).any(axis=1)
        np.testing.assert_array_equal(folds.held_out_region[fold], region)
        nearest = np.where(held, np.inf, distance).argmin(axis=1)
        cell, label = folds.train(fold, 0)
        halo = near[:, ~held].any(axis=1) & reachable[nearest] & ~region
        assert list(cell[label == 1]) == list(np.flatnonzero(halo))
        assert list(cell[label == 0]) == list(np.flatnonzero(clear[:, ~held].all(axis=1) & ~region))
        test = folds.test(fold)
        tested = {value: list(test.loc[test["label"] == value, "cell"]) for value in (0, 1)}
        assert tested[1] == list(np.flatnonzero(near[:, held].any(axis=1)))
        assert tested[0] == list(np.flatnonzero(clear.all(axis=1) & region))


@pytest.mark.slow
@relaxed
@given(layouts())
def test_decoys_of_a_checkerboard_lie_on_its_squares(layout):
    deposits, labels = layout
    labels = labels | {"decoys": 3}
    folds, plain = (drawn("checkerboard", deposits, labels | {"decoys": n}) for n in (3, 0))
    distance = distances(deposits)
    for fold in range(2):
        held = folds.deposit_fold == fold
        between = np.sqrt(((deposits[held][:, None] - deposits[~held]) ** 2).sum(axis=2)).min(axis=1)
        centres, decoys = [], folds.decoys(fold)
        for number in range(decoys["deposit"].nunique()):
            cells = decoys.loc[decoys["deposit"] == number, "cell"]
            # The centre is the one cell that has all of the decoy's cells within the radius, and no others.
            mine = set(cells)
            centres += [one for one in cells if mine == set(np.flatnonzero(_near(one, labels["radius"])))]
        assert len(centres) == decoys["deposit"].nunique()
        for centre in centres:
            assert colour_by_hand(CELLS[centre], labels["block"]) == fold
            assert (distance[centre] > labels["background_distance"]).all()
            factor = distance[centre, ~held].min() / between
            assert ((factor <= ALIKE) & (factor >= 1 / ALIKE)).any()
        spared = [_near(centre, labels["buffer"]) for centre in centres]
        region = np.any([plain.held_out_region[fold], *spared], axis=0)
        np.testing.assert_array_equal(folds.held_out_region[fold], region)
        assert list(folds.test(fold)["cell"]) == list(plain.test(fold)["cell"])


def _near(cell, distance):
    """Return the cells (N,) of bool within a distance of one cell."""
    return np.hypot(*(CELLS - CELLS[cell]).T) <= distance


def test_colours_by_hand():
    """Squares of 10 m from (100, 50): edges go with the square to their east or north, also west of the corner."""
    points = [[100, 50], [109.9, 59.9], [110, 50], [100, 60], [110, 60], [99.9, 50], [99.9, 49.9], [135, 84]]
    assert list(checkerboard_colour(points, np.array([100, 50]), 10)) == [0, 0, 1, 1, 0, 1, 0, 0]


def test_a_group_goes_with_the_colour_of_most_of_its_deposits_and_in_a_tie_with_the_first():
    """Squares of 12 km from the first centre; x of deposits along the southern row, relative to it."""
    x = np.array([11, 13, 14, 23, 25, 30]) * 1000.0  # squares 0 | 1 1 1 | 2 2
    deposits = np.column_stack([x + WEST, np.full(6, SOUTH + 2000)])
    labels = LABELS | {"group_distance": 3000.0, "block": 12_000.0}
    folds = draw_folds("checkerboard", CELLS, deposits, labels, 1)
    # Groups: 11 13 14 (two of three on the second square: colour 1), 23 25 (a tie: colour 0), 30 (colour 0).
    assert list(folds.deposit_group) == [0, 0, 0, 1, 1, 2]
    assert list(folds.deposit_fold) == [1, 1, 1, 0, 0, 0]


SPREAD = np.array([[5, 5], [7, 6], [30, 16], [16, 30], [33, 33], [20, 18]]) * 1000.0 + [WEST, SOUTH]


@pytest.mark.parametrize(
    ("scheme", "change", "deposits", "words"),
    [
        (
            "leave_one_group_out",
            {"group_distance": 1e6},
            SPREAD,
            ["needs two groups", "6 deposit(s)", "labels.group_distance = 1e+06 m", "labels.extra_splits"],
        ),
        (
            "leave_one_group_out",
            {"buffer": 70_000.0},
            SPREAD,
            ["Fold 0 of leave_one_group_out", "no training positive", "labels.buffer", "labels.extra_splits"],
        ),
        (
            "leave_one_group_out",
            {"background_distance": 38_500.0, "buffer": 39_000.0},
            np.array([[2, 2], [38, 38]]) * 1000.0 + [WEST, SOUTH],
            ["of leave_one_group_out", "no training background", "background_distance", "extra_splits"],
        ),
        (
            "leave_one_group_out",
            {"buffer": 4001.0, "background_distance": 4000.9},
            SPREAD,
            ["no test background", "larger buffer"],
        ),
        (
            "checkerboard",
            {"block": 1e5},
            SPREAD,
            ["5 group(s)", "one colour", "labels.block = 100000 m", "labels.extra_splits"],
        ),
        (
            "checkerboard",
            {"buffer": 45_000.0},
            SPREAD,
            ["of checkerboard", "no training positive", "labels.block = 12000 m", "another block"],
        ),
        (
            "checkerboard",
            {"background_distance": 34_000.0, "buffer": 35_000.0, "block": 20_000.0},
            np.array([[2, 2], [2, 38], [38, 2]]) * 1000.0 + [WEST, SOUTH],
            [
                "of checkerboard",
                "no training background",
                "off each held-out square of labels.block = 20000 m",
            ],
        ),
        ("checkerboard", {"buffer": 4000.0}, SPREAD, ["labels.buffer (4000 m)", "larger buffer"]),
    ],
)
def test_settings_without_folds_say_which_key_to_change(scheme, change, deposits, words):
    with pytest.raises(InputError) as error:
        draw_folds(scheme, CELLS, deposits, LABELS | change, 1)
    for word in words:
        assert word in str(error.value)


def test_other_schemes_do_not_look_at_the_block():
    for scheme in (*SCHEMES, "leave_one_group_out"):
        tables = [
            draw_folds(scheme, CELLS, SPREAD, LABELS | {"block": block}, 1).cells for block in (5e3, 2e4)
        ]
        assert tables[0].equals(tables[1])


@pytest.mark.parametrize("scheme", EXTRA_SCHEMES)
def test_a_map_of_folds_shows_each_deposit_where_it_was_held_out(scheme):
    folds = draw_folds(scheme, CELLS, SPREAD, LABELS, 1)
    nearest = distances(SPREAD).argmin(axis=1)
    np.testing.assert_array_equal(fold_map(folds, CELLS, SPREAD), folds.deposit_fold[nearest])


@pytest.mark.parametrize("scheme", EXTRA_SCHEMES)
def test_deposits_are_ranked_in_the_map_of_the_fold_that_held_them_out(scheme):
    folds = draw_folds(scheme, CELLS, SPREAD, LABELS | {"decoys": 2}, 1)
    scores = np.random.default_rng(0).permuted(
        np.tile(np.arange(len(CELLS), dtype=float), (folds.n_folds, 1)), axis=1
    )
    table = per_deposit(scores, folds, CELLS, SPREAD, LABELS)
    assert list(table["deposit"]) == [0, 1, 2, 3, 4, 5]
    near = distances(SPREAD) <= LABELS["radius"]
    for row in table.itertuples():
        assert row.fold == folds.deposit_fold[row.deposit]
        mine = scores[row.fold, near[:, row.deposit]]
        assert row.capture == pytest.approx((mine.mean() + 0.5) / len(CELLS))
    rows = metric_table(scores, folds, CELLS, SPREAD, LABELS, 50, 0, probability=False).set_index("metric")
    assert rows.loc["capture", "estimate"] == pytest.approx(table["capture"].mean())
    assert rows.loc[["roc_auc", "above_decoys"], "estimate"].between(0, 1).all()


def remembered(seed, n=90):
    """Return what a score that remembers where background was is worth, in a checkerboard over random deposits."""
    cells = square(n)
    deposits = np.random.default_rng(seed).uniform(3000, 1000 * n - 3000, (14, 2)) + np.array([WEST, SOUTH])
    labels = LABELS | {"block": 15_000.0, "buffer": 7500.0, "decoys": 6, "seed": seed, "background": 3000}
    folds = draw_folds("checkerboard", cells, deposits, labels, 1)
    scores = []
    for fold in range(2):
        cell, label = folds.train(fold, 0)
        scores.append(KDTree(cells[cell[label == 0]]).query(cells)[0])
    rows = metric_table(np.stack(scores), folds, cells, deposits, labels, 2, 0, probability=False)
    return rows.set_index("metric")["estimate"]


def test_in_a_checkerboard_remembering_background_tells_deposits_hardly_from_decoys():
    found = [remembered(seed) for seed in range(12)]
    above = np.array([one["above_decoys"] for one in found])
    error = above.std(ddof=1) / np.sqrt(len(above))
    assert abs(above.mean() - 0.5) < 3 * error + 0.02
    assert above.mean() == pytest.approx(0.5, abs=0.1)
    for name in ("capture", "decoy_capture"):
        # Half of the ground is spared: 0.75 for its middle, more for what has a buffer of its own.
        assert 0.75 < np.mean([one[name] for one in found]) < 0.95


def test_a_score_that_knows_the_squares_alone_captures_three_quarters():
    """Held-out squares above all others, nothing else: a capture of 0.75 of places on them, deposit or decoy."""
    deposits = np.array([[6, 6], [30, 6], [6, 30], [30, 30], [18, 6], [6, 18]]) * 1000.0 + [WEST, SOUTH]
    cells = CELLS[(CELLS < [WEST + 24_000, SOUTH + 24_000]).all(axis=1)]  # two by two whole squares
    kept = (deposits < [WEST + 24_000, SOUTH + 24_000]).all(axis=1)
    labels = LABELS | {"radius": 1000.0, "background_distance": 2000.0, "buffer": 3000.0, "decoys": 1}
    folds = draw_folds("checkerboard", cells, deposits[kept], labels, 1)
    colour = checkerboard_colour(cells, np.array([WEST, SOUTH]), 12_000.0)
    scores = np.stack([(colour == fold).astype(float) for fold in range(2)])
    rows = metric_table(scores, folds, cells, deposits[kept], labels, 2, 0).set_index("metric")
    assert rows.loc["capture", "estimate"] == pytest.approx(0.75)
    # Cells of a decoy at the edge of its square may lie on the other colour, at 0.25.
    decoys = [folds.decoys(fold) for fold in range(2)]
    expected = [(0.25 + 0.5 * (colour[part["cell"]] == fold)).mean() for fold, part in enumerate(decoys)]
    assert rows.loc["decoy_capture", "estimate"] == pytest.approx(np.mean(expected))


def test_groups_are_those_of_single_linkage():
    for scheme in DEPOSIT_SCHEMES:
        folds = draw_folds(scheme, CELLS, SPREAD, LABELS, 1)
        np.testing.assert_array_equal(folds.deposit_group, group_deposits(SPREAD, LABELS["group_distance"]))
