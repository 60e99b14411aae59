"""Expressions that go on for ever are stopped, in any thread, and name the key."""

import re
import signal
import threading
import time

import pytest
from geohalo.cube.raster_files import passed_over, raster_files
from geohalo.errors import InputError
from geohalo.patterns import compiled, matches

ENDLESS = r"^(?P<element>([A-Za-z]+)*)[0-9]$"


@pytest.mark.parametrize("how", ["fullmatch", "search"])
def test_an_endless_expression_is_stopped_with_its_key(monkeypatch, how):
    monkeypatch.setattr("geohalo.patterns.SECONDS", 0.3)
    start = time.monotonic()
    with pytest.raises(InputError, match=r"grids.pattern: .* takes more than 0.3 s .* Simplify it"):
        matches(re.compile(ENDLESS), ["Cu1", "a" * 60], "grids.pattern", how)
    assert time.monotonic() - start < 3
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    found = matches(re.compile(ENDLESS), ["Cu1", "Zn2", "no"] * 1000, "grids.pattern", how)
    assert {text: match["element"] for text, match in found.items()} == {"Cu1": "Cu", "Zn2": "Zn"}


def test_it_is_stopped_in_another_thread_as_well(monkeypatch):
    monkeypatch.setattr("geohalo.patterns.SECONDS", 0.2)
    told = []

    def check(texts):
        try:
            told.append(list(matches(re.compile(ENDLESS), texts, "key")))
        except InputError as error:
            told.append(str(error))

    for texts in (["Cu1"], ["a" * 60]):
        thread = threading.Thread(target=check, args=(texts,))
        thread.start()
        thread.join(timeout=30)
    assert told[0] == ["Cu1"]
    assert told[1].startswith("key: ")


def test_a_text_is_matched_as_a_whole_or_anywhere():
    pattern = compiled("(?P<element>Cu)", "key", "element")
    assert list(matches(pattern, ["Cu", "Cu.tif"], "key")) == ["Cu"]
    assert list(matches(pattern, ["Cu", "Cu.tif"], "key", "search")) == ["Cu", "Cu.tif"]


@pytest.mark.parametrize(
    "expression", ["(?P<element>[A-Z", "(?P<element>x{99999999999})", "(?P<element>" * 3000]
)
def test_an_expression_that_cannot_be_compiled_names_its_key(expression):
    with pytest.raises(InputError, match=r"^key: .* is not a valid regular expression") as stopped:
        compiled(expression, "key", "element")
    assert len(str(stopped.value)) < 500


def test_the_pattern_of_rasters_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("geohalo.patterns.SECONDS", 0.3)
    (tmp_path / "tifs").mkdir()
    (tmp_path / "tifs" / f"{'a' * 60}.tif").touch()
    for ask in (raster_files, passed_over):
        with pytest.raises(InputError, match=r"config key grids.pattern"):
            ask({"folder": "tifs", "pattern": ENDLESS}, tmp_path)
