"""Put the measures of all simulated surveys together, and say which of the three claims hold."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.collect_claims import collect_claims
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        params, files = snakemake.params, dict(snakemake.output.items())
        log.info(collect_claims(snakemake.input.tables, params.survey, params.section, files))
