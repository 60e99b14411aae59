"""Warnings about input: one line each, and the same after they were written."""

import pandas as pd
import pytest
from geohalo.input_warnings import (
    COLUMNS,
    InputWarning,
    as_records,
    from_records,
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
