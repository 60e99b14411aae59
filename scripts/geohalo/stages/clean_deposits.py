"""Read the deposits, place them in the survey, and check that they can be held out."""

from geohalo.atomic_files import atomic_write
from geohalo.evidence.checks import check_groups
from geohalo.evidence.known_deposits import check_known_sides, deposit_doubts, group_sizes
from geohalo.files.cells import surveyed_elements, surveyed_places
from geohalo.files.input_warnings import leave_warnings
from geohalo.input_warnings import named_within
from geohalo.survey import deposits as deposit_tables
from geohalo.survey.doubtful_places import typical_spacing
from geohalo.survey.layout import form_of
from geohalo.survey.tables import read_table


def clean_deposits(
    table: str,
    surveyed: str,
    section: dict,
    max_distance: float,
    labels: dict | None,
    deposits: str,
    warnings: str | None = None,
    folder: str = "",
) -> list[str]:
    """Write the deposits, which must form enough groups for the splits of ``labels``; returns lines for the log."""
    places, crs = surveyed_places(surveyed)
    read = read_table(table, section["layer"], form_of(section, "deposits"))
    frame = deposit_tables.clean_deposits(read, section, places, crs, max_distance, table)
    message = f"{int(frame['inside'].sum())} of {len(frame)} deposits inside the survey"
    # Rasters do not tell how far their samples were apart.
    spacing = None if surveyed.endswith(".nc") else typical_spacing(places)
    doubts = deposit_doubts(frame, section, surveyed_elements(surveyed), labels, spacing)
    if labels:
        sizes = group_sizes(frame, labels["group_distance"])
        check_groups(sizes, labels)
        check_known_sides(frame, labels)
        message += f", in {len(sizes)} groups"
    # An alternative names them where it trains.
    if section.get("commodities") == []:
        message += (
            "; deposits.commodities is empty, so that nothing is used of what such deposits are mined for"
        )
    # What is doubtful has a table of its own, and results name files relative to the data folder.
    frame.attrs = frame.attrs | {"source": named_within(table, folder), "warnings": []}
    with atomic_write(deposits) as temporary:
        frame.to_parquet(temporary)
    return [*leave_warnings("clean_deposits", doubts, warnings, folder), message]
