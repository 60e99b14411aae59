"""Reading tables of every supported format, and what a user is told about files that cannot be read."""

import datetime
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.tables import read_table


def points() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"Cu_ppm": [1.5, 2.5, np.nan], "note": ["a", "<0.5", "c"]},
        geometry=gpd.points_from_xy([500000, 500100, 500200], [6e6, 6e6, 6e6]),
        crs="EPSG:32630",
    )


def write_workbook(path: Path, rows: list[list[object]], sheet: str = "Data") -> None:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.create_sheet("Second").append(["Zn"])
    book["Second"].append([7])
    book.save(path)


def test_csv_cells_stay_text_and_rows_count_from_the_header(tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id, Cu_ppm ,note\n01,<0.5,\n02,1.50,NA\n,,\n03,5-Mar,-\n")
    table = read_table(path)
    assert list(table.columns) == ["id", "Cu_ppm", "note"]
    assert list(table["id"]) == ["01", "02", "03"]
    assert list(table["Cu_ppm"]) == ["<0.5", "1.50", "5-Mar"]
    assert list(table["note"]) == ["", "NA", "-"]
    assert list(table.index) == [2, 3, 5]
    assert table.index.name == "row"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_delimiters_and_encodings(tmp_path, delimiter, encoding) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "\r\n".join(delimiter.join(row) for row in (["a", "Ort", "b"], ["1", "Köln", "2"])) + "\r\n",
        encoding=encoding,
    )
    table = read_table(path)
    assert table.to_dict("list") == {"a": ["1"], "Ort": ["Köln"], "b": ["2"]}


def test_csv_short_lines_quotes_and_trailing_delimiters(tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_text('a,b,\n"x, y",1,\nz,,\n')
    assert read_table(path).to_dict("list") == {"a": ["x, y", "z"], "b": ["1", ""]}


def test_csv_line_with_too_many_cells_is_an_error(tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("a,b\n1,2\n3,4,5\n")
    with pytest.raises(InputError, match=r"s\.csv, row 3: 3 cells, the header has 2 names"):
        read_table(path)
    path.write_text("a,b\n1,2,9\n3,4,5\n")
    with pytest.raises(InputError, match=r"s\.csv"):
        read_table(path)


def test_workbook_keeps_types_and_chooses_sheets(tmp_path) -> None:
    path = tmp_path / "s.xlsx"
    date = datetime.datetime(2021, 3, 5)
    write_workbook(path, [["id", "Cu"], ["a", 1.5], ["b", date], [None, None], ["c", "<0.5"]])
    table = read_table(path)
    assert list(table["Cu"]) == [1.5, date, "<0.5"]
    assert list(table.index) == [2, 3, 5]
    assert list(read_table(path, "Second")["Zn"]) == [7]
    with pytest.raises(InputError, match="no sheet 'Third'; there are 'Data', 'Second'"):
        read_table(path, "Third")


@pytest.mark.parametrize("name", ["s.gpkg", "s.shp", "s.parquet"])
def test_spatial_files(tmp_path, name) -> None:
    path = tmp_path / name
    if path.suffix == ".parquet":
        points().to_parquet(path)
    else:
        points().to_file(path)
    table = read_table(path)
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == "EPSG:32630"
    assert list(table.geometry.x) == [500000, 500100, 500200]
    np.testing.assert_array_equal(table["Cu_ppm"].to_numpy(), [1.5, 2.5, np.nan])
    assert list(table["note"]) == ["a", "<0.5", "c"]
    assert list(table.index) == [1, 2, 3]


def test_geopackage_layers(tmp_path) -> None:
    path = tmp_path / "s.gpkg"
    points().to_file(path, layer="first")
    points().iloc[:1].to_file(path, layer="second")
    assert len(read_table(path)) == 3
    assert len(read_table(path, "second")) == 1
    with pytest.raises(InputError, match=r"s\.gpkg: no layer 'third'; there are 'first', 'second'"):
        read_table(path, "third")


def test_parquet_without_geometry_is_a_plain_table(tmp_path) -> None:
    path = tmp_path / "s.parquet"
    pd.DataFrame({"x": [1.0], "Cu": ["<2"]}).to_parquet(path)
    table = read_table(path)
    assert not isinstance(table, gpd.GeoDataFrame)
    assert table.to_dict("list") == {"x": [1.0], "Cu": ["<2"]}


def test_missing_file_tells_where_it_was_looked_for(tmp_path) -> None:
    path = tmp_path / "nowhere" / "s.csv"
    with pytest.raises(InputError, match=re.escape(str(path)) + ".*data folder.*data.sources"):
        read_table(path)


@pytest.mark.parametrize("name", ["s.xls", "s.pdf", "s"])
def test_other_formats_are_listed(tmp_path, name) -> None:
    (tmp_path / name).write_text("a\n1\n")
    with pytest.raises(InputError, match="CSV, XLSX, GeoPackage"):
        read_table(tmp_path / name)


@pytest.mark.parametrize("name", ["s.xlsx", "s.gpkg", "s.shp", "s.parquet"])
def test_unreadable_files(tmp_path, name) -> None:
    (tmp_path / name).write_bytes(b"this is not such a file")
    with pytest.raises(InputError, match=re.escape(name) + ".*(?:not a readable|the file is no)"):
        read_table(tmp_path / name)


@pytest.mark.parametrize("content", ["", "\n1,2\n", "a,b\n", "a,b\n,\n", ",,\n1,2,3\n"])
def test_files_without_rows_or_header(tmp_path, content) -> None:
    path = tmp_path / "s.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=r"s\.csv: the (table has no rows|first line)"):
        read_table(path)


def test_binary_file_named_csv(tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(InputError, match=r"s\.csv"):
        read_table(path)


def test_duplicate_headers_are_named(tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id,Cu,Zn,Cu \n1,2,3,4\n")
    with pytest.raises(InputError, match=r"s\.csv.*'Cu' occurs more than once \(columns 2, 4\)"):
        read_table(path)
    write_workbook(tmp_path / "s.xlsx", [["Cu", "Cu"], [1, 2]])
    with pytest.raises(InputError, match=r"s\.xlsx.*'Cu' occurs more than once \(columns 1, 2\)"):
        read_table(tmp_path / "s.xlsx")


def test_layer_of_a_csv_is_an_error(tmp_path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("a\n1\n")
    with pytest.raises(InputError, match="no layers"):
        read_table(path, "Sheet1")
