"""Score the controls on the folds of the network."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from geohalo.control_table import PROBABILITY_CONTROLS
from geohalo.evidence.controls import SCALE_ARRAYS, Ground, score_control
from geohalo.files.cells import Survey, covariate_count, read_cells, surveyed_places
from geohalo.files.elements import sought_elements
from geohalo.files.folds import read_folds
from geohalo.files.scores import scores_file
from geohalo.files.tables import read_csv


def score_controls(
    cube: str,
    places: str,
    folder: str,
    controls: list[str],
    threads: int,
    scores: str,
    log: Any,
    schemes: list[str],
    graphs: list[str],
    commodities: list[str],
) -> None:
    """Write the scores of all controls in all schemes that have folds."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        values = read_cells(data, "cube", survey).T
        elements = values.shape[1] - covariate_count(data)
        names = [str(name) for name in data["element"].to_numpy()]
    deposits = read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
    loaded = [np.load(graph, allow_pickle=False) for graph in graphs]
    scales = [{name: arrays[name] for name in SCALE_ARRAYS} for arrays in loaded]
    sought = sought_elements(commodities, names[:elements], log.info) if "commodity_index" in controls else ()
    # What learns from labels as the network does sees what it sees; all others are about elements.
    about = (survey.cells, deposits, surveyed_places(places)[0], survey.grid.cell)
    ground = Ground(values[:, :elements], *about, scales, sought)
    every = [read_folds(folder, scheme, survey.mask) for scheme in schemes]
    every = [folds for folds in every if folds.n_folds]
    sizes = {folds.scheme: folds.n_folds for folds in every if controls}
    classes = max((folds.n_classes for folds in every), default=0)
    with scores_file(survey, scores, sizes, classes if classes > 2 else 0, controls) as write:
        for name in controls:
            start = time.perf_counter()
            seen = replace(ground, cube=values) if name in PROBABILITY_CONTROLS else ground
            for folds, scored in zip(every, score_control(name, seen, every, n_jobs=threads), strict=True):
                for fold, maps in enumerate(zip(*scored, strict=True)):
                    write(folds.scheme, fold, *maps, name)
            log.info(f"{name}: {time.perf_counter() - start:.1f} s")
