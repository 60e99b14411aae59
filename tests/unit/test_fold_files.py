"""Folds as files: what is written is read again, also where an inner split cannot be made."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from _cells import Survey
from _folds import FREE, read_folds, write_folds
from geohalo.cube.grid import Grid
from geohalo.evidence.folds import SCHEMES, draw_folds
from pyproj import CRS

LABELS = {
    "radius": 2000.0, "background_distance": 4000.0, "group_distance": 5000.0, "buffer": 9000.0,
    "folds": 4, "positives": 10, "background": 25, "decoys": 2, "seed": 0,
}  # fmt: skip
#: The first two are one group, the last is off the ground.
DEPOSITS = np.array([[5, 5], [7, 6], [40, 5], [5, 40], [41, 41], [-50, 0]]) * 1000.0


def survey():
    axis = np.arange(45) * 1000.0 + 500
    mask = np.ones((45, 45), dtype=bool)
    mask[0, :3] = False
    return Survey(Grid(axis, axis[::-1]), mask, CRS(32648).to_wkt())


@pytest.mark.parametrize("n_folds", [4, 2])
def test_folds_are_read_as_they_were_written(tmp_path, n_folds):
    ground, labels = survey(), LABELS | {"folds": n_folds}
    drawn = {scheme: draw_folds(scheme, ground.cells, DEPOSITS, labels, 2) for scheme in SCHEMES}
    columns = {"group": drawn["held_out"].deposit_group, "fold": drawn["held_out"].deposit_fold}
    table = pd.DataFrame(columns | {"inner_fold": drawn["inner"].deposit_fold})
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
