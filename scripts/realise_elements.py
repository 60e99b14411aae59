"""Draw one realisation of the elements: as kriging leaves them possible, in place of the kriged ones."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.realise_elements import realise_elements
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        realisation = int(snakemake.wildcards.realisation)
        log.info(
            realise_elements(**snakemake.input, realisation=realisation, drawn=snakemake.output.elements)
        )
