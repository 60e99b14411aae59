"""Draw labelled cells and held-out folds."""

from pathlib import Path

import geopandas as gpd
import xarray as xr
from _cells import Survey
from _folds import write_folds
from _job import job, whole
from geohalo.evidence.folds import SCHEMES, draw_folds


def make_folds(elements: str, deposits: str, labels: dict, seeds: int, folder: str) -> None:
    """Write the folds of every scheme, and the group and fold of every deposit."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    known = gpd.read_parquet(deposits)
    places = known.get_coordinates().to_numpy()
    for scheme in SCHEMES:
        folds = draw_folds(scheme, survey.cells, places, labels, seeds, known["inside"].to_numpy())
        write_folds(folds, survey, f"{folder}/{scheme}.csv", f"{folder}/{scheme}.tif")
        if scheme == "held_out":
            table = known[["deposit", "name", "inside"]].assign(x=places[:, 0], y=places[:, 1])
            with whole(f"{folder}/deposits.csv") as beside:
                table.assign(group=folds.deposit_group, fold=folds.deposit_fold).to_csv(beside, index=False)


if __name__ == "__main__":
    with job(snakemake):
        make_folds(
            **snakemake.input, **snakemake.params.arguments, folder=str(Path(snakemake.output[0]).parent)
        )
