"""Names that a spreadsheet would run reach its tables as text, and the workflow as they were."""

import csv

import numpy as np
import pandas as pd
import pytest
from geohalo.files.tables import read_csv, write_csv
from geohalo.table_text import neutralised_text, restored_text
from hypothesis import given
from hypothesis import strategies as st

FORMULA = '=HYPERLINK("http://example.org","Bald Hill")'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (FORMULA, f"'{FORMULA}"),
        ("+1-541", "'+1-541"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        # Numbers and names stay.
        ("-5.2", "-5.2"),
        ("+1e-3", "+1e-3"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("Bald Hill", "Bald Hill"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text, written):
    assert neutralised_text(text) == written
    assert restored_text(written) == text


@given(st.text(alphabet="'=+-@\t\r1e.aß", max_size=8))
def test_every_text_comes_back(text):
    assert restored_text(neutralised_text(text)) == text
    assert neutralised_text(text)[:1] not in ("=", "@", "\t", "\r")


def test_a_table_keeps_its_numbers_and_gives_its_names_back(tmp_path):
    path = str(tmp_path / "targets.csv")
    table = pd.DataFrame(
        {
            "rank": [1, 2, 3],
            "nearest_deposit": [FORMULA, "-", None],
            "x": [-1.5, np.nan, 2.0],
            "kind": pd.Categorical(["+a", "b", "b"]),
            "=element": [-1, -2, -3],
        },
        index=[5, 5, 7],
    )
    write_csv(table, path)
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["rank", "nearest_deposit", "x", "kind", "'=element"],
        ["1", f"'{FORMULA}", "-1.5", "'+a", "-1"],
        ["2", "'-", "", "b", "-2"],
        ["3", "", "2.0", "b", "-3"],
    ]
    back = read_csv(path)
    assert list(back.columns) == list(table.columns)
    assert back["nearest_deposit"].to_list()[:2] == [FORMULA, "-"]
    assert back["nearest_deposit"].isna().to_list() == [False, False, True]
    assert back["kind"].to_list() == ["+a", "b", "b"]
    assert back["x"].dtype == float
    assert back["=element"].to_list() == [-1, -2, -3]
    # The table itself is not changed.
    assert table["nearest_deposit"].iloc[0] == FORMULA


def test_names_of_deposits_reach_the_folds_as_text_and_come_back(tmp_path):
    folds = pd.DataFrame({"deposit": [1, 2], "name": ["=1+1", "+two"], "x": [0.0, 1.0]})
    write_csv(folds, str(tmp_path / "deposits.csv"))
    assert (tmp_path / "deposits.csv").read_text().splitlines()[1:] == ["1,'=1+1,0.0", "2,'+two,1.0"]
    assert read_csv(tmp_path / "deposits.csv")["name"].to_list() == ["=1+1", "+two"]
