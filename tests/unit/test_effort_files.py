"""The map of exploration effort as a file: of a layer, of samples, and what targets and figures take from it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from geohalo.cube.grid import Grid
from geohalo.evidence.effort import effort_percentiles
from geohalo.evidence.sample_density import sample_density
from geohalo.files.cells import Survey, write_netcdf
from geohalo.files.effort import OF_SAMPLES, SAMPLES_UNIT, read_effort, write_effort
from geohalo.stages import read_effort as stage
from geohalo.stages.rank_targets import write_sample_effort
from pyproj import CRS
from rio_cogeo import cog_validate

CELL, ROWS, COLUMNS = 500.0, 8, 10
EMPTY = {
    "column": None,
    "radius": 2000.0,
    "unit": None,
    "layer": None,
    "band": None,
    "crs": None,
    "nodata": None,
}


@pytest.fixture
def survey(tmp_path):
    """Return a survey, whose elements are a file."""
    mask = np.ones((ROWS, COLUMNS), dtype=bool)
    mask[:, -1] = False
    x, y = 300_000 + CELL * np.arange(COLUMNS), 7_000_000 - CELL * np.arange(ROWS)
    here = Survey(Grid(x, y), mask, CRS(28350).to_wkt())
    write_netcdf(here.dataset(), str(tmp_path / "elements.nc"))
    return here


def points(survey, number):
    rng = np.random.default_rng(0)
    west, north = survey.grid.x[0], survey.grid.y[0]
    return rng.uniform([west, north - 3500], [west + 4000, north], (number, 2))


def test_what_is_written_is_read(survey, tmp_path):
    values = np.random.default_rng(1).random(int(survey.mask.sum()))
    values[3] = np.nan
    path = str(tmp_path / "effort.tif")
    write_effort(survey, values, "m/km²", "holes.gpkg", path)
    found = read_effort(path)
    assert (found.unit, found.of_samples) == ("m/km²", False)
    np.testing.assert_allclose(found.amount[survey.mask], values, rtol=1e-6)
    np.testing.assert_allclose(found.percentile[survey.mask], effort_percentiles(values), rtol=1e-6)
    assert np.isnan(found.amount[~survey.mask]).all()
    assert cog_validate(path, strict=True)[0]
    with rasterio.open(path) as file:
        assert file.descriptions == ("effort", "effort_percentile")
        assert file.units == ("m/km²", "%")
        assert file.tags(1)["long_name"] == "exploration effort: holes.gpkg"
    write_effort(survey, values, "", "holes.gpkg", path)
    assert read_effort(path).unit == ""


def test_without_a_layer_it_is_the_density_of_the_samples(survey, tmp_path):
    places = points(survey, 60)
    frame = gpd.GeoDataFrame({"sample": range(60)}, geometry=gpd.points_from_xy(*places.T), crs=28350)
    frame.to_parquet(tmp_path / "samples.parquet")
    path = str(tmp_path / "effort.tif")
    write_sample_effort(str(tmp_path / "elements.nc"), str(tmp_path / "samples.parquet"), path)
    found = read_effort(path)
    assert (found.unit, found.of_samples) == (SAMPLES_UNIT, True)
    np.testing.assert_allclose(
        found.amount[survey.mask], sample_density(places, survey.cells, CELL), rtol=1e-6
    )
    assert OF_SAMPLES.startswith("density of the samples")


def test_a_layer_is_brought_to_the_grid(survey, tmp_path):
    holes = shapely.points(points(survey, 30))
    gpd.GeoDataFrame(geometry=holes, crs=28350).to_file(tmp_path / "holes.gpkg")
    made = {"effort": str(tmp_path / "effort.tif"), "warnings": str(tmp_path / "warnings.csv")}
    told = stage.read_effort(
        str(tmp_path / "holes.gpkg"), str(tmp_path / "elements.nc"), EMPTY, **made, folder=str(tmp_path)
    )
    assert told == ["Exploration effort from holes.gpkg, 1/km²"]
    found = read_effort(made["effort"])
    assert not found.of_samples
    assert found.amount[survey.mask].min() >= 0
    assert pd.read_csv(made["warnings"]).empty
