"""Build the internal and external graph of one scale."""

import numpy as np
import xarray as xr
from _cells import Survey, read_geotiff
from _job import job, whole
from geohalo.superpixels.graph import build_graph


def build(cube: str, labels: str, graph: str) -> str:
    """Write the graph's arrays; returns a line for the log."""
    with xr.open_dataset(cube) as data:
        values = data["cube"].to_numpy()[:, Survey.of(data).mask].T
    built = build_graph(read_geotiff(labels)[0], values)
    with whole(graph) as beside, open(beside, "wb") as file:
        np.savez(file, **built.arrays())
    return f"{built.internal_edges.shape[1]} internal and {built.external_edges.shape[1]} external edges"


if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(build(**snakemake.input, **snakemake.output))
