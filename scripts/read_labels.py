"""Put labels that come as a raster of classes on the survey's grid."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.read_labels import read_labels
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        files = {name: file for name, file in snakemake.input.items() if name != "elements"}
        log.info(read_labels(snakemake.input.elements, files, snakemake.output.labels))
