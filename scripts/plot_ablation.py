"""Draw the comparison of the network's variants and the controls."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_ablation import plot_ablation
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        plot_ablation(snakemake.params.survey, dict(snakemake.input.items()), dict(snakemake.output.items()))
