"""The workflow against that of an earlier commit, by turns in one run: `make bench`.

Both run the same survey, the demo unless another config is given, from nothing with this environment: once on a quiet
machine and once beside processes that keep its cores busy. Medians of the turns and their ratios are printed. The
earlier commit runs the demo as it was shipped then; with ``--same-controls`` both score the controls that it had. With
``--until`` both stop after a stage. Beside busy processes the earlier commit is stopped once it has taken so long that
the target is met; its time is then a lower bound.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import psutil
from measure import print_header, print_row, seconds
from workflow import ROOT, command, covered, watched, work_intervals

#: The last commit before its times were worked on.
EARLIER = "ffa5155"
#: The controls that it scored.
CONTROLS = (
    *(
        "logistic",
        "random_forest",
        "gradient_boosting",
        "best_element",
        "superpixel_contrast",
        "one_class_svm",
    ),
    *("isolation_forest", "mahalanobis", "autoencoder", "sampling_density", "deposit_distance"),
    *("background_absence", "shuffle"),
)


@dataclass(frozen=True)
class Row:
    """What is compared, its key among the numbers of a run, and the largest ratio that is aimed at, if any."""

    what: str
    key: str
    target: str = ""


ROWS = [
    Row("wall time", "wall", "0.5"),
    Row("processor time", "processor"),
    Row("start of Snakemake and of jobs, imports", "overhead", "0.5"),
    Row("`train`, all its jobs", "train"),
    Row("`train`, processor time of its jobs", "processor of train", "0.7"),
    Row("`score_controls`", "score_controls"),
    Row("`explain_map` and `explain_targets`", "explain"),
    Row("`report`", "report"),
    Row("`snakemake -n`", "dry run", "0.6"),
]
#: Beside busy processes, wall time over that of the earlier commit, at most.
BUSY_TARGET = 0.35
BUSY_ROWS = [Row("wall time", "wall", str(BUSY_TARGET)), Row("`train`, all its jobs", "train")]


def check_out(commit: str, folder: Path) -> Path:
    """Write the files of a commit into a folder; returns it.

    Raises
    ------
    SystemExit
        If this clone does not hold the commit.
    """
    found = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=False)
    if found.returncode:
        raise SystemExit(f"{commit} is not in this clone: git fetch --unshallow\n{found.stderr.decode()}")
    with tarfile.open(fileobj=BytesIO(found.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep so many cores busy."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def stage_seconds(intervals: list[tuple[str, float, float]]) -> dict[str, float]:
    """Return seconds of the stages in `ROWS`, each job's own added up."""
    total = dict.fromkeys(("train", "score_controls", "explain", "report"), 0.0)
    for rule, start, end in intervals:
        name = rule.partition("_")[0] if rule.startswith("explain_") else rule
        if name in total:
            total[name] += end - start
    return total


@dataclass(frozen=True)
class Work:
    """What both checkouts run; without controls those of the config, without ``until`` all stages.

    Configs are named from the root of a checkout, which has its own.
    """

    cores: int
    configs: list[Path]
    data: str
    controls: Sequence[str] = ()
    until: str | None = None


def run(root: Path, work: Work, limit: float | None = None) -> dict[str, float]:
    """Run the workflow of a checkout in an empty folder; returns seconds of all that is compared.

    One that takes longer than ``limit`` seconds is stopped: all that it returns is the limit, as wall time.
    """
    environment = os.environ | {"PYTHONPATH": str(root / "scripts")}
    with tempfile.TemporaryDirectory() as folder:
        words = [
            *command(folder, work.cores, [root / path for path in work.configs], root),
            "--config",
            f"data={{folder: {work.data}}}",
        ]
        words += [f"evaluation={{controls: [{', '.join(work.controls)}]}}"] if work.controls else []
        words += ["--until", work.until] if work.until else []
        dry = watched([*words, "--dry-run"], environment)
        before = os.times()
        measured = watched(words, environment, limit)
        if limit and measured["wall"] > limit:
            return measured | {"limit": limit}
        after = os.times()
        intervals = work_intervals(next(Path(folder, "logs").iterdir()))
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    own = {"processor": processor, "overhead": measured["wall"] - covered(intervals), "dry run": dry["wall"]}
    return measured | own | stage_seconds(intervals)


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median over the turns of each number that all of them have.

    A turn that was stopped (``limit``) has taken longer than its wall time says: if most were, so does the median.
    """
    shared = set.intersection(*(set(one) - {"limit"} for one in runs))
    result = {key: statistics.median(one[key] for one in runs) for key in shared}
    if any("limit" in one and one["wall"] <= result["wall"] for one in runs):
        result["limit"] = result["wall"]
    return result


def print_table(title: str, rows: list[Row], then: dict[str, float], now: dict[str, float]) -> None:
    """Print both columns, their ratio and what is aimed at; where the former was stopped, its time is a bound."""
    print_header(title, "then", "now", "ratio", "at most")
    more, less = ("more than ", "less than ") if "limit" in then else ("", "")
    for row in rows:
        if then.get(row.key, 0) > 0:
            ratio = f"{less}{now[row.key] / then[row.key]:.3g}"
            print_row(row.what, more + seconds(then[row.key]), seconds(now[row.key]), ratio, row.target)
    print_row("peak memory of all processes", f"{then['peak']:.2f} GB", f"{now['peak']:.2f} GB", "", "")


def main() -> None:
    """Print a table for a quiet machine, and one for a busy one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commit", default=EARLIER)
    parser.add_argument(
        "--config", type=Path, nargs="*", default=[], help="in place of the demo; from the root"
    )
    parser.add_argument("--data", default=str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument(
        "--same-controls", action="store_true", help="score those of the earlier commit in both"
    )
    parser.add_argument("--until", help="the last stage that is run, such as score_controls")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--busy", type=int, nargs="*", default=[0, 2], help="busy processes of each table")
    arguments = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {psutil.cpu_count()} cores, {arguments.cores} used; Python "
        f"{platform.python_version()}; {arguments.turns} turns against {arguments.commit}"
    )
    controls = CONTROLS if arguments.same_controls else ()
    data = str(Path(arguments.data).resolve())
    work = Work(arguments.cores, arguments.config, data, controls, arguments.until)
    with tempfile.TemporaryDirectory() as folder:
        earlier = check_out(arguments.commit, Path(folder))
        for processes in arguments.busy:
            then, now = [], []
            with busy(processes):
                for _ in range(arguments.turns):
                    now.append(run(ROOT, work))
                    then.append(run(earlier, work, now[-1]["wall"] / BUSY_TARGET if processes else None))
            for one, other in zip(then, now, strict=True):
                print(
                    f"a turn: {'stopped after ' if 'limit' in one else ''}{one['wall']:.0f} s, {other['wall']:.0f} s"
                )
            title = f"beside {processes} busy processes" if processes else "quiet machine"
            print_table(title, BUSY_ROWS if processes else ROWS, medians(then), medians(now))


if __name__ == "__main__":
    main()
