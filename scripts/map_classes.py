"""Write the map of classes that was trained on all labelled cells as GeoTIFF."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.map_classes import map_classes
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        map_classes(snakemake.input.elements, snakemake.input.scores, dict(snakemake.output.items()))
