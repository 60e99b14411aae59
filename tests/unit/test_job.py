"""What a script does around its work: the log, messages to the user, whole files."""

import errno
import json
import logging
import sys
from types import SimpleNamespace

import _job
import pytest
from _job import advice, job, steps, whole
from geohalo.errors import InputError


@pytest.fixture
def rule(tmp_path, monkeypatch):
    """Return what Snakemake gives a script; its streams and handlers are put back afterwards."""
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    logger = logging.getLogger("geohalo")
    before = logger.handlers[:]
    yield SimpleNamespace(
        log=[str(tmp_path / "a.log")], config={"survey": "here"}, rule="train", wildcards={}
    )
    logger.handlers[:] = before


def stopped(rule, error: Exception, capsys) -> tuple[str, str]:
    """Return what the user and what the log is told of an error."""
    with pytest.raises(SystemExit) as end, job(rule):
        raise error
    assert end.value.code == 1
    with open(rule.log[0], encoding="utf-8") as log:
        return capsys.readouterr().err, log.read()


def test_bad_input_is_its_own_message(rule, capsys):
    shown, log = stopped(rule, InputError("samples.csv, row 3: no number. Correct it."), capsys)
    assert "GeoHalo stopped (survey here, train):\nsamples.csv, row 3: no number. Correct it.\n" in shown
    assert f"(log: {rule.log[0]})" in shown
    assert "Traceback" not in shown
    assert "Traceback" in log


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (MemoryError("Unable to allocate 7 GiB"), "grid.tiles"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "results"), "right to read or write"),
        (ZeroDivisionError("division by zero"), "report it with the log"),
    ],
)
def test_any_other_error_is_named_with_survey_stage_and_what_to_do(rule, capsys, error, fix):
    shown, log = stopped(rule, error, capsys)
    assert "(survey here, train)" in shown
    assert f"{type(error).__name__}: {error}" in shown
    assert fix in shown
    assert fix in advice(error)
    assert "Traceback" not in shown
    assert "Traceback" in log


def test_progress_goes_to_the_user_and_to_the_log_with_the_survey_and_the_stage(rule, capsys):
    with job(rule) as log:
        log.info("half of it")
    shown = capsys.readouterr().err
    assert shown == "[here, train] half of it\n"
    with open(rule.log[0], encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines[0] == "[here, train] half of it"
    assert json.loads(lines[1])["rule"] == "train"


def test_a_long_loop_tells_how_far_it_is_and_a_short_one_nothing(monkeypatch, caplog):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(_job.time, "monotonic", lambda: next(clock))
    with caplog.at_level(logging.INFO, logger="geohalo"):
        assert list(steps(range(6), "block")) == list(range(6))
    # Seen 4 s apart, the first item at 4 s: lines when 10 s have passed, after 2 items (12 s) and after 5 (24 s).
    assert caplog.messages == ["block 2 of 6, about 24 s left", "block 5 of 6, about 5 s left"]
    caplog.clear()
    monkeypatch.setattr(_job.time, "monotonic", lambda: 0.0)
    assert list(steps("ab", "letter")) == ["a", "b"]
    assert caplog.messages == []


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "a.txt"

    def write(text: str, error: Exception | None = None) -> None:
        with whole(str(path)) as beside:
            beside.write_text(text)
            if error:
                raise error

    with pytest.raises(KeyError):
        write("half", KeyError())
    assert list(tmp_path.iterdir()) == []
    write("all")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "all"
