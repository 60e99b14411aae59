"""Draw the anomaly maps, the truth beside them where it is known, and the evidence."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_anomalies import plot_anomalies
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        files, figures = dict(snakemake.input.items()), dict(snakemake.output.items())
        params = snakemake.params
        plot_anomalies(params.survey, params.variant, params.reach, files, figures)
