"""Folds as files that a person can look at: a table of labelled cells, a GeoTIFF of regions, a table of deposits."""

from pathlib import Path

import numpy as np
import pandas as pd
from _cells import Survey, read_geotiff, write_geotiff
from _job import whole
from geohalo.evidence.folds import NONE, TEST_DRAW, Folds

#: Codes of the GeoTIFF; 0 is outside the survey.
FREE, HELD_OUT, TRAINING_HALO, TRAINING_BACKGROUND, TEST_HALO, TEST_BACKGROUND = range(1, 7)


def fold_codes(folds: Folds) -> np.ndarray:
    """Code every cell of every fold, (folds, cells) of uint8; a training cell is one that any member drew."""
    codes = np.where(folds.held_out_region, HELD_OUT, FREE).astype(np.uint8)
    table = folds.cells
    test = table["draw"] == TEST_DRAW
    for used, halo, code in (
        (~test, 0, TRAINING_BACKGROUND),
        (~test, 1, TRAINING_HALO),
        (test, 0, TEST_BACKGROUND),
        (test, 1, TEST_HALO),
    ):
        rows = table[used & (table["label"] == halo)]
        codes[rows["fold"], rows["cell"]] = code
    return codes


def write_folds(folds: Folds, survey: Survey, table: str, image: str) -> None:
    """Write the labelled cells (with their centres in metres) and the codes of all cells."""
    centres = survey.cells[folds.cells["cell"]]
    with whole(table) as beside:
        folds.cells.assign(x=centres[:, 0], y=centres[:, 1]).to_csv(beside, index=False)
    codes = survey.image(fold_codes(folds), fill=0)
    write_geotiff(
        survey, codes, image, nodata=0, names=[f"{folds.scheme} fold {k}" for k in range(folds.n_folds)]
    )


def read_folds(folder: str, scheme: str, mask: np.ndarray) -> Folds:
    """Read the folds of one scheme."""
    deposits = pd.read_csv(Path(folder) / "deposits.csv")
    codes = read_geotiff(str(Path(folder) / f"{scheme}.tif"))[:, mask]
    region = np.isin(codes, [HELD_OUT, TEST_HALO, TEST_BACKGROUND]) & (scheme == "held_out")
    group = deposits["group"].to_numpy()
    fold = deposits["fold"].to_numpy() if scheme == "held_out" else np.full(len(group), NONE)
    cells = pd.read_csv(Path(folder) / f"{scheme}.csv").drop(columns=["x", "y"])
    return Folds(scheme, len(codes), group, fold, region, cells, np.flatnonzero(group == NONE))
