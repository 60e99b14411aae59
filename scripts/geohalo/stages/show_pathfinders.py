"""Summarise and draw the elements that the map rests on."""

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.files.cells import Survey, covariate_count
from geohalo.files.folds import read_folds
from geohalo.files.tables import read_csv, write_csv
from geohalo.pathfinders import group_differences
from geohalo.products.figures import pathfinder_plot, save_figure
from geohalo.products.pathfinder_table import pathfinder_summary


def show_pathfinders(
    pathfinders: str,
    cube: str,
    folder: str,
    survey: str,
    commodities: list[str],
    table: str,
    figure: str,
    covariates: str | None = None,
) -> None:
    """Write the summary of what members kept, and its figure; with ``covariates`` a table of these, too.

    ``folder`` is that of the folds, ``survey`` the name for the title.
    """
    members, every = read_csv(pathfinders), deposit_differences(cube, folder)
    with xr.open_dataset(cube) as data:
        elements = data.sizes["element"] - covariate_count(data)
    differences = every.iloc[:, :elements]
    summary = pathfinder_summary(members, differences, commodities)
    write_csv(summary, table)
    if covariates:
        further = pathfinder_summary(members, every.iloc[:, elements:], [])
        known = further.drop(columns=["commodity", "known_types", "types", "known"])
        write_csv(known.rename(columns={"element": "covariate"}), covariates)
    save_figure(pathfinder_plot(survey, summary, differences, commodities), figure)


def deposit_differences(cube: str, folder: str) -> pd.DataFrame:
    """Return groups x elements: by how much halos differ from background; reads labelled cells only."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        names = [str(name) for name in data["element"].to_numpy()]
        cells = read_folds(folder, "final", survey.mask).cells
        labelled = cells[cells["draw"] >= 0].drop_duplicates("cell")
        rows, columns = np.nonzero(survey.mask)
        at = labelled["cell"].to_numpy()
        values = np.stack(
            [data["cube"][k].to_numpy()[rows[at], columns[at]] for k in range(len(names))], axis=1
        )
    found = group_differences(values, labelled["label"].to_numpy(), labelled["group"].to_numpy())
    return pd.DataFrame(found, columns=names)
