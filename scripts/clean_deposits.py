"""Read the deposits, place them in the survey, and check that they can be held out."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.clean_deposits import clean_deposits
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, arguments = snakemake.input, {**snakemake.params.arguments, **snakemake.output}
        arguments["folder"] = snakemake.config["data"]["folder"]
        for line in clean_deposits(given.table, given.surveyed, **arguments):
            log.info(line)
