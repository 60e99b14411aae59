#!/usr/bin/env bash
# GDAL 3.10.3 (in the wheel of rasterio 1.4.4): the no-data value of a GXF grid is dropped if it is -1e12.
#
# Expected: the `#DUMMY` of a Grid eXchange File is the band's no-data value, whatever number it is.
# Seen: -9999 and -1e30 are, -1e12 is not: the band has none, and the dummy is read as a value.
# GeoHalo reads `#DUMMY` itself (scripts/geohalo/cube/gdal_bands.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet rasterio==1.4.4 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
from pathlib import Path

import rasterio

assert rasterio.__gdal_version__ == "3.10.3", rasterio.__gdal_version__
HEAD = {"POINTS": 4, "ROWS": 3, "PTSEPARATION": 100, "RWSEPARATION": 100, "XORIGIN": 500000, "YORIGIN": 6900000, "SENSE": 1}


def declared(dummy):
    head = "".join(f"#{key}\n{value}\n" for key, value in (HEAD | {"DUMMY": dummy}).items())
    Path("g.gxf").write_text(f"{head}#GRID\n1 2 3 4\n5 {dummy} 7 8\n9 10 11 12\n")
    with rasterio.open("g.gxf") as file:
        print(f"#DUMMY {dummy}: no data {file.nodata}, read {file.read(1)[1].tolist()}")
        return file.nodata


assert declared("-9999") == -9999
assert round(declared("-1e30") / 1e30, 6) == -1
assert declared("-1e12") is None
PYTHON
