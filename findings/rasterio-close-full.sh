#!/usr/bin/env bash
# rasterio 1.4.4 (GDAL 3.10.3): a GeoTIFF that could not be completed is closed without an error.
#
# Expected: leaving `with rasterio.open(..., "w")` raises where the file could not be written to its end.
# Seen: where only the last blocks find no room (here a limit by ulimit -f a little below the size of the file; a full
# disk is alike), write() and close() end well, and the file cannot be opened. With a limit far below the size, the
# error is raised.
# GeoHalo reads every raster back before it gets its name (scripts/geohalo/whole_files.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet rasterio==1.4.4 numpy==2.4.6
cd "$folder"
cat > write.py <<'PYTHON'
import signal

import numpy as np
import rasterio
from rasterio.transform import from_origin

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails, as on a full disk
values = np.random.default_rng(0).normal(size=(300, 300)).astype("float32")
about = {"driver": "GTiff", "height": 300, "width": 300, "count": 1, "dtype": "float32"}
with rasterio.open("map.tif", "w", transform=from_origin(0, 300, 1, 1), **about) as file:
    file.write(values, 1)
print("closed without an error")
PYTHON
readable() { venv/bin/python -c 'import rasterio; rasterio.open("map.tif").read(1)' 2>/dev/null && echo yes || echo no; }
venv/bin/python write.py
echo "without a limit: $(stat -c %s map.tif) bytes, readable: $(readable)"
[[ $(readable) == yes ]]
rm map.tif
(ulimit -f 332 && venv/bin/python write.py 2>/dev/null)
echo "with a limit of 339,968 bytes: $(stat -c %s map.tif) bytes, readable: $(readable)"
[[ $(readable) == no ]]
rm map.tif
if (ulimit -f 100 && venv/bin/python write.py 2>/dev/null); then exit 1; fi
echo "with a limit of 102,400 bytes: an error"
