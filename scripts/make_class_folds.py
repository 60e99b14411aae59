"""Draw labelled cells and held-out folds where labels are a raster of classes."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.make_class_folds import make_class_folds
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        folder = str(Path(snakemake.output[0]).parent)
        log.info(make_class_folds(**snakemake.input, **snakemake.params.arguments, folder=folder))
