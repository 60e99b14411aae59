"""Put the evidence of models from other surveys beside that of the survey's own held-out run."""

import geohalo.quick_start  # noqa: F401
from geohalo.files.tables import write_csv
from geohalo.stages.collect_transfer import collect_transfer
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        table = collect_transfer(snakemake.input.transferred, snakemake.input.own)
        write_csv(table, snakemake.output.table)
