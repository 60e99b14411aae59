"""Build the internal and external graph of one scale."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.build_graph import build_graph
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(build_graph(**snakemake.input, **snakemake.output))
