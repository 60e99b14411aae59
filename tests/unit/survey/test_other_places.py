"""Degrees, zones and datums beside the coordinates that contradict how these are read."""

import numpy as np
import pandas as pd
import pytest
from geohalo.survey.coordinates import locate
from geohalo.survey.layout import form_of
from geohalo.survey.tables import read_table
from pyproj import Transformer

ROWS = 40
X = 500_000 + 1500.0 * (np.arange(ROWS) % 8)
Y = 6_600_000 + 1500.0 * (np.arange(ROWS) // 8)
LON, LAT = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True).transform(X, Y)


def told(x=X, y=Y, crs="EPSG:32633", names=("x", "y"), **columns) -> list[str]:
    table = pd.DataFrame({names[0]: x, names[1]: y} | columns)
    section = {"x": names[0], "y": names[1], "crs": crs, "missing": []}
    found = locate(table, section, "s.csv", "samples").warnings
    return [f"{one.column} {one.row}: {one.what}; {one.fix}" for one in found]


@pytest.mark.parametrize(
    "names", [("lon", "lat"), ("LONGITUDE", "LATITUDE"), ("Long_WGS84", "Lat_WGS84"), ("dd_long", "dd_lat")]
)
def test_degrees_that_agree_are_no_doubt(names) -> None:
    assert told(**{names[0]: LON, names[1]: LAT}) == []
    assert told(**{names[0]: np.round(LON, 2), names[1]: np.round(LAT, 2)}) == []
    assert told(**{names[0]: LON * 0, names[1]: LAT * 0}) == []


def test_degrees_of_another_zone() -> None:
    (one,) = told(lon=LON + 6, lat=LAT)
    assert one.startswith(
        "lon 2: the columns 'lon' and 'lat' put 40 of 40 rows elsewhere than samples.x and samples.y"
    )
    assert "by 339 km at the first (longitude 15.0000, latitude 59.5" in one


def test_degrees_of_one_row_that_differ() -> None:
    lat = LAT.copy()
    lat[6] += 0.1
    (one,) = told(lon=LON, lat=lat)
    assert one.startswith("lon 8: ")
    assert "1 of 40 rows elsewhere" in one
    assert "by 11.1 km" in one


def test_degrees_of_another_datum() -> None:
    (one,) = told(lon=LON + 0.0015, lat=LAT + 0.0015)
    assert "lie 187 m from samples.x and samples.y (median), as if both were in different datums" in one


@pytest.mark.parametrize(
    ("names", "crs", "said"),
    [
        (("E_UTM34", "N_UTM34"), "EPSG:32633", "zone 34"),
        (("zone 34 east", "zone 34 north"), "EPSG:32633", "zone 34"),
        (("East_ED50", "North_ED50"), "EPSG:32633", "ED50"),
        (("x_wgs_84", "y_wgs_84"), "EPSG:23033", "WGS84"),
        (("Easting (ft)", "Northing (ft)"), "EPSG:32633", "feet"),
        (("XFEET_us feet", "y"), "EPSG:32633", "feet"),
    ],
)
def test_headers_that_contradict_the_config(names, crs, said) -> None:
    (one,) = told(crs=crs, names=names)
    assert f"the header of samples.x says {said}, and all rows are read in {crs}" in one
    assert "correct samples.crs" in one


@pytest.mark.parametrize(
    ("names", "crs"),
    [
        (("E_UTM33", "N_UTM33N"), "EPSG:32633"),
        (("East_ED50", "North_ED50"), "EPSG:23033"),
        (("x_etrs89", "y_etrs89"), "EPSG:32633"),
        (("x_wgs84", "y_wgs84"), "EPSG:25833"),
        (("x1", "y1"), "EPSG:32633"),
        (("left", "shift_n"), "EPSG:32633"),
    ],
)
def test_headers_that_fit_the_config(names, crs) -> None:
    assert told(crs=crs, names=names) == []


@pytest.mark.parametrize(
    ("zone", "datum", "said"),
    [
        ("51", "GDA94", "the line Zone of the file says zone 51"),
        ("50", "AGD84", "the line Geodetic_datum of the file says AGD84"),
        ("50", "AMG66", "the line Geodetic_datum of the file says AMG66"),
        ("50", "GDA94", None),
    ],
)
def test_lines_of_a_template_that_contradict_the_config(tmp_path, zone, datum, said) -> None:
    head = f"H0002\tVersion\t4\nH0531\tGeodetic_datum\t{datum}\nH0532\tVertical_datum\tAHD\nH0534\tZone\t{zone}\n"
    names = "H1000\tSampleID\tE\tN\tCu\tZn\nH1001\t\tm\tm\tppm\tppm\n"
    records = "".join(f"D\tS{n}\t{X[n]:.0f}\t{Y[n]:.0f}\t20\t70\n" for n in range(ROWS))
    (tmp_path / "s.txt").write_text(head + names + records + "EOF\n")
    section = {"x": "E", "y": "N", "crs": "EPSG:28350", "missing": []}
    table = read_table(tmp_path / "s.txt", None, form_of(section, "samples"))
    found = locate(table, section, "s.txt", "samples").warnings
    assert [one.what.split(",")[0] for one in found] == ([] if said is None else [said])


def test_a_survey_that_lies_beside_its_zone_is_told() -> None:
    (one,) = told(x=X - 490_000, y=Y - 6_590_000)
    assert one.startswith(
        " 2: all rows lie outside the area of use of EPSG:32633 (longitude 12 to 18, latitude 0 to 84)"
    )
    assert "in the grid of a mine" in one


@pytest.mark.parametrize(
    ("crs", "names", "x", "told_"),
    [
        ("EPSG:2180", ("X", "Y"), 500_000, True),
        ("EPSG:3844", ("coord_x", "coord_y"), 450_000, True),
        ("EPSG:2180", ("E", "N"), 500_000, False),
        ("EPSG:2180", ("Y", "X"), 500_000, False),
        ("EPSG:2154", ("X", "Y"), 700_000, False),
        ("EPSG:31467", ("X", "Y"), 3_500_000, False),
    ],
)
def test_letters_of_a_system_that_calls_the_northing_x(crs, names, x, told_) -> None:
    y = {"EPSG:2154": 6_600_000, "EPSG:31467": 5_600_000}.get(crs, 400_000)
    found = told(x=X - 500_000 + x, y=Y - 6_600_000 + y, crs=crs, names=names)
    assert len(found) == told_
    assert all("calls the northing X and the easting Y" in one for one in found)
