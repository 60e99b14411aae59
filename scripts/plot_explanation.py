"""Draw what elements add to the score, over the map and in the fingerprints of the targets."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.plot_explanation import plot_explanation
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        paths, name = snakemake.input, snakemake.params.survey
        tables = [paths[table] for table in ("targets", "fingerprints", "elements")]
        maps = (paths.attribution, paths.deposits, paths.target_map)
        plot_explanation(name, *maps, tables, paths.pathfinders, dict(snakemake.output.items()))
