"""Peak memory of the stage `train` on maps of growing size with the same number of labelled cells.

The settings are those of `config/national.yaml`: 39 elements, two superpixel scales, two members for each fold, here
with 2 epochs, which take as much memory as all. The cube is made of smooth random fields and the superpixels are
bricks, so that no size needs samples or segmentation; folds, graphs and training are those of the workflow. The number
of deposits is the same on every map. Each size has a process of its own, whose peak has the libraries in it. Ten
million cells take some 10 minutes and 4 GB of disk.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import torch
import yaml
from cases import tiles
from measure import apart, peak_memory, print_header, print_row, seconds, timed
from scipy.ndimage import gaussian_filter

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.cube.grid import Grid
from geohalo.evidence.schemes import SCHEMES
from geohalo.files.cells import Survey, netcdf_by_rows, write_geotiff
from geohalo.network.run import Settings
from geohalo.settings import check_settings
from geohalo.stages.build_graph import build_graph
from geohalo.stages.make_folds import make_folds
from geohalo.stages.train import train

ROOT = Path(__file__).resolve().parents[2]
DEPOSITS, ELEMENTS, EPOCHS = 95, 39, 2
#: Cells of a superpixel of each scale.
SCALES = {"1in42": 42, "1in14": 14}


def national() -> dict:
    """Return the settings of the national survey."""
    return check_settings(yaml.safe_load((ROOT / "config" / "national.yaml").read_text(encoding="utf-8")))


def make(folder: Path, side: int) -> None:
    """Write cube, graphs and folds of a square map into a folder."""
    config = national()
    cell = config["grid"]["cell"]
    places = cell * np.arange(side)
    survey = Survey(Grid(places, places[::-1]), np.ones((side, side), bool), "EPSG:3035")
    rest = survey.dataset().assign_coords(element=[f"E{k}" for k in range(ELEMENTS)])
    generator = np.random.default_rng(0)
    with netcdf_by_rows(rest, {"cube": {}}, str(folder / "cube.nc")) as write:
        for rows in survey.row_blocks():
            shape = (rows.stop - rows.start, side)
            smooth = [gaussian_filter(generator.standard_normal(shape, np.float32), 3) for _ in range(4)]
            mixture = generator.standard_normal((ELEMENTS, len(smooth)), np.float32)
            noise = generator.standard_normal((ELEMENTS, *shape), np.float32)
            write("cube", rows, np.tensordot(mixture, np.stack(smooth) * 5, 1) + noise)
    for seed, (name, cells_each) in enumerate(SCALES.items()):
        labels = str(folder / f"{name}.tif")
        write_geotiff(survey, tiles(side, side, cells_each, seed)[None], labels, 0, ["superpixel"])
        build_graph(labels, str(folder / f"{name}.npz"))
    drawn = generator.uniform(0.02, 0.98, (DEPOSITS, 2)) * cell * side
    number = np.arange(DEPOSITS)
    about = {"deposit": number, "row": number + 2, "name": [f"D{k}" for k in number], "inside": True}
    known = gpd.GeoDataFrame(about, geometry=gpd.points_from_xy(*drawn.T), crs=survey.crs)
    known.to_parquet(folder / "deposits.parquet")
    known_file, folds = str(folder / "deposits.parquet"), str(folder / "folds")
    Path(folds).mkdir()
    make_folds(str(folder / "cube.nc"), known_file, config["labels"], config["network"]["seeds"], folds)


def train_alone(folder: Path) -> dict[str, float]:
    """Seconds and peak memory in GB of the stage."""
    network = national()["network"]
    torch.set_num_threads(2)
    names = ("scores.nc", "members.pt", "history.csv", "pathfinders.csv")
    outputs = SimpleNamespace(**{name.split(".")[0]: str(folder / name) for name in names})
    settings = Settings(
        epochs=EPOCHS,
        patience=network["early_stopping"],
        device="cpu",
        memory=network["memory"],
        checkpoint=str(folder / "checkpoint.pt"),
    )
    log = SimpleNamespace(info=lambda line: print(line, file=sys.stderr, flush=True))
    graphs = [str(folder / f"{name}.npz") for name in SCALES]
    arguments = (str(folder / "cube.nc"), graphs, str(folder / "folds"), list(SCHEMES), "given", [])
    return {"seconds": timed(lambda: train(*arguments, settings, outputs, log)), "peak": peak_memory()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sides", type=int, nargs="+", default=[1000, 3162])
    parser.add_argument("--keep", type=Path, help="existing folder to keep the files of each size in")
    options = parser.parse_args()
    print_header("cells", "peak memory", "times the first", "seconds")
    first = None
    for side in options.sides:
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep / str(side) if options.keep else Path(scratch)
            if not (folder / "folds" / "final.tif").exists():
                folder.mkdir(parents=True, exist_ok=True)
                apart("make", folder, Path(__file__), side=side)
            found = apart("train_alone", folder, Path(__file__))
            first = first or found["peak"]
            growth = f"{found['peak'] / first:.2f}"
            print_row(f"{side * side:,}", f"{found['peak']:.2f} GB", growth, seconds(found["seconds"]))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in ("make", "train_alone"):
        function = make if sys.argv[1] == "make" else train_alone
        print(json.dumps(function(Path(sys.argv[2]), **json.loads(sys.argv[3]))))
    else:
        main()
