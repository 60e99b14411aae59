"""Catchments in the workflow: from a terrain to tables and figure, and an error before any work on it."""

import copy

import numpy as np
import pandas as pd
import pytest
import rasterio
from geohalo.files.catchments import read_catchments
from rasterio.transform import from_origin
from workflow_runs import TABLES, planned, simulated_survey, snakemake, write_config

pytestmark = pytest.mark.workflow

OUTPUTS = [f"results/own/{name}" for name in ("catchments.nc", "catchments.csv", "figures/catchments.png")]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder with a simulated survey and a rough slope of cells of 250 m under it."""
    folder = tmp_path_factory.mktemp("data")
    samples, deposits = simulated_survey()
    for name, written in (("samples", samples), ("deposits", deposits)):
        written.to_csv(folder / f"{name}.csv", index=False)
    x, y = (samples[name].astype(float) for name in ("x", "y"))
    west, north = x.min() - 10_000, y.max() + 10_000
    columns, rows = (int(size / 250) for size in (x.max() + 10_000 - west, north - y.min() + 10_000))
    row, column = np.indices((rows, columns))
    bumps = 40 * np.sin(row / 7) * np.cos(column / 9) + np.random.default_rng(0).normal(size=(rows, columns))
    about = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32"}
    about |= {"crs": TABLES["samples"]["crs"], "transform": from_origin(west, north, 250, 250)}
    with rasterio.open(folder / "dem.tif", "w", **about) as file:
        file.write((1500 - 2 * row + bumps).astype(np.float32), 1)
    return folder


def config_of(data, file, **terrain):
    config = {"survey": "own", "data": {"folder": str(data)}} | copy.deepcopy(TABLES)
    config["terrain"] = {"file": "dem.tif", "snap": 600, "channel": 1.0} | terrain
    return write_config(file, config)


def test_from_a_terrain_to_catchments(data, tmp_path):
    config = config_of(data, tmp_path / "own.yaml")
    result = snakemake(tmp_path, *OUTPUTS, configs=(config,))
    assert result.returncode == 0, result.stdout
    table = pd.read_csv(tmp_path / OUTPUTS[1], keep_default_na=False)
    found, names, _ = read_catchments(str(tmp_path / OUTPUTS[0]))
    assert list(table["row"].astype(str)) == names
    assert (found.area > 0).all()
    assert (found.parent >= 0).mean() > 0.2
    assert f"{len(table)} of {len(table)} samples have a catchment" in result.stdout
    assert planned(tmp_path, *OUTPUTS, configs=(config,)) == {}
    # A key of the terrain makes its catchments anew, and nothing before them.
    other = config_of(data, tmp_path / "other.yaml", snap=300)
    assert planned(tmp_path, *OUTPUTS, configs=(other,)) == {"delineate_catchments": 1}


def test_a_terrain_of_other_ground_stops_with_one_message(data, tmp_path):
    config = config_of(data, tmp_path / "own.yaml", codes="esri")
    result = snakemake(tmp_path, *OUTPUTS, configs=(config,))
    assert result.returncode != 0
    assert "is no flow direction of terrain.codes: esri" in result.stdout
    assert "remove terrain.codes" in " ".join(result.stdout.split())
    assert "Traceback" not in result.stdout
