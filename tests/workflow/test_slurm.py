"""The demo on a real Slurm: jobs, resources and GPUs in Slurm's own records, and a job killed on the way.

`slurm_cluster.sh` starts a Slurm of one node on this machine; without one the tests that need it are skipped.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xarray as xr
from rule_requests import request
from workflow_runs import ROOT, SMALL, planned

pytestmark = pytest.mark.workflow

CLUSTER = Path(__file__).with_name("slurm_cluster.sh")
SNAKEMAKE = Path(__file__).with_name("prompt_snakemake.py")
PROFILE = ("--profile", str(ROOT / "profiles" / "slurm"))
#: What differs from a real cluster: no accounts, so no sacct; two cores; a local disk; and nobody else who asks.
ONE_NODE = ("--cores", "2", "--latency-wait", "5", "--benchmark-extended", "--slurm-status-command", "squeue")
RESULTS = Path("results", "small")
SCORES = RESULTS / "runs" / "fusion" / "30-90" / "heldout.nc"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """Start a Slurm of one node and yield the folder of its state; stop it whatever happens."""
    # Slurm's own users read it, which they cannot below pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="geohalo-slurm-"))
    folder.chmod(0o755)
    try:
        started = subprocess.run(
            ["bash", CLUSTER, "start", folder], capture_output=True, text=True, check=False
        )
        if started.returncode == 3:
            pytest.skip(started.stdout.strip().splitlines()[-1])
        assert started.returncode == 0, started.stdout + started.stderr
        yield folder
    finally:
        subprocess.run(["bash", CLUSTER, "stop", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def workflow(folder: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    """Start the workflow on Slurm in ``folder``, output and messages together in stdout; end it with its jobs."""
    command = [sys.executable, SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", folder]
    command += [*PROFILE, *ONE_NODE, *arguments[:-1], "--configfile", SMALL, "--", *arguments[-1:]]
    run = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield run
    finally:
        if run.poll() is None:
            # As Ctrl-C does; other signals leave jobs in Slurm.
            run.send_signal(signal.SIGINT)
            try:
                run.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                run.kill()
                run.communicate()


def finish(run: subprocess.Popen) -> str:
    """Return what a run told once it has ended."""
    return run.communicate(timeout=900)[0]


def jobs_of(name: str) -> dict[int, dict[str, str]]:
    """Return Slurm's record of every job with a name, by job number."""
    listed = subprocess.run(
        ["squeue", "--states=all", "--noheader", "--format=%i", f"--name={name}"],
        capture_output=True,
        text=True,
        check=True,
    )
    jobs = {}
    for number in map(int, listed.stdout.split()):
        shown = subprocess.run(
            ["scontrol", "--oneliner", "show", "job", str(number)], capture_output=True, text=True, check=True
        )
        found = re.findall(r"(\S+?)=(.*?)(?= \S+?=|$)", shown.stdout.strip())
        jobs[number] = {key: value.strip() for key, value in found}
    return dict(sorted(jobs.items()))


def run_name(told: str) -> str:
    """Return the name that all jobs of a run have in Slurm."""
    found = re.search(r"SLURM run ID: (\S+)", told)
    assert found, told
    return found[1]


def completed(cluster: Path) -> dict[int, dict[str, str]]:
    """Return the jobs in the file in which Slurm notes the ended ones, by number."""
    lines = (cluster / "log" / "completed.txt").read_text().splitlines()
    jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]
    return {int(job["JobId"]): job for job in jobs}


@pytest.fixture(scope="module")
def on_slurm(cluster, tmp_path_factory) -> tuple[Path, str, dict[int, dict[str, str]]]:
    """Return folder, output and Slurm's records of a complete run of the reduced demo."""
    folder = tmp_path_factory.mktemp("slurm")
    with workflow(folder, "all") as run:
        told = finish(run)
    assert run.returncode == 0, told
    return folder, told, jobs_of(run_name(told))


def of_rule(jobs: dict[int, dict[str, str]], comment: str) -> list[dict[str, str]]:
    """Return the records of the jobs that the comment of a rule or group begins with."""
    return [job for job in jobs.values() if job["Comment"].startswith(comment)]


def test_small_rules_share_jobs_and_all_of_them_ended_on_slurm(on_slurm, cluster):
    folder, told, jobs = on_slurm
    assert (folder / RESULTS / "figures" / "anomaly_map.png").exists()
    rules = re.search(r"^total +(\d+)$", told, re.MULTILINE)
    assert rules
    single = {"fit_interpolation": 1, "interpolate_elements": 1, "stack_cube": 1, "make_folds": 1}
    single |= {"score_controls": 1, "train": 2, "explain_map": 1}
    groups = ["tables", "scales", "pictures", "evidence", "explanation"]
    for rule, number in single.items():
        assert len(of_rule(jobs, f"rule_{rule}")) == number, rule
    for group in groups:
        assert len(of_rule(jobs, f"rule_{group}_")) == 1, group
    assert len(jobs) == sum(single.values()) + len(groups) < int(rules[1])
    ended = completed(cluster)
    assert {number: ended[number]["JobState"] for number in jobs} == dict.fromkeys(jobs, "COMPLETED")
    assert {ended[number]["Name"] for number in jobs} == {run_name(told)}


def test_training_alone_asks_for_a_gpu(on_slurm):
    *_, jobs = on_slurm
    asked = {job["Comment"] for job in jobs.values() if "gres:gpu:1" in job.get("TresPerNode", "")}
    assert asked == {f"rule_train_wildcards_{variant}_30-90" for variant in ("fusion", "shuffle")}
    first, second = sorted(of_rule(jobs, "rule_train"), key=lambda job: job["StartTime"])
    # The node has one GPU: one job waited for the other.
    assert second["StartTime"] >= first["EndTime"]


def test_memory_and_time_are_those_of_the_rules_formulas(on_slurm):
    folder, _, jobs = on_slurm
    results = folder / RESULTS
    folds = sorted(results.glob("folds/*"))
    graphs = [results / "graph" / f"{n}.npz" for n in (30, 90)]
    samples, deposits = results / "samples.parquet", results / "deposits.parquet"
    elements, cube = results / "elements.nc", results / "cube.nc"
    inputs = {
        "interpolate_elements": [samples, results / "interpolation.json"],
        "stack_cube": [elements],
        "make_folds": [elements, deposits],
        "score_controls": [cube, samples, *folds, *graphs],
        "train": [cube, *graphs, *folds],
    }
    for rule, files in inputs.items():
        memory, runtime = request(rule, files)
        for job in of_rule(jobs, f"rule_{rule}"):
            assert job["MinMemoryNode"] == slurm_memory(memory), rule
            assert job["TimeLimit"] == slurm_time(runtime), rule
            # Those that can use several take half of the cores given.
            assert job["CPUs/Task"] == "1", rule


def test_a_group_asks_for_what_its_jobs_take_beside_and_after_each_other(on_slurm):
    folder, _, jobs = on_slurm
    segment, segment_time = request("segment_superpixels", [folder / RESULTS / "cube.nc"], n_segments="90")
    (job,) = of_rule(jobs, "rule_scales_")
    # Two counts beside each other on two cores, the graphs after them.
    assert job["MinMemoryNode"] == slurm_memory(2 * segment)
    assert job["CPUs/Task"] == "2"
    _, graph_time = request("build_graph", [], results=folder / RESULTS)
    assert job["TimeLimit"] == slurm_time(segment_time + graph_time)


def test_no_job_took_more_memory_than_it_asked_for(on_slurm):
    taken = {}
    for file in (on_slurm[0] / "benchmarks" / "small").glob("*.jsonl"):
        (record,) = map(json.loads, file.read_text().splitlines())
        job = json.loads((on_slurm[0] / "logs" / "small" / f"{file.stem}.log").read_text().splitlines()[-1])
        taken[file.stem] = job["peak"] / 2**20 / record["resources"]["mem_mb"]
    assert len(taken) == 26
    assert max(taken.values()) < 1, taken


def slurm_memory(megabytes: int) -> str:
    return f"{megabytes // 1024}G" if megabytes % 1024 == 0 else f"{megabytes}M"


def slurm_time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def same_scores(one: Path, other: Path) -> bool:
    """Tell whether two files of scores hold the same numbers."""
    with xr.open_dataset(one) as first, xr.open_dataset(other) as second:
        return first.identical(second)


def test_results_are_those_of_a_local_run(on_slurm, demo):
    folder, *_ = on_slurm
    assert planned(folder) == {}
    for name in ("metrics.csv", "comparisons.csv", "deposit_ranks.csv", "samples_report.csv"):
        assert (folder / RESULTS / name).read_bytes() == (demo / RESULTS / name).read_bytes(), name
    assert same_scores(folder / SCORES, demo / SCORES)


@pytest.fixture
def untrained(on_slurm, tmp_path) -> Path:
    """Return a copy of the finished run that lacks one training and what followed from it."""
    shutil.copytree(on_slurm[0], tmp_path / "copy", copy_function=shutil.copy2)
    shutil.rmtree((tmp_path / "copy" / SCORES).parent)
    return tmp_path / "copy"


def cancel_midway(folder: Path, run: subprocess.Popen) -> None:
    """Cancel the training with Slurm's own command once it has told of an epoch."""
    log = folder / "logs" / "small" / "train_fusion_30-90.log"
    log.unlink(missing_ok=True)
    until = time.monotonic() + 300
    while "epoch" not in (log.read_text() if log.exists() else ""):
        assert time.monotonic() < until, "the training did not begin"
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.1)
    subprocess.run(["scancel", "--state=RUNNING", "--user=root"], check=True)


def test_a_training_cancelled_twice_goes_on_to_the_same_scores(untrained, demo):
    """By a second call, where the first had no retries; then by a retry of its own, with twice the memory."""
    with workflow(untrained, "--retries", "0", str(SCORES)) as run:
        cancel_midway(untrained, run)
        told = finish(run)
    assert run.returncode == 1
    assert "CANCELLED" in told
    assert [job["JobState"] for job in jobs_of(run_name(told)).values()] == ["CANCELLED"]
    assert not (untrained / SCORES).exists()

    with workflow(untrained, str(SCORES)) as run:
        cancel_midway(untrained, run)
        told = finish(run)
    assert run.returncode == 0, told
    jobs = list(jobs_of(run_name(told)).values())
    assert [job["JobState"] for job in jobs] == ["CANCELLED", "COMPLETED"]
    files = [untrained / RESULTS / "cube.nc", *(untrained / RESULTS / "folds").glob("[!.]*")]
    files += [untrained / RESULTS / "graph" / f"{n}.npz" for n in (30, 90)]
    for attempt, job in enumerate(jobs, 1):
        memory, runtime = request("train", files, attempt=attempt)
        assert (job["MinMemoryNode"], job["TimeLimit"]) == (slurm_memory(memory), slurm_time(runtime))
    assert same_scores(untrained / SCORES, demo / SCORES)
