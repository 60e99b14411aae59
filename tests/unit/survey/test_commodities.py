"""What a list of deposits says is mined: symbols, names, cut headers, and the line that a user reads."""

import pandas as pd
import pytest
from geohalo.survey.commodities import (
    commodities_not_measured,
    commodity_hint,
    listed_commodities,
    mined_for_others,
)


@pytest.mark.parametrize(
    ("header", "texts", "counts"),
    [
        ("commodities", ["Ni;Cu", "Ni;Au;PGE;Cu", "Ni"], {"Ni": 3, "Cu": 2, "Au": 1}),
        ("commodities", ["['Fe', 'Au']", "['Au']"], {"Au": 2, "Fe": 1}),
        ("SITE_COMMO", ["Au, Ag", "Au", ""], {"Au": 2, "Ag": 1}),
        ("TARGET_COM", ["GOLD", "Gold", "NICKEL"], {"Au": 2, "Ni": 1}),
        # Words that are no element, and what only looks like a symbol in capitals.
        ("commodity", ["PRECIOUS METAL", "lead, zinc", "CU"], {"Pb": 1, "Zn": 1}),
    ],
)
def test_elements_are_read_as_lists_write_them(header, texts, counts):
    table = pd.DataFrame({"name": ["Lead Mountain"] * len(texts), header: texts})
    assert listed_commodities(table) == (header, counts)


def test_the_column_that_names_most_rows_is_taken():
    table = pd.DataFrame({"COMMODITY_": ["PRECIOUS METAL", "tin"], "SITE_COMMO": ["Au", "Sn"]})
    assert listed_commodities(table) == ("SITE_COMMO", {"Au": 1, "Sn": 1})


def test_nothing_is_read_from_other_columns():
    assert listed_commodities(pd.DataFrame({"name": ["Gold Hill"], "status": ["Au"]})) is None
    assert listed_commodities(pd.DataFrame({"commodity": ["", "unknown"]})) is None


def test_the_hint_names_what_is_common_and_what_to_write():
    table = pd.DataFrame({"commodities": ["Ni;Cu", "Ni;Au", "Ni;Cu", "Ni;Co", "Ni"]})
    hint = commodity_hint(table, [], "mines.csv")
    assert (hint.file, hint.column) == ("mines.csv", "commodities")
    assert "names Ni at 5, Cu at 2 of the 5 deposits inside" in hint.what
    assert "deposits: {commodities: [Ni, Cu]}" in hint.fix


def test_no_hint_where_it_is_said_or_does_not_apply():
    table = pd.DataFrame({"commodities": ["Ni", "Ni"]})
    assert commodity_hint(table, ["Cu"], "mines.csv") is None
    assert commodity_hint(table, None, "mines.csv") is None
    assert commodity_hint(pd.DataFrame({"commodities": ["Ni", "Cu", "Au"]}), [], "mines.csv") is None


def test_commodities_that_are_not_measured_are_told():
    assert commodities_not_measured(["Zn", "Pb"], ["Cu", "Zn", "Pb"], "d.csv") is None
    assert commodities_not_measured(None, ["Cu"], "d.csv") is None
    assert commodities_not_measured(["Au"], [], "d.csv") is None
    warning = commodities_not_measured(["Au", "Cu"], ["Cu", "Zn", "Pb", "As"], "d.csv")
    assert warning.what == "deposits.commodities names Au, which is not among the 4 elements of the survey"
    assert "samples.min_coverage" in warning.fix


def test_deposits_of_another_kind_are_named():
    table = pd.DataFrame({"commodities": ["Zn;Pb", "Fe", "Cu, Zn", "", "Au|Fe"]}, index=[2, 3, 5, 6, 9])
    warning = mined_for_others(table, ["Zn", "Cu"], "d.csv")
    assert (warning.file, warning.column, warning.row) == ("d.csv", "commodities", "3")
    assert warning.what.startswith(
        "2 of the 5 deposits inside are mined for none of deposits.commodities (Zn, Cu)"
    )
    assert "(the first for 'Fe')" in warning.what
    assert "deposits.keep: {commodities: [Zn, Cu]}" in warning.fix
    # A cell that is no list of symbols cannot be kept by one.
    lists = pd.DataFrame({"commodity": ["GOLD", "IRON ORE"]})
    assert mined_for_others(lists, ["Au"], "d.csv").fix == "keep only deposits of the kind that you look for"


def test_no_deposit_is_of_another_kind():
    table = pd.DataFrame({"commodities": ["Zn;Pb", "", "unknown"]})
    assert mined_for_others(table, ["Pb"], "d.csv") is None
    assert mined_for_others(table, [], "d.csv") is None
    assert mined_for_others(table, None, "d.csv") is None
    assert mined_for_others(pd.DataFrame({"name": ["Iron Hill"]}), ["Au"], "d.csv") is None
