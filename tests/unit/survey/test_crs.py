"""The CRS of the maps and of rows: units by their factor, axes to the east and north, zones by name."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.coordinates import locate
from geohalo.survey.crs import (
    is_metric,
    metric_crs,
    points_east_and_north,
    read_crs,
    turned_axes,
    usable_crs,
)
from geohalo.survey.zones import row_crs
from pyproj import CRS, Transformer


def located(crs: str, longitude, latitude) -> tuple[np.ndarray, np.ndarray]:
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(longitude, latitude)
    return np.atleast_1d(x).astype(float), np.atleast_1d(y).astype(float)


@pytest.mark.parametrize("spelling", ["metre", "Metre", "meter", "METRE", "m"])
def test_metre_is_known_by_its_factor(spelling) -> None:
    wkt = CRS("EPSG:28350").to_wkt("WKT1_GDAL").replace('UNIT["metre"', f'UNIT["{spelling}"')
    crs = CRS.from_wkt(wkt)
    assert is_metric(crs, 117.0, -25.0)
    assert metric_crs(np.array([500000.0]), np.array([7.2e6]), crs) == crs


@pytest.mark.parametrize("code", ["EPSG:2263", "EPSG:2229"])  # US survey feet
def test_feet_are_no_metres(code) -> None:
    crs = CRS(code)
    assert not is_metric(crs, crs.area_of_use.west, crs.area_of_use.south)
    wkt = CRS("EPSG:32617").to_wkt("WKT1_GDAL").replace('UNIT["metre",1', 'UNIT["metre",0.3048')
    assert not is_metric(CRS.from_wkt(wkt), -81.0, 30.0)


@pytest.mark.parametrize(
    ("code", "place", "maps"),
    [
        ("EPSG:2053", (29.5, -26.0), "EPSG:32735"),
        ("EPSG:22281", (21.2, -30.0), "EPSG:32734"),
        ("EPSG:5513", (15.0, 50.0), "EPSG:5514"),
        ("EPSG:2065", (15.0, 50.0), "EPSG:5221"),
        ("EPSG:2193", (175.0, -40.0), "EPSG:2193"),
        ("EPSG:31467", (9.0, 50.0), "EPSG:31467"),
        ("EPSG:3031", (0.0, -72.0), "EPSG:3031"),
    ],
)
def test_axes_of_the_maps(code, place, maps) -> None:
    crs = CRS(code)
    chosen = metric_crs(*located(code, *place), crs)
    assert chosen == CRS(maps)
    assert points_east_and_north(chosen)
    warning = turned_axes(crs, chosen, "s.csv")
    assert (warning is None) == (code == maps)
    # A place to the east has the larger x on the map, one to the north the larger y.
    if code != "EPSG:3031":
        x, y = located(maps, [place[0], place[0] + 0.2, place[0]], [place[1], place[1], place[1] + 0.2])
        assert x[1] > x[0]
        assert y[2] > y[0]


def test_turned_grid_crs_stops() -> None:
    x, y = located("EPSG:32633", 15.0, 50.0)
    with pytest.raises(InputError, match=r"grid\.crs.*'EPSG:5513'.*point south and west.*such as EPSG:5514"):
        metric_crs(x, y, CRS("EPSG:32633"), "EPSG:5513")


def test_local_system_is_told() -> None:
    wkt = 'LOCAL_CS["mine grid",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]'
    with pytest.raises(
        InputError, match=r"samples\.crs.*\(mine grid\) is a local \(engineering\) system.*give"
    ):
        read_crs(wkt, "samples.crs")
    with pytest.raises(InputError, match=r"a\.tif: its CRS \(mine grid\).*gdal_edit"):
        usable_crs(CRS.from_wkt(wkt), "a.tif: its CRS", "write one into it (gdal_edit.py -a_srs)")


def test_heights_are_left_out() -> None:
    assert read_crs("EPSG:25833+5941", "samples.crs") == CRS("EPSG:25833")


def test_longitudes_across_the_date_line() -> None:
    x, y = np.array([179.0, 179.5, -179.6, -179.4]), np.full(4, -17.0)
    crs = metric_crs(x, y, CRS("EPSG:4326"))
    assert crs in (CRS("EPSG:32760"), CRS("EPSG:32701"))


SECTION = {"x": "x", "y": "y", "crs": "EPSG:4326", "missing": []}


def test_longitudes_to_360_are_wrapped() -> None:
    table = pd.DataFrame({"x": ["245.0", "180", "359.5", "12"], "y": ["45", "45", "45", "45"]})
    found = locate(table, SECTION, "s.csv", "samples")
    np.testing.assert_allclose(found.x, [-115.0, 180.0, -0.5, 12.0])
    assert found.warnings == []


def test_rows_in_several_zones() -> None:
    longitude, latitude = [119.0, 119.5, 121.0, 120.8], [-25.0, -25.1, -25.2, -25.3]
    zone50, zone51 = located("EPSG:28350", longitude, latitude), located("EPSG:28351", longitude, latitude)
    table = pd.DataFrame(
        {
            "x": [*zone50[0][:2], *zone51[0][2:], ""],
            "y": [*zone50[1][:2], *zone51[1][2:], ""],
            "zone": ["50", "EPSG:28350", "51K", 28351, ""],
        }
    )
    found = locate(table, SECTION | {"crs": "EPSG:28350", "crs_column": "zone"}, "s.csv", "samples")
    assert found.crs == CRS("EPSG:28350")
    assert found.stated == "EPSG:28350;EPSG:28351"
    np.testing.assert_allclose(found.x, [*zone50[0], np.nan], atol=0.001)
    np.testing.assert_allclose(found.y, [*zone50[1], np.nan], atol=0.001)


@pytest.mark.parametrize(
    ("cell", "base", "code"),
    [
        ("34", "EPSG:32633", "EPSG:32634"),
        ("34.0", "EPSG:32633", "EPSG:32634"),
        ("zone 34N", "EPSG:32633", "EPSG:32634"),
        ("UTM 34", "EPSG:25833", "EPSG:25834"),
        ("51K", "EPSG:32750", "EPSG:32751"),
        ("33P", "EPSG:32733", "EPSG:32633"),
        ("55", "EPSG:7850", "EPSG:7855"),
        ("4326", None, "EPSG:4326"),
        ("epsg:2157", None, "EPSG:2157"),
        ("19S", "EPSG:32718", "EPSG:32719"),
        ("GDA94 / MGA zone 51", None, "EPSG:28351"),
        ("wgs 84", None, "EPSG:4326"),
    ],
)
def test_row_crs(cell, base, code) -> None:
    assert row_crs(cell, CRS(base) if base else None, "samples", "s.csv, column 'z', row 2") == CRS(code)


@pytest.mark.parametrize(
    ("cell", "base", "message"),
    [
        ("51", None, "set samples.crs to the CRS of one of the zones"),
        ("51", "EPSG:4326", "has no zones"),
        ("33S", "EPSG:32633", "may mean south, or the band"),
        ("north", "EPSG:32633", "'north' is neither an EPSG code nor the number of a zone"),
        ("99", "EPSG:32633", "there is no CRS 'WGS 84 / UTM zone 99N'"),
        ("999999", None, "is not a known CRS"),
    ],
)
def test_unclear_row_crs(cell, base, message) -> None:
    with pytest.raises(InputError, match=rf"row 2.*{message}"):
        row_crs(cell, CRS(base) if base else None, "samples", "s.csv, column 'z', row 2")


def test_row_without_a_crs_is_named() -> None:
    table = pd.DataFrame({"x": ["500000", "500100"], "y": ["6000000", "6000100"], "z": ["33", " "]})
    section = SECTION | {"crs": "EPSG:32633", "crs_column": "z"}
    with pytest.raises(InputError, match=r"s\.csv, column 'z', row 3: the row has coordinates and no CRS"):
        locate(table, section, "s.csv", "samples")
    with pytest.raises(InputError, match=r"no column 'zone' \(samples\.crs_column\)"):
        locate(table, section | {"crs_column": "zone"}, "s.csv", "samples")


@pytest.mark.parametrize(
    ("column", "cells", "told"),
    [
        ("UTM_ZONE", ["33", "34", "33"], "'33', '34'"),
        ("zone", ["34", "34", "34"], "'34'"),
        ("EPSG", ["32633", "32634", "32633"], "'32633', '32634'"),
        ("ZONE_GDA2020", ["33", "34", "33"], "'33', '34'"),
        ("Huso", ["33N", "34N", "33N"], "'33N', '34N'"),
        ("zone", ["33", "33", ""], None),
        ("climate zone", ["wet", "dry", "wet"], None),
        ("ozone", ["33", "34", "33"], None),
    ],
)
def test_zones_that_nobody_asked_for(column, cells, told) -> None:
    table = pd.DataFrame({"x": ["500000"] * 3, "y": ["6000000", "6001000", "6002000"], column: cells})
    found = locate(table, SECTION | {"crs": "EPSG:32633"}, "s.csv", "samples")
    assert len(found.warnings) == (told is not None)
    if told:
        assert told in found.warnings[0].what
        assert found.warnings[0].column == column
        assert f"samples.crs_column: {column}" in found.warnings[0].fix


def test_wrong_crs_of_a_file_can_be_mended() -> None:
    metres = gpd.GeoDataFrame(
        {"a": [1, 2]}, geometry=gpd.points_from_xy([500000.0, 501000.0], [6e6, 6.1e6]), crs="EPSG:4326"
    )
    section = {"x": None, "y": None, "crs": None, "missing": []}
    with pytest.raises(InputError, match=r"s\.geojson, row.*look like metres: set samples\.crs"):
        locate(metres, section, "s.geojson", "samples")
    found = locate(metres, section | {"crs": "EPSG:32633"}, "s.geojson", "samples")
    assert found.crs == CRS("EPSG:32633")
    assert "the file states EPSG:4326, in which its coordinates cannot be" in found.warnings[0].what
    right = metres.set_crs("EPSG:32633", allow_override=True)
    with pytest.raises(InputError, match=r"fit the former; leave samples\.crs empty"):
        locate(right, section | {"crs": "EPSG:32634"}, "s.gpkg", "samples")


def test_kilometres_are_told() -> None:
    table = pd.DataFrame({"x": ["501.0", "503.2"], "y": ["6001.0", "6001.5"]})
    with pytest.raises(InputError, match=r"s\.csv, row 2.*look like kilometres: multiply them by 1000"):
        locate(table, SECTION | {"crs": "EPSG:32633"}, "s.csv", "samples")


def test_few_rows_outside_are_cells_to_correct() -> None:
    table = pd.DataFrame({"x": ["15", "15.1", "-9999"], "y": ["54", "54.1", "-9999"]})
    with pytest.raises(
        InputError, match=r"row 4.*most rows lie inside it: correct these cells, or list .* samples\.missing"
    ):
        locate(table, SECTION, "s.csv", "samples")


def test_names_that_contradict_the_config_are_told() -> None:
    table = pd.DataFrame({"Latitude": ["15", "15.1"], "longitude": ["54", "54.1"]})
    section = SECTION | {"x": "Latitude", "y": "longitude"}
    (warning,) = locate(table, section, "s.csv", "samples").warnings
    assert "samples.x, the easting or longitude, is column 'Latitude'" in warning.what
    assert locate(table, section | {"x": "longitude", "y": "Latitude"}, "s.csv", "samples").warnings == []


@pytest.mark.parametrize(
    ("x", "y", "crs", "message"),
    [
        ("743000", "1043000", "EPSG:5513", "look swapped: exchange samples.x and samples.y"),
        ("743000", "1043000", "EPSG:5514", "would fit with both signs changed"),
        ("1043000", "743000", "EPSG:5514", "would fit swapped and with both signs changed"),
        ("33501014", "6001007", "EPSG:32633", "would fit without the zone's number"),
        ("501014", "-2800000", "EPSG:32735", "would fit with 10,000,000 added to the northings"),
        ("115", "45", "EPSG:4269", "would fit with the sign of x changed"),
    ],
)
def test_likely_causes(x, y, crs, message) -> None:
    table = pd.DataFrame({"x": [x] * 2, "y": [y] * 2})
    with pytest.raises(InputError, match=rf"s\.csv, row 2.*{re.escape(message)}"):
        locate(table, SECTION | {"crs": crs}, "s.csv", "samples")


def test_southings_and_westings_in_their_order() -> None:
    found = locate(
        pd.DataFrame({"x": ["1043000"], "y": ["743000"]}), SECTION | {"crs": "EPSG:5513"}, "s.csv", "samples"
    )
    assert (found.x[0], found.y[0]) == (1043000, 743000)
