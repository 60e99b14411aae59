"""Rows of quality control that nobody told of: what is found, and what is left alone."""

import numpy as np
import pandas as pd
import pytest
from geohalo.survey.control_hints import unnamed_control
from geohalo.survey.samples import clean_samples
from survey_tables import section, survey_table


def hint(**columns) -> list:
    """Return the warnings of a table of eight rows."""
    return unnamed_control(pd.DataFrame(columns), np.arange(2, 10), "s.csv")


def test_kinds_of_rows_are_suggested() -> None:
    kinds = ["S", "S", "STD", "Blank", "Field Duplicate", "S", "S", "S"]
    (told,) = hint(sample=list("abcdefgh"), Type=kinds)
    assert told.what.startswith("3 rows seem to be quality control ('STD', 'Blank', 'Field Duplicate')")
    assert "{column: Type, reference: [STD], blank: [Blank], field_duplicate: [Field Duplicate]}" in told.fix
    assert (told.column, told.row) == ("Type", "4")


def test_short_codes_count_beside_plain_words_only() -> None:
    assert not hint(kind=["FD", "LR", "S", "S", "S", "S", "S", "S"])
    (told,) = hint(kind=["FD", "LR", "CRM", "S", "S", "S", "S", "S"])
    assert "reference: [CRM], field_duplicate: [FD], laboratory_duplicate: [LR]" in told.fix.replace(
        "field_duplicate: [FD], laboratory_duplicate: [LR], reference: [CRM]",
        "reference: [CRM], field_duplicate: [FD], laboratory_duplicate: [LR]",
    )


def test_names_of_samples() -> None:
    (told,) = hint(SampleID=["A1", "A2", "STD-1", "A3", "A4", "OREAS 45e", "A5", "A6"], rock=["granite"] * 8)
    assert told.what.startswith("2 rows seem to be quality control by their names (STD-1, OREAS 45e)")
    assert "{reference: {SampleID: [STD-1]}}" in told.fix


@pytest.mark.parametrize(
    "columns",
    [
        {"place": ["Blank Creek", "Standard Hill", "Dup Lake", "a", "b", "c", "d", "e"]},
        {"sample_id": ["DUPONT1", "STDX", "BLANKET", "CRMA", "a", "b", "c", "d"]},
        # All rows are of one kind, or most.
        {"method": ["standard"] * 8},
        {"digest": ["standard"] * 5 + ["special"] * 3},
        {"sample": [f"STD{one}" for one in range(8)]},
        {"name": ["CRM 1", "b", "c", "d", "e", "f", "g", "h"]},
    ],
)
def test_other_words_raise_no_alarm(columns) -> None:
    assert not hint(**columns)


def test_told_rows_raise_no_alarm() -> None:
    table = survey_table().assign(type=["CRM"] + ["S"] * 35)

    def doubts(wanted) -> list[dict]:
        return clean_samples(table, wanted)[0].attrs["warnings"]

    assert [one["column"] for one in doubts(section())] == ["type"]
    assert not doubts(section(column="type", reference=["CRM"]))
    assert not doubts(section() | {"keep": {"type": ["S"]}})


def test_one_warning_where_rows_of_one_place_differ_as_well() -> None:
    table = survey_table()
    standard = table[:1].assign(type="CRM", Cu_ppm=3000)
    (told,) = clean_samples(pd.concat([table, standard], ignore_index=True), section())[0].attrs["warnings"]
    assert told["what"].startswith("at 1 of 1 places with several rows the rows differ by more than 3 times")
    assert told["fix"].endswith(
        "; or say what they are, for example samples.quality: {column: type, reference: [CRM]}"
    )
