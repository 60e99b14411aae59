#!/usr/bin/env bash
# xarray 2026.9.0: opening a NetCDF file imports Dask wherever Dask is installed, also without `chunks`.
#
# Expected: `xarray.open_dataset(file)` without `chunks` reads with NumPy, and Dask stays where it is.
# Seen: decoding a coordinate of names asks whether it is a Dask array, which imports dask and dask.array with parts of
# SciPy: about 300 modules and 0.2 to 0.3 s for a file of two values. A program gets Dask with another library (GeoHalo
# with harmonica) and pays in each process. With `sys.modules["dask"] = None` before xarray is imported, xarray takes Dask
# for not installed and works without it.
# GeoHalo: scripts/geohalo/quick_start.py does that for each rule.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet xarray==2026.9.0 dask==2026.8.0 netCDF4==1.7.5.1.post1 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
cd "$folder"
env/bin/python -c '
import xarray as xr
xr.Dataset({"a": ("x", [1.0, 2.0])}, {"x": ["Ag", "Au"]}).to_netcdf("a.nc")
'
cat > see.py <<'PY'
import os
import sys
import time

if sys.argv[1] == "without":
    sys.modules["dask"] = None
import xarray as xr

before, start = set(sys.modules), time.process_time()
with xr.open_dataset("a.nc") as data:
    values = data["a"].to_numpy().tolist()
new = set(sys.modules) - before
print(len(new), sum(name.split(".")[0] == "dask" for name in new), round(time.process_time() - start, 3), values)
PY
# Once each for the files that Python compiles.
env/bin/python see.py with >/dev/null
env/bin/python see.py without >/dev/null
with=$(env/bin/python see.py with)
without=$(env/bin/python see.py without)
echo "modules that opening a file imports, those of Dask among them, seconds, values read"
echo "Dask installed:       $with"
echo "Dask said to be none: $without"
read -r all dask _ <<<"$with"
read -r fewer none _ <<<"$without"
[ "$dask" -gt 20 ] && [ "$none" -eq 0 ] && [ "$((all - fewer))" -gt 100 ]
