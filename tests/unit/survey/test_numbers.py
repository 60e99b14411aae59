"""Decimal commas, thousands and long cells."""

import time

import numpy as np
import pandas as pd
import pytest
from geohalo import patterns
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.censoring import parse_concentrations
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.numbers import comma_hint, plain_numbers
from meaning_tables import message, survey, text


@pytest.mark.parametrize(
    ("decimal", "thousands", "cells", "numbers"),
    [
        (",", None, ["1,5", "<0,25", "7", ",5", "1 234,5"], ["1.5", "<0.25", "7", ".5", "1234.5"]),
        (",", ".", ["1.234,5", "1.234", "12,5"], ["1234.5", "1234", "12.5"]),
        (".", ",", ["31,338", "3,742.8", "> 1,000,000", "12.5"], ["31338", "3742.8", ">1000000", "12.5"]),
        (".", "'", ["1'012.3", "7"], ["1012.3", "7"]),
        (".", " ", ["1 012.3", "-1 000"], ["1012.3", "-1000"]),
        (",", None, ["n.a.", "05.03.2021", "A-1,5"], ["n.a.", "05.03.2021", "A-1,5"]),
    ],
)
def test_declared_signs_in_numbers(decimal, thousands, cells, numbers) -> None:
    table = pd.DataFrame({"Cu": cells, "name": cells})
    keys = {"decimal": decimal, "thousands": thousands}
    found = plain_numbers(table, ["Cu", None], keys, "s.csv", "samples")
    assert list(found["Cu"]) == numbers
    assert list(found["name"]) == cells
    assert list(table["Cu"]) == cells


@pytest.mark.parametrize(
    ("decimal", "thousands", "cell"),
    [(",", None, "1.5"), (",", ".", "1.5"), (".", ",", "1,5"), (".", ",", "0,123"), (".", ",", "12,34,567")],
)
def test_signs_that_contradict_the_config_stop(decimal, thousands, cell) -> None:
    table = pd.DataFrame({"Cu": ["7", cell]})
    with pytest.raises(InputError, match=r"s\.csv, column 'Cu', row 3: .*does not fit samples\.decimal"):
        plain_numbers(table, ["Cu"], {"decimal": decimal, "thousands": thousands}, "s.csv", "samples")
    with pytest.raises(InputError, match="are both ','"):
        plain_numbers(table, ["Cu"], {"decimal": ",", "thousands": ","}, "s.csv", "samples")


def test_readings_of_a_comma() -> None:
    both = comma_hint(text("31,338", "12,500"), "samples")
    assert "'31,338' may be 31338 (" in both
    assert "or 31.338 (" in both
    assert (
        comma_hint(text("31,338", "1,5"), "samples") == "'1,5' has a decimal comma: set samples.decimal: ','"
    )
    assert "between thousands: set deposits.thousands" in comma_hint(text("31,338.5"), "deposits")
    assert comma_hint(text("0,123"), "samples").startswith("'0,123' has a decimal comma")
    assert "write all of the column in one way" in comma_hint(text("1,234.5", "1,5"), "samples")
    assert comma_hint(text("a,b"), "samples") is None


def test_decimal_commas_of_deposits() -> None:
    table = pd.DataFrame({"x": ["500000,5", "501000,0"], "y": ["6000000,0", "6001000,0"]})
    keys = with_defaults(
        {"file": "d.csv", "x": "x", "y": "y", "crs": "EPSG:32633"}, schema()["properties"]["deposits"]
    )
    places = np.array([[500_000.0, 6_000_000.0], [501_000.0, 6_001_000.0]])
    with pytest.raises(InputError, match=r"'500000,5' is not a coordinate.*set deposits\.decimal"):
        clean_deposits(table, keys, places, "EPSG:32633", 100)
    found = clean_deposits(table, keys | {"decimal": ","}, places, "EPSG:32633", 100)
    assert list(found.geometry.x) == [500_000.5, 501_000.0]


def test_long_cells_and_expressions_do_not_hang(monkeypatch) -> None:
    start = time.perf_counter()
    for cell in (
        "1" * 1_000_000 + "x",
        "<" + "1" * 1_000_000 + "x",
        "Mar-" + "1" * 1_000_000,
        "x" * 1_000_000,
    ):
        with pytest.raises(
            InputError, match=r"row 2: '.{50}\.\.\. \(1,000,0.. characters\)' is not a number"
        ) as told:
            parse_concentrations(text(cell, "2"))
        assert len(str(told.value)) < 300
    assert time.perf_counter() - start < 10
    monkeypatch.setattr(patterns, "SECONDS", 0.2)
    table = survey(**{"A" * 60 + "!": "1"})
    assert "samples.elements" in message(table, elements="(?P<element>(?:[A-Z]+)+)_ppm")
