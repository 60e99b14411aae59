"""What counts as evidence: held-out folds, metrics with intervals, and controls on the same folds.

All functions work on flat arrays over the N cells inside the survey's mask, so they know of no
raster, file or network. `folds` says what is held out from what, `metrics` measures a map against
deposits, `statistics` gives intervals over deposit groups, `controls` makes the scores that a
network must beat, and `evaluate` puts them into one table.
"""
