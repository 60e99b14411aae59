"""Time and memory of the whole workflow, from nothing to all outputs: `make bench`.

For each survey: wall time, peak memory of all processes together, the time in which a stage was at its own work (starts
and imports left out, stages that run side by side counted once), and the rest as overhead.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[2]


def watch(process: psutil.Process, stop: threading.Event, result: dict[str, float]) -> None:
    """Look at a process and its children four times a second.

    Kept are the largest sum of their resident memory in GB (``peak``) and the processor time in seconds of the jobs of
    each script (``processor of train`` and so on; the last quarter of a second of a job may be missing).
    """
    result["peak"] = 0.0
    spent: dict[psutil.Process, tuple[str, float]] = {}
    while not stop.wait(0.25):
        total = 0
        for each in [process, *process.children(recursive=True)]:
            try:
                total += each.memory_info().rss
                script = next((word for word in each.cmdline()[1:] if word.endswith(".py")), "")
                spent[each] = (Path(script).stem.rpartition(".")[2], sum(each.cpu_times()[:2]))
            except psutil.NoSuchProcess:
                continue
        result["peak"] = max(result["peak"], total / 1e9)
    for script, seconds in spent.values():
        result[f"processor of {script}"] = result.get(f"processor of {script}", 0.0) + seconds


def finished_jobs(logs: Path) -> list[dict[str, Any]]:
    """Read what each finished job has left in its log: its rule, and what `geohalo.workflow.job.taken` gives."""
    lines = [line for log in logs.glob("*.log") for line in log.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines if line.startswith('{"rule"')]


def work_intervals(logs: Path) -> list[tuple[str, float, float]]:
    """Read rule, start and end of each job's own work from its log."""
    found = [(job["rule"], job["start"], job["end"]) for job in finished_jobs(logs)]
    return sorted(found, key=lambda interval: interval[1])


def covered(intervals: list[tuple[str, float, float]]) -> float:
    """Seconds in which at least one interval runs."""
    total, until = 0.0, 0.0
    for _, start, end in intervals:
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def command(folder: str | Path, cores: int, configs: list[Path], root: Path = ROOT) -> list[str]:
    """Return the call of Snakemake that makes all outputs in a folder; configs are laid over each other.

    ``root`` is the checkout whose Snakefile is run.
    """
    words = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(root / "Snakefile"),
        "--directory",
        str(folder),
    ]
    words += ["--cores", str(cores), "--quiet", "all"]
    return [*words, "--configfile", *map(str, configs)] if configs else words


def watched(
    words: list[str], environment: dict[str, str] | None = None, limit: float | None = None
) -> dict[str, float]:
    """Run a command; returns wall time in seconds and what `watch` gives.

    One that takes longer than ``limit`` seconds is stopped with all its processes.

    Raises
    ------
    SystemExit
        If it fails.
    """
    start = time.time()
    process = subprocess.Popen(words, env=environment)
    stop = threading.Event()
    seen: dict[str, float] = {}
    watcher = threading.Thread(target=watch, args=(psutil.Process(process.pid), stop, seen))
    watcher.start()
    try:
        status = process.wait(limit)
    except subprocess.TimeoutExpired:
        status = 0
        for each in [*psutil.Process(process.pid).children(recursive=True), process]:
            each.kill()
        process.wait()
    wall = time.time() - start
    stop.set()
    watcher.join()
    if status:
        raise SystemExit(f"the workflow failed: {' '.join(words)}")
    return {"wall": wall} | seen


def run(config: Path | None, cores: int, data: str, keep: Path | None) -> dict[str, float]:
    """Run one survey in an empty folder, kept if it is below ``keep``.

    Returns wall, work and overhead in seconds and peak memory in GB.
    """
    with (
        contextlib.nullcontext(tempfile.mkdtemp(dir=keep))
        if keep
        else tempfile.TemporaryDirectory() as folder
    ):
        words = [*command(folder, cores, [config] if config else []), "--config", f"data={{folder: {data}}}"]
        measured = watched(words)
        intervals = work_intervals(next(Path(folder, "logs").iterdir()))
    for rule in sorted({rule for rule, _, _ in intervals}):
        spent = sum(end - begin for name, begin, end in intervals if name == rule)
        print(f"    {rule:24s} {spent:7.1f} s")
    work = covered(intervals)
    return measured | {"work": work, "overhead": measured["wall"] - work}


def main() -> None:
    """Run the demo and the shipped surveys whose data are at hand, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument(
        "--data", default=os.environ.get("GEOHALO_DATA", str(ROOT.parent / "shared" / "data"))
    )
    parser.add_argument("--keep", type=Path, help="existing folder to keep the results in")
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {psutil.cpu_count()} cores, {arguments.cores} used; Python "
          f"{platform.python_version()}")  # fmt: skip
    rows = [("demo", run(None, arguments.cores, arguments.data, arguments.keep))]
    for config in sorted((ROOT / "config" / "surveys").glob("*.yaml")):
        settings = yaml.safe_load(config.read_text(encoding="utf-8"))
        if (Path(arguments.data) / settings["samples"]["file"]).exists():
            rows.append(
                (
                    settings["survey"],
                    run(config, arguments.cores, str(Path(arguments.data).resolve()), arguments.keep),
                )
            )
        else:
            print(f"{settings['survey']}: no data in {arguments.data}, left out")
    print(
        "\n| survey | wall, s | own work of the stages, s | overhead, s | overhead, % of wall | peak memory, GB |"
    )
    print("|---|---|---|---|---|---|")
    for survey, row in rows:
        seconds = " | ".join(f"{row[key]:.0f}" for key in ("wall", "work", "overhead"))
        print(f"| {survey} | {seconds} | {100 * row['overhead'] / row['wall']:.0f} | {row['peak']:.1f} |")


if __name__ == "__main__":
    main()
