"""One scale of superpixels, laid out so that any set of superpixels can be taken out and computed alone.

The internal graph never leaves a superpixel. With the pixels sorted by superpixel its matrix is therefore block
diagonal, and a run of superpixels is a run of rows: training takes the superpixels of its receptive field, prediction
streams over all of them, and memory follows the block and not the map.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from geohalo.network.sparse import SparseMatrix, adjacency

#: Hops of the simplified graph convolution (SGConv) over the internal graph: K = 3 in the published network.
HOPS = 3


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

    Attributes
    ----------
    superpixel : Tensor (pixels,) of int32
        Superpixel of each pixel.
    order : Tensor (pixels,) of int32
        Pixels sorted by superpixel.
    start : Tensor (superpixels + 1,) of int64
        Where each superpixel begins in ``order``.
    first, neighbour : Tensor (pixels + 1,) of int64, (edges,) of int32
        Internal adjacency in compressed rows; rows and columns are places in ``order``.
    adjacency : SparseMatrix (superpixels, superpixels)
        External graph without loops.
    edges : Tensor (2, edges) of int64
        The same as edges, sorted.
    attributes : Tensor (edges, 3)
        Eastward and northward distance between the superpixels' centroids in cells, and touching pixel pairs.
    """

    superpixel: Tensor
    order: Tensor
    start: Tensor
    first: Tensor
    neighbour: Tensor
    adjacency: SparseMatrix
    edges: Tensor
    attributes: Tensor

    @classmethod
    def from_arrays(cls, graph: dict, device: torch.device) -> "ScaleGraph":
        """Read the arrays of one scale (see `geohalo.superpixels.graph.SuperpixelGraph`)."""
        assignment = np.asarray(graph["assignment"])
        order = np.argsort(assignment, kind="stable").astype(np.int32)
        place = np.empty_like(order)
        place[order] = np.arange(len(order), dtype=np.int32)
        source, target = np.asarray(graph["internal_edges"])
        degree = np.bincount(source, minlength=len(order))
        begin = np.cumsum(degree) - degree  # the edges are sorted by source
        degree = degree[order]
        first = np.concatenate([[0], np.cumsum(degree)])
        rows = np.repeat(begin[order] - first[:-1], degree)
        rows += np.arange(len(rows))
        count = int(assignment.max()) + 1
        arrays = {
            "superpixel": assignment.astype(np.int32),
            "order": order,
            "start": np.concatenate([[0], np.cumsum(np.bincount(assignment, minlength=count))]),
            "first": first,
            "neighbour": place[target[rows]],
            "attributes": np.asarray(graph["external_attributes"]),
        }
        external = np.asarray(graph["external_edges"])
        return cls(
            adjacency=adjacency(external, count).to(device),
            edges=torch.as_tensor(external).long().to(device),
            **{name: torch.as_tensor(array).to(device) for name, array in arrays.items()},
        )

    @property
    def n_superpixels(self) -> int:
        """Number of superpixels."""
        return len(self.start) - 1

    def block(self, superpixels: Tensor) -> Block:
        """Take out some superpixels (ascending numbers)."""
        start, size = self.start[superpixels], torch.diff(self.start)[superpixels]
        places = ranges(start, size)
        begin = torch.cumsum(size, 0) - size
        local = torch.repeat_interleave(torch.arange(len(size), device=size.device), size)
        degree = torch.diff(self.first)[places]
        columns = self.neighbour[ranges(self.first[places], degree)].long()
        # From a place in `order` to the place in this block: the same shift for all pixels of a superpixel.
        columns = columns - torch.repeat_interleave((start - begin)[local], degree)
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

    def within(self, superpixels: Tensor, hops: int) -> Tensor:
        """Superpixels within some external steps of the given ones, ascending."""
        near = torch.zeros(self.n_superpixels, 1, device=self.start.device)
        near[superpixels] = 1
        for _ in range(hops):
            near = near + self.adjacency @ near
        return torch.nonzero(near[:, 0]).flatten()

    def touched(self, region: Tensor) -> Tensor:
        """Tell which superpixels hold a pixel of each region (regions, pixels); (superpixels, regions) of bool."""
        out = torch.zeros(len(region), self.n_superpixels, dtype=torch.bool, device=self.start.device)
        for row, one in zip(out, region, strict=True):
            row[self.superpixel[one].long()] = True
        return out.t()

    def subgraph(self, superpixels: Tensor) -> "ScaleGraph":
        """Keep the external graph among some superpixels (ascending), renumbered; the pixels stay as they are."""
        number = torch.full((self.n_superpixels,), -1, device=self.start.device)
        number[superpixels] = torch.arange(len(superpixels), device=self.start.device)
        kept = (number[self.edges] >= 0).all(0)
        edges = number[self.edges[:, kept]]
        return replace(
            self,
            adjacency=adjacency(edges, len(superpixels)).to(edges.device),
            edges=edges,
            attributes=self.attributes[kept],
        )
