"""Build the internal and external graph of one scale."""

import numpy as np

from geohalo.atomic_files import atomic_write
from geohalo.files.cells import read_geotiff
from geohalo.superpixels import graph as superpixel_graph


def build_graph(labels: str, graph: str) -> str:
    """Write the graph's arrays; returns a line for the log."""
    built = superpixel_graph.build_graph(read_geotiff(labels)[0])
    with atomic_write(graph) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, **built.arrays())
    return f"{built.internal_edges.shape[1]} internal and {built.external_edges.shape[1]} external edges"
