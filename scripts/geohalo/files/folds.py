"""Folds as files that a person can look at: a table of labelled cells, a GeoTIFF of regions, a table of deposits."""

from pathlib import Path

import numpy as np

from geohalo.evidence.folds import NONE, Folds
from geohalo.evidence.schemes import EXTRA_SCHEMES
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.files.cells import Survey, read_geotiff, write_geotiff
from geohalo.files.tables import read_csv, write_csv

#: Codes of the GeoTIFF; 0 is outside the survey.
FREE, HELD_OUT, TRAINING_HALO, TRAINING_BACKGROUND, TEST_HALO, TEST_BACKGROUND, TEST_FREE = range(1, 8)
#: Columns of the table of deposits with the fold of each, by scheme.
FOLD_COLUMNS = {"held_out": "fold", "inner": "inner_fold"}
FOLD_COLUMNS |= {name: f"{name}_fold" for name in (*EXTRA_SCHEMES, *FACT_SCHEMES)}
#: What stands there for a deposit that a scheme leaves out: it neither learns from it nor tests it.
LEFT_OUT = -2


def fold_codes(folds: Folds) -> np.ndarray:
    """Code every cell of every fold, (folds, cells) of uint8; a training cell is one that any member drew."""
    codes = np.where(folds.held_out_region, HELD_OUT, FREE).astype(np.uint8)
    table = folds.cells
    test = table["draw"] < 0  # decoys are background that is tested, too
    # Without deposits the labels are classes, and any class is drawn as halo is.
    positive = (table["label"] == 1) | (len(folds.deposit_group) == 0)
    for used, halo, code in (
        (~test, False, TRAINING_BACKGROUND),
        (~test, True, TRAINING_HALO),
        (test, False, TEST_BACKGROUND),
        (test, True, TEST_HALO),
    ):
        rows = table[used & (positive == halo)]
        codes[rows["fold"], rows["cell"]] = code
    if len(folds.deposit_group) == 0:
        # A user's masks hold out single cells and no region.
        codes[(codes == TEST_HALO) & ~folds.held_out_region] = TEST_FREE
    return codes


def write_folds(folds: Folds, survey: Survey, table: str, image: str) -> None:
    """Write the labelled cells (with their centres in metres) and the codes of all cells."""
    centres = survey.cells[folds.cells["cell"]]
    write_csv(folds.cells.assign(x=centres[:, 0], y=centres[:, 1]), table)
    codes, names = fold_codes(folds), [f"{folds.scheme} fold {k}" for k in range(folds.n_folds)]
    if not names:
        # A GeoTIFF has at least one band; that the table has no row tells that it stands for no fold.
        codes, names = np.full((1, len(survey.cells)), FREE, dtype=np.uint8), [f"{folds.scheme}: no fold"]
    write_geotiff(survey, survey.image(codes, fill=0), image, nodata=0, names=names)


def fold_column(folds: Folds, group: np.ndarray) -> np.ndarray:
    """Return what the table of deposits says of each (D,): its fold, -1 for none, -2 where the scheme leaves it out.

    ``group`` (D,) are the groups of all deposits, also of those that this scheme leaves out.
    """
    return np.where((group != NONE) & (folds.deposit_group == NONE), LEFT_OUT, folds.deposit_fold)


def read_folds(folder: str, scheme: str, mask: np.ndarray) -> Folds:
    """Read the folds of one scheme."""
    deposits = read_csv(Path(folder) / "deposits.csv")
    cells = read_csv(Path(folder) / f"{scheme}.csv").drop(columns=["x", "y"])
    codes = read_geotiff(str(Path(folder) / f"{scheme}.tif"))[: None if len(cells) else 0, mask]
    held_out = scheme in FOLD_COLUMNS
    region = np.isin(codes, [HELD_OUT, TEST_HALO, TEST_BACKGROUND]) & held_out
    group = deposits["group"].to_numpy()
    fold = deposits[FOLD_COLUMNS[scheme]].to_numpy() if held_out else np.full(len(group), NONE)
    group, fold = np.where(fold == LEFT_OUT, NONE, group), np.where(fold == LEFT_OUT, NONE, fold)
    # The held-out fold of a deposit is the inner fold in which it is validated, plus the shift.
    apart = (deposits["fold"].to_numpy() - fold)[fold != NONE] if scheme == "inner" else []
    shift = int(apart[0] % len(codes)) if len(apart) else 0
    return Folds(scheme, len(codes), group, fold, region, cells, np.flatnonzero(group == NONE), shift)
