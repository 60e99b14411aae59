"""Draw labelled cells and held-out folds."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.make_folds import make_folds
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        folder = str(Path(snakemake.output.folds[0]).parent)
        arguments = {**snakemake.input, **snakemake.params.arguments, "warnings": snakemake.output.warnings}
        for line in make_folds(**arguments, folder=folder):
            log.info(line)
