"""What a script does around its work: the log, messages to the user, whole files."""

import errno
import gc
import json
import logging
import mmap
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from geohalo import progress
from geohalo.atomic_files import NotWrittenError, atomic_write, read_back, remove_stale
from geohalo.errors import InputError
from geohalo.progress import steps
from geohalo.workflow import job as job_module
from geohalo.workflow.full_disks import FullDiskWatch
from geohalo.workflow.job import advice, job
from geohalo.workflow.locks import check_writable, lock_message
from geohalo.workflow.orphans import all_at_work, runs_above
from pyarrow.parquet import ParquetFile


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


def test_garbage_is_looked_for_again_when_the_work_begins(rule):
    before = gc.get_freeze_count()
    gc.disable()
    try:
        with job(rule):
            assert gc.isenabled()
            assert gc.get_freeze_count() > before
    finally:
        gc.enable()
        gc.unfreeze()


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


def test_the_log_ends_with_the_times_processor_time_and_peak_memory_of_the_job(rule):
    """Memory that was freed again counts, that of the process which started this one does not."""
    before = time.time()
    with job(rule):
        spent = time.process_time()
        held = bytearray(300_000_000)
        held[:: mmap.PAGESIZE] = bytes(len(held[:: mmap.PAGESIZE])).replace(b"\0", b"\1")
        del held
        while time.process_time() < spent + 0.2:
            pass
    taken = json.loads(Path(rule.log[0]).read_text(encoding="utf-8").splitlines()[-1])
    assert before <= taken["start"] <= taken["end"] <= time.time()
    assert spent + 0.2 <= taken["processor"] + 0.02
    assert taken["peak"] > 300_000_000
    probe = "import sys; from geohalo.workflow.job import peak_memory; print(peak_memory())"
    held = b"\1" * 400_000_000
    child = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert int(child.stdout) < 300_000_000 < len(held)


def test_a_long_loop_tells_how_far_it_is_and_a_short_one_nothing(monkeypatch, caplog):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with caplog.at_level(logging.INFO, logger="geohalo"):
        assert list(steps(range(6), "block")) == list(range(6))
    # Seen 4 s apart, the first item at 4 s: lines when 10 s have passed, after 2 items (12 s) and after 5 (24 s).
    assert caplog.messages == ["block 2 of 6, about 24 s left", "block 5 of 6, about 5 s left"]
    caplog.clear()
    monkeypatch.setattr(progress.time, "monotonic", lambda: 0.0)
    assert list(steps("ab", "letter")) == ["a", "b"]
    assert caplog.messages == []


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "a.txt"

    def write(text: str, error: Exception | None = None) -> None:
        with atomic_write(str(path)) as temporary:
            temporary.write_text(text)
            if error:
                raise error

    with pytest.raises(KeyError):
        write("half", KeyError())
    assert list(tmp_path.iterdir()) == []
    write("all")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "all"


def test_what_a_killed_process_was_writing_is_removed_and_what_another_writes_is_not(tmp_path):
    path = tmp_path / "a.txt"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    stale = [tmp_path / f".writing-{ended.pid}-a.txt{end}" for end in ("", "-journal", ".plain")]
    kept = [tmp_path / f".writing-{os.getppid()}-a.txt", tmp_path / f".writing-{ended.pid}-b-a.txt"]
    for file in (*stale, *kept):
        file.touch()
    with atomic_write(str(path)) as temporary:
        temporary.write_text("all")
    assert sorted(tmp_path.iterdir()) == sorted([path, *kept])
    remove_stale(tmp_path / "b-a.txt")
    assert sorted(tmp_path.iterdir()) == sorted([path, kept[0]])


def test_a_file_that_does_not_hold_what_was_written_never_gets_its_name(tmp_path):
    def wrong(beside):
        raise NotWrittenError(f"{beside}: cut")

    with pytest.raises(NotWrittenError), atomic_write(str(tmp_path / "a.bin"), wrong) as beside:
        beside.write_bytes(b"half")
    with pytest.raises(zipfile.BadZipFile), atomic_write(str(tmp_path / "a.npz")) as beside:
        beside.write_bytes(b"half")
    assert list(tmp_path.iterdir()) == []


ALONE = """
import subprocess, sys, time
job = '''
import sys, time
sys.path.insert(0, sys.argv[1])
from geohalo.workflow import orphans
orphans.PAUSE = 0.05
orphans.end_with_run()
print("at work", flush=True)
time.sleep(60)
'''
child = subprocess.Popen([sys.executable, "-c", job, sys.argv[1]])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no /proc")
def test_a_job_ends_with_the_run_that_it_belongs_to(tmp_path):
    run = tmp_path / "snakemake"
    run.write_text(ALONE)
    main = subprocess.Popen(
        [sys.executable, run, str(Path(job_module.__file__).parents[2])], stdout=subprocess.PIPE
    )
    try:
        job_pid = int(main.stdout.readline())
        assert main.stdout.readline() == b"at work\n"
        above = runs_above(main.pid)
        assert above[0][0] == main.pid
        assert all_at_work(above)
    finally:
        main.kill()
        main.wait()
        main.stdout.close()
    assert not all_at_work(above)
    for _ in range(200):
        if not os.path.exists(f"/proc/{job_pid}"):
            break
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{job_pid}")


def test_a_lock_is_told_with_what_to_type(tmp_path, monkeypatch):
    command = ["/x/snakemake", "--cores", "all", "--configfile", "my survey.yaml"]
    assert lock_message(tmp_path, command, []) == ""
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    assert lock_message(tmp_path, command, []) == ""
    (tmp_path / ".snakemake" / "locks" / "0.output.lock").touch()
    monkeypatch.setattr("geohalo.workflow.locks.shutil.which", lambda name: f"/x/{name}")
    assert "\n    snakemake --unlock --cores all --configfile 'my survey.yaml'\n" in lock_message(
        tmp_path, command, []
    )
    assert "(process 17)" in lock_message(tmp_path, command, [17])
    for quiet in ("--unlock", "--nolock", "-n", "--dry-run"):
        assert lock_message(tmp_path, [*command, quiet], []) == ""


@pytest.mark.parametrize("name", ["", ".snakemake", "results"])
def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path, monkeypatch, name):
    (tmp_path / ".snakemake").mkdir()
    (tmp_path / "results").mkdir()
    check_writable(tmp_path, ["snakemake"])
    monkeypatch.setattr("geohalo.workflow.locks.os.access", lambda place, mode: place != tmp_path / name)
    with pytest.raises(InputError, match=f"^{tmp_path / name} cannot be written: .*--directory"):
        check_writable(tmp_path, ["snakemake", "--cores", "1"])
    check_writable(tmp_path, ["snakemake", "-n"])


def test_a_disk_without_room_for_a_lock_is_full_and_a_dry_run_goes_on(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        "geohalo.workflow.full_disks.shutil.disk_usage", lambda folder: usage._replace(free=4096)
    )
    with pytest.raises(
        InputError, match=rf"^The disk is full: 4 kB are left where {tmp_path} lies. .*--directory"
    ):
        check_writable(tmp_path, ["snakemake", "--cores", "1"])
    check_writable(tmp_path, ["snakemake", "-n"])
    monkeypatch.setattr(
        "geohalo.workflow.full_disks.shutil.disk_usage", lambda folder: usage._replace(free=2_000_000)
    )
    check_writable(tmp_path, ["snakemake", "--cores", "1"])


@pytest.mark.parametrize(
    ("free", "said", "full"),
    [
        (4096, "Nothing to be done.", True),
        (10**9, "OSError: [Errno 28] No space left on device: '.snakemake/metadata/abc'", True),
        (10**9, f"OSError in file a.smk, line 3: {os.strerror(errno.EDQUOT)}", True),
        (10**9, "Nothing to be done.", False),
    ],
)
def test_a_full_disk_that_snakemake_ran_into_is_told_at_the_end(
    tmp_path, monkeypatch, capsys, free, said, full
):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        "geohalo.workflow.full_disks.shutil.disk_usage", lambda folder: usage._replace(free=free)
    )
    watch = FullDiskWatch()
    assert watch.filter(logging.LogRecord("snakemake.logging", logging.ERROR, "", 0, said, (), None))
    watch.tell(tmp_path)
    told = capsys.readouterr().err
    assert told.startswith("\nThe disk is full: ") == full
    assert ("the same command again" in told) == full


def test_a_run_has_a_full_disk_told_once_and_as_its_last_words(tmp_path):
    """Registered for this process, whatever Snakemake does before it ends."""
    code = """
import logging, sys
from geohalo.workflow.full_disks import tell_full_disk
tell_full_disk("."), tell_full_disk(".")
logging.getLogger("snakemake.logging").error("[Errno 28] %s", "No space left on device")
sys.exit(1)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.count("The disk is full: ") == 1
    assert ended.stderr.rstrip().endswith("(--directory).")


@pytest.mark.parametrize("column", range(4))
def test_a_damaged_column_of_a_table_is_found_whatever_its_name(tmp_path, column):
    """Columns are read one after another: none may be passed over, such as one with a dot in its name."""
    path = tmp_path / "a.parquet"
    values = np.random.default_rng(0).normal(size=(5000, 4))
    pd.DataFrame(values, columns=["Cu", "a", "a.b", ""]).to_parquet(path)
    read_back(path)
    with ParquetFile(path) as file:
        start = file.metadata.row_group(0).column(column).data_page_offset
    damaged = bytearray(path.read_bytes())
    damaged[start : start + 40] = b"\xff" * 40
    path.write_bytes(damaged)
    with pytest.raises(OSError, match="deserialize"):
        read_back(path)
