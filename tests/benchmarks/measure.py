"""Each measurement in a process of its own, so that peak memory is its own, and plain and ours by turns."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

MEASUREMENTS = Path(__file__).with_name("measurements.py")


def peak_memory() -> float:
    """Largest resident memory of this process so far, in GB.

    Read from Linux, where `resource.getrusage` would start from the memory of the parent process; from there elsewhere.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(
            line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")
        )
        return int(line.split()[1]) * 1024 / 1e9
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def timed(function: Callable[[], object], synchronise: Callable[[], None] = lambda: None) -> float:
    """Seconds that a call takes, the GPU's work included."""
    from time import perf_counter

    synchronise()
    start = perf_counter()
    function()
    synchronise()
    return perf_counter() - start


def apart(name: str, folder: Path, script: Path = MEASUREMENTS, **options: object) -> dict:
    """Run one function of a script, `measurements` unless said, in a new process; returns what it measured."""
    command = [sys.executable, str(script), name, str(folder), json.dumps(options)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"{name} {options} failed:\n{result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])


def by_turns(
    name: str, folder: Path, turns: int, alternatives: list[dict[str, object]], **options: object
) -> list[dict[str, float]]:
    """Measure alternatives (options each) by turns, ``turns`` times; returns the median of each number of each."""
    found: list[list[dict[str, float]]] = [[] for _ in alternatives]
    for _ in range(turns):
        for results, alternative in zip(found, alternatives, strict=True):
            results.append(apart(name, folder, **options, **alternative))
    return [{key: statistics.median(r[key] for r in results) for key in results[0]} for results in found]


def seconds(value: float) -> str:
    """Three digits, in ms below one second."""
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def print_row(*cells: object) -> None:
    """Print one row of a Markdown table, at once."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def print_header(*cells: str) -> None:
    """Print the head of a Markdown table."""
    print()
    print_row(*cells)
    print_row(*["---"] * len(cells))


def print_comparison(
    what: str, size: str, plain: dict[str, float], ours: dict[str, float], target: str = ""
) -> None:
    """Print a row: what, size, plain, this, ratio, target, peak memory of each."""
    ratio = plain["seconds"] / ours["seconds"]
    memory = (f"{each['peak']:.2f} GB" for each in (plain, ours))
    print_row(
        what, size, seconds(plain["seconds"]), seconds(ours["seconds"]), f"{ratio:.3g}", target, *memory
    )
