"""Attribute the mean score of each target to elements, and to the superpixels around it."""

import numpy as np
import pandas as pd
import torch
import xarray as xr

from geohalo.files.cells import read_cells, read_geotiff
from geohalo.files.network import MapNetwork
from geohalo.files.tables import write_csv
from geohalo.network.neighbours import neighbour_attributions, neighbour_table


def explain_targets(
    network: MapNetwork,
    attribution: str,
    targets: str,
    n_segments: list[str],
    steps: int,
    elements: str,
    superpixels: str,
) -> None:
    """Write what elements, and what superpixels around it, add to the mean score of each target.

    ``n_segments`` names the superpixels as their files do; ``steps`` are those of the path that gradients are
    integrated along.
    """
    rank = read_geotiff(targets)[0][network.survey.mask].astype(np.int64)
    write_csv(elements_table(network, attribution, rank), elements)
    write_csv(superpixels_table(network, n_segments, rank, steps), superpixels)


def elements_table(network: MapNetwork, attribution: str, rank: np.ndarray) -> pd.DataFrame:
    """Mean attribution of the cells of each target, branch by branch."""
    inside, found = rank > 0, []
    with xr.open_dataset(attribution) as data:
        for branch in data["branch"].to_numpy():
            for element, kind in zip(network.elements, network.kinds, strict=True):
                layer = data["attribution"].sel(branch=branch, element=element).to_dataset(name="layer")
                cells = pd.Series(read_cells(layer, "layer", network.survey)[inside], dtype=float)
                mean = cells.groupby(rank[inside]).mean().rename_axis("rank").reset_index(name="attribution")
                found.append(mean.assign(branch=branch, element=element, kind=kind))
    columns = ["rank", "branch", "element", "attribution", *(["kind"] if network.covariates else [])]
    return pd.concat(found)[columns].sort_values("rank", kind="stable", ignore_index=True)


def superpixels_table(
    network: MapNetwork, n_segments: list[str], rank: np.ndarray, steps: int
) -> pd.DataFrame:
    """What superpixels add to each target: those that matter most first, numbered as in their files."""
    columns = neighbour_attributions(network.trained, torch.as_tensor(rank), steps)
    superpixels = [graph.superpixel.cpu().numpy() for graph in network.trained.graphs]
    table = pd.DataFrame(neighbour_table(columns, rank, superpixels, network.survey.cells))
    table["n_segments"] = np.array(n_segments)[table.pop("scale")]
    table["superpixel"] += 1
    order = ["rank", "n_segments", "superpixel", "cells", "attribution", "weight", "direction", "distance_km"]
    return table[order].sort_values(["rank", "weight"], ascending=[True, False], kind="stable")
