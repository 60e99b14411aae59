#!/usr/bin/env bash
# GDAL (in the wheel of pyogrio 0.13.0): a GeoPackage without its spatial index, and no error.
#
# Expected: a driver that cannot write the spatial index says so.
# Seen: where a file may not grow (here half the size of the whole file, by ulimit -f; a full disk is alike), to_file
# ends well, all rows are there, and the tables of the index (rtree_*) are missing. QGIS and others then read all rows
# for every view.
# GeoHalo looks for the index after writing (scripts/geohalo/whole_files.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pyogrio==0.13.0 geopandas==1.2.0 numpy==2.4.6
cd "$folder"
cat > write.py <<'PYTHON'
import signal
import sys

import geopandas as gpd
import numpy as np

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails, as on a full disk
x, y = np.random.default_rng(0).uniform(0, 1e5, (2, 20_000))
table = gpd.GeoDataFrame({"row": np.arange(20_000)}, geometry=gpd.points_from_xy(x, y), crs=32633)
table.to_file(sys.argv[1])
PYTHON
tables() {
  venv/bin/python -c 'import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
names = [name for (name,) in base.execute("select name from sqlite_master")]
print(base.execute("select count(*) from " + sys.argv[1].removesuffix(".gpkg")).fetchone()[0], "rows, index:",
      any(name.startswith("rtree_") for name in names))' "$1"
}
venv/bin/python write.py whole.gpkg
whole=$(tables whole.gpkg)
size=$(stat -c %s whole.gpkg)
(ulimit -f $((size / 2048)) && venv/bin/python write.py cut.gpkg)
cut=$(tables cut.gpkg)
echo "without a limit: $whole"
echo "with a limit of half that size: $cut (no error)"
[[ $whole == "20000 rows, index: True" && $cut == "20000 rows, index: False" ]]
