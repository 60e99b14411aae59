"""What a check understands of labels that come as a raster of classes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.check.labels import MOST_CELLS, Labels
from geohalo.cube.label_rasters import PARTS, ClassLabels, read_class_labels
from geohalo.evidence.class_folds import draw_class_folds
from geohalo.evidence.folds import Folds


def check_classes(
    findings: Findings, files: Mapping[str, str | Path], ground: Ground, labels: Mapping[str, Any]
) -> Labels:
    """Read labels that come as a raster of classes, and draw their held-out folds with one member each.

    Parameters
    ----------
    findings : Findings
        Gets all errors.
    files : mapping of str to path
        See `geohalo.cube.label_rasters.read_class_labels`.
    ground : Ground
        The survey.
    labels : mapping
        Config section `labels`.
    """
    found = Labels()
    if ground.grid is None or ground.mask is None or ground.crs is None:
        return found
    paths = {name: Path(file) for name, file in files.items()}
    read = findings.attempt("read_labels", read_class_labels, paths, ground.grid, ground.mask, ground.crs)
    if read is None:
        return found
    found.image, found.classes = read.classes, classes_table(read)
    cells = ground.cells
    if ground.n_cells > MOST_CELLS or cells is None:
        found.drawn = False
        return found
    inside = [read.classes[ground.mask], *([] if read.part is None else [read.part[ground.mask]])]
    folds = findings.attempt(
        "make_class_folds", draw_class_folds, "held_out", cells, inside[0], labels, 1, *inside[1:]
    )
    if folds is not None:
        found.folds = class_folds_table(folds)
    return found


def classes_table(read: ClassLabels) -> pd.DataFrame:
    """Return the labelled cells of each class, with masks also those of each part."""
    numbers = np.arange(1, read.n_classes + 1)
    table = {"class": numbers, "cells": np.bincount(read.classes.ravel(), minlength=len(numbers) + 1)[1:]}
    if read.part is not None:
        for name, code in PARTS.items():
            chosen = read.classes[read.part == code]
            if len(chosen):
                table[name] = np.bincount(chosen, minlength=len(numbers) + 1)[1:]
    return pd.DataFrame(table)


def class_folds_table(folds: Folds) -> pd.DataFrame:
    """Return a row for each fold: labelled cells to learn from (of one member) and to be judged on."""
    rows = []
    for fold in range(folds.n_folds):
        cells = folds.cells[folds.cells["fold"] == fold]
        counted = {use: int((cells["use"] == use).sum()) for use in ("train", "test")}
        rows.append({"fold": fold, "train": counted["train"], "test": counted["test"]})
    return pd.DataFrame(rows)
