"""What codes, words, units and headers of a table mean."""

import numpy as np
import pytest
from geohalo.errors import InputError
from geohalo.survey.censoring import parse_concentrations
from geohalo.survey.columns import concentration_columns
from geohalo.survey.spelling import plain, plain_pattern
from geohalo.survey.units import known_unit, looks_like_units
from meaning_tables import CU, RNG, ZN, clean, message, section, survey, text

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
