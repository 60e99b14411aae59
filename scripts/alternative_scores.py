"""Last stage of an alternative: folds, and the scores of variants and controls on them."""

from types import SimpleNamespace

import geohalo.quick_start  # noqa: F401
import torch
from geohalo.stages.alternative_scores import alternative_scores
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        torch.set_num_threads(snakemake.threads)
        settings, machine, paths = snakemake.params.settings, snakemake.params.machine, snakemake.input
        quiet = SimpleNamespace(info=print)  # many such jobs: progress goes to the log's file alone
        alternative_scores(
            paths.elements, paths.cube, settings, machine, snakemake.threads, snakemake.output.folder, quiet
        )
        log.info(f"scored {', '.join([*settings['variants'], *settings['controls']])}")
