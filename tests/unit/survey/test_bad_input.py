"""Every fault of a survey table stops with one message that names what is wrong, where, and what to do."""

import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.samples import clean_samples
from geohalo.survey.tables import read_table


def section(**keys) -> dict:
    given = {
        "file": "s.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:2157",
        "elements": "^(?P<element>[A-Z][a-z]?)_(?P<unit>ppm|pct|mgkg)$",
        "units": {"ppm": "ppm", "pct": "percent"},
    }
    return with_defaults(given | keys, schema()["properties"]["samples"])


def survey(rows: int = 40, **columns) -> pd.DataFrame:
    steps = np.arange(rows)
    table = pd.DataFrame({"x": (600000 + 1000 * steps).astype(str), "y": "750000"})
    table = table.assign(Cu_ppm=(20 + steps).astype(str), Zn_ppm=(60 + steps).astype(str), lab="A")
    return table.assign(**columns)


def message(table: pd.DataFrame, **keys) -> str:
    with pytest.raises(InputError) as caught:
        clean_samples(table, section(**keys), None, "s.csv")
    text = str(caught.value)
    assert "\n" not in text
    return text


def assert_names(text: str, *parts: str) -> None:
    for part in parts:
        assert part in text, text


def test_the_table_itself_is_good() -> None:
    assert len(clean_samples(survey(), section(), None, "s.csv")[0]) == 40


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("(?P<element>[A-Z", ["samples.elements", "not a valid regular expression"]),
        ("([A-Z][a-z]?)_ppm", ["samples.elements", "group named `element`"]),
        (
            "^(?P<element>[A-Z][a-z]?)_ppb$",
            ["s.csv", "no column matches samples.elements", "'Cu_ppm'"],
        ),
    ],
)
def test_element_expression(expression, parts) -> None:
    assert_names(message(survey(), elements=expression), *parts)


def test_element_mapping() -> None:
    assert_names(
        message(survey(), elements={"Cu": "CU_ppm"}, unit="ppm"),
        "'CU_ppm'",
        "samples.elements.Cu",
        "'Cu_ppm'",
    )
    assert_names(message(survey(), elements={"Cx": "Cu_ppm"}, unit="ppm"), "'Cx'", "'Cu_ppm'")
    assert_names(message(survey(), elements={"Cu": "Cu_ppm"}), "column 'Cu_ppm'", "no unit", "samples.unit")


def test_two_columns_for_one_element() -> None:
    table = survey(Cu_pct="0.002")
    assert_names(message(table), "s.csv", "'Cu_ppm'", "'Cu_pct'", "Cu", "samples.elements")


def test_unit_of_a_header_that_is_not_declared() -> None:
    table = survey().rename(columns={"Zn_ppm": "Zn_mgkg"})
    assert_names(message(table), "s.csv", "'Zn_mgkg'", "'mgkg'", "samples.units")


def test_element_without_a_unit() -> None:
    table = survey().rename(columns={"Zn_ppm": "Zn"})
    text = message(table, elements="^(?P<element>[A-Z][a-z]?)(?:_(?P<unit>ppm))?$")
    assert_names(text, "s.csv", "column 'Zn'", "samples.unit")


def test_unknown_element() -> None:
    text = message(survey(Xy_ppm="1"))
    assert_names(text, "s.csv", "'Xy_ppm'", "'Xy'", "samples.elements")


def test_keep_column_and_value() -> None:
    assert_names(
        message(survey(), keep={"labs": ["A"]}),
        "s.csv",
        "'labs'",
        "samples.keep.labs",
        "did you mean 'lab'",
    )
    assert_names(
        message(survey(), keep={"lab": ["A", "B"]}),
        "s.csv",
        "'lab'",
        "'B'",
        "samples.keep.lab",
        "'A'",
    )


def test_non_numeric_cell() -> None:
    table = survey()
    table.loc[[4, 9], "Zn_ppm"] = "see note"
    assert_names(message(table), "s.csv", "'Zn_ppm'", "row 6", "'see note'", "1 more", "samples.missing")


def test_row_numbers_are_those_of_the_file_after_filtering(tmp_path) -> None:
    path = tmp_path / "s.csv"
    table = survey()
    table.loc[:3, "lab"] = "B"
    table.loc[7, "Zn_ppm"] = "?"
    table.to_csv(path, index=False)
    lines = path.read_text().splitlines()
    assert "?" in lines[8]
    with pytest.raises(InputError, match="row 9: '\\?'"):
        clean_samples(read_table(path), section(keep={"lab": ["A"]}), None, "s.csv")


def test_negative_and_zero_values_without_a_meaning() -> None:
    table = survey()
    table.loc[0, "Cu_ppm"] = "-9999"
    told = message(table)
    assert_names(told, "row 2", "-9999", "samples.missing")
    assert "samples.censoring.below" not in told
    table.loc[0, "Cu_ppm"] = "-0.5"
    assert_names(message(table), "row 2", "-0.5", "samples.censoring.below", "samples.missing")
    table.loc[0, "Cu_ppm"] = "0.0"
    assert_names(message(table), "row 2", "'zero'", "samples.censoring.below")


@pytest.mark.parametrize(
    ("factor", "unit", "likely"),
    [(1e-4, "ppm", "percent"), (1e3, "ppm", "ppb"), (1.0, "percent", "ppm")],
)
def test_implausible_unit(factor, unit, likely) -> None:
    table = survey(Zn_ppm=(factor * np.arange(60, 100)).astype(str))
    text = message(table, units={"ppm": unit}, exclude=["Cu"])
    assert_names(
        text,
        "s.csv",
        "'Zn_ppm'",
        f"read as {unit}",
        "0.034 to 6700",
        f"as {likely} it",
        "samples.units",
    )
    assert_names(text, "samples.implausible")


def test_more_than_pure() -> None:
    table = survey()
    table.loc[3, "Zn_ppm"] = "2000000"
    assert_names(message(table), "'Zn_ppm'", "2e+06 ppm", "impossible")


def test_all_missing_element_that_is_asked_for() -> None:
    table = survey(As_ppm="")
    assert_names(
        message(table, include=["As", "Cu"]),
        "s.csv",
        "'As_ppm'",
        "As",
        "samples.include",
        "no value",
    )
    assert_names(message(table, include=["As"]), "'As_ppm'", "samples.include", "no value")


def test_all_missing_element() -> None:
    table = survey(As_ppm="", Sb_ppm="")
    assert_names(
        message(table), "s.csv", "'As_ppm'", "no value at all", "samples.exclude", "samples.empty", "Sb"
    )
    assert_names(message(table, exclude=["As"]), "'Sb_ppm'")


def test_include_and_exclude() -> None:
    assert_names(message(survey(), include=["Cu", "Au"]), "s.csv", "samples.include", "Au")
    assert_names(message(survey(), include=["Copper"]), "samples.include", "'Copper'")
    assert_names(message(survey(), exclude=["Qq"]), "samples.exclude", "'Qq'")
    assert_names(
        message(survey(), include=["Cu", "Zn"], exclude=["Zn"]),
        "samples.exclude",
        "Zn",
        "samples.include",
    )
    assert_names(message(survey(), exclude=["Cu", "Zn"]), "samples.exclude", "no element")


def test_too_few_samples() -> None:
    assert len(clean_samples(survey(30), section(), None, "s.csv")[0]) == 30
    assert_names(message(survey(29)), "s.csv", "only 29 usable samples", "30", "29 rows read")
    table = survey(40)
    table.loc[:4, "x"] = ""
    table.loc[5:10, ["Cu_ppm", "Zn_ppm"]] = ""
    assert_names(message(table), "only 29", "40 rows read", "5 without coordinates", "6 without values")


def test_too_few_places_after_merging() -> None:
    table = survey(40)
    table.loc[29:, "x"] = "600000"
    assert_names(message(table), "only 29 usable samples")


def test_no_coordinates_at_all() -> None:
    assert_names(message(survey(x="")), "s.csv", "no row has coordinates", "samples.x")


def test_too_few_elements() -> None:
    table = survey(Zn_ppm="<100")
    assert_names(
        message(table),
        "s.csv",
        "1 elements are left",
        "Zn: censored in 100.0%",
        "samples.max_censored",
    )


def test_flag_suffix_that_no_column_has() -> None:
    assert_names(
        message(survey(), censoring={"flag": "_flag"}),
        "s.csv",
        "'Cu_ppm_flag'",
        "samples.censoring.flag",
    )


def test_degrees_given_as_metres_and_the_reverse() -> None:
    degrees = survey(x=(-8 + np.arange(40) / 100).astype(str), y="53.5")
    assert_names(message(degrees), "s.csv, row 2", "look like degrees", "samples.crs")
    assert_names(message(survey(), crs="EPSG:4326"), "s.csv, row 2", "look like metres", "samples.crs")


def test_thousands_of_excel_dates_are_reported_not_crashed_on(tmp_path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append(["x", "y", "Cu_ppm", "Zn_ppm", "As_ppm"])
    for row in range(3000):
        arsenic = datetime.datetime(2021, 1 + row % 12, 5) if row % 3 else 4.5
        sheet.append([600000 + 100 * row, 750000, 20 + row % 50, "<5" if row % 10 == 0 else 60, arsenic])
    book.save(tmp_path / "s.xlsx")
    samples, report = clean_samples(read_table(tmp_path / "s.xlsx"), section(), None, "s.xlsx")
    report = report.set_index("element")
    assert len(samples) == 3000
    assert (report.at["As", "dates"], report.at["As", "n"]) == (2000, 1000)
    assert not report.at["As", "kept"]
    assert report.at["Zn", "censored"] == 300
    assert "As" not in samples
