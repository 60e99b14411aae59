"""Attribute the score of every cell to the elements, branch by branch."""

import geohalo.quick_start  # noqa: F401
import torch
from geohalo.files.network import MapNetwork
from geohalo.network.run import Settings
from geohalo.stages.explain_map import explain_map
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        torch.set_num_threads(snakemake.threads)
        params = snakemake.params
        network = MapNetwork.read(**snakemake.input, settings=Settings(**params.settings, **params.machine))
        log.info(explain_map(network, params.steps, snakemake.output.attribution))
