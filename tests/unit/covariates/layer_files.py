"""A survey of 10 x 12 cells of 100 m with samples, deposits and a layer of each kind, as files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey, write_netcdf
from pyproj import CRS
from rasterio.transform import from_origin

WEST, NORTH, CELL, ROWS, COLUMNS = 500_000.0, 7_001_000.0, 100.0, 10, 12
ELEMENTS = ["Au", "Cu", "Zn"]
EPSG = 32635
INTERPOLATION = {"neighbours": 4, "power": 2.0, "anisotropy": {"ratio": 1.0, "bearing": 0.0}}
#: Keys of a layer that the schema gives defaults.
DEFAULTS = {"kind": None, "measure": "distance", "radius": None, "missing": [], "names": {}, "nodata": None}


def survey() -> Survey:
    """Return the grid; its last cell lies outside."""
    x = WEST + CELL * (np.arange(COLUMNS) + 0.5)
    y = NORTH - CELL * (np.arange(ROWS) + 0.5)
    mask = np.ones((ROWS, COLUMNS), dtype=bool)
    mask[-1, -1] = False
    return Survey(Grid(x, y), mask, CRS(EPSG).to_wkt())


def samples() -> pd.DataFrame:
    """Return 60 samples of a table with two columns that are no concentrations, the first two at one place."""
    random = np.random.default_rng(7)
    table = pd.DataFrame(
        random.uniform([WEST, NORTH - 1000], [WEST + 1200, NORTH], (61, 2)), columns=["x", "y"]
    )
    table.loc[1, ["x", "y"]] = table.loc[0, ["x", "y"]].to_numpy()
    table["height"] = 100 + (table["x"] - WEST) / 10
    table["till"] = np.where(table["x"] < WEST + 600, "35", "82")
    return table


@dataclass
class Files:
    """Paths of a survey and its layers."""

    folder: Path
    layers: dict[str, dict[str, Any]]
    files: dict[str, str]

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def arguments(self) -> dict[str, Any]:
        """Return what the stage takes beside elements, layers, files and the interpolation."""
        known = {"samples": self.path("samples.parquet"), "table": self.path("samples.csv")}
        return known | {"section": section(), "folder": str(self.folder)}


def section() -> dict[str, Any]:
    """Return the section of the samples with its defaults."""
    from geohalo.settings import check_settings

    config = {"survey": "small", "deposits": {"file": "d.csv", "x": "x", "y": "y", "crs": f"EPSG:{EPSG}"}}
    config["samples"] = {
        "file": "samples.csv",
        "x": "x",
        "y": "y",
        "crs": f"EPSG:{EPSG}",
        "elements": {"Cu": "Cu"},
    }
    return check_settings(config | {"deposits": config["deposits"] | {"commodities": []}})["samples"]


def write_files(folder: Path) -> Files:
    """Write the survey: a raster of gravity, polygons, lines and points, and two columns of samples."""
    here = survey()
    concentration = np.exp(np.random.default_rng(1).normal(1, 1, (len(ELEMENTS), ROWS, COLUMNS)))
    data = here.dataset().assign_coords(element=ELEMENTS)
    values = np.where(here.mask, concentration, np.nan).astype(np.float32)
    data["concentration"] = (("element", "y", "x"), values)
    write_netcdf(data, str(folder / "elements.nc"))
    table = samples()
    table.to_csv(folder / "samples.csv", index=False)
    of_rows = ["2;3", *(str(row) for row in range(4, 63))]
    clean = table.drop(index=1)
    places = gpd.points_from_xy(clean["x"], clean["y"])
    gpd.GeoDataFrame({"sample": of_rows}, geometry=places, crs=EPSG).to_parquet(folder / "samples.parquet")
    known = shapely.points([[WEST + 250, NORTH - 250], [WEST + 950, NORTH - 650], [WEST + 450, NORTH - 850]])
    gpd.GeoDataFrame({"name": list("abc")}, geometry=known, crs=EPSG).to_parquet(folder / "deposits.parquet")
    write_gravity(folder / "gravity.tif")
    west = shapely.box(WEST - 10, NORTH - 1010, WEST + 425, NORTH + 10)
    east = shapely.box(WEST + 425, NORTH - 1010, WEST + 1210, NORTH + 10)
    gpd.GeoDataFrame({"unit": ["granite", "schist"]}, geometry=[west, east], crs=EPSG).to_file(
        folder / "rock.gpkg"
    )
    fault = shapely.LineString([(WEST + 600, NORTH + 500), (WEST + 600, NORTH - 1500)])
    gpd.GeoDataFrame(geometry=[fault], crs=EPSG).to_file(folder / "faults.gpkg")
    dykes = shapely.points([[WEST + 150, NORTH - 950], [WEST + 160, NORTH - 940], [WEST + 1150, NORTH - 50]])
    gpd.GeoDataFrame(geometry=dykes, crs=EPSG).to_file(folder / "dykes.gpkg")
    layers = {
        "gravity": {"file": "gravity.tif"},
        "rock": {"file": "rock.gpkg", "column": "unit"},
        "faults": {"file": "faults.gpkg"},
        "dykes": {"file": "dykes.gpkg", "measure": "density", "radius": 99.0},
        "height": {"column": "height"},
        "till": {"column": "till", "kind": "categorical", "names": {"35": "sandy"}},
    }
    layers = {name: DEFAULTS | layer for name, layer in layers.items()}
    return Files(folder, layers, {n: str(folder / one["file"]) for n, one in layers.items() if "file" in one})


def write_gravity(path: Path) -> None:
    """Write a raster of 50 m that rises by 2 from row to row of its own, in mGal, with a hole at the first cell."""
    values = np.repeat(2.0 * np.arange(2 * ROWS)[:, None], 2 * COLUMNS, axis=1).astype(np.float32)
    values[:2, :2] = -9999
    about = {"height": 2 * ROWS, "width": 2 * COLUMNS, "count": 1, "dtype": "float32", "nodata": -9999}
    place = from_origin(WEST, NORTH, CELL / 2, CELL / 2)
    with rasterio.open(path, "w", driver="GTiff", crs=f"EPSG:{EPSG}", transform=place, **about) as raster:
        raster.write(values, 1)
        raster.units = ("mGal",)
