"""Measure how far the spectrum of each cell lies from those that the map was trained on."""

import numpy as np
import xarray as xr

from geohalo.evidence.applicability import area_of_applicability
from geohalo.evidence.folds import fold_map
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.maps import write_map
from geohalo.files.tables import read_csv


def measure_applicability(cube: str, folder: str, path: str) -> str:
    """Write dissimilarity index and area of applicability, reading the cube by blocks; returns a line for the log."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        held_out = read_folds(folder, "held_out", survey.mask)
        drawn = np.unique(read_folds(folder, "final", survey.mask).cells["cell"])
        deposits = read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
        first = np.concatenate([[0], survey.mask.sum(axis=1).cumsum()])

        def block(rows: slice) -> np.ndarray:
            return data["cube"][:, rows].to_numpy()[:, survey.mask[rows]].T

        blocks = [rows for rows in survey.row_blocks() if survey.mask[rows].any()]
        spectra = []
        for rows in blocks:
            inside = drawn[(drawn >= first[rows.start]) & (drawn < first[rows.stop])] - first[rows.start]
            spectra.append(block(rows)[inside])
        fold = fold_map(held_out, survey.cells, deposits)[drawn]
        area = area_of_applicability(np.concatenate(spectra), fold, held_out.held_out_region[:, drawn])
        index = np.concatenate([area.dissimilarity(block(rows)) for rows in blocks])
    inside = index <= area.threshold
    bands = np.stack([index, inside]).astype(np.float32)
    write_map(survey, survey.image(bands), path, np.nan, ["dissimilarity", "applicable"])
    return (
        f"{inside.mean():.1%} of the map are in the area of applicability: dissimilarity to {len(drawn)} training "
        f"cells up to {area.threshold:.2f}, elements weighted alike"
    )
