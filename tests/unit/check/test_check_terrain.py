"""A check reads the terrain as a run does, and says what would stop one."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from geohalo.input_warnings import warnings_in
from geohalo.settings import check_settings
from geohalo.stages.delineate_catchments import delineate_catchments
from rasterio.transform import from_origin
from terrains import rough, write


@pytest.fixture
def checked(tmp_path, checked_with):
    """Return a function that checks the survey with a terrain."""

    def check(north=6_008_000, crs="EPSG:32633", sections=None, **terrain):
        write(tmp_path, rough((100, 100), 1), crs=crs, transform=from_origin(498_000, north, 100, 100))
        terrain = {"file": "dem.tif"} | terrain
        return checked_with({"terrain": str(tmp_path / "dem.tif")}, terrain=terrain, **(sections or {}))[0]

    return check


@pytest.fixture
def errors(checked):
    """Return a function that checks the survey, and what would stop a run at its terrain."""

    def check(**changes):
        found = checked(**changes).findings
        return [message for stage, message in found.errors if stage == "delineate_catchments"]

    return check


def told(found, stage):
    return [str(warning) for of, warning in found.findings.warnings if of == stage]


def test_a_good_terrain_is_no_error(errors):
    assert errors() == []


def test_errors_are_those_of_a_run(errors):
    (message,) = errors(crs=None)
    assert message.startswith("dem.tif: the raster has no CRS; set terrain.crs")
    (message,) = errors(north=6_208_000)
    assert message.startswith("dem.tif: the terrain covers 0 of 49 samples")
    first, second = errors(codes="ldd", least_area=600, most_area=500)
    assert "terrain.least_area (600 km2) must be below terrain.most_area" in first
    assert "is no flow direction of terrain.codes: ldd" in second


def test_doubts_are_those_of_a_run(checked, config, tmp_path):
    # The terrain ends in the north of the survey: a row of samples lies beyond it.
    found = checked(north=6_005_800, snap=100, channel=0.02)
    (tmp_path / "run").mkdir()
    frame = gpd.GeoDataFrame(
        {"sample": found.ground.samples.rows},
        geometry=gpd.points_from_xy(*found.ground.places.T),
        crs=found.ground.crs,
    )
    frame.to_parquet(tmp_path / "run" / "samples.parquet")
    settings = check_settings(config | {"terrain": {"file": "dem.tif", "snap": 100, "channel": 0.02}})
    names = {"catchments": "c.nc", "summary": "c.csv", "figure": "c.png", "warnings": "w.csv"}
    names = {name: str(tmp_path / "run" / file) for name, file in names.items()}
    delineate_catchments(
        str(tmp_path / "run" / "samples.parquet"),
        str(tmp_path / "dem.tif"),
        settings["terrain"],
        {key: settings["grid"][key] for key in ("cell", "max_distance")},
        "small",
        **names,
    )
    doubts = told(found, "delineate_catchments")
    of_run = warnings_in(pd.read_csv(names["warnings"], dtype=str, keep_default_na=False))
    without_file = [str(replace(one, file="samples.csv")) for one in of_run]
    assert doubts == without_file
    assert doubts[0].startswith("samples.csv, row 44: 7 samples beyond the edges of the terrain")
    (page,) = found.beside
    (table,) = page.tables
    shown = {row[0].text: row[1].text for row in table.rows}
    assert shown["Terrain"] == "100 x 100 cells of 100 m"
    assert shown["Samples with a catchment"] == "42 of 49"
    (picture,) = page.pictures
    assert picture.name == "catchments"
    assert "of them doubtful" in picture.title


def test_on_a_large_terrain_the_run_names_the_doubts(checked, monkeypatch):
    monkeypatch.setattr("geohalo.check.terrain.MOST_CELLS", 9_999)
    found = checked()
    assert told(found, "delineate_catchments") == []
    (page,) = found.beside
    assert "on a terrain of more than 9,999 cells (this one has 10,000)" in page.lead[0]
    assert "A run names the samples whose catchment is doubtful" in page.lead[0]
    assert page.tables == page.pictures == []


def test_too_many_samples_for_a_balance_of_masses(checked, monkeypatch):
    monkeypatch.setattr("geohalo.sources.amount.MOST_SAMPLES", 10)
    stream = {"samples": {"medium": "stream"}}
    assert told(checked(sections=stream), "unmix_elements") == []
    found = checked(sections=stream | {"sources": {"law": "mass"}})
    assert told(found, "unmix_elements") == []
    (message,) = [message for stage, message in found.findings.errors if stage == "unmix_elements"]
    assert "masses are balanced for 10 samples at most" in message
