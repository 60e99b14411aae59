"""Folds as files: what is written is read again, whatever the scheme; whose early stopping a member may learn of."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.evidence.folds import draw_folds
from geohalo.evidence.schemes import EXTRA_SCHEMES, SCHEMES
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.files.cells import Survey
from geohalo.files.folds import FOLD_COLUMNS, FREE, fold_codes, fold_column, read_folds, write_folds
from geohalo.files.members import outer_fold, stack_members
from geohalo.network.run import UNINFORMED
from geohalo.settings import check_settings
from pyproj import CRS

LABELS = {
    "radius": 2000.0, "background_distance": 4000.0, "group_distance": 5000.0, "buffer": 9000.0,
    "folds": 4, "positives": 10, "background": 25, "decoys": 2,
    "block": 24000.0, "extra_splits": [*EXTRA_SCHEMES], "seed": 0, "known_before": 1990, "learn_type": "vein",
}  # fmt: skip
#: The first two are one group, the last is off the ground.
DEPOSITS = np.array([[5, 5], [7, 6], [40, 5], [5, 40], [41, 41], [-50, 0]]) * 1000.0
FACTS = pd.DataFrame(
    {
        "year": [1950, np.nan, 2000, 1960, 1990, np.nan],
        "status": ["mine", "", "occurrence", "mine", "occurrence", "mine"],
        "type": ["vein", "vein", "skarn", "vein", "placer", ""],
    }
)


def survey():
    axis = np.arange(45) * 1000.0 + 500
    mask = np.ones((45, 45), dtype=bool)
    mask[0, :3] = False
    return Survey(Grid(axis, axis[::-1]), mask, CRS(32648).to_wkt())


def test_a_checkerboard_shows_as_one():
    """Codes of a fold: every cell of its colour is held out, none of them is one to learn from."""
    ground = survey()
    folds = draw_folds("checkerboard", ground.cells, DEPOSITS, LABELS, 2)
    codes = fold_codes(folds)
    square = np.floor((ground.cells - ground.cells.min(axis=0)) / LABELS["block"]).sum(axis=1) % 2
    for fold in range(2):
        assert set(np.unique(codes[fold, square == fold])) <= {2, 5, 6}
        assert {1, 3, 4} <= set(np.unique(codes[fold, square != fold]))


def test_an_extra_split_may_know_what_the_inner_fold_of_its_one_held_out_fold_found():
    """Three folds, four groups: two folds hold out one group each, the third the other two."""
    ground, labels = survey(), LABELS | {"folds": 3}
    schemes = ("held_out", "inner", "random", "final", *EXTRA_SCHEMES)
    drawn = [draw_folds(scheme, ground.cells, DEPOSITS, labels, 1) for scheme in schemes]
    _, table = stack_members(drawn)
    outer = table.assign(outer=outer_fold(table, drawn)).groupby("scheme")["outer"].agg(list)
    assert outer["held_out"] == outer["inner"] == [0, 1, 2]
    assert outer["random"] == [-1] * 3
    assert outer["final"] == [-1]
    held = dict(zip(drawn[0].deposit_group, drawn[0].deposit_fold, strict=True))
    assert outer["leave_one_group_out"] == [held[group] for group in range(4)]
    # The colour that holds deposits of several folds has none that knows nothing of them.
    of_colour = [set(drawn[0].deposit_fold[drawn[-1].deposit_fold == fold]) for fold in range(2)]
    assert outer["checkerboard"] == [min(one) if len(one) == 1 else UNINFORMED for one in of_colour]
    assert UNINFORMED in outer["checkerboard"]
    # Without the scheme held_out nothing is known.
    assert set(outer_fold(table[table["scheme"] == "checkerboard"], drawn[-1:])) == {UNINFORMED}


@pytest.mark.parametrize("key", ["extra_splits", "block"])
def test_a_raster_of_classes_has_no_extra_splits(key):
    labels = {"raster": {"file": "classes.tif"}, key: [*EXTRA_SCHEMES] if key == "extra_splits" else 5000}
    config = {"survey": "a", "grids": {"file": "a.tif"}, "labels": labels}
    with pytest.raises(InputError, match=rf"key 'labels\.{key}' is not used with 'labels\.raster'"):
        check_settings(config)


def test_an_unknown_extra_split_is_told():
    with pytest.raises(InputError, match=r"key 'labels\.extra_splits\.0': 'blocks' is not one of"):
        check_settings({"survey": "a", "simulate": {}, "labels": {"extra_splits": ["blocks"]}})


@pytest.mark.parametrize("n_folds", [4, 2])
def test_folds_are_read_as_they_were_written(tmp_path, n_folds):
    ground, labels = survey(), LABELS | {"folds": n_folds}
    schemes = (*SCHEMES, *EXTRA_SCHEMES, *FACT_SCHEMES)
    drawn = {scheme: draw_folds(scheme, ground.cells, DEPOSITS, labels, 2, None, FACTS) for scheme in schemes}
    group = drawn["held_out"].deposit_group
    columns = {column: fold_column(drawn[scheme], group) for scheme, column in FOLD_COLUMNS.items()}
    assert list(columns) == [
        *("fold", "inner_fold", "leave_one_group_out_fold", "checkerboard_fold"),
        *("time_fold", "status_fold", "type_fold"),
    ]
    # The second deposit has no year; the last one is off the ground.
    assert list(columns["time_fold"]) == [-1, -2, 0, -1, 0, -1]
    table = pd.DataFrame({"group": drawn["held_out"].deposit_group} | columns)
    table.to_csv(tmp_path / "deposits.csv", index=False)
    for scheme, folds in drawn.items():
        write_folds(folds, ground, str(tmp_path / f"{scheme}.csv"), str(tmp_path / f"{scheme}.tif"))
        read = read_folds(str(tmp_path), scheme, ground.mask)
        told = ("scheme", "n_folds", "n_draws", "shift")
        assert [getattr(read, name) for name in told] == [getattr(folds, name) for name in told]
        for name in ("deposit_group", "deposit_fold", "held_out_region", "unreachable"):
            np.testing.assert_array_equal(getattr(read, name), getattr(folds, name))
        pd.testing.assert_frame_equal(read.cells, folds.cells, check_dtype=len(folds.cells) > 0)
        for fold in range(folds.n_folds):
            np.testing.assert_array_equal(read.training_deposits(fold), folds.training_deposits(fold))
    assert drawn["inner"].n_folds == (4 if n_folds == 4 else 0)
    assert drawn["inner"].shift == (1 if n_folds == 4 else 0)


def test_no_inner_split_is_a_table_without_rows_and_a_band_without_codes(tmp_path):
    ground = survey()
    folds = draw_folds("inner", ground.cells, DEPOSITS, LABELS | {"folds": 2}, 1)
    write_folds(folds, ground, str(tmp_path / "inner.csv"), str(tmp_path / "inner.tif"))
    assert (tmp_path / "inner.csv").read_text() == "fold,draw,cell,label,use,deposit,group,x,y\n"
    with rasterio.open(tmp_path / "inner.tif") as file:
        assert file.count == 1
        np.testing.assert_array_equal(file.read(1), np.where(ground.mask, FREE, 0))
        assert file.descriptions == ("inner: no fold",)
