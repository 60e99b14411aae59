"""Attribute the mean score of each target to elements, and to the superpixels around it."""

import geohalo.quick_start  # noqa: F401
import torch
from geohalo.files.network import MapNetwork
from geohalo.network.run import Settings
from geohalo.stages.explain_targets import explain_targets
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        torch.set_num_threads(snakemake.threads)
        params, paths = snakemake.params, dict(snakemake.input.items())
        explained = (paths.pop("attribution"), paths.pop("targets"), params.n_segments, params.steps)
        network = MapNetwork.read(**paths, settings=Settings(**params.settings, **params.machine))
        explain_targets(network, *explained, **snakemake.output)
