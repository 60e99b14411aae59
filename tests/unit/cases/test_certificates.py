"""Certificates of laboratories as they arrive: rows of names, methods, units and limits, and what is no record."""

import numpy as np
import pytest
from certificate_files import CU, NAMES, ROWS, ZN, assert_values, clean, records, stops, text, warnings_of

AU = 1 + (np.arange(ROWS) * 3) % 7 + 0.1  # ppb


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
        [
            ["ANALYTE", *HEADER[1:]],
            METHODS,
            ["LDETECTION", *LIMITS[1:]],
            ["UDETECTION", "", "", "10000", "10000", "1000"],
            ["UNITS", "", "", "ppm m / m", "ppm w/w", "ppb m / m"],
        ],
        [
            ["ELEMENTS", *HEADER[1:]],
            UNITS,
            LIMITS,
            ["DIGEST", "", "", "4A/", "4A/", "FA25/"],
            ["ANALYTICAL FINISH", "", "", "OE", "OE", "MS"],
            ["SAMPLE NUMBERS", "", "", "", "", ""],
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
    assert "18 2 rows repeat the header or its units and are left out: 18, 19" in warnings_of(samples)[0]


def test_rows_without_coordinates_are_told(tmp_path) -> None:
    total = ["Mean", "", "", "26", "68"]
    samples, _ = clean(tmp_path, text([NAMES, *records(), total]))
    assert_values(samples)
    assert warnings_of(samples)[0].startswith(f" {ROWS + 2} 1 row has concentrations and no coordinates")


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


def test_selection_that_differs_by_case_is_told(tmp_path) -> None:
    rows = [[*row, "soil" if n else "SOIL"] for n, row in enumerate(records())]
    samples, _ = clean(tmp_path, text([[*NAMES, "type"], *rows]), keep={"type": ["soil"]})
    assert len(samples) == ROWS - 1
    assert warnings_of(samples)[0].startswith("type 2 1 row is left out whose cells look like a wanted value")


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
    assert warnings_of(samples)[0].startswith(
        "sample 9 1 sample has results at different coordinates (the first is 'S003')"
    )
    assert_values(samples)


def test_analytes_that_differ_by_case_are_told(tmp_path) -> None:
    rows = long_rows()
    rows[4][3] = "CU"
    samples, _ = clean(tmp_path, text([["sample", "x", "y", "element", "value"], *rows]), long=LONG)
    assert warnings_of(samples)[0].startswith("element 6 'Cu' (39 results), 'CU' (1 results) differ")
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
