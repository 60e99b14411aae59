"""A check reads the bearings of the ice as a run does, and says what samples stand for."""

import numpy as np
import pytest
from geohalo.check.medium import medium_words
from geohalo.check.sections import places_section
from rasterio.transform import from_origin
from terrains import write


@pytest.fixture
def checked(tmp_path, checked_with):
    """Return a function that checks the survey of till with bearings in some CRS, and its settings."""

    def check(crs="EPSG:32633"):
        write(
            tmp_path,
            np.full((2, 2), 90, np.float32),
            name="ice.tif",
            crs=crs,
            transform=from_origin(490_000, 6_020_000, 20_000, 20_000),
        )
        ice = {"bearing": "ice.tif", "length": 2000}
        return checked_with({"bearing": str(tmp_path / "ice.tif")}, samples={"medium": "till"}, ice=ice)

    return check


def test_bearings_are_read(checked):
    found, settings = checked()
    assert [stage for stage, _ in found.findings.errors if stage == "unmix_elements"] == []
    words = medium_words(settings)
    assert words == "till: each stands for the ground up-ice (bearing ice.tif, length 2000 m)"
    assert words in str(places_section(found.ground, [], words).tables)


def test_errors_are_those_of_a_run(checked):
    found, _ = checked(crs="EPSG:32634")
    (message,) = [text for stage, text in found.findings.errors if stage == "unmix_elements"]
    assert message.startswith("ice.tif: bearings of the ice count from the north of the maps")
