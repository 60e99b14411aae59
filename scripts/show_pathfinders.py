"""Summarise and draw the elements that the map rests on."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.tables import read_csv, write_csv
from geohalo.pathfinders import group_differences
from geohalo.products.figures import pathfinder_plot, save_figure
from geohalo.products.pathfinder_table import pathfinder_summary
from geohalo.workflow.job import job


def differences_of(cube: str, folder: str) -> pd.DataFrame:
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


if __name__ == "__main__":
    with job(snakemake):
        paths, params = snakemake.input, snakemake.params
        differences = differences_of(paths.cube, str(Path(paths.folds[0]).parent))
        summary = pathfinder_summary(read_csv(paths.pathfinders), differences, params.commodities)
        write_csv(summary, snakemake.output.table)
        drawn = pathfinder_plot(params.survey, summary, differences, params.commodities)
        save_figure(drawn, snakemake.output.figure)
