"""The inner split: what it trains without, what it validates, and that nothing of the outer fold comes through."""

import numpy as np
import pytest
from geohalo.errors import InputError
from geohalo.evidence.candidates import FEW_FOLDS, find_candidates, nearest_by_fold, nearest_deposit
from geohalo.evidence.draws import STREAMS
from geohalo.evidence.folds import draw_folds, fold_map
from geohalo.evidence.schemes import EXTRA_SCHEMES, SCHEMES
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

LABELS = {
    "radius": 2000.0,
    "background_distance": 4000.0,
    "group_distance": 3000.0,
    "buffer": 6000.0,
    "folds": 3,
    "positives": 10,
    "background": 25,
    "decoys": 0,
    "block": 18_000.0,
    "seed": 0,
}
SIDE = 40
CELLS = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE))], 1) * 1000.0 + 500
SPREAD = np.array([[5, 5], [7, 6], [35, 5], [5, 35], [36, 36], [20, 20]]) * 1000.0
# Two pairs 4 km apart and one alone: neighbours cannot be each other's partner within a buffer of 9 km.
PAIRS = np.array([[8, 8], [12, 8], [36, 36], [36, 32], [8, 36]]) * 1000.0

relaxed = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
coordinate = st.integers(-3000, 43_000)


def distances(deposits):
    """Return all distances (N, D) by brute force."""
    return np.sqrt(((CELLS[:, None, :] - deposits[None, :, :]) ** 2).sum(axis=2))


@st.composite
def layouts(draw):
    """Return deposits on and off the 40 km square, and labels."""
    deposits = draw(st.lists(st.tuples(coordinate, coordinate), min_size=5, max_size=12, unique=True))
    labels = LABELS | {
        "buffer": draw(st.sampled_from([4500.0, 6000.0, 9000.0])),
        "folds": draw(st.integers(3, 5)),
        "seed": draw(st.integers(0, 3)),
    }
    return np.array(deposits, dtype=float), labels


def both(deposits, labels, seeds=1):
    """Return the held-out and the inner folds; layouts without held-out ones are left out."""
    try:
        return tuple(draw_folds(scheme, CELLS, deposits, labels, seeds) for scheme in ("held_out", "inner"))
    except InputError:
        reject()


def by_brute_force(distance, outer, fold, shift, labels):
    """Return region, training and validation candidates of one inner fold, from the rules as they are written."""
    n_folds = labels["folds"]
    hidden, partner = outer == fold, outer == (fold + shift) % n_folds
    own = (distance[:, hidden] <= labels["buffer"]).any(axis=1)
    others = (distance[:, partner] <= labels["buffer"]).any(axis=1)
    near = distance <= labels["radius"]
    clear = distance > labels["background_distance"]
    nearest = np.where(hidden | partner, np.inf, distance).argmin(axis=1)
    known = ~hidden & ~partner
    return {
        "region": own | others,
        # A cell goes with its nearest training deposit, which gives no positives if it is off the ground.
        "train 1": near[:, known].any(axis=1) & (outer[nearest] >= 0) & ~own & ~others,
        "train 0": clear[:, known].all(axis=1) & ~own & ~others,
        "test 1": near[:, partner].any(axis=1) & ~own,
        "test 0": others & ~own & clear[:, ~hidden].all(axis=1),
    }


@relaxed
@given(layouts())
def test_shift_regions_and_cells_by_brute_force(layout):
    deposits, labels = layout
    labels = labels | {"positives": 10_000, "background": 10_000}
    held_out, inner = both(deposits, labels)
    distance, outer, n_folds = distances(deposits), held_out.deposit_fold, labels["folds"]
    shifts = {
        shift: [by_brute_force(distance, outer, fold, shift, labels) for fold in range(n_folds)]
        for shift in range(1, n_folds)
    }
    whole = [
        shift
        for shift, folds in shifts.items()
        if all(part.any() for one in folds for name, part in one.items() if name != "region")
    ]
    assert (inner.n_folds, inner.shift) == ((n_folds, whole[0]) if whole else (0, 0))
    for fold in range(inner.n_folds):
        expected = shifts[inner.shift][fold]
        np.testing.assert_array_equal(inner.held_out_region[fold], expected["region"])
        cell, label = inner.train(fold, 0)
        test = inner.test(fold)
        for value in (0, 1):
            assert list(cell[label == value]) == list(np.flatnonzero(expected[f"train {value}"]))
            tested = test.loc[test["label"] == value, "cell"]
            assert list(tested) == list(np.flatnonzero(expected[f"test {value}"]))


@relaxed
@given(layouts())
def test_every_deposit_is_validated_once_by_members_that_know_neither_it_nor_the_outer_fold(layout):
    deposits, labels = layout
    held_out, inner = both(deposits, labels, seeds=2)
    assume(inner.n_folds > 0)
    distance, outer, n_folds = distances(deposits), held_out.deposit_fold, labels["folds"]
    reachable = outer >= 0
    np.testing.assert_array_equal(inner.deposit_fold >= 0, reachable)
    np.testing.assert_array_equal((inner.deposit_fold + inner.shift)[reachable] % n_folds, outer[reachable])
    np.testing.assert_array_equal(inner.deposit_group, held_out.deposit_group)
    assert inner.n_draws == 2
    for fold in range(n_folds):
        without = np.isin(outer, [fold, (fold + inner.shift) % n_folds])
        assert set(inner.training_deposits(fold)) == set(np.flatnonzero(~without & reachable))
        rows = inner.cells[inner.cells["fold"] == fold]
        training = rows[rows["use"] == "train"]
        assert (distance[np.ix_(training["cell"], without)] > labels["buffer"]).all()
        assert not without[training.loc[training["label"] == 1, "deposit"]].any()
        test = rows[rows["use"] == "test"]
        assert (distance[np.ix_(test["cell"], outer == fold)] > labels["buffer"]).all()
        positives = test[test["label"] == 1]
        assert set(outer[positives["deposit"]]) <= {(fold + inner.shift) % n_folds}
        assert not set(training["cell"]) & set(test["cell"])


@relaxed
@given(layouts(), st.integers(0, 4), st.integers(0, 2**32 - 1), st.sampled_from([300.0, 20_000.0]))
def test_hidden_deposits_matter_through_their_region_alone(layout, fold, seed, step):
    """Wherever they are moved, the cells are those of a survey without them, less what lies in their region."""
    deposits, labels = layout
    held_out, inner = both(deposits, labels)
    assume(inner.n_folds > 0)
    outer, n_folds = held_out.deposit_fold, labels["folds"]
    hidden = outer == fold % n_folds
    moved = deposits.copy()
    moved[hidden] += np.random.default_rng(seed).uniform(-step, step, (hidden.sum(), 2))
    tested, reachable = outer == (fold + inner.shift) % n_folds, outer >= 0
    found = find_candidates(CELLS, moved, reachable, tested, hidden, labels)
    nobody = np.zeros(np.count_nonzero(~hidden), dtype=bool)
    known = (part[~hidden] for part in (moved, reachable, tested))
    ignorant = find_candidates(CELLS, *known, nobody, labels)
    region = (distances(moved[hidden]) <= labels["buffer"]).any(axis=1)
    np.testing.assert_array_equal(found.region, ignorant.region | region)
    for name in ("positives", "background", "test_positives", "test_background"):
        cells = getattr(ignorant, name)
        np.testing.assert_array_equal(getattr(found, name), cells[~region[cells]])


@pytest.mark.parametrize("scheme", [*SCHEMES, *EXTRA_SCHEMES])
def test_draws_are_those_of_the_schemes_own_stream(scheme):
    """The numbers of the streams are pinned: a scheme more must not change the draws of the others."""
    labels = LABELS | {"positives": 10_000, "background": 10_000}
    everything = draw_folds(scheme, CELLS, SPREAD, labels, 1)
    drawn = draw_folds(scheme, CELLS, SPREAD, LABELS, 2)
    streams = ["held_out", "random", "final", "inner", "leave_one_group_out", "checkerboard"]
    stream = streams.index(scheme)
    assert STREAMS[scheme] == stream
    cells, label = everything.train(0, 0)
    generator = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(stream, 1, 0, 1)))
    halo = np.sort(generator.choice(cells[label == 1], 10, replace=False))
    background = np.sort(generator.choice(cells[label == 0], 25, replace=False))
    assert list(drawn.train(0, 1)[0]) == [*halo, *background]


def test_the_next_shift_is_taken_where_partners_are_neighbours():
    """Outer folds 1 0 2 3 4: with a shift of 1, fold 0 would hide the deposit beside the one that it validates."""
    labels = LABELS | {"buffer": 9000.0, "folds": 5}
    assert list(draw_folds("held_out", CELLS, PAIRS, labels, 1).deposit_fold) == [1, 0, 2, 3, 4]
    inner = draw_folds("inner", CELLS, PAIRS, labels, 1)
    assert (inner.n_folds, inner.shift) == (5, 2)
    assert list(inner.deposit_fold) == [4, 3, 0, 1, 2]


@pytest.mark.parametrize(
    ("deposits", "change"),
    [
        (SPREAD, {"folds": 2}),
        (PAIRS, {"buffer": 9000.0, "folds": 5, "seed": 7}),  # neighbours at every shift
    ],
)
def test_without_an_inner_split_there_are_no_folds(deposits, change):
    inner = draw_folds("inner", CELLS, deposits, LABELS | change, 2)
    assert (inner.n_folds, inner.n_draws, inner.shift, len(inner.cells)) == (0, 0, 0, 0)
    assert inner.held_out_region.shape == (0, len(CELLS))
    assert (inner.deposit_fold == -1).all()
    assert (inner.deposit_group >= 0).all()


def test_the_inner_split_needs_the_same_settings_as_the_held_out_one():
    for change in ({"buffer": 4000.0}, {"folds": 6}):
        told = []
        for scheme in ("held_out", "inner"):
            with pytest.raises(InputError) as error:
                draw_folds(scheme, CELLS, SPREAD, LABELS | change, 1)
            told.append(str(error.value))
        assert told[0] == told[1]


def test_inner_folds_make_no_map():
    with pytest.raises(ValueError, match="inner scheme makes no map"):
        fold_map(draw_folds("inner", CELLS, SPREAD, LABELS, 1), CELLS, SPREAD)


def test_no_deposit_is_infinitely_far():
    distance, nearest = nearest_deposit(CELLS[:3], SPREAD, np.zeros(0, dtype=int))
    assert list(distance) == [np.inf] * 3
    assert list(nearest) == [-1] * 3


@pytest.mark.parametrize("n_folds", [2, FEW_FOLDS, FEW_FOLDS + 1])
def test_nearest_by_fold_is_the_nearest_of_any_folds(n_folds):
    deposits = np.random.default_rng(n_folds).uniform(0, 40_000, (20, 2))
    fold = np.arange(20) % n_folds
    look, every = nearest_by_fold(CELLS, deposits, fold), distances(deposits)
    for some in ([0], [1], range(n_folds), range(1, n_folds)):
        ids = np.flatnonzero(np.isin(fold, list(some)))
        distance, nearest = look(ids)
        np.testing.assert_array_equal(nearest, ids[every[:, ids].argmin(axis=1)])
        np.testing.assert_allclose(distance, every[:, ids].min(axis=1), rtol=1e-12)
    assert (look(np.zeros(0, dtype=int))[0] == np.inf).all()
