"""Judge scores that were learned on another survey by the deposits of this one, and make the map."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.transfer_metrics import transfer_metrics
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        files, params, outputs = snakemake.input, snakemake.params, snakemake.output
        given = (files.scores, files.elements, files.get("samples"), str(Path(files.folds[0]).parent))
        transfer_metrics(*given, params.labels, params.bootstrap, params.about, outputs.metrics, outputs.map)
