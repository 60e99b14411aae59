#!/usr/bin/env bash
# pyflwdir 0.5.12: `from_dem` does not take the steepest way down, and `fill_depressions` in float32 leaves hollows.
#
# Expected: flow directions of the steepest gradient, as the documentation says, and a surface without hollows.
# Seen: water goes to the lowest neighbour, however far it is: a corner that is a little lower than a side is taken though
# the side is steeper. And the filled surface is height + (level - height), whose rounding in float32 misses the level in
# some cells (where it is more than twice the height), so that cells inside are lower than all around them.
# GeoHalo fills in float64 and derives its own directions (scripts/geohalo/catchments/steepest.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pyflwdir==0.5.12 numpy==2.4.6 'affine<3'
cd "$folder"
cat > look.py <<'PYTHON'
import numpy as np
import pyflwdir
from pyflwdir.dem import fill_depressions

# Eastwards 10 m over 100 m, southeastwards 13 m over 141 m.
heights = np.full((4, 4), 40.0, dtype=np.float32)
heights[1, 1], heights[1, 2], heights[2, 2], heights[2, 3], heights[3, 3] = 30, 20, 17, 10, 5
codes = pyflwdir.from_dem(heights, nodata=-9999.0, transform=(100.0, 0.0, 0.0, 0.0, -100.0, 0.0)).to_array()
print("east is 1, southeast is 2; found:", codes[1, 1])

rough = np.exp(3 * np.random.default_rng(0).normal(size=(300, 300))).astype(np.float32)


def hollows(level):
    inner = level[1:-1, 1:-1]
    around = [np.roll(np.roll(level, r, 0), c, 1)[1:-1, 1:-1] for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]
    return int((np.min(around, axis=0) > inner).sum())


single = hollows(fill_depressions(rough, nodata=-9999.0)[0])
double = hollows(fill_depressions(rough.astype(np.float64), nodata=-9999.0)[0].astype(np.float32))
print("cells lower than all around them: float32", single, "float64", double)
assert codes[1, 1] == 2
assert single > 0
assert double == 0
PYTHON
venv/bin/python look.py
