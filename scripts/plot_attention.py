"""Draw the rose diagram of learned attention."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_attention import plot_attention
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        plot_attention(params.survey, params.variant, **snakemake.input, **snakemake.output)
