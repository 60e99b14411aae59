"""Cells of certificates: codes, words, dates, flags and signs that may be read in more than one way."""

import numpy as np
import pytest
from certificate_files import CU, NAMES, ROWS, ZN, assert_values, clean, records, stops, text, warnings_of


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
    first, second = warnings_of(clean(tmp_path, text([NAMES, *rows]))[0])
    assert first.startswith("Cu 5 the largest value, 500, stands in 3 cells, 15.4 times above the next one")
    assert second.startswith("Zn 5 the smallest value, 0.001, stands in 3 cells")
    one = records()
    one[3][3] = "9999"
    assert "9999, stands in 1 cell" in warnings_of(clean(tmp_path, text([NAMES, *one]))[0])[0]
    assert warnings_of(clean(tmp_path, text([NAMES, *records()]))[0]) == []


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
    (warning,) = warnings_of(clean(tmp_path, text([NAMES, *rows]), censoring={"below": ["negative"]})[0])
    assert warning.startswith("Cu 5 -9 in 1 cells")


@pytest.mark.parametrize(("first", "step"), [(1, 1), (101, 1), (150, 7)])
def test_serial_number_is_no_tin(tmp_path, first, step) -> None:
    serial = np.random.default_rng(0).permutation(ROWS) * step + first
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
    (warning,) = warnings_of(clean(tmp_path, text([NAMES, *rows]))[0])
    assert "2 cells hold dates" in warning
    whole = [[*row[:3], "5-Mar", row[4]] for row in records()]
    assert "40 cells hold dates: format the column as numbers" in stops(tmp_path, text([NAMES, *whole]))


def test_points_that_may_stand_between_thousands_are_told(tmp_path) -> None:
    rows = [
        [*row[:3], f"{1200 + 7 * n:,}".replace(",", ".") if n % 3 else "823", row[4]]
        for n, row in enumerate(records())
    ]
    content = text([NAMES, *rows], ";")
    (warning,) = [
        one for one in warnings_of(clean(tmp_path, content, implausible="report")[0]) if "point" in one
    ]
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
    (warning,) = warnings_of(clean(tmp_path, content)[0])
    assert warning.startswith(f"{name}  the column holds '<', 'L' and seems to flag values of 'Cu'")
    samples, _ = clean(tmp_path, content, censoring={"flag": {"Cu": name}, "flags": {"L": "below"}})
    assert samples["Cu_censored"].sum() == 3
    assert warnings_of(samples) == []


@pytest.mark.parametrize("name", ["LT", "unnamed", "detected?"])
def test_signs_in_a_column_of_any_name_are_told(tmp_path, name) -> None:
    rows = [[*row[:4], "<" if n % 9 == 0 else "", row[4]] for n, row in enumerate(records())]
    content = text([[*NAMES[:4], name, "Zn"], *rows])
    (warning,) = warnings_of(clean(tmp_path, content)[0])
    assert warning.startswith(f"{name}  the column holds '<' and seems to flag values of another column")
    samples, _ = clean(tmp_path, content, censoring={"flag": {"Cu": name}})
    assert samples["Cu_censored"].sum() == 5
    assert warnings_of(samples) == []


def test_columns_beside_an_element_that_are_no_flags(tmp_path) -> None:
    rows = [[*row, f"remark {n}", "ICP", str(n)] for n, row in enumerate(records())]
    assert warnings_of(clean(tmp_path, text([[*NAMES, "Cu_remarks", "Cu_Q", "Zn_flag"], *rows]))[0]) == []


@pytest.mark.parametrize("name", ["Zn_ppb", "Zn (ppb)", "Zn [µg/kg]", "ICP-Zn-ppb"])
def test_unit_of_a_header_that_the_config_contradicts(tmp_path, name) -> None:
    content = text([[*NAMES[:4], name], *records(CU, 1000 * ZN)])
    elements = {"Cu": "Cu", "Zn": name}
    message = stops(tmp_path, content, elements=elements, implausible="report")
    assert f"column {name!r}: the unit is ppm by the config and ppb by the header" in message.replace(
        "μ", "µ"
    )
    by_hand = elements | {"Zn": {"column": name, "unit": "ppb"}}
    assert_values(clean(tmp_path, content, elements=by_hand)[0])
    if "ppb" in name:
        units = {"ppb": "ppm"}
        samples, _ = clean(tmp_path, content, elements=elements, units=units, implausible="report")
        np.testing.assert_allclose(samples["Zn"], 1000 * ZN)
