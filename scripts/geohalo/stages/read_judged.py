"""Bring a map that was made elsewhere to the survey's grid, and say which deposits it is judged by."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import xarray as xr

from geohalo.cube.foreign_map import read_foreign_map
from geohalo.evidence.foreign_evidence import (
    BESIDE,
    EVIDENCE,
    KNOWN,
    UNCOVERED,
    deposit_roles,
    evidence_folds,
    uncovered_doubt,
)
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.input_warnings import leave_warnings
from geohalo.files.maps import write_map
from geohalo.files.tables import read_csv, write_csv
from geohalo.survey.listed_deposits import named_deposits, unmatched_doubt


def read_judged(
    file: str,
    trained_on: str | None,
    elements: str,
    folder: str,
    deposits: str,
    sections: Mapping[str, Any],
    radius: float,
    outputs: Mapping[str, str],
    data_folder: str = "",
) -> list[str]:
    """Write the map on the survey's grid, and the role of each deposit; returns lines for the log.

    Parameters
    ----------
    file : str
        The map.
    trained_on : str or None
        List of the deposits that it learned from.
    elements : str
        File of the gridded elements, which has the grid.
    folder : str
        Folder of the folds.
    deposits : str
        File of the cleaned deposits.
    sections : mapping
        Config sections ``judge`` and ``deposits``.
    radius : float
        Label radius in metres.
    outputs : mapping
        ``map``, ``deposits`` and ``warnings``.
    data_folder : str
        Folder that warnings name files relative to.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    image, warnings = read_foreign_map(file, sections["judge"], survey.grid, survey.mask, survey.crs)
    known, table = gpd.read_parquet(deposits), read_csv(f"{folder}/deposits.csv", keep_default_na=False)
    listed = np.zeros(len(known), dtype=bool)
    if trained_on:
        listed, rows = named_deposits(trained_on, sections["deposits"], known, survey.crs, radius)
        warnings += filter(None, [unmatched_doubt(listed, rows, trained_on)])
    folds, covered = read_folds(folder, "held_out", survey.mask), np.isfinite(image[survey.mask])
    roles = deposit_roles(folds, survey.cells, table[["x", "y"]].to_numpy(), covered, listed, radius)
    evidence_folds(folds, covered, roles)  # stops where there is no evidence, before anything is trained
    if (roles == UNCOVERED).any():
        warnings.append(uncovered_doubt(int((roles == UNCOVERED).sum()), len(known), file))
    write_map(survey, image[None], outputs["map"], np.nan, ["judged"])
    columns = [name for name in ("deposit", "name", "group", "x", "y") if name in table]
    write_csv(table[columns].assign(role=roles), outputs["deposits"])
    told = leave_warnings("read_judged", warnings, outputs["warnings"], data_folder)
    counts = ", ".join(f"{(roles == role).sum()} {role}" for role in (EVIDENCE, KNOWN, BESIDE, UNCOVERED))
    return [*told, f"The map covers {covered.mean():.1%} of the ground; deposits: {counts}"]
