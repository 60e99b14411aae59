"""Measure runs and controls: held-out numbers, those of other splits, and the optimistic random split."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.evaluate import evaluate
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params, files = snakemake.input, snakemake.params, dict(snakemake.output.items())
        places = (given.elements, given.get("samples"), str(Path(given.folds[0]).parent))
        about = {"reach": params.get("reach", 0.0), "names": params.get("names", {}), **params.arguments}
        if text := evaluate(params.runs, *places, given.get("warnings", []), files, **about):
            log.info("\n%s", text)
