"""First stage of an alternative: simulate or read the tables, grid the elements, place the deposits."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.alternative_elements import alternative_elements
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given = {name: snakemake.input.get(name) for name in ("samples", "assays", "certified", "deposits")}
        tables = {name: path for name, path in given.items() if path}
        for line in alternative_elements(snakemake.params.settings, tables, snakemake.output.folder):
            log.info(line)
