"""Small surveys of every form, with a config for each, and the shortest way through the stages that read them."""

import shutil
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from geohalo.alternatives import choice_levels, stage_settings
from geohalo.cube.raster_files import raster_files
from geohalo.errors import InputError
from geohalo.settings import check_settings, simulated_tables, used_interpolation
from geohalo.stages.alternative_scores import training
from geohalo.stages.build_graph import build_graph
from geohalo.stages.clean_deposits import clean_deposits
from geohalo.stages.clean_samples import clean_samples
from geohalo.stages.fit_interpolation import fit_interpolation
from geohalo.stages.interpolate_elements import interpolate_elements
from geohalo.stages.make_class_folds import make_class_folds
from geohalo.stages.make_folds import make_folds
from geohalo.stages.read_grids import read_grids
from geohalo.stages.read_labels import read_labels
from geohalo.stages.segment_superpixels import segment_superpixels
from geohalo.stages.simulate_survey import simulate_survey
from geohalo.stages.stack_cube import stack_cube
from geohalo.stages.train import train
from geohalo.superpixels.counts import fineness
from geohalo.survey import simulate
from geohalo.survey.table_files import data_file, table_files
from rasterio.transform import from_origin

CRS = "EPSG:32648"
EXPRESSION = "^(?P<element>[A-Z][A-Za-z0-9]*)_(?P<unit>ppm|ppb|pct)$"
#: What all surveys have in common: as little work as there can be.
COMMON: dict[str, Any] = {
    "grid": {"cell": 2000, "max_distance": 3000},
    "superpixels": {"n_segments": [30]},
    "labels": {
        "folds": 3,
        "buffer": 8000,
        "group_distance": 5000,
        "positives": 20,
        "background": 40,
        "decoys": 1,
    },
    "network": {"variants": ["fusion"], "seeds": 1, "epochs": 1},
    "evaluation": {"bootstrap": 100},
}
#: More of any of these is more work, and no fault.
MOST = {
    ("simulate", "samples"): 2000,
    ("simulate", "deposits"): 100,
    ("superpixels", "n_segments"): 2000,
    ("labels", "folds"): 20,
    ("labels", "decoys"): 20,
    ("labels", "positives"): 5000,
    ("labels", "background"): 5000,
    ("network", "seeds"): 2,
    ("interpolation", "neighbours"): 100,
}


def write_surveys(folder: Path) -> dict[str, dict[str, Any]]:
    """Write the files of all surveys to a folder; returns the config of each."""
    faults = {"anthropogenic": 1, "overburden": 1, "laboratory": 1}
    survey = simulate.simulate_survey(
        {"seed": 7, "samples": 200, "spacing": 2000, "deposits": 8, "faults": faults}
    )
    samples, deposits = survey.samples, survey.deposits
    names = [name for name in samples.columns if name.endswith(("_ppm", "_ppb", "_pct"))][:8]
    samples = samples[["x", "y", *names]]
    samples.insert(0, "sample", [f"S{number}" for number in range(len(samples))])
    samples.to_csv(folder / "samples.csv", index=False)
    deposits.to_csv(folder / "deposits.csv", index=False)
    samples[["sample", "x", "y"]].to_csv(folder / "places.csv", index=False)
    samples.drop(columns=["x", "y"]).to_csv(folder / "assays.csv", index=False)
    long = samples.melt(["sample", "x", "y"], names, "analyte", "result")
    long[["analyte", "unit"]] = long["analyte"].str.split("_", expand=True)
    long.to_csv(folder / "long.csv", index=False)
    standards = samples.iloc[:12].assign(x="", y="", sample="STD", kind="standard")
    twice = samples.iloc[20:35].assign(kind="duplicate")
    controlled = pd.concat([samples.assign(kind=""), standards, twice], ignore_index=True)
    controlled.assign(batch=np.arange(len(controlled)) // 40).to_csv(folder / "controlled.csv", index=False)
    certified = {"material": "STD", "element": [name.split("_")[0] for name in names], "value": 10}
    pd.DataFrame(certified | {"unit": "ppm", "sd": 1}).to_csv(folder / "certified.csv", index=False)
    with pd.ExcelWriter(folder / "samples.xlsx") as book:
        samples.to_excel(book, index=False, sheet_name="Soil")
    _write_rasters(folder, survey.samples, names)

    at = {"x": "x", "y": "y", "crs": CRS}
    table = {"file": "samples.csv", **at, "elements": EXPRESSION}
    # Symbols of a long table are those of its column, and units have a column of their own.
    listed = {"file": "long.csv", **at, "elements": "(?P<element>[A-Z][A-Za-z0-9]*)"}
    columns = {
        name.split("_")[0]: {"column": name, "unit": name.split("_")[1].replace("pct", "percent")}
        for name in names
    }
    places = {"deposits": {"file": "deposits.csv", **at, "name": "name"}}
    classes = {"folds": 2, "buffer": 2000, "group_distance": 9000, "positives": 20}
    long_keys = {
        "long": {"element": "analyte", "value": "result", "unit": "unit", "sample": "sample"},
        "units": {"ppm": "ppm", "ppb": "ppb", "pct": "percent"},
    }
    quality = {"column": "kind", "reference": ["standard"], "laboratory_duplicate": ["duplicate"]}
    quality |= {"material": "sample", "sample": "sample", "certified": "certified.csv", "failing": "weigh"}
    surveys: dict[str, dict[str, Any]] = {
        "simulated": {"simulate": {"seed": 7, "samples": 200, "deposits": 8}},
        "table": {"samples": table, **places},
        "mapped": {
            "samples": table | {"file": "samples.xlsx", "layer": "Soil", "elements": columns},
            **places,
        },
        "long": {"samples": listed | long_keys, **places},
        "joined": {
            "samples": table | {"file": "places.csv", "join": {"file": "assays.csv", "key": "sample"}},
            **places,
        },
        "controlled": {
            "samples": table | {"file": "controlled.csv", "batch": "batch", "quality": quality},
            **places,
        },
        "rasters": {"grids": {"folder": "rasters", "implausible": "report"}, **places},
        "bands": {"grids": {"file": "bands.tif", "implausible": "report"}, **places},
        "classes": {
            "samples": table,
            "labels": classes | {"raster": {"file": "classes.tif"}},
        },
    }
    data = {"data": {"folder": str(folder)}}
    return {name: _merged(deepcopy(COMMON) | {"survey": name} | data, keys) for name, keys in surveys.items()}


def _merged(config: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """Return a config with some sections, without those that do not go with them."""
    config |= deepcopy(keys)
    if "grids" in keys:
        config["grid"] = {"max_distance": 3000}
    return config


def _write_rasters(folder: Path, samples: pd.DataFrame, names: list[str]) -> None:
    """Write a grid of each element, all of them as bands of one file, and a raster of two classes."""
    (folder / "rasters").mkdir()
    chance = np.random.default_rng(1)
    left, top = samples["x"].min() // 2000 * 2000, samples["y"].max() // 2000 * 2000 + 2000
    rows, columns = (int((samples[axis].max() - samples[axis].min()) // 2000) + 2 for axis in "yx")
    frame = {"driver": "GTiff", "width": columns, "height": rows, "crs": CRS}
    frame |= {"transform": from_origin(left, top, 2000, 2000)}
    floats = frame | {"dtype": "float32", "nodata": -9999.0}
    images = {name.split("_")[0]: chance.lognormal(3, 1, (rows, columns)) for name in names[:5]}
    for name, image in images.items():
        with rasterio.open(folder / "rasters" / f"{name}.tif", "w", count=1, **floats) as file:
            file.write(image.astype(np.float32), 1)
    with rasterio.open(folder / "bands.tif", "w", count=len(images), **floats) as file:
        for number, (name, image) in enumerate(images.items(), 1):
            file.write(image.astype(np.float32), number)
            file.set_band_description(number, name)
    classes = (np.arange(rows)[:, None] // 4 + np.arange(columns) // 4) % 3
    with rasterio.open(folder / "classes.tif", "w", count=1, dtype="uint8", **frame) as file:
        file.write(classes.astype(np.uint8), 1)


def too_much(settings: dict[str, Any]) -> bool:
    """Tell whether settings ask for more work than there is time for here."""
    for (section, key), most in MOST.items():
        value = settings.get(section, {}).get(key, 0)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int | float) and one > most:
                return True
    return False


def run_stages(config: dict[str, Any], folder: Path, network: bool = False) -> str:
    """Take a config through the stages, from its check to labelled cells, superpixels and perhaps a short training.

    Returns
    -------
    str
        How far it came: "too much work" after the check, or "done".
    """
    settings = check_settings(config, "config.yaml")
    tables = _files(settings)
    if too_much(settings):
        return "too much work"
    for name in ("warnings", "folds", "superpixels", "graph"):
        (folder / name).mkdir()
    at = {name: str(folder / name) for name in ("samples.parquet", "elements.nc", "deposits.parquet")}
    places = at["elements.nc"]
    quality = settings.get("samples", {}).get("quality")
    control = {
        name: f"{folder}/{name}.csv" for name in ("quality", "quality_reference", "quality_duplicates")
    }
    control |= {"analyses": f"{folder}/analyses.parquet"}
    if "simulate" in settings:
        simulate_survey(settings["simulate"], tables["samples"], tables["deposits"], str(folder / "truth.nc"))
        settings |= simulated_tables(settings["simulate"])
    if "grids" in settings:
        read_grids(settings["grids"], settings["data"]["folder"], places, f"{folder}/warnings/g.csv")
    else:
        places = at["samples.parquet"]
        clean_samples(
            tables["samples"],
            settings["samples"],
            settings["grid"],
            places,
            f"{folder}/report.csv",
            f"{folder}/warnings/s.csv",
            tables.get("assays"),
            tables.get("certified"),
            **(control if quality else {}),
        )
    labels, grid = settings["labels"], settings["grid"]
    if "raster" not in labels:
        arguments = (settings["deposits"], grid["max_distance"], labels, at["deposits.parquet"])
        clean_deposits(tables["deposits"], places, *arguments, f"{folder}/warnings/d.csv")
    if "grids" not in settings:
        used = used_interpolation(settings["interpolation"])
        fit_interpolation(places, grid["max_distance"], used, f"{folder}/fit.json", f"{folder}/fit.csv")
        interpolate_elements(places, f"{folder}/fit.json", grid, at["elements.nc"])
    _fold(settings, at, tables, folder)
    cube, superpixels = f"{folder}/cube.nc", settings["superpixels"]
    weights = control["quality"] if quality and quality["failing"] == "weigh" else None
    stack_cube(at["elements.nc"], settings["cube"]["transform"], settings["cube"]["clip"], cube, weights)
    for count in map(str, superpixels["n_segments"]):
        image = f"{folder}/superpixels/{count}.tif"
        segment_superpixels(cube, count, superpixels["compactness"], superpixels["components"], image)
        build_graph(image, f"{folder}/graph/{count}.npz")
    if network:
        _train(settings, cube, folder)
    return "done"


def _files(settings: dict[str, Any]) -> dict[str, str]:
    """Return the files that a config names, as the workflow looks them up before any job runs."""
    for counts in (settings["superpixels"]["n_segments"], *settings["experiments"]["n_segments"]):
        sorted(counts, key=fineness)
    if "raster" not in settings["labels"]:
        choice_levels(settings)
    folder = Path(settings["data"]["folder"])
    if "grids" in settings:
        raster_files(settings["grids"], folder, settings["data"]["sources"])
    scratch = Path.cwd()
    if "simulate" in settings:
        return {name: str(scratch / f"{name}.csv") for name in ("samples", "deposits")}
    named = {key: settings[key]["file"] for key in ("samples", "deposits") if key in settings}
    keys = {key: f"{key}.file" for key in named}
    if join := settings.get("samples", {}).get("join"):
        named["assays"], keys["assays"] = join["file"], "samples.join.file"
    if certified := settings.get("samples", {}).get("quality", {}).get("certified"):
        named["certified"], keys["certified"] = certified, "samples.quality.certified"
    for key, name in settings["labels"].get("raster", {}).items():
        named[f"labels.{key}"], keys[f"labels.{key}"] = name, f"labels.raster.{key}"
    found = {key: data_file(settings["data"], name, keys[key]) for key, name in named.items()}
    for file in found.values():
        table_files(file)
        if not Path(file).exists():
            raise InputError(f"{file} would be downloaded first")
    return found


def _fold(settings: dict[str, Any], at: dict[str, str], tables: dict[str, str], folder: Path) -> None:
    labels, seeds = settings["labels"], settings["network"]["seeds"]
    if "raster" in labels:
        files = {
            key.removeprefix("labels."): file for key, file in tables.items() if key.startswith("labels.")
        }
        read_labels(at["elements.nc"], files, f"{folder}/labels.tif")
        make_class_folds(at["elements.nc"], f"{folder}/labels.tif", labels, seeds, f"{folder}/folds")
    else:
        make_folds(
            at["elements.nc"],
            at["deposits.parquet"],
            labels,
            seeds,
            f"{folder}/folds",
            f"{folder}/warnings/f.csv",
        )


def _train(settings: dict[str, Any], cube: str, folder: Path) -> None:
    """Train one member of each fold for an epoch."""
    network = settings["network"]
    stages = stage_settings(settings, network["variants"][:1], (), ("held_out",), 1)
    scores = stages["scores"] | {"network": stages["scores"]["network"] | {"epochs": 1}}
    machine = {"device": "cpu", "precision": "float32", "memory": network["memory"]}
    how, order = training(scores, network["variants"][0], machine)
    outputs = SimpleNamespace(
        scores=f"{folder}/heldout.nc",
        members=f"{folder}/members.pt",
        history=f"{folder}/history.csv",
        pathfinders=f"{folder}/pathfinders.csv",
    )
    graphs = [f"{folder}/graph/{count}.npz" for count in settings["superpixels"]["n_segments"]]
    quiet = SimpleNamespace(info=lambda line: None)
    train(cube, graphs, f"{folder}/folds", ["held_out"], order, scores["commodities"], how, outputs, quiet)


def emptied(folder: Path) -> Path:
    """Return a folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
