"""Train on all deposits of one survey, the network and the controls, and score the cells of another."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
import torch
from geohalo.stages.transfer_scores import transfer_scores
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        torch.set_num_threads(snakemake.threads)
        paths, params = snakemake.input, snakemake.params
        how = {"settings": params.settings | params.machine, "controls": params.controls} | params.further
        folder = str(Path(paths.folds[0]).parent)
        transfer_scores(paths.cubes, folder, how, snakemake.threads, dict(snakemake.output.items()), log)
