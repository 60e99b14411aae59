"""Warnings about input: one line each, and the same after they were written."""

import pandas as pd
import pytest
from geohalo.input_warnings import (
    COLUMNS,
    InputWarning,
    as_records,
    from_records,
    named_within,
    relative_to,
    warnings_in,
    warnings_table,
)

FULL = InputWarning("two places are one", "check samples.x", "a.csv", "Cu, ppm", "31")


@pytest.mark.parametrize(
    ("warning", "line"),
    [
        (FULL, "a.csv, column 'Cu, ppm', row 31: two places are one; check samples.x"),
        (
            InputWarning("few groups", "lower labels.group_distance"),
            "few groups; lower labels.group_distance",
        ),
        (InputWarning("odd", "check it", "a.csv", row="2"), "a.csv, row 2: odd; check it"),
    ],
)
def test_a_warning_is_a_line(warning, line):
    assert str(warning) == line


def test_a_table_holds_all_of_them(tmp_path):
    others = [FULL, InputWarning('he said "<2", twice', "-"), InputWarning("NA", "None")]
    table = warnings_table("clean_samples", others)
    assert list(table.columns) == list(COLUMNS)
    assert (table["stage"] == "clean_samples").all()
    table.to_csv(tmp_path / "warnings.csv", index=False)
    read = pd.read_csv(tmp_path / "warnings.csv", dtype=str, keep_default_na=False)
    assert warnings_in(read) == others
    assert from_records(as_records(others)) == others
    assert warnings_in(warnings_table("clean_samples", [])) == []


@pytest.mark.parametrize(
    ("text", "folder", "named"),
    [
        ("/home/ann/data/own/s.csv", "/home/ann/data", "own/s.csv"),
        ("/home/ann/data/own/s.csv", "/home/ann/data/", "own/s.csv"),
        (
            "no assay in /home/ann/data/a.csv (the first is 7)",
            "/home/ann/data",
            "no assay in a.csv (the first is 7)",
        ),
        ("'/d/s.csv': see /d/t.csv, /d", "/d", "'s.csv': see t.csv, /d"),
        ("s.csv (with a.csv)", "/home/ann/data", "s.csv (with a.csv)"),
        # Another folder of a longer name, or below another one.
        ("/home/ann/database/s.csv", "/home/ann/data", "/home/ann/database/s.csv"),
        ("/mnt/home/ann/data/s.csv", "/home/ann/data", "/mnt/home/ann/data/s.csv"),
        ("/home/ann.b/s.csv", "/home/annab", "/home/ann.b/s.csv"),
        ("data/own/s.csv", "data", "own/s.csv"),
        ("mydata/s.csv", "data", "mydata/s.csv"),
        ("/a/s.csv", "/", "/a/s.csv"),
        ("s.csv", "", "s.csv"),
        ("s.csv", ".", "s.csv"),
    ],
)
def test_files_are_named_relative_to_the_data_folder(text, folder, named):
    assert named_within(text, folder) == named


def test_a_relative_data_folder_is_left_out_of_absolute_names_as_well(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert named_within(f"{tmp_path}/data/s.csv", "data") == "s.csv"
    warning = InputWarning("odd in data/s.csv", "see data/t.csv", "data/s.csv", "data/", "2")
    assert relative_to([warning], "data") == [
        InputWarning("odd in s.csv", "see t.csv", "s.csv", "data/", "2")
    ]
