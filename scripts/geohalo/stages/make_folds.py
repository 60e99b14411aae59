"""Draw labelled cells and held-out folds."""

import geopandas as gpd
import numpy as np
import xarray as xr

from geohalo.evidence.folds import SCHEMES, draw_folds
from geohalo.evidence.known_deposits import deposit_names_in_error, without_cell
from geohalo.evidence.label_doubts import lost_labels
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.files.cells import Survey
from geohalo.files.folds import FOLD_COLUMNS, fold_column, write_folds
from geohalo.files.input_warnings import leave_warnings
from geohalo.files.tables import write_csv


def make_folds(
    elements: str,
    deposits: str,
    labels: dict,
    seeds: int,
    folder: str,
    warnings: str | None = None,
    covariates: str | None = None,
) -> list[str]:
    """Write the folds of every scheme, and the group and folds of every deposit; returns lines for the log.

    All that learns needs the folds, so that layers of ``covariates`` that are made from the deposits stop here.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    known = gpd.read_parquet(deposits)
    places, inside = known.get_coordinates().to_numpy(), known["inside"].to_numpy()
    beside = []
    if covariates is not None:
        from geohalo.files.leaks import refuse_leaks  # slow to import

        beside = refuse_leaks(covariates, survey, places)
    facts = [name for name in FACT_SCHEMES.values() if name in known]
    table = known[["deposit", "name", "inside", *facts]].assign(x=places[:, 0], y=places[:, 1])
    messages, groups, lost = [], np.array([]), []
    for scheme in (*SCHEMES, *labels["extra_splits"]):
        with deposit_names_in_error(known["name"]):
            folds = draw_folds(scheme, survey.cells, places, labels, seeds, inside, known)
        write_folds(folds, survey, f"{folder}/{scheme}.csv", f"{folder}/{scheme}.tif")
        if scheme == SCHEMES[0]:
            table["group"] = groups = folds.deposit_group
            lost = without_cell(known, folds)
        if scheme in FOLD_COLUMNS:
            table[FOLD_COLUMNS[scheme]] = fold_column(folds, groups)
        shift = f" (shift {folds.shift})" if folds.shift else ""
        messages.append(f"{scheme} {folds.n_folds}{shift}")
    write_csv(table, f"{folder}/deposits.csv")
    doubts = [*beside, *lost_labels(survey.grid.cell, lost, int(inside.sum()), labels)]
    return [*leave_warnings("make_folds", doubts, warnings), f"folds: {', '.join(messages)}"]
