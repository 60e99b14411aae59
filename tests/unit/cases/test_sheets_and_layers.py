"""Workbooks and layers as people deliver them: hidden and several sheets, merged cells, formats that show signs."""

import datetime
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.layout import form_of
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import clean_samples
from geohalo.survey.tables import read_table
from shapely.geometry import LineString, MultiPoint, Point

ROWS = 40
X = 500_000 + 1500.0 * (np.arange(ROWS) % 8)
Y = 6_000_000 + 1500.0 * (np.arange(ROWS) // 8)
CU = 20 + (np.arange(ROWS) * 7) % 13 + 0.5
ZN = 60 + (np.arange(ROWS) * 5) % 17 + 0.25
NAMES = ["sample", "x", "y", "Cu", "Zn"]
RECORDS = [[f"S{n:03d}", float(X[n]), float(Y[n]), float(CU[n]), float(ZN[n])] for n in range(ROWS)]


def section(**keys) -> dict:
    given = {
        "file": "s.xlsx",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>Cu|Zn)$",
        "unit": "ppm",
    }
    return with_defaults(given | keys, schema()["properties"]["samples"])


def filled(sheet, rows=RECORDS) -> None:
    for row in [NAMES, *rows]:
        sheet.append(row)


def clean(tmp_path: Path, make: Callable[[openpyxl.Workbook], None], **keys):
    book = openpyxl.Workbook()
    make(book)
    book.save(tmp_path / "s.xlsx")
    told = section(**keys)
    table, source = read_samples(tmp_path / "s.xlsx", told)
    samples, report = clean_samples(table, told, None, source)
    return (
        samples,
        [f"{one['column']} {one['row']} {one['what']}" for one in samples.attrs["warnings"]],
        report,
    )


def stops(tmp_path: Path, make: Callable[[openpyxl.Workbook], None], **keys) -> str:
    with pytest.raises(InputError) as caught:
        clean(tmp_path, make, **keys)
    return str(caught.value)


def test_hidden_sheet_is_not_read(tmp_path) -> None:
    def make(book) -> None:
        filled(book.active, [[*row[:3], 10 * row[3], row[4]] for row in RECORDS])
        book.active.sheet_state = "hidden"
        filled(book.create_sheet("Data"))
        book.active = 1

    samples, told, _ = clean(tmp_path, make)
    np.testing.assert_allclose(samples["Cu"], CU)
    assert told == []
    np.testing.assert_allclose(clean(tmp_path, make, layer="Sheet")[0]["Cu"], 10 * CU)


def test_several_sheets_are_told(tmp_path) -> None:
    def make(book) -> None:
        filled(book.active, RECORDS[:35])
        filled(book.create_sheet("North"), RECORDS[35:])

    samples, told, _ = clean(tmp_path, make)
    assert len(samples) == 35
    assert "sheet 'Sheet' is read" in told[0]
    assert "'North'" in told[0]
    assert clean(tmp_path, make, layer="Sheet")[1] == []


def test_first_sheet_without_a_table_names_the_others(tmp_path) -> None:
    def make(book) -> None:
        book.active.append(["Read me"])
        filled(book.create_sheet("Data"))

    message = stops(tmp_path, make)
    assert "samples.layer" in message
    assert "'Data'" in message


def test_hidden_rows_are_told(tmp_path) -> None:
    def make(book) -> None:
        filled(book.active)
        for row in (1, 5, 6):
            book.active.row_dimensions[row].hidden = True

    samples, told, _ = clean(tmp_path, make)
    np.testing.assert_allclose(samples["Cu"], CU)
    (warning,) = told
    assert warning.startswith(
        " 5 2 of the 40 rows are hidden, as a filter leaves them, and are read all the same"
    )


def test_headers_with_line_ends(tmp_path) -> None:
    def make(book) -> None:
        book.active.append([*NAMES[:3], "Cu\n(ppm)", "Zn\n(ppm)"])
        for row in RECORDS:
            book.active.append(row)

    message = stops(tmp_path, make, elements=r"^(?P<element>[A-Z][a-z]) \((?P<unit>ppm)\)$")
    assert r"The header 'Cu\n(ppm)' has a line end: write \s for it in the expression" in message
    samples, _, _ = clean(tmp_path, make, elements=r"^(?P<element>[A-Z][a-z])\s\((?P<unit>ppm)\)$")
    np.testing.assert_allclose(samples["Zn"], ZN)


def test_merged_cells_among_records_are_told(tmp_path) -> None:
    def make(book) -> None:
        filled(book.active)
        book.active.merge_cells("D3:D6")

    samples, told, _ = clean(tmp_path, make)
    assert samples["Cu"].isna().sum() == 3
    assert told[0].startswith("Cu 3 1 blocks of cells are merged (the first is D3:D6)")


def test_number_format_that_shows_a_sign(tmp_path) -> None:
    def make(book) -> None:
        filled(book.active)
        for row in range(5, 9):
            book.active.cell(row, 4).number_format = '"<"0.0'
        book.active.cell(9, 4).number_format = '0.0" ppm"'
        book.active.cell(10, 4).number_format = "[>100]0.0"

    samples, _, report = clean(tmp_path, make)
    np.testing.assert_allclose(samples["Cu"][3:7], CU[3:7] / 2)
    np.testing.assert_allclose(samples["Cu"][7:], CU[7:])
    assert report.set_index("element").loc["Cu", "censored"] == 4


@pytest.mark.parametrize(
    ("number_format", "unit"), [('0.0" ppb"', "ppb"), ("0.0\\%", "%"), ('0.0" about"', "")]
)
def test_number_format_that_shows_a_unit(tmp_path, number_format, unit) -> None:
    def make(book) -> None:
        filled(book.active)
        for row in range(2, ROWS + 2):
            book.active.cell(row, 4).number_format = number_format

    if unit:
        assert f"the unit is ppm by the config and {unit!r} by the file" in stops(
            tmp_path, make, elements={"Cu": {"column": "Cu", "unit": "ppm"}, "Zn": "Zn"}
        )
    samples, _, report = clean(tmp_path, make, implausible="report")
    factor = {"ppb": 1e-3, "%": 1e4}.get(unit, 1)
    np.testing.assert_allclose(samples["Cu"], factor * CU)
    assert report.set_index("element").loc["Cu", "factor"] == factor


def test_numbers_that_are_formatted_as_dates(tmp_path) -> None:
    def make(book) -> None:
        rows = [list(row) for row in RECORDS]
        rows[4][3], rows[5][3] = datetime.datetime(2021, 3, 5), datetime.time(1, 20)
        filled(book.active, rows)

    assert "2 cells hold dates" in clean(tmp_path, make)[1][0]


def test_header_and_units_repeated_in_a_sheet(tmp_path) -> None:
    def make(book) -> None:
        filled(
            book.active,
            [["", "m", "m", "ppm", "ppm"], *RECORDS[:9], NAMES, ["", "m", "m", "ppm", "ppm"], *RECORDS[9:]],
        )

    samples, told, _ = clean(tmp_path, make, unit=None)
    np.testing.assert_allclose(samples["Zn"], ZN)
    assert "12, 13" in told[0]


def test_text_under_the_name_of_a_workbook(tmp_path) -> None:
    (tmp_path / "s.xlsx").write_text("x,y\n1,2\n")
    with pytest.raises(InputError, match=r"under another name, rename it"):
        read_table(tmp_path / "s.xlsx")


def layer(tmp_path, shapes, key="samples", **keys):
    table = gpd.GeoDataFrame({"Cu": CU, "Zn": ZN}, geometry=shapes, crs="EPSG:32633")
    table.to_file(tmp_path / "s.gpkg")
    told = section(file="s.gpkg", x=None, y=None, crs=None)
    return clean_samples(read_table(tmp_path / "s.gpkg"), told, None, "s.gpkg")[0]


def test_points_of_a_multipoint_that_lie_apart_are_told(tmp_path) -> None:
    points = [Point(x, y) for x, y in zip(X, Y, strict=True)]
    one = layer(tmp_path, [MultiPoint([point]) for point in points])
    assert one.attrs["warnings"] == []
    apart = [MultiPoint([points[0], Point(0, 6e6)]), *(MultiPoint([point]) for point in points[1:])]
    (warning, *_) = layer(tmp_path, apart).attrs["warnings"]
    assert warning["row"] == "1"
    assert "1 row is a MultiPoint of points that lie apart (2 in the first)" in warning["what"]


def test_lines_and_areas_are_refused_with_the_way_out(tmp_path) -> None:
    for shape in (
        lambda point: point.buffer(9),
        lambda point: LineString([point, Point(point.x + 9, point.y)]),
    ):
        with pytest.raises(
            InputError, match="samples must be points: save a layer of points, such as the centroids"
        ):
            layer(tmp_path, [shape(Point(x, y)) for x, y in zip(X, Y, strict=True)])


def test_attributes_that_are_packed_into_one_cell(tmp_path) -> None:
    point = '"geometry": {"type": "Point", "coordinates": [15.0, 59.5]}'
    for values, hint in (
        ('{"assays": {"Cu": 1, "Zn": 2}}', "'assays' holds several values in each cell (JSON)"),
        ('{"about": "<table><tr><td>Cu</td></tr></table>"}', "'about' holds tables of a web page"),
    ):
        feature = f'{{"type": "Feature", "properties": {values}, {point}}}'
        (tmp_path / "s.geojson").write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}')
        told = section(file="s.geojson", x=None, y=None, crs=None)
        with pytest.raises(InputError) as caught:
            clean_samples(read_table(tmp_path / "s.geojson"), told, None, "s.geojson")
        assert hint in str(caught.value)


def test_points_as_text_are_told(tmp_path) -> None:
    (tmp_path / "s.csv").write_text("geom,Cu,Zn\nPOINT (500000 6000000),1,2\n")
    with pytest.raises(InputError, match=r"Column 'geom' holds points as text \(WKT\): write their numbers"):
        clean_samples(read_table(tmp_path / "s.csv"), section(x=None, y=None, crs=None), None, "s.csv")


def test_degrees_beside_geometries(tmp_path) -> None:
    table = gpd.GeoDataFrame(
        {"Cu": CU, "Zn": ZN, "lon": 15.12345, "lat": 54.15432},
        geometry=[Point(x, y) for x, y in zip(X, Y, strict=True)],
        crs="EPSG:32633",
    )
    told = section(file="s.gpkg", x=None, y=None, crs=None)
    (one,) = clean_samples(table, told, None, "s.gpkg")[0].attrs["warnings"]
    assert one["column"] == "lon"
    assert "rows elsewhere than its geometries do, by" in one["what"]


def deposits(tmp_path, text: str, **keys) -> gpd.GeoDataFrame:
    (tmp_path / "d.csv").write_text(text)
    given = {"file": "d.csv", "x": "x", "y": "y", "crs": "EPSG:32633"} | keys
    told = with_defaults(given, schema()["properties"]["deposits"])
    table = read_table(tmp_path / "d.csv", None, form_of(told, "deposits"))
    return clean_deposits(table, told, np.column_stack([X, Y]), "EPSG:32633", 4000, "d.csv")


def test_values_that_are_nearly_kept_are_told(tmp_path) -> None:
    text = "x,y,commod\n500000,6000000,Au;Cu\n503000,6001000,AU\n504000,6002000,Au-Ag\n505000,6003000,Zn\n"
    kept = deposits(tmp_path, text, keep={"commod": ["Au"]})
    assert len(kept) == 1
    told = kept.attrs["warnings"][0]
    assert (told["column"], told["row"]) == ("commod", "3")
    assert "2 rows are left out" in told["what"]
    assert "'AU', 'Au-Ag'" in told["what"]
    assert len(deposits(tmp_path, text, keep={"commod": ["Au", "AU", "Au-Ag"]})) == 3


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("x,y\n54.15,15.01\n54.16,15.02\n", "x and y exchanged"),
        ("x,y\n-15.01,54.15\n-15.02,54.16\n", "the sign of x changed"),
        ("x,y\n15.01,-54.15\n15.02,-54.16\n", "the sign of y changed"),
    ],
)
def test_deposits_that_would_lie_inside_with_a_change(tmp_path, text, cause) -> None:
    with pytest.raises(InputError, match=f"With {cause} they would lie inside"):
        deposits(tmp_path, text, crs="EPSG:4326")


def test_commodities_by_name_or_in_capitals(tmp_path) -> None:
    for name, symbol in (("Gold", "Au"), ("AU", "Au"), ("zinc", "Zn")):
        with pytest.raises(InputError, match=f"did you mean {symbol}"):
            deposits(tmp_path, "x,y\n500000,6000000\n", commodities=[name])


def test_deposits_of_other_names_at_one_place_are_told(tmp_path) -> None:
    text = "name,x,y\nAlpha,500000,6000000\nAlpha Mine,500060,6000020\nBravo,503000,6001000\n"
    (told,) = deposits(tmp_path, text, name="name").attrs["warnings"]
    assert told["row"] == "3"
    assert "1 pair of deposits with different names lies within 100 m" in told["what"]
    assert deposits(tmp_path, text, name="name", merge_distance=100).attrs["warnings"] == []


def test_deposits_of_other_names_at_the_very_place_are_told(tmp_path) -> None:
    text = (
        "name,x,y\nCharlie,503000,6001000\nAlpha,500000,6000000\nBravo,500000,6000000\nalpha,500000,6000000\n"
    )
    found = deposits(tmp_path, text, name="name")
    assert found["name"].tolist() == ["Charlie", "Alpha"]
    (told,) = found.attrs["warnings"]
    assert (told["row"], told["column"]) == ("3", "name")
    assert told["what"] == (
        "3 records of different names stand at 1 place, and each place counts as one deposit: 'Alpha', 'Bravo', "
        "'alpha'"
    )
    assert deposits(tmp_path, text, name="name", merge_distance=50).attrs["warnings"] == []
    assert deposits(tmp_path, text.replace("Bravo", "ALPHA"), name="name").attrs["warnings"] == []


@pytest.mark.parametrize(("cells", "told"), [(("50", "5000", "20000"), True), (("1", "2", "9"), False)])
def test_places_that_are_known_roughly_are_told(tmp_path, cells, told) -> None:
    lines = [f"{500_000 + 3000 * n},6000000,{cell}\n" for n, cell in enumerate(cells)]
    found = deposits(tmp_path, "x,y,loc_accuracy_m\n" + "".join(lines)).attrs["warnings"]
    assert [(one["column"], one["row"]) for one in found] == ([("loc_accuracy_m", "3")] if told else [])
    assert all("2 of the 3 deposits inside are known to 5 km or worse" in one["what"] for one in found)


def test_archive_that_lacks_files_of_its_layer(tmp_path) -> None:
    table = gpd.GeoDataFrame(
        {"Cu": CU}, geometry=[Point(x, y) for x, y in zip(X, Y, strict=True)], crs="EPSG:32633"
    )
    table.to_file(tmp_path / "a.shp")
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for suffix in (".shp", ".shx", ".prj"):
            archive.write(tmp_path / f"a{suffix}", f"in/a{suffix}")
    with pytest.raises(InputError, match=r"in/a\.shp without \.dbf"):
        read_table(tmp_path / "s.zip")
