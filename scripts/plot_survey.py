"""Draw the samples and the elements of the survey."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_survey import plot_survey
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        files = {
            name: snakemake.input.get(name) for name in ("elements", "deposits", "pathfinders", "samples")
        }
        plot_survey(snakemake.params.survey, **files, figures=dict(snakemake.output.items()))
