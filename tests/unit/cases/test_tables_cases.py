"""The handed cases on tables: the right samples, or a message that names what is wrong and a way out."""

import copy
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml
from geohalo.errors import InputError
from geohalo.settings import check_settings
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import clean_samples

CASES = Path(os.environ.get("GEOHALO_CASES", Path(__file__).resolve().parents[4] / "shared" / "cases"))
ELEMENTS = ["Cu", "Zn", "Pb", "As", "Ni", "Cr", "Co", "Ba", "Sr", "Y", "Fe", "Au"]

pytestmark = pytest.mark.skipif(
    not (CASES / "short-row").exists(), reason=f"no cases in {CASES}: set GEOHALO_CASES"
)


def clean(name: str, **changes: Any) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Clean a case's samples, with keys of the section `samples` changed."""
    config = yaml.safe_load((CASES / name / "config.yaml").read_text(encoding="utf-8"))
    config["samples"] |= copy.deepcopy(changes)
    settings = check_settings(config)
    table, source = read_samples(CASES / name / settings["samples"]["file"], settings["samples"])
    return clean_samples(table, settings["samples"], settings["grid"]["crs"], source)


def stops(name: str, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        clean(name, **changes)
    return str(caught.value)


def says(text: str, *parts: str) -> None:
    for part in parts:
        assert part in text, text


def fixed_places() -> gpd.GeoDataFrame:
    """Return the samples that most cases are made of."""
    return clean("sep-line")[0]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("commas-in-headers", {}),
        ("sep-line", {}),
        ("utf16", {}),
        ("micro-sign", {}),
        ("units-row", {}),
        ("units-row", {"missing": [], "unit": None}),
        ("lab-certificate", {"header": 6}),
        ("lab-certificate", {"header": 6, "units_row": 7, "unit": None}),
        ("decimal-comma", {"decimal": ","}),
        ("long-format", {"long": {"element": "analyte", "value": "result", "unit": "unit"}, "unit": None}),
        ("long-format", {"long": {"element": "analyte", "value": "result", "sample": "sample"}}),
    ],
)
def test_all_samples_and_elements_are_read(name, changes) -> None:
    samples, report = clean(name, **changes)
    expected = fixed_places()
    assert list(report["element"]) == ELEMENTS
    assert list(report["unit"]) == ["ppm"] * 12
    assert len(samples) == 144
    for element in ELEMENTS:
        # Some of the files are rounded to three decimals.
        np.testing.assert_allclose(samples[element], expected[element], rtol=1e-12, atol=0.00051)
    np.testing.assert_allclose(samples.geometry.x, expected.geometry.x, atol=0.06)


def test_row_that_lost_a_cell() -> None:
    says(stops("short-row"), "samples.csv, row 31: 14 cells, the header has 15 names")


def test_codes_among_negative_limits() -> None:
    says(stops("negative-code-5555"), "'Cu', row 22", "-5555", "largest 115.9", "samples.missing")
    says(stops("negative-code-5555", missing=[-5555]), "'Zn', row 42", "-9999", "samples.missing")
    samples, report = clean("negative-code-5555", missing=[-5555, -9999])
    report = report.set_index("element")
    assert report.loc["Cu", "missing"] == 4
    assert report.loc["Zn", "missing"] == 2
    assert report.loc["Cu", "detection_limit_ppm"] == 2
    assert samples["Cu"].max() == pytest.approx(115.9, abs=0.05)
    assert samples["Cu"].isna().sum() == 4


def test_latitude_is_no_yttrium() -> None:
    samples, report = clean("y-is-latitude")
    assert list(report["element"]) == [one for one in ELEMENTS if one != "Y"]
    (told,) = samples.attrs["warnings"]
    assert (told["column"], told["file"][-11:]) == ("Y", "samples.csv")
    says(told["what"], "not read as Y")
    says(stops("y-is-latitude", elements={"Y": "Y", "Cu": "Cu"}), "'Y'", "samples.elements.Y", "coordinate")


def test_qualifiers_of_the_usgs() -> None:
    says(stops("usgs-qualifier"), "'Cu_Q'", "'L' (10)", "'N' (3)", "'G' (3)", "samples.censoring.flags")
    samples, report = clean(
        "usgs-qualifier", censoring={"flag": "_Q", "flags": {"L": "below", "N": "below", "G": "above"}}
    )
    cu = report.set_index("element").loc["Cu"]
    assert (cu["censored"], cu["above_limit"], cu["detection_limit_ppm"]) == (13, 3, 2)
    np.testing.assert_array_equal(samples["Cu"][samples["Cu_censored"]], np.ones(13))
    mapped, _ = clean(
        "usgs-qualifier",
        censoring={"flag": {"Cu": "Cu_Q"}, "flags": {"L": "below", "N": "missing", "G": "ignore"}},
    )
    assert mapped["Cu_censored"].sum() == 10
    assert mapped["Cu"].isna().sum() == 3


def test_rows_that_are_not_the_survey() -> None:
    samples, _ = clean("qc-rows")
    *values, rows = samples.attrs["warnings"]
    assert [one["column"] for one in values] == ["Cu", "Au"]
    says(rows["what"], "15 of 15 places", "more than 3 times")
    says(
        rows["fix"], "samples.keep", "keep: {type: [S]}", "samples.quality: {column: type, reference: [CRM]}"
    )
    assert rows["row"] == "2"
    kept, _ = clean("qc-rows", keep={"type": ["S"]})
    assert kept.attrs["warnings"] == []
    assert len(kept) == 144
    assert kept["Cu"].max() == pytest.approx(115.9, abs=0.05)


def test_words_below_the_limit() -> None:
    says(stops("bdl-words"), "'Cu', row 5: 'X'", "samples.censoring.below_text", "samples.missing")
    samples, report = clean("bdl-words", censoring={"below_text": ["x", "BDL"]})
    report = report.set_index("element")
    assert (report.loc["Cu", "censored"], report.loc["As", "censored"]) == (6, 41)
    for element in ("Cu", "As"):
        low = samples[f"{element}_censored"]
        np.testing.assert_allclose(samples[element][low], 0.5 * samples[element][~low].min())
    assert report.loc["As", "kept"]


def test_decimal_commas_and_commas_between_thousands_are_asked_for() -> None:
    says(stops("decimal-comma"), "'x', row 2", "samples.decimal: ','")
    says(stops("thousands-comma"), "'Ba', row 2", "'3,742.8'", "samples.thousands: ','")
    both = stops("thousands-comma", exclude=["Ba"])
    says(both, "'31,338' may be 31338 (", "samples.thousands", "or 31.338 (", "samples.decimal")
    _, report = clean("thousands-comma", thousands=",")
    assert report.set_index("element").loc["Fe", "median_ppm"] == pytest.approx(35000, rel=0.02)
    says(stops("thousands-comma", decimal=","), "'x', row 2", "'501014.2'", "samples.decimal")


def test_header_of_a_certificate_is_pointed_out() -> None:
    says(stops("lab-certificate"), "line 6 (SAMPLE, EAST, NORTH", "samples.header: 6")


def test_signs_that_look_alike() -> None:
    samples, _ = clean("unicode-signs")
    np.testing.assert_allclose(samples["Cu"][:4], [1, 1, 12.3, 1012.3])
    assert list(samples["Cu_censored"][:4]) == [True, True, False, False]


def test_formulas_without_results() -> None:
    says(stops("xlsx-formula"), "samples.xlsx", "'Au_ppm', row 2", "=D2/1000", "20 in this column", "save it")


def test_second_method_where_the_first_is_capped() -> None:
    capped, report = clean("two-methods")
    assert report.set_index("element").loc["Cu", "above_limit"] == 16
    says(capped.attrs["warnings"][0]["what"], "16 values lie above an upper limit")
    elements = {
        "Zn": "Zn",
        "Cu": [{"column": "Cu-ME-MS61_ppm", "unit": "ppm"}, {"column": "Cu-OG62_pct", "unit": "percent"}],
    }
    samples, report = clean("two-methods", elements=elements)
    cu = report.set_index("element").loc["Cu"]
    assert (cu["above_limit"], cu["missing"]) == (0, 0)
    assert cu["column"] == "Cu-ME-MS61_ppm; Cu-OG62_pct"
    assert (samples["Cu"] == 18500).sum() == 16
    assert samples.attrs["warnings"] == []


def test_long_table_is_recognised() -> None:
    says(stops("long-format"), "'analyte' holds elements", "samples.long")
