"""A check reads the terrain as a run does, and says what would stop one."""

import pytest
from rasterio.transform import from_origin
from terrains import rough, write


@pytest.fixture
def errors(tmp_path, checked_with):
    """Return a function that checks the survey with a terrain, and what would stop a run at it."""

    def check(north=6_008_000, crs="EPSG:32633", **terrain):
        write(tmp_path, rough((100, 100), 1), crs=crs, transform=from_origin(498_000, north, 100, 100))
        terrain = {"file": "dem.tif"} | terrain
        found, _ = checked_with({"terrain": str(tmp_path / "dem.tif")}, terrain=terrain)
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
