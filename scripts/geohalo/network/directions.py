"""Where superpixels look: learned attention to neighbours by their direction, which makes anisotropy visible."""

import numpy as np
import torch
from torch import Tensor

from geohalo.network.engine import Engine, External
from geohalo.network.labelled import external_of_map
from geohalo.network.prediction import superpixel_means
from geohalo.network.presets import VARIANTS
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained

#: Classes of bearing; the first one is centred on north.
BINS = 24


def bearings(attributes: Tensor) -> Tensor:
    """Bearing of each edge's first superpixel as seen from its second, which attends to it.

    Parameters
    ----------
    attributes : Tensor (edges, 2 or more)
        Eastward and northward distance from the first superpixel's centroid to the second's.

    Returns
    -------
    Tensor (edges,)
        Degrees clockwise from north, from 0 to below 360.
    """
    towards = -attributes[:, :2].double()
    return torch.rad2deg(torch.atan2(towards[:, 0], towards[:, 1])).remainder(360)


@torch.no_grad()
def relative_attention(engine: Engine, scale: int, graph: External, means: Tensor) -> Tensor:
    """Attention of each edge's second superpixel to its first, relative to an even share.

    A superpixel with n neighbours shares its attention among them and itself: the even share is 1 / (n + 1).

    Parameters
    ----------
    engine : Engine
        In evaluation mode.
    scale : int
    graph : External
    means : Tensor (superpixels, members, channels)
        See `prediction.superpixel_means`.

    Returns
    -------
    Tensor (edges, members)
    """
    name = f"external.{scale}"
    x = engine.norm(f"{name}.norm_0", means, graph.counted)
    _, attention = engine.attention(f"{name}.conv_1", graph, x)
    target = graph.edges[1]
    degree = torch.bincount(target, minlength=len(means))
    return attention * (degree[target] + 1).unsqueeze(1)


@torch.no_grad()
def attention_by_direction(trained: Trained) -> dict[str, np.ndarray]:
    """Mean learned attention to neighbouring superpixels by the direction in which they lie, over the whole map.

    Parameters
    ----------
    trained : Trained
        With attention and an external branch.

    Returns
    -------
    dict of ndarray (scales * BINS,)
        ``scale`` (number of the graph), ``bearing`` of the neighbour as seen from the attending superpixel (centre of
        the class, degrees clockwise from north), ``attention`` relative to an even share (mean over edges and members;
        1 is no preference), ``spread`` (standard deviation over members of the mean over edges) and ``edges``.
        Attention and spread are NaN where no neighbour lies.

    Raises
    ------
    ValueError
        If the network has no attention to tell of.
    """
    if not trained.preset.attention or "external" not in VARIANTS[trained.variant]:
        raise ValueError(
            f"variant {trained.variant!r} of this preset has no attention: it takes network.preset: attention (or "
            "network.options.attention) and the external branch."
        )
    engine, tables = trained.engine(), []
    for scale, graph in enumerate(trained.graphs):
        means = superpixel_means(engine, scale, graph, trained.encode)
        # One member after another: features of all edges are larger than those of superpixels.
        each = [_member_means(m, engine, scale, graph, means) for m in range(means.shape[1])]
        tables.append(_table(scale, torch.stack(each), _bins(graph)))
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _bins(graph: ScaleGraph) -> Tensor:
    """Class of bearing of each edge."""
    return (bearings(graph.attributes) * BINS / 360).round().long() % BINS


def _member_means(member: int, engine: Engine, scale: int, graph: ScaleGraph, means: Tensor) -> Tensor:
    """Mean relative attention of one member for each class of bearing, (BINS,)."""
    one = slice(member, member + 1)
    alone = Engine({name: value[one] for name, value in engine.state.items()}, engine.preset, engine.branches)
    found = relative_attention(alone, scale, external_of_map(graph, 1), means[:, one])[:, 0].double()
    bins = _bins(graph)
    total = found.new_zeros(BINS).index_add_(0, bins, found)
    return total / torch.bincount(bins, minlength=BINS)


def _table(scale: int, means: Tensor, bins: Tensor) -> dict[str, np.ndarray]:
    """Columns of one scale, from means (members, BINS)."""
    return {
        "scale": np.full(BINS, scale),
        "bearing": np.arange(BINS) * (360 / BINS),
        "attention": means.mean(0).cpu().numpy(),
        "spread": means.std(0, correction=0).cpu().numpy(),
        "edges": torch.bincount(bins, minlength=BINS).cpu().numpy(),
    }
