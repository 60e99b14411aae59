#!/usr/bin/env bash
# PyTorch 2.13.0, CPU: the product of a matrix in compressed rows and a dense matrix makes more passes over its result than
# the arithmetic needs.
#
# Expected: `a @ b` writes the result once.
# Seen: it makes zeros of the size of the result, copies them into another matrix, and then multiplies. For 12,000 rows of
# one entry and 384 columns `a @ b` takes 3.3 to 10 ms, `torch.mm(a, b, out=c)` 3.2 ms, and `c.addmm_(a, b, beta=0)` 1.2 ms,
# which gives the same numbers and does not read what was in c (not even NaN).
# GeoHalo multiplies by `addmm_` (scripts/geohalo/network/sparse.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/see.py" <<'PY'
import time
import warnings

import torch

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
rows, few, columns = 12_000, 1_000, 384
index = torch.stack([torch.arange(rows), torch.arange(rows) % few])
matrix = torch.sparse_coo_tensor(index, torch.ones(rows), (rows, few)).coalesce().to_sparse_csr()
dense = torch.randn(few, columns)
result = torch.full((rows, columns), torch.nan)


def milliseconds(function):
    times = []
    for _ in range(15):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return sorted(times)[7]


product = milliseconds(lambda: matrix @ dense)
given = milliseconds(lambda: torch.mm(matrix, dense, out=result))
result.fill_(torch.nan)
once = milliseconds(lambda: result.addmm_(matrix, dense, beta=0))
print(f"torch {torch.__version__}: matrix @ dense {product:.1f} ms, mm with out {given:.1f} ms, addmm_ {once:.1f} ms")
result.fill_(torch.nan)
assert torch.equal(result.addmm_(matrix, dense, beta=0), matrix @ dense)
assert once < 0.6 * product, "the product no longer takes more passes than addmm_"

with torch.profiler.profile() as profile:
    matrix @ dense
names = {event.key: event.count for event in profile.key_averages()}
assert names.get("aten::zeros", 0) and names.get("aten::copy_", 0), names
with torch.profiler.profile() as profile:
    result.addmm_(matrix, dense, beta=0)
assert "aten::zeros" not in {event.key for event in profile.key_averages()}
print("as stated")
PY
"$folder/env/bin/python" "$folder/see.py"
