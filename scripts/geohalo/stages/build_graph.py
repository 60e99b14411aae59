"""Build the internal and external graph of one scale."""

import numpy as np

from geohalo.files.cells import read_geotiff
from geohalo.superpixels import graph as superpixel_graph
from geohalo.whole_files import whole


def build_graph(labels: str, graph: str) -> str:
    """Write the graph's arrays; returns a line for the log."""
    built = superpixel_graph.build_graph(read_geotiff(labels)[0])
    with whole(graph) as beside, open(beside, "wb") as file:
        np.savez(file, allow_pickle=False, **built.arrays())
    return f"{built.internal_edges.shape[1]} internal and {built.external_edges.shape[1]} external edges"
