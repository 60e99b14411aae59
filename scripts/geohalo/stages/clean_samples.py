"""Read the table of samples and clean it: one row per place, every element in ppm."""

import json

import pandas as pd

from geohalo.atomic_files import atomic_write
from geohalo.files.input_warnings import leave_warnings
from geohalo.files.tables import write_csv
from geohalo.input_warnings import from_records, named_within
from geohalo.stages.shared.quality import judge
from geohalo.survey.analyses import analyses_table, read_analyses
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import merge_analyses


def clean_samples(
    table: str,
    section: dict,
    grid: dict,
    samples: str,
    report: str,
    warnings: str | None = None,
    assays: str | None = None,
    certified: str | None = None,
    folder: str = "",
    **control: str,
) -> list[str]:
    """Write the clean samples, the report by element and what is doubtful; returns lines for the log.

    With rows of quality control, ``control`` names the files of all rows and of what the control says. Results name
    files of the data ``folder`` relative to it.
    """
    read, source = read_samples(table, section, assays)
    held = [read]
    del read  # `read_analyses` lets go of the text once it is read, if nothing else holds it
    rows = read_analyses(held.pop(), section, grid["crs"], source)
    if "analyses" in control:
        with atomic_write(control["analyses"]) as temporary:
            analyses_table(rows).to_parquet(temporary)
    excluded, judged = judge(rows, section, certified, control)
    frame, element_report = merge_analyses(rows, section, grid["max_distance"], excluded)
    doubts = [*from_records(frame.attrs["warnings"]), *judged]
    frame.attrs = frame.attrs | {"source": named_within(frame.attrs["source"], folder), "warnings": []}
    with atomic_write(samples) as temporary:
        frame.to_parquet(temporary)
    write_csv(element_report, report)
    pd.set_option("display.width", 200, "display.max_rows", 200, "display.max_columns", 20)
    kept = element_report["kept"].sum()
    print(element_report, json.dumps(frame.attrs, indent=1, default=str), sep="\n\n")
    lines = leave_warnings("clean_samples", doubts, warnings, folder)
    return [*lines, f"{len(frame)} places, {kept} of {len(element_report)} elements kept (see {report})"]
