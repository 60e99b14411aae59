"""Rows at one place, tables with a row for each result, and assays joined to places."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import clean_samples
from meaning_tables import CU, ZN, clean, section, survey


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


@pytest.mark.parametrize(("name", "flag"), [("result_qualifier", "L"), ("lt", "<"), ("note", "<")])
def test_flags_of_results_that_no_key_names_are_told(tmp_path, name, flag) -> None:
    table = long_form(**{name: ""})
    table.loc[[0, 41], name] = flag
    path = write(tmp_path, table)
    keys = section(long=LONG | {"sample": "sample"})
    samples, _ = clean_samples(read_samples(path, keys)[0], keys, None, "s.csv")
    (told,) = samples.attrs["warnings"]
    assert told["column"] == name
    assert told["what"] == f"the column holds {flag!r} and seems to flag results, which are read as measured"
    assert f"samples.long.flag: {name}" in told["fix"]
    keys = section(long=LONG | {"flag": name, "sample": "sample"}, censoring={"flags": {"L": "below"}})
    samples, _ = clean_samples(read_samples(path, keys)[0], keys, None, "s.csv")
    assert [one["what"] for one in samples.attrs["warnings"] if "flag" in one["what"]] == []
    np.testing.assert_allclose(samples["Cu"][:2], [CU[0] / 2, CU[1]])


def test_keys_that_a_spreadsheet_has_shortened(tmp_path) -> None:
    table = survey(sample=[f"{1e7 + i:.2E}" for i in range(40)])
    keys = section(join={"file": "a.csv", "key": "sample"})
    path, assays = write(tmp_path, table[["sample", "x", "y"]]), write(tmp_path, table, "a.csv")
    with pytest.raises(InputError, match=r"'1\.00E\+07' stands in rows 2 and 3 .*shortened long numbers"):
        read_samples(path, keys, assays)


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
