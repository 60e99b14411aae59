"""Bring the batches of the samples to one level, and measure what that does."""

from geohalo.atomic_files import atomic_write
from geohalo.files.batches import join_places, read_places, read_rows
from geohalo.files.input_warnings import leave_warnings
from geohalo.files.tables import write_csv
from geohalo.quality.level_survey import level_survey


def level_samples(
    before: str,
    analyses: str,
    batch: str,
    section: dict | None,
    interpolation: dict,
    max_distance: float,
    samples: str,
    table: str | None = None,
    errors: str | None = None,
    warnings: str | None = None,
) -> list[str]:
    """Write the levelled samples and, unless they are an alternative's, tables and warnings; returns log lines."""
    places, elements = read_places(before)
    rows, references, place = read_rows(analyses, places, elements)
    measure = table is not None
    source, block = places.attrs.get("source", "samples"), 2 * max_distance
    found = level_survey(
        rows, references, elements, batch, section, interpolation, block, source, measure=measure
    )
    with atomic_write(samples) as temporary:
        join_places(places, elements, rows, place, found).to_parquet(temporary)
    if table is not None and errors is not None:
        write_csv(found.table, table, float_format="%.5g")
        write_csv(found.errors, errors, float_format="%.5g")
    return [*leave_warnings("level_samples", found.warnings, warnings), found.summary()]
