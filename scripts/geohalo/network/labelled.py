"""What training needs of a scale: the receptive field of the labelled cells, and nothing else.

The loss sees labelled cells only, so that only superpixels within two external steps of one matter (GCNConv,
GraphConv). What does not change during training is computed once: A^3 X of the field, the rows of A^3 of
the labelled cells, and the degrees of the external graph.

While a member trains, superpixels that hold any cell of its held-out region are cut from the external graph, so that
nothing of that region reaches a training cell; for prediction the graph is whole again.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, External, Wanted, class_count
from geohalo.network.first_layer import BLOCK_BYTES, FieldBlock, first_layer
from geohalo.network.parts import edge_directions
from geohalo.network.presets import Preset
from geohalo.network.regions import Regions
from geohalo.network.scales import HOPS, Block, ScaleGraph
from geohalo.network.sparse import SparseMatrix, selection


@dataclass(frozen=True)
class LabelledScale:
    """One scale, prepared for the labelled cells of all members.

    Attributes
    ----------
    pixels : Tensor (pixels,) of int64
        Numbers of the field's pixels on the map.
    columns : Tensor (features,) of int64 or None
        Features that any member keeps (`engine.kept_features`).
    features : Tensor (pixels, features + 1)
        A^3 X of these; the last column is 1.
    blocks : list of FieldBlock
    pairs : Tensor (cells, members) of int64
        Row of each member's labelled cells among the pairs of the blocks.
    superpixel : Tensor (cells, members) of int64
        Superpixel of each cell, among those whose external logits are wanted.
    external : External
    there : Tensor (cells, members)
        0 for cells whose superpixel is cut out.
    """

    pixels: Tensor
    columns: Tensor | None
    features: Tensor
    blocks: list[FieldBlock]
    pairs: Tensor
    superpixel: Tensor
    external: External
    there: Tensor


def labelled_scale(
    graph: ScaleGraph,
    encode: Encoding,
    cells: Tensor,
    held_out: Tensor | np.ndarray | Regions | None,
    preset: Preset,
    near: bool = True,
    columns: Tensor | None = None,
) -> LabelledScale:
    """Prepare one scale.

    Parameters
    ----------
    graph : ScaleGraph
        The whole map.
    encode : Encoding
    cells : Tensor (members, cells) of int64
        Labelled cells of each member.
    held_out : (members, pixels) of bool, or Regions, optional
        Held-out region of each member; nothing is held out when left out.
    preset : Preset
    near : bool
        Whether the internal branch needs the neighbourhood of the labelled cells.
    columns : Tensor (features,) of int64, optional
        Features that any member keeps; all when left out.
    """
    field = receptive_field(graph, cells, preset)
    superpixel = torch.searchsorted(field, graph.superpixel[cells].long()).t().contiguous()
    external = _external(graph, field, held_out, superpixel, preset.normalisation == "map")
    there = external.present.gather(0, superpixel)
    pixels, features, blocks, pairs = _blocks(graph, field, encode, cells, superpixel, preset, near, columns)
    if external.wanted is not None:
        superpixel = torch.searchsorted(external.wanted.last, superpixel)
    return LabelledScale(pixels, columns, features, blocks, pairs, superpixel, external, there)


def receptive_field(graph: ScaleGraph, cells: Tensor, preset: Preset) -> Tensor:
    """Superpixels (superpixels,) that the network sees of the labelled ``cells`` of any shape, ascending."""
    if preset.normalisation == "map":
        return torch.arange(graph.n_superpixels, device=graph.start.device)
    return graph.within(torch.unique(graph.superpixel[cells].long()), 2)


def _external(
    graph: ScaleGraph,
    field: Tensor,
    held_out: Tensor | np.ndarray | Regions | None,
    superpixel: Tensor,
    of_map: bool,
) -> External:
    """Build the external graph of the field; degrees are those of the whole graph, less what is cut out."""
    external = external_of(graph, field, superpixel.shape[1])
    present, scaling = external.present, external.scaling
    if held_out is not None:
        # Where all neighbours of the field are.
        around = graph.within(field, 1)
        present = (~graph.touched(held_out)[around]).float()
        scaling = present * ((graph.subgraph(around).adjacency @ present) + 1).rsqrt()
        place = torch.searchsorted(around, field)
        present, scaling = present[place], scaling[place]
    external = replace(external, scaling=scaling, present=present, counted=present)
    if of_map:
        return external
    counted = present * torch.zeros_like(present).scatter_(0, superpixel, 1.0)
    return replace(external, counted=counted, wanted=_wanted(graph, field, external, superpixel.unique()))


def _wanted(graph: ScaleGraph, field: Tensor, external: External, last: Tensor) -> Wanted:
    """Cut the external graph of the field down to what the logits of some of its superpixels need."""
    middle = torch.searchsorted(field, graph.within(field[last], 1))
    place = torch.full_like(field, -1)
    place[middle] = torch.arange(len(middle), device=field.device)
    rows, columns, values = external.adjacency.entries()
    loops = torch.arange(len(middle), device=field.device)
    inside = place[rows] >= 0
    first = SparseMatrix.from_entries(
        torch.cat([place[rows[inside]], loops]),
        torch.cat([columns[inside], middle]),
        torch.cat([values[inside], values.new_ones(len(middle))]),
        (len(middle), len(field)),
    )
    among = torch.full_like(field, -1)
    among[last] = torch.arange(len(last), device=field.device)
    inside = among[rows] >= 0  # whose neighbours are all in the middle
    entries = (among[rows[inside]], place[columns[inside]], values[inside])
    second = SparseMatrix.from_entries(*entries, (len(last), len(middle)))
    return Wanted(middle, first, second, selection(place[last], len(middle)), last)


def external_of(graph: ScaleGraph, superpixels: Tensor, members: int) -> External:
    """Build the external graph among some superpixels (ascending) for prediction: nothing is cut out.

    Degrees are those of the whole graph.
    """
    part = graph.subgraph(superpixels)
    present = torch.ones(len(superpixels), 1, device=superpixels.device)
    scaling = (torch.diff(graph.first_external)[superpixels].unsqueeze(1) + present).rsqrt()
    alike = present.expand(-1, members)
    directions = edge_directions(part.attributes, graph.median_distance)
    scaling = scaling.expand(-1, members)
    return External(superpixels, part.adjacency, part.edges, directions, scaling, alike, alike)


def external_of_map(graph: ScaleGraph, members: int) -> External:
    """Build the external graph of the map for prediction."""
    return external_of(graph, torch.arange(graph.n_superpixels, device=graph.start.device), members)


def _blocks(
    graph: ScaleGraph,
    field: Tensor,
    encode: Encoding,
    cells: Tensor,
    superpixel: Tensor,
    preset: Preset,
    near: bool,
    columns: Tensor | None,
) -> tuple[Tensor, Tensor, list[FieldBlock], Tensor]:
    """Cut the field into blocks; returns its pixels, A^3 X of these, the blocks, and the row of each pair."""
    members = len(cells)
    largest = max(1, BLOCK_BYTES[cells.device.type] // (4 * preset.internal[0] * members))
    order = torch.argsort(superpixel.flatten(), stable=True)
    pair_cell, pair_member = (
        cells.t().flatten()[order],
        (torch.arange(len(order), device=cells.device) % members)[order],
    )
    first_pair = torch.searchsorted(
        superpixel.flatten()[order], torch.arange(len(field) + 1, device=cells.device)
    ).tolist()
    size = int(torch.diff(graph.start)[field].sum())
    pixels = torch.empty(size, dtype=torch.int64, device=cells.device)
    features = torch.empty(0, device=cells.device)
    blocks: list[FieldBlock] = []
    for block in graph.blocks(largest, field):
        start = blocks[-1].pixels.stop if blocks else 0
        low = blocks[-1].superpixels.stop if blocks else 0
        high = low + len(block.superpixels)
        x = block.propagate(encode.of_columns(block.pixels, columns))
        if not blocks:
            features = x.new_ones(size, x.shape[1] + 1)
        pixels[start : start + len(x)] = block.pixels
        features[start : start + len(x), :-1] = x
        pairs = slice(first_pair[low], first_pair[high])
        rows = _near(block, pair_cell[pairs], pair_member[pairs], members) if near else None
        mean = _mean(block)
        blocks.append(
            FieldBlock(
                slice(start, start + len(x)),
                slice(low, high),
                pairs if near else slice(0, 0),
                mean.matrix,
                mean.transposed,
                rows.matrix if rows else None,
                rows.transposed if rows else None,
            )
        )
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order), device=order.device)
    return pixels, features, blocks, place.view_as(superpixel)


def _mean(block: Block) -> SparseMatrix:
    """Matrix that turns pixel features of a block into the mean of each superpixel."""
    size = torch.bincount(block.local, minlength=len(block.superpixels))
    columns = torch.arange(len(block.local), device=block.local.device)
    return SparseMatrix.from_entries(block.local, columns, 1.0 / size[block.local], (len(size), len(columns)))


def _near(block: Block, cells: Tensor, member: Tensor, members: int) -> SparseMatrix | None:
    """Rows of A^3 of pairs of labelled cell and member, over pixels and members: (pairs, pixels * members)."""
    if not len(cells):
        return None
    ascending, order = torch.sort(block.pixels)
    here = order[torch.searchsorted(ascending, cells)]
    distinct, which = torch.unique(here, return_inverse=True)
    rows, propagation = selection(distinct, len(block.pixels)), block.propagation()
    for _ in range(HOPS):
        rows = rows.after(propagation)
    crow = rows.matrix.crow_indices()
    count = torch.diff(crow)[which]
    pair = torch.repeat_interleave(torch.arange(len(which), device=which.device), count)
    begin = torch.cumsum(count, 0) - count
    entry = torch.arange(len(pair), device=which.device) - begin[pair] + crow[which][pair]
    columns = rows.matrix.col_indices()[entry].long() * members + member[pair]
    shape = (len(cells), len(block.pixels) * members)
    return SparseMatrix.from_entries(pair, columns, rows.matrix.values()[entry], shape)


def _spatial_logits(engine: Engine, number: int, scale: LabelledScale) -> tuple[list[Tensor], list[Tensor]]:
    """Internal and external logits (cells, members, classes) of the labelled cells at one scale, where wanted."""
    means, near = first_layer(
        engine.first_weight(number, scale.columns), seen_features(engine, scale), scale.blocks
    )
    internal, external = [], []
    if "internal" in engine.branches:
        internal.append(engine.internal(number, engine.second_weight(number, near[scale.pairs])))
    if "external" in engine.branches:
        logits = engine.external(number, scale.external, means)
        index = scale.superpixel.unsqueeze(-1).expand(-1, -1, logits.shape[2])
        external.append(logits.gather(0, index))
    return internal, external


def seen_features(engine: Engine, scale: LabelledScale) -> Tensor:
    """Features of the field as the graph branch sees them in this step: what is dropped is so for all members."""
    share, bins = engine.preset.input_dropout, max(1, engine.preset.encoding)
    if engine.masks is None or not share:
        return scale.features
    features = scale.features[:, :-1]
    columns = (
        torch.arange(features.shape[1], device=features.device) if scale.columns is None else scale.columns
    )
    inputs = columns // bins
    kept = engine.masks.shared().factors("inputs", scale.pixels, int(inputs[-1]) + 1, share, inputs)
    return torch.cat([features * kept[:, 0], scale.features[:, -1:]], dim=1)


@dataclass(frozen=True)
class Logits:
    """Logits of labelled cells, of each part of the network (`definition.network_parts`).

    Attributes
    ----------
    parts : Tensor (parts, cells, members, classes)
    share : Tensor (parts, cells, members)
        Weight of each part in the fused logits; 0 where its scale is cut out, and more for the scales that are left.
    usable : Tensor (cells, members)
        0 for cells whose superpixel is cut out at every scale.
    linear : bool
        Whether the last part is the linear term.
    """

    parts: Tensor
    share: Tensor
    usable: Tensor
    linear: bool = False

    def fused(self) -> Tensor:
        """Fuse the parts: (cells, members, classes)."""
        return torch.einsum("bnm,bnmk->nmk", self.share, self.parts)

    def with_part(self, part: Tensor) -> "Logits":
        """Add the logits (cells, members, classes) of one more part."""
        return replace(self, parts=torch.cat([self.parts, part.unsqueeze(0)]))

    def with_linear(self, part: Tensor | None) -> "Logits":
        """Add the linear term as the last part, where there is one."""
        return self if part is None else replace(self.with_part(part), linear=True)

    def of(self, some: slice) -> "Logits":
        """Return the logits of some of the members."""
        return replace(
            self, parts=self.parts[:, :, some], share=self.share[:, :, some], usable=self.usable[:, some]
        )


def spatial_logits(engine: Engine, x: Tensor, scales: list[LabelledScale]) -> Logits:
    """Logits of the labelled cells, without those of the spectrum branch and the linear term, whose shares are there.

    A cell whose superpixel is cut out at a scale does without that scale; the spatial branch keeps its total weight as
    long as one scale is left.

    Parameters
    ----------
    engine : Engine
    x : Tensor (cells, members, elements)
        Spectra of each member's labelled cells.
    scales : list of LabelledScale
    """
    weights = engine.weights().t()
    share = weights.unsqueeze(1).expand(-1, len(x), -1)
    if not scales:
        nothing = x.new_empty(0, *x.shape[:2], class_count(engine.state))
        return Logits(nothing, share, torch.ones(x.shape[:2], device=x.device))
    found = [_spatial_logits(engine, k, scale) for k, scale in enumerate(scales)]
    parts = [p for internal, _ in found for p in internal] + [p for _, external in found for p in external]
    there = torch.stack([scale.there for scale in scales])
    spatial = weights[: len(parts)].unsqueeze(1)
    left = spatial * there.repeat(len(parts) // len(scales), 1, 1)
    left = left / left.sum(0).clamp(min=1e-12) * spatial.sum(0)
    return Logits(torch.stack(parts), torch.cat([left, share[len(parts) :]]), there.amax(0))


def seen_spectra(engine: Engine, x: Tensor) -> Tensor:
    """Spectra (cells, members, elements) as the spectrum branch sees them in this step."""
    share = engine.preset.input_dropout
    if engine.masks is None or not share:
        return x
    return x * engine.masks.factors("spectra", torch.arange(len(x), device=x.device), x.shape[2], share)


def labelled_logits(engine: Engine, x: Tensor, scales: list[LabelledScale]) -> Logits:
    """Logits of the labelled cells, all parts; for ``x`` and ``scales`` see `spatial_logits`."""
    logits = spatial_logits(engine, x, scales)
    if "spectrum" in engine.branches:
        logits = logits.with_part(engine.spectrum(seen_spectra(engine, x)))
    if "covariates" in engine.branches:
        logits = logits.with_part(engine.covariates(seen_spectra(engine, x)))
    return logits.with_linear(engine.linear_term(x) if "linear" in engine.branches else None)
