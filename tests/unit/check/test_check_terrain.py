"""A check reads the terrain as a run does, and says what would stop one."""

import copy

import pytest
from geohalo.check.survey import Files, check_survey
from geohalo.settings import check_settings
from rasterio.transform import from_origin
from terrains import rough, write

CONFIG = {
    "survey": "small",
    "samples": {
        "file": "samples.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>[A-Z][a-z]?)_(?P<unit>ppm|ppb|pct)$",
    },
    "deposits": {"file": "deposits.csv", "x": "x", "y": "y", "crs": "EPSG:32633", "commodities": ["Cu"]},
    "grid": {"cell": 500, "max_distance": 1000},
    "superpixels": {"n_segments": [5]},
    "labels": {"radius": 700, "background_distance": 900, "group_distance": 1500, "buffer": 2000, "folds": 2},
}


@pytest.fixture
def errors(tmp_path, tables):
    """Return a function that checks the survey with a terrain, and what would stop a run at it."""
    from_samples, from_deposits = tables
    from_samples().to_csv(tmp_path / "samples.csv", index=False)
    from_deposits().to_csv(tmp_path / "deposits.csv", index=False)

    def check(north=6_008_000, crs="EPSG:32633", **terrain):
        write(tmp_path, rough((100, 100), 1), crs=crs, transform=from_origin(498_000, north, 100, 100))
        config = copy.deepcopy(CONFIG) | {
            "data": {"folder": str(tmp_path)},
            "terrain": {"file": "dem.tif"} | terrain,
        }
        settings = check_settings(config)
        names = {name: str(tmp_path / f"{name}.csv") for name in ("samples", "deposits")}
        files = Files(**names, terrain=str(tmp_path / "dem.tif"))
        found = check_survey(settings, {name: settings[name] for name in ("samples", "deposits")}, files)
        return [message for stage, message in found.findings.errors if stage == "delineate_catchments"]

    return check


def test_a_good_terrain_is_no_error(errors):
    assert errors() == []


def test_errors_are_those_of_a_run(errors):
    (message,) = errors(crs=None)
    assert message.startswith("dem.tif: the raster has no CRS; set terrain.crs")
    (message,) = errors(north=6_208_000)
    assert message.startswith("dem.tif: the terrain covers 0 of 49 samples")
    first, second = errors(codes="ldd", least_area=600)
    assert "terrain.least_area (600 km2) must be below terrain.most_area" in first
    assert "is no flow direction of terrain.codes: ldd" in second
