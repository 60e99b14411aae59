"""Speed and memory of graphs, training and prediction against a plain implementation: `make bench`.

Tables in Markdown: the published experiment's shape, members together, cost against size, arithmetic. Every measurement
runs in a process of its own, plain and ours by turns, and the median is printed. `--quick` runs all of it on tiny cases
in under two minutes, to see that it works.
"""

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import cases
from measure import apart, by_turns, print_comparison, print_header, print_row, seconds

PLAIN_AND_OURS: list[dict[str, object]] = [{"implementation": "plain"}, {"implementation": "ours"}]


@dataclass(frozen=True)
class Plan:
    """How much to run: the full benchmark, or the quick one."""

    published: tuple[int, int, int] = cases.PUBLISHED
    repeats: int = 3
    steps: int = 2
    plain_epochs: int = 5
    epochs: int = 150
    square: int = 1000
    members: int = 15
    lean_epochs: int = 40
    wide_epochs: int = 5
    sides: tuple[int, ...] = (173, 548, 1732, 3162)
    product: int = 4096


QUICK = Plan((48, 60, 39), 1, 1, 1, 3, 100, 3, 2, 2, (60,), 512)
COMPARED = ("what", "size", "plain", "this", "ratio", "target", "peak memory, plain", "peak memory, this")


def published_case(folder: Path, plan: Plan) -> str:
    """Prepare the published experiment's shape; returns it in words."""
    rows, columns, elements = plan.published
    made = apart(
        "prepare", folder, rows=rows, columns=columns, elements=elements, cells_each=[5], compactness=10.0
    )
    return (
        f"{rows} x {columns} cells, {elements} elements, SLIC with compactness 10: "
        f"{-(-rows * columns // 5)} superpixels asked for, {made['superpixels']:.0f} made"
    )


def published(folder: Path, plan: Plan, options: dict[str, object]) -> None:
    """Compare plain and ours at the published experiment's shape."""
    case = published_case(folder, plan)
    print(
        f"\n{case}. Preset reference, variant fusion, {2 * cases.PER_CLASS} labelled cells and as many test cells."
    )
    print_header(*COMPARED)
    steps: dict[str, object] = {"steps": plan.steps}
    whole: dict[str, object] = {"epochs": plan.epochs}
    for what, name, target, more in (
        ("training step", "training_step", "30", steps),
        (f"whole run, {plan.epochs} steps and evaluations", "whole_run", "35", whole),
        ("prediction of the whole map", "prediction", "under 30 s", {}),
    ):
        alternatives = [dict(each) for each in PLAIN_AND_OURS]
        if name == "whole_run":
            alternatives[0]["measured"] = plan.plain_epochs
        plain, ours = by_turns(name, folder, plan.repeats, alternatives, **options, **more)
        print_comparison(what, " x ".join(map(str, plan.published)), plain, ours, target)
    print(
        f"\nOf the plain whole run {plan.plain_epochs} epochs are run and scaled linearly; ours is run in full."
    )


def graphs(folder: Path, plan: Plan, options: dict[str, object]) -> None:
    """Compare graph building at the published shape and on a large square grid, coarse and fine."""
    print(f"\n{published_case(folder, plan)}; and jittered tiles on {plan.square} x {plan.square} cells.")
    print_header(*COMPARED)
    plain, ours = by_turns("graphs", folder, plan.repeats, PLAIN_AND_OURS, repeats=5)
    print_comparison("graphs", " x ".join(map(str, plan.published[:2])), plain, ours, "50")
    for size in (50, 5):
        place = folder / str(size)
        place.mkdir()
        side = plan.square
        made = apart(
            "prepare", place, rows=side, columns=side, elements=1, cells_each=[size], compactness=None
        )
        plain, ours = by_turns("graphs", place, plan.repeats, PLAIN_AND_OURS)
        text = f"{side} x {side}, {made['superpixels']:,.0f} superpixels"
        print_comparison("graphs", text, plain, ours, "under 2 s")


def members(folder: Path, plan: Plan, options: dict[str, object]) -> None:
    """Train members together against one after another."""
    lean = folder / "lean"
    lean.mkdir()
    rows, columns, elements = plan.published
    each = [rows * columns / count for count in (100, 300, 900)]
    apart("prepare", lean, rows=rows, columns=columns, elements=elements, cells_each=each, compactness=0.1)
    print(
        f"\n{published_case(folder, plan)}, for preset reference; 100, 300 and 900 superpixels for preset default."
    )
    print_header(
        "members", "together", "one after another", "share", "target", "peak memory, together", "one by one"
    )
    for preset, variant, target in (
        ("default", "fusion", 0.5),
        ("default", "spatial", 0.5),
        ("reference", "fusion", 0.9),
    ):
        place, epochs = (lean, plan.lean_epochs) if preset == "default" else (folder, plan.wide_epochs)
        together, alone = by_turns(
            "members",
            place,
            plan.repeats,
            [{"together": True}, {"together": False}],
            preset=preset,
            variant=variant,
            count=plan.members,
            epochs=epochs,
            **options,
        )
        print_row(
            f"{plan.members}, {preset} {variant}, {epochs} epochs",
            seconds(together["seconds"]),
            seconds(alone["seconds"]),
            f"{together['seconds'] / alone['seconds']:.2f}",
            f"at most {0.3 if options['device'] == 'cuda' else target}",
            f"{together['peak']:.2f} GB",
            f"{alone['peak']:.2f} GB",
        )


def sizes(folder: Path, plan: Plan, options: dict[str, object]) -> None:
    """Train and predict with the default preset on maps of growing size."""
    print(
        "\nDefault preset, fusion, one member, 39 elements, 800 labelled cells around 20 places, three scales of 300, "
        "100 and 30 cells per superpixel (jittered tiles instead of SLIC), cube memory-mapped. The places lie in one "
        "district of the size of the smallest map, or all over the map; the receptive field is summed over the scales."
    )
    print_header(
        "cells",
        "superpixels",
        "places",
        "receptive field, cells",
        "layout of the graphs",
        "training",
        "prediction",
        "prediction per million cells",
        "peak memory, training",
        "with prediction",
    )
    for side in plan.sides:
        place = folder / str(side)
        place.mkdir()
        apart(
            "prepare",
            place,
            rows=side,
            columns=side,
            elements=39,
            cells_each=[300, 100, 30],
            compactness=None,
        )
        alternatives: list[dict[str, object]] = [{"district": plan.sides[0]}, {"district": None}]
        for where, found in zip(
            ("one district", "all over"),
            by_turns("size", place, plan.repeats, alternatives, **options),
            strict=True,
        ):
            print_row(
                f"{side * side:,}",
                f"{found['superpixels']:,.0f}",
                where,
                f"{found['field']:,.0f}",
                *(seconds(found[key]) for key in ("layout", "training", "prediction")),
                seconds(found["prediction"] / side**2 * 1e6),
                *(f"{found[key]:.2f} GB" for key in ("memory of training", "peak")),
            )
        for file in place.iterdir():
            file.unlink()


def arithmetic(folder: Path, plan: Plan, options: dict[str, object]) -> None:
    """Relate the training step of the reference preset to the machine's matrix product."""
    published_case(folder, plan)
    (rates,) = by_turns("gemm", folder, plan.repeats, [{}], size=plan.product, **options)
    ours = [{"implementation": "ours"}]
    (step,) = by_turns("training_step", folder, plan.repeats, ours, steps=10 * plan.steps, **options)
    rate = step["operations"] / step["seconds"] / 1e9
    print_header("training step of preset reference", "float32")
    print_row(f"matrix product, {plan.product} cubed", f"{rates['gemm']:.0f} GFLOP/s")
    print_row("the step's convolutions alone, forward", f"{rates['convolutions forward']:.0f} GFLOP/s")
    print_row("the step's convolutions alone, backward", f"{rates['convolutions backward']:.0f} GFLOP/s")
    print_row("the step's convolutions alone", seconds(rates["convolution seconds"]))
    for name in ("seconds by frequency", "seconds by frequency, one thread"):
        if name in rates:
            print_row(f"the same, {name.removeprefix('seconds ')}", seconds(rates[name]))
    print_row("operations of a step, all of them convolutions", f"{step['operations'] / 1e9:.1f} GFLOP")
    print_row("step", f"{seconds(step['seconds'])}, {rate:.0f} GFLOP/s of these")
    print_row("of the matrix product's rate", f"{rate / rates['gemm']:.0%}")


TABLES = {each.__name__: each for each in (published, graphs, members, sizes, arithmetic)}


def main() -> None:
    """Print the tables for the CPU and, where there is one, the GPU."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="tiny cases, one repeat")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--repeats", type=int, help="runs of each measurement")
    parser.add_argument("--device", choices=["cpu", "cuda"], help="instead of every device at hand")
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else Plan()
    if arguments.repeats:
        plan = replace(plan, repeats=arguments.repeats)
    names = apart("devices", Path())
    for device in [arguments.device] if arguments.device else names:
        options: dict[str, object] = {"device": device, "threads": arguments.threads}
        print(f"\n## {names[device]}; {arguments.threads} threads")
        for name in arguments.tables:
            if device == "cuda" and name == "graphs":
                continue  # built on the CPU
            with tempfile.TemporaryDirectory() as folder:
                TABLES[name](Path(folder), plan, options)


if __name__ == "__main__":
    main()
