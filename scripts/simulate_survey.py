"""Simulate a survey with known truth."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.simulate_survey import simulate_survey
from geohalo.survey.simulation.fields import THREADS
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        THREADS.set(snakemake.threads)
        simulate_survey(snakemake.params.simulate, **snakemake.output)
