"""Alternatives of the settings: keys changed with the checks of any config, and stages shared where nothing differs."""

import copy

import pytest
from geohalo.alternatives import (
    STAGES,
    alternative,
    choice_levels,
    content_key,
    level_text,
    multiplied,
    stage_settings,
    value_of,
)
from geohalo.errors import InputError
from geohalo.settings import check_settings, schema

DEMO = check_settings({"survey": "demo", "simulate": {}})
TABLE = check_settings(
    {
        "survey": "table",
        "samples": {"file": "a.csv", "elements": "x", "censoring": {"below": ["zero"]}},
        "deposits": {"file": "b.csv"},
        "superpixels": {"n_segments": ["1in6"]},
    }
)
GRIDDED = check_settings({"survey": "grid", "grids": {"file": "a.tif"}, "deposits": {"file": "b.csv"}})


def keys_of(settings, variants=("fusion",), controls=(), schemes=("held_out",), members=1):
    stages = stage_settings(settings, variants, controls, schemes, members)
    return {stage: content_key(part) for stage, part in stages.items()}


def test_keys_are_changed_and_the_config_is_left_alone():
    before = copy.deepcopy(DEMO)
    changed = alternative(
        DEMO, {"grid.cell": 2000, "simulate.faults.overburden": 2, "network.options.dropout": 0.1}
    )
    assert before == DEMO
    assert changed["grid"] == {"crs": None, "cell": 2000, "max_distance": 4000, "tiles": 1}
    assert changed["simulate"]["faults"] == {"anthropogenic": 1, "overburden": 2, "laboratory": 1}
    assert changed["network"]["options"] == {"dropout": 0.1}
    rest = {name for name in DEMO if changed[name] != DEMO[name]}
    assert rest == {"grid", "simulate", "network"}


@pytest.mark.parametrize("config", [DEMO, TABLE, GRIDDED])
def test_no_change_is_the_config_itself_and_changes_add_up(config):
    same = alternative(config, {})
    assert {name: same[name] for name in config if name not in ("grid", "interpolation")} == {
        name: config[name] for name in config if name not in ("grid", "interpolation")
    }
    both = alternative(config, {"labels.radius": 2000, "cube.clip": 4})
    assert alternative(alternative(config, {"labels.radius": 2000}), {"cube.clip": 4}) == both
    assert keys_of(alternative(same, {})) == keys_of(same)


def test_commodities_of_a_simulated_survey_follow_its_type():
    """Another seed has deposits of another type, unless the config says what they are known for."""
    assert [value_of(DEMO, f"deposits.{key}") for key in ("commodities", "name")] == [["Au"], "name"]
    commodities = [
        alternative(DEMO, {"simulate.seed": seed})["deposits"]["commodities"] for seed in (7, 8, 9)
    ]
    assert commodities == [["Au"], ["Ni", "Cu"], ["Zn", "Pb"]]
    assert alternative(DEMO, {"simulate.commodities": []})["deposits"]["commodities"] == []
    both = {"simulate.seed": 8, "deposits.commodities": ["W"]}
    assert alternative(DEMO, both)["deposits"]["commodities"] == ["W"]


def test_how_the_tables_of_a_simulated_survey_are_read_can_be_changed():
    assert value_of(DEMO, "samples.censoring.replace") == 0.5
    changed = alternative(DEMO, {"samples.censoring.replace": 0.7})
    section = {"below": [], "below_text": [], "flag": None, "flags": {}, "replace": 0.7}
    assert changed["samples"]["censoring"] == section
    assert changed["simulate"] == DEMO["simulate"]
    assert alternative(changed, {"grid.cell": 500})["samples"]["censoring"]["replace"] == 0.7


@pytest.mark.parametrize(
    ("own", "asked", "value"),
    [
        (1000, "x1.5", 1500),
        (3, "x0.5", 2),
        (0.5, "x0.5", 0.25),
        (0.1, "x3", 0.3),
        (2.0, "x1", 2.0),
        ([100, 300], "x0.5", [50, 150]),
        (["1in6", 40], "x1.5", ["1in4", 60]),
        ("1in2", "x9", "1in1"),
        (5, 7, 7),
        ("clr", "log", "log"),
        ([1], [2, 3], [2, 3]),
    ],
)
def test_multiples_of_the_own_value(own, asked, value):
    found = multiplied(own, asked)
    assert found == value
    assert type(found) is type(value)


def test_multiples_keep_each_key_what_the_schema_wants():
    changed = alternative(TABLE, {"superpixels.n_segments": "x2", "interpolation.neighbours": "x0.7"})
    assert changed["superpixels"]["n_segments"] == ["1in3"]
    assert changed["interpolation"]["neighbours"] == 8


@pytest.mark.parametrize(
    ("config", "changes", "message"),
    [
        (DEMO, {"grid.sell": 5}, r"x\.yaml: unknown key 'grid\.sell'; did you mean 'cell'"),
        (DEMO, {"grud.cell": 5}, r"x\.yaml: unknown key 'grud'; did you mean 'grid'"),
        (DEMO, {"grid.cell.size": 5}, r"x\.yaml: unknown key 'grid\.cell\.size'; grid\.cell has no keys"),
        (DEMO, {"grid.cell": -5}, r"x\.yaml: key 'grid\.cell': -5 is less than"),
        (DEMO, {"samples.censoring.replace": 2}, r"x\.yaml: key 'samples\.censoring\.replace': 2 is greater"),
        (DEMO, {"samples.colour": 2}, r"x\.yaml: unknown key 'samples\.colour'"),
        (DEMO, {"cube.transform": "x2"}, r"x\.yaml: key 'cube\.transform': x2 multiplies a number.*'clr'"),
        (DEMO, {"labels.radius": 9000}, r"labels\.background_distance \(5000 m\) is below labels\.radius"),
        (GRIDDED, {"grid.cell": 500}, r"x\.yaml: section 'grid' is not used with 'grids'"),
        (GRIDDED, {"interpolation.power": 1}, r"x\.yaml: section 'interpolation' is not used with 'grids'"),
    ],
)
def test_one_message_names_the_source_and_the_key(config, changes, message):
    with pytest.raises(InputError, match=message):
        alternative(config, changes, "x.yaml")


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        ({"simulate.seed": 8}, STAGES),
        ({"simulate.deposit_type": "nickel"}, STAGES),
        ({"simulate.commodities": ["Cu"]}, ("scores",)),
        ({"simulate.covariates": True}, ()),
        ({"deposits.commodities": ["Cu"]}, ("scores",)),
        ({"simulate.faults.overburden": 0}, STAGES),
        ({"samples.censoring.replace": 0.7}, STAGES),
        ({"grid.cell": 2000}, STAGES),
        ({"interpolation.power": 3}, STAGES),
        ({"interpolation.method": "kriging"}, STAGES),
        ({"interpolation.smoothing": 3}, ()),
        ({"cube.transform": "log"}, ("cubes", "scores")),
        ({"superpixels.n_segments": [30]}, ("cubes", "scores")),
        ({"labels.radius": 2000}, ("scores",)),
        ({"labels.seed": 1}, ("scores",)),
        ({"network.options": {"dropout": 0.1}}, ("scores",)),
        ({"network.preset": "attention"}, ("scores",)),
        ({"network.seeds": 9}, ()),
        ({"network.device": "cuda"}, ()),
        ({"network.memory": 1}, ()),
        ({"evaluation.bootstrap": 500}, ()),
        ({"labels.extra_splits": ["checkerboard"]}, ()),
        ({"grid.cell": 1000.0}, ()),
    ],
)
def test_a_stage_is_worked_out_anew_only_where_it_depends_on_the_change(change, anew):
    own, other = keys_of(alternative(DEMO, {})), keys_of(alternative(DEMO, change))
    assert tuple(stage for stage in STAGES if own[stage] != other[stage]) == anew


def test_what_is_trained_and_scored_is_part_of_the_last_stage_alone():
    settings = alternative(DEMO, {})
    own = keys_of(settings)
    for asked in (
        {"variants": ("spatial",)},
        {"controls": ("logistic",)},
        {"schemes": ("inner",)},
        {"members": 2},
    ):
        other = keys_of(settings, **asked)
        assert [own[stage] == other[stage] for stage in STAGES] == [True, True, False]


def test_rasters_depend_on_no_interpolation_and_no_samples():
    stages = stage_settings(alternative(GRIDDED, {}), ["fusion"], [], ["held_out"], 1)
    assert set(stages["elements"]) == {"grids", "deposits", "grid", "folder"}
    assert set(stages["elements"]["grid"]) >= {"max_distance"}


def test_a_key_stands_for_content():
    assert content_key({"a": 1, "b": [2.0]}) == content_key({"b": [2], "a": 1.0})
    assert content_key({"a": 1}) != content_key({"a": 1.5})
    assert content_key({"a": [1, 2]}) != content_key({"a": [2, 1]})
    assert len(content_key({})) == 12


def consensus(config, choices):
    return choice_levels(config | {"consensus": config["consensus"] | {"choices": choices}})


def test_the_default_choices_fit_every_kind_of_survey():
    levels = choice_levels(DEMO)
    assert levels["grid.cell"] == [1000, 1500]
    assert levels["superpixels.n_segments"] == [[50, 150, 450], [100, 300, 900], [200, 600, 1800]]
    assert list(levels) == list(schema()["properties"]["consensus"]["properties"]["choices"]["default"])
    assert choice_levels(TABLE)["superpixels.n_segments"] == [["1in12"], ["1in6"], ["1in3"]]
    of_rasters = {"cube.transform", "superpixels.n_segments", "labels.radius", "labels.background_distance"}
    assert set(choice_levels(GRIDDED)) == of_rasters | {"labels.seed"}
    nearest = check_settings({"survey": "a", "simulate": {}, "interpolation": {"neighbours": 1}})
    assert "interpolation.neighbours" not in choice_levels(nearest)
    kriged = check_settings({"survey": "a", "simulate": {}, "interpolation": {"method": "kriging"}})
    assert choice_levels(kriged)["interpolation.neighbours"] == [1, 12]
    assert "interpolation.power" not in choice_levels(kriged)
    # Larger halos would reach into the background, and a wider one beyond the buffer.
    tight = check_settings({"survey": "a", "simulate": {}, "labels": {"radius": 4800, "buffer": 7000}})
    assert choice_levels(tight)["labels.radius"] == [3600, 4800]
    assert "labels.background_distance" not in choice_levels(tight)
    bands = check_settings(
        {
            "survey": "a",
            "grids": {"file": "a.tif", "unit": "none"},
            "deposits": {"file": "b.csv"},
            "cube": {"transform": "none"},
        }
    )
    assert "cube.transform" not in choice_levels(bands)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"grid.sell": [1, 2]}, r"consensus\.choices: unknown key 'grid\.sell'; did you mean 'cell'"),
        (
            {"grid.cell": [500, "wide"]},
            r"consensus\.choices: key 'grid\.cell': 'wide' is not of type 'number'",
        ),
        ({"simulate.seed": [1, 2]}, r"'simulate\.seed' makes another survey"),
        ({"evaluation.bootstrap": [100, 200]}, r"no map depends on 'evaluation\.bootstrap'"),
        ({"network.seeds": [1, 2]}, r"no map depends on 'network\.seeds'"),
        ({"grid.cell": ["x1", 1000]}, r"the values of 'grid\.cell' come out alike"),
    ],
)
def test_choices_that_make_no_comparison(choices, message):
    with pytest.raises(InputError, match=message):
        consensus(DEMO, choices)


def test_values_that_come_out_alike_are_compared_once():
    assert consensus(DEMO, {"grid.cell": ["x1", 1000, 2000]}) == {"grid.cell": [1000, 2000]}


def test_text_of_a_value():
    assert [level_text(value) for value in ([100, "1in5"], 0.35, "clr", None)] == [
        "100-1in5",
        "0.35",
        "clr",
        "None",
    ]
