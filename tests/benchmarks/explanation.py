"""Time and memory of attribution, by branch, and of the superpixels around 50 targets: `make bench`.

Simulated squares of 40 elements, three members with random weights, two superpixel scales of 14 and 42 cells each as on
a national survey, 8 steps. A table in Markdown; each row has a process of its own, whose peak memory has the libraries
(about 0.4 GB) and the cube in it.
"""

import argparse
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from cases import tiles, write_cube
from measure import apart, peak_memory, print_header, print_row, seconds, timed

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.network.attribution import attributions
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.neighbours import neighbour_attributions
from geohalo.network.presets import PRESETS
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.superpixels.graph import build_graph

ELEMENTS, MEMBERS, TARGETS, TARGET_SIDE = 40, 3, 50, 12
BRANCHES = ["internal", "external", "spectrum"]


def explain(folder: Path, side: int, preset: str, cells_each: list[float]) -> dict[str, float]:
    """Seconds of each branch and of all targets, and the peak memory in GB."""
    torch.manual_seed(0)
    values = torch.as_tensor(np.array(write_cube(folder / "cube.npy", side, side, ELEMENTS)))
    device = torch.device("cpu")
    graphs = [
        ScaleGraph.from_arrays(build_graph(tiles(side, side, cells, seed)).arrays(), device)
        for seed, cells in enumerate(cells_each)
    ]
    recipe = PRESETS[preset]
    state = initial_members(list(range(MEMBERS)), ELEMENTS, len(graphs), recipe, "fusion", 2)
    encode = Encoding.of(values, graphs, recipe)
    trained = Trained(state, values, graphs, encode, recipe, "fusion")
    found, parts = {}, attributions(trained)
    for branch in BRANCHES:
        found[branch] = timed(partial(next, parts))
    generator = np.random.default_rng(0)
    rank = np.zeros((side, side), np.int64)
    for number, (row, column) in enumerate(generator.integers(0, side - TARGET_SIDE, (TARGETS, 2)), 1):
        rank[row : row + TARGET_SIDE, column : column + TARGET_SIDE] = number
    targets = torch.as_tensor(rank.ravel())
    found["targets"] = timed(partial(neighbour_attributions, trained, targets))
    return found | {"peak": peak_memory()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sides", type=int, nargs="+", default=[316, 1000])
    parser.add_argument("--presets", nargs="+", default=["default", "attention"])
    options = parser.parse_args()
    print_header("preset", "cells", *BRANCHES, f"{TARGETS} targets", "peak memory")
    for preset in options.presets:
        # Attention takes much longer: one size of it.
        for side in options.sides if preset == "default" else options.sides[:1]:
            with tempfile.TemporaryDirectory() as folder:
                found = apart(
                    "explain", Path(folder), Path(__file__), side=side, preset=preset, cells_each=[42, 14]
                )
            times = (seconds(found[name]) for name in (*BRANCHES, "targets"))
            print_row(preset, f"{side * side:,}", *times, f"{found['peak']:.2f} GB")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "explain":
        print(json.dumps(explain(Path(sys.argv[2]), **json.loads(sys.argv[3]))))
    else:
        main()
