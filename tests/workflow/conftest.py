"""One complete run of the reduced demo, shared by the tests of the workflow."""

import fcntl
import os
from pathlib import Path

import pytest
from workflow_runs import snakemake

#: Where a process that tests beside others finds what the first of them told of its run.
TOLD, LOCK = "demo.txt", "demo.lock"


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """Return the folder of a complete run of the reduced demo; a test that changes it copies it first.

    Processes that test beside each other share the run: the first makes it, and the others wait for it.
    """
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Each process has a folder of its own in that of all.
        place = place.parent
    with (place / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / TOLD).exists():
            (place / "demo").mkdir()
            # On two cores, whoever else is testing: other runs are compared with it to the bit.
            result = snakemake(place / "demo", cores=2)
            (place / TOLD).write_text("" if result.returncode == 0 else result.stdout, encoding="utf-8")
    failure = (place / TOLD).read_text(encoding="utf-8")
    assert not failure, failure
    return place / "demo"
