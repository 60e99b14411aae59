"""The configs of docs/your-survey.md for layers beside geochemistry and of effort, with files as they describe them."""

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from geohalo.covariates.bands import Ground
from geohalo.covariates.effort import effort_band
from geohalo.covariates.layers import Around, SampleTable, layer_bands
from geohalo.cube.grid import Grid
from geohalo.settings import check_settings
from guide_page import config
from pyproj import CRS

LAYERS, EFFORT, SURVEY = "Layers beside geochemistry", "Exploration effort", "A laboratory certificate"
DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}
ISOTROPIC = {"ratio": 1.0, "bearing": 0.0}
WEST, NORTH, CELLS = 500_000.0, 6_600_000.0, 20


def ground_of_layers() -> Ground:
    """Return 20 x 20 cells of 500 m."""
    middle = 500.0 * (np.arange(CELLS) + 0.5)
    return Ground(
        Grid(WEST + middle, NORTH - middle), np.ones((CELLS, CELLS), dtype=bool), CRS.from_epsg(32633)
    )


def write_shapes(file: Path, kind: str, columns: list[str], layer: str | None) -> None:
    """Write two polygons, lines or points with columns of text, or of numbers for points, in degrees for GeoJSON."""
    west, east = (shapely.box(WEST + x, NORTH - 10_000, WEST + x + 5000, NORTH) for x in (0, 5000))
    made = {
        "polygons": [west, east],
        "lines": [west.boundary, east.boundary],
        "points": [west.centroid, east.centroid],
    }
    values: list[Any] = [12.0, 30.0] if kind == "points" else ["gneiss", "schist"]
    table = gpd.GeoDataFrame(dict.fromkeys(columns, values), geometry=made[kind], crs="EPSG:32633")
    driver = DRIVERS[file.suffix]
    table = table.to_crs("EPSG:4326") if driver == "GeoJSON" else table
    pyogrio.write_dataframe(table, file, driver=driver, layer=layer or file.stem)


def write_grid(file: Path, categorical: bool) -> None:
    """Write a raster of two classes, or of numbers that rise to the east."""
    rise = np.tile(np.arange(CELLS), (CELLS, 1))
    values = np.where(rise < 7, 10, 40) if categorical else rise
    place = rasterio.transform.from_origin(WEST, NORTH, 500, 500)
    about = {"height": CELLS, "width": CELLS, "count": 1, "dtype": "float32", "crs": "EPSG:32633"}
    with rasterio.open(file, "w", driver="GTiff", transform=place, **about) as raster:
        raster.write(values.astype(np.float32), 1)


def layer_samples(columns: list[str]) -> SampleTable:
    """Return 100 samples with columns of whole numbers, some of them 99."""
    places = np.random.default_rng(1).uniform([WEST, NORTH - 10_000], [WEST + 10_000, NORTH], (100, 2))
    values = [str(10 + k % 7 if k % 9 else 99) for k in range(100)]
    table = pd.DataFrame(dict.fromkeys(columns, values), index=pd.RangeIndex(2, 102, name="row"))
    return SampleTable(table, "samples.csv", [str(row) for row in table.index], places)


def test_layers_beside_geochemistry_are_those_of_the_page(tmp_path):
    layers = check_settings(config(SURVEY) | config(LAYERS))["covariates"]
    kinds = {"rock": "polygons", "faults": "lines", "dykes": "lines"}
    columns = [layer["column"] for layer in layers.values() if "file" not in layer]
    around = Around(
        ground_of_layers(), interpolation={"neighbours": 8, "power": 2.0, "anisotropy": ISOTROPIC}
    )
    around = dataclasses.replace(around, samples=layer_samples(columns))
    found = {}
    for name, layer in layers.items():
        file = tmp_path / layer["file"] if "file" in layer else None
        if name in kinds:
            write_shapes(file, kinds[name], [layer["column"]] if layer.get("column") else [], layer["layer"])
        elif file is not None:
            write_grid(file, layer["kind"] == "categorical")
        found[name] = layer_bands(name, layer, file, around)
    classes = {name: bands.classes for name, bands in found.items() if bands.classes}
    # The code 99 stands for no value, and codes have the names that the page gives them.
    assert classes.pop("soil") == tuple(str(10 + k) for k in range(7))
    assert classes == {"rock": ("gneiss", "schist"), "landcover": ("forest", "fields")}
    units = {name: bands.unit for name, bands in found.items() if bands.unit}
    assert units == {"faults": "m", "dykes": "km/km²"}
    np.testing.assert_allclose(found["gravity"].values[0], np.tile(np.arange(CELLS), CELLS))
    # A centre lies 250 m from the nearest border at most edges, and at least as far from it as half a cell.
    assert found["faults"].values.min() == pytest.approx(250)


def test_effort_is_that_of_the_page(tmp_path):
    effort = check_settings(config(SURVEY) | config(EFFORT))["effort"]
    write_shapes(tmp_path / effort["file"], "points", [effort["column"]], effort["layer"])
    found = effort_band(effort, tmp_path / effort["file"], ground_of_layers())
    assert found.unit == effort["unit"]
    # The cells whose centres lie within 3 km of one: so many hold its metres.
    disc = sum(np.hypot(*np.mgrid[-6:7, -6:7]).ravel() <= 6)
    assert np.unique(found.values.round(3)).size == 4  # none, either, and both of them
    np.testing.assert_allclose(found.values.max(), 42 / (disc * 0.25), rtol=1e-5)
