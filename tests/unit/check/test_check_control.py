"""Quality control and batches in a check: rows of control are no samples, and what they say has a part of the page."""

import pandas as pd
import pytest
from geohalo.check.page import as_markdown
from geohalo.check.survey import check_page

QUALITY = {"quality": {"column": "type", "survey": ["S"], "reference": ["STD"]}}


@pytest.fixture
def controlled(tables) -> pd.DataFrame:
    """Return the samples and four analyses of a reference material, in two batches."""
    table = tables[0]().assign(type="S", batch=["A"] * 25 + ["B"] * 24)
    rows = table.iloc[[5, 6, 30, 31]].assign(type="STD", Cu_ppm=["50", "51", "49", "50"], x="", y="")
    return pd.concat([table, rows], ignore_index=True)


def test_rows_of_control_are_judged_and_are_no_samples(checked, controlled, settings) -> None:
    found = checked(controlled, samples=QUALITY)
    assert found.findings.errors == []
    assert (found.ground.counted["rows_read"], found.ground.counted["rows_of_quality_control"]) == (53, 4)
    assert found.ground.counted["samples"] == 49
    # `type` is read; nothing is read from `batch`.
    assert found.ground.unused == ["sample", "note", "batch"]
    control = found.ground.control
    assert [table.name for table in control.tables][:1] == ["table-control"]
    assert sorted(row[0].text for row in control.tables[0].rows) == ["Cu", "Fe", "Zn"]
    page = check_page(found, settings, ["held_out"], {"train": (4000, 5)}, 3.2, "today")
    assert "## Quality control" in as_markdown(page)


def test_rows_of_control_are_left_out_where_cleaning_stops(checked, controlled) -> None:
    controlled.loc[4, "Zn_ppm"] = "see note"
    found = checked(controlled, samples=QUALITY)
    (message,) = [message for _, message in found.findings.errors]
    assert "'see note' is not a number" in message
    assert found.ground.columns.set_index("element")["n"]["Fe"] == 49
    assert found.ground.control.empty


def test_a_role_that_no_row_has_stops(checked, controlled) -> None:
    quality = {"quality": QUALITY["quality"] | {"blank": ["BLK"]}}
    found = checked(controlled, samples=quality)
    assert any("no row holds 'BLK'" in message for _, message in found.findings.errors)


def test_levels_of_batches_are_compared(checked, controlled) -> None:
    found = checked(controlled[controlled["type"] == "S"], samples={"batch": "batch"})
    assert found.findings.errors == []
    (told,) = found.ground.control.lead
    assert told == "0 of 2 batches levelled, in 0 elements."
    assert found.ground.unused == ["sample", "note", "type"]


def test_a_column_of_batches_that_is_not_there_stops(checked) -> None:
    found = checked(samples={"batch": "job"})
    assert any("'job'" in message for _, message in found.findings.errors)


def test_batches_that_cannot_be_levelled_stop_however_many_samples(checked, controlled, monkeypatch) -> None:
    table = controlled[controlled["type"] == "S"].assign(batch="A")
    few = checked(table, samples={"batch": "batch"}).findings.errors
    monkeypatch.setattr("geohalo.check.control.MOST_LEVELLED", 10)
    many = checked(table, samples={"batch": "batch"})
    assert few == many.findings.errors
    ((stage, message),) = few
    assert stage == "level_samples"
    assert "a single batch" in message
    assert many.ground.control.lead[0].startswith("Levels of batches were not compared")
