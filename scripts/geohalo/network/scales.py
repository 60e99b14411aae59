"""One scale of superpixels, laid out so that any set of superpixels can be taken out and computed alone.

The internal graph never leaves a superpixel. With the pixels sorted by superpixel its matrix is therefore block
diagonal, and a run of superpixels is a run of rows: training takes the superpixels of its receptive field, prediction
streams over all of them, and memory follows the block and not the map.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from geohalo.network.parts import edge_distances
from geohalo.network.regions import Regions
from geohalo.network.sparse import SparseMatrix, adjacency

#: Hops of the simplified graph convolution (SGConv) over the internal graph: K = 3 in the published network.
HOPS = 3

#: Cells whose internal edges are laid out at once.
BLOCK = 1 << 20


def ranges(start: Tensor, length: Tensor) -> Tensor:
    """Concatenate the ranges start, start + 1, ... of the lengths given."""
    begin = torch.cumsum(length, 0) - length
    return torch.arange(int(length.sum()), device=start.device) + torch.repeat_interleave(
        start - begin, length
    )


@dataclass(frozen=True)
class Block:
    """The pixels of some superpixels, with their internal graph.

    Attributes
    ----------
    pixels : Tensor (pixels,) of int64
        Pixel numbers of the map, sorted by superpixel.
    superpixels : Tensor (superpixels,) of int64
        Superpixel numbers of the map.
    local : Tensor (pixels,) of int64
        Superpixel of each pixel, numbered within the block.
    neighbours : SparseMatrix (pixels, pixels)
        Internal adjacency without loops, pixels numbered within the block.
    """

    pixels: Tensor
    superpixels: Tensor
    local: Tensor
    neighbours: SparseMatrix

    def propagate(self, features: Tensor, hops: int = HOPS) -> Tensor:
        """Multiply features (pixels, ...) ``hops`` times with D^-1/2 (A + I) D^-1/2 (Kipf & Welling 2017, eq. 2)."""
        scale = self.scale.view(-1, *[1] * (features.dim() - 1))
        for _ in range(hops):
            scaled = features * scale
            features = (self.neighbours @ scaled).add_(scaled).mul_(scale)
        return features

    @property
    def scale(self) -> Tensor:
        """D^-1/2 of each pixel, loop counted."""
        return (torch.diff(self.neighbours.matrix.crow_indices()) + 1).to(torch.float32).rsqrt()

    def propagation(self) -> SparseMatrix:
        """The normalised matrix itself, loops included."""
        counts = torch.diff(self.neighbours.matrix.crow_indices())
        here = torch.arange(len(counts), device=counts.device)
        rows = torch.cat([torch.repeat_interleave(here, counts), here])
        columns = torch.cat([self.neighbours.matrix.col_indices().long(), here])
        return SparseMatrix.from_entries(
            rows, columns, self.scale[rows] * self.scale[columns], (len(counts),) * 2
        )

    def means(self, features: Tensor) -> Tensor:
        """Mean of features (pixels, ...) over each superpixel, (superpixels, ...)."""
        return torch.segment_reduce(
            features, "mean", lengths=torch.bincount(self.local, minlength=len(self.superpixels))
        )


@dataclass(frozen=True)
class ScaleGraph:
    """The graph of one scale.

    A cell takes some 13 bytes, as an internal edge is kept as a short step in ``order``.

    Attributes
    ----------
    superpixel : Tensor (pixels,) of int32
        Superpixel of each pixel.
    order : Tensor (pixels,) of int32
        Pixels sorted by superpixel.
    start : Tensor (superpixels + 1,) of int64
        Where each superpixel begins in ``order``.
    degree : Tensor (pixels,) of uint8
        Internal neighbours of each pixel, in ``order``.
    first, step : Tensor (superpixels + 1,) of int64, (internal edges,) of int8, int16 or int32
        Where the internal edges of each superpixel begin, and how far in ``order`` each leads from its pixel.
    first_external, neighbour : Tensor (superpixels + 1,) of int64, (edges,) of int32
        External graph in compressed rows, without loops and in both directions, sorted.
    attributes : Tensor (edges, 3)
        Eastward and northward distance between the superpixels' centroids in cells, and touching pixel pairs.
    """

    superpixel: Tensor
    order: Tensor
    start: Tensor
    degree: Tensor
    first: Tensor
    step: Tensor
    first_external: Tensor
    neighbour: Tensor
    attributes: Tensor

    @classmethod
    def from_arrays(cls, graph: Mapping[str, np.ndarray], device: torch.device) -> "ScaleGraph":
        """Read the arrays of one scale (see `geohalo.superpixels.graph.SuperpixelGraph`), each when it is needed."""
        assignment = np.asarray(graph["assignment"]).astype(np.int32, copy=False)
        count = int(assignment.max()) + 1
        order = np.argsort(assignment, kind="stable").astype(np.int32)
        start = _starts(np.bincount(assignment, minlength=count))
        degree, step = _internal(np.asarray(graph["internal_edges"]), order)
        per_superpixel = np.add.reduceat(degree, start[:-1], dtype=np.int64)
        per_superpixel[np.diff(start) == 0] = 0
        source, target = np.asarray(graph["external_edges"])
        arrays = {
            "superpixel": assignment,
            "order": order,
            "start": start,
            "degree": degree,
            "first": _starts(per_superpixel),
            "step": step,
            "first_external": _starts(np.bincount(source, minlength=count)),
            "neighbour": target.astype(np.int32, copy=False),
            "attributes": np.asarray(graph["external_attributes"]),
        }
        return cls(**{name: torch.as_tensor(array).to(device) for name, array in arrays.items()})

    @property
    def n_superpixels(self) -> int:
        """Number of superpixels."""
        return len(self.start) - 1

    @cached_property
    def edges(self) -> Tensor:
        """External edges, (2, edges) of int64, sorted by the first superpixel, then the second."""
        degree = torch.diff(self.first_external)
        here = torch.arange(len(degree), device=degree.device)
        return torch.stack([torch.repeat_interleave(here, degree), self.neighbour.long()])

    @cached_property
    def adjacency(self) -> SparseMatrix:
        """External graph without loops, (superpixels, superpixels)."""
        return adjacency(self.edges, len(self.first_external) - 1)

    @cached_property
    def median_distance(self) -> Tensor:
        """Median distance of neighbouring superpixels in cells."""
        return edge_distances(self.attributes).median()

    def block(self, superpixels: Tensor) -> Block:
        """Take out some superpixels (ascending numbers)."""
        start, size = self.start[superpixels], torch.diff(self.start)[superpixels]
        places = ranges(start, size)
        local = torch.repeat_interleave(torch.arange(len(size), device=size.device), size)
        degree = self.degree[places].long()
        steps = self.step[ranges(self.first[superpixels], torch.diff(self.first)[superpixels])]
        # All pixels of a superpixel are in the block: a step there is the same as in `order`.
        columns = torch.repeat_interleave(torch.arange(len(places), device=size.device), degree) + steps
        rows = torch.cat([degree.new_zeros(1), torch.cumsum(degree, 0)])
        matrix = torch.sparse_csr_tensor(
            rows,
            columns,
            torch.ones(len(columns), device=rows.device),
            (len(places),) * 2,
            check_invariants=False,
        )
        return Block(self.order[places].long(), superpixels, local, SparseMatrix(matrix))

    def blocks(self, largest: int, superpixels: Tensor | None = None) -> Iterator[Block]:
        """Some superpixels (ascending numbers), or all, in blocks of at most ``largest`` pixels.

        A block is one superpixel where that is larger.
        """
        if superpixels is None:
            superpixels = torch.arange(self.n_superpixels, device=self.start.device)
        ends = torch.cumsum(torch.diff(self.start)[superpixels], 0).cpu()
        low = done = 0
        while low < len(superpixels):
            high = max(int(torch.searchsorted(ends, done + largest, right=True)), low + 1)
            yield self.block(superpixels[low:high])
            low, done = high, int(ends[high - 1])

    def pixels(self, superpixels: Tensor) -> Tensor:
        """Pixels of some superpixels, (pixels,) of int64, superpixel by superpixel."""
        return self.order[ranges(self.start[superpixels], torch.diff(self.start)[superpixels])].long()

    def within(self, superpixels: Tensor, hops: int) -> Tensor:
        """Superpixels within some external steps of the given ones, ascending."""
        near = torch.zeros(self.n_superpixels, dtype=torch.bool, device=self.start.device)
        near[superpixels] = True
        for _ in range(hops):
            reached = self.neighbour[self._rows(superpixels)[0]].long()
            superpixels = reached[~near[reached]].unique()
            near[superpixels] = True
        return torch.nonzero(near).flatten()

    def touched(self, regions: Iterable[Tensor | np.ndarray] | Regions) -> Tensor:
        """Tell which superpixels hold a pixel of each region (regions, pixels); (superpixels, regions) of bool."""
        device, found = self.start.device, []
        distinct, which = regions.distinct() if isinstance(regions, Regions) else (regions, None)
        for region in distinct:
            row = torch.zeros(self.n_superpixels, dtype=torch.bool, device=device)
            row[self.superpixel[torch.as_tensor(region).to(device)].long()] = True
            found.append(row)
        return torch.stack(found if which is None else [found[one] for one in which], dim=1)

    def subgraph(self, superpixels: Tensor) -> "ScaleGraph":
        """Keep the external graph among some superpixels (ascending), renumbered; the pixels stay as they are."""
        places, degree = self._rows(superpixels)
        second = self.neighbour[places].long()
        number = torch.searchsorted(superpixels, second).clamp_(max=max(0, len(superpixels) - 1))
        kept = superpixels[number] == second
        here = torch.arange(len(superpixels), device=second.device)
        degree = torch.bincount(torch.repeat_interleave(here, degree)[kept], minlength=len(superpixels))
        return replace(
            self,
            first_external=torch.cat([degree.new_zeros(1), torch.cumsum(degree, 0)]),
            neighbour=number[kept].to(torch.int32),
            attributes=self.attributes[places[kept]],
        )

    def _rows(self, superpixels: Tensor) -> tuple[Tensor, Tensor]:
        """Places of the external edges of some superpixels, and how many each superpixel has."""
        degree = torch.diff(self.first_external)[superpixels]
        return ranges(self.first_external[superpixels], degree), degree


def _starts(sizes: np.ndarray) -> np.ndarray:
    """Where each of some runs of the given sizes begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _internal(edges: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lay the internal edges (2, edges), sorted by their first pixel, out in ``order``.

    Returns
    -------
    degree : ndarray (pixels,) of uint8
        Neighbours of each pixel.
    step : ndarray (edges,) of the smallest integers that hold it
        From the place of each pixel to those of its neighbours.
    """
    source, target = edges
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=np.int32)
    degree = np.bincount(source, minlength=len(order)).astype(np.uint8)
    begin = np.cumsum(degree, dtype=np.int64) - degree
    degree, steps = degree[order], [np.empty(0, np.int8)]
    for low in range(0, len(order), BLOCK):
        here = degree[low : low + BLOCK].astype(np.int64)
        row = np.repeat(np.arange(len(here)), here)
        edge = begin[order[low : low + BLOCK]] - (np.cumsum(here) - here)
        step = place[target[edge[row] + np.arange(len(row))]] - (row + low)
        longest = int(np.abs(step).max(initial=0))
        steps.append(step.astype(np.min_scalar_type(-longest - 1)))
    return degree, np.concatenate(steps)
