"""Make the anomaly maps: trained on all deposits, and put together from the held-out folds."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.map_anomalies import map_anomalies
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        folder = str(Path(snakemake.input.folds[0]).parent)
        maps = dict(snakemake.output.items())
        paths, radius = snakemake.input, snakemake.params.radius
        log.info(map_anomalies(paths.elements, paths.scores, folder, radius, maps))
