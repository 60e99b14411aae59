"""What the benchmark of interpolation measures, one function each; `measure.apart` runs one in a process of its own.

Every function takes the folder of a case (`prepare`) and options, and returns numbers. The others estimate one element
at a time, as their users do: `OTHERS` and gdal_grid. Each uses all processors if it can.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from math import pi, sqrt
from multiprocessing.pool import ThreadPool
from pathlib import Path
from time import perf_counter, process_time, thread_time

import numpy as np
from measure import peak_memory, timed
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

Array = NDArray[np.float64]
Numbers = dict[str, float]
Predict = Callable[[Array], Array]

NEIGHBOURS, POWER, CELL = 12, 2.0, 1000.0
#: gdal_grid looks for samples in a circle, which holds so many on average: with fewer, more cells would find too few.
IN_CIRCLE = 30


def prepare(folder: Path, samples: int, side: int, elements: int, missing: float, some: int) -> Numbers:
    """Write a survey of a square of side x side cells: smooth fields and noise at random places.

    The first ``some`` elements are written as a table for gdal_grid, too.
    """
    generator = np.random.default_rng(0)
    points = generator.uniform(0, side * CELL, (samples, 2))
    waves, phases = generator.normal(0, 12 / (side * CELL), (2, 8)), generator.uniform(0, 2 * pi, 8)
    values = np.sin(points @ waves + phases) @ generator.normal(0, 1, (8, elements))
    values += generator.normal(0, 0.5, values.shape)
    values[generator.random(values.shape) < missing] = np.nan
    np.savez(folder / "case.npz", points=points, values=values, side=side)
    for element in range(some):
        there = ~np.isnan(values[:, element])
        table = np.column_stack([points[there], values[there, element]])
        np.savetxt(folder / f"{element}.csv", table, "%.10g", ",", header="x,y,z", comments="")
        layer = (
            f'<OGRVRTLayer name="{element}"><SrcDataSource relativeToVRT="1">{element}.csv</SrcDataSource>'
            '<GeometryField encoding="PointFromColumns" x="x" y="y" z="z"/></OGRVRTLayer>'
        )
        source = folder / f"{element}.vrt"
        source.write_text(f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>", encoding="ascii")
    return {}


def _case(folder: Path) -> tuple[Array, Array, Array]:
    """Places of samples, their values, and the centres of the cells in rows from south to north."""
    case = np.load(folder / "case.npz")
    middles = (np.arange(int(case["side"])) + 0.5) * CELL
    x, y = np.meshgrid(middles, middles)
    return case["points"], case["values"], np.column_stack([x.ravel(), y.ravel()])


def estimate(folder: Path, by: str, **options: int) -> Numbers:
    """Time, processor time (of all threads) and difference from ours; `ours` comes first."""
    if by in OTHERS:
        return _other(folder, OTHERS[by], **options)
    return _gdal_grid(folder, **options) if by == "gdal_grid" else _ours(folder)


def _ours(folder: Path) -> Numbers:
    """All elements in all cells; the first is kept to compare with."""
    from geohalo.cube.inverse_distance import interpolate

    points, values, targets = _case(folder)
    imports = timed(lambda: interpolate(points[:50], values[:50], targets[:2]))
    start = _clocks()
    result = interpolate(points, values, targets, NEIGHBOURS, POWER)
    spent = np.subtract(_clocks(), start)
    np.save(folder / "ours.npy", result[:, 0])
    return _spent(spent) | {"difference": 0.0, "without": 0.0, "imports": imports}


def parts(folder: Path) -> Numbers:
    """Processor time of the steps of ours where no value is missing, over all cells, and of one search for each."""
    from geohalo.cube import inverse_distance
    from geohalo.cube.nearest import nearest_sets
    from scipy.spatial import cKDTree

    points, values, targets = _case(folder)
    tree, found = cKDTree(points), np.zeros(4)
    for start in range(0, len(targets), inverse_distance.CHUNK):
        cells, clocks = targets[start : start + inverse_distance.CHUNK], [thread_time()]
        tree.query(cells, NEIGHBOURS)
        clocks.append(thread_time())
        nearest_sets(tree, cells, NEIGHBOURS)
        clocks.append(thread_time())
        weights = inverse_distance._weights(tree, cells, NEIGHBOURS, POWER)
        clocks.append(thread_time())
        _ = weights @ values
        found += np.diff([*clocks, thread_time()])
    each, neighbours, both, product = map(float, found)
    return {
        "one search each": each,
        "neighbours": neighbours,
        "weights": both - neighbours,
        "product": product,
    }


def shared_parts(folder: Path) -> Numbers:
    """Processor time of the steps of ours where values are missing, over all cells, and of one search for each.

    Also the values that the loop looks at in each cell, and the share of the cells that are searched for again.
    """
    from geohalo.cube import inverse_distance
    from geohalo.cube.first_present import first_present, table
    from geohalo.cube.nearest import nearest_in_groups
    from scipy.spatial import cKDTree

    points, values, targets = _case(folder)
    tree, near_values, columns = cKDTree(points), table(values), np.arange(values.shape[1])
    width = inverse_distance.search_width(NEIGHBOURS, values)
    method = inverse_distance._Method(NEIGHBOURS, POWER, memory=0.5, threads=1)
    result, lacking = np.empty((len(targets), columns.size)), np.zeros(len(targets), dtype=bool)
    found, alone, begin = np.zeros(3), 0.0, thread_time()
    result[:] = 0
    written = thread_time() - begin
    for start in range(0, len(targets), inverse_distance.CHUNK):
        rows, clocks = slice(start, start + inverse_distance.CHUNK), [thread_time()]
        tree.query(targets[rows], width)
        alone += thread_time() - clocks[0]
        clocks = [thread_time()]
        for some, squared, index in nearest_in_groups(tree, targets[rows], width):
            clocks.append(thread_time())
            weight, index = method._relative_weights(squared), np.ascontiguousarray(index)
            clocks.append(thread_time())
            first_present(weight, index, near_values, NEIGHBOURS, some, columns, result[rows], lacking[rows])
            clocks.append(thread_time())
        found += np.diff(clocks)[: 3 * (len(clocks) // 3)].reshape(-1, 3).sum(axis=0)
    steps = dict(zip(("neighbours", "weights", "loop"), map(float, found), strict=True))
    return steps | {
        "result": written,
        "one search each": alone,
        "looked at": float(width * near_values.shape[1]),
        "again": float(lacking.mean()),
    }


def bandwidth(folder: Path, megabytes: int) -> Numbers:
    """Bytes a second that a copy of an array moves, read and written, by one thread and by all: the best of five."""
    source, threads = np.ones(megabytes * 125_000), os.cpu_count() or 1
    copy = np.zeros_like(source)
    halves = list(zip(np.array_split(copy, threads), np.array_split(source, threads), strict=True))

    def best(function: Callable[[], object]) -> float:
        return 2 * source.nbytes / min(timed(function) for _ in range(5))

    with ThreadPool(threads) as pool:
        together = best(lambda: pool.starmap(np.copyto, halves, chunksize=1))
    return {"one thread": best(lambda: np.copyto(copy, source)), "all threads": together}


def kdtree(points: Array, value: Array) -> Predict:
    """Inverse-distance weighting as it is mostly written with SciPy."""
    from scipy.spatial import cKDTree

    tree = cKDTree(points)

    def predict(targets: Array) -> Array:
        distance, index = tree.query(targets, NEIGHBOURS, workers=-1)
        weight = 1 / np.maximum(distance, 1e-9) ** POWER
        return np.einsum("cn,cn->c", weight, value[index]) / weight.sum(axis=1)

    return predict


def verde(points: Array, value: Array) -> Predict:
    """Mean of the neighbours: verde lets its user choose the statistic, which does not see the distances."""
    from verde import KNeighbors

    fitted = KNeighbors(NEIGHBOURS).fit(tuple(points.T), value)
    return lambda targets: fitted.predict(tuple(targets.T))


def pykrige(points: Array, value: Array) -> Predict:
    """Ordinary kriging of a moving window, in PyKrige's compiled loop; the variogram is given, not fitted."""
    from pykrige.ok import OrdinaryKriging

    model = {"psill": 2.0, "range": 2e5, "nugget": 0.25}
    fitted = OrdinaryKriging(*points.T, value, variogram_model="exponential", variogram_parameters=model)

    def predict(targets: Array) -> Array:
        return np.asarray(fitted.execute("points", *targets.T, backend="C", n_closest_points=NEIGHBOURS)[0])

    return predict


OTHERS: dict[str, Callable[[Array, Array], Predict]] = {
    each.__name__: each for each in (kdtree, verde, pykrige)
}


def _other(folder: Path, method: Callable[[Array, Array], Predict], elements: int, every: int = 1) -> Numbers:
    """Another method for the first ``elements`` in one cell of ``every``, scaled to all of them.

    What is done once for an element, before any cell, is scaled with the elements alone.
    """
    points, values, targets = _case(folder)
    part = targets[::every]
    method(points[:50], np.arange(50.0))(targets[:2])  # imports
    spent, scale = np.zeros(2), len(targets) / len(part)
    for element in reversed(range(elements)):
        there = ~np.isnan(values[:, element])
        clocks = [_clocks()]
        predict = method(points[there], values[there, element])
        clocks.append(_clocks())
        result = predict(part)
        clocks.append(_clocks())
        spent += np.diff(clocks, axis=0).T @ [1, scale]
    return _spent(spent * values.shape[1] / elements) | _difference(folder, result, every)


def _clocks() -> tuple[float, float]:
    return perf_counter(), process_time()


def _spent(clocks: NDArray[np.float64] | list[float]) -> Numbers:
    return {"seconds": float(clocks[0]), "processor seconds": float(clocks[1])}


def _gdal_grid(folder: Path, elements: int) -> Numbers:
    """`gdal_grid -a invdistnn` on all cells; reading the table and writing the raster are part of it."""
    case = np.load(folder / "case.npz")
    side, (samples, total) = int(case["side"]), case["values"].shape
    there = (~np.isnan(case["values"])).mean()
    radius = side * CELL * sqrt(IN_CIRCLE / (pi * samples * there))
    words = [
        "gdal_grid",
        "-q",
        "-a",
        f"invdistnn:power={POWER}:max_points={NEIGHBOURS}:radius={radius}:nodata=nan",
    ]
    words += ["-txe", "0", str(side * CELL), "-tye", "0", str(side * CELL), "-outsize", str(side), str(side)]
    words += ["-ot", "Float64", "--config", "GDAL_NUM_THREADS", "ALL_CPUS"]
    start = perf_counter(), _children()
    for element in reversed(range(elements)):
        files = [f"{element}.vrt", f"{element}.tif"]
        subprocess.run([*words, *files], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    spent = np.subtract((perf_counter(), _children()), start) * total / elements
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    return _spent(spent) | {"peak": peak} | _difference(folder, _raster(folder / "0.tif"))


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _raster(file: Path) -> Array:
    """Cells of a raster in rows from south to north."""
    import rasterio

    with rasterio.open(file) as raster:
        rows = raster.read(1)
        return (rows if raster.transform.e > 0 else rows[::-1]).ravel()


def _difference(folder: Path, result: Array, every: int = 1) -> Numbers:
    """Root mean square difference from ours in the first element, over the standard deviation of ours."""
    expected = np.load(folder / "ours.npy")[::every]
    difference = np.sqrt(np.nanmean((result - expected) ** 2)) / expected.std()
    return {"difference": float(difference), "without": float(np.isnan(result).mean())}


def main() -> None:
    """Run one measurement: name, folder, options as JSON; its numbers are the last line, as JSON."""
    name, folder, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    found = globals()[name](folder, **options)
    print(json.dumps({"peak": peak_memory()} | found))


if __name__ == "__main__":
    main()
