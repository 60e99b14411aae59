"""The whole workflow on a simulated national survey at growing sizes: time, memory and disk of every stage.

Each size runs `config/national.yaml` from nothing to all outputs, with known deposits that grow with the square root of
the area (300 on 10 million cells). Seconds are those of a stage's own work, without start and imports, its jobs added
up; stages of one thread run beside each other, two by two. Peak memory is that of the largest job of a stage, its
libraries included. An exponent of 1 is growth in proportion to the number of cells, taken from one size to the next.
"""

import argparse
import math
import platform
import tempfile
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import netCDF4
import psutil
import yaml
from measure import print_header, print_row
from workflow import ROOT, command, covered, finished_jobs, watched, work_intervals

CONFIG = ROOT / "config" / "national.yaml"
#: Samples for each cell: one in 4 km2, cells of 1 km2. Deposits of the largest size.
SAMPLES, CELLS, DEPOSITS = 0.25, 1e7, 300

Row = dict[str, float]


def size_of(cells: float) -> dict[str, dict[str, int]]:
    """Return what is laid over the config for a survey of about so many cells."""
    return {
        "simulate": {
            "samples": round(SAMPLES * cells),
            "deposits": max(10, round(DEPOSITS * math.sqrt(cells / CELLS))),
        }
    }


def megabytes(folder: Path) -> float:
    """Size of the files in a folder, or of one file."""
    files = [folder] if folder.is_file() else folder.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def peaks(jobs: Iterable[dict[str, Any]]) -> Row:
    """Peak memory in GB of the largest job of each rule."""
    largest: Row = {}
    for job in jobs:
        largest[job["rule"]] = max(largest.get(job["rule"], 0.0), job["peak"] / 1e9)
    return largest


def run(cells: float, cores: int, folder: Path) -> dict[str, Row]:
    """Run one size; returns seconds and GB of each stage, MB of each output, and the totals."""
    overlay = folder / "size.yaml"
    overlay.write_text(yaml.safe_dump(size_of(cells)), encoding="utf-8")
    total = watched(command(folder, cores, [CONFIG, overlay]))
    survey = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["survey"]
    intervals = work_intervals(folder / "logs" / survey)
    results = folder / "results" / survey
    seconds: Row = {}
    for rule, start, end in intervals:
        seconds[rule] = seconds.get(rule, 0.0) + end - start
    with netCDF4.Dataset(results / "elements.nc") as file:
        total["cells"] = float(file["mask"][:].sum())
    return {
        "seconds": seconds,
        "memory": peaks(finished_jobs(folder / "logs" / survey)),
        "disk": {path.name: megabytes(path) for path in sorted(results.iterdir())},
        "total": total | {"work": covered(intervals), "disk": megabytes(results) / 1e3},
    }


def exponents(values: list[float], cells: list[float]) -> list[float]:
    """Growth from each size to the next: 1 in proportion to cells; NaN where a value is 0."""
    steps = zip(pairwise(values), pairwise(cells), strict=True)
    return [math.log(b / a) / math.log(m / n) if a > 0 and b > 0 else math.nan for (a, b), (n, m) in steps]


def print_growth(
    what: str,
    unit: str,
    names: Iterable[str],
    runs: list[dict[str, Row]],
    value: Callable[[dict, str], float],
) -> None:
    """Print a table: a row for each name, a column for each size, and the exponents between them."""
    cells = [run["total"]["cells"] for run in runs]
    steps = [f"exponent {a / 1e6:g} to {b / 1e6:g}" for a, b in pairwise(cells)]
    print_header(what, *(f"{n / 1e6:.2g} million cells, {unit}" for n in cells), *steps)
    for name in names:
        values = [value(run, name) for run in runs]
        growth = ["" if math.isnan(power) else f"{power:.2f}" for power in exponents(values, cells)]
        print_row(name, *(f"{number:.3g}" for number in values), *growth)


def main() -> None:
    """Run the sizes and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=float, nargs="+", default=[1e5, 1e6, 1e7])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument(
        "--keep", type=Path, help="existing folder to keep the results in, one folder for each size"
    )
    arguments = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {psutil.cpu_count()} cores, {arguments.cores} used, "
        f"{psutil.virtual_memory().total / 1e9:.0f} GB; Python {platform.python_version()}"
    )
    runs = []
    for cells in sorted(arguments.cells):
        with tempfile.TemporaryDirectory() as scratch:
            folder = arguments.keep / f"{cells:.0e}" if arguments.keep else Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            runs.append(run(cells, arguments.cores, folder))
    rules = list(dict.fromkeys(rule for each in runs for rule in each["seconds"]))
    print_growth("stage", "s", rules, runs, lambda each, name: each["seconds"].get(name, 0.0))
    print_growth("stage", "GB", rules, runs, lambda each, name: each["memory"].get(name, 0.0))
    files = list(dict.fromkeys(name for each in runs for name in each["disk"]))
    print_growth("output", "MB", files, runs, lambda each, name: each["disk"].get(name, 0.0))
    totals = ("wall", "work", "peak", "disk")
    print_growth(
        "all: s, s, GB of all processes together, GB",
        "",
        totals,
        runs,
        lambda each, name: each["total"][name],
    )


if __name__ == "__main__":
    main()
