"""Put the held-out evidence of several surveys together."""

import geohalo.quick_start  # noqa: F401
from geohalo.files.tables import write_csv
from geohalo.stages.collect_surveys import collect_surveys
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        table = collect_surveys(snakemake.input.metrics)
        write_csv(table, snakemake.output.table)
