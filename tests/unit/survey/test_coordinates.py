"""Coordinates, their CRS and the metric CRS of the maps."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.coordinates import check_area_of_use, metric_crs, point_coordinates, project
from pyproj import CRS
from shapely.geometry import MultiPoint, Point, Polygon

ITM = CRS("EPSG:2157")
WGS84 = CRS("EPSG:4326")


def section(**keys) -> dict:
    return {"x": None, "y": None, "crs": None, "missing": []} | keys


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "East": ["600000", "610000", ""],
            "North": ["750000", "-9999", "760000"],
            "Cu": ["1", "2", "3"],
        }
    )


def test_columns_with_missing_coordinates() -> None:
    x, y, crs = point_coordinates(
        table(), section(x="East", y="North", crs="EPSG:2157", missing=[-9999]), "s.csv", "samples"
    )
    np.testing.assert_array_equal(x, [600000, np.nan, np.nan])
    np.testing.assert_array_equal(y, [750000, np.nan, np.nan])
    assert crs == ITM


def test_geometries_and_their_crs() -> None:
    frame = gpd.GeoDataFrame(
        geometry=[Point(-8, 53), None, MultiPoint([(-7, 53), (-6, 54)]), Point()], crs=WGS84
    )
    x, y, crs = point_coordinates(frame, section(), "s.gpkg", "samples")
    np.testing.assert_array_equal(x, [-8, np.nan, -6.5, np.nan])
    np.testing.assert_array_equal(y, [53, np.nan, 53.5, np.nan])
    assert crs == WGS84
    assert point_coordinates(frame, section(crs="EPSG:4326"), "s.gpkg", "samples")[2] == WGS84


def test_geometry_faults() -> None:
    polygon = gpd.GeoDataFrame(geometry=[Point(0, 0), Polygon([(0, 0), (1, 0), (0, 1)])], crs=WGS84)
    with pytest.raises(InputError, match=r"s\.gpkg, row 3: the geometry is a Polygon"):
        point_coordinates(polygon, section(), "s.gpkg", "samples")
    bare = gpd.GeoDataFrame(geometry=[Point(-8, 53)])
    with pytest.raises(InputError, match=r"states no CRS; set samples\.crs"):
        point_coordinates(bare, section(), "s.shp", "samples")
    assert point_coordinates(bare, section(crs="EPSG:4326"), "s.shp", "samples")[2] == WGS84
    with pytest.raises(InputError, match=r"states EPSG:4326, but deposits\.crs is EPSG:2157"):
        point_coordinates(bare.set_crs(WGS84), section(crs="EPSG:2157"), "s.shp", "deposits")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"x": "east", "y": "North", "crs": "EPSG:2157"},
            r"no column 'east' \(samples\.x\); did you mean 'East'",
        ),
        (
            {"x": "East", "y": "Latitude", "crs": "EPSG:2157"},
            r"no column 'Latitude' \(samples\.y\)",
        ),
        ({"x": "East", "crs": "EPSG:2157"}, r"samples\.y is empty"),
        ({"y": "North", "crs": "EPSG:2157"}, r"samples\.x is empty"),
        ({}, r"no geometries; name its coordinate columns in samples\.x and samples\.y"),
        ({"x": "East", "y": "North"}, r"'East' and 'North' is not known; set samples\.crs"),
        (
            {"x": "East", "y": "North", "crs": "EPSG:999999"},
            r"samples\.crs: 'EPSG:999999' is not a known CRS",
        ),
        (
            {"x": "East", "y": "North", "crs": "Irish grid"},
            r"samples\.crs: 'Irish grid' is not a known CRS",
        ),
        (
            {"x": "East", "y": "North", "crs": "EPSG:4978"},
            r"samples\.crs: 'EPSG:4978'.*neither geographic nor projected",
        ),
    ],
)
def test_missing_columns_and_unknown_crs(keys, message) -> None:
    with pytest.raises(InputError, match=message):
        point_coordinates(table(), section(**keys), "s.csv", "samples")


def test_text_in_a_coordinate_names_the_row() -> None:
    frame = table().assign(East=["600000", "E 61", "x"])
    with pytest.raises(
        InputError, match=r"s\.csv, column 'East', row 3: 'E 61' is not a coordinate \(and 1 more"
    ):
        point_coordinates(frame, section(x="East", y="North", crs="EPSG:2157"), "s.csv", "samples")


@pytest.mark.parametrize(
    ("x", "y", "crs"),
    [
        ([600000.0, 650000.0], [750000.0, 740000.0], "EPSG:2157"),
        ([-8.0], [53.0], "EPSG:4326"),
        ([117.0], [-34.0], "EPSG:4283"),
        ([np.nan], [np.nan], "EPSG:2157"),
        # A zone and a half from the meridian of its UTM zone, as surveys across two zones have it.
        ([900000.0], [5900000.0], "EPSG:32629"),
        # Fiji, across the date line.
        ([179.5, -179.5], [-17.0, -17.0], "EPSG:4720"),
        # A CRS without a stated area of use.
        ([1000.0], [2000.0], "+proj=tmerc +lat_0=53 +lon_0=-8 +datum=WGS84"),
    ],
)
def test_coordinates_in_place_pass(x, y, crs) -> None:
    check_area_of_use(np.array(x), np.array(y), CRS(crs), "s.csv")


@pytest.mark.parametrize(
    ("x", "y", "crs", "hint"),
    [
        # Degrees given as metres; UTM would count the first as inside its area.
        ([-8.1, -7.9], [53.0, 53.2], "EPSG:2157", "look like degrees: set samples.crs"),
        ([6.5], [53.0], "EPSG:32631", "look like degrees"),
        ([117.1], [-34.0], "EPSG:28350", "look like degrees"),
        ([117.1], [34.0], "EPSG:3857", "look like degrees"),
        # Metres given as degrees.
        ([600000.0], [750000.0], "EPSG:4326", "look like metres: set samples.crs"),
        ([600000.0], [750000.0], "EPSG:4258", "look like metres"),
        # Latitude and longitude in the wrong order.
        ([53.0], [-8.0], "EPSG:4258", "x and y look swapped"),
        ([-34.0], [117.1], "EPSG:4283", "x and y look swapped"),
        # Another CRS: the Irish National Grid taken for Irish Transverse Mercator.
        ([109000.0], [255000.0], "EPSG:2157", "check samples.crs"),
        ([0.0], [0.0], "EPSG:4283", "check samples.crs"),
    ],
)
def test_coordinates_out_of_place(x, y, crs, hint) -> None:
    with pytest.raises(InputError) as caught:
        check_area_of_use(np.array(x), np.array(y), CRS(crs), "s.csv")
    message = str(caught.value)
    assert hint in message
    assert message.startswith("s.csv, row 2")
    assert crs in message


def test_one_row_out_of_place_is_named() -> None:
    x, y = np.array([600000.0, np.nan, 0.0, 0.0]), np.array([750000.0, np.nan, 0.0, 0.0])
    with pytest.raises(
        InputError, match=r"d\.csv, row 9 \(and 1 more rows\): coordinates x=0, y=0.*deposits\.crs"
    ):
        check_area_of_use(x, y, ITM, "d.csv", "deposits", np.array([2, 5, 9, 11]))


def test_survey_reaching_beyond_its_zone_is_taken_with_a_warning() -> None:
    # Around the Kola peninsula: longitudes of 24 to 36 degrees in UTM zone 35 (24 to 30).
    x, y = np.array([547960.0, 770025.0, 397000.0, 640000.0]), np.full(4, 7_680_000.0)
    warning = check_area_of_use(x, y, CRS("EPSG:32635"), "s.csv", rows=np.array([2, 3, 4, 5]))
    assert warning is not None
    assert (warning.file, warning.row) == ("s.csv", "3")
    assert "x=770025" in warning.what
    assert "longitude 24 to 30" in warning.what


@pytest.mark.parametrize(
    "x",
    [
        # Most rows beyond the zone: another zone's coordinates rather than a survey that reaches beyond its own.
        [547960.0, 770025.0, 775000.0],
        # More than a zone away.
        [547960.0, 500000.0, 1_100_000.0],
    ],
)
def test_survey_far_beyond_its_zone_is_refused(x) -> None:
    with pytest.raises(InputError, match="lie outside the area of use"):
        check_area_of_use(np.array(x), np.full(3, 7_680_000.0), CRS("EPSG:32635"), "s.csv")


def test_metric_crs_of_the_samples_is_kept() -> None:
    assert metric_crs(np.array([600000.0]), np.array([750000.0]), ITM) == ITM


@pytest.mark.parametrize(
    ("x", "y", "crs", "zone"),
    [
        (-8.0, 53.0, "EPSG:4326", "EPSG:32629"),
        (117.5, -33.5, "EPSG:4326", "EPSG:32750"),
        # Web Mercator counts metres, but not those on the ground.
        (-890555.9, 6982997.9, "EPSG:3857", "EPSG:32629"),
        # US survey feet.
        (6000000.0, 2000000.0, "EPSG:2227", "EPSG:32610"),
    ],
)
def test_utm_zone_is_estimated(x, y, crs, zone) -> None:
    assert metric_crs(np.array([x, np.nan]), np.array([y, np.nan]), CRS(crs)) == CRS(zone)


def test_grid_crs_is_taken_when_metric() -> None:
    x, y = np.array([117.5]), np.array([-33.5])
    assert metric_crs(x, y, CRS("EPSG:4283"), "EPSG:28350") == CRS("EPSG:28350")
    for wrong in ("EPSG:4283", "EPSG:3857", "EPSG:2227", "EPSG:2157"):
        with pytest.raises(InputError, match=rf"grid\.crs: '{wrong}'"):
            metric_crs(x, y, CRS("EPSG:4283"), wrong)
    with pytest.raises(InputError, match=r"grid\.crs: 'nonsense' is not a known CRS"):
        metric_crs(x, y, CRS("EPSG:4283"), "nonsense")


def test_no_utm_zone_near_the_pole() -> None:
    with pytest.raises(InputError, match=r"grid\.crs: latitude 88\.00 has no UTM zone"):
        metric_crs(np.array([0.0]), np.array([88.0]), WGS84)


def test_projection_keeps_the_axis_order_and_nan() -> None:
    x, y = project(np.array([-8.0, np.nan]), np.array([53.5, np.nan]), WGS84, ITM)
    # The true origin of Irish Transverse Mercator.
    np.testing.assert_allclose([x[0], y[0]], [600000, 750000], atol=1e-3)
    assert np.isnan([x[1], y[1]]).all()
