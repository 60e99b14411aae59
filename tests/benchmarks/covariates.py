"""Speed of bringing layers beside geochemistry to the grid: `make bench`.

1,000 x 1,000 cells of 100 m, and of each kind of layer one: 10,000 polygons in 30 classes, a raster of 50 m, 1,000
lines by distance and by density, and a column of 2,000 samples. The medians of three turns are printed, without the
time of imports. `--quick` runs all of it on tiny cases, to see that it works.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from geohalo.covariates.bands import Bands, Ground
from geohalo.covariates.layers import Around, SampleTable, layer_bands, refused_leak
from geohalo.cube.grid import Grid
from pyproj import CRS
from rasterio.transform import from_origin

EPSG, CELL = 32635, 100.0
INTERPOLATION = {"neighbours": 12, "power": 2.0, "anisotropy": {"ratio": 1.0, "bearing": 0.0}}


def around(side: int, samples: int) -> Around:
    """Return a square survey of so many cells on a side, with samples and no deposits."""
    axis = CELL * (np.arange(side) + 0.5)
    ground = Ground(Grid(axis, axis[::-1]), np.ones((side, side), dtype=bool), CRS.from_epsg(EPSG))
    places = np.random.default_rng(2).uniform(0, side * CELL, (samples, 2))
    table = pd.DataFrame({"height": places[:, 0] / 50}, index=pd.RangeIndex(2, samples + 2, name="row"))
    rows = [str(row) for row in table.index]
    return Around(
        ground, interpolation=INTERPOLATION, samples=SampleTable(table, "samples.csv", rows, places)
    )


def write_polygons(path: Path, extent: float, number: int) -> None:
    """Write Voronoi cells of random places, with a class each."""
    random = np.random.default_rng(0)
    places = shapely.multipoints(random.uniform(0, extent, (number, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(places, extend_to=shapely.box(0, 0, extent, extent)))
    unit = [f"unit {k:02d}" for k in random.integers(0, 30, len(cells))]
    gpd.GeoDataFrame({"unit": unit}, geometry=cells, crs=EPSG).to_file(path)


def write_lines(path: Path, extent: float, number: int) -> None:
    """Write lines of 20 random steps."""
    random = np.random.default_rng(1)
    start = random.uniform(0, extent, (number, 1, 2))
    steps = random.normal(0, extent / 200, (number, 20, 2)).cumsum(axis=1)
    gpd.GeoDataFrame(geometry=shapely.linestrings(start + steps), crs=EPSG).to_file(path)


def write_raster(path: Path, side: int) -> None:
    """Write a raster of cells half as large."""
    values = np.random.default_rng(3).normal(size=(2 * side, 2 * side)).astype(np.float32)
    place = from_origin(0, side * CELL, CELL / 2, CELL / 2)
    about = {"height": 2 * side, "width": 2 * side, "count": 1, "dtype": "float32", "crs": f"EPSG:{EPSG}"}
    with rasterio.open(path, "w", driver="GTiff", transform=place, **about) as raster:
        raster.write(values, 1)


def measured(work: Callable[[], Bands], turns: int) -> tuple[float, float, Bands]:
    """Return the median time and processor time of some turns, and what came out."""
    spent = []
    for _ in range(turns):
        start = time.perf_counter(), time.process_time()
        bands = work()
        spent.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return median(one for one, _ in spent), median(one for _, one in spent), bands


def judged(layer: dict[str, object], path: Path | None, survey: Around) -> Bands:
    """Bring a layer to the cells and look whether it is made from the deposits."""
    return refused_leak(layer_bands("layer", layer, path, survey), survey)


def main(quick: bool, turns: int) -> None:
    """Print a row for each layer, and their sum."""
    side, polygons, lines, samples = (40, 100, 20, 200) if quick else (1000, 10_000, 1000, 2000)
    survey, extent = around(side, samples), side * CELL
    layers = {
        "polygons, classes": ("polygons.gpkg", {"column": "unit"}),
        "raster, numbers": ("raster.tif", {}),
        "lines, distance": ("lines.gpkg", {}),
        "lines, density within 5 km": ("lines.gpkg", {"measure": "density", "radius": 5000.0}),
        "column of samples": (None, {"column": "height"}),
    }
    total = np.zeros(2)
    print("| Layer | Bands | s | processor s |\n|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        write_polygons(Path(folder, "polygons.gpkg"), extent, polygons)
        write_lines(Path(folder, "lines.gpkg"), extent, lines)
        write_raster(Path(folder, "raster.tif"), side)
        layer_bands("warm", {}, Path(folder, "raster.tif"), survey)  # imports
        for title, (file, layer) in layers.items():
            path = Path(folder, file) if file else None
            *spent, bands = measured(lambda: judged(layer, path, survey), turns)  # noqa: B023
            total += spent
            print(f"| {title} | {len(bands.values)} | {spent[0]:.1f} | {spent[1]:.1f} |", flush=True)
    print(f"| all | | {total[0]:.1f} | {total[1]:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny cases")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    main(given.quick, given.turns)
