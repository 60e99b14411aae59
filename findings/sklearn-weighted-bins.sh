#!/usr/bin/env bash
# scikit-learn 1.9.1: HistGradientBoosting sorts a column once for each bin as soon as cells have weights.
#
# Expected: sample weights change the limits of the bins, and cost little: a weighted quantile needs
# one sort and one running sum of a column, however many quantiles are asked for.
# Seen: without weights all quantiles of a column come from one sort. With weights, or with
# class_weight="balanced", each quantile sorts the column again: 255 bins take 13 to 17 times as long
# as 15 (1.4 times without weights), and finding the bins of a small training set takes longer than
# growing its trees.
# GeoHalo finds the bins of its small training sets itself (scripts/geohalo/evidence/boosting.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet scikit-learn==1.9.1 numpy==2.4.6
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PYTHON'
import time

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier

assert sklearn.__version__ == "1.9.1"
chance = np.random.default_rng(0)
values, label = chance.normal(size=(3000, 40)), chance.integers(0, 2, 3000)


def seconds(bins, weight):
    """Return the processor time of binning and one tree of two leaves, the least of three."""
    model = HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=2, max_bins=bins, early_stopping=False)
    spent = []
    for _ in range(3):
        start = time.process_time()
        model.fit(values, label, sample_weight=weight)
        spent.append(time.process_time() - start)
    return min(spent)


plain = [seconds(bins, None) for bins in (15, 255)]
weighted = [seconds(bins, np.ones(3000)) for bins in (15, 255)]
print(f"15 and 255 bins without weights: {plain[0]:.3f} and {plain[1]:.3f} s, {plain[1] / plain[0]:.1f} times")
print(f"15 and 255 bins with weights of 1: {weighted[0]:.3f} and {weighted[1]:.3f} s, {weighted[1] / weighted[0]:.1f} times")
assert weighted[1] / weighted[0] > 3 * plain[1] / plain[0]
assert weighted[1] > 5 * plain[1]
PYTHON
