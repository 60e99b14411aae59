"""Columns that hold something else than concentrations, or another element: copies, logarithms, limits, deviations."""

import numpy as np
import openpyxl
import pytest
from geohalo.errors import InputError
from geohalo.survey.header_doubts import derived_word
from geohalo.survey.same_values import repeats
from geohalo.survey.tables import read_table
from meaning_tables import CU, RNG, ZN, clean, message, survey, text

PB = np.round(20 * np.exp(RNG.normal(0, 0.3, 40)), 2)
NI = np.round(35 * np.exp(RNG.normal(0, 0.3, 40)), 2)


def warnings(table, **keys) -> list[str]:
    return [f"{one['column']}: {one['what']}" for one in clean(table, **keys)[0].attrs["warnings"]]


def written(values) -> list[str]:
    return [f"{value:.6g}" for value in values]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (CU, "are those of Cu in every row"),
        (2 * CU, "are 2 times those of Cu in every row"),
        (np.where(np.arange(40) == 7, 5.0, CU), "are those of Cu in 98% of the rows"),
        (np.where(np.arange(40) % 4 == 1, PB, CU), None),
    ],
)
def test_copies_of_columns(values, told) -> None:
    found = warnings(survey(Pb=written(values)))
    assert len(found) == (told is not None)
    assert all(f"Pb: the values of Pb {told} (column 'Cu')" in one for one in found)


def test_the_share_of_copied_rows_is_that_of_all_rows() -> None:
    """Pairs are looked for by some of 12,000 rows; row 1 is none of these, and differs."""
    first = RNG.lognormal(3, 0.5, 12_000)
    second = first.copy()
    second[1] *= 3
    (found,) = repeats({"Cu": first, "Zn": RNG.lognormal(4, 0.5, 12_000), "Pb": second})
    assert (found.one, found.other, found.times) == ("Cu", "Pb", 1)
    # The most frequent value, here of one row, is not counted.
    assert found.share == 11_998 / 11_999
    assert "in every row" not in found.message("row", "column 'Cu'")


def test_elements_that_share_their_detection_limit_are_no_copies() -> None:
    low = np.arange(40) < 34
    table = survey(Ag=written(np.where(low, 0.05, CU / 300)), Bi=written(np.where(low, 0.05, ZN / 300)))
    assert [one for one in warnings(table) if "those of" in one] == []


@pytest.mark.parametrize(("base", "logarithm"), [("10", np.log10), ("e", np.log)])
def test_logarithms(base, logarithm) -> None:
    columns = {name: written(logarithm(values)) for name, values in {"Cu": CU, "Zn": ZN, "Ni": NI}.items()}
    (warning,) = warnings(survey(**columns))
    assert f"as those of logarithms to base {base} of concentrations in ppm" in warning


def test_dilute_concentrations_are_no_logarithms() -> None:
    values = {"Cu": 1.5 * (CU / 30) ** 3, "Zn": 1.8 * (ZN / 70) ** 3, "Ni": 1.7 * (NI / 35) ** 3}
    assert warnings(survey(**{name: written(cells) for name, cells in values.items()})) == []


def test_ranks_and_stretched_values() -> None:
    columns = {
        name: written((values.argsort().argsort() + 1) / 0.4)
        for name, values in {"Cu": CU, "Zn": ZN, "Ni": NI}.items()
    }
    (warning,) = warnings(survey(**columns))
    assert "the values of Cu, Zn, Ni all reach from 2.5 to 100, as if they had been stretched" in warning


def test_one_value_far_above_all_others() -> None:
    cells = written(np.where(np.arange(40) == 5, 61_000, ZN))
    (warning,) = warnings(survey(Zn=cells))
    assert warning.startswith("Zn: 1 cell holds a value (61000) that lies")
    assert "the strongest anomaly" in warning
    assert warnings(survey(Zn=written(np.where(np.arange(40) == 5, 6100, ZN)))) == []


def test_half_limits_that_are_not_declared() -> None:
    values = np.round(np.maximum(ZN, 60), 1)
    cells = written(np.where(ZN < 60, 30, values))
    (warning,) = warnings(survey(Zn=cells))
    assert warning.startswith(f"Zn: the smallest value, 30, stands in {(ZN < 60).sum()} of 40 cells")
    samples, _ = clean(survey(Zn=cells), censoring={"below": ["half_limit"]})
    assert samples["Zn_censored"].sum() == (ZN < 60).sum()
    assert samples.attrs["warnings"] == []
    # Rounded values have such steps, too.
    rounded = written(np.where(np.arange(40) < 10, 1, np.maximum(2, np.round(ZN / 20))))
    assert warnings(survey(Zn=rounded)) == []


@pytest.mark.parametrize(
    "header", ["Pb_DL", "Pb ppm LOD", "DL_Pb", "Pb_unc", "Pb +/-", "Pb ±", "Pb_count", "Pb_ICP_MDL", "Pb RSD"]
)
def test_headers_of_limits_deviations_and_counts_stop(header) -> None:
    elements = {"Cu": "Cu", "Pb": header}
    assert f"column {header!r}: what is made by" in message(
        survey(**{header: written(PB)}), elements=elements
    )
    stated = {"Cu": "Cu", "Pb": {"column": header, "unit": "ppm"}}
    np.testing.assert_allclose(clean(survey(**{header: written(PB)}), elements=stated)[0]["Pb"], PB)


@pytest.mark.parametrize("header", ["Pb", "Pb_ppm", "Pb (DL 0.5)", "Pb_ICP", "Pb_max", "Pb ppm LOD=0.1"])
def test_headers_of_concentrations(header) -> None:
    assert derived_word(header) is None


@pytest.mark.parametrize("header", ["Pb_n", "Pb_SD", "Pb_ppm_2s"])
def test_headers_that_may_be_none_are_told(header) -> None:
    (warning,) = warnings(survey(**{header: written(PB)}), elements={"Cu": "Cu", "Zn": "Zn", "Pb": header})
    assert warning.startswith(f"{header}: the name ends in ")


@pytest.mark.parametrize(("header", "told"), [("Zinc", True), ("Kupfer ppm", False), ("Copper", False)])
def test_names_of_elements_in_headers(header, told) -> None:
    table = survey(**{header: written(CU)})
    found = warnings(table, elements={"Cu": header, "Zn": "Zn"})
    assert found == ([f"{header}: the header names Zinc, and the column is read as Cu"] if told else [])


def test_an_expression_that_matches_names_says_how_to_map_them() -> None:
    text_of = message(
        survey(Copper=written(CU), Zinc=written(ZN)), elements="^(?P<element>Copper|Zinc)$", unit="ppm"
    )
    assert "'Copper' is the name of Cu: map the column (samples.elements: {Cu: ...})" in text_of


def test_a_raised_figure_is_no_digit() -> None:
    cells = text("8¹", *written(CU[1:]))
    assert "row 2: '8¹' is not a number; remove the signs beside the number" in message(survey(Cu=cells))


@pytest.mark.parametrize(
    ("begins", "what"),
    [
        ("version https://git-lfs.github.com/spec/v1\n", "a placeholder of Git LFS"),
        ("{\\rtf1 id,x,y}", "a document (RTF)"),
        ('[{"id": 1}]', "JSON"),
    ],
)
def test_files_that_are_no_tables(tmp_path, begins, what) -> None:
    file = tmp_path / "samples.csv"
    file.write_text(begins, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_table(file)
    assert f"this is {what} and no text" in str(told.value)


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ('[<5]"<5";General', ["<5", "7"]),
        ('[<=5]"<"0;0.0', ["<2", "7"]),
        ('[>6]">6";0', ["2", ">6"]),
        ('"<"0.0', ["<2", "<7"]),
        ('[Red][<5]"low";0', ["2", "7"]),
    ],
)
def test_limits_that_a_number_format_shows(tmp_path, shown, read) -> None:
    book = openpyxl.Workbook()
    book.active.append(["sample", "As"])
    for row, value in enumerate((2, 7), start=2):
        book.active.append([f"S{row}", value])
        book.active.cell(row, 2).number_format = shown
    book.save(tmp_path / "samples.xlsx")
    assert [str(cell) for cell in read_table(tmp_path / "samples.xlsx")["As"]] == read


@pytest.mark.parametrize(
    ("name", "kinds", "told"),
    [
        ("Depth", ["0-10", "40-50"], True),
        ("depth_cm", ["20", "30"], False),
        ("Method", ["AR-ICP", "4A-ICP"], True),
        ("Sample_Type", ["S", "R"], True),
        ("Sample_Type", ["P", "Q"], False),
        ("type", ["S", "R"], False),
    ],
)
def test_layers_methods_and_codes_of_materials(name, kinds, told) -> None:
    found = warnings(survey(**{name: kinds * 20}))
    assert len(found) == told
    assert all(f"{name}: the column holds {kinds[0]!r} (20 rows)" in one for one in found)


@pytest.mark.parametrize(
    ("name", "cell", "told"),
    [
        ("Status", "rejected", True),
        ("Remarks", "contaminated by a fence; do not use", True),
        ("Comments", "not contaminated", False),
        ("Comments", "voids in rock", False),
        ("geology", "contaminated granite", False),
    ],
)
def test_rows_that_the_table_calls_unfit(name, cell, told) -> None:
    cells = [cell if n in (3, 9) else "ok" for n in range(40)]
    found = warnings(survey(**{name: cells}))
    assert len(found) == told
    assert all(
        f"{name}: 2 rows are marked as unfit ({cell!r} at the first), and are taken for samples" in one
        for one in found
    )


@pytest.mark.parametrize(("cell", "told"), [("R", True), ("ICP", False)])
def test_letters_in_a_column_that_is_named_after_flags(cell, told) -> None:
    cells = [cell if n % 8 == 0 else "" for n in range(40)]
    found = warnings(survey(Cu_Q=cells), elements="^(?P<element>Cu|Zn)$")
    assert len(found) == told
    assert all("Cu_Q: the column holds 'R' and seems to flag values of 'Cu'" in one for one in found)


def test_points_between_thousands_of_coordinates_are_named() -> None:
    table = survey(y=[f"6.0{n:02d}.000" for n in range(40)])
    assert "'6.000.000' has points between thousands: set samples.thousands: '.'" in message(table)


@pytest.mark.parametrize("empty", [9, 5])
def test_many_rows_without_values_are_told(empty) -> None:
    cells = {
        name: [value if 0 < n < 40 - empty else "" for n, value in enumerate(written(values))]
        for name, values in {"Cu": CU, "Zn": ZN}.items()
    }
    found = warnings(survey(**cells))
    assert len(found) == (empty == 9)
    assert all("10 of 40 rows with coordinates hold no concentration of any element" in one for one in found)


def test_text_that_a_formula_keeps_is_read(tmp_path) -> None:
    file = tmp_path / "samples.csv"
    file.write_text('sample,Cu\n="0012",="23.4"\n"=""0013""",5\n', encoding="utf-8")
    table = read_table(file)
    assert table["sample"].tolist() == ["0012", "0013"]
    assert table["Cu"].tolist() == ["23.4", "5"]
