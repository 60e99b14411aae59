#!/usr/bin/env bash
# GDAL 3.10.3 (in the wheel of rasterio 1.4.4): the ER Mapper driver loses the rotation of a grid, in both directions.
#
# Expected: a rotated raster is written to .ers with its rotation, or refused; a header's `Rotation` is in the transform.
# Seen: copying a raster turned by 30 degrees ends without an error; the header says `Rotation = 0:0:0.0` and cells of 86.6 m
# in place of 100 m (the cosine is left in them). A header with `Rotation = 30:0:0` is read as a grid that points north.
# GeoHalo stops at a header with a rotation (scripts/geohalo/cube/gdal_bands.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet rasterio==1.4.4 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import math
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine

assert rasterio.__gdal_version__ == "3.10.3", rasterio.__gdal_version__
turned = Affine.translation(500_000, 6_900_000) * Affine.rotation(-30) * Affine.scale(100, -100)
about = {"driver": "GTiff", "height": 4, "width": 5, "count": 1, "dtype": "float32", "crs": "EPSG:28350"}
with rasterio.open("turned.tif", "w", transform=turned, **about) as file:
    file.write(np.arange(20, dtype="float32").reshape(4, 5), 1)
rasterio.shutil.copy("turned.tif", "turned.ers", driver="ERS")
header = Path("turned.ers").read_text()
told = [line.strip() for line in header.splitlines() if "Rotation" in line or "dimension" in line]
print("written:", *told, sep="\n  ")
assert "Rotation\t= 0:0:0.0" in header
with rasterio.open("turned.ers") as file:
    found = file.transform
assert math.isclose(found.a, 100 * math.cos(math.pi / 6)), found
assert found.b == found.d == 0, found

Path("turned.ers").write_text(header.replace("0:0:0.0", "30:0:0"))
with rasterio.open("turned.ers") as file:
    assert file.transform == found, file.transform
print("read with Rotation = 30:0:0:", found, sep="\n")
PYTHON
