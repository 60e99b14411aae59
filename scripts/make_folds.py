"""Draw labelled cells and held-out folds."""

from pathlib import Path

import geopandas as gpd
import xarray as xr
from _cells import Survey
from _folds import write_folds
from _job import job, whole
from geohalo.evidence.folds import SCHEMES, draw_folds


def make_folds(elements: str, deposits: str, labels: dict, seeds: int, folder: str) -> str:
    """Write the folds of every scheme, and the group and folds of every deposit; returns a line for the log."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    known = gpd.read_parquet(deposits)
    places, inside = known.get_coordinates().to_numpy(), known["inside"].to_numpy()
    drawn = {}
    for scheme in SCHEMES:
        drawn[scheme] = draw_folds(scheme, survey.cells, places, labels, seeds, inside)
        write_folds(drawn[scheme], survey, f"{folder}/{scheme}.csv", f"{folder}/{scheme}.tif")
    held_out, inner = drawn["held_out"], drawn["inner"]
    table = known[["deposit", "name", "inside"]].assign(x=places[:, 0], y=places[:, 1])
    table = table.assign(group=held_out.deposit_group, fold=held_out.deposit_fold)
    with whole(f"{folder}/deposits.csv") as beside:
        table.assign(inner_fold=inner.deposit_fold).to_csv(beside, index=False)
    told = f"{inner.n_folds} inner folds, shift {inner.shift}" if inner.n_folds else "no inner split"
    return f"{held_out.n_folds} held-out folds, {told}"


if __name__ == "__main__":
    with job(snakemake) as log:
        folder = str(Path(snakemake.output[0]).parent)
        log.info(make_folds(**snakemake.input, **snakemake.params.arguments, folder=folder))
