"""The excerpts and configs of docs/your-survey.md, written to files and read: the stated values and messages."""

import copy
import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import rasterio.shutil
import rioxarray  # noqa: F401
import xarray as xr
from geohalo.cube.label_rasters import read_class_labels
from geohalo.cube.rasters import Rasters, read_rasters
from geohalo.errors import InputError
from geohalo.evidence.label_doubts import ruled_distances, ruled_grid, ruled_radius
from geohalo.input_warnings import from_records
from geohalo.settings import check_settings
from geohalo.survey import samples as cleaning
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.layout import form_of
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.tables import read_table
from guide_page import config, excerpts, left_out, stated, tables
from pyproj import CRS

CERTIFICATE, LAYER, GRIDS = "A laboratory certificate", "A GIS layer", "Grids"
TEMPLATE, RESULTS = "A template with several zones", "A row for each result, with flags"
DEPOSITS, LABELS = "Deposits", "A raster of labels"
#: Drivers that write a layer of points.
DRIVERS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".gdb": "OpenFileGDB",
    ".geojson": "GeoJSON",
    ".kml": "LIBKML",
    ".fgb": "FlatGeobuf",
    ".tab": "MapInfo File",
}
DEGREES = ("LIBKML", "GeoJSON")


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    """Excerpts are shorter than a survey may be."""
    monkeypatch.setattr(cleaning, "FEWEST_SAMPLES", 3)


MESSAGES = [
    pytest.param(heading, key, parts, id=f"{heading}, {key}")
    for heading in (CERTIFICATE, TEMPLATE, RESULTS, LAYER, GRIDS, DEPOSITS)
    for key, parts in left_out(heading)
]


# Files


def write_layer(text: str, file: Path, layer: str = "soil_points") -> None:
    """Write an excerpt of a layer of points, whose places are in the column `geometry`."""
    table = pd.read_csv(io.StringIO(text))
    points = gpd.GeoDataFrame(
        table.drop(columns="geometry"),
        geometry=gpd.GeoSeries.from_wkt(table["geometry"], crs="EPSG:32633"),
    )
    if file.suffix == ".zip":
        shape = file.parent / "shape" / f"{layer}.shp"
        shape.parent.mkdir()
        write_layer(text, shape, layer)
        with zipfile.ZipFile(file, "w") as archive:
            for part in shape.parent.iterdir():
                archive.write(part, part.name)
        return
    driver = DRIVERS[file.suffix]
    points = points.to_crs("EPSG:4326") if driver in DEGREES else points
    pyogrio.write_dataframe(points, file, driver=driver, layer=layer)


def write_workbook(text: str, file: Path) -> None:
    """Write a comma-separated text as a workbook, numbers as numbers."""
    book = openpyxl.Workbook()
    for cells in csv.reader(io.StringIO(text)):
        book.active.append(
            [float(cell) if re.fullmatch(r"[\d.]+", cell) else (cell or None) for cell in cells]
        )
    book.save(file)


def lay_out(heading: str, folder: Path) -> None:
    """Write the excerpts of a section as files."""
    for name, text in excerpts(heading).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix in DRIVERS:
            write_layer(text, file)
        else:
            file.write_text(text, encoding="utf-8")


# Readings


def read(settings: dict[str, Any], folder: Path) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the clean samples, and the warnings as lines."""
    one = settings["samples"]
    assays = folder / one["join"]["file"] if one.get("join") else None
    table, source = read_samples(folder / one["file"], one, assays)
    grid = settings["grid"]
    samples, _ = cleaning.clean_samples(table, one, grid["crs"], source, grid["max_distance"])
    return samples, [str(warning) for warning in from_records(samples.attrs["warnings"])]


def read_deposits(
    settings: dict[str, Any], folder: Path, samples: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the clean deposits, and the warnings as lines."""
    one, file = settings["deposits"], folder / settings["deposits"]["file"]
    table = read_table(file, one["layer"], form_of(one, "deposits"))
    places = samples.get_coordinates().to_numpy()
    reach = settings["grid"]["max_distance"]
    deposits = clean_deposits(table, one, places, samples.crs.to_wkt(), reach, str(file))
    return deposits, [str(warning) for warning in from_records(deposits.attrs["warnings"])]


def read_grids(settings: dict[str, Any], folder: Path) -> Rasters:
    return read_rasters(settings["grids"], folder)


def assert_stated(samples: gpd.GeoDataFrame, heading: str, ordered: bool = True) -> None:
    """Compare samples with the table of a section; rows have other numbers if the file keeps an order of its own."""
    wanted = stated(heading)
    assert len(wanted) >= 3
    if ordered:
        assert samples["sample"].tolist() == wanted["Row"].astype(str).tolist()
    else:
        wanted = wanted.sort_values("Cu")
        samples = samples.sort_values("Cu")
    elements = [name for name in wanted if name not in ("Row", "x", "y")]
    assert len(elements) >= 2
    read_elements = [name.removesuffix("_censored") for name in samples if name.endswith("_censored")]
    assert sorted(elements) == sorted(read_elements)
    for element in elements:
        np.testing.assert_allclose(samples[element], wanted[element], rtol=1e-9, err_msg=element)
    if "x" in wanted:
        np.testing.assert_allclose(samples.geometry.x, wanted["x"], atol=0.51)
        np.testing.assert_allclose(samples.geometry.y, wanted["y"], atol=0.51)


# Samples


@pytest.mark.parametrize("heading", [CERTIFICATE, TEMPLATE, RESULTS, LAYER])
def test_samples_of_an_excerpt(heading, tmp_path):
    lay_out(heading, tmp_path)
    samples, _ = read(check_settings(config(heading)), tmp_path)
    assert_stated(samples, heading)


def test_certificate_as_a_workbook(tmp_path):
    lay_out(CERTIFICATE, tmp_path)
    write_workbook(excerpts(CERTIFICATE)["certificate.csv"], tmp_path / "certificate.xlsx")
    settings = check_settings(config(CERTIFICATE))
    settings["samples"]["join"]["file"] = "certificate.xlsx"
    assert_stated(read(settings, tmp_path)[0], CERTIFICATE)


@pytest.mark.parametrize("suffix", [*DRIVERS, ".zip"])
def test_layer_in_every_format_of_a_gis(suffix, tmp_path):
    write_layer(excerpts(LAYER)["soil.gpkg"], tmp_path / f"soil{suffix}")
    settings = check_settings(config(LAYER))
    settings["samples"]["file"] = f"soil{suffix}"
    # Formats of one layer name it after the file, or not at all.
    settings["samples"]["layer"] = "soil_points" if suffix in (".gpkg", ".gdb", ".kml") else None
    if suffix in (".geojson", ".kml"):  # in degrees
        settings["grid"]["crs"] = "EPSG:32633"
    samples, _ = read(settings, tmp_path)
    # FlatGeobuf sorts points by place.
    assert_stated(samples, LAYER, ordered=suffix != ".fgb")


def test_second_layer_of_points(tmp_path):
    settings = check_settings(config(LAYER))
    settings["samples"]["layer"] = None
    lay_out(LAYER, tmp_path)
    write_layer(excerpts(LAYER)["soil.gpkg"], tmp_path / "soil.gdb")
    assert_stated(read(settings, tmp_path)[0], LAYER)
    for name in ("soil.gpkg", "soil.gdb"):
        points = gpd.GeoDataFrame({"a": ["b"]}, geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32633")
        driver = DRIVERS[Path(name).suffix]
        pyogrio.write_dataframe(points, tmp_path / name, driver=driver, layer="wells", append=True)
    samples, warnings = read(settings, tmp_path)
    assert_stated(samples, LAYER)
    assert "and the first one is read; set `layer` to the one that is meant" in warnings[0]
    settings["samples"]["file"] = "soil.gdb"
    with pytest.raises(InputError, match="it is not clear which is meant"):
        read(settings, tmp_path)


# Grids and labels


def assert_stated_grids(found: Rasters) -> None:
    wanted = stated(GRIDS)
    assert found.elements == wanted["Element"].tolist()
    assert found.grid.cell == 500
    for values, row in zip(found.values, wanted.itertuples(index=False), strict=True):
        inside = values[found.mask]
        read = [inside.size, inside.min(), inside.max()]
        np.testing.assert_allclose(read, list(row)[1:], rtol=1e-6)


def test_grids_of_an_excerpt(tmp_path):
    lay_out(GRIDS, tmp_path)
    found = read_grids(check_settings(config(GRIDS)), tmp_path)
    assert_stated_grids(found)
    assert found.crs == rasterio.CRS.from_epsg(32633)


@pytest.mark.parametrize(
    ("driver", "suffix"),
    [
        ("GTiff", "tif"),
        ("ERS", "ers"),
        ("GSAG", "grd"),
        ("GSBG", "grd"),
        ("GS7BG", "grd"),
        ("SAGA", "sdat"),
        ("netCDF", "nc"),
    ],
)
def test_grids_in_every_format(driver, suffix, tmp_path):
    lay_out(GRIDS, tmp_path)
    for file in sorted((tmp_path / "rasters").glob("*.asc")):
        with rasterio.open(file) as raster:
            values, about = raster.read(1).astype(np.float32), raster.profile
        about.pop("driver")
        about |= {"dtype": "float32", "crs": "EPSG:32633", "nodata": None}
        if driver == "netCDF":
            x = 512250 + 500.0 * np.arange(4)
            y = 6633250 - 500.0 * np.arange(3)
            data = xr.DataArray(values, {"y": y, "x": x}, ("y", "x"), file.stem)
            data.rio.write_crs("EPSG:32633").to_netcdf(file.with_suffix(".nc"))
        else:
            with rasterio.open(tmp_path / "copy.tif", "w", driver="GTiff", **about) as copied:
                copied.write(values, 1)
            rasterio.shutil.copy(tmp_path / "copy.tif", file.with_suffix(f".{suffix}"), driver=driver)
        file.unlink()
    settings = check_settings(config(GRIDS))
    assert_stated_grids(read_grids(settings, tmp_path))


def test_labels_of_an_excerpt(tmp_path):
    lay_out(GRIDS, tmp_path)
    lay_out(LABELS, tmp_path)
    settings = check_settings(config(LABELS))
    rasters = read_grids(settings, tmp_path)
    (tmp_path / "classes.prj").write_text(CRS.from_epsg(32633).to_wkt("WKT1_ESRI"))
    with rasterio.open(tmp_path / "classes.asc") as raster:
        tif = raster.profile | {"driver": "GTiff", "crs": "EPSG:32633"}
        with rasterio.open(tmp_path / "classes.tif", "w", **tif) as copied:
            copied.write(raster.read())
    wanted = stated(LABELS)
    for name in ("classes.tif", settings["labels"]["raster"]["file"]):
        crs = CRS.from_user_input(rasters.crs)
        found = read_class_labels({"file": tmp_path / name}, rasters.grid, rasters.mask, crs)
        counts = np.bincount(found.classes.ravel())[1:]
        assert dict(enumerate(counts, 1)) == dict(zip(wanted["Class"], wanted["Cells"], strict=True))


# Deposits


def test_deposits_of_an_excerpt(tmp_path):
    lay_out(LAYER, tmp_path)
    lay_out(DEPOSITS, tmp_path)
    settings = check_settings(config(DEPOSITS))
    samples, _ = read(settings, tmp_path)
    assert_stated(samples, LAYER)
    deposits, _ = read_deposits(settings, tmp_path, samples)
    wanted = stated(DEPOSITS)
    assert deposits["row"].tolist() == wanted["Row"].tolist()
    assert deposits["name"].tolist() == wanted["Name"].tolist()
    assert deposits["inside"].tolist() == (wanted["Inside the survey"] == "yes").tolist()


# Messages


def without(settings: dict[str, Any], dotted: str) -> dict[str, Any]:
    """Return a config without a key."""
    changed = copy.deepcopy(settings)
    *parents, last = dotted.split(".")
    inner = changed
    for name in parents:
        inner = inner[name]
    del inner[last]
    return changed


@pytest.mark.parametrize(("heading", "key", "parts"), MESSAGES)
def test_message_without_a_key(heading, key, parts, tmp_path):
    if heading == DEPOSITS:
        lay_out(LAYER, tmp_path)
    lay_out(heading, tmp_path)
    lines = []
    try:
        settings = check_settings(without(config(heading), key))
        if heading == GRIDS:
            lines += map(str, read_grids(settings, tmp_path).warnings)
        else:
            samples, told = read(settings, tmp_path)
            lines += told
        if heading == DEPOSITS:
            lines += read_deposits(settings, tmp_path, samples)[1]
    except InputError as error:
        lines.append(str(error))
    assert parts
    text = "\n".join(lines)
    assert [part for part in parts if part not in text] == [], text


# Distances


def test_distances_are_those_of_the_rule():
    (table,) = [table for table in tables("Distances by the sample spacing") if table[0][0] == "Key"]
    header, *rows = table
    spacings = [1000 * float(re.findall(r"[\d.]+", cell)[0]) for cell in header[2:]]
    assert len(spacings) == 4
    values = {row[0].strip("`"): [float(cell) for cell in row[2:]] for row in rows}
    for number, spacing in enumerate(spacings):
        radius = ruled_radius(spacing)
        rule = {f"grid.{key}": metres for key, metres in ruled_grid(spacing).items()}
        rule |= {f"labels.{key}": metres for key, metres in ruled_distances(radius).items()}
        assert {key: column[number] for key, column in values.items()} == pytest.approx(rule)
        # By the words of the table.
        assert rule["grid.cell"] == spacing / 2
        assert rule["grid.max_distance"] == 2 * spacing
        assert radius == max(spacing, 3000)
