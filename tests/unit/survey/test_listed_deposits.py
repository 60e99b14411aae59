"""Which deposits a list of training deposits names: by place, else by name."""

import geopandas as gpd
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.listed_deposits import named_deposits

CRS = "EPSG:32633"
SECTION = {"x": "east", "y": "north", "crs": CRS, "name": "Name"}
KNOWN = gpd.GeoDataFrame(
    {"name": ["North pit", "", "Copper hill"]},
    geometry=gpd.points_from_xy([500_000.0, 510_000.0, 520_000.0], [6_000_000.0] * 3),
    crs=CRS,
)


def named(tmp_path, frame, section=SECTION, reach=1000.0):
    frame.to_csv(tmp_path / "list.csv", index=False)
    found, rows = named_deposits(tmp_path / "list.csv", section, KNOWN, CRS, reach)
    return list(found), rows


def test_places_count_within_the_radius(tmp_path):
    frame = pd.DataFrame(
        {"east": [500_999.0, 511_001.0, 900_000.0], "north": 6_000_000.0, "Name": "Copper hill"}
    )
    assert named(tmp_path, frame) == ([True, False, False], 3)
    assert named(tmp_path, frame, reach=1001.5) == ([True, True, False], 3)


def test_names_count_where_there_are_no_places(tmp_path):
    frame = pd.DataFrame({"Name": ["NORTH PIT ", "Unheard of", ""]})
    assert named(tmp_path, frame) == ([True, False, False], 2)  # an empty row is none


def test_a_list_that_names_nothing_is_told_with_the_fix(tmp_path):
    with pytest.raises(
        InputError, match=r"neither the columns of coordinates nor that of names .*\(east, north, Name\)"
    ):
        named(tmp_path, pd.DataFrame({"deposit": ["North pit", "b"]}))
    with pytest.raises(InputError, match=r"no deposit of the survey has a name of it; .*judge\.trained_on"):
        named(tmp_path, pd.DataFrame({"Name": ["Elsewhere", "b"]}))
    with pytest.raises(InputError, match=r"no deposit of the survey lies within 1000 m of a place of it"):
        named(tmp_path, pd.DataFrame({"east": [100_000.0, 1.0], "north": [6_000_000.0, 1.0]}))
