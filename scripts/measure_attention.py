"""Average the attention that trained members pay to neighbouring superpixels by direction."""

import geohalo.quick_start  # noqa: F401
import torch
from geohalo.files.network import MapNetwork
from geohalo.network.run import Settings
from geohalo.stages.measure_attention import measure_attention
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        torch.set_num_threads(snakemake.threads)
        params = snakemake.params
        settings = Settings(**params.settings, **params.machine)
        measure_attention(MapNetwork.read(**snakemake.input, settings=settings), **snakemake.output)
