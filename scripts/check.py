"""Tell what checks have found, and stop where anything stops a run."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.check import check
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        for line in check(list(snakemake.input)):
            log.info(line)
