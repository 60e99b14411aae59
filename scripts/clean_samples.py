"""Read the table of samples and clean it: one row per place, every element in ppm."""

import json

import pandas as pd
from _job import job, whole
from geohalo.survey.samples import clean_samples
from geohalo.survey.tables import read_table


def clean(table: str, section: dict, grid_crs: str | None, samples: str, report: str) -> str:
    """Write the clean samples and the report by element; returns a line for the log."""
    frame, told = clean_samples(read_table(table, section["layer"]), section, grid_crs, table)
    with whole(samples) as beside:
        frame.to_parquet(beside)
    with whole(report) as beside:
        told.to_csv(beside, index=False)
    pd.set_option("display.width", 200, "display.max_rows", 200, "display.max_columns", 20)
    kept = told["kept"].sum()
    print(told, json.dumps(frame.attrs, indent=1, default=str), sep="\n\n")
    return f"{len(frame)} places, {kept} of {len(told)} elements kept (see {report})"


if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(
            clean(
                snakemake.input.table, snakemake.params.samples, snakemake.params.grid_crs, **snakemake.output
            )
        )
