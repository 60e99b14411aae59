"""Which superpixels the score of a target draws on: the external branch, attributed to superpixels."""

import numpy as np
import torch
from torch import Tensor

from geohalo.network.attribution import STEPS
from geohalo.network.encoding import Encoding
from geohalo.network.path import Explained
from geohalo.network.presets import VARIANTS
from geohalo.network.scales import ScaleGraph
from geohalo.network.superpixel_steps import Region, path_means, superpixel_parts, superpixels_at_once
from geohalo.network.trained import Trained

Columns = dict[str, np.ndarray]


@torch.no_grad()
def neighbour_attributions(trained: Trained, rank: Tensor, steps: int = STEPS) -> Columns:
    """Attribute the mean external logit of each target to superpixels: its own, and those within two external steps.

    Parameters
    ----------
    trained : Trained
    rank : Tensor (cells,) of int64
        Target of each cell, from 1; 0 for none.
    steps : int
        See `attribution.attributions`.

    Returns
    -------
    dict of ndarray (rows,)
        ``rank``; ``scale``, the number of the graph; ``superpixel``, from 0; ``cells``, how many of the target's lie
        in it; ``attribution`` in log-odds, as it counts in the fused logit: those of a target add up to what the
        external branch adds to its mean logit. Empty for variants without an external branch, or without targets.
    """
    empty = np.empty(0, np.int64)
    found = [{"rank": empty, "scale": empty, "superpixel": empty, "cells": empty, "attribution": np.empty(0)}]
    if "external" in VARIANTS[trained.variant] and bool((rank > 0).any()):
        explained = Explained.of(trained, steps)
        for scale, graph in enumerate(trained.graphs):
            found += _of_scale(explained, scale, graph, trained.encode, rank.to(graph.superpixel.device))
    columns = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    order = np.lexsort([columns["superpixel"], columns["scale"], columns["rank"]])
    return {name: values[order] for name, values in columns.items()}


def _of_scale(
    explained: Explained, scale: int, graph: ScaleGraph, encode: Encoding, rank: Tensor
) -> list[Columns]:
    """Attribute the targets at one scale, as many at once as fit into memory with the ground that they draw on."""
    cells = torch.nonzero(rank).flatten()
    pairs = torch.stack([rank[cells], graph.superpixel[cells].long()])
    (ranks, own), counts = pairs.unique(dim=1, return_counts=True)
    found, waiting = [], [ranks.unique()]
    while waiting:
        some = waiting.pop()
        rows = torch.isin(ranks, some)
        region = Region.around(graph, own[rows].unique(), len(explained.shares))
        if len(some) > 1 and len(region.field) > superpixels_at_once(explained.engine, scale, 3 * len(some)):
            waiting += some.tensor_split(2)
            continue
        at = torch.searchsorted(region.field, own[rows]), torch.searchsorted(some, ranks[rows])
        inside = counts.new_zeros(len(region.field), len(some)).index_put(at, counts[rows])
        means = path_means(explained, scale, graph, encode, region.field)
        parts = superpixel_parts(explained, scale, region.external, means, inside / inside.sum(0))
        place, target = torch.nonzero((parts != 0) | (inside > 0), as_tuple=True)
        table = {
            "rank": some[target],
            "scale": torch.full_like(target, scale),
            "superpixel": region.field[place],
            "cells": inside[place, target],
            "attribution": parts[place, target],
        }
        found.append({name: column.cpu().numpy() for name, column in table.items()})
    return found


def neighbour_table(
    columns: Columns, rank: np.ndarray, superpixels: list[np.ndarray], cells: np.ndarray
) -> Columns:
    """Say of each superpixel how much it matters for a target, and where from the target it lies.

    Parameters
    ----------
    columns : dict of ndarray (rows,)
        See `neighbour_attributions`.
    rank : ndarray (cells,) of int
        Target of each cell.
    superpixels : list of ndarray (cells,) of int
        Superpixel of each cell at each scale.
    cells : ndarray (cells, 2)
        Easting and northing of the cells' centres in metres.

    Returns
    -------
    dict of ndarray (rows,)
        The columns, and ``weight``: the share of the absolute attributions of all superpixels of a target, at all
        scales, which add up to 1 (0 where nothing adds anything); ``direction``, in degrees clockwise from north,
        and ``distance_km``, of its centroid from the target's.
    """
    size = np.abs(columns["attribution"])
    total = np.bincount(columns["rank"], size)[columns["rank"]] if len(size) else size
    weight = np.divide(size, total, out=np.zeros_like(size), where=total > 0)
    place = np.empty((len(size), 2))
    for scale, superpixel in enumerate(superpixels):
        rows = columns["scale"] == scale
        place[rows] = _centroids(superpixel, cells)[columns["superpixel"][rows]]
    east, north = (place - _centroids(rank, cells)[columns["rank"]]).T
    direction = np.rad2deg(np.arctan2(east, north)) % 360
    return columns | {"weight": weight, "direction": direction, "distance_km": np.hypot(east, north) / 1e3}


def _centroids(number: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Mean place (numbers, 2) of the cells of each number; NaN for numbers without cells."""
    count = np.bincount(number)
    sums = np.column_stack([np.bincount(number, axis) for axis in cells.T])
    return np.divide(sums, count[:, None], out=np.full(sums.shape, np.nan), where=count[:, None] > 0)
