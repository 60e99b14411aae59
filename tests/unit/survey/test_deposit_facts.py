"""Year, status and type of deposits: what is read, what is one deposit, and each message with its fix."""

import datetime

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.settings import check_settings
from geohalo.survey.deposit_facts import facts_of_places, read_facts
from geohalo.survey.deposits import clean_deposits

CONFIG = {
    "survey": "a",
    "samples": {"file": "s.csv", "x": "x", "y": "y", "crs": "EPSG:2157", "elements": {"Cu": "Cu"}},
    "deposits": {"file": "d.csv", "x": "x", "y": "y", "crs": "EPSG:2157"},
}


def settings(labels=None, **deposits):
    return check_settings(CONFIG | {"deposits": CONFIG["deposits"] | deposits, "labels": labels or {}})


def section(**keys):
    keys = {"year": None, "status": None, "type": None} | keys
    return settings({"known_before": 1990} if keys["year"] else {}, **keys)["deposits"]


TABLE = pd.DataFrame(
    {
        "found": ["1987", "", "1899.0", "unknown", " 2001 "],
        "stage": ["Mine", "PROSPECT", "Past  Producer", "not known", "showing"],
        "kind": ["MVT", "Unspecified", "", "10", "MVT "],
    }
)


def test_cells_are_read_as_they_are_meant():
    facts = read_facts(TABLE, section(year="found", status="stage", type="kind"), "d.csv")
    np.testing.assert_array_equal(facts["year"], [1987, np.nan, 1899, np.nan, 2001])
    assert list(facts["status"]) == ["mine", "occurrence", "mine", "", "occurrence"]
    assert list(facts["type"]) == ["MVT", "", "", "10", "MVT"]
    assert read_facts(TABLE, section(), "d.csv").columns.empty
    own = section(status="kind", mines=["mvt"], occurrences=[10])
    assert list(read_facts(TABLE, own, "d.csv")["status"]) == ["mine", "", "", "occurrence", "mine"]


def test_a_place_has_its_earliest_year_is_a_mine_if_any_record_is_and_has_the_first_type():
    facts = read_facts(TABLE, section(year="found", status="stage", type="kind"), "d.csv")
    merged = facts_of_places(facts, np.array([0, 0, 0, 1, 1]))
    np.testing.assert_array_equal(merged["year"], [1899, 2001])
    assert list(merged["status"]) == ["mine", "occurrence"]
    assert list(merged["type"]) == ["MVT", "10"]
    alone = facts_of_places(facts, np.arange(5))
    np.testing.assert_array_equal(alone["year"], facts["year"])
    assert list(alone["status"]) == list(facts["status"])
    assert list(alone["type"]) == list(facts["type"])


def test_years_written_as_numbers_are_years_too():
    table = pd.DataFrame({"found": [1987.0, np.nan, 2001.0]})
    np.testing.assert_array_equal(
        read_facts(table, section(year="found"), "d.csv")["year"], [1987, np.nan, 2001]
    )


NEXT = datetime.date.today().year + 1


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (
            "seventies",
            ["d.csv, column 'found', row 3: 'seventies' is no year", "such as 1987", "deposits.unknown"],
        ),
        ("1987.5", ["row 3: '1987.5' is no year"]),
        ("1987-05-12", ["row 3: '1987-05-12' is a date, not a year"]),
        (str(NEXT), [f"row 3: '{NEXT}' lies in the future", "deposits.unknown"]),
        ("-9999", ["row 3: '-9999' is no year after Christ", "deposits.unknown"]),
        ("0", ["'0' is no year after Christ"]),
    ],
)
def test_what_is_no_year_is_told_with_the_fix(cell, words):
    with pytest.raises(InputError) as error:
        read_facts(pd.DataFrame({"found": ["1950", cell]}), section(year="found"), "d.csv")
    for word in words:
        assert word in str(error.value)
    listed = section(year="found") | {"unknown": [cell]}
    assert np.isnan(read_facts(pd.DataFrame({"found": [cell]}), listed, "d.csv")["year"][0])


def test_a_status_in_neither_list_is_told_with_the_fix():
    with pytest.raises(
        InputError,
        match=r"column 'stage', row 3: the status 'Quarry', 'Pit' is neither in deposits\.mines nor in",
    ):
        read_facts(pd.DataFrame({"stage": ["Mine", "Quarry", "Pit"]}), section(status="stage"), "d.csv")


@pytest.mark.parametrize("fact", ["year", "status", "type"])
def test_a_missing_column_is_told_with_its_key(fact):
    with pytest.raises(InputError, match=rf"no column 'fonud' \(deposits\.{fact}\); did you mean"):
        read_facts(pd.DataFrame({"found": ["1950"]}), section(**{fact: "fonud"}), "d.csv")


def test_columns_come_with_the_deposits():
    table = TABLE.assign(x=[600000.0, 600000.0, 603000.0, 609000.0, 601000.0], y=750000.0)
    known = clean_deposits(
        table,
        section(year="found", type="kind"),
        np.array([[600000.0, 750000.0]]),
        "EPSG:2157",
        5000,
        "d.csv",
    )
    assert list(known["row"]) == [2, 4, 5, 6]
    np.testing.assert_array_equal(known["year"], [1987, 1899, np.nan, 2001])
    assert list(known["type"]) == ["MVT", "", "10", "MVT"]
    assert "status" not in known


def test_columns_give_the_splits():
    assert settings()["labels"]["extra_splits"] == []
    assert settings(status="s")["labels"]["extra_splits"] == ["status"]
    assert settings(type="t")["labels"]["extra_splits"] == []
    every = settings({"known_before": 1990, "learn_type": "MVT"}, year="y", status="s", type="t")
    assert every["labels"]["extra_splits"] == ["time", "status", "type"]
    assert check_settings(every) == every


@pytest.mark.parametrize(
    ("labels", "deposits", "told"),
    [
        (
            {},
            {"year": "y"},
            r"key 'labels\.known_before' is missing, which the split time needs beside deposits\.year",
        ),
        ({"known_before": 1990}, {}, r"key 'labels\.known_before' needs to know the year .* deposits\.year"),
        ({"learn_type": "a"}, {}, r"key 'labels\.learn_type' needs to know the type .* deposits\.type"),
        ({"extra_splits": ["status"]}, {}, r"key 'labels\.extra_splits': status needs to know the status"),
        ({"extra_splits": ["type"]}, {"type": "t"}, r"key 'labels\.learn_type' is missing"),
        ({"known_before": 1990.5}, {"year": "y"}, r"key 'labels\.known_before': 1990\.5 is not of type"),
        (
            {},
            {"status": "s", "mines": ["Showing"]},
            r"'showing' is in deposits\.mines and in deposits\.occurrences",
        ),
    ],
)
def test_keys_that_miss_each_other_are_told(labels, deposits, told):
    with pytest.raises(InputError, match=told):
        settings(labels, **deposits)
