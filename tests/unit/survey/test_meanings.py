"""What cells and columns mean: flags, codes, words, commas, preferred columns, coordinates, repeated rows, joins."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from geohalo import patterns
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.censoring import parse_concentrations
from geohalo.survey.columns import concentration_columns
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.numbers import comma_hint, plain_numbers
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import clean_samples
from geohalo.survey.spelling import plain, plain_pattern
from geohalo.survey.units import known_unit, looks_like_units

RNG = np.random.default_rng(3)
CU = np.round(30 * np.exp(RNG.normal(0, 0.3, 40)), 2)
ZN = np.round(70 * np.exp(RNG.normal(0, 0.3, 40)), 2)


def section(**keys: object) -> dict:
    given = {
        "file": "s.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>[A-Z][a-z]?)$",
        "unit": "ppm",
    }
    return with_defaults(given | keys, schema()["properties"]["samples"])


def survey(**columns: object) -> pd.DataFrame:
    places = {"x": 500_000 + 1000 * (np.arange(40) % 8), "y": 6_000_000 + 1000 * (np.arange(40) // 8)}
    table = pd.DataFrame(places).astype(str).assign(Cu=CU.astype(str), Zn=ZN.astype(str))
    return table.assign(**columns)


def clean(table: pd.DataFrame, **keys: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    return clean_samples(table, section(**keys), None, "s.csv")


def message(table: pd.DataFrame, **keys: object) -> str:
    with pytest.raises(InputError) as caught:
        clean(table, **keys)
    return str(caught.value)


def text(*cells: str) -> pd.Series:
    return pd.Series(cells, dtype="str")


# Codes and words


@pytest.mark.parametrize("code", ["-999", "-5555", "-9999", "-999.9", "-99", "-99999", "-1e30"])
def test_negative_codes_are_no_limits(code) -> None:
    cells = [*CU[:38].astype(str), code, "-2"]
    told = message(survey(Cu=cells), censoring={"below": ["negative"]})
    for part in ("'Cu', row 40", "would be a detection limit", "list -", "samples.missing"):
        assert part in told
    samples, report = clean(survey(Cu=cells), censoring={"below": ["negative"]}, missing=[float(code)])
    assert samples["Cu"].isna().sum() == 1
    assert report["detection_limit_ppm"][0] == 2


def test_limit_above_nearly_all_values_stops_or_is_told() -> None:
    cells = [*np.linspace(1, 20, 39).astype(str), "-25"]
    assert "above all measured values (largest 20)" in message(
        survey(Cu=cells), censoring={"below": ["negative"]}
    )
    cells[-1] = "-19.8"
    assert "above nearly all measured values" in message(survey(Cu=cells), censoring={"below": ["negative"]})
    cells[-1] = "<25"
    samples, _ = clean(survey(Cu=cells))
    (told,) = samples.attrs["warnings"]
    assert (told["column"], told["row"]) == ("Cu", "41")
    assert "limit (25) that lies above nearly all" in told["what"]
    # Much censored, and limits below what was measured: as it should be.
    cells = ["-5"] * 15 + list(np.linspace(6, 40, 25).astype(str))
    samples, _ = clean(survey(Cu=cells), censoring={"below": ["negative"]})
    assert samples["Cu_censored"].sum() == 15
    assert samples.attrs["warnings"] == []


def test_words_below_the_limit_take_the_smallest_value() -> None:
    parsed = parse_concentrations(text("BDL", "bdl ", "<0.4", "3", "<LOD", ""), below_text=["BDL", "<LOD"])
    np.testing.assert_allclose(parsed.values, [0.2, 0.2, 0.2, 3, 0.2, np.nan])
    np.testing.assert_array_equal(parsed.censored, [True, True, True, False, True, False])
    parsed = parse_concentrations(text("X", "X"), below_text=["X"])
    assert np.isnan(parsed.values).all()
    assert parsed.n_missing == 2
    with pytest.raises(InputError, match=r"'nd' is in samples\.missing too"):
        parse_concentrations(text("ND", "1"), ["nd"], below_text=["ND"])


def test_flags_by_suffix_and_by_mapping() -> None:
    flags = text("<", "L", "N", "G", "B", "", ">")
    known = {"L": "below", "N": "missing", "G": "above", "B": "ignore"}
    values = text("2", "3", "4", "5", "6", "7", "8")
    parsed = parse_concentrations(values, flags=flags, known_flags=known)
    np.testing.assert_allclose(parsed.values, [1, 1.5, np.nan, 5, 6, 7, 8])
    np.testing.assert_array_equal(parsed.above, [False, False, False, True, False, False, True])
    with pytest.raises(InputError, match=r"'L' \(1\), 'N' \(1\), 'G' \(1\), 'B' \(1\)\. Say in samples"):
        parse_concentrations(values, flags=flags)
    of_both = survey(q=["<"] * 5 + [""] * 35, QZn=["?"] * 3 + [""] * 37)
    told = message(of_both, censoring={"flag": {"Cu": "q", "Zn": "QZn"}})
    assert "column 'QZn': flags that are not known: '?' (3)" in told
    samples, _ = clean(of_both, censoring={"flag": {"Cu": "q", "Zn": "QZn"}, "flags": {"?": "ignore"}})
    assert samples["Cu_censored"].sum() == 5
    np.testing.assert_allclose(samples["Cu"][:5], CU[:5] / 2)
    assert "no column 'Qu' (samples.censoring.flag.Cu)" in message(survey(), censoring={"flag": {"Cu": "Qu"}})


# Numbers


@pytest.mark.parametrize(
    ("decimal", "thousands", "cells", "numbers"),
    [
        (",", None, ["1,5", "<0,25", "7", ",5", "1 234,5"], ["1.5", "<0.25", "7", ".5", "1234.5"]),
        (",", ".", ["1.234,5", "1.234", "12,5"], ["1234.5", "1234", "12.5"]),
        (".", ",", ["31,338", "3,742.8", "> 1,000,000", "12.5"], ["31338", "3742.8", ">1000000", "12.5"]),
        (".", "'", ["1'012.3", "7"], ["1012.3", "7"]),
        (".", " ", ["1 012.3", "-1 000"], ["1012.3", "-1000"]),
        (",", None, ["n.a.", "05.03.2021", "A-1,5"], ["n.a.", "05.03.2021", "A-1,5"]),
    ],
)
def test_declared_signs_in_numbers(decimal, thousands, cells, numbers) -> None:
    table = pd.DataFrame({"Cu": cells, "name": cells})
    keys = {"decimal": decimal, "thousands": thousands}
    found = plain_numbers(table, ["Cu", None], keys, "s.csv", "samples")
    assert list(found["Cu"]) == numbers
    assert list(found["name"]) == cells
    assert list(table["Cu"]) == cells


@pytest.mark.parametrize(
    ("decimal", "thousands", "cell"),
    [(",", None, "1.5"), (",", ".", "1.5"), (".", ",", "1,5"), (".", ",", "0,123"), (".", ",", "12,34,567")],
)
def test_signs_that_contradict_the_config_stop(decimal, thousands, cell) -> None:
    table = pd.DataFrame({"Cu": ["7", cell]})
    with pytest.raises(InputError, match=r"s\.csv, column 'Cu', row 3: .*does not fit samples\.decimal"):
        plain_numbers(table, ["Cu"], {"decimal": decimal, "thousands": thousands}, "s.csv", "samples")
    with pytest.raises(InputError, match="are both ','"):
        plain_numbers(table, ["Cu"], {"decimal": ",", "thousands": ","}, "s.csv", "samples")


def test_readings_of_a_comma() -> None:
    both = comma_hint(text("31,338", "12,500"), "samples")
    assert "'31,338' may be 31338 (" in both
    assert "or 31.338 (" in both
    assert (
        comma_hint(text("31,338", "1,5"), "samples") == "'1,5' has a decimal comma: set samples.decimal: ','"
    )
    assert "between thousands: set deposits.thousands" in comma_hint(text("31,338.5"), "deposits")
    assert comma_hint(text("0,123"), "samples").startswith("'0,123' has a decimal comma")
    assert "write all of the column in one way" in comma_hint(text("1,234.5", "1,5"), "samples")
    assert comma_hint(text("a,b"), "samples") is None


def test_decimal_commas_of_deposits() -> None:
    table = pd.DataFrame({"x": ["500000,5", "501000,0"], "y": ["6000000,0", "6001000,0"]})
    keys = with_defaults(
        {"file": "d.csv", "x": "x", "y": "y", "crs": "EPSG:32633"}, schema()["properties"]["deposits"]
    )
    places = np.array([[500_000.0, 6_000_000.0], [501_000.0, 6_001_000.0]])
    with pytest.raises(InputError, match=r"'500000,5' is not a coordinate.*set deposits\.decimal"):
        clean_deposits(table, keys, places, "EPSG:32633", 100)
    found = clean_deposits(table, keys | {"decimal": ","}, places, "EPSG:32633", 100)
    assert list(found.geometry.x) == [500_000.5, 501_000.0]


def test_long_cells_and_expressions_do_not_hang(monkeypatch) -> None:
    start = time.perf_counter()
    for cell in (
        "1" * 1_000_000 + "x",
        "<" + "1" * 1_000_000 + "x",
        "Mar-" + "1" * 1_000_000,
        "x" * 1_000_000,
    ):
        with pytest.raises(
            InputError, match=r"row 2: '.{50}\.\.\. \(1,000,0.. characters\)' is not a number"
        ) as told:
            parse_concentrations(text(cell, "2"))
        assert len(str(told.value)) < 300
    assert time.perf_counter() - start < 10
    monkeypatch.setattr(patterns, "SECONDS", 0.2)
    table = survey(**{"A" * 60 + "!": "1"})
    assert "samples.elements" in message(table, elements="(?P<element>(?:[A-Z]+)+)_ppm")


# Columns


@pytest.mark.parametrize("micro", ["\u00b5", "\u03bc"])
@pytest.mark.parametrize("other", ["\u00b5", "\u03bc"])
def test_both_micro_signs(micro, other) -> None:
    table = survey().rename(columns={"Cu": f"Cu ({micro}g/g)", "Zn": f"Zn ({micro}g/kg)"})
    expression = rf"^(?P<element>[A-Z][a-z]?) \((?P<unit>{other}g/k?g)\)$"
    units = {f"{other}g/g": "ppm", f"{other}g/kg": "ppb"}
    samples, report = clean(table, elements=expression, units=units, implausible="report")
    np.testing.assert_allclose(samples["Zn"], ZN / 1000)
    assert list(report["unit"]) == ["ppm", "ppb"]


def test_signs_are_spelt_in_one_way() -> None:
    assert plain("＜２\u00a0−５") == "<2 -5"
    assert plain("a\u200bb\ufeff") == "ab"
    assert plain_pattern("（µ)") == "\\(μ)"
    samples, _ = clean(survey(Cu=["＜2", "≤ 2", "12.3\u00a0", "1\u00a0012.3", *CU[4:].astype(str)]))
    np.testing.assert_allclose(samples["Cu"][:4], [1, 1, 12.3, 1012.3])


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("PPM", "ppm"),
        ("(mg/kg)", "ppm"),
        ("µg/g", "ppm"),
        ("wt. %", "percent"),
        ("ng/g", "ppb"),
        ("ppt", None),
        ("m", None),
    ],
)
def test_units_of_laboratories(written, unit) -> None:
    assert known_unit(written) == unit


def test_rows_of_units_are_told_from_records() -> None:
    assert looks_like_units(["DESCRIPTION", "m", "m", "ppm", "ppb", "%"])
    assert not looks_like_units(["S1", "500000", "6000000", "1.5", "2", "7"])
    assert not looks_like_units(["S1", "", "", "", "", ""])


def test_unit_of_the_file_against_that_of_the_config() -> None:
    table = survey()
    table.attrs["units"] = {"Cu": "ppb", "Zn": "mg/kg"}
    columns = concentration_columns(table, section(), "s.csv")
    assert [(one.element, one.unit, one.factor) for one in columns] == [
        ("Cu", "ppb", 1e-3),
        ("Zn", "ppm", 1.0),
    ]
    told = message(table, elements={"Cu": {"column": "Cu", "unit": "ppm"}, "Zn": "Zn"})
    assert "'Cu': the unit is ppm by the config and 'ppb' by the file" in told
    table.attrs["units"] = {"Cu": "counts"}
    assert "unit 'counts'" in message(table)


def test_coordinates_and_ids_are_no_elements() -> None:
    table = survey(id="1", N="2", Z="3").rename(columns={"x": "X", "y": "Y"})
    found = clean(table, x="X", y="Y", elements="^(?P<element>[A-Za-z]{1,2})$", exclude=["N"])
    samples, report = found
    assert list(report["element"]) == ["Cu", "Zn", "N"]
    (told,) = samples.attrs["warnings"]
    assert (told["column"], "not read as Y" in told["what"]) == ("Y", True)


@pytest.mark.parametrize("header", ["Y", "N"])
def test_other_coordinates_that_pass_for_elements(header) -> None:
    latitude = 54 + np.arange(40) // 8 * 0.009
    told = message(survey(**{header: latitude.astype(str)}), implausible="report")
    assert f"column '{header}': read as {header}, but its values follow the coordinates" in told
    assert f"list {header} in samples.exclude" in told
    partner = {"Y": "X", "N": "E"}[header]
    noise = np.round(20 * np.exp(RNG.normal(0, 0.3, 40)), 2).astype(str)
    samples, _ = clean(survey(**{header: noise, partner: "1"}), implausible="report")
    (doubt,) = samples.attrs["warnings"]
    assert (doubt["column"], header in samples) == (header, True)
    samples, _ = clean(survey(**{header: noise}), implausible="report")
    assert samples.attrs["warnings"] == []


def test_one_column_for_two_elements() -> None:
    told = message(survey(), elements={"Cu": "Cu", "Zn": "Cu"})
    assert "'Cu': samples.elements takes it for Cu and for Zn" in told


def test_columns_in_the_order_of_preference() -> None:
    first = [">100", "", "<2", "50", ">100", ">100", *CU[6:].astype(str)]
    second = ["0.02", "0.003", "0.9", "0.9", "<0.5", "0.001", *[""] * 34]
    table = survey(Cu=first, Cu2=second)
    elements = {"Cu": ["Cu", {"column": "Cu2", "unit": "percent"}], "Zn": "Zn"}
    samples, report = clean(table, elements=elements)
    np.testing.assert_allclose(samples["Cu"][:6], [200, 30, 1, 50, 100, 10])
    cu = report.set_index("element").loc["Cu"]
    assert (cu["column"], cu["above_limit"], cu["missing"], cu["censored"]) == ("Cu; Cu2", 1, 0, 1)
    contradicts, capped = samples.attrs["warnings"]
    assert (contradicts["column"], contradicts["row"]) == ("Cu2", "7")
    assert "1 values lie above an upper limit (100 ppm" in capped["what"]


# Rows


def test_rows_at_one_place_that_differ() -> None:
    table = survey(kind="S")
    standards = table.iloc[[3, 7]].assign(Cu="8000", kind="CRM")
    twins = table.iloc[[5]].assign(Cu=str(1.5 * CU[5]))
    samples, _ = clean(pd.concat([table, standards, twins], ignore_index=True))
    (told,) = samples.attrs["warnings"]
    assert "at 2 of 3 places" in told["what"]
    assert "rows 5 and 42: Cu" in told["what"]
    assert "keep: {kind: [S]}" in told["fix"]
    samples, _ = clean(pd.concat([table, twins], ignore_index=True))
    assert samples.attrs["warnings"] == []


def long_form(**changes: object) -> pd.DataFrame:
    table = survey(sample=[f"S{i}" for i in range(40)])
    return (
        table.melt(["sample", "x", "y"], ["Cu", "Zn"], "analyte", "result")
        .assign(unit="ppm")
        .assign(**changes)
    )


def write(tmp_path: Path, table: pd.DataFrame, name: str = "s.csv") -> Path:
    table.to_csv(tmp_path / name, index=False)
    return tmp_path / name


LONG = {"element": "analyte", "value": "result", "unit": "unit"}


def test_long_table(tmp_path) -> None:
    table = long_form(q="")
    table.loc[[0, 41], "q"] = "L"
    table.loc[2, ["result", "unit"]] = ["0.004", "%"]
    path = write(tmp_path, table)
    keys = section(long=LONG | {"flag": "q", "sample": "sample"}, censoring={"flags": {"L": "below"}})
    samples, report = clean_samples(read_samples(path, keys)[0], keys, None, "s.csv")
    np.testing.assert_allclose(samples["Cu"][:3], [CU[0] / 2, CU[1], 40])
    np.testing.assert_allclose(samples["Zn"][:3], [ZN[0], ZN[1] / 2, ZN[2]])
    assert (len(samples), list(samples["sample"][:2])) == (40, ["2", "3"])
    assert list(report["column"]) == ["Cu; Cu (%)", "Zn"]


def test_long_table_with_two_results(tmp_path) -> None:
    table = long_form()
    again = table.iloc[[4]].assign(result="999")
    keys = section(long=LONG | {"sample": "sample"})
    with pytest.raises(
        InputError, match=r"s\.csv, rows 6 and 82: two results of one sample for Cu.*samples\.keep"
    ):
        read_samples(write(tmp_path, pd.concat([table, again])), keys)
    # Filed twice alike.
    frame, _ = read_samples(write(tmp_path, pd.concat([table, table.iloc[[4]]])), keys)
    assert len(frame) == 40
    by_method = pd.concat([table.assign(method="A"), again.assign(method="B")])
    keys = section(long=LONG | {"sample": "sample"}, keep={"method": ["A"]})
    frame, _ = read_samples(write(tmp_path, by_method), keys)
    np.testing.assert_allclose(clean_samples(frame, keys, None, "s.csv")[0]["Cu"], CU)
    # Without a column that tells samples apart, the method makes a second sample of the place, which is told.
    keys = section(long=LONG)
    frame, _ = read_samples(write(tmp_path, by_method), keys)
    told = [one["what"] for one in clean_samples(frame, keys, None, "s.csv")[0].attrs["warnings"]]
    assert any(
        "1 places have results for one analyte several times (rows 6 and 82: Cu)" in one for one in told
    )


def test_a_bad_cell_of_a_long_table_is_named_by_its_own_row(tmp_path) -> None:
    # Rows 2 to 41 of the file hold copper and rows 42 to 81 zinc; the one of sample 5 is in row 46.
    table = long_form().sort_values("analyte", kind="stable")
    table.iloc[44, table.columns.get_loc("result")] = "abc"
    path = write(tmp_path, table)
    keys = section(long=LONG | {"sample": "sample"})
    with pytest.raises(InputError, match=r"s\.csv, column 'Zn', row 46: 'abc' is not a number"):
        clean_samples(*read_samples(path, keys)[:1], keys, None, "s.csv")
    table.iloc[44, table.columns.get_loc("result")] = "1,5"
    keys = section(long=LONG | {"sample": "sample"}, thousands="'")
    frame, _ = read_samples(write(tmp_path, table), keys)
    with pytest.raises(InputError, match=r"s\.csv, column 'Zn', row 46: '1,5' does not fit samples.decimal"):
        clean_samples(frame, keys, None, "s.csv")
    # What is doubtful, too.
    table.iloc[44, table.columns.get_loc("result")] = ">5000"
    keys = section(long=LONG | {"sample": "sample"})
    samples, _ = clean_samples(*read_samples(write(tmp_path, table), keys)[:1], keys, None, "s.csv")
    above = [one for one in samples.attrs["warnings"] if "above an upper limit" in one["what"]]
    assert [(one["column"], one["row"]) for one in above] == [("Zn", "46")]


@pytest.mark.parametrize("long", [False, True])
def test_a_bad_cell_of_joined_assays_is_named_by_their_own_file_and_row(tmp_path, long) -> None:
    table = survey(sample=[str(1000 + i) for i in range(40)])
    places = write(tmp_path, table[["sample", "x", "y"]].iloc[::-1])
    # Assays of other samples first: a sample's row is another one in either file.
    extra = pd.DataFrame({"sample": ["STD1", "STD2"], "Cu": ["1", "1"], "Zn": ["2", "2"]})
    assays = pd.concat([extra, table[["sample", "Cu", "Zn"]]], ignore_index=True)
    assays.loc[7, "Zn"] = "abc"
    row, keys = 9, {"join": {"file": "a.csv", "key": "sample"}}
    if long:
        assays = assays.melt(["sample"], ["Cu", "Zn"], "analyte", "result")
        row, keys = 51, keys | {"long": {"element": "analyte", "value": "result"}}
    keys = section(**keys)
    frame, source = read_samples(places, keys, write(tmp_path, assays, "a.csv"))
    with pytest.raises(InputError, match=rf"/a\.csv, column 'Zn', row {row}: 'abc' is not a number") as told:
        clean_samples(frame, keys, None, source)
    assert "with a.csv" not in str(told.value)


def test_headers_with_signs_of_several_spellings_in_long_and_joined_tables(tmp_path) -> None:
    table = survey(sample=[str(1000 + i) for i in range(40)]).rename(columns={"sample": "№"})
    places = write(tmp_path, table[["№", "x", "y"]])
    assays = table[["№", "Cu", "Zn"]].rename(columns={"Zn": "Ｚｎ"})
    assays.loc[4, "Ｚｎ"] = "abc"
    keys = section(join={"file": "a.csv", "key": "№"})
    frame, source = read_samples(places, keys, write(tmp_path, assays, "a.csv"))
    with pytest.raises(InputError, match=r"/a\.csv, column 'Zn', row 6: 'abc'"):
        clean_samples(frame, keys, None, source)
    long = assays.drop(4).melt(["№"], ["Cu", "Ｚｎ"], "ａnalyte", "№ 2")
    keys |= {"long": {"element": "ａnalyte", "value": "№ 2"}}
    frame, source = read_samples(places, keys, write(tmp_path, long, "a.csv"))
    samples, _ = clean_samples(frame, keys, None, source)
    np.testing.assert_allclose(samples["Cu"], np.delete(CU, 4))
    np.testing.assert_allclose(samples["Zn"], np.delete(ZN, 4))


def test_units_of_a_row_belong_to_headers_with_signs_of_several_spellings(tmp_path) -> None:
    table = survey().rename(columns={"Zn": "Ｚｎ"})
    units = pd.DataFrame({name: ["ppb" if name == "Ｚｎ" else "ppm"] for name in table.columns})
    path = write(tmp_path, pd.concat([units.assign(x="", y=""), table]))
    keys = section(units_row=2, unit=None, implausible="report")
    samples, _ = clean_samples(read_samples(path, keys)[0], keys, None, "s.csv")
    np.testing.assert_allclose(samples["Zn"], ZN / 1000)


def test_joined_assays(tmp_path) -> None:
    table = survey(sample=[str(1000 + i) for i in range(40)])
    places = write(tmp_path, table[["sample", "x", "y"]])
    assays = table[["sample", "Cu", "Zn"]].rename(columns={"sample": "id"}).iloc[::-1]
    keys = section(join={"file": "a.csv", "key": "sample", "file_key": "id"})
    frame, source = read_samples(places, keys, write(tmp_path, assays, "a.csv"))
    samples, _ = clean_samples(frame, keys, None, source)
    np.testing.assert_allclose(samples["Cu"], CU)
    assert (samples.attrs["warnings"], source.endswith("s.csv (with a.csv)")) == ([], True)

    other = pd.concat([assays.iloc[1:], pd.DataFrame({"id": ["STD"], "Cu": ["1"], "Zn": ["2"]})])
    frame, _ = read_samples(places, keys, write(tmp_path, other, "a.csv"))
    told = [one["what"] for one in frame.attrs["warnings"]]
    assert any("1 of 40 samples have no assay" in one and "'1039'" in one for one in told)
    assert any("1 of 40 assays belong to no sample" in one and "'STD'" in one for one in told)
    assert clean_samples(frame, keys, None, "s.csv")[0]["Cu"].notna().sum() == 39

    with pytest.raises(InputError, match=r"a\.csv, column 'id': '1039' stands in rows 2 and 42"):
        read_samples(places, keys, write(tmp_path, pd.concat([assays, assays.iloc[:1]]), "a.csv"))
    with pytest.raises(InputError, match=r"no sample has an assay in .*'1000'.*'A1039'.*samples\.join"):
        read_samples(places, keys, write(tmp_path, assays.assign(id="A" + assays["id"]), "a.csv"))
    with pytest.raises(InputError, match=r"no column 'id' \(samples\.join\.file_key\)"):
        read_samples(places, keys, write(tmp_path, assays.rename(columns={"id": "no"}), "a.csv"))
