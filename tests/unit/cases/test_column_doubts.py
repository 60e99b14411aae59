"""Columns that hardly hold what they are read as: copies, other units, dates that became numbers."""

import numpy as np
import pytest
from certificate_files import CU, NAMES, ROWS, ZN, assert_values, clean, records, text, warnings_of


def test_a_column_that_repeats_another_is_told(tmp_path) -> None:
    (warning,) = warnings_of(clean(tmp_path, text([NAMES, *records(CU, CU)]))[0])
    assert warning.startswith("Zn  the values of Zn are those of Cu in every row (column 'Cu')")
    few = 20.0 + np.arange(ROWS) % 3
    assert warnings_of(clean(tmp_path, text([NAMES, *records(few, few)]))[0]) == []


@pytest.mark.parametrize(
    ("name", "cells", "told"),
    [
        ("Zn_unit", ["ppb"], "'ppb' (40 rows), and in all rows column 'Zn' is read as ppm"),
        (
            "Zn units",
            ["mg/kg", "%"],
            "'mg/kg' (20 rows), '%' (20 rows), and in all rows column 'Zn' is read as ppm",
        ),
        ("UNITS", ["ug/kg"], "'ug/kg' (40 rows), and in all rows column 'Cu' is read as ppm and others, too"),
        ("assay_unit", ["ppm", "pct"], "and in all rows column 'Cu' is read as ppm and others, too"),
        ("Zn_unit", ["mg/kg"], None),
        ("unit", ["granite", "ppm"], None),
        ("unit", [""], None),
        ("elev_unit", ["%", "ppm"], None),
    ],
)
def test_units_in_a_column(tmp_path, name, cells, told) -> None:
    rows = [[*row, cells[n % len(cells)]] for n, row in enumerate(records())]
    samples, _ = clean(tmp_path, text([[*NAMES, name], *rows]))
    assert_values(samples)
    warnings = warnings_of(samples)
    assert len(warnings) == (told is not None)
    assert all(told in one and one.startswith(f"{name} ") for one in warnings)


@pytest.mark.parametrize("count", [1, 3])
def test_dates_that_became_numbers_are_told(tmp_path, count) -> None:
    rows = records()
    for n in range(count):
        rows[5 + n][3] = str(44260 + 30 * n)
    content = text([NAMES, *rows])
    (warning,) = warnings_of(clean(tmp_path, content)[0])
    assert warning.startswith("Cu 7 ")
    assert "such as 44260, which is 2021-03-05 as spreadsheets count days" in warning
    samples, _ = clean(tmp_path, content, missing=[44260 + 30 * n for n in range(count)])
    assert samples["Cu"].isna().sum() == count
    assert warnings_of(samples) == []


@pytest.mark.parametrize("factor", [1, 1000])
def test_high_values_that_are_no_dates(tmp_path, factor) -> None:
    rows = records(CU, 1500 * ZN if factor == 1 else ZN)
    rows[5][3] = "44260.5" if factor > 1 else rows[5][3]
    rows[6][4] = "44260" if factor == 1 else rows[6][4]
    samples, _ = clean(tmp_path, text([NAMES, *rows]), implausible="report")
    assert [one for one in warnings_of(samples) if "spreadsheets" in one] == []


@pytest.mark.parametrize(("factor", "count"), [(1000, 10), (10_000, 25)])
def test_two_units_in_one_column_are_told(tmp_path, factor, count) -> None:
    mixed = np.where(np.arange(ROWS) < count, ZN / factor, ZN)
    (warning,) = warnings_of(clean(tmp_path, text([NAMES, *records(CU, mixed)]), implausible="report")[0])
    low = mixed[:count]
    assert warning.startswith(
        f"Zn {2 if count < 20 else count + 2} {count} values lie from {low.min():.4g} to"
    )
    assert f"as if they were in two units, {factor} times apart" in warning


@pytest.mark.parametrize(("factor", "count"), [(1000, 1), (50, 20)])
def test_what_are_no_two_units(tmp_path, factor, count) -> None:
    mixed = np.where(np.arange(ROWS) < count, ZN * factor, ZN)
    samples, _ = clean(tmp_path, text([NAMES, *records(CU, mixed)]), implausible="report")
    assert [one for one in warnings_of(samples) if "two units" in one] == []


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (
            "<0.01",
            "1 cell is below a limit (0.01 at the first) that lies 6.02e+03 times below the lowest other value",
        ),
        (
            "0.01",
            "1 cell holds a value (0.01 at the first) that lies 6.02e+03 times below the lowest other value",
        ),
        ("<1", None),
        ("1", None),
    ],
)
def test_limits_and_values_far_below_all_others_are_told(tmp_path, cell, told) -> None:
    rows = records()
    rows[3][4] = cell
    warnings = warnings_of(clean(tmp_path, text([NAMES, *rows]))[0])
    assert len(warnings) == (told is not None)
    assert all(one.startswith(f"Zn 5 {told}") for one in warnings)


@pytest.mark.parametrize(("times", "told"), [(10, True), (0.1, True), (1.3, False)])
def test_a_second_method_of_another_level_is_told(tmp_path, times, told) -> None:
    rows = records(CU, ZN, times * ZN)
    for n in range(4):
        rows[n][4] = ""
    elements = {"Cu": "Cu", "Zn": ["Zn", "Zn_AA"]}
    samples, _ = clean(tmp_path, text([[*NAMES, "Zn_AA"], *rows]), elements=elements)
    np.testing.assert_allclose(samples["Zn"], np.where(np.arange(ROWS) < 4, times * ZN, ZN))
    warnings = [one for one in warnings_of(samples) if "4 values are taken from here" in one]
    assert len(warnings) == told
    assert all(one.startswith("Zn_AA 2 ") and f"is {times:g} times the other" in one for one in warnings)


def test_elements_that_add_up_to_more_than_the_sample_are_told(tmp_path) -> None:
    silicon, iron = 300_000 + 1000 * CU, np.where(np.arange(ROWS) == 7, 710_000, 30_000 + 100 * ZN)
    content = text([[*NAMES[:3], "Si", "Fe"], *records(silicon, iron)])
    (warning,) = warnings_of(clean(tmp_path, content, elements="^(?P<element>Si|Fe)$")[0])
    total = (silicon[7] + 710_000) / 1e4
    assert warning.startswith(
        f" 9 in 1 row the elements add up to more than the sample ({total:.3g} % at the first, most of it Fe)"
    )
