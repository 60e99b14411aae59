"""A check reads the bearings of the ice as a run does, and says what samples stand for."""

import copy

import numpy as np
import pytest
from geohalo.check.medium import medium_words
from geohalo.check.sections import places_section
from geohalo.check.survey import Files, check_survey
from geohalo.settings import check_settings
from rasterio.transform import from_origin
from terrains import write

CONFIG = {
    "survey": "till",
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
def checked(tmp_path, tables):
    """Return a function that checks the survey with bearings in some CRS, and its settings."""
    from_samples, from_deposits = tables
    from_samples().to_csv(tmp_path / "samples.csv", index=False)
    from_deposits().to_csv(tmp_path / "deposits.csv", index=False)

    def check(crs="EPSG:32633"):
        write(
            tmp_path,
            np.full((2, 2), 90, np.float32),
            name="ice.tif",
            crs=crs,
            transform=from_origin(490_000, 6_020_000, 20_000, 20_000),
        )
        config = copy.deepcopy(CONFIG) | {"data": {"folder": str(tmp_path)}}
        config["samples"] |= {"medium": "till"}
        settings = check_settings(config | {"ice": {"bearing": "ice.tif", "length": 2000}})
        names = {name: str(tmp_path / f"{name}.csv") for name in ("samples", "deposits")}
        files = Files(**names, bearing=str(tmp_path / "ice.tif"))
        return check_survey(settings, {name: settings[name] for name in names}, files), settings

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
