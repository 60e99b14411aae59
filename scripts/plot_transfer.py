"""Draw what models of other surveys find in one, as numbers and as maps."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_transfer import plot_transfer
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        paths, name = snakemake.input, snakemake.wildcards.target
        maps = dict(zip([name, *snakemake.params.sources], [paths.own, *paths.maps], strict=True))
        plot_transfer(name, maps, dict(paths.items()), dict(snakemake.output.items()))
