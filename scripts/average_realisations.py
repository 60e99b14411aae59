"""Put the scores of all realisations together: their mean, and how far members and realisations differ."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.average_realisations import average_realisations
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        average_realisations(snakemake.input.scores, snakemake.output.scores)
