"""Steps of superpixels through the external branch: what each element, or each superpixel, adds to a logit."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from geohalo.network.definition import edge_directions
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, External
from geohalo.network.labelled import whole_external
from geohalo.network.path import BLOCK_BYTES, Explained, PathBlock
from geohalo.network.scales import ScaleGraph
from geohalo.network.secants import ENDS, external_step, relu_slope

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
    def around(cls, graph: ScaleGraph, wanted: Tensor, whole: External) -> "Region":
        """Cut out what the logits of some superpixels (ascending) depend on: those within two external steps."""
        field = graph.within(wanted, 2)
        part = graph.subgraph(field)
        directions = edge_directions(part.attributes, graph.attributes)
        apart = (getattr(whole, name)[field] for name in ("scaling", "present", "counted"))
        external = External(part.adjacency, part.edges, directions, *apart)
        return cls(field, torch.searchsorted(field, wanted), external)


def superpixels_at_once(engine: Engine, scale: int, parts: int) -> int:
    """How many superpixels with steps in so many parts fit into `REGION_BYTES`."""
    members, channels, _ = engine.first_weight(scale).shape
    copies = COPIES + (ATTENTION_COPIES if engine.preset.attention else 0)
    widest = max(channels, *engine.preset.external)
    return max(1, REGION_BYTES // (4 * members * (ENDS + parts) * widest * copies))


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
    whole = whole_external(graph, len(share))
    out = torch.zeros(graph.n_superpixels, elements)
    everything = torch.arange(graph.n_superpixels, device=graph.start.device)
    for wanted in everything.split(superpixels_at_once(engine, scale, elements)):
        region = Region.around(graph, wanted, whole)
        blocks = path_blocks(engine, scale, graph, encode, region.field)
        for k in range(explained.steps):
            x = torch.cat([_element_step(engine, scale, block, k, explained.steps) for block in blocks])
            parts = external_step(engine, scale, region.external, x)[region.place, :, ENDS:]
            out[wanted.cpu()] += torch.einsum("sme,m->se", parts, share).cpu()
    return out


def _element_step(engine: Engine, scale: int, path: PathBlock, step: int, steps: int) -> Tensor:
    """Step of a block's superpixel means in parts by element, (superpixels, members, 2 + elements, channels)."""
    weight = engine.first_weight(scale)[:, :, :-1]
    elements = path.encode.values.shape[1]
    start, end = (path.first_layer(k / steps) for k in (step, step + 1))
    change, slope = path.change(step, steps), relu_slope(start, end).flatten(1)
    superpixels = len(path.block.superpixels)
    x = change.new_empty(superpixels, weight.shape[0], ENDS + elements, weight.shape[1])
    for at, first in enumerate((start, end)):
        x[:, :, at] = path.block.means(first.relu().flatten(1)).unflatten(1, weight.shape[:2])
    for some, pixels, share in path.sizes:
        # Of each superpixel, the mean over its pixels of slope times change, of each channel and feature.
        mean = slope[pixels].transpose(1, 2) @ (change[pixels] * share.unsqueeze(-1))
        added = path.encode.by_element(mean.unflatten(1, weight.shape[:2]).mul_(weight))
        x[some, :, ENDS:] = added.transpose(2, 3)
    return x


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
        del path.__dict__["whole"]  # read once
    return torch.cat(parts, dim=1).unflatten(2, engine.first_weight(scale).shape[:2])


def superpixel_parts(
    explained: Explained, scale: int, region: Region, means: Tensor, weight: Tensor
) -> Tensor:
    """Attribute the mean external logit of some superpixels to the superpixels around them and to themselves.

    Parameters
    ----------
    explained : Explained
    scale : int
    region : Region
    means : Tensor (steps + 1, superpixels, members, channels)
        Of the region's field; see `path_means`.
    weight : Tensor (wanted,)
        Of the superpixels whose logits are wanted, in the mean.

    Returns
    -------
    Tensor (superpixels,)
        Of the region's field.
    """
    engine, share = explained.engine, explained.share("external", scale)
    out = means.new_zeros(len(region.field))
    count = max(1, superpixels_at_once(engine, scale, 0) * ENDS // len(region.field) - ENDS)
    for some in torch.arange(len(region.field), device=means.device).split(count):
        for start, end in pairwise(means):
            x = means.new_zeros(*start.shape[:2], ENDS + len(some), start.shape[2])
            x[:, :, 0], x[:, :, 1] = start, end
            x[some, :, ENDS + torch.arange(len(some), device=some.device)] = (end - start)[some]
            parts = external_step(engine, scale, region.external, x)[region.place, :, ENDS:]
            out[some] += torch.einsum("smd,s,m->d", parts, weight, share)
    return out
