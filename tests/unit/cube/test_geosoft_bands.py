"""Geosoft grids, written as their maker's description of the format says, and read with the library."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pyproj
import pytest
import xarray as xr
from raster_inputs import VALUES, X, Y, message, read


def write_geosoft(
    path: Path, values=VALUES, stored="<f4", columns=False, rotation=0.0, base=0.0, factor=1.0, pack=0
):
    """Write a grid: `pack` rows or columns to a compressed block, or none compressed."""
    size, sign = int(stored[-1]), {"u": 0, "i": 1, "f": 2}[stored[1]]
    dummy = {"<f4": -1e32, "<f8": -1e32, "<i2": -32767, "<u1": 255, "<i4": -2147483647}[stored]
    vectors = (values[::-1].T if columns else values[::-1]).copy()
    vectors = np.where(np.isnan(vectors), dummy, (vectors - base) * factor).astype(stored)
    about = [size + (1024 if pack else 0), sign, vectors.shape[1], vectors.shape[0], -1 if columns else 1]
    places = [1000, 1000, X[0], Y[-1], rotation, base, factor]
    header = (np.array(about, "<i4").tobytes() + np.array(places, "<f8").tobytes()).ljust(512, b"\0")
    if not pack:
        path.write_bytes(header + vectors.tobytes())
        return
    parts = [vectors[k : k + pack] for k in range(0, len(vectors), pack)]
    blocks = [bytes(16) + zlib.compress(part.tobytes()) for part in parts]
    sizes = [len(block) for block in blocks]
    first = 512 + 16 + 12 * len(blocks)
    table = np.array([0, 0, len(blocks), pack], "<i4").tobytes()
    table += (first + np.cumsum([0, *sizes[:-1]])).astype("<i8").tobytes() + np.array(sizes, "<i4").tobytes()
    path.write_bytes(header + table + b"".join(blocks))


@pytest.mark.parametrize("stored", ["<f4", "<f8", "<i2", "<i4", "<u1"])
@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("pack", [0, 1, 4])
def test_geosoft_grids(tmp_path, stored, columns, pack):
    values = np.round(VALUES)
    values[1, 2] = np.nan
    scaled = {"<i2": (5.0, 10.0), "<u1": (3.0, 2.0)}.get(stored, (0.0, 1.0))
    write_geosoft(tmp_path / "Cu.grd", values, stored, columns, 0.0, *scaled, pack)
    found = read(tmp_path, crs="EPSG:2157", unit="ppm")
    assert found.elements == ["Cu"]
    assert np.argwhere(~found.mask).tolist() == [[1, 2]]
    np.testing.assert_allclose(found.values[0][found.mask], values[found.mask], rtol=1e-6)
    np.testing.assert_allclose(found.grid.x, X)
    np.testing.assert_allclose(found.grid.y, Y)


def test_a_rule_reads_files_without_dask_and_geosoft_grids_with_it(tmp_path):
    """xarray would import Dask with its first file; the library that reads these grids needs it."""
    write_geosoft(tmp_path / "Cu.grd")
    xr.Dataset({"a": ("x", [1.0, 2.0])}).to_netcdf(tmp_path / "a.nc")
    program = """
import geohalo.quick_start
import sys
import xarray as xr
from geohalo.cube.geosoft_bands import _loaded

with xr.open_dataset("a.nc") as data:
    print(data["a"].to_numpy().tolist(), any(name.startswith("dask.") for name in sys.modules))
print(float(_loaded("Cu.grd").max()), sys.modules["dask"].__name__)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert told.stdout.splitlines() == ["[1.0, 2.0] False", f"{np.float32(VALUES.max())} dask"], told.stderr


def test_a_geosoft_grid_takes_its_crs_from_beside(tmp_path):
    write_geosoft(tmp_path / "Cu_ppb.GRD")
    assert "Cu_ppb.GRD" in message(tmp_path, unit="ppb")
    (tmp_path / "Cu_ppb.prj").write_text(pyproj.CRS("EPSG:2157").to_wkt("WKT1_ESRI"))
    found = read(tmp_path)
    np.testing.assert_allclose(found.values[0], VALUES / 1000, rtol=1e-6)
    assert found.crs.to_epsg() == 2157


def test_geosoft_grids_that_are_refused(tmp_path):
    path = tmp_path / "Cu.grd"
    write_geosoft(path, rotation=30)
    assert "Cu.grd: the raster is rotated (30 degrees); regrid it" in message(tmp_path, crs="EPSG:2157")
    write_geosoft(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    assert "its values take 192 bytes, and it has 184; it is cut off" in message(tmp_path, crs="EPSG:2157")
    write_geosoft(path, pack=2)
    path.write_bytes(path.read_bytes()[:-8])
    assert "Cu.grd: this is not a readable Geosoft grid" in message(tmp_path, crs="EPSG:2157")
    # An order of the values that is neither rows nor columns, and a grid of colours.
    for place, code in ((16, 2), (4, 3)):
        path.write_bytes(whole[:place] + np.array([code], "<i4").tobytes() + whole[place + 4 :])
        assert "export it as GXF, ER Mapper or GeoTIFF" in message(tmp_path, crs="EPSG:2157")
    path.write_bytes(whole)
    assert "does not tell its element" in message(tmp_path, file="Cu.grd", crs="EPSG:2157")
