"""Put what every method is worth in every survey together: tables, text and figure."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.pool_bench import pool_bench
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        params, files = snakemake.params, dict(snakemake.output.items())
        log.info(
            "\n%s", pool_bench(snakemake.input.ranks, params.kinds, params.bootstrap, params.seed, files)
        )
