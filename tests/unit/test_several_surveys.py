"""Several surveys in one config: whose settings each gets, and what is told of a mistake in one of them."""

import pytest
import yaml
from geohalo.errors import InputError
from geohalo.settings import check_settings
from geohalo.several_surveys import laid_over, survey_configs, transfer_pairs, transfer_settings
from hypothesis import given
from hypothesis import strategies as st

TREE = st.recursive(
    st.integers(0, 3) | st.none() | st.lists(st.integers(0, 3), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPPING = st.dictionaries(st.sampled_from("abc"), TREE, max_size=3)


@pytest.fixture
def folder(tmp_path):
    """Folder with the configs of three simulated surveys."""
    for number, name in enumerate(("north", "south", "far-east")):
        config = {"survey": name, "simulate": {"seed": number}, "network": {"seeds": 2, "epochs": 5}}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def several(folder, *names, **shared):
    return survey_configs({"surveys": [f"{name}.yaml" for name in names], **shared}, "many.yaml", [folder])


def test_shared_keys_are_laid_over_each_survey_and_leave_its_own(folder):
    north, south = several(folder, "north", "south", network={"seeds": 7}, grid={"cell": 500})
    assert [one.name for one in (north, south)] == ["north", "south"]
    for number, one in enumerate((north, south)):
        assert one.config == {
            "survey": one.name,
            "simulate": {"seed": number},
            "network": {"seeds": 7, "epochs": 5},
            "grid": {"cell": 500},
        }
        assert one.settings == check_settings(one.config)
        assert one.file == str(folder / f"{one.name}.yaml")


def test_names_of_rules_are_letters_digits_and_underscores(folder):
    assert [one.prefix for one in several(folder, "far-east", "north")] == ["far_east_", "north_"]


def test_a_path_is_looked_for_in_each_folder_in_turn(folder, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "north.yaml").write_text("{survey: mine, simulate: {}}")
    found = survey_configs({"surveys": ["north.yaml", "south.yaml"]}, "many.yaml", [own, folder])
    assert [one.name for one in found] == ["mine", "south"]


@given(MAPPING, MAPPING)
def test_laid_over_keeps_what_is_not_changed_and_changes_neither(config, changes):
    before = repr((config, changes))
    out = laid_over(config, changes)
    assert repr((config, changes)) == before
    assert set(out) == set(config) | set(changes)
    for key, value in out.items():
        if key not in changes:
            assert value == config[key]
        elif isinstance(changes[key], dict) and isinstance(config.get(key), dict):
            assert value == laid_over(config[key], changes[key])
        else:
            assert value == changes[key]
    assert laid_over(out, changes) == out


@pytest.mark.parametrize(
    ("names", "shared", "message"),
    [
        (["north", "west"], {}, r"^many\.yaml: key 'surveys': west\.yaml does not exist in "),
        (["north"], {"survey": "all"}, r"^many\.yaml: key 'survey' would give all of the surveys one name"),
        (["north"], {"gird": {}}, r"north\.yaml: unknown key 'gird'; did you mean 'grid'"),
        (["north"], {"network": {"seeds": 0}}, r"north\.yaml: key 'network\.seeds': 0 is less than"),
        (
            ["north"],
            {"transfer": {"form": []}},
            r"^many\.yaml: unknown key 'transfer\.form'; did you mean 'from'",
        ),
        (
            ["north"],
            {"transfer": {"to": "north"}},
            r"^many\.yaml: key 'transfer\.to': 'north' is not of type 'array'",
        ),
        (["north", "north"], {}, r"^many\.yaml: key 'surveys': .* has non-unique elements"),
        ([], {}, r"^many\.yaml: key 'surveys': \[\] should be non-empty"),
    ],
)
def test_mistakes_name_file_and_key(folder, names, shared, message):
    with pytest.raises(InputError, match=message):
        several(folder, *names, **shared)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("survey: [", r"other\.yaml: this is not a readable YAML file"),
        ("- survey", r"other\.yaml: a config is a mapping"),
        (
            "{survey: a, simulate: {}, surveys: [b.yaml]}",
            r"other\.yaml: key 'surveys' belongs into a config that lists",
        ),
        (
            "{survey: a, simulate: {}, transfer: {}}",
            r"other\.yaml: key 'transfer' belongs into a config that lists",
        ),
        ("{simulate: {}}", r"other\.yaml: key 'survey' is missing"),
        ("{survey: north, simulate: {}}", r"north\.yaml and .*other\.yaml are both named 'north'"),
        ("{survey: far.east, simulate: {}}", r"differ in punctuation alone \(far-east, far\.east\)"),
    ],
)
def test_a_bad_config_of_one_survey_is_named(folder, text, message):
    (folder / "other.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        several(folder, "north", "far-east", "other")


def test_every_survey_is_carried_to_every_other_one(folder):
    surveys = several(folder, "north", "south", "far-east")
    assert transfer_pairs({}, surveys) == {
        "north": ["south", "far-east"],
        "south": ["north", "far-east"],
        "far-east": ["north", "south"],
    }
    assert transfer_pairs({"transfer": {"from": ["south", "north"]}}, surveys)["far-east"] == [
        "south",
        "north",
    ]
    chosen = {"transfer": {"from": ["north", "south"], "to": ["north"]}}
    assert transfer_pairs(chosen, surveys) == {"north": ["south"]}
    assert transfer_settings({"transfer": {"to": ["north"]}})["min_elements"] == 8


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            {"from": ["west"]},
            r"key 'transfer\.from': no survey is named 'west'; known are north, south, grids, plain\.$",
        ),
        ({"from": ["north"], "to": ["north"]}, r"needs two surveys, and has north\.$"),
        ({"from": ["classes"]}, r"no survey is named 'classes'"),
        ({"to": ["grids"], "from": ["north"]}, r"grids\.yaml: labels are a raster of classes"),
        (
            {"to": ["plain"], "from": ["north"]},
            r"plain\.yaml: cube\.transform is none, and clr in .*north\.yaml",
        ),
    ],
)
def test_transfers_that_cannot_be_made(folder, section, message):
    (folder / "grids.yaml").write_text(
        "{survey: grids, grids: {file: a.tif}, labels: {raster: {file: b.tif}}}"
    )
    plain = (
        "{survey: plain, grids: {file: a.tif, unit: none}, cube: {transform: none}, deposits: {file: b.csv}}"
    )
    (folder / "plain.yaml").write_text(plain)
    surveys = several(folder, "north", "south", "grids", "plain")
    with pytest.raises(InputError, match=message):
        transfer_pairs({"transfer": section}, surveys, "many.yaml")
