"""What rows are, which sample a duplicate repeats, and that no other row reaches the survey."""

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.analyses import analyses_table, read_analyses
from geohalo.survey.row_roles import row_roles
from geohalo.survey.samples import clean_samples
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_tables import section, survey_table


def controls() -> pd.DataFrame:
    """Return five rows of quality control, of which two repeat S3 and S5."""
    names = ["C1", "B1", "D1", "L1", "X1"]
    return pd.DataFrame(
        {
            "sample": names,
            "x": [np.nan, np.nan, 502_000, 504_000, 501_000],
            "y": [np.nan, 0, 6_000_000, 6_000_000, 6_003_000],
            "Cu_ppm": [8000, 0.2, 30, 31, 9],
            "Zn_ppm": [9000, 0.1, 32, 33, 8],
            "type": ["OREAS 1", "BLK", "FD", "LR", "core"],
        }
    )


MARKED = {
    "column": "type",
    "reference": ["OREAS 1"],
    "blank": ["BLK"],
    "field_duplicate": ["FD"],
    "laboratory_duplicate": ["LR"],
    "other": ["core"],
}


def test_no_row_of_quality_control_reaches_the_survey() -> None:
    survey = survey_table()
    alone, report = clean_samples(survey, section())
    # Rows of control stand between those of the survey.
    mixed = pd.concat([survey[:10], controls(), survey[10:]], ignore_index=True)
    samples, told = clean_samples(mixed, section(**MARKED))
    pd.testing.assert_frame_equal(
        pd.DataFrame(samples.drop(columns="sample")), pd.DataFrame(alone.drop(columns="sample"))
    )
    pd.testing.assert_frame_equal(told, report)
    assert samples["sample"].tolist()[9:11] == ["11", "17"]
    assert samples.attrs["rows_of_quality_control"] == 5
    assert samples.attrs["rows_merged"] == samples.attrs["dropped_without_coordinates"] == 0


def test_limits_of_the_survey_do_not_hang_on_blanks() -> None:
    survey = survey_table()
    survey.loc[3, "Cu_ppm"] = 0.0
    blanks = controls()[1:2].assign(Cu_ppm=0.001)
    wanted = section(column="type", blank=["BLK"])
    wanted["censoring"]["below"] = ["zero"]
    samples, _ = clean_samples(pd.concat([survey, blanks], ignore_index=True), wanted)
    smallest = survey["Cu_ppm"][survey["Cu_ppm"] > 0].min()
    assert samples["Cu"][3] == pytest.approx(0.5 * smallest)
    assert samples["Cu_censored"][3]


def test_table_of_analyses() -> None:
    table = pd.concat([survey_table(), controls()], ignore_index=True).assign(job=["A"] * 20 + ["B"] * 21)
    analyses = read_analyses(table, section(**MARKED, sample="sample", batch="job"), source="s.csv")
    rows = analyses_table(analyses)
    # "other" is left out; rows count from 2.
    assert rows["row"].tolist() == list(range(2, 42))
    assert rows["role"].tolist()[35:] == [
        "survey",
        "reference",
        "blank",
        "field_duplicate",
        "laboratory_duplicate",
    ]
    assert rows["material"].tolist()[35:] == ["", "OREAS 1", "BLK", "", ""]
    # D1 lies at the place of S3, and L1 at that of S5.
    assert rows["original"].tolist()[35:] == ["", "", "", "4", "6"]
    assert rows["batch"].tolist()[19:21] == ["A", "B"]
    assert rows["order"].tolist() == list(range(40))
    assert rows.geometry.isna().tolist() == [False] * 36 + [True, True, False, False]
    assert rows["Cu"].tolist()[36:] == [8000, 0.2, 30, 31]
    assert rows.crs.to_epsg() == 32633
    assert not analyses.warnings


def test_originals_by_name_and_by_sample() -> None:
    table = pd.concat([survey_table(), controls()[2:4]], ignore_index=True).assign(of="")
    table.loc[36, "of"], table.loc[37, "sample"] = "S20", "S7"
    marked = {"column": "type", "field_duplicate": ["FD"], "laboratory_duplicate": ["LR"]}
    named = read_analyses(table, section(**marked, sample="sample", original="of"))
    assert named.original.tolist()[36:] == [19, 6]
    # A name that two samples have says nothing, and the place of neither is looked at in its stead.
    table.loc[36, "of"], table.loc[3, "sample"], table.loc[19, "sample"] = "S9", "S9", "S20"
    doubtful = read_analyses(table, section(**marked, sample="sample", original="of"))
    assert doubtful.original.tolist()[36:] == [-1, 6]
    assert len(doubtful.warnings) == 1
    assert doubtful.warnings[0].row == "38"
    assert doubtful.warnings[0].what.startswith("1 of 2 duplicates repeat no row of the survey")


def test_a_laboratory_duplicate_of_a_field_duplicate() -> None:
    table = pd.concat([survey_table(), controls()[2:4]], ignore_index=True).assign(of="")
    table.loc[37, "of"] = "D1"
    marked = {"column": "type", "field_duplicate": ["FD"], "laboratory_duplicate": ["LR"]}
    read = read_analyses(table, section(**marked, sample="sample", original="of"))
    assert read.original.tolist()[36:] == [2, 36]


def test_a_row_that_is_filed_again_is_nobodys_original() -> None:
    survey = survey_table()
    table = pd.concat([survey, survey[2:3], controls()[2:3]], ignore_index=True)
    read = read_analyses(table, section(column="type", field_duplicate=["FD"]))
    assert read.original.tolist()[36:] == [-1, 2]
    # Two samples that differ at one place leave it open which one is meant.
    table.loc[36, "Cu_ppm"] = 1.0
    assert read_analyses(table, section(column="type", field_duplicate=["FD"])).original.tolist()[36:] == [
        -1,
        -1,
    ]


def test_rows_by_mapping() -> None:
    table = pd.concat([survey_table(), controls()], ignore_index=True).assign(qc=[0] * 36 + [1, 2, 3, 4, 5])
    marked = section(reference={"qc": [1]}, blank={"type": ["BLK"]}, other={"qc": [3, 4, 5]})
    roles = row_roles(table, marked, "s.csv")
    assert roles.role.tolist()[35:] == ["survey", "reference", "blank", "other", "other", "other"]
    assert roles.material.tolist()[36:38] == ["1", "BLK"]


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        ({"column": "type", "blank": ["BLANK"]}, "no row holds 'BLANK' (samples.quality.blank); the column"),
        ({"column": "kind", "blank": ["BLK"]}, "there is no column 'kind' (samples.quality.blank)"),
        ({"blank": ["BLK"]}, "samples.quality.column does not say of which column"),
        ({"column": "type"}, "samples.quality marks no row"),
        (
            {"column": "type", "survey": ["S"], "blank": ["BLK"]},
            "row 38: 4 rows are of no kind that samples.quality lists: OREAS 1 (1 rows), FD (1 rows), LR (1 rows), "
            "core (1 rows)",
        ),
        (
            {"column": "type", "blank": ["BLK"], "reference": {"sample": ["B1"]}},
            "row 39: by samples.quality the row is of two kinds, reference and blank",
        ),
        (
            {"column": "type", "field_duplicate": ["FD"], "original": "sample"},
            "samples.quality.original needs samples.quality.sample",
        ),
        ({"column": "type", "blank": ["BLK"], "order": "type"}, "row 2: 'S' is no place in an order"),
    ],
)
def test_what_is_doubtful_stops(quality, said) -> None:
    table = pd.concat([survey_table(), controls()], ignore_index=True)
    with pytest.raises(InputError) as stopped:
        row_roles(table, section(**quality), "s.csv")
    assert said in str(stopped.value)


def test_order_by_number_and_date() -> None:
    table = survey_table().assign(number=np.arange(36.0)[::-1], day="2024-02-28")
    table.loc[1, "day"], table.loc[2, "day"] = "2024-03-01", ""
    marked = {"column": "type", "survey": ["S"]}
    assert row_roles(table, section(**marked, order="number"), "s").order.tolist() == list(range(35, -1, -1))
    days = row_roles(table, section(**marked, order="day"), "s").order
    assert days[1] - days[0] == 2
    assert np.isnan(days[2])
    table.loc[2, "day"] = "03/02/2024"
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        row_roles(table, section(**marked, order="day"), "s")


@settings(max_examples=25)
@given(st.permutations(range(41)))
def test_order_of_the_rows_does_not_matter(order) -> None:
    table = pd.concat([survey_table(), controls()], ignore_index=True)
    analyses = read_analyses(table.iloc[list(order)].reset_index(drop=True), section(**MARKED))
    assert sorted(analyses.original[analyses.original >= 0]) == sorted(
        np.flatnonzero(analyses.survey & np.isin(analyses.about["sample"], ["S3", "S5"]))
    )
    assert analyses.survey.sum() == 36
