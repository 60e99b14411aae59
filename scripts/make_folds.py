"""Draw labelled cells and held-out folds."""

from pathlib import Path

import geopandas as gpd
import xarray as xr
from _cells import Survey
from _folds import FOLD_COLUMNS, names_told, write_folds
from _job import job, whole
from geohalo.evidence.folds import SCHEMES, draw_folds


def make_folds(elements: str, deposits: str, labels: dict, seeds: int, folder: str) -> str:
    """Write the folds of every scheme, and the group and folds of every deposit; returns a line for the log."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    known = gpd.read_parquet(deposits)
    places, inside = known.get_coordinates().to_numpy(), known["inside"].to_numpy()
    table = known[["deposit", "name", "inside"]].assign(x=places[:, 0], y=places[:, 1])
    told = []
    for scheme in (*SCHEMES, *labels["extra_splits"]):
        with names_told(known["name"]):
            folds = draw_folds(scheme, survey.cells, places, labels, seeds, inside)
        write_folds(folds, survey, f"{folder}/{scheme}.csv", f"{folder}/{scheme}.tif")
        table["group"] = folds.deposit_group
        if scheme in FOLD_COLUMNS:
            table[FOLD_COLUMNS[scheme]] = folds.deposit_fold
        shift = f" (shift {folds.shift})" if folds.shift else ""
        told.append(f"{scheme} {folds.n_folds}{shift}")
    with whole(f"{folder}/deposits.csv") as beside:
        table.to_csv(beside, index=False)
    return f"folds: {', '.join(told)}"


if __name__ == "__main__":
    with job(snakemake) as log:
        folder = str(Path(snakemake.output[0]).parent)
        log.info(make_folds(**snakemake.input, **snakemake.params.arguments, folder=folder))
