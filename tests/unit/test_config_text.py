"""Text of a config: names that YAML reads as something else, and signs that stand for nothing."""

import pytest
import yaml
from geohalo.cube.raster_files import raster_files
from geohalo.errors import InputError
from geohalo.settings import check_settings
from geohalo.survey.table_files import data_file

CONFIG = """
survey: here
samples: {file: s.csv, x: x, y: y, elements: "(?P<element>[A-Z])"}
deposits: {file: d.csv}
"""


def settings(text):
    """Check the config with some lines added, as it is read from a file."""
    return check_settings(yaml.safe_load(CONFIG.replace("elements:", f"{text}, elements:")))


def stopped(config):
    with pytest.raises(InputError) as told:
        check_settings(config)
    assert len(str(told.value)) < 1500
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "key", "names"),
    [
        ("keep: {2021: [a]}", "keep", {"2021": ["a"]}),
        ("keep: {1.5: [a]}", "keep", {"1.5": ["a"]}),
        ('units: {1: ppm, "2": ppb}', "units", {"1": "ppm", "2": "ppb"}),
        ("censoring: {flags: {1: below, 2: missing}}", "censoring", {"1": "below", "2": "missing"}),
    ],
)
def test_names_that_are_numbers_are_text(text, key, names):
    found = settings(text)["samples"][key]
    assert found.get("flags", found) == names


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("keep: {No: [a]}", ["samples.keep", "reads yes, no, on", "as in 'No'"]),
        ("keep: {valid: [Yes]}", ["samples.keep.valid.0", "reads yes, no, on"]),
        ("keep: {day: [2021-03-05]}", ["samples.keep.day.0", "reads 2021-03-05 as a date"]),
        ("keep: {2021-03-05: [a]}", ["samples.keep", "reads 2021-03-05 as a date"]),
        ("keep: {~: [a]}", ["samples.keep", "a name is empty"]),
        ("crs: on", ["samples.crs", "reads yes, no, on"]),
    ],
)
def test_names_that_yaml_reads_as_something_else_are_told(text, parts):
    with pytest.raises(InputError) as told:
        settings(text)
    for part in parts:
        assert part in str(told.value)


def test_a_number_is_not_taken_for_text_where_it_is_none():
    told = stopped({"survey": "a", "simulate": {"samples": True}})
    assert "'simulate.samples'" in told
    assert "truth" not in told


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"survey": "a\n"}, "survey"),
        ({"survey": "a\x00b"}, "survey"),
        ({"data": {"folder": "a\nb"}}, "data.folder"),
        ({"data": {"sources": {"a\tb": {}}}}, "data.sources"),
        ({"samples": {"file": "a\x07.csv"}}, "samples.file"),
        ({"samples": {"x": "a\x00"}}, "samples.x"),
        ({"samples": {"keep": {"a": ["b", "\ud800"]}}}, "samples.keep.a.2"),
        ({"samples": {"keep": {"a\x1b": ["b"]}}}, "samples.keep"),
    ],
)
def test_signs_that_stand_for_nothing_are_told(keys, key):
    config = yaml.safe_load(CONFIG)
    for section, value in keys.items():
        config[section] = config.get(section, {}) | value if isinstance(value, dict) else value
    assert f"key {key!r}: " in stopped(config)


def test_headers_may_have_line_breaks():
    assert settings('keep: {"Cu\\nppm": ["a\\tb"]}')["samples"]["keep"] == {"Cu\nppm": ["a\tb"]}


@pytest.mark.parametrize("config", [None, [], "x", 3])
def test_what_is_no_config(config):
    assert stopped(config) == "config: this is no config: it has no keys and values."


def test_a_config_that_holds_itself():
    config = yaml.safe_load("&a {survey: b, simulate: *a}")
    assert "holds itself" in stopped(config)


def test_long_values_do_not_flood_the_message():
    for keys in ({"survey": "x" * 10_000}, {"x" * 10_000: 1}, {"grid": {"cell": list(range(5000))}}):
        stopped({"survey": "a", "simulate": {}} | keys)


def test_names_of_files_that_cannot_be(tmp_path):
    data = {"folder": str(tmp_path), "sources": {}}
    (tmp_path / "folder").mkdir()
    (tmp_path / "own.gdb").mkdir()
    (tmp_path / "s.csv").touch()
    assert data_file(data, "s.csv", "samples.file") == str(tmp_path / "s.csv")
    assert data_file(data, "own.gdb", "samples.file") == str(tmp_path / "own.gdb")
    assert data_file(data | {"sources": {"t.csv": {}}}, "t.csv", "samples.file") == str(tmp_path / "t.csv")
    for name, told in (
        ("x" * 5000, "File name too long"),
        ("folder", "is a folder"),
        ("t.csv", "does not exist"),
    ):
        with pytest.raises(InputError, match=f"config key samples.file: .*{told}") as found:
            data_file(data, name, "samples.file")
        assert len(str(found.value)) < 500
        with pytest.raises(InputError, match=f"config key grids.file: .*{told}"):
            raster_files({"file": name}, tmp_path)
    with pytest.raises(InputError, match=r"config key grids.folder: .*File name too long"):
        raster_files({"folder": "x" * 5000, "pattern": "(?P<element>x)"}, tmp_path)
