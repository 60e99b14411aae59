"""Average the attention that trained members pay to neighbouring superpixels by direction."""

import numpy as np
import pandas as pd
import torch
from geohalo.files.network import MapNetwork
from geohalo.files.tables import write_csv
from geohalo.network.directions import attention_by_direction
from geohalo.network.run import Settings
from geohalo.workflow.job import job


def measure(network: MapNetwork) -> pd.DataFrame:
    """Return the table."""
    found = attention_by_direction(
        network.state, network.graphs, network.encode, network.recipe, network.variant
    )
    table = pd.DataFrame(found)
    table["scale"] = np.array([graph.n_superpixels for graph in network.graphs])[table["scale"]]
    return table.assign(scheme=network.scheme, members=len(network.temperature))


if __name__ == "__main__":
    with job(snakemake):
        torch.set_num_threads(snakemake.threads)
        params = snakemake.params
        settings = Settings(**params.settings, **params.machine)
        table = measure(MapNetwork.read(**snakemake.input, settings=settings))
        write_csv(table, snakemake.output.attention)
