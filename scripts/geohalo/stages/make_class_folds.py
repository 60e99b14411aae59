"""Draw labelled cells and held-out folds where labels are a raster of classes."""

import pandas as pd
import xarray as xr

from geohalo.evidence.class_folds import draw_class_folds
from geohalo.evidence.folds import SCHEMES
from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.folds import write_folds
from geohalo.files.tables import write_csv

#: Readers of folds find the table of deposits, without a row.
DEPOSITS = ["deposit", "name", "inside", "x", "y", "group", "fold", "inner_fold"]


def make_class_folds(elements: str, raster: str, labels: dict, seeds: int, folder: str) -> str:
    """Write the folds of every scheme; returns a line for the log."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    classes, *part = read_geotiff(raster)[:, survey.mask]
    messages = []
    for scheme in SCHEMES:
        folds = draw_class_folds(scheme, survey.cells, classes, labels, seeds, *part)
        write_folds(folds, survey, f"{folder}/{scheme}.csv", f"{folder}/{scheme}.tif")
        messages.append(f"{scheme} {folds.n_folds}")
    write_csv(pd.DataFrame(columns=DEPOSITS), f"{folder}/deposits.csv")
    return f"folds: {', '.join(messages)}"
