"""Time and memory of the anomaly maps, classes and targets: `make bench`.

A simulated square of 1 million cells with 39 elements, 250,000 samples and 60 deposits, as the files that the stages
read. A table in Markdown: each stage runs in a process of its own; its time is that of its work, from reading inputs to
the last output, and its memory that of the process, libraries included. `--files` keeps the files.
"""

import argparse
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from cases import tiles
from measure import apart, peak_memory, print_header, print_row, seconds, timed
from scipy.ndimage import gaussian_filter

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.cube.grid import Grid
from geohalo.evidence.evaluate import per_deposit
from geohalo.evidence.folds import draw_folds
from geohalo.files.cells import Survey, netcdf_by_rows, write_geotiff
from geohalo.files.folds import write_folds
from geohalo.files.scores import write_scores
from geohalo.stages.map_anomalies import map_anomalies
from geohalo.stages.measure_applicability import measure_applicability
from geohalo.stages.plot_targets import plot_targets
from geohalo.stages.rank_targets import rank_targets
from pyproj import CRS

LABELS = {
    "radius": 3000.0, "background_distance": 5000.0, "group_distance": 8000.0, "buffer": 15_000.0,
    "folds": 5, "positives": 200, "background": 600, "decoys": 4, "seed": 0,
}  # fmt: skip
TARGETS = {"classes": 5, "found": [0.25, 0.5, 0.75, 0.9], "cut": "share", "share": 0.05}
TARGETS |= {"fewest_cells": 4, "most": 200, "ring": 5000.0, "largest_area": None, "radius": LABELS["radius"]}
ELEMENTS, CELL, DEPOSITS, MEMBERS, GOAL = 39, 1000.0, 60, 3, 60
STAGES = ["map_anomalies", "measure_applicability", "rank_targets", "plot_targets"]
NAMES = [f"E{number}" for number in range(ELEMENTS)]


def smooth(generator: np.random.Generator, side: int, reach: float) -> np.ndarray:
    """Return a smooth random field (rows, columns) with standard deviation 1."""
    field = gaussian_filter(generator.standard_normal((side, side), np.float32), reach)
    return field / field.std()


def prepare(folder: Path, side: int) -> None:
    """Write what the stages read."""
    for part in ("folds", "maps"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    x = 300_000 + CELL * (np.arange(side) + 0.5)
    survey = Survey(Grid(x, 100_000 + x[::-1]), np.ones((side, side), dtype=bool), CRS(32648).to_wkt())
    generator = np.random.default_rng(0)
    places = generator.uniform(x[0] + 0.05 * np.ptp(x), x[-1] - 0.05 * np.ptp(x), (DEPOSITS, 2))
    deposits = places + np.array([0, 100_000])
    _write_scores(folder, survey, deposits, generator)
    _write_cubes(folder, survey, generator)
    frame = gpd.GeoDataFrame(
        {"deposit": range(DEPOSITS), "name": [f"Deposit {k}" for k in range(DEPOSITS)], "inside": True},
        geometry=gpd.points_from_xy(*deposits.T), crs=32648,
    )  # fmt: skip
    frame.to_parquet(folder / "deposits.parquet")
    sites = generator.uniform(0, np.ptp(x), (side * side // 4, 2)) + np.array([x[0], x[0] + 100_000])
    values = pd.DataFrame(generator.lognormal(2, 1, (len(sites), ELEMENTS)), columns=NAMES)
    values.insert(0, "sample", np.arange(len(sites)).astype(str))
    gpd.GeoDataFrame(values, geometry=gpd.points_from_xy(*sites.T), crs=32648).to_parquet(
        folder / "samples.parquet"
    )
    write_geotiff(survey, tiles(side, side, 20)[None], str(folder / "superpixels.tif"), 0, ["superpixel"])


def _write_scores(folder: Path, survey: Survey, deposits: np.ndarray, generator: np.random.Generator) -> None:
    """Write folds, scores and the ranks of the deposits."""
    folds = {
        name: draw_folds(name, survey.cells, deposits, LABELS, MEMBERS) for name in ("held_out", "final")
    }
    for name, one in folds.items():
        write_folds(one, survey, str(folder / f"folds/{name}.csv"), str(folder / f"folds/{name}.tif"))
    held = folds["held_out"]
    table = pd.DataFrame(deposits, columns=["x", "y"])
    table.assign(group=held.deposit_group, fold=held.deposit_fold).to_csv(folder / "folds/deposits.csv")
    side, scores = len(survey.grid.x), {}
    for name, one in folds.items():
        maps = np.stack([smooth(generator, side, 6.0).ravel() for _ in range(one.n_folds)])
        probability = 1 / (1 + np.exp(-maps))
        scores[name] = (probability.astype(np.float32), np.full_like(probability, 0.02))
    write_scores(survey, scores, str(folder / "heldout.nc"))
    ranks = per_deposit(scores["held_out"][0], held, survey.cells, deposits, LABELS)
    ranks.assign(variant="fusion", split="held_out").to_csv(folder / "deposit_ranks.csv", index=False)
    nothing = pd.DataFrame(columns=["variant", "split", "metric", "estimate", "low", "high"])
    nothing.to_csv(folder / "metrics.csv", index=False)
    kept = {"element": NAMES, "map": 1.0, "consistency": 1, "commodity": False}
    pd.DataFrame(kept).to_csv(folder / "pathfinders.csv", index=False)


def _write_cubes(folder: Path, survey: Survey, generator: np.random.Generator) -> None:
    """Write concentrations, and their standardised logarithms for a cube."""
    side = len(survey.grid.x)
    fields = np.stack([smooth(generator, side, reach) for reach in (2, 4, 8, 16)])
    mixture = generator.standard_normal((ELEMENTS, len(fields)), np.float32) / 2
    rest = survey.dataset().assign_coords(element=NAMES)
    about = {"concentration": {"units": "ppm"}, "cube": {"units": "1"}}
    for name, file in (("concentration", "elements.nc"), ("cube", "cube.nc")):
        noise = np.random.default_rng(1)
        with netcdf_by_rows(rest, {name: about[name]}, str(folder / file)) as write:
            for rows in survey.row_blocks():
                values = np.einsum("ef,frc->erc", mixture, fields[:, rows])
                values += 0.5 * noise.standard_normal(values.shape, np.float32)
                write(name, rows, values if name == "cube" else np.exp(values))


def stage(name: str, folder: Path) -> dict[str, float]:
    """Run one stage; returns its seconds, its peak memory in GB and the MB of its inputs."""
    files = {key: str(folder / f"{key}.nc") for key in ("elements", "cube")} | {
        "deposit_ranks": str(folder / "deposit_ranks.csv"),
        "metrics": str(folder / "metrics.csv"),
        "pathfinders": str(folder / "pathfinders.csv"),
        "deposits": str(folder / "deposits.parquet"),
        "samples": str(folder / "samples.parquet"),
        "superpixels": str(folder / "superpixels.tif"),
        "thresholds": str(folder / "thresholds.csv"),
        "targets": str(folder / "targets.csv"),
        "ground": str(folder / "target_ground.csv"),
    }
    maps = {path.stem: str(path) for path in (folder / "maps").glob("*.tif")}
    new = partial(_new, folder)
    measured = ("score", "spread", "heldout_score", "probability", "applicability")
    scored = {key: maps[key] for key in measured if key in maps}
    ranking = {"table": new("targets.csv"), "fingerprints": new("fingerprints.csv")}
    ranking |= {
        "map": new("maps/targets.tif"),
        "geopackage": new("targets.gpkg"),
        "project": new("targets.qgs"),
    }
    ranking |= {"concentration_area": new("maps/anomaly_classes.tif"), "thresholds": new("thresholds.csv")}
    ranking |= {"success_rate": new("maps/success_classes.tif"), "ground": new("target_ground.csv")}
    figures = {key: new(f"{key}.png") for key in ("targets", "concentration_area")}
    written = {
        key: new(f"maps/{key}.tif") for key in ("score", "spread", "heldout_score", "fold", "probability")
    }
    held = (str(folder / "heldout.nc"), str(folder / "folds"))
    ranked = files | scored
    plotted = files | {"ranks": maps.get("targets", ""), "score": maps.get("score", "")}
    work = {
        "map_anomalies": partial(map_anomalies, files["elements"], *held, LABELS["radius"], written),
        "measure_applicability": partial(
            measure_applicability, files["cube"], held[1], new("maps/applicability.tif")
        ),
        "rank_targets": partial(rank_targets, ranked, "bench", "fusion", "clr", TARGETS, ranking),
        "plot_targets": partial(plot_targets, "bench", "fusion", 0.0, plotted, figures),
    }
    return {"seconds": timed(work[name]), "peak": peak_memory()}


def _new(folder: Path, name: str) -> str:
    return str(folder / name)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=1000, help="rows and columns of the square")
    parser.add_argument("--files", type=Path, help="folder to keep the files in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.files or Path(temporary)
        prepare(folder, arguments.side)
        print(f"\n{arguments.side} x {arguments.side} cells, {ELEMENTS} elements, {DEPOSITS} deposits")
        print_header("stage", "time", "peak memory", "target")
        total = 0.0
        for name in STAGES:
            found = apart(name, folder, Path(__file__))
            total += found["seconds"]
            print_row(f"`{name}`", seconds(found["seconds"]), f"{found['peak']:.2f} GB", "")
        print_row("all, one after the other", seconds(total), "", f"{GOAL} s")


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in STAGES:
        print(json.dumps(stage(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
