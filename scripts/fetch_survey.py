"""Download a file of a survey and check it against its checksum."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.fetch_survey import fetch_survey
from geohalo.workflow.hidden_addresses import address_of
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        # Snakemake keeps parameters and config, and an address may hold a password.
        url = address_of(snakemake.config, snakemake.wildcards.file)
        log.info(fetch_survey(url, snakemake.params.sha256, snakemake.output.file))
