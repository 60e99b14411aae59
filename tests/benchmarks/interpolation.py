"""Speed and memory of inverse-distance weighting of all elements, against others: `make bench`.

39 elements, 12 neighbours, power 2, in three cases: few samples, many, and values missing at scattered places. Every
measurement runs in a process of its own, ours and the others by turns; the median is printed, without the time of
imports. The others estimate one element at a time; some elements are run and scaled, and of PyKrige some cells, as the
table says. Two more tables tell what binds ours. What is not installed is left out: verde and PyKrige come with
requirements-bench.txt, gdal_grid with GDAL (Debian: gdal-bin). `--quick` runs all of it on tiny cases, to see that it
works.
"""

import argparse
import os
import platform
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from measure import apart, by_turns, print_header, print_row, seconds

MEASURED = Path(__file__).with_name("interpolators.py")
NEIGHBOURS, DOUBLE, INTEGER = 12, 8, 4
#: PyKrige begins with the distances and the differences of all pairs of samples, whatever the window.
MOST_FOR_PYKRIGE = 20_000
COMPARED = (
    "case", "what", "run", "time", "processor time", "ratio", "of processor time", "peak memory",
    "differs by", "cells without",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How much to run: the full benchmark, or the quick one."""

    samples: tuple[int, int] = (4_000, 100_000)
    side: int = 1000
    elements: int = 39
    some: int = 3
    missing: float = 0.3
    every: int = 10
    repeats: int = 3
    megabytes: int = 1000


QUICK = Plan((200, 3_000), side=60, elements=5, some=2, every=4, repeats=1, megabytes=8)


@dataclass(frozen=True)
class Other:
    """Another program, the work that it is given, whether it weights as ours does, and why it is not run, if so."""

    title: str
    by: str
    work: dict[str, object] = field(default_factory=dict)
    alike: bool = False
    reason: str = ""


def others(plan: Plan, samples: int) -> list[Other]:
    """Return the programs to compare with."""

    def lacking(found: object) -> str:
        return "" if found else "not installed"

    pairs = f"not run: {samples**2 * DOUBLE / 1e9:,.0f} GB for pairs of samples"
    krige = lacking(find_spec("pykrige")) or (pairs if samples > MOST_FOR_PYKRIGE else "")
    some: dict[str, object] = {"elements": plan.some}
    return [
        Other("SciPy's cKDTree, element by element", "kdtree", some, True),
        Other("`gdal_grid -a invdistnn`", "gdal_grid", some, True, lacking(shutil.which("gdal_grid"))),
        Other("verde's KNeighbors: mean without weights", "verde", some, False, lacking(find_spec("verde"))),
        Other("PyKrige, moving window", "pykrige", {"elements": 1, "every": plan.every}, False, krige),
    ]


def part(plan: Plan, work: dict[str, object]) -> str:
    """Say what of the work is run and scaled to all of it."""
    cells = f", {-(-(plan.side**2) // plan.every):,} cells" if "every" in work else ""
    return f"{work['elements']} of {plan.elements} elements{cells}"


def compare(folder: Path, plan: Plan, case: str, samples: int) -> tuple[dict[str, float], str]:
    """Print the rows of a case; returns what ours took, and how it compares with the best that weights alike."""
    each = others(plan, samples)
    run = [other for other in each if not other.reason]
    alternatives: list[dict[str, object]] = [{"by": "ours"}, *({"by": o.by, **o.work} for o in run)]
    ours, *theirs = by_turns("estimate", folder, plan.repeats, alternatives, script=MEASURED)
    print_method(case, "this", "all", ours, ours)
    for other, found in zip(run, theirs, strict=True):
        print_method(case, other.title, part(plan, other.work), found, ours)
    for other in each:
        if other.reason:
            print_row(case, other.title, other.reason, *[""] * (len(COMPARED) - 3))
    alike = [found["seconds"] for other, found in zip(run, theirs, strict=True) if other.alike]
    return ours, f"({case}) {min(alike) / ours['seconds']:.3g}"


def print_method(case: str, title: str, run: str, found: dict[str, float], ours: dict[str, float]) -> None:
    """Print a row of the first table."""
    keys = ("seconds", "processor seconds")
    print_row(
        case,
        title,
        run,
        *(seconds(found[key]) for key in keys),
        *(f"{found[key] / ours[key]:.3g}" for key in keys),
        f"{found['peak']:.2f} GB",
        f"{found['difference']:.1g}",
        f"{found['without']:.2%}",
    )


def bytes_moved(elements: int) -> dict[str, int]:
    """Count the bytes that the algorithm reads and writes for each cell where no value is missing.

    Its place; weights and numbers of its neighbours, written and read; the values of the neighbours, read; and its
    estimates, written by the product, read and stored.
    """
    return {
        "place": 2 * DOUBLE,
        "weights": 2 * NEIGHBOURS * (DOUBLE + INTEGER),
        "values": NEIGHBOURS * elements * DOUBLE,
        "estimates": 3 * elements * DOUBLE,
    }


def bounds(
    folders: dict[str, Path], plan: Plan, ours: dict[str, dict[str, float]], copy: dict[str, float]
) -> None:
    """Print what binds ours: its bytes against the bandwidth of the memory, and its steps on one thread."""
    moved, cells = bytes_moved(plan.elements), plan.side**2
    total = sum(moved.values()) * cells
    listed = ", ".join(f"{what} {count:,}" for what, count in moved.items())
    rate, alone = copy["all threads"], copy["one thread"]
    print(
        f"\nBytes moved for each cell: {sum(moved.values()):,} ({listed}). A copy of {plan.megabytes:,} MB moves "
        f"{rate / 1e9:.3g} GB/s, by one thread {alone / 1e9:.3g} GB/s. Steps in processor time of one thread."
    )
    print_header("what binds", *(f"({case})" for case in folders))
    steps = {case: apart("parts", folder, MEASURED) for case, folder in folders.items()}
    rates = [total / ours[case]["seconds"] for case in folders]
    print_row("bytes of all steps over the time", *(f"{each / 1e9:.3g} GB/s" for each in rates))
    print_row("share of the copy's rate", *(f"{each / rate:.0%}" for each in rates))
    for step in ("neighbours", "weights", "product"):
        print_row(step, *(seconds(found[step]) for found in steps.values()))
    print_row(
        "a search for each cell, instead", *(seconds(found["one search each"]) for found in steps.values())
    )
    read = [moved["values"] * cells / found["product"] for found in steps.values()]
    print_row("values read by the product", *(f"{each / 1e9:.3g} GB/s" for each in read))
    print_row("share of one thread's copy", *(f"{each / alone:.0%}" for each in read))


def shared_bounds(folder: Path, plan: Plan, ours: dict[str, float], alone: float) -> None:
    """Print what binds ours where values are missing; ``alone`` is the rate of one thread's copy."""
    found, cells = apart("shared_parts", folder, MEASURED), plan.side**2
    steps = {step: found[step] for step in ("neighbours", "weights", "loop", "result")}
    again = ours["processor seconds"] - sum(steps.values())
    looked = found["looked at"] * cells / found["loop"]
    print_header("what binds", "(c)")
    for step, value in steps.items():
        print_row("first writing to the result's memory" if step == "result" else step, seconds(value))
    print_row(f"the rest: {found['again']:.1%} of the cells searched for again, threads", seconds(again))
    print_row("imports, not part of the time", seconds(ours["imports"]))
    print_row("a search for each cell, instead", seconds(found["one search each"]))
    print_row("values that the loop looks at in each cell", f"{found['looked at']:,.0f}")
    print_row("in each nanosecond", f"{looked / 1e9:.2g}")
    print_row("share of one thread's copy", f"{DOUBLE * looked / alone:.0%}")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="tiny cases, one repeat")
    parser.add_argument("--repeats", type=int, help="runs of each measurement")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else Plan()
    if arguments.repeats:
        plan = replace(plan, repeats=arguments.repeats)
    few, many = plan.samples
    cases = {"a": (few, 0.0), "b": (many, 0.0), "c": (few, plan.missing)}
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores. {plan.elements} elements, {NEIGHBOURS} "
        f"neighbours, power 2, {plan.side**2:,} cells; (a) {few:,} samples, (b) {many:,} samples, (c) {few:,} samples, "
        f"{plan.missing:.0%} of the values missing at scattered places"
    )
    print_header(*COMPARED)
    with tempfile.TemporaryDirectory() as base:
        folders, ours, ratios = {case: Path(base, case) for case in cases}, {}, []
        for case, (samples, missing) in cases.items():
            folders[case].mkdir()
            sizes = {"side": plan.side, "elements": plan.elements, "some": plan.some}
            apart("prepare", folders[case], MEASURED, samples=samples, missing=missing, **sizes)
            ours[case], ratio = compare(folders[case], plan, case, samples)
            ratios.append(ratio)
        print(f"\nTimes as long, the best of those that weight alike (target: 50): {', '.join(ratios)}")
        copy = apart("bandwidth", Path(), MEASURED, megabytes=plan.megabytes)
        bounds({case: folders[case] for case in ("a", "b")}, plan, ours, copy)
        shared_bounds(folders["c"], plan, ours["c"], copy["one thread"])


if __name__ == "__main__":
    main()
