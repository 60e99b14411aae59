"""Draw one realisation of the elements of streams or till: the ground that their samples leave possible."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.realise_sources import realise_sources
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        ground = {name: given.get(name) for name in ("catchments", "bearing")}
        what = {"realisation": int(snakemake.wildcards.realisation), "drawn": snakemake.output.elements}
        log.info(
            realise_sources(given.samples, given.elements, params.grid, params.settings, **what, **ground)
        )
