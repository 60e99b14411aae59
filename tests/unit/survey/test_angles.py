"""Coordinates with signs: worked examples, and what a table says beside its coordinates."""

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.angles import coordinate_hint, read_coordinate
from geohalo.survey.coordinates import locate
from pyproj import CRS

DEGREES, METRES = CRS.from_epsg(4326), CRS.from_epsg(32633)
ROWS = 40


@pytest.mark.parametrize(
    ("text", "axis", "value"),
    [
        ("12°30'36\"N", "y", 12.51),
        ("12°30′36″ N", "y", 12.51),
        ("12º30'36''", "y", 12.51),
        ("N 12° 30.6'", "y", 12.51),
        ("12 30 36", "x", 12.51),
        ("12:30:36", "x", 12.51),
        ("-12 30 36", "y", -12.51),
        ("−0°30'", "x", -0.5),
        ("117.25 W", "x", -117.25),
        ("W117.25", "x", -117.25),
        ("33.5S", "y", -33.5),
        ("12,51°", "x", 12.51),
        ("12d30m36s E", "x", 12.51),
    ],
)
def test_angles(text, axis, value) -> None:
    assert read_coordinate(text, axis, DEGREES) == pytest.approx(value, abs=1e-12)
    assert read_coordinate(text, axis, METRES) is None
    assert read_coordinate(text, axis, None) is None


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("117.25 W", "y"),
        ("-117.25 W", "x"),
        ("12 60 00", "x"),
        ("12.5 30 00", "x"),
        ("12 30", "x"),
        ("12", "x"),
        ("500 094", "x"),
        ("117.25 O", "x"),
        ("n/a", "x"),
        ("5" * 400, "x"),
    ],
)
def test_what_is_no_angle(text, axis) -> None:
    assert read_coordinate(text, axis, DEGREES) is None


def test_metres_with_a_unit() -> None:
    assert read_coordinate("512300.5 mE", "x", METRES) == 512300.5
    assert read_coordinate("6012300N", "y", METRES) == 6012300
    for text in ("512300 mN", "512300 W", "512300,5", "33U 512300"):
        assert read_coordinate(text, "x", METRES) is None


@pytest.mark.parametrize(
    ("text", "crs", "hint"),
    [
        ("NS 123 456", METRES, "lettered grid"),
        ("33UWA1234567890", METRES, "lettered grid"),
        ("TQ3080", METRES, "lettered grid"),
        ("117.25 O", DEGREES, "write E or W"),
        ("12°30'N", METRES, "it is an angle"),
        ("12°30'N", DEGREES, "the other axis"),
        ("59 49.584", DEGREES, "if these are degrees and minutes, write 59° 49.584'"),
    ],
)
def test_hints(text, crs, hint) -> None:
    assert hint in str(coordinate_hint(text, "x", crs))
    assert coordinate_hint("n/a", "x", crs) is None


def located(x, y, crs="EPSG:4326", **columns):
    table = pd.DataFrame({"x": x, "y": y} | columns)
    return locate(table, {"x": "x", "y": "y", "crs": crs, "missing": []}, "s.csv", "samples")


LON, LAT = 117 + np.arange(ROWS) / 70, 39 + np.arange(ROWS) / 90


def test_table_of_angles() -> None:
    found = located([f"{int(v)}°{(v % 1) * 60:.6f}'W" for v in LON], [f"{v:.8f} N" for v in LAT])
    np.testing.assert_allclose(found.x, -LON, atol=1e-7)
    np.testing.assert_allclose(found.y, LAT, atol=1e-7)


def warnings(found) -> list[str]:
    return [f"{one.column}: {one.what}; {one.fix}" for one in found.warnings]


def test_hemisphere_in_a_column_of_its_own() -> None:
    (warning,) = warnings(located(LON, LAT, EW=["W"] * ROWS))
    assert warning.startswith("EW: the column says 'W' for 40 rows whose samples.x (x) is positive")
    assert warnings(located(-LON, LAT, EW=["W"] * ROWS)) == []
    assert warnings(located(LON, LAT, EW=["E"] * ROWS, NS=["N"] * ROWS)) == []
    (warning,) = warnings(located(LON, LAT, NS=["S"] * ROWS))
    assert "samples.y" in warning


def test_several_datums() -> None:
    (warning,) = warnings(located(-LON, LAT, DATUM=["NAD27"] * 10 + ["NAD83"] * 30))
    assert "'NAD27', 'NAD83'" in warning
    assert "samples.crs_column" in warning
    (warning,) = warnings(located(-LON, LAT, DATUM=["NAD27"] * ROWS))
    assert warning.startswith(
        "DATUM: the column, with 'NAD27' in every row, says NAD27, and all rows are read in"
    )
    assert warnings(located(-LON, LAT, "EPSG:4267", DATUM=["NAD27"] * ROWS)) == []
    assert warnings(located(-LON, LAT, DATUM=["NAD83"] * ROWS)) == []


def test_hemisphere_in_a_header() -> None:
    keys = {"x": "Long_W", "y": "lat", "crs": "EPSG:4326", "missing": []}
    found = locate(pd.DataFrame({"Long_W": LON, "lat": LAT}), keys, "s.csv", "samples")
    (warning,) = warnings(found)
    assert warning.startswith("Long_W: the header of samples.x says 'W', and its values are positive")
    assert warnings(locate(pd.DataFrame({"Long_W": -LON, "lat": LAT}), keys, "s.csv", "samples")) == []


def test_minutes_in_the_decimals() -> None:
    rng = np.random.default_rng(0)
    minutes, seconds = rng.integers(0, 60, (2, 2, ROWS))
    packed = np.array([[117.0], [39.0]]) + minutes / 100 + seconds / 1e4
    (warning,) = warnings(located(*packed))
    assert "minutes and seconds" in warning
    assert warnings(located(*(np.array([[117.0], [39.0]]) + minutes / 60 + seconds / 3600))) == []
    assert warnings(located(*(np.array([[117.0], [39.0]]) + minutes / 100))) == []


def test_digits_lost_to_powers_of_ten() -> None:
    x, y = 500_000 + 1500.0 * np.arange(ROWS), 6_000_000 + 100.0 * np.arange(ROWS)
    (warning,) = warnings(located([f"{v:.2E}" for v in x], [str(v) for v in y], "EPSG:32633"))
    assert warning.startswith(
        "x: 40 cells are shortened to powers of ten (5.00E+05), which tells the place to 1000 m"
    )
    assert warnings(located([f"{v:.6E}" for v in x], [str(v) for v in y], "EPSG:32633")) == []


def stops(*arguments, **columns) -> str:
    with pytest.raises(InputError) as caught:
        located(*arguments, **columns)
    return str(caught.value)


def test_places_that_would_fit_with_a_change() -> None:
    x, y = 600_000 + 100.0 * np.arange(ROWS), 6_000_000 + 100.0 * np.arange(ROWS)
    assert "as feet, times 0.3048" in stops(x / 0.3048, y / 0.3048, "EPSG:32633")
    assert "false easting of 500,000 added" in stops(x - 500_000, y, "EPSG:32633")
    swapped_x, swapped_y = x.copy(), y.copy()
    swapped_x[3], swapped_y[3] = y[3], x[3]
    assert "row 5: " in (message := stops(swapped_x, swapped_y, "EPSG:32633"))
    assert "x and y look swapped in this row" in message


def test_packed_degrees_and_blanks_between_thousands() -> None:
    packed = [
        np.floor(v) * 1e4 + np.floor((v % 1) * 60) * 100 + np.floor(((v % 1) * 60 % 1) * 60)
        for v in (LON, LAT)
    ]
    assert "write them as 54 08 56" in stops(*packed)
    assert "samples.thousands: ' '" in stops(["500 094"] * ROWS, ["6 000 000"] * ROWS, "EPSG:32633")
    assert "samples.missing" in stops(["n/a", *LON[1:].astype(str)], LAT)
