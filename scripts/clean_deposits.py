"""Read the deposits, place them in the survey, and check that they can be held out."""

import numpy as np
from _cells import surveyed_places
from _job import job, whole
from geohalo.evidence.checks import check_groups
from geohalo.evidence.folds import group_deposits
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.tables import read_table


def clean(
    table: str, surveyed: str, section: dict, max_distance: float, labels: dict | None, deposits: str
) -> str:
    """Write the deposits, which must form enough groups for the folds of ``labels``; returns a line for the log."""
    places, crs = surveyed_places(surveyed)
    frame = clean_deposits(read_table(table, section["layer"]), section, places, crs, max_distance, table)
    inside = frame[frame["inside"]]
    told = f"{len(inside)} of {len(frame)} deposits inside the survey"
    if labels:
        sizes = np.bincount(group_deposits(inside.get_coordinates().to_numpy(), labels["group_distance"]))
        check_groups(sizes, labels)
        told += f", in {len(sizes)} groups"
    with whole(deposits) as beside:
        frame.to_parquet(beside)
    return told


if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(clean(**snakemake.input, **snakemake.params.arguments, **snakemake.output))
