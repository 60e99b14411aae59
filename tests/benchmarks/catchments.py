"""Speed and memory of nested catchments, beside delineating them one by one: `make bench`.

A terrain of 10,000 x 10,000 cells of 30 m, random hills on a slope, with hollows; 25,000 samples on its channels,
nested in each other; a survey grid of 500 m. Each step is measured in one process: hollows filled, directions, upstream
areas, snapping, all catchments with their areas in each cell of the grid. pysheds delineates a sample of the same
catchments on the same directions one by one, and its time is scaled to all of them. `--quick` runs all of it on a tiny
case.

pysheds 0.5 is in requirements-bench.txt.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import apart, peak_memory, print_header, print_row, seconds

WIDTH, CELL = 30.0, 500.0
SIDE, SAMPLES, COMPARED = 10_000, 25_000, 12
WEST, NORTH = 400_000.0, 7_000_000.0


def hills(side: int, seed: int = 0) -> np.ndarray:
    """Return random heights (side, side) of float32: bumps of all sizes, each half as wide about half as high."""
    random = np.random.default_rng(seed)
    heights = np.zeros((side, side), dtype=np.float32)
    nodes = 3
    while nodes < side:
        heights += _stretched(
            random.normal(0, 400 * (3 / nodes) ** 0.9, (nodes, nodes)).astype(np.float32), side
        )
        nodes *= 2
    heights += random.normal(0, 0.3, (side, side)).astype(np.float32)
    return heights - np.linspace(0, 800, side, dtype=np.float32)[:, None]


def _stretched(nodes: np.ndarray, side: int) -> np.ndarray:
    """Interpolate nodes linearly to (side, side), along columns and then along rows."""
    place = np.linspace(0, len(nodes) - 1, side)
    low = np.minimum(place.astype(int), len(nodes) - 2)
    part = (place - low).astype(np.float32)
    wide = nodes[:, low] * (1 - part) + nodes[:, low + 1] * part
    return wide[low] * (1 - part)[:, None] + wide[low + 1] * part[:, None]


def ours(folder: Path, side: int, samples: int) -> dict[str, float]:
    """Delineate all catchments; returns seconds of each step, and leaves directions and cells for others."""
    from geohalo.catchments.catchment import delineated
    from geohalo.catchments.drainage import Drainage, Frame
    from geohalo.catchments.snapping import snapped
    from geohalo.catchments.steepest import filled, flow_directions
    from geohalo.cube.grid import Grid
    from pyproj import CRS

    def run(heights: np.ndarray, samples: int) -> tuple[dict[str, float], Drainage, object]:
        spent, last = {}, (time.perf_counter(), time.process_time())

        def lap(name: str) -> None:
            nonlocal last
            now = time.perf_counter(), time.process_time()
            spent[name], spent[f"processor {name}"] = now[0] - last[0], now[1] - last[1]
            last = time.perf_counter(), time.process_time()

        level = filled(heights)
        lap("hollows filled")
        codes = flow_directions(level, WIDTH, WIDTH, heights)
        lap("flow directions")
        frame = Frame(*heights.shape, WEST, NORTH, WIDTH, WIDTH)
        drainage = Drainage(codes, frame, CRS.from_epsg(32635), "hills", heights, level)
        upstream = drainage.upstream
        lap("upstream areas")
        places = _places(upstream, frame, samples)
        last = time.perf_counter(), time.process_time()
        found = snapped(drainage, places, 250.0, 0.25e6)
        lap("samples snapped")
        cells = int(np.ceil(heights.shape[0] * WIDTH / CELL))
        grid = Grid(WEST + CELL * (np.arange(cells) + 0.5), NORTH - CELL * (np.arange(cells) + 0.5))
        catchments, _ = delineated(drainage, found, grid)
        lap("nested catchments")
        return spent, drainage, catchments

    run(hills(64, 1), 20)  # compiles
    heights = hills(side)
    before = peak_memory()
    spent, drainage, catchments = run(heights, samples)
    np.savez(
        folder / "directions.npz",
        codes=drainage.codes,
        cells=catchments.cell,
        area=catchments.area,
        leaves=catchments.leaves,
    )
    depth, parent = np.zeros(samples, dtype=int), catchments.parent
    step = np.arange(samples)
    while (step >= 0).any():
        depth += step >= 0
        step = np.where(step >= 0, parent[step], -1)
    return spent | {
        "before_gb": before,
        "peak_gb": peak_memory(),
        "depth": float(depth.max()),
        "nested": float((parent >= 0).mean()),
        "overlaps": float(catchments.shares.nnz),
        "median_km2": float(np.median(catchments.area) / 1e6),
    }


def _places(upstream: np.ndarray, frame: object, samples: int) -> np.ndarray:
    """Return places of samples near channels of 1 km2 or more."""
    random = np.random.default_rng(7)
    channel = np.flatnonzero(upstream.ravel() * WIDTH**2 >= min(1e6, upstream.max() * WIDTH**2 / 10))
    cells = random.choice(channel, samples, replace=channel.size < samples)
    return frame.centres(cells.astype(np.int64)) + random.uniform(-60, 60, (samples, 2))


def one_by_one(folder: Path, number: int) -> dict[str, float]:
    """Delineate some of the catchments with pysheds, after a first one that compiles; returns seconds for each."""
    from affine import Affine
    from pysheds.grid import Grid
    from pysheds.view import Raster, ViewFinder

    with np.load(folder / "directions.npz") as stored:
        codes, cells, area, leaves = (stored[name] for name in ("codes", "cells", "area", "leaves"))
    view = ViewFinder(
        affine=Affine(WIDTH, 0, WEST, 0, -WIDTH, NORTH), shape=codes.shape, nodata=np.uint8(247)
    )
    directions = Raster(codes, viewfinder=view)
    grid = Grid.from_raster(directions)
    dirmap = (64, 128, 1, 2, 4, 8, 16, 32)
    # It leaves out the outermost cells, so that catchments that reach them differ.
    inside = np.flatnonzero((cells >= 0) & ~leaves)
    chosen = np.random.default_rng(8).choice(inside, number + 1, replace=False)
    spent = []
    for sample in chosen:
        row, column = divmod(int(cells[sample]), codes.shape[1])
        start = time.process_time()
        found = grid.catchment(
            x=column, y=row, fdir=directions, dirmap=dirmap, xytype="index", nodata_out=np.bool_(False)
        )
        spent.append(time.process_time() - start)
        if abs(int(np.asarray(found).sum()) * WIDTH**2 - area[sample]) > 1e-3:
            raise SystemExit(
                f"sample {sample}: pysheds has {np.asarray(found).sum()} cells, not {area[sample]} m2"
            )
    return {"seconds": float(np.mean(spent[1:])), "peak_gb": peak_memory()}


def main(quick: bool) -> None:
    """Print a row for each step, and the comparison."""
    side, samples, compared = (200, 100, 3) if quick else (SIDE, SAMPLES, COMPARED)
    script = Path(__file__)
    with tempfile.TemporaryDirectory() as folder:
        mine = apart("ours", Path(folder), script, side=side, samples=samples)
        theirs = apart("one_by_one", Path(folder), script, number=compared)
    steps = [name for name in mine if f"processor {name}" in mine]
    total = [sum(mine[start + name] for name in steps) for start in ("", "processor ")]
    print(
        f"{side:,} x {side:,} cells, {samples:,} samples: median catchment {mine['median_km2']:.3g} km2,",
        end=" ",
    )
    print(f"{mine['nested']:.0%} nested, up to {mine['depth']:.0f} deep, {mine['overlaps']:,.0f} overlaps")
    print_header("Step", "Time", "Processor time")
    for name in steps:
        print_row(name, seconds(mine[name]), seconds(mine[f"processor {name}"]))
    print_row("all", *map(seconds, total))
    print(f"\nPeak memory {mine['peak_gb']:.2f} GB (heights alone {mine['before_gb']:.2f} GB).")
    scaled = theirs["seconds"] * samples
    print(
        f"pysheds: {seconds(theirs['seconds'])} of a processor for each of {compared} catchments, {scaled:,.0f} s for "
        f"{samples:,}: {scaled / mine['processor nested catchments']:,.0f} times that of all catchments, "
        f"{scaled / total[1]:,.0f} times that of all steps."
    )


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in ("ours", "one_by_one"):
        print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]), **json.loads(sys.argv[3]))))
        sys.exit()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tiny case")
    main(parser.parse_args().quick)
