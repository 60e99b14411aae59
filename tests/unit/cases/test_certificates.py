"""Text tables as laboratories and surveys write them, each with the values that are right or the way out."""

from pathlib import Path

import numpy as np
import pytest
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import clean_samples

ROWS = 40
X = 500_000 + 1500.0 * (np.arange(ROWS) % 8)
Y = 6_000_000 + 1500.0 * (np.arange(ROWS) // 8)
CU = 20 + (np.arange(ROWS) * 7) % 13 + 0.5
ZN = 60 + (np.arange(ROWS) * 5) % 17 + 0.25
AU = 1 + (np.arange(ROWS) * 3) % 7 + 0.1  # ppb
NAMES = ["sample", "x", "y", "Cu", "Zn"]


def section(**keys) -> dict:
    given = {
        "file": "s.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>Cu|Zn|Au)$",
        "unit": "ppm",
    }
    return with_defaults(given | keys, schema()["properties"]["samples"])


def records(*columns) -> list[list[str]]:
    columns = columns or (CU, ZN)
    return [[f"S{n:03d}", *(str(column[n]) for column in (X, Y, *columns))] for n in range(ROWS)]


def text(rows: list[list[str]], sep: str = ",") -> str:
    return "\n".join(sep.join(row) for row in rows) + "\n"


def clean(tmp_path: Path, content: str | bytes, **keys):
    path = tmp_path / "s.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = section(**keys)
    table, source = read_samples(path, told)
    return clean_samples(table, told, None, source)


def stops(tmp_path: Path, content: str | bytes, **keys) -> str:
    with pytest.raises(InputError) as caught:
        clean(tmp_path, content, **keys)
    return str(caught.value)


def told(samples) -> list[str]:
    return [f"{one['column']} {one['row']} {one['what']}; {one['fix']}" for one in samples.attrs["warnings"]]


def assert_values(samples, **columns) -> None:
    assert len(samples) == ROWS
    for element, values in ({"Cu": CU, "Zn": ZN} | columns).items():
        np.testing.assert_allclose(samples[element], values)


HEADER = ["sample", "x", "y", "Cu", "Zn", "Au"]
METHODS = ["METHOD", "", "", "ICM40B", "ICM40B", "FAE505"]
LIMITS = ["DETECTION", "", "", "0.5", "1", "1"]
UNITS = ["UNITS", "", "", "PPM", "mg/kg", "PPB"]


@pytest.mark.parametrize(
    "above",
    [
        [HEADER, METHODS, LIMITS, UNITS],
        [HEADER, UNITS, ["LLD:", *LIMITS[1:]]],
        [HEADER, ["", *UNITS[1:]], LIMITS, ["Upper Limit", "", "", "10000", "10000", "1000"]],
        [
            HEADER,
            ["Unit Symbol", *UNITS[1:]],
            ["Detection Limit", *LIMITS[1:]],
            ["Analysis Method", *METHODS[1:]],
        ],
    ],
)
def test_rows_of_methods_units_and_limits_below_the_names(tmp_path, above) -> None:
    samples, report = clean(tmp_path, text([*above, *records(CU, ZN, AU)]), unit=None)
    assert_values(samples, Au=AU / 1000)
    assert list(report["unit"]) == ["ppm", "ppm", "ppb"]
    assert samples.attrs["rows_read"] == ROWS


def test_sample_named_like_a_label_is_a_sample(tmp_path) -> None:
    rows = records()
    rows[0][0] = "DL"
    assert_values(clean(tmp_path, text([NAMES, *rows]))[0])


def test_names_in_several_lines(tmp_path) -> None:
    above = [
        ["", "", "", "Analyte", "Cu", "Zn", "Au"],
        ["", "", "", "Unit", "ppm", "ppm", "ppb"],
        ["", "", "", "MDL", "0.1", "1", "2"],
        ["Sample", "x", "y", "Type", "", "", ""],
    ]
    content = text([*above, *([*row[:3], "Soil", *row[3:]] for row in records(CU, ZN, AU))])
    assert "header: [1, 4]" in stops(tmp_path, content, unit=None)
    samples, _ = clean(tmp_path, content, header=[1, 4], unit=None)
    assert_values(samples, Au=AU / 1000)


def test_one_element_by_two_methods_whose_names_are_in_another_line(tmp_path) -> None:
    content = text(
        [["", "", "", "ICP", "XRF", "ICP"], ["s", "x", "y", "Cu", "Cu", "Zn"], *records(CU, CU + 9, ZN)]
    )
    assert "'Cu' occurs more than once" in stops(tmp_path, content, header=2)
    samples, _ = clean(tmp_path, content, header=[1, 2], elements={"Cu": "XRF Cu", "Zn": "ICP Zn"})
    assert_values(samples, Cu=CU + 9)


@pytest.mark.parametrize(
    ("names", "expression"),
    [
        (["Cu (ppm)", "Zn (mg/kg)", "Au (ppb)"], r"^(?P<element>\w+) \((?P<unit>.*)\)$"),
        (["Cu [µg/g]", "Zn [mg kg⁻¹]", "Au [ng/g]"], r"^(?P<element>\w+) \[(?P<unit>.*)\]$"),
        (["Cu_PPM", "Zn_PPM", "Au_PPB"], r"^(?P<element>[A-Z][a-z])_(?P<unit>\w+)$"),
        (["Cu g/t", "Zn gm/t", "Au mg/t"], r"^(?P<element>\w+) (?P<unit>.*)$"),
    ],
)
def test_units_in_headers(tmp_path, names, expression) -> None:
    content = text([["s", "x", "y", *names], *records(CU, ZN, AU)])
    samples, _ = clean(tmp_path, content, elements=expression, unit=None)
    assert_values(samples, Au=AU / 1000)


def test_unit_that_has_to_be_converted(tmp_path) -> None:
    content = text([HEADER, ["", "m", "m", "ppm", "ppm", "oz/t"], *records(CU, ZN, AU)])
    assert "'oz/t'" in (message := stops(tmp_path, content, unit=None))
    assert "convert the column" in message
    assert "samples.units" not in message


def test_repeated_headers_are_left_out(tmp_path) -> None:
    rows = records()
    units = ["", "m", "m", "ppm", "ppm"]
    content = text([NAMES, units, *rows[:15], NAMES, units, *rows[15:]])
    samples, _ = clean(tmp_path, content, unit=None)
    assert_values(samples)
    assert "18 2 rows repeat the header or its units and are left out: 18, 19" in told(samples)[0]


def test_rows_without_coordinates_are_told(tmp_path) -> None:
    total = ["Mean", "", "", "26", "68"]
    samples, _ = clean(tmp_path, text([NAMES, *records(), total]))
    assert_values(samples)
    assert told(samples)[0].startswith(f" {ROWS + 2} 1 row has concentrations and no coordinates")


@pytest.mark.parametrize("column", [0, 2, 4])
@pytest.mark.parametrize("closed", [True, False])
def test_quotation_mark_that_is_not_closed(tmp_path, column, closed) -> None:
    rows = records()
    rows[5][column] = '"' + rows[5][column]
    if closed:
        rows[9][0] = '"' + rows[9][0]
    message = stops(tmp_path, text([NAMES, *rows]))
    assert "rows 7 to " in message
    assert "quotation mark" in message


def test_quotation_marks_behind_blanks_and_text_of_several_lines(tmp_path) -> None:
    rows = records()
    rows[3][0] = '"Area ""A"",\nnorth, 12"'
    rows[4][3] = f'"{rows[4][3]}"'
    assert_values(clean(tmp_path, text([NAMES, *rows], ", "))[0])


@pytest.mark.parametrize(
    ("content", "kind", "fix"),
    [
        (b"PK\x03\x04rest", "workbook", ".xlsx"),
        (b"\xd0\xcf\x11\xe0rest", ".xls", ".xlsx"),
        (b"\n<!DOCTYPE html><html>", "web page", "download"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "XML", "save the table"),
        (b"%PDF-1.4", "PDF", "ask for"),
    ],
)
def test_other_kinds_of_files_under_the_name_of_text(tmp_path, content, kind, fix) -> None:
    message = stops(tmp_path, content)
    assert kind in message
    assert fix in message


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("12.3*", "remove the signs beside the number"),
        ("0.5 L", "write <0.5 if 'L' means below a limit"),
        ("~5", "remove the signs beside the number"),
        ("(12.3)", "remove the signs beside the number"),
        ("5-10", "a cell holds one number"),
        ("5±1", "a cell holds one number"),
        ("12.3 ppm", "remove the unit from the cells (12.3)"),
        ("<5 ppb", "remove the unit from the cells (<5)"),
        ("LT0.5", "write <0.5"),
        ("0.5<", "write <0.5"),
        ("-<0.5", "write <0.5"),
        ("10000+", "write >10000"),
        ("<", "samples.censoring.flag"),
        ("#VALUE!", "a formula has failed"),
        ("1'234", 'samples.thousands: "\'"'),
        ("b.d.l.", "list it in samples.censoring.below_text"),
        ("<LLD", "list it in samples.censoring.below_text"),
        ("NSS", "list it in samples.missing"),
        ("LNR", "list it in samples.missing"),
        ("N.A.", "list it in samples.missing"),
        (
            "ND",
            "list it in samples.censoring.below_text if it means below the detection limit, or in samples.missing",
        ),
    ],
)
def test_what_a_cell_that_is_no_number_may_be(tmp_path, cell, hint) -> None:
    rows = records()
    rows[6][3] = cell
    message = stops(tmp_path, text([NAMES, *rows]))
    assert "column 'Cu', row 8" in message
    assert hint in message


def test_all_words_of_a_column_are_listed_at_once(tmp_path) -> None:
    rows = records()
    for row, word in zip(rows, ["NSS", "LNR", "NSS", "IS"], strict=False):
        row[3] = word
    message = stops(tmp_path, text([NAMES, *rows]))
    assert "'NSS' is not a number (and 3 more such cells)" in message
    assert "(other cells of the column: 'LNR', 'IS')" in message


@pytest.mark.parametrize("code", ["999", "9999", "9999.99", "99999", "8888", "32767", "65535"])
def test_positive_codes_stop(tmp_path, code) -> None:
    rows = records()
    rows[6][3] = rows[11][3] = code
    message = stops(tmp_path, text([NAMES, *rows]))
    assert f"'Cu', row 8: {code} stands in 2 cells" in message
    assert "samples.missing" in message
    samples, _ = clean(tmp_path, text([NAMES, *rows]), missing=[float(code)])
    assert samples["Cu"].isna().sum() == 2
    upper = text([NAMES, *rows]).replace(f",{code},", f",>{code},")
    assert clean(tmp_path, upper)[1].set_index("element").loc["Cu", "above_limit"] == 2


def test_values_that_repeat_apart_from_all_others_are_told(tmp_path) -> None:
    rows = records()
    for n in (3, 6, 9):
        rows[n][3], rows[n][4] = "500", "0.001"
    first, second = told(clean(tmp_path, text([NAMES, *rows]))[0])
    assert first.startswith("Cu 5 the largest value, 500, stands in 3 cells, 15.4 times above the next one")
    assert second.startswith("Zn 5 the smallest value, 0.001, stands in 3 cells")
    one = records()
    one[3][3] = "9999"
    assert "9999, stands in 1 cell" in told(clean(tmp_path, text([NAMES, *one]))[0])[0]
    assert told(clean(tmp_path, text([NAMES, *records()]))[0]) == []


def test_code_of_a_type_is_named_in_all_its_digits(tmp_path) -> None:
    rows = records()
    rows[3][3] = "-2147483648"
    assert "list -2147483648 in samples.missing" in stops(
        tmp_path, text([NAMES, *rows]), censoring={"below": ["negative"]}
    )


def test_minus_nine_is_told(tmp_path) -> None:
    rows = records()
    rows[3][3] = "-9"
    rows[4][3] = "-1"
    (warning,) = told(clean(tmp_path, text([NAMES, *rows]), censoring={"below": ["negative"]})[0])
    assert warning.startswith("Cu 5 -9 in 1 cells")


def test_serial_number_is_no_tin(tmp_path) -> None:
    serial = np.random.default_rng(0).permutation(ROWS) + 1
    content = text(
        [["Sn", *NAMES[1:]], *([str(n), *row[1:]] for n, row in zip(serial, records(), strict=True))]
    )
    message = stops(tmp_path, content, elements="^(?P<element>[A-Z][a-z]?)$")
    assert "column 'Sn'" in message
    assert "count the rows" in message
    assert_values(clean(tmp_path, content, elements="^(?P<element>[A-Z][a-z]?)$", exclude=["Sn"])[0])


def test_dates_among_concentrations_are_told(tmp_path) -> None:
    rows = records()
    rows[3][3], rows[5][3] = "5-Mar", "2021-03-05"
    (warning,) = told(clean(tmp_path, text([NAMES, *rows]))[0])
    assert "2 cells hold dates" in warning
    whole = [[*row[:3], "5-Mar", row[4]] for row in records()]
    assert "40 cells hold dates: format the column as numbers" in stops(tmp_path, text([NAMES, *whole]))


def test_selection_that_differs_by_case_is_told(tmp_path) -> None:
    rows = [[*row, "soil" if n else "SOIL"] for n, row in enumerate(records())]
    samples, _ = clean(tmp_path, text([[*NAMES, "type"], *rows]), keep={"type": ["soil"]})
    assert len(samples) == ROWS - 1
    assert told(samples)[0].startswith("type 2 1 row is left out whose cells look like a wanted value")


def long_rows() -> list[list[str]]:
    return [
        [*row[:3], element, value]
        for row in records()
        for element, value in zip(("Cu", "Zn"), row[3:], strict=True)
    ]


LONG = {"element": "element", "value": "value", "sample": "sample"}


def test_sample_at_two_places_in_a_long_table_is_told(tmp_path) -> None:
    rows = long_rows()
    rows[7][1] = str(float(rows[7][1]) + 700)
    samples, _ = clean(tmp_path, text([["sample", "x", "y", "element", "value"], *rows]), long=LONG)
    assert told(samples)[0].startswith(
        "sample 9 1 sample has results at different coordinates (the first is 'S003')"
    )
    assert_values(samples)


def test_analytes_that_differ_by_case_are_told(tmp_path) -> None:
    rows = long_rows()
    rows[4][3] = "CU"
    samples, _ = clean(tmp_path, text([["sample", "x", "y", "element", "value"], *rows]), long=LONG)
    assert told(samples)[0].startswith("element 6 'Cu' (39 results), 'CU' (1 results) differ")
    assert samples["Cu"].isna().sum() == 1


@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows_and_columns_and_empty_ends_change_nothing(tmp_path, seed) -> None:
    rng = np.random.default_rng(seed)
    rows = records(CU, ZN, AU)
    rows[2][3], rows[5][4], rows[7][5], rows[9][3] = "<2", ">500", "", "BDL"
    keys = {"units": {"ppm": "ppm", "ppb": "ppb"}, "elements": "^(?P<element>[A-Z][a-z])_(?P<unit>ppm|ppb)$"}
    keys |= {"censoring": {"below_text": ["BDL"]}, "unit": None}
    names = ["sample", "x", "y", "Cu_ppm", "Zn_ppm", "Au_ppb"]
    wanted, _ = clean(tmp_path, text([names, *rows]), **keys)
    order, columns = rng.permutation(ROWS), rng.permutation(6)
    mixed = [[[*row][n] for n in columns] + ["", ""] for row in [names, *(rows[n] for n in order)]]
    found, _ = clean(tmp_path, text([*mixed, [""] * 8, [""] * 8]), **keys)
    assert len(found) == len(wanted) == ROWS
    for element in ("Cu", "Zn", "Au"):
        np.testing.assert_array_equal(found[element], wanted[element].to_numpy()[order])
        np.testing.assert_array_equal(
            found[f"{element}_censored"], wanted[f"{element}_censored"].to_numpy()[order]
        )
    np.testing.assert_array_equal(found.geometry.x, wanted.geometry.x.to_numpy()[order])


def test_lines_that_are_quoted_as_a_whole(tmp_path) -> None:
    content = "".join(f'"{line}"\n' for line in text([NAMES, *records()]).splitlines())
    assert "every line stands in quotation marks" in stops(tmp_path, content)


def test_points_that_may_stand_between_thousands_are_told(tmp_path) -> None:
    rows = [
        [*row[:3], f"{1200 + 7 * n:,}".replace(",", ".") if n % 3 else "823", row[4]]
        for n, row in enumerate(records())
    ]
    content = text([NAMES, *rows], ";")
    (warning,) = [one for one in told(clean(tmp_path, content, implausible="report")[0]) if "point" in one]
    assert warning.startswith("Cu 3 all 26 cells with a point have three digits behind it (1.207)")
    whole = [
        [*row[:1], *(cell.replace(".", ",") for cell in row[1:3]), row[3], row[4].replace(".", ",")]
        for row in rows
    ]
    samples, _ = clean(tmp_path, text([NAMES, *whole], ";"), thousands=".", decimal=",")
    assert (samples["Cu"][0], samples["Cu"][1]) == (823, 1207)
    assert samples.attrs["warnings"] == []


def test_both_signs_are_named_in_the_keys(tmp_path) -> None:
    rows = records()
    rows[0][3] = "1.234,5"
    message = stops(tmp_path, text([NAMES, *rows], ";"))
    assert "samples.decimal: ',' and samples.thousands: '.'" in message


def test_file_without_names(tmp_path) -> None:
    assert "no line of column names" in stops(tmp_path, text(records()))


def test_headings_and_signatures_among_the_records(tmp_path) -> None:
    rows = records()
    message = stops(tmp_path, text([NAMES, *rows[:9], ["Area B"], *rows[9:]]))
    assert "row 11: 1 cell, the header has 5 names; delete the row if it is a heading or a note" in message
    signed = text([NAMES, *rows]) + "\nApproved by: the laboratory, Manager\nEND\n"
    assert "row 43: 2 cells" in stops(tmp_path, signed)
    samples, _ = clean(tmp_path, text([NAMES, *rows]) + "END\n\x1a")
    assert_values(samples)
    assert samples.attrs["warnings"] == []


@pytest.mark.parametrize("name", ["Cu_Q", "Cu_qualifier", "Cu flag", "q_Cu", "CuQ", "Cu_Rmk"])
def test_flags_that_no_key_names_are_told(tmp_path, name) -> None:
    rows = [[*row, "<" if n in (3, 4) else "L" if n == 5 else ""] for n, row in enumerate(records())]
    content = text([[*NAMES, name], *rows])
    (warning,) = told(clean(tmp_path, content)[0])
    assert warning.startswith(f"{name}  the column holds '<', 'L' and seems to flag values of 'Cu'")
    samples, _ = clean(tmp_path, content, censoring={"flag": {"Cu": name}, "flags": {"L": "below"}})
    assert samples["Cu_censored"].sum() == 3
    assert told(samples) == []


def test_columns_beside_an_element_that_are_no_flags(tmp_path) -> None:
    rows = [[*row, f"remark {n}", "ICP", str(n)] for n, row in enumerate(records())]
    assert told(clean(tmp_path, text([[*NAMES, "Cu_remarks", "Cu_Q", "Zn_flag"], *rows]))[0]) == []


@pytest.mark.parametrize("name", ["Zn_ppb", "Zn (ppb)", "Zn [µg/kg]", "ICP-Zn-ppb"])
def test_unit_of_a_header_that_the_config_contradicts(tmp_path, name) -> None:
    content = text([[*NAMES[:4], name], *records(CU, 1000 * ZN)])
    elements = {"Cu": "Cu", "Zn": name}
    message = stops(tmp_path, content, elements=elements, implausible="report")
    assert f"column {name!r}: the unit is ppm by the config and ppb by the header" in message.replace(
        "μ", "µ"
    )
    told_by_hand = elements | {"Zn": {"column": name, "unit": "ppb"}}
    assert_values(clean(tmp_path, content, elements=told_by_hand)[0])
    if "ppb" in name:
        units = {"ppb": "ppm"}
        samples, _ = clean(tmp_path, content, elements=elements, units=units, implausible="report")
        np.testing.assert_allclose(samples["Zn"], 1000 * ZN)
