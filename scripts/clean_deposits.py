"""Read the deposits, place them in the survey, and check that they can be held out."""

import numpy as np
from _cells import surveyed_elements, surveyed_places
from _input_warnings import leave_warnings
from _job import job, whole
from geohalo.evidence.checks import check_groups
from geohalo.evidence.folds import group_deposits
from geohalo.evidence.label_doubts import narrow_radius
from geohalo.input_warnings import from_records
from geohalo.survey.commodities import commodities_not_measured
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.doubtful_places import typical_spacing
from geohalo.survey.layout import form_of
from geohalo.survey.tables import read_table


def clean(
    table: str,
    surveyed: str,
    section: dict,
    max_distance: float,
    labels: dict | None,
    deposits: str,
    warnings: str | None = None,
) -> list[str]:
    """Write the deposits, which must form enough groups for the folds of ``labels``; returns lines for the log."""
    places, crs = surveyed_places(surveyed)
    read = read_table(table, section["layer"], form_of(section, "deposits"))
    frame = clean_deposits(read, section, places, crs, max_distance, table)
    inside = frame[frame["inside"]]
    told = f"{len(inside)} of {len(frame)} deposits inside the survey"
    doubts = [commodities_not_measured(section.get("commodities"), surveyed_elements(surveyed), table)]
    if labels:
        # Rasters do not tell how far their samples were apart.
        doubts.append(None if surveyed.endswith(".nc") else narrow_radius(typical_spacing(places), labels))
        sizes = np.bincount(group_deposits(inside.get_coordinates().to_numpy(), labels["group_distance"]))
        check_groups(sizes, labels)
        told += f", in {len(sizes)} groups"
    # An alternative names them where it trains.
    if section.get("commodities") == []:
        told += "; deposits.commodities is empty, so that nothing is used of what such deposits are mined for"
    with whole(deposits) as beside:
        frame.to_parquet(beside)
    doubts = [*from_records(frame.attrs["warnings"]), *(one for one in doubts if one)]
    return [*leave_warnings("clean_deposits", doubts, warnings), told]


if __name__ == "__main__":
    with job(snakemake) as log:
        for line in clean(
            snakemake.input.table, snakemake.input.surveyed, **snakemake.params.arguments, **snakemake.output
        ):
            log.info(line)
