"""The configuration: strict, with defaults from the schema alone, and messages that name the key."""

from pathlib import Path

import pytest
import yaml
from geohalo.errors import InputError
from geohalo.files.paths import file_path
from geohalo.settings import check_settings, documented_keys, schema, simulated_tables, used_interpolation
from geohalo.simulated_deposits import ANY, COMMODITIES
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
DEMO = {"survey": "demo", "simulate": {}}


def test_schema_is_a_schema():
    Draft202012Validator.check_schema(schema())


def test_every_key_is_explained():
    keys = dict(documented_keys())
    assert "superpixels.n_segments" in keys
    assert [key for key, entry in keys.items() if not entry.get("description")] == []


def test_defaults_are_filled_in_and_the_input_is_left_alone():
    settings = check_settings(DEMO)
    assert settings["grid"] == {"crs": None, "cell": 1000, "max_distance": 4000, "tiles": 1}
    assert settings["simulate"]["faults"] == {"anthropogenic": 1, "overburden": 1, "laboratory": 1}
    assert DEMO == {"survey": "demo", "simulate": {}}
    settings["superpixels"]["n_segments"].append(7)
    assert check_settings(DEMO)["superpixels"]["n_segments"] == [100, 300, 900]


def test_defaults_satisfy_the_schema():
    assert check_settings(check_settings(DEMO)) == check_settings(DEMO)


@pytest.mark.parametrize(
    "file", ["config/config.yaml", "config/national.yaml", *map(str, Path("config").glob("surveys/*.yaml"))]
)
def test_shipped_configs_are_valid(file):
    check_settings(yaml.safe_load((ROOT / file).read_text()))


def test_simulated_tables_are_complete():
    tables = simulated_tables({"seed": 7, "samples": 3000, "spacing": 2000})
    assert tables["samples"]["censoring"]["replace"] == 0.5
    assert tables["deposits"]["keep"] == {}
    assert tables["deposits"]["commodities"] == ["Au"]
    overruled = {"seed": 7, "samples": 3000, "spacing": 2000, "commodities": ["Sb"]}
    assert simulated_tables(overruled)["deposits"]["commodities"] == ["Sb"]


def test_a_simulated_survey_gets_its_layers_where_the_config_has_none_of_its_own():
    assert check_settings(DEMO)["covariates"] == {}
    asked = {"survey": "demo", "simulate": {"covariates": True}}
    layers = check_settings(asked)["covariates"]
    assert {name: layer["file"] for name, layer in layers.items()} == {
        "geology": file_path("simulated_geology"),
        "structures": file_path("simulated_structures"),
        "magnetics": file_path("simulated_magnetics"),
    }
    assert layers["geology"]["column"] == "rock"
    assert layers["structures"]["measure"] == "distance"
    assert check_settings(check_settings(asked)) == check_settings(asked)
    assert check_settings(asked | {"covariates": {}})["covariates"] == {}
    own = {"faults": {"file": "simulated/structures.gpkg"}}
    assert list(check_settings(asked | {"covariates": own})["covariates"]) == ["faults"]
    with pytest.raises(
        InputError, match=r"with 'simulate\.covariates' the first of network\.variants is fusion"
    ):
        check_settings(asked | {"network": {"variants": ["spectrum"]}})


def test_the_schema_knows_the_types_of_simulated_deposits():
    known = schema()["properties"]["simulate"]["properties"]["deposit_type"]
    assert known["enum"] == [ANY, *COMMODITIES]
    assert known["default"] == ANY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gird": {}}, r"unknown key 'gird'; did you mean 'grid'"),
        (
            {"superpixels": {"n_segment": [5]}},
            r"unknown key 'superpixels\.n_segment'; did you mean 'n_segments'",
        ),
        ({"grid": {"cell": "1 km"}}, r"key 'grid\.cell': '1 km' is not of type 'number'"),
        ({"grid": {"cell": -5}}, r"key 'grid\.cell': -5 is less than"),
        ({"grid": None}, r"key 'grid' is empty"),
        ({"network": {"variants": ["fuson"]}}, r"key 'network\.variants\.0': 'fuson' is not one of"),
        ({"survey": "a/b"}, r"key 'survey': 'a/b' does not match"),
        ({"deposits": {"file": "x.csv"}}, r"'deposits' is not used with 'simulate'"),
        (
            {"grids": {"file": "x.nc"}},
            r"exactly one of the sections simulate, samples, grids; .* simulate and grids",
        ),
        (
            {"labels": {"background_distance": 100}},
            r"labels\.background_distance \(100 m\) is below labels\.radius",
        ),
        (
            {"labels": {"buffer": 5000}},
            r"labels\.buffer \(5000 m\) must exceed labels\.background_distance",
        ),
    ],
)
def test_one_message_names_file_and_key(change, message):
    with pytest.raises(InputError, match=message) as caught:
        check_settings(DEMO | change, "my.yaml")
    assert str(caught.value).startswith("my.yaml: ")


def test_missing_keys_are_named():
    with pytest.raises(InputError, match="key 'survey' is missing"):
        check_settings({"simulate": {}})
    with pytest.raises(InputError, match=r"key 'samples\.elements' is missing"):
        check_settings({"survey": "a", "samples": {"file": "a.csv"}, "deposits": {"file": "b.csv"}})
    with pytest.raises(InputError, match="section 'deposits' is missing"):
        check_settings({"survey": "a", "samples": {"file": "a.csv", "elements": "x"}})
    gridded = {"survey": "a", "grids": {"file": "a.tif"}, "deposits": {"file": "b.csv"}}
    assert check_settings(gridded | {"grid": {"max_distance": 500}})["grid"]["max_distance"] == 500
    with pytest.raises(InputError, match="section 'grid' is not used with 'grids'"):
        check_settings(gridded | {"grid": {"cell": 500}})
    with pytest.raises(InputError, match="needs either 'folder' or 'file'"):
        check_settings({"survey": "a", "grids": {}, "deposits": {"file": "b.csv"}})


CUBE = {"survey": "a", "grids": {"file": "a.tif", "unit": "none"}, "cube": {"transform": "none"}}


def test_labels_from_a_raster_of_classes():
    labels = {"raster": {"file": "b.tif"}}
    # The distances around deposits do not matter here: a buffer below the default background_distance will do.
    settings = check_settings(CUBE | {"labels": labels | {"buffer": 500}})
    assert settings["labels"]["raster"] == {"file": "b.tif"}
    assert settings["labels"]["positives"] == 200
    masks = {"train": "c.tif", "test": "d.tif"}
    for more in ({}, {"validation": "e.tif"}):
        check_settings(CUBE | {"labels": {"raster": labels["raster"] | masks | more}})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (CUBE, "section 'deposits' is missing.*labels.raster"),
        (
            CUBE | {"deposits": {"file": "b.csv"}, "labels": {"raster": {"file": "b.tif"}}},
            "labels come from deposits or from a raster of classes",
        ),
        (
            DEMO | {"labels": {"raster": {"file": "b.tif"}}},
            r"key 'labels\.raster' is not used with 'simulate'",
        ),
        (CUBE | {"labels": {"raster": {}}}, r"key 'labels\.raster\.file' is missing"),
        (
            CUBE | {"labels": {"raster": {"file": "b.tif"}, "radius": 500}},
            r"key 'labels\.radius' is not used with 'labels\.raster'",
        ),
        *[
            (
                CUBE | {"labels": {"raster": {"file": "b.tif"} | masks}},
                rf"key 'labels\.raster\.{missing}' is missing; masks are 'train' and 'test' together",
            )
            for masks, missing in (
                ({"train": "c.tif"}, "test"),
                ({"test": "c.tif"}, "train"),
                ({"validation": "c.tif"}, "train"),
                ({"train": "c.tif", "validation": "d.tif"}, "test"),
            )
        ],
        (
            CUBE | {"cube": {"transform": "clr"}, "labels": {"raster": {"file": "b.tif"}}},
            r"grids\.unit is none.*set cube\.transform: none",
        ),
    ],
)
def test_labels_that_contradict_each_other(config, message):
    with pytest.raises(InputError, match=message):
        check_settings(config)


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ({}, {"method", "neighbours", "power", "anisotropy"}),
        ({"method": "nearest"}, {"method", "anisotropy"}),
        ({"method": "smooth"}, {"method", "neighbours", "smoothing", "anisotropy"}),
        ({"method": "kriging"}, {"method", "neighbours", "variogram", "anisotropy"}),
        (
            {"method": "best", "candidates": ["idw", "smooth"]},
            {"method", "candidates", "neighbours", "power", "smoothing", "anisotropy"},
        ),
    ],
)
def test_interpolation_depends_on_the_keys_of_its_method(section, keys):
    settings = check_settings(DEMO | {"interpolation": section})
    used = used_interpolation(settings["interpolation"])
    assert set(used) == keys
    assert used == {key: settings["interpolation"][key] for key in keys}


# Numbers that are none, and numbers that no survey has


def with_value(key: str, value) -> dict:
    """Return the demo's config with one dotted key set."""
    config: dict = {"survey": "demo", "simulate": {}}
    if key.startswith(("samples.", "deposits.")):
        config = {"survey": "a", "samples": {"file": "a.csv", "elements": "x"}, "deposits": {"file": "b.csv"}}
    if key.startswith("samples.join."):
        config["samples"]["join"] = {"file": "c.csv", "key": "id"}
    if key.startswith("effort."):
        config["effort"] = {"file": "d.tif"}
    if key.startswith("terrain."):
        config["terrain"] = {"file": "dem.tif"}
    if key.startswith("ice."):
        config["ice"] = {"bearing": 90, "length": 1000}
    *sections, name = key.split(".")
    place = config
    for section in sections:
        place = place.setdefault(section, {})
    place[name] = value
    return config


NUMBERS = [
    (key, entry)
    for key, entry in documented_keys()
    if {"number", "integer"}
    & set([entry["type"]] if isinstance(entry.get("type"), str) else entry.get("type", []))
    # Any number may stand for no data.
    and not key.endswith(".nodata")
]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_number_that_is_none_passes(value):
    assert len(NUMBERS) > 60
    for key, _ in NUMBERS:
        with pytest.raises(InputError, match=f"key {key!r}: {value} is no number to reckon with"):
            check_settings(with_value(key, value))
    for config in (
        {"targets": {"found": [0.5, value]}},
        {"claims": {"strengths": [value]}},
        {"consensus": {"choices": {"grid.cell": [1000, value]}}},
    ):
        with pytest.raises(InputError, match=r"is no number to reckon with"):
            check_settings(DEMO | config)
    samples = {"file": "a.csv", "elements": "x", "missing": [-9999, value]}
    with pytest.raises(InputError, match=r"key 'samples.missing.2'"):
        check_settings({"survey": "a", "samples": samples, "deposits": {"file": "b.csv"}})


@pytest.mark.parametrize(("key", "entry"), NUMBERS)
def test_every_number_has_limits(key, entry):
    assert {"minimum", "exclusiveMinimum"} & set(entry), key
    assert {"maximum", "exclusiveMaximum"} & set(entry), key
    with pytest.raises(InputError, match=f"key {key!r}: .* is (greater than|not less than|less than)"):
        check_settings(with_value(key, 10**12))


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("network.seeds", "1e1", 10),
        ("network.seeds", 10.0, 10),
        ("simulate.samples", "3E+3", 3000),
        ("grid.cell", "5e2", 500.0),
        ("network.epochs", "2e2", 200),
        ("superpixels.n_segments", [100.0, 300], [100, 300]),
    ],
)
def test_a_number_with_an_exponent_is_a_number(key, written, value):
    settings = check_settings(with_value(key, written))
    for part in key.split("."):
        settings = settings[part]
    assert settings == value
    assert type(settings) is type(value)
    if isinstance(value, list):
        assert [type(one) for one in settings] == [int, int]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("1e9", "key 'network.seeds': 1000000000 is greater than the maximum of 1000"),
        (1e9, "key 'network.seeds': 1000000000 is greater than the maximum of 1000"),
        ("1e-1", "key 'network.seeds': 0.1 is not of type 'integer'"),
        ("500", "key 'network.seeds': '500' is not of type 'integer'"),
    ],
)
def test_a_number_that_will_not_do_is_told_as_it_is_meant(written, told):
    with pytest.raises(InputError, match=told):
        check_settings(with_value("network.seeds", written))


def test_text_that_looks_like_a_number_stays_text():
    samples = {"file": "1e9", "elements": "x", "missing": ["1e3", "-9e9"], "keep": {"kind": ["2e1"]}}
    settings = check_settings({"survey": "a", "samples": samples, "deposits": {"file": "b.csv"}})
    assert settings["samples"]["file"] == "1e9"
    assert settings["samples"]["missing"] == ["1e3", "-9e9"]
    assert settings["samples"]["keep"] == {"kind": ["2e1"]}


SAMPLES = {"file": "a.csv", "x": "x", "y": "y", "crs": "EPSG:32633", "elements": {"Cu": "Cu"}}
OWN = {"survey": "a", "samples": SAMPLES, "deposits": {"file": "b.csv"}}


def test_layers_beside_geochemistry_get_their_defaults():
    assert check_settings(OWN)["covariates"] == {}
    layers = {"height": {"column": "ELEV"}, "faults": {"file": "c.gpkg", "measure": "density", "radius": 500}}
    found = check_settings(OWN | {"covariates": layers})["covariates"]
    defaults = {"kind": None, "radius": None, "layer": None, "band": None, "crs": None, "nodata": None}
    defaults |= {"missing": [], "names": {}, "measure": "distance"}
    assert found["height"] == defaults | {"column": "ELEV"}
    assert found["faults"] == defaults | {"file": "c.gpkg", "measure": "density", "radius": 500}
    assert list(found) == ["height", "faults"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            OWN | {"covariates": {"rock": {"kind": "categorical"}}},
            r"'covariates\.rock' needs 'file', or 'column'",
        ),
        (
            OWN | {"covariates": {"rock": {"file": "a.tif", "colum": "x"}}},
            r"unknown key .*did you mean 'column'",
        ),
        (OWN | {"covariates": {"rock": {"file": "a.tif", "kind": "classes"}}}, r"covariates\.rock\.kind"),
        (OWN | {"covariates": {"faults": {"file": "a.shp", "radius": -1}}}, r"covariates\.faults\.radius"),
        (OWN | {"covariates": {"1: x": {"file": "a.tif"}}}, "'1: x' does not match"),
        (
            {"survey": "a", "grids": {"file": "a.tif"}, "deposits": {"file": "b.csv"}}
            | {"covariates": {"height": {"column": "ELEV"}}},
            r"'covariates\.height' names a column of samples, and this survey has no table of them",
        ),
        (
            OWN | {"covariates": {"rock": {"file": "a.tif"}}, "network": {"variants": ["spectrum"]}},
            "the first of network.variants is fusion, .*; here it is spectrum",
        ),
    ],
)
def test_layers_beside_geochemistry_that_make_no_sense(config, message):
    with pytest.raises(InputError, match=message):
        check_settings(config)


def test_a_layer_of_effort_has_its_defaults_and_goes_with_deposits():
    found = check_settings(OWN | {"effort": {"file": "holes.gpkg", "radius": 500}})["effort"]
    assert (found["file"], found["radius"], found["column"], found["unit"]) == ("holes.gpkg", 500, None, None)
    assert "effort" not in check_settings(OWN)
    classes = {"survey": "a", "grids": {"file": "a.tif"}, "labels": {"raster": {"file": "c.tif"}}}
    with pytest.raises(InputError, match=r"section 'effort' is not used with 'labels\.raster'"):
        check_settings(classes | {"effort": {"file": "holes.gpkg"}})
    with pytest.raises(InputError, match=r"key 'effort\.file' is missing"):
        check_settings(OWN | {"effort": {"radius": 500}})


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/passwd", "a/../../b.csv", "C:\\a.csv", "..\\a.csv", "\\\\host\\a"]
)
def test_a_source_may_not_leave_the_data_folder(name):
    source = {"url": "https://example.org/a.csv", "sha256": "0" * 64}
    config = DEMO | {"data": {"sources": {name: source}}}
    with pytest.raises(InputError, match=r"key 'data.sources': .* would leave the data folder"):
        check_settings(config)
    check_settings(DEMO | {"data": {"sources": {"part/a.csv": source, "b..csv": source}}})
