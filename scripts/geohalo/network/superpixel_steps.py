"""Steps of superpixels through the external branch: what each element, or each superpixel, adds to a logit."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, External
from geohalo.network.labelled import external_of
from geohalo.network.path import BLOCK_BYTES, Explained, PathBlock
from geohalo.network.scales import ScaleGraph
from geohalo.network.secants import Step, external_step, relu_slope

#: Bytes that the features of a region of superpixels may take.
REGION_BYTES = 1 << 28
#: Copies of a superpixel's features in a step, and how many more with attention, which has some for each neighbour.
COPIES, ATTENTION_COPIES = 4, 24


@dataclass(frozen=True)
class Region:
    """Some superpixels of a scale, with those around that their logits depend on.

    Attributes
    ----------
    field : Tensor (superpixels,) of int64
        All of the region, ascending numbers of the map.
    place : Tensor (wanted,) of int64
        Where in the field those are whose logits are wanted.
    external : External
        Their graph.
    """

    field: Tensor
    place: Tensor
    external: External

    @classmethod
    def around(cls, graph: ScaleGraph, wanted: Tensor, members: int) -> "Region":
        """Cut out what the logits of some superpixels (ascending) depend on: those within two external steps."""
        field = graph.within(wanted, 2)
        return cls(field, torch.searchsorted(field, wanted), external_of(graph, field, members))


def superpixels_at_once(engine: Engine, scale: int, parts: int) -> int:
    """How many superpixels with a step in so many parts fit into `REGION_BYTES`."""
    members, channels, _ = engine.first_weight(scale).shape
    copies = COPIES + (ATTENTION_COPIES if engine.preset.attention else 0)
    widest = max(channels, *engine.preset.external)
    return max(1, REGION_BYTES // (4 * members * (2 + parts) * widest * copies))


def path_blocks(
    engine: Engine, scale: int, graph: ScaleGraph, encode: Encoding, superpixels: Tensor
) -> list[PathBlock]:
    """Pixels of some superpixels (ascending), block by block in their order."""
    members, channels, columns = engine.first_weight(scale).shape
    size = max(1024, BLOCK_BYTES // (4 * (5 * members * channels + 4 * columns)))
    return [PathBlock(engine, scale, block, encode) for block in graph.blocks(size, superpixels)]


def external_attribution(explained: Explained, scale: int, graph: ScaleGraph, encode: Encoding) -> Tensor:
    """Attribute the external logit of every superpixel to the elements.

    Returns
    -------
    Tensor (superpixels, elements), on the CPU
    """
    engine, share = explained.engine, explained.share("external", scale)
    elements = encode.values.shape[1]
    out = torch.zeros(graph.n_superpixels, elements)
    everything = torch.arange(graph.n_superpixels, device=graph.start.device)
    for wanted in everything.split(superpixels_at_once(engine, scale, elements)):
        region = Region.around(graph, wanted, len(share))
        blocks = path_blocks(engine, scale, graph, encode, region.field)
        for k in range(explained.steps):
            each = [_element_step(engine, scale, block, k, explained.steps) for block in blocks]
            step = Step(*(torch.cat([getattr(one, name) for one in each]) for name in ("ends", "parts")))
            del each
            parts = external_step(engine, scale, region.external, step)[1][region.place]
            out[wanted.cpu()] += torch.einsum("sme,m->se", parts, share).cpu()
    return out


def _element_step(engine: Engine, scale: int, path: PathBlock, step: int, steps: int) -> Step:
    """Step of a block's superpixel means, in parts by element."""
    weight = engine.first_weight(scale)[:, :, :-1]
    start, end = (path.first_layer(k / steps) for k in (step, step + 1))
    change, slope = path.change(step, steps), relu_slope(start, end).flatten(1)
    means = [
        path.block.means(layer.relu().flatten(1)).unflatten(1, weight.shape[:2]) for layer in (start, end)
    ]
    parts = change.new_empty(
        len(path.block.superpixels), weight.shape[0], path.encode.values.shape[1], weight.shape[1]
    )
    for some, pixels, share in path.sizes:
        # Of each superpixel, the mean over its pixels of slope times change, of each channel and feature.
        mean = slope[pixels].transpose(1, 2) @ (change[pixels] * share.unsqueeze(-1))
        added = path.encode.by_element(mean.unflatten(1, weight.shape[:2]).mul_(weight))
        parts[some] = added.transpose(2, 3)
    return Step(torch.stack(means, dim=2), parts)


def path_means(
    explained: Explained, scale: int, graph: ScaleGraph, encode: Encoding, superpixels: Tensor
) -> Tensor:
    """Means of the first hidden layer over some superpixels (ascending) at the ends of all steps.

    Returns
    -------
    Tensor (steps + 1, superpixels, members, channels)
    """
    engine, steps = explained.engine, explained.steps
    parts = []
    for path in path_blocks(engine, scale, graph, encode, superpixels):
        layers = (path.first_layer(k / steps).relu().flatten(1) for k in range(steps + 1))
        parts.append(torch.stack([path.block.means(layer) for layer in layers]))
        del path.__dict__["full"]  # read once
    return torch.cat(parts, dim=1).unflatten(2, engine.first_weight(scale).shape[:2])


def superpixel_parts(
    explained: Explained, scale: int, external: External, means: Tensor, weight: Tensor
) -> Tensor:
    """Attribute weighted means of external logits to the superpixels that they depend on.

    Parameters
    ----------
    explained : Explained
    scale : int
    external : External
    means : Tensor (steps + 1, superpixels, members, channels)
        See `path_means`.
    weight : Tensor (superpixels, targets)
        Of each superpixel's logit in the mean of each target.

    Returns
    -------
    Tensor (superpixels, targets)
    """
    engine, share = explained.engine, explained.share("external", scale)
    out = torch.zeros_like(weight)
    for start, end in pairwise(means):
        # What a part adds is linear in it: the gradient says what any other would.
        shape = (*start.shape[:2], weight.shape[1], start.shape[2])
        with torch.enable_grad():
            parts = start.new_zeros(shape, requires_grad=True)
            step = Step(torch.stack([start, end], dim=2), parts)
            added = external_step(engine, scale, external, step)[1]
            (slope,) = torch.autograd.grad(torch.einsum("smt,st,m->", added, weight, share), parts)
        out += torch.einsum("smtc,smc->st", slope, end - start)
    return out
