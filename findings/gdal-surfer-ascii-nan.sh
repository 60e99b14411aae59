#!/usr/bin/env bash
# GDAL 3.10.3 (in the wheel of rasterio 1.4.4): a Surfer ASCII grid (driver GSAG) with a blank cell does not survive.
#
# Expected: a cell that is NaN, declared as no data, is written as Surfer's blank (1.70141e+38) and read as no data.
# Seen: it is written as the word NAN, and reading the file fails at that row ("Can't read portion of grid row").
# The same raster without a NaN comes back as it was.
# GeoHalo reads such grids itself (scripts/geohalo/cube/gdal_bands.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet rasterio==1.4.4 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioIOError
from rasterio.transform import from_origin

assert rasterio.__gdal_version__ == "3.10.3", rasterio.__gdal_version__
values = np.arange(12, dtype="float64").reshape(3, 4)
about = {"driver": "GTiff", "height": 3, "width": 4, "count": 1, "dtype": "float64", "nodata": np.nan}


def copied(name, cells):
    with rasterio.open(f"{name}.tif", "w", transform=from_origin(0, 3, 1, 1), **about) as file:
        file.write(cells, 1)
    rasterio.shutil.copy(f"{name}.tif", f"{name}.grd", driver="GSAG")
    with rasterio.open(f"{name}.grd") as file:
        return file.read(1)


assert np.array_equal(copied("whole", values), values)
values[1, 2] = np.nan
try:
    copied("blank", values)
except RasterioIOError as error:
    print("reading failed:", error.__cause__)
else:
    raise SystemExit("changed: the grid with a blank is read")
text = open("blank.grd").read()
assert "NAN" in text, text
print("the row as GDAL wrote it:", next(line for line in text.splitlines() if "NAN" in line))
PYTHON
