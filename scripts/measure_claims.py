"""Measure all conditions of one seed against the truth: what maps find of halos, and what they mistake for one."""

import geohalo.quick_start  # noqa: F401
from geohalo.files.tables import write_csv
from geohalo.stages.measure_claims import measure_claims
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        table = measure_claims(
            snakemake.input.scores, snakemake.params.conditions, **snakemake.params.arguments
        )
        write_csv(table, snakemake.output.table)
