"""What is known of types of deposits: the table, its sources and its choice by commodity."""

from pathlib import Path

import pytest
import yaml
from geohalo.deposit_types import UNCHECKED, deposit_types, types_of
from geohalo.simulated_deposits import COMMODITIES
from geohalo.survey.elements import element_table

ROOT = Path(__file__).parents[2]
#: Models of the types that the commodities of the shipped configs and of the simulated surveys find.
FOUND = {
    ("Au",): ["36a", "36b", "26a", "25a", "25c"],
    ("Ni", "Cu"): ["7a"],
    ("Zn", "Pb"): ["28a", "31a", "32a", "18c", "22c"],
    # Massive sulphides have copper and zinc, magmatic deposits copper and nickel, none all three.
    ("Cu", "Zn", "Ni"): ["28a", "24b", "7a"],
    ("Cu", "Zn"): ["28a", "24b"],
}


def configured():
    """Return the commodities that each shipped config names, and those of the types that are simulated."""
    configs = [*ROOT.glob("config/surveys/*.yaml"), *ROOT.glob("config/*.yaml")]
    read = [yaml.safe_load(path.read_text()) for path in configs]
    named = [one["deposits"].get("commodities") for one in read if isinstance(one.get("deposits"), dict)]
    return {tuple(one) for one in named if one} | set(COMMODITIES.values())


def test_the_table_names_elements_and_each_type_is_known_for_what_it_is_mined_for():
    known = set(element_table().index)
    assert len({one.name for one in deposit_types()}) == len(deposit_types()) >= 20
    for one in deposit_types():
        assert one.commodities
        assert known >= {*one.commodities, *one.elements}
        assert len(set(one.elements)) == len(one.elements)
        assert set(one.commodities) <= set(one.enriched)


def test_each_type_names_its_source_or_says_that_it_was_not_checked():
    assert {one.basis for one in deposit_types()} == {"signature", "metals", "minerals", UNCHECKED}
    for one in deposit_types():
        assert bool(one.source) == (one.basis != UNCHECKED)
        assert one.label == (one.name if one.source else f"{one.name} (unchecked)")
    assert [one.model for one in deposit_types() if not one.source] == ["14a"]


def test_the_sources_are_described():
    told = (ROOT / "docs" / "deposit-types.md").read_text()
    for one in deposit_types():
        assert f"| {one.model} |" in told
        for source in one.source.split("; ") if one.source else ():
            assert f"- {source.partition(' (')[0]}" in told


@pytest.mark.parametrize(
    ("model", "element", "stands"),
    [
        # As Bulletin 1693 states the signatures.
        ("36a", "As", True),
        ("26a", "Mo", True),
        ("25a", "W", True),
        ("38a", "Mg", True),
        # In no text that was read.
        ("24b", "Cr", False),
        ("32a", "Mo", False),
        ("37a", "P", False),
    ],
)
def test_elements_stand_in_a_source(model, element, stands):
    assert (element in next(one for one in deposit_types() if one.model == model).elements) == stands


def test_depleted_elements():
    assert {one.model: one.depleted for one in deposit_types() if one.depleted} == {
        "28a": ("Na", "Ca", "Sr"),
        "38a": ("Mg",),
    }


@pytest.mark.parametrize("commodities", sorted(FOUND))
def test_types_share_most_commodities(commodities):
    assert [one.model for one in types_of(commodities)] == FOUND[commodities]


def test_commodities_of_shipped_and_simulated_surveys_find_their_types():
    assert (
        {("Au",), ("Zn", "Pb"), ("Ni", "Cu"), ("Cu", "Zn", "Ni"), ("Cu", "Zn")} <= configured() <= set(FOUND)
    )


def test_nothing_is_known_of_other_commodities():
    assert types_of([]) == types_of(["Li"]) == ()
