"""Train one variant of the network on all folds and predict the map with each."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
import torch
from geohalo.network.run import Settings
from geohalo.stages.train import train
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        torch.set_num_threads(snakemake.threads)
        paths, params = snakemake.input, snakemake.params
        folder = str(Path(paths.folds[0]).parent)
        settings = Settings(**params.settings, **params.machine, checkpoint=params.checkpoint)
        known = (paths.cube, paths.graphs, folder, params.schemes, params.spectrum_order, params.commodities)
        train(*known, settings, snakemake.output, log, params.shuffle)
