"""Draw halos found, false alarms and weak halos found against the strength of each fault."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_claims import plot_claims
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_claims(snakemake.params.survey, snakemake.params.area, **snakemake.input, **snakemake.output)
