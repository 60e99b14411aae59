"""Headers of tables that say something else than the config does."""

import numpy as np
import pytest
from certificate_files import CU, ZN, assert_values, clean, records, stops, text, warnings_of


def content(*names, zn=ZN) -> str:
    return text([["sample", "x", "y", *names], *records(CU, zn)])


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("ZnPPB", "ppb by the header"),
        ("Znpct", "percent by the header"),
        ("Zn_opt", "'opt' by the header"),
        ("Zn (ppt)", "'ppt' by the header"),
        ("Zn [g/kg]", "'g/kg' by the header"),
        ("Zn µg/L", "'μg/L' by the header"),
    ],
)
def test_units_that_are_none_of_the_config(tmp_path, name, unit) -> None:
    message = stops(tmp_path, content("Cu", name), elements={"Cu": "Cu", "Zn": name}, implausible="report")
    assert f"the unit is ppm by the config and {unit}" in message
    assert "samples.units" in message


def test_unit_that_the_config_explains(tmp_path) -> None:
    names = {"Cu": "Cu", "Zn": {"column": "Zn_ppt", "unit": "ppb"}}
    samples, _ = clean(tmp_path, content("Cu", "Zn_ppt", zn=1000 * ZN), elements=names, units={"ppt": "ppb"})
    assert_values(samples)


@pytest.mark.parametrize(
    "name",
    ["Zn_ln", "lnZn", "logZn_ICP", "Zn log10", "Zn_rank", "Zn (z-score)", "Zn Error", "Zn_cps", "clrZn"],
)
def test_what_is_no_concentration_stops(tmp_path, name) -> None:
    file = content("Cu", name)
    message = stops(tmp_path, file, elements={"Cu": "Cu", "Zn": name})
    assert f"column {name!r}: what is made by" in message
    told = {"column": name, "unit": "ppm"}
    assert f"samples.elements: {{Zn: {{column: {name}, unit: ppm}}}}" in message
    assert_values(clean(tmp_path, file, elements={"Cu": "Cu", "Zn": told})[0])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Pb_ppm", "the header names Pb, and the column is read as Zn"),
        ("ICP Pb", "the header names Pb, and the column is read as Zn"),
        ("ZnO_ppm", "the header names ZnO, and the column is read as Zn; values of the one are 0.8034 times"),
        ("K/Zn", "the header names two elements, as of a ratio, and the column is read as Zn"),
    ],
)
def test_another_name_in_the_header_is_told(tmp_path, name, told) -> None:
    samples, _ = clean(tmp_path, content("Cu", name), elements={"Cu": "Cu", "Zn": name})
    (warning,) = warnings_of(samples)
    assert warning.startswith(f"{name}  {told}")


@pytest.mark.parametrize("name", ["Th_U", "K/Zn", "Zn-Cu"])
def test_ratios_that_an_expression_takes_for_an_element(tmp_path, name) -> None:
    file = content("Cu", name, zn=10 + np.arange(40) % 7)
    samples, _ = clean(
        tmp_path, file, elements=r"^(?P<element>[A-Z][a-z]?)(?:[_/-].*)?$", implausible="report"
    )
    assert "as of a ratio" in warnings_of(samples)[0]


@pytest.mark.parametrize(
    "name",
    [
        "Zn_ICP",
        "ME-MS61 Zn",
        "Zn As received",
        "zinc P-XRF",
        "Zn_In house",
        "result 7",
        "Zn_AR",
        "Zn_S",
        "ZN",
        "Log No",
    ],
)
def test_headers_without_a_doubt(tmp_path, name) -> None:
    told = {"column": name, "unit": "ppm"} if name == "Log No" else name
    samples, _ = clean(tmp_path, content("Cu", name), elements={"Cu": "Cu", "Zn": told})
    assert_values(samples)
    assert warnings_of(samples) == []
