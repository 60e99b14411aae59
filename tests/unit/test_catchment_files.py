"""From samples and a terrain to catchments: files, table, warnings and figure of the stage."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.catchments.catchment import delineated
from geohalo.catchments.snapping import Snapped
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.files.catchments import OF_SAMPLES, read_catchments, write_catchments
from geohalo.settings import check_settings
from geohalo.stages.delineate_catchments import delineate_catchments
from rasterio.transform import from_origin
from terrains import NORTH, UTM, WEST, WORKED, arrows, drained, rough, write

TERRAIN = {
    **{"file": "dem.tif", "codes": None, "crs": None, "nodata": None, "resolution": None},
    **{"snap": 150, "channel": 0.1, "least_area": 0.1, "most_area": 500},
}


def test_catchments_are_read_as_they_were_written(tmp_path):
    grid = Grid(WEST + 200.0 * (np.arange(2) + 0.5), NORTH - 200.0 * (np.arange(2) + 0.5))
    snapped = Snapped(np.array([5, 9, 11, 9, -1]), np.array([1.5, 0, 0, 2, np.nan]))
    written, _ = delineated(drained(arrows(WORKED)), snapped, grid)
    path = str(tmp_path / "catchments.nc")
    write_catchments(written, ["2", "3", "4;5", "6", "7"], grid, UTM.to_wkt(), path)
    read, names, laid = read_catchments(path)
    for name in OF_SAMPLES:
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
        assert getattr(read, name).dtype == getattr(written, name).dtype
    np.testing.assert_array_equal(read.shares.toarray(), written.shares.toarray())
    assert names == ["2", "3", "4;5", "6", "7"]
    np.testing.assert_array_equal(laid.x, grid.x)
    np.testing.assert_array_equal(laid.y, grid.y)


@pytest.fixture
def survey(tmp_path):
    """40 samples at random on a terrain of 60 x 60 cells, one of them beyond it; returns paths."""
    random = np.random.default_rng(4)
    write(tmp_path, rough((60, 60), 3, smooth=3), transform=from_origin(WEST, NORTH, 100, 100))
    places = np.column_stack([WEST + random.uniform(500, 5500, 40), NORTH - random.uniform(500, 5500, 40)])
    places[7] = [WEST - 300, NORTH - 300]
    table = gpd.GeoDataFrame(
        {"sample": [str(row) for row in range(2, 42)]}, geometry=gpd.points_from_xy(*places.T), crs=UTM
    )
    table.to_parquet(tmp_path / "samples.parquet")
    outputs = {"catchments": "catchments.nc", "summary": "catchments.csv", "figure": "catchments.png"}
    outputs |= {"warnings": "warnings.csv"}
    return tmp_path, {name: str(tmp_path / file) for name, file in outputs.items()}


def run(survey, **changes):
    folder, outputs = survey
    grid = {"cell": 500, "max_distance": 2000}
    file = str(folder / "dem.tif")
    return delineate_catchments(
        str(folder / "samples.parquet"),
        file,
        TERRAIN | changes,
        grid,
        "survey",
        **outputs,
        folder=str(folder),
    )


def test_the_stage_keeps_all_samples_and_names_doubts(survey):
    folder, outputs = survey
    lines = run(survey)
    found, names, grid = read_catchments(outputs["catchments"])
    table = pd.read_csv(outputs["summary"], keep_default_na=False)
    assert len(table) == len(names) == 40
    assert table.loc[7, "doubts"] == "outside"
    assert found.cell[7] == -1
    np.testing.assert_allclose(table["area_km2"].astype(float), found.area / 1e6, rtol=1e-5)
    assert lines[-1].startswith("39 of 40 samples have a catchment")
    warnings = pd.read_csv(outputs["warnings"])
    assert warnings["what"].str.contains("1 sample beyond the edges of the terrain").sum() == 1
    assert (folder / "catchments.png").stat().st_size > 20_000
    # Whole catchments lie on the grid, which reaches 2 km beyond the samples.
    np.testing.assert_allclose(found.shares.sum(axis=1), found.own_area)
    assert grid.cell == 500


def test_impossible_limits_stop_before_the_terrain_is_read(survey):
    folder, _ = survey
    (folder / "dem.tif").unlink()
    with pytest.raises(InputError, match=r"must be below terrain\.most_area"):
        run(survey, least_area=600)


def test_settings_of_a_terrain():
    own = {
        "survey": "own",
        "samples": {
            "file": "s.csv",
            "x": "x",
            "y": "y",
            "crs": "EPSG:32633",
            "elements": "^(?P<element>.+)$",
        },
    }
    own |= {"deposits": {"file": "d.csv", "x": "x", "y": "y", "crs": "EPSG:32633"}}
    assert "terrain" not in check_settings(own)
    found = check_settings(own | {"terrain": {"file": "dem.tif"}})["terrain"]
    assert found["channel"] == 0.25
    assert found["codes"] is None
    with pytest.raises(InputError, match="terrain"):
        check_settings(own | {"terrain": {}})
    grids = {
        "survey": "own",
        "grids": {"file": "g.tif"},
        "deposits": own["deposits"],
        "terrain": {"file": "dem.tif"},
    }
    with pytest.raises(InputError, match="section 'terrain' is of samples"):
        check_settings(grids)
