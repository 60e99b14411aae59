"""Samples: what was understood of each column, and all errors of a table that a run would stop at."""

import numpy as np
import pytest
from geohalo.check.samples import UNREADABLE


def row(ground, element: str) -> dict:
    return ground.columns.set_index("element").loc[element].to_dict()


def test_what_was_understood(checked) -> None:
    found = checked()
    assert found.findings.errors == []
    # The one value above an upper limit is told.
    assert [(stage, one.column) for stage, one in found.findings.warnings if one.column == "Cu_ppm"] == [
        ("clean_samples", "Cu_ppm")
    ]
    ground = found.ground
    assert ground.elements == ["Cu", "Zn", "Fe"]
    copper, iron = row(ground, "Cu"), row(ground, "Fe")
    assert {key: copper[key] for key in ("column", "unit", "n", "censored", "missing", "above_limit")} == {
        "column": "Cu_ppm",
        "unit": "ppm",
        "n": 48,
        "censored": 1,
        "missing": 1,
        "above_limit": 1,
    }
    assert copper["detection_limit_ppm"] == 5
    # Half the limit, the upper limit, and 23 to 68.
    assert copper["median_ppm"] == np.median([2.5, 300, *range(23, 69)]) == 45.5
    assert (iron["unit"], iron["factor"]) == ("percent", 10_000)
    assert iron["median_ppm"] == pytest.approx(22_000)
    # As elements.csv has it.
    assert (iron["plausible_low"], iron["plausible_high"]) == (20, 700_000)
    assert ground.unused == ["sample", "note"]
    assert ground.counted["rows_read"] == ground.counted["samples"] == 49
    assert ground.spacing == 1000
    assert ground.crs == "EPSG:32633"


def test_the_grid_is_that_of_the_maps(checked) -> None:
    ground = checked().ground
    assert ground.grid.shape == (16, 16)
    x, y = np.meshgrid(ground.grid.x, ground.grid.y)
    apart = np.hypot(x[..., None] - ground.places[:, 0], y[..., None] - ground.places[:, 1])
    np.testing.assert_array_equal(ground.mask, (apart <= 1000).any(axis=2))
    assert ground.n_cells == ground.mask.sum() == len(ground.cells)


def test_all_errors_are_found_and_the_rest_is_read(checked, tables) -> None:
    table = tables[0]()
    table.loc[4, "Cu_ppm"] = "see note"
    table.loc[9, "Zn_ppm"] = "-7"
    table.loc[11, "x"] = "east"
    found = checked(table)
    messages = [message for stage, message in found.findings.errors if stage == "clean_samples"]
    assert len(messages) == 3
    for parts in (
        ("column 'Cu_ppm', row 6", "see note"),
        ("column 'Zn_ppm', row 11", "negative"),
        ("column 'x', row 13", "'east' is not a coordinate"),
    ):
        assert any(all(part in message for part in parts) for message in messages), (parts, messages)
    ground = found.ground
    assert row(ground, "Cu")["reason"] == row(ground, "Zn")["reason"] == UNREADABLE
    assert (row(ground, "Fe")["n"], row(ground, "Fe")["kept"]) == (49, True)
    assert ground.places is None
    assert ground.unused == ["sample", "note"]


def test_places_are_known_where_a_column_is_not(checked, tables) -> None:
    table = tables[0]()
    table.loc[4, "Cu_ppm"] = "see note"
    found = checked(table)
    assert len(found.findings.errors) == 1
    assert found.ground.places.shape == (49, 2)
    assert found.ground.grid.shape == (16, 16)
    # The deposits are checked all the same.
    assert found.deposits.groups == 3
    assert len(found.labels.folds) == 2


def test_an_implausible_unit_is_told_once(checked, tables) -> None:
    table = tables[0]().rename(columns={"Zn_ppm": "Zn_pct"})
    found = checked(table)
    (message,) = [message for _, message in found.findings.errors]
    assert "column 'Zn_pct'" in message
    assert "plausible" in message
    assert "as ppm it would be plausible" in row(found.ground, "Zn")["reason"]


def test_an_implausible_unit_beside_another_error(checked, tables) -> None:
    table = tables[0]().rename(columns={"Zn_ppm": "Zn_pct"})
    table.loc[4, "Cu_ppm"] = "see note"
    messages = [message for _, message in checked(table).findings.errors]
    assert len(messages) == 2
    assert "'see note'" in messages[0]
    assert "column 'Zn_pct'" in messages[1]


def test_unknown_flags_are_told_once_and_the_values_are_read(checked, tables) -> None:
    table = tables[0]().assign(Cu_ppm_Q="", Zn_ppm_Q="")
    table.loc[[3, 5], "Cu_ppm_Q"] = "L"
    table.loc[7, "Zn_ppm_Q"] = "G"
    found = checked(table, samples={"censoring": {"flag": "_Q"}})
    (message,) = [message for _, message in found.findings.errors]
    assert "'L' (2), 'G' (1)" in message
    assert row(found.ground, "Zn")["n"] == 49
    assert found.ground.unused == ["sample", "note"]


def test_too_few_samples_stop_and_are_shown(checked, tables) -> None:
    found = checked(tables[0]()[:20])
    (message,) = [message for stage, message in found.findings.errors if stage == "clean_samples"]
    assert "only 20 usable samples" in message
    assert row(found.ground, "Zn")["n"] == 20
    assert len(found.ground.places) == 20


def test_a_table_that_cannot_be_read_leaves_the_deposits(checked, tables) -> None:
    found = checked(tables[0]().rename(columns={"x": "y2", "y": "y2"}))
    assert found.findings.errors[0][0] == "clean_samples"
    assert found.ground.columns.empty
    assert found.deposits.counted == {"rows_read": 5}
    wrong = tables[1]()
    wrong.loc[2, "y"] = "north"
    found = checked(tables[0]().rename(columns={"x": "y2", "y": "y2"}), wrong)
    assert [stage for stage, _ in found.findings.errors] == ["clean_samples", "clean_deposits"]
    assert "column 'y', row 4: 'north' is not a coordinate" in found.findings.errors[1][1]


def test_no_column_matches(checked) -> None:
    found = checked(samples={"elements": "^(?P<element>[A-Z])_none$", "unit": "ppm"})
    assert "no column matches samples.elements" in found.findings.errors[0][1]
    assert found.ground.columns.empty
    assert len(found.ground.places) == 49


def test_a_grid_that_cannot_be_laid_stops(checked) -> None:
    found = checked(grid={"cell": 0.5, "max_distance": 1000})
    (message,) = [message for _, message in found.findings.errors]
    assert "grid.cell" in message
    assert found.ground.grid is None
    assert found.ground.elements == ["Cu", "Zn", "Fe"]
