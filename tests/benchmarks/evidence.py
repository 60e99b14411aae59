"""Speed and memory of the evaluation of one variant: `make bench`.

A simulated square of 0.5 million cells with 40 deposits in 20 groups, five folds, 1,000 bootstrap draws. A table in
Markdown: for each split the time to work out where maps are read, which all methods share, and that to measure the
maps of one method; then both for all splits. Drawing the folds is another stage and not counted.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import numpy as np
from measure import peak_memory, print_header, print_row, seconds, timed
from scipy.ndimage import gaussian_filter

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.evidence.evaluate import measure
from geohalo.evidence.folds import draw_folds
from geohalo.evidence.judged import judged_places

LABELS = {
    "radius": 3000.0, "background_distance": 5000.0, "group_distance": 8000.0, "buffer": 15_000.0,
    "folds": 5, "positives": 200, "background": 600, "decoys": 4, "seed": 0,
}  # fmt: skip
SPLITS = ("held_out", "inner", "random")
GROUPS, MEMBERS, BOOTSTRAP, CELL = 20, 3, 1000, 1000.0


def survey(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cells of a square, deposits in pairs, and samples, one to eight cells; all (places, 2) in metres."""
    x, y = np.meshgrid(np.arange(side) * CELL, np.arange(side) * CELL)
    generator, width = np.random.default_rng(0), side * CELL
    pairs = np.repeat(generator.uniform(0.05 * width, 0.95 * width, (GROUPS, 2)), 2, axis=0)
    deposits = pairs + generator.uniform(-2000, 2000, pairs.shape)
    return (
        np.column_stack([x.ravel(), y.ravel()]),
        deposits,
        generator.uniform(0, width, (side * side // 8, 2)),
    )


def scores(side: int, folds: int) -> np.ndarray:
    """Return smooth random maps (folds, cells) of float32 within 0 to 1."""
    generator = np.random.default_rng(1)
    maps = [
        gaussian_filter(generator.standard_normal((side, side), np.float32), 3).ravel() for _ in range(folds)
    ]
    return (np.stack(maps) - np.min(maps)) / np.ptp(maps)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=707, help="rows and columns of the square")
    side = parser.parse_args().side
    cells, deposits, samples = survey(side)
    print(
        f"\n{side} x {side} cells, {len(deposits)} deposits in {GROUPS} groups, {LABELS['folds']} folds, {MEMBERS} "
        f"draws, {len(samples):,} samples, {BOOTSTRAP:,} bootstrap draws"
    )
    print_header("split", "where maps are read", "maps of one method", "target")
    total = 0.0
    for split in SPLITS:
        folds = draw_folds(split, cells, deposits, LABELS, MEMBERS)
        maps = scores(side, folds.n_folds)
        arguments = (folds, cells, deposits, LABELS, BOOTSTRAP, 0, samples)
        judged = judged_places(*arguments)
        times = timed(partial(judged_places, *arguments)), timed(partial(measure, maps, judged))
        total += sum(times)
        print_row(split, *map(seconds, times), "")
    print_row("all, together", seconds(total), "", "10 s")
    print(f"\nPeak memory of the process, folds included: {peak_memory():.2f} GB")


if __name__ == "__main__":
    main()
