"""A user's own survey in every kind of file, and files that are downloaded first."""

import functools
import hashlib
import http.server
import threading

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rioxarray  # noqa: F401  (gives datasets their .rio)
import xarray as xr
from geohalo.cube.grid import sampled_mask, survey_grid
from geohalo.cube.inverse_distance import interpolate
from geohalo.files.cells import Survey
from pyproj import CRS
from rasterio.transform import from_origin
from workflow_runs import (
    TABLES,
    assert_comparisons_follow,
    assert_evidence_rows,
    planned,
    read_evidence,
    simulated_survey,
    snakemake,
    write_config,
)

pytestmark = pytest.mark.workflow

UTM = "EPSG:32648"
LABELS = {"folds": 3, "buffer": 8000, "positives": 60, "background": 180}
#: Elements of the rasters, in an order of their own; the last one is an oxide.
RASTERS = ["Zn", "As", "Cu", "Pb", "Ni", "Al2O3"]


@pytest.fixture(scope="module")
def tables():
    """Return samples and deposits of the small survey."""
    return simulated_survey()


@pytest.fixture(scope="module")
def data(tables, tmp_path_factory):
    """Return a data folder that holds the survey as CSV."""
    folder = tmp_path_factory.mktemp("data")
    for table, name in zip(tables, ("samples.csv", "deposits.csv"), strict=True):
        table.to_csv(folder / name, index=False)
    return folder


def config_for(data_folder, **sections):
    """Return a config that reads the survey's CSV files, with some sections replaced."""
    config = {"survey": "own", "data": {"folder": str(data_folder)}, **TABLES, "labels": LABELS}
    return {key: value for key, value in (config | sections).items() if value is not None}


def run(folder, config, *arguments):
    file = write_config(folder / "own.yaml", config)
    assert len(file.read_text().splitlines()) < 30
    result = snakemake(folder, *arguments, configs=(file,))
    assert result.returncode == 0, result.stdout
    return folder / "results" / "own"


def numbers_where_possible(cells: pd.Series) -> pd.Series:
    """Give each cell that is a number as one, as in a workbook."""
    numbers = pd.to_numeric(cells, errors="coerce").astype(object)
    return numbers.where(numbers.notna(), cells.astype(object)).where(cells.notna(), None)


def points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Give a table as points, columns of numbers as numbers and others as text."""
    places = gpd.points_from_xy(table["x"], table["y"])
    columns = {}
    for name in table.columns.drop(["x", "y"]):
        numbers = pd.to_numeric(table[name], errors="coerce")
        columns[name] = numbers if (numbers.notna() == table[name].notna()).all() else table[name]
    return gpd.GeoDataFrame(columns, geometry=places, crs=UTM)


@pytest.fixture(scope="module")
def from_csv(data, tmp_path_factory):
    """Return the clean samples of the CSV file."""
    results = run(tmp_path_factory.mktemp("csv"), config_for(data), "results/own/samples.parquet")
    return gpd.read_parquet(results / "samples.parquet")


@pytest.mark.parametrize("suffix", ["xlsx", "gpkg", "parquet", "shp", "gdb", "geojson"])
def test_samples_are_the_same_from_every_kind_of_table(suffix, tables, data, from_csv, tmp_path):
    samples, file = tables[0], tmp_path / f"samples.{suffix}"
    section = {"file": str(file), "elements": TABLES["samples"]["elements"]}
    if suffix == "xlsx":
        samples.apply(numbers_where_possible).to_excel(file, sheet_name="Assays", index=False)
        section |= {key: TABLES["samples"][key] for key in ("x", "y", "crs")} | {"layer": "Assays"}
    elif suffix == "parquet":
        points(samples).to_parquet(file)
    else:
        points(samples).to_file(file, driver={"gdb": "OpenFileGDB"}.get(suffix))
    results = run(tmp_path, config_for(data, samples=section), "results/own/samples.parquet")
    frame = gpd.read_parquet(results / "samples.parquet")
    assert frame.crs == from_csv.crs
    assert len(frame) == len(samples)
    np.testing.assert_allclose(frame.get_coordinates(), from_csv.get_coordinates(), atol=1e-3)
    expected = pd.DataFrame(from_csv.drop(columns=["geometry", "sample"]))
    pd.testing.assert_frame_equal(pd.DataFrame(frame[expected.columns]), expected, rtol=1e-12)
    assert expected.filter(like="_censored").to_numpy().any()


@pytest.fixture(scope="module")
def rasters(tables):
    """Return grid, mask and the rasters that a user could have made from the samples, NaN outside the mask."""
    samples = tables[0]
    places = samples[["x", "y"]].to_numpy()
    grid = survey_grid(places, 1000, 2500)
    mask = sampled_mask(grid, places, 2500)
    units = {"Al2O3": "pct"}
    columns = [f"{name}_{units.get(name, 'ppm')}" for name in RASTERS]
    cells = samples[columns].apply(lambda column: pd.to_numeric(column.astype(str).str.lstrip("<>")))
    layers = np.full((len(RASTERS), *grid.shape), np.nan)
    logarithms = np.log(cells.to_numpy(dtype=float))
    layers[:, mask] = np.exp(interpolate(places, logarithms, grid.centres(mask), neighbours=8, power=2)).T
    return grid, mask, layers


def write_rasters(kind, folder, rasters):
    """Write the rasters as one kind of file; returns the section ``grids``."""
    grid, _, layers = rasters
    units = {"units": {"Al2O3": "percent"}}
    folder.mkdir()
    if kind == "netcdf":
        # As most software writes it: southernmost row first.
        values = {name: (("y", "x"), layer[::-1]) for name, layer in zip(RASTERS, layers, strict=True)}
        dataset = xr.Dataset(values, {"x": grid.x, "y": grid.y[::-1]})
        dataset.rio.write_crs(UTM).rio.write_coordinate_system().to_netcdf(folder / "grids.nc")
        return units | {"file": "rasters/grids.nc"}
    transform = from_origin(grid.x[0] - 500, grid.y[0] + 500, 1000, 1000)
    about = {"height": grid.shape[0], "width": grid.shape[1], "dtype": "float64", "nodata": -9999}
    about |= {"driver": "GTiff", "crs": UTM, "transform": transform}
    images = np.where(np.isnan(layers), -9999, layers)
    if kind == "bands":
        with rasterio.open(folder / "grids.tif", "w", count=len(images), **about) as file:
            file.write(images)
            file.descriptions = RASTERS
        return units | {"file": "rasters/grids.tif"}
    for name, image in zip(RASTERS, images, strict=True):
        with rasterio.open(folder / f"idw_{name}_1km.tif", "w", count=1, **about) as file:
            file.write(image, 1)
    (folder / "notes.txt").write_text("how the rasters were made")
    return units | {"folder": "rasters", "pattern": "^idw_(?P<element>[A-Z][A-Za-z0-9]*)_1km.tif$"}


def check_stages(results, rasters, order):
    """Compare elements, cube and folds with the rasters; ``order`` is that of the elements."""
    grid, mask, layers = rasters
    elements = xr.load_dataset(results / "elements.nc")
    survey = Survey.of(elements)
    np.testing.assert_allclose(survey.grid.x, grid.x)
    np.testing.assert_allclose(survey.grid.y, grid.y)
    np.testing.assert_array_equal(survey.mask, mask)
    assert CRS.from_wkt(survey.crs).to_epsg() == 32648
    expected = layers[[RASTERS.index(name) for name in order]].copy()
    # The oxide is given in percent, and its mass share is the element's.
    expected[order.index("Al2O3")] *= 1e4 * 2 * 26.982 / (2 * 26.982 + 3 * 15.999)
    names = ["Al" if name == "Al2O3" else name for name in order]
    assert elements["element"].to_numpy().tolist() == names
    np.testing.assert_allclose(elements["concentration"], expected, rtol=1e-5)
    cube = xr.load_dataset(results / "cube.nc")["cube"].to_numpy()[:, mask]
    clr = np.log(expected[:, mask]) - np.log(expected[:, mask]).mean(axis=0)
    standard = (clr - clr.mean(axis=1, keepdims=True)) / clr.std(axis=1, keepdims=True)
    np.testing.assert_allclose(cube, np.clip(standard, -5, 5), atol=2e-3)
    deposits = pd.read_csv(results / "folds" / "deposits.csv")
    assert set(deposits["fold"]) - {-1} == {0, 1, 2}
    assert not (results / "samples.parquet").exists()


@pytest.mark.parametrize("kind", ["folder", "bands"])
def test_a_survey_of_rasters(kind, data, rasters, tables, tmp_path):
    tables[1].to_csv(tmp_path / "deposits.csv", index=False)
    section = write_rasters(kind, tmp_path / "rasters", rasters)
    config = config_for(tmp_path, samples=None, grids=section)
    results = run(tmp_path, config, "--until", "stack_cube", "make_folds")
    check_stages(results, rasters, sorted(RASTERS) if kind == "folder" else RASTERS)


def test_the_whole_workflow_on_a_netcdf(data, rasters, tables, tmp_path):
    tables[1].to_csv(tmp_path / "deposits.csv", index=False)
    config = config_for(
        tmp_path,
        samples=None,
        grids=write_rasters("netcdf", tmp_path / "rasters", rasters),
        superpixels={"n_segments": [30]},
        network={"seeds": 1, "epochs": 2},
        evaluation={"bootstrap": 100, "controls": ["logistic", "sampling_density"]},
    )
    results = run(tmp_path, config)
    check_stages(results, rasters, RASTERS)
    metrics = read_evidence(results / "metrics.csv")
    # Rasters do not tell where samples were taken: neither how densely, nor what the benchmark's protocol asks.
    assert_evidence_rows(metrics, {"fusion", "logistic"})
    assert metrics.query("metric == 'capture'")["estimate"].between(0, 1).all()
    assert metrics.query("metric == 'opengad_auc'")["estimate"].isna().all()
    assert_comparisons_follow(read_evidence(results / "comparisons.csv"), metrics, groups=6)
    text = (results / "verdict.md").read_text(encoding="utf-8")
    assert "Against 1 other method by" in text
    for nothing in ("sampling density", "Shuffled labels", "open benchmark"):
        assert nothing not in text
    with rasterio.open(results / "maps" / "score.tif") as file:
        assert file.crs.to_epsg() == 32648
        np.testing.assert_array_equal(np.isfinite(file.read(1)), rasters[1])
    figures = {file.stem for file in (results / "figures").glob("*.png")}
    assert {"elements", "superpixels", "folds", "anomaly_map", "heldout_map", "success_rate"} <= figures
    assert "samples" not in figures


@pytest.fixture
def server(data, monkeypatch):
    """Serve the data folder on this machine; returns the address and the list of requests."""
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            requests.append(self.path)

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=data))
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}", requests
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


def sources(address, data, **checksums):
    """Return the section data.sources of the survey's CSV files."""
    return {
        f"survey/{name}.csv": {
            "url": f"{address}/{name}.csv",
            "sha256": checksums.get(name, hashlib.sha256((data / f"{name}.csv").read_bytes()).hexdigest()),
        }
        for name in ("samples", "deposits")
    }


def fetched_config(folder, files):
    """Return a config whose tables are to be downloaded into ``folder``."""
    sections = {key: section | {"file": f"survey/{section['file']}"} for key, section in TABLES.items()}
    return config_for(folder, data={"folder": str(folder), "sources": files}, **sections)


def test_files_are_downloaded_once_and_used(server, data, from_csv, tmp_path):
    address, requests = server
    config = fetched_config(tmp_path / "fetched", sources(address, data))
    results = run(tmp_path, config, "results/own/deposits.parquet")
    for name in ("samples.csv", "deposits.csv"):
        assert (tmp_path / "fetched" / "survey" / name).read_bytes() == (data / name).read_bytes()
    pd.testing.assert_frame_equal(gpd.read_parquet(results / "samples.parquet"), from_csv)
    assert sorted(requests) == ["/deposits.csv", "/samples.csv"]
    again = snakemake(tmp_path, "results/own/deposits.parquet", configs=(tmp_path / "own.yaml",))
    assert "Nothing to be done" in again.stdout
    assert len(requests) == 2


@pytest.mark.parametrize(
    ("fault", "parts"),
    [
        ("checksum", ["the file's SHA-256 is not the one in data.sources", "0" * 64, "was not kept"]),
        ("address", ["/nowhere/samples.csv: cannot be downloaded (HTTP status 404)", "put it at"]),
        ("server", ["cannot be downloaded (ConnectionError)", "put it at"]),
    ],
)
def test_a_download_that_fails_leaves_no_file(fault, parts, server, data, tmp_path):
    address = {"checksum": server[0], "address": f"{server[0]}/nowhere", "server": "http://127.0.0.1:9"}[
        fault
    ]
    files = sources(address, data, **({"samples": "0" * 64} if fault == "checksum" else {}))
    config = write_config(tmp_path / "own.yaml", fetched_config(tmp_path / "fetched", files))
    result = snakemake(tmp_path, "results/own/samples.parquet", configs=(config,))
    assert result.returncode != 0
    assert "Traceback" not in result.stdout
    for part in parts:
        assert part in result.stdout
    assert result.stdout.count("GeoHalo stopped") == 1
    assert [file for file in (tmp_path / "fetched").rglob("*") if file.is_file()] == []
    assert not (tmp_path / "results").exists()


def test_a_file_that_is_nowhere_is_told_before_the_work(data, tmp_path):
    config = config_for(data, samples=TABLES["samples"] | {"file": "elsewhere.csv"})
    result = snakemake(tmp_path, configs=(write_config(tmp_path / "own.yaml", config),))
    assert result.returncode != 0
    assert result.stdout.count(f"{data}/elsewhere.csv does not exist") == 1
    assert "data.sources" in result.stdout
    assert not (tmp_path / "results").exists()


def test_absent_rasters_are_downloaded_each(data, tmp_path):
    about = {"url": "http://127.0.0.1:9/raster", "sha256": "0" * 64}
    files = {"maps/Cu.tif": about, "maps/Zn.tif": about, "maps/readme.txt": about}
    config = config_for(
        data, samples=None, grids={"folder": "maps"}, data={"folder": str(data), "sources": files}
    )
    jobs = planned(tmp_path, configs=(write_config(tmp_path / "own.yaml", config),))
    assert jobs["fetch_survey"] == 2
    assert jobs["read_grids"] == 1
    assert "interpolate_elements" not in jobs
