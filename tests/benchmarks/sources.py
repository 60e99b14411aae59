"""Speed of unmixing samples of streams: `make bench`.

1,000 x 1,000 cells, 3,000 nested catchments that cover them, and 39 elements: the strength of each chosen at left-out
samples, its map and its variance. `--missing` leaves out a share of the values, in other samples for each element.
`--side` and `--samples` give other sizes.
`--quick` runs all of it on a tiny case, to see that it works. Peak memory is that of the process.
"""

import argparse
import cProfile
import pstats
import time

import numpy as np
from geohalo.sources.folds import tree_folds
from geohalo.sources.mixing import Mixing
from geohalo.sources.unmixing import Options, unmix
from measure import peak_memory, print_header, print_row
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

CELL, LEVELS = 200.0, 8


def survey(side: int, samples: int, random: np.random.Generator) -> tuple[Mixing, NDArray[np.float64]]:
    """Give cells to the nearest samples, and let each sample drain to one of the nearest that lies farther south."""
    points = random.uniform(0, side, (samples, 2))
    points = points[np.argsort(points[:, 1])]
    tree = cKDTree(points)
    row, column = np.indices((side, side)) + 0.5
    near = tree.query(np.column_stack([column.ravel(), row.ravel()]))[1]
    shares = csr_array((np.full(side**2, CELL**2), (near, np.arange(side**2))), shape=(samples, side**2))
    around = tree.query(points, k=min(20, samples))[1]
    parent = np.full(samples, -1)
    for sample in range(samples):
        south = around[sample][around[sample] > sample]
        if south.size and random.uniform() > 0.05:
            parent[sample] = south[0]
    return Mixing.of(shares, parent), points * CELL


def values_of(mixing: Mixing, side: int, elements: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Mix random sources, and add noise."""
    values = np.empty((mixing.first.size, elements))
    for element in range(elements):
        rough = random.normal(size=(side, side))
        sources = sum(gaussian_filter(rough, side / 2**level) * side / 2**level for level in range(2, LEVELS))
        mixed = mixing.mix(np.asarray(sources).reshape(-1, 1))[:, 0]
        values[:, element] = mixed / mixed.std() + 0.3 * random.normal(size=mixed.size)
    return values


def main(quick: bool, missing: float, side: int, samples: int, workers: int, profiled: bool) -> None:
    """Print what unmixing takes, and what binds it."""
    random = np.random.default_rng(0)
    side, samples, elements = (40, 60, 4) if quick else (side, samples, 39)
    mixing, points = survey(side, samples, random)
    values = values_of(mixing, side, elements, random)
    values[random.uniform(size=values.shape) < missing] = np.nan
    folds = tree_folds(mixing.parent, points, side * CELL / 8)
    profile = cProfile.Profile()
    start = time.perf_counter(), time.process_time()
    if profiled:
        profile.enable()
    found = unmix(mixing, (side, side), CELL, values, folds, Options(workers=workers))
    profile.disable()
    spent = time.perf_counter() - start[0], time.process_time() - start[1]
    print_header("Cells", "Samples", "Elements", "s", "processor s", "peak", "steps", "explained")
    size = (f"{side**2:,}", f"{samples:,}", elements)
    print_row(
        *size,
        f"{spent[0]:.1f}",
        f"{spent[1]:.1f}",
        f"{peak_memory():.2f} GB",
        found.steps,
        f"{np.nanmean(found.explained):.2f}",
    )
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(14)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tiny case")
    parser.add_argument("--missing", type=float, default=0.0, help="share of values that are missing")
    parser.add_argument("--side", type=int, default=1000, help="rows and columns of the grid")
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    main(given.quick, given.missing, given.side, given.samples, given.workers, given.profile)
