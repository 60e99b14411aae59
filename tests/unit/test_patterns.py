"""Expressions that go on for ever are stopped, in any thread, and name the key."""

import re
import signal
import threading
import time

import pytest
from geohalo.cube.raster_files import raster_files
from geohalo.errors import InputError
from geohalo.patterns import check_speed

ENDLESS = r"^(?P<element>([A-Za-z]+)*)[0-9]$"


def test_an_endless_expression_is_stopped_with_its_key():
    start = time.monotonic()
    with pytest.raises(InputError, match=r"grids.pattern: .* takes more than 0.3 s .* Simplify it"):
        check_speed(re.compile(ENDLESS), ["Cu1", "a" * 60], "grids.pattern", 0.3)
    assert time.monotonic() - start < 3
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    check_speed(re.compile(ENDLESS), ["Cu1", "Zn2"] * 1000, "grids.pattern", 0.3)


def test_it_is_stopped_in_another_thread_as_well():
    told = []

    def check(texts):
        try:
            check_speed(re.compile(ENDLESS), texts, "key", 0.2)
            told.append("fine")
        except InputError as error:
            told.append(str(error))

    for texts in (["Cu1"], ["a" * 60]):
        thread = threading.Thread(target=check, args=(texts,))
        thread.start()
        thread.join(timeout=30)
    assert told[0] == "fine"
    assert told[1].startswith("key: ")


def test_the_pattern_of_rasters_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("geohalo.patterns.SECONDS", 0.3)
    (tmp_path / "tifs").mkdir()
    (tmp_path / "tifs" / f"{'a' * 60}.tif").touch()
    with pytest.raises(InputError, match=r"config key grids.pattern"):
        raster_files({"folder": "tifs", "pattern": ENDLESS}, tmp_path)
