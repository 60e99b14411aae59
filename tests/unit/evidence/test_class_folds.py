"""Folds of classes: blocks, buffers and masks against brute force, and what must hold for any labels."""

import numpy as np
import pytest
from geohalo.cube.label_rasters import PARTS
from geohalo.errors import InputError
from geohalo.evidence.class_folds import deal_blocks, draw_class_folds, spatial_blocks
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

LABELS = {"group_distance": 400.0, "buffer": 150.0, "folds": 3, "positives": 5, "seed": 0}


def survey(rows=16, columns=24, n_classes=3, share=0.5, seed=0):
    """Return cells of 100 m, row by row from the northwest, and classes scattered over a share of them."""
    y, x = np.indices((rows, columns))
    cells = np.column_stack([x.ravel() * 100.0, -y.ravel() * 100.0])
    generator = np.random.default_rng(seed)
    classes = generator.integers(1, n_classes + 1, len(cells))
    return cells, np.where(generator.random(len(cells)) < share, classes, 0)


def test_blocks_are_numbered_by_row_from_the_northwest():
    points = np.array([[0, 0], [399, -399], [400, 0], [900, -100], [0, -400], [800, -1200]], dtype=float)
    assert spatial_blocks(points, 400.0).tolist() == [0, 0, 1, 2, 3, 4]


def test_rarest_class_is_dealt_first_and_each_fold_gets_every_class():
    # Class 2 lies in two blocks, one of which holds class 1 too.
    counts = np.array([[9, 0], [8, 0], [1, 3], [0, 2]])
    fold = deal_blocks(counts, 2, np.arange(4))
    assert fold[2] != fold[3]
    # The two blocks of class 1 alone: the larger goes to the fold that lacks the class.
    assert fold[0] == fold[3]
    assert fold[1] == fold[2]
    assert counts[fold == fold[2]].sum(axis=0).tolist() == [9, 3]
    assert counts[fold == fold[3]].sum(axis=0).tolist() == [9, 2]


def test_held_out_folds_are_blocks_with_a_buffer():
    cells, classes = survey()
    folds = draw_class_folds("held_out", cells, classes, LABELS, seeds=2)
    labelled = np.flatnonzero(classes)
    block = spatial_blocks(cells[labelled], 400.0)
    outer = np.full(len(labelled), -1)
    for fold in range(3):
        test = folds.test(fold)
        tested = np.isin(labelled, test["cell"])
        assert (outer[tested] == -1).all()
        outer[tested] = fold
        # Whole blocks, and the block is the group.
        assert set(block[tested]) & set(block[~tested]) == set()
        np.testing.assert_array_equal(test["group"], block[tested])
        np.testing.assert_array_equal(test["label"], classes[labelled][tested] - 1)
        near = cdist(cells, cells[labelled[tested]]).min(axis=1) <= 150.0
        np.testing.assert_array_equal(folds.held_out_region[fold], near)
        for draw in range(2):
            cell, label = folds.train(fold, draw)
            assert not near[cell].any()
            np.testing.assert_array_equal(label, classes[cell] - 1)
            assert np.bincount(label).tolist() == [5, 5, 5]
    assert (outer >= 0).all()
    assert not np.array_equal(folds.train(0, 0)[0], folds.train(0, 1)[0])
    assert folds.n_classes == 3
    assert len(folds.deposit_group) == len(folds.deposit_fold) == len(folds.unreachable) == 0


def test_all_cells_are_drawn_where_there_are_fewer():
    cells, classes = survey()
    folds = draw_class_folds("final", cells, classes, LABELS | {"positives": 10_000}, seeds=1)
    cell, label = folds.train(0, 0)
    np.testing.assert_array_equal(np.sort(cell), np.flatnonzero(classes))
    np.testing.assert_array_equal(label, classes[cell] - 1)
    assert folds.test(0).empty
    assert not folds.held_out_region.any()


def test_inner_folds_leave_out_two_outer_ones():
    cells, classes = survey(rows=24, columns=32)
    held_out = draw_class_folds("held_out", cells, classes, LABELS, seeds=1)
    inner = draw_class_folds("inner", cells, classes, LABELS, seeds=1)
    assert inner.n_folds == 3
    outer = [set(held_out.test(fold)["cell"]) for fold in range(3)]
    for fold in range(3):
        tested = set(inner.test(fold)["cell"])
        partner = (fold + 1) % 3
        beyond = {cell for cell in outer[partner] if not held_out.held_out_region[fold, cell]}
        assert tested == beyond
        region = held_out.held_out_region[fold] | held_out.held_out_region[partner]
        np.testing.assert_array_equal(inner.held_out_region[fold], region)
        assert not region[inner.train(fold, 0)[0]].any()


def test_no_inner_folds_without_a_third_fold_or_a_shift_that_serves():
    cells, classes = survey()
    assert draw_class_folds("inner", cells, classes, LABELS | {"folds": 2}, seeds=1).n_folds == 0
    # Three strips: without two of them and their buffers nothing is left of the third.
    classes = 1 + (np.arange(len(cells)) % 2)
    strips = LABELS | {"group_distance": 800.0, "folds": 3, "buffer": 900.0}
    empty = draw_class_folds("inner", cells, classes, strips, seeds=1)
    assert (empty.n_folds, len(empty.cells), empty.held_out_region.shape) == (0, 0, (0, len(cells)))


def test_random_folds_test_every_cell_once_in_even_shares():
    cells, classes = survey()
    folds = draw_class_folds("random", cells, classes, LABELS, seeds=1)
    tested = folds.cells[folds.cells["use"] == "test"]
    assert sorted(tested["cell"]) == np.flatnonzero(classes).tolist()
    size = tested.groupby(["label", "fold"]).size().unstack()
    assert (size.max(axis=1) - size.min(axis=1)).max() <= 1
    for fold in range(3):
        assert not np.isin(folds.train(fold, 0)[0], folds.test(fold)["cell"]).any()


def test_masks_are_followed_to_the_letter():
    cells, classes = survey(n_classes=2)
    part = np.random.default_rng(1).integers(0, 4, len(cells)).astype(np.uint8)
    settings = LABELS | {"positives": 10_000}
    drawn = {
        scheme: draw_class_folds(scheme, cells, classes, settings, 1, part)
        for scheme in ("held_out", "inner", "random", "final")
    }
    assert [folds.n_folds for folds in drawn.values()] == [1, 1, 0, 1]
    labelled = classes > 0
    for scheme, name in (("held_out", "test"), ("inner", "validation")):
        for found, code in ((drawn[scheme].train(0, 0)[0], "train"), (drawn[scheme].test(0)["cell"], name)):
            assert sorted(found) == np.flatnonzero(labelled & (part == PARTS[code])).tolist()
        assert not drawn[scheme].held_out_region.any()
    assert sorted(drawn["final"].train(0, 0)[0]) == np.flatnonzero(labelled).tolist()
    without = np.where(part == PARTS["validation"], 0, part)
    assert draw_class_folds("inner", cells, classes, settings, 1, without).n_folds == 0


def test_draws_do_not_depend_on_their_number_and_repeat():
    cells, classes = survey()
    one = draw_class_folds("held_out", cells, classes, LABELS, seeds=1)
    three = draw_class_folds("held_out", cells, classes, LABELS, seeds=3)
    for fold in range(3):
        np.testing.assert_array_equal(one.train(fold, 0)[0], three.train(fold, 0)[0])
    other = draw_class_folds("held_out", cells, classes, LABELS | {"seed": 1}, seeds=1)
    assert not np.array_equal(one.cells["cell"], other.cells["cell"])


@pytest.mark.parametrize(
    ("scheme", "change", "message"),
    [
        (
            "held_out",
            {"group_distance": 5000.0},
            r"labels\.folds is 3, but class 1 lies in only 1 block\(s\) of labels\.group_distance = 5000 m",
        ),
        ("held_out", {"buffer": 15000.0}, r"no training cell of class 1: .* labels\.buffer = 15000 m"),
        ("random", {"folds": 200}, r"Class \d has \d+ labelled cell\(s\), too few for labels\.folds = 200"),
    ],
)
def test_labels_from_which_no_folds_can_be_made(scheme, change, message):
    cells, classes = survey()
    with pytest.raises(InputError, match=message):
        draw_class_folds(scheme, cells, classes, LABELS | change, seeds=1)


def test_blocks_that_cannot_be_dealt():
    # Three blocks hold two of three classes each: of any two folds one lacks a class.
    cells = np.array([[0, 0], [100, 0], [400, 0], [500, 0], [800, 0], [900, 0]], dtype=float)
    classes = np.array([1, 2, 1, 3, 2, 3])
    with pytest.raises(
        InputError, match=r"Fold \d has no test cell of class \d: .* could not be dealt evenly"
    ):
        draw_class_folds("held_out", cells, classes, LABELS | {"folds": 2}, seeds=1)


@pytest.mark.parametrize("name", ["train", "test", "validation"])
def test_a_mask_without_a_class(name):
    cells, classes = survey()
    part = np.tile([1, 2, 3], len(cells) // 3)
    part[(part == PARTS[name]) & (classes == 2)] = 0
    scheme = "inner" if name == "validation" else "held_out"
    with pytest.raises(InputError, match=rf"labels\.raster\.{name}: the mask holds no cell of class 2"):
        draw_class_folds(scheme, cells, classes, LABELS, 1, part)


def test_unknown_scheme():
    with pytest.raises(ValueError, match="must be one of"):
        draw_class_folds("outer", *survey(), LABELS, seeds=1)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_classes=st.integers(2, 5),
    share=st.floats(0.1, 1.0),
    side=st.sampled_from([200.0, 300.0, 500.0]),
    buffer=st.floats(1.0, 400.0),
    folds=st.integers(2, 5),
)
def test_what_holds_for_any_labels(seed, n_classes, share, side, buffer, folds):
    cells, classes = survey(n_classes=n_classes, share=share, seed=seed)
    if set(classes) - {0} != set(range(1, n_classes + 1)):
        return
    settings_ = LABELS | {"group_distance": side, "buffer": buffer, "folds": folds, "seed": seed}
    for scheme in ("held_out", "inner"):
        try:
            drawn = draw_class_folds(scheme, cells, classes, settings_, seeds=1)
        except InputError as error:
            assert "labels." in str(error)  # noqa: PT017
            continue
        everything = set(range(n_classes))
        for fold in range(drawn.n_folds):
            train, label = drawn.train(fold, 0)
            test = drawn.test(fold)
            assert set(label) == set(test["label"]) == everything
            assert cdist(cells[train], cells[test["cell"]]).min() > buffer
