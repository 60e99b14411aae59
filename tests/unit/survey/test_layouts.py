"""Text and sheets as laboratories and surveys lay them out, and what is told of a layout that is in doubt."""

import io
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.cells import require_column
from geohalo.survey.columns import concentration_columns
from geohalo.survey.layout import Form
from geohalo.survey.tables import read_table

ROWS = [["id", "x", "y", "Cu"], ["a", "1.5", "2", "<3"], ["b", "4", "5.25", ""], ["c", "7", "8", "90"]]


def written(tmp_path: Path, text: str, name: str = "s.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def lines(delimiter: str) -> str:
    return "\n".join(delimiter.join(row) for row in ROWS) + "\n"


def message(path: Path, form: Form | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path, form=form)
    return str(caught.value)


def is_the_table(table: pd.DataFrame, first: int = 2) -> None:
    assert table.to_dict("list") == dict(zip(ROWS[0], map(list, zip(*ROWS[1:], strict=True)), strict=True))
    assert list(table.index) == [first, first + 1, first + 2]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_delimiters_line_ends_and_encodings(tmp_path, delimiter, end, encoding) -> None:
    path = written(tmp_path, lines(delimiter).replace("\n", end), encoding=encoding)
    is_the_table(read_table(path))


@pytest.mark.parametrize("name", ["s.dat", "s.asc", "s.txt"])
def test_columns_parted_by_blanks(tmp_path, name) -> None:
    text = "id    x    y   Cu\na   1.5    2   <3\nb     4 5.25    6\n\nc\t7 8   90  \n"
    table = read_table(written(tmp_path, text, name))
    assert table.to_dict("list") == {
        "id": ["a", "b", "c"],
        "x": ["1.5", "4", "7"],
        "y": ["2", "5.25", "8"],
        "Cu": ["<3", "6", "90"],
    }
    assert list(table.index) == [2, 3, 5]
    told = message(written(tmp_path, text.replace("5.25", "    "), name))
    assert "row 3: 3 cells, the header has 4 names" in told


@pytest.mark.parametrize(
    ("line", "delimiter"), [("sep=;", ";"), ("SEP=|", "|"), ('"sep=,"', ","), ("sep=\\t", "\t")]
)
def test_line_that_tells_the_delimiter(tmp_path, line, delimiter) -> None:
    is_the_table(read_table(written(tmp_path, f"{line}\n{lines(delimiter)}")), first=3)


def test_delimiter_is_the_one_that_lines_agree_on(tmp_path) -> None:
    path = written(tmp_path, "id;Cu, ppm, AR;Zn, ppm, AR;remark\na;1;2;one, two\nb;3;4;\n")
    assert list(read_table(path).columns) == ["id", "Cu, ppm, AR", "Zn, ppm, AR", "remark"]
    # Decimal commas in every cell, and commas in every name.
    path = written(tmp_path, "x, m;y, m;Cu, ppm\n1,5;2,5;3,5\n4,5;5,5;6,5\n")
    assert read_table(path).to_dict("list") == {
        "x, m": ["1,5", "4,5"],
        "y, m": ["2,5", "5,5"],
        "Cu, ppm": ["3,5", "6,5"],
    }
    # Lists of metals in one cell.
    path = written(tmp_path, "id,Cu,metals\na,1,Au;Ag\nb,3,Cu;Au\n")
    assert list(read_table(path).columns) == ["id", "Cu", "metals"]


def test_two_delimiters_that_fit_are_asked_for(tmp_path) -> None:
    told = message(written(tmp_path, "a,b;c,d\na,b;c,d\nx,y;z,w\n"))
    assert "comma (3 a line) or by semicolon (2 a line)" in told or "semicolon (2 a line) or by comma" in told
    assert "sep=;" in told


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("id,x,y,Cu\na,1,2,3\nb,1,3\nc,4,5,6\n", "row 3: 3 cells, the header has 4 names; a lost cell"),
        (
            "id,x,y,Cu\na,1,2,3\nb,1,3\nc,4,5\nd,1,2,3\n",
            "row 3: 3 cells, the header has 4 names (and 1 more such",
        ),
        # The last column is empty, and still a cell was lost in row 3.
        ("id,x,Cu,\na,1,2,\nb,1,\nc,4,5,\n", "row 3: 3 cells, the header has 4 names"),
        ("id,x,Cu\na,1,2,\nb,1,3\nc,4,5,\n", "row 3: 3 cells, most rows have 4"),
        # A decimal comma made a cell more, which the empty last column hides.
        ("id,Cu,Zn,remark\na,1,2,\nb,1,5,3,\nc,4,5,\n", "row 3: 5 cells, the header has 4 names"),
        ("id,x,Cu\na,1,2\nb,1,3,4\n", "row 3: 4 cells, the header has 3 names"),
        ("id,x,Cu\na,1,2\n\nb,1,3,4,\n", "row 4: 5 cells, the header has 3 names"),
        ('id,x,Cu\n"a\nb",1,2\nb,1\nc,1,2\n', "row 4: 2 cells, the header has 3 names"),
        ("id,x,Cu\na,1,2,3\nb,1,2,3\n", "row 2: 4 cells, the header has 3 names (and 1 more such rows)"),
    ],
)
def test_rows_with_another_number_of_cells(tmp_path, text, cells) -> None:
    assert cells in message(written(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "id,Cu,,\na,1\nb,2\n",
        "id,Cu,,\na,1,,\nb,2,,\n",
        "id,Cu\na,1,,\nb,2,,\n",
        "id,Cu\na,1,\nb,2,\n\n   \n",
    ],
)
def test_whole_columns_of_trailing_blanks(tmp_path, text) -> None:
    assert read_table(written(tmp_path, text)).to_dict("list") == {"id": ["a", "b"], "Cu": ["1", "2"]}


def test_quoted_line_ends_do_not_shift_row_numbers(tmp_path) -> None:
    path = written(tmp_path, '"id\nno",Cu\n"a\nb",1\nc,2\n')
    table = read_table(path)
    assert list(table.index) == [3, 5]
    assert list(table["Cu"]) == ["1", "2"]


def test_comments_and_footers_are_left_out(tmp_path) -> None:
    text = "# survey 7, of 2020\n#\n\nid,x,y,Cu\na,1,2,3\n# b was lost\nc,4,5,6\n# d, too, in many, many, parts\nEOF\n"
    table = read_table(written(tmp_path, text))
    assert list(table["id"]) == ["a", "c"]
    assert list(table.index) == [5, 7]
    assert table.attrs["warnings"] == []
    table = read_table(written(tmp_path, lines(",") + "\nTotal of 3 samples\n"))
    is_the_table(table)
    (told,) = table.attrs["warnings"]
    assert (told["row"], "Total of 3 samples" in told["what"]) == ("6", True)
    told = message(written(tmp_path, "id,Cu\na,1\n#b,2\nc,3\nd,4\n"))
    assert "row 3: begins with '#'" in told
    assert list(read_table(written(tmp_path, "id,Cu\n#1,1\n#2,2\n"))["id"]) == ["#1", "#2"]


def test_header_behind_a_comment_sign(tmp_path) -> None:
    path = written(tmp_path, "# made by a program\n# x y Cu\n1 2 3\n4 5 6\n", "s.dat")
    table = read_table(path, form=Form(wanted=("x", "y")))
    assert table.to_dict("list") == {"x": ["1", "4"], "y": ["2", "5"], "Cu": ["3", "6"]}


CERTIFICATE = (
    "CERTIFICATE,XX25,,\nCLIENT,SOMEONE,,\n\n,,,MS61,MS61,AA23\nSAMPLE,EAST,NORTH,Cu,Fe,Au\n"
    "DESCRIPTION,m,m,ppm,%,ppb\na,1,2,3,4,5\nb,6,7,8,9,10\n"
)


@pytest.mark.parametrize("wanted", [(), ("EAST", "NORTH")])
def test_header_that_is_not_the_first_line(tmp_path, wanted) -> None:
    path = written(tmp_path, CERTIFICATE)
    told = message(path, Form(wanted=wanted))
    for part in ("line 5 (SAMPLE, EAST, NORTH", "not in line 1", "samples.header: 5"):
        assert part in told
    table = read_table(path, form=Form(header=5, wanted=wanted))
    assert list(table.index) == [7, 8]
    assert table.attrs["units"] == {
        "SAMPLE": "DESCRIPTION",
        "EAST": "m",
        "NORTH": "m",
        "Cu": "ppm",
        "Fe": "%",
        "Au": "ppb",
    }
    table = read_table(path, form=Form(header=5, first_row=8))
    assert list(table["Au"]) == ["10"]


def test_rows_between_header_and_records(tmp_path) -> None:
    text = "id,x,y,Cu,Au\nUNITS,m,m,ppm,ppb\nMETHOD,GPS,GPS,MS,FA\nLLD,,,0.1,1\na,1,2,3,4\n"
    table = read_table(written(tmp_path, text), form=Form(first_row=5))
    assert table.to_dict("records") == [{"id": "a", "x": "1", "y": "2", "Cu": "3", "Au": "4"}]
    assert table.attrs["units"] == {}
    table = read_table(written(tmp_path, text), form=Form(units_row=2, first_row=5))
    assert (table.attrs["units"]["Cu"], table.attrs["units"]["Au"]) == ("ppm", "ppb")
    above = read_table(
        written(tmp_path, ",m,m,ppm,ppb\nid,x,y,Cu,Au\na,1,2,3,4\n"), form=Form(header=2, units_row=1)
    )
    assert above.attrs["units"]["Au"] == "ppb"
    assert list(above.index) == [3]
    assert "line 9 (samples.units_row) is empty or does not exist" in message(
        written(tmp_path, text), Form(units_row=9)
    )


def test_template_with_h_and_d_records(tmp_path) -> None:
    text = (
        "H0002\tVersion\t4\nH0100\tTenement\tE1/1\nH1000\tSampleID\tE\tN\tCu\tAu\nH1001\t\tm\tm\tppm\tppb\n"
        "H1002\t\t\t\tMS\tFA\nH1003\t\t\t\t0.1\t1\nD\ta\t1\t2\t3\t4\nD\tb\t5\t6\t7\t8\n\t\t\t\t\t\nEOF\n"
    )
    table = read_table(written(tmp_path, text, "s.txt"))
    assert table.to_dict("list") == {
        "SampleID": ["a", "b"],
        "E": ["1", "5"],
        "N": ["2", "6"],
        "Cu": ["3", "7"],
        "Au": ["4", "8"],
    }
    assert list(table.index) == [7, 8]
    assert (table.attrs["units"]["Cu"], table.attrs["units"]["Au"]) == ("ppm", "ppb")


def test_rdb_file(tmp_path) -> None:
    text = "# US Geological Survey\n# retrieved\nsite\tx\tCu\n5s\t8n\t8n\na\t1\t2\nb\t3\t4\n"
    assert list(read_table(written(tmp_path, text, "s.txt"))["Cu"]) == ["2", "4"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("id,Cu\n\0\0\0,1\n", "zero byte"),
        ("ncols 3\nnrows 2\nxllcorner 0\n", "grids.folder"),
        ('id,Cu\na,"1\nb,2\n' + "c,3\n" * 50_000, "quotation mark"),
        (
            "id,note,Cu\na,b,1\nb," + "c" * 200_000 + ",2\n",
            "line 3: a cell of 200,000 characters; shorten it",
        ),
    ],
)
def test_what_is_no_table(tmp_path, text, part) -> None:
    assert part in message(written(tmp_path, text))


def test_names_and_cells_with_signs_that_look_alike(tmp_path) -> None:
    table = read_table(written(tmp_path, "id,Cu (µg/g),Ｚｎ\xa0ppm\na,1,2\n"))
    assert list(table.columns) == ["id", "Cu (μg/g)", "Zn ppm"]


def sheet(path: Path, rows: list[list[object]], formats: dict[str, str] | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, form in (formats or {}).items():
        book.active[cell].number_format = form
    book.save(path)
    return path


def test_sheet_with_a_preamble_and_units(tmp_path) -> None:
    rows = [
        list(row) for row in pd.read_csv(io.StringIO(CERTIFICATE), header=None, names=range(6)).to_numpy()
    ]
    rows = [[None if pd.isna(cell) else cell for cell in row] for row in rows]
    rows.insert(2, [None] * 6)
    path = sheet(tmp_path / "s.xlsx", rows)
    assert "samples.header: 5" in message(path, Form(wanted=("EAST", "NORTH")))
    table = read_table(path, form=Form(header=5))
    assert list(table.index) == [7, 8]
    assert table.attrs["units"]["Au"] == "ppb"


def test_percentages_are_read_as_they_are_shown(tmp_path) -> None:
    rows = [["id", "Fe", "Cu", "Zn"], ["a", 0.0185, 5, 0.5], ["b", 0.02, 6, 7], ["c", None, 7, 8]]
    formats = {"B2": "0.00%", "B3": "0%", "D2": "0.0%"}
    table = read_table(sheet(tmp_path / "s.xlsx", rows, formats))
    np.testing.assert_array_equal(table["Fe"].astype(float), [1.85, 2, np.nan])
    assert table.attrs["units"] == {"Fe": "percent"}
    # Some cells alone: they keep their sign, and are no numbers.
    assert list(table["Zn"]) == ["50%", 7, 8]


@pytest.mark.parametrize("rows", [range(2, 6), [3]])
def test_formulas_without_results_are_named(tmp_path, rows) -> None:
    cells = [["id", "Cu", "Au_ppb"], *[[n, n, n] for n in range(4)]]
    for row in rows:
        cells[row - 1][2] = f"=B{row}*1000"
    told = message(sheet(tmp_path / "s.xlsx", cells))
    for part in (
        f"column 'Au_ppb', row {rows[0]}",
        f"=B{rows[0]}*1000",
        f"{len(rows)} in this column",
        "save it",
    ):
        assert part in told


def test_errors_of_a_sheet_are_not_passed_over(tmp_path) -> None:
    path = sheet(tmp_path / "s.xlsx", [["id", "Cu"], ["a", 1], ["b", "#DIV/0!"]])
    assert list(read_table(path)["Cu"]) == [1, "#DIV/0!"]


def test_a_table_whose_layout_the_config_cannot_state_is_told_what_can_be_done(tmp_path) -> None:
    (tmp_path / "c.csv").write_text("Certificate 7\nClient,Ann\nmaterial,element,value,unit\nSTD,Cu,1,ppm\n")
    with pytest.raises(InputError, match=r"seem to stand in line 3 .*; delete the lines above it$"):
        read_table(tmp_path / "c.csv", form=Form(key=""))


def methods_above_units(tmp_path: Path) -> Path:
    rows = ["id,x,y,Cu,Au", ",,,ME61,AA23", ",m,m,ppm,ppb", "Limit,,,1,5"]
    return written(tmp_path, "\n".join([*rows, *(f"s{n},{n},{n},{30 + n},{5 + n}" for n in range(9))]) + "\n")


def test_row_of_units_that_no_key_names(tmp_path) -> None:
    """A row of methods stands between the header and the units, so that these are not looked for there."""
    path = methods_above_units(tmp_path)
    section = {"elements": "^(?P<element>[A-Z][a-z]?)$", "units": {}, "x": "x", "y": "y"}
    table = read_table(path, form=Form(first_row=5))
    says = "line 3 looks like one of units; set samples.units_row: 3"
    with pytest.raises(InputError, match=f"column 'Cu': no unit is known, but {says}"):
        concentration_columns(table, section, "s.csv")
    # Au in ppb would be read as ppm.
    with pytest.raises(InputError, match=f"column 'Cu': samples.unit is ppm, but {says}"):
        concentration_columns(table, section | {"unit": "ppm"}, "s.csv")
    table = read_table(path, form=Form(first_row=5, units_row=3))
    assert [one.unit for one in concentration_columns(table, section, "s.csv")] == ["ppm", "ppb"]


def test_first_of_several_sheets(tmp_path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Certificate", "of analysis"])
    book.active.append(["Batch", "7"])
    results = book.create_sheet("Results")
    for row in ROWS:
        results.append(row)
    book.save(tmp_path / "s.xlsx")
    table = read_table(tmp_path / "s.xlsx")
    (warning,) = table.attrs["warnings"]
    assert "sheet 'Cover' is read" in warning["what"]
    section = {"elements": "^(?P<element>[A-Z][a-z]?)$", "units": {}, "unit": "ppm"}
    says = r".*sheet 'Cover' is read, .*there are 'Results', too: set samples\.layer"
    with pytest.raises(InputError, match="no column matches" + says):
        concentration_columns(table, section, "s.xlsx")
    with pytest.raises(InputError, match="there is no column 'Cu'" + says):
        require_column(table, "Cu", "s.xlsx", "samples.x")
    assert read_table(tmp_path / "s.xlsx", "Cover").attrs["warnings"] == []
    assert read_table(tmp_path / "s.xlsx", "Results")["id"].tolist() == ["a", "b", "c"]
