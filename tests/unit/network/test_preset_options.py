"""Presets and their options: what the code has, a config can choose."""

import typing
from dataclasses import replace

import pytest
from geohalo.network.presets import FIXED, OPTIONS, PRESETS, VARIANTS, Preset
from geohalo.settings import check_settings, schema

NETWORK = schema()["properties"]["network"]["properties"]
#: Schema types of the fields' types; text is one of several words.
TYPES = {bool: "boolean", int: "integer", float: "number", str: None}


def test_every_preset_can_be_chosen():
    listed, described = NETWORK["preset"]["enum"], NETWORK["preset"]["description"]
    assert set(PRESETS) - set(listed) == set(), "config.schema.yaml: add it to the enum of network.preset"
    assert set(listed) - set(PRESETS) == set(), "config.schema.yaml: network.preset names what is no preset"
    assert [name for name in PRESETS if f"`{name}`" not in described] == [], (
        "config.schema.yaml: say in the description of network.preset what it is"
    )


def test_every_option_of_a_preset_is_a_key():
    keys = set(NETWORK["options"]["properties"])
    assert set(FIXED) <= set(Preset.__dataclass_fields__)
    assert set(OPTIONS) - keys == set(), (
        "config.schema.yaml: add it to network.options with a description, or name it in presets.FIXED"
    )
    assert keys - set(OPTIONS) == set(), "config.schema.yaml: network.options has what is no field of Preset"


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_has_the_type_of_its_field(name):
    entry, kind = NETWORK["options"]["properties"][name], typing.get_type_hints(Preset)[name]
    assert entry.get("type") == TYPES[kind]
    assert ("enum" in entry) == (kind is str)
    for preset in PRESETS.values():
        value = getattr(preset, name)
        options = {"options": {name: value}}
        settings = check_settings({"survey": "a", "simulate": {}, "network": options})
        assert settings["network"]["options"] == options["options"]
        assert replace(PRESETS["default"], **settings["network"]["options"])


def test_every_variant_can_be_chosen():
    experiments = schema()["properties"]["experiments"]["properties"]["variants"]
    # What each kind of data finds alone is trained wherever there are covariates.
    chosen = set(VARIANTS) - {"geochemistry", "covariates"}
    assert set(NETWORK["variants"]["items"]["enum"]) == chosen == set(experiments["items"]["enum"]), (
        "config.schema.yaml: network.variants and experiments.variants list the variants"
    )
