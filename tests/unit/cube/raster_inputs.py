"""Rasters to try a reader with: a grid of 6 x 8 cells, how to write it, and how to read it as the workflow does."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rioxarray  # noqa: F401  (gives datasets their .rio)
import xarray as xr
from geohalo.cube.rasters import Rasters, read_rasters
from geohalo.errors import InputError
from geohalo.settings import check_settings
from rasterio.transform import from_origin

ROWS, COLUMNS = 6, 8
CORNER = (600000.0, 753000.0)
X = 600500 + 1000.0 * np.arange(COLUMNS)
Y = 752500 - 1000.0 * np.arange(ROWS)
#: Concentrations in ppm that suit Cu, Zn, Pb and Ni; all differ.
VALUES = 20 + np.arange(ROWS * COLUMNS, dtype=float).reshape(ROWS, COLUMNS) / 2
MAP = ("y", "x")
#: Three cells of the northwest, outside the survey.
HOLE = np.zeros((ROWS, COLUMNS), dtype=bool)
HOLE[0, :3] = True


def holed(code: float, values: np.ndarray = VALUES) -> np.ndarray:
    """Return the values with a code in the cells outside the survey."""
    return np.where(HOLE, code, values)


def write_tiff(path: Path, *layers, crs="EPSG:2157", corner=CORNER, size=1000, tags=None, **keys) -> None:
    """Write a GeoTIFF; keys that are attributes of a dataset (descriptions, units, scales) are set on it."""
    about = {"height": ROWS, "width": COLUMNS, "count": len(layers), "dtype": "float32", "driver": "GTiff"}
    later = {
        key: keys.pop(key)
        for key in ("descriptions", "units", "scales", "offsets", "colorinterp")
        if key in keys
    }
    with rasterio.open(
        path, "w", crs=crs, transform=from_origin(*corner, size, size), **about | keys
    ) as file:
        # GDAL forgets which band is opacity if it is told after the values.
        for key, value in later.items():
            setattr(file, key, value)
        file.write(np.stack(layers).astype((about | keys)["dtype"]))
        file.update_tags(**tags or {})


def dataset(crs: str | None = "EPSG:2157", x=X, y=Y, **variables) -> xr.Dataset:
    """Return a dataset over y and x with a CRS."""
    data = xr.Dataset(variables, {"x": x, "y": y})
    return data.rio.write_crs(crs).rio.write_coordinate_system() if crs else data


def read(folder: Path, unit: str = "ppm", **keys) -> Rasters:
    """Read the rasters of a folder, or of the key `file`."""
    keys = keys if "file" in keys else {"folder": "."} | keys
    transform = "none" if unit == "none" else "clr"
    config = {"survey": "a", "deposits": {"file": "b.csv"}, "cube": {"transform": transform}}
    return read_rasters(check_settings(config | {"grids": keys | {"unit": unit}}, "a.yaml")["grids"], folder)


def message(folder: Path, **keys) -> str:
    """Return the one line by which reading stops."""
    with pytest.raises(InputError) as caught:
        read(folder, **keys)
    text = str(caught.value)
    assert "\n" not in text
    return text


def assert_holed(found: Rasters, factor: float = 1.0) -> None:
    """Check that all cells but those outside hold the values, times a factor, in every element."""
    np.testing.assert_array_equal(found.mask, ~HOLE)
    np.testing.assert_allclose(found.grid.x, X)
    np.testing.assert_allclose(found.grid.y, Y)
    for values in found.values:
        np.testing.assert_allclose(values[~HOLE], factor * VALUES[~HOLE], rtol=1e-3)
