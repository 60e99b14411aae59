"""The area of applicability from files: read by blocks of rows, it is that of the whole cube."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from geohalo.cube.grid import Grid
from geohalo.evidence.applicability import area_of_applicability
from geohalo.evidence.folds import draw_folds, fold_map
from geohalo.files.cells import Survey, write_netcdf
from geohalo.files.folds import write_folds
from geohalo.stages.measure_applicability import measure_applicability
from pyproj import CRS

ROWS, COLUMNS = 44, 50
DEPOSITS = np.array([[8.2, 9.1], [30.4, 11.8], [10.7, 33.3], [40.1, 35.6]]) * 1000
LABELS = {
    "radius": 2500.0, "background_distance": 4000.0, "group_distance": 3000.0, "buffer": 6000.0, "folds": 2,
    "positives": 20, "background": 60, "decoys": 1, "seed": 0,
}  # fmt: skip


@pytest.fixture
def survey():
    mask = np.ones((ROWS, COLUMNS), dtype=bool)
    mask[20:23] = False
    mask[:, :2] = False
    x, y = 500 + 1000.0 * np.arange(COLUMNS), 500 + 1000.0 * np.arange(ROWS)[::-1]
    return Survey(Grid(x, y), mask, CRS(32648).to_wkt())


@pytest.mark.parametrize("cells", [COLUMNS, 7 * COLUMNS, 1 << 17], ids=["row", "seven rows", "whole"])
def test_blocks_of_rows_come_to_the_same(tmp_path, survey, monkeypatch, cells):
    monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", cells)
    values = np.random.default_rng(0).normal(0, 1, (5, ROWS, COLUMNS)).astype(np.float32)
    values[:, :, 45:] += 9
    cube = np.where(survey.mask, values, np.nan)
    data = survey.dataset(cube=(("element", "y", "x"), cube, {})).assign_coords(element=list("abcde"))
    write_netcdf(data, str(tmp_path / "cube.nc"))
    folds = {name: draw_folds(name, survey.cells, DEPOSITS, LABELS, 2) for name in ("held_out", "final")}
    for name, one in folds.items():
        write_folds(one, survey, str(tmp_path / f"{name}.csv"), str(tmp_path / f"{name}.tif"))
    held = folds["held_out"]
    table = pd.DataFrame(DEPOSITS, columns=["x", "y"])
    table.assign(group=held.deposit_group, fold=held.deposit_fold).to_csv(
        tmp_path / "deposits.csv", index=False
    )
    told = measure_applicability(str(tmp_path / "cube.nc"), str(tmp_path), str(tmp_path / "map.tif"))

    spectra = cube[:, survey.mask].T
    drawn = np.unique(folds["final"].cells["cell"])
    fold = fold_map(held, survey.cells, DEPOSITS)[drawn]
    area = area_of_applicability(spectra[drawn], fold, held.held_out_region[:, drawn])
    index = area.dissimilarity(spectra)
    with rasterio.open(tmp_path / "map.tif") as file:
        dissimilarity, applicable = file.read()
        assert file.descriptions == ("dissimilarity", "applicable")
    np.testing.assert_allclose(dissimilarity[survey.mask], index, atol=1e-5)
    np.testing.assert_array_equal(applicable[survey.mask], index <= area.threshold)
    assert np.isnan(dissimilarity[~survey.mask]).all()
    assert 0 < (index <= area.threshold).mean() < 1
    assert f"dissimilarity to {len(drawn)} training cells up to {area.threshold:.2f}" in told
