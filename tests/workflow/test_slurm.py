"""The demo on a real Slurm: jobs, resources and GPUs in Slurm's own records, and a job killed on the way.

`slurm_cluster.sh` starts a Slurm of one node on this machine; without one the tests that need it are skipped.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr
from rule_requests import request
from workflow_runs import ROOT, SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

CLUSTER = Path(__file__).with_name("slurm_cluster.sh")
PROFILE = ("--profile", str(ROOT / "profiles" / "slurm"))
#: What differs from a real cluster: no accounts, so no sacct; two cores; a local disk; every job asked after at once.
ONE_NODE = (
    "--cores",
    "2",
    "--slurm-status-command",
    "squeue",
    "--slurm-init-seconds-before-status-checks",
    "2",
)
ONE_NODE += ("--latency-wait", "5", "--benchmark-extended")
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


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    """Start the workflow on Slurm in ``folder``; output and messages come together in stdout."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder]
    command += [*PROFILE, *ONE_NODE, *arguments[:-1], "--configfile", SMALL, "--", *arguments[-1:]]
    return subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ),
    )


def finish(run: subprocess.Popen, seconds: float = 900) -> str:
    """Return what a run told once it has ended; one that takes too long has its jobs cancelled."""
    try:
        return run.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGINT)
        told = run.communicate()[0]
        pytest.fail(f"the workflow did not end within {seconds} s:\n{told}")


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
    run = start(folder, "all")
    told = finish(run)
    assert run.returncode == 0, told
    return folder, told, jobs_of(run_name(told))


@pytest.fixture
def submitted(tmp_path):
    """Return a function that counts what a run would submit: (jobs of the rules, jobs of Slurm)."""

    def count(*arguments: str, configs: tuple[Path, ...] = (SMALL,)) -> tuple[int, int]:
        told = snakemake(tmp_path, "--dry-run", *PROFILE, *arguments, configs=configs)
        assert told.returncode == 0, told.stdout
        groups = re.findall(r"^\[.*\] Group job ", told.stdout, re.MULTILINE)
        # The jobs of a group are indented.
        single = re.findall(r"^Job \d+: ", told.stdout, re.MULTILINE)
        in_groups = re.findall(r"^ +Job \d+: ", told.stdout, re.MULTILINE)
        return len(single) + len(in_groups), len(single) + len(groups)

    return count


def test_a_sweep_of_200_runs_submits_no_small_jobs(submitted, tmp_path):
    counts = [[n] for n in range(100, 300)]
    config = write_config(tmp_path / "sweep.yaml", {"experiments": {"n_segments": counts}})
    rules, jobs = submitted("sweep", configs=(SMALL, config))
    # 200 settings and that of the config with its two counts: superpixels, graph and training of each.
    assert rules == 202 + 202 + 201 + 9
    # Each training on its own, 202 counts by 25, and 6 jobs before and after.
    assert jobs == 201 + 9 + 6
    rules, jobs = submitted(
        "sweep",
        "--groups",
        "train=training",
        "--group-components",
        "training=10",
        "scales=25",
        configs=(SMALL, config),
    )
    assert jobs == 21 + 9 + 6


def of_rule(jobs: dict[int, dict[str, str]], comment: str) -> list[dict[str, str]]:
    """Return the records of the jobs that the comment of a rule or group begins with."""
    return [job for job in jobs.values() if job["Comment"].startswith(comment)]


def test_small_rules_share_jobs_and_all_of_them_ended_on_slurm(on_slurm, cluster):
    folder, told, jobs = on_slurm
    assert (folder / RESULTS / "figures" / "anomaly_map.png").exists()
    rules = re.search(r"^total +(\d+)$", told, re.MULTILINE)
    assert rules
    single = {"fit_interpolation": 1, "interpolate_elements": 1, "stack_cube": 1, "make_folds": 1}
    single |= {"score_controls": 1, "train": 2}
    groups = ["tables", "scales", "pictures", "evidence"]
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
            assert job["CPUs/Task"] == ("2" if rule in ("train", "score_controls") else "1")


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
    records = {}
    for file in (on_slurm[0] / "benchmarks" / "small").glob("*.jsonl"):
        (records[file.stem],) = map(json.loads, file.read_text().splitlines())
    assert len(records) == 20
    taken = {name: record["max_rss"] / record["resources"]["mem_mb"] for name, record in records.items()}
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


def test_a_cancelled_job_runs_again_with_twice_the_memory(untrained, demo):
    run = start(untrained, str(SCORES))
    cancel_midway(untrained, run)
    told = finish(run)
    assert run.returncode == 0, told
    jobs = list(jobs_of(run_name(told)).values())
    assert [job["JobState"] for job in jobs] == ["CANCELLED", "COMPLETED"]
    files = [untrained / RESULTS / "cube.nc", *(untrained / RESULTS / "folds").glob("*")]
    files += [untrained / RESULTS / "graph" / f"{n}.npz" for n in (30, 90)]
    for attempt, job in enumerate(jobs, 1):
        memory, runtime = request("train", files, attempt=attempt)
        assert (job["MinMemoryNode"], job["TimeLimit"]) == (slurm_memory(memory), slurm_time(runtime))
    assert same_scores(untrained / SCORES, demo / SCORES)


def test_a_second_call_goes_on_where_a_cancelled_job_stopped_the_first(untrained, demo):
    run = start(untrained, "--retries", "0", str(SCORES))
    cancel_midway(untrained, run)
    told = finish(run)
    assert run.returncode == 1
    assert "CANCELLED" in told
    assert not (untrained / SCORES).exists()
    run = start(untrained, str(SCORES))
    told = finish(run)
    assert run.returncode == 0, told
    assert [job["JobState"] for job in jobs_of(run_name(told)).values()] == ["COMPLETED"]
    assert same_scores(untrained / SCORES, demo / SCORES)
