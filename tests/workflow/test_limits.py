"""Memory on a workstation: jobs that do not fit together wait for each other, and none waits for ever."""

import json
import shutil
from pathlib import Path

import pytest
from rule_requests import request
from workflow_runs import snakemake

pytestmark = pytest.mark.workflow

COUNTS = (30, 90)


def spans(folder: Path, memory: int) -> list[tuple[float, float]]:
    """Segment at two counts on two cores within so many MB; returns start and end of each job's work, in order."""
    targets = [f"results/small/superpixels/{n}.tif" for n in COUNTS]
    run = snakemake(folder, *targets, "--force", "--resources", f"mem_mb={memory}", cores=2)
    assert run.returncode == 0, run.stdout
    logs = [folder / "logs" / "small" / f"segment_superpixels_{n}.log" for n in COUNTS]
    told = [json.loads(log.read_text().splitlines()[-1]) for log in logs]
    return sorted((work["start"], work["end"]) for work in told)


@pytest.fixture
def finished(demo, tmp_path) -> Path:
    shutil.copytree(demo, tmp_path / "copy", copy_function=shutil.copy2)
    return tmp_path / "copy"


def test_jobs_that_do_not_fit_together_follow_each_other(finished):
    asked, _ = request("segment_superpixels", [finished / "results" / "small" / "cube.nc"], n_segments="90")
    first, second = spans(finished, 2 * asked - 100)
    assert first[1] <= second[0]


def test_a_job_that_asks_for_more_than_there_is_runs_alone(finished):
    first, second = spans(finished, 100)
    assert first[1] <= second[0]
