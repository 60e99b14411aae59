"""Write the report of a survey: one HTML page that needs no network."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.report import report
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        files = [*snakemake.input.results, *snakemake.params.further]
        log.info(
            report(
                files,
                snakemake.output.page,
                **snakemake.params.arguments,
                inputs=list(snakemake.input.sources),
                threads=snakemake.threads,
            )
        )
