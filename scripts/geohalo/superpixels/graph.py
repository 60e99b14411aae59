"""Internal graph (pixels) and external graph (superpixels) of one segmentation.

Pixels are the cells inside the mask in row-major order, superpixels are numbered from 0. All edges are stored in both
directions, sorted by source then target, without loops. Time and memory are linear in the number of cells: no edge list
is ever sorted.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

#: Cells whose internal edges are made at once: few enough for the processor's cache.
BLOCK = 50_000


@dataclass(frozen=True)
class SuperpixelGraph:
    """The graph of one scale, as plain arrays.

    Attributes
    ----------
    assignment : ndarray (pixels,) of int32
        Superpixel of each pixel.
    internal_edges : ndarray (2, edges) of int32
        4-neighbour pixels of the same superpixel.
    external_edges : ndarray (2, edges) of int32
        Superpixels that touch (8-neighbourhood).
    external_attributes : ndarray (edges, 3) of float32
        Per external edge: eastward and northward distance from the first superpixel's centroid to the second's, in
        cells, and the number of touching pixel pairs.
    """

    assignment: NDArray[np.int32]
    internal_edges: NDArray[np.int32]
    external_edges: NDArray[np.int32]
    external_attributes: NDArray[np.float32]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, for storage."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _joined(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Whether each cell shares a superpixel with the one above, left, right and below, (rows, columns, 4)."""
    joined = np.zeros((*labels.shape, 4), bool)
    down = (labels[1:] == labels[:-1]) & (labels[1:] > 0)
    right = (labels[:, 1:] == labels[:, :-1]) & (labels[:, 1:] > 0)
    joined[1:, :, 0], joined[:-1, :, 3] = down, down
    joined[:, 1:, 1], joined[:, :-1, 2] = right, right
    return joined


def internal_edges(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Edges between 4-neighbour pixels of the same superpixel.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int
        Superpixels from 1; 0 outside the mask.

    Returns
    -------
    ndarray (2, edges) of int32
        Pixel numbers (row-major order inside the mask), both directions, sorted by source then target.
    """
    number = np.cumsum(labels > 0, dtype=np.int32) - np.int32(1)
    columns = labels.shape[1]
    # Above, left, right, below is the order of the pixels' numbers: the edges come out sorted.
    steps = np.array([-columns, -1, 1, columns])
    joined = _joined(labels).reshape(-1, steps.size)
    edges = np.empty((2, np.count_nonzero(joined)), np.int32)
    done = 0
    for start in range(0, len(joined), BLOCK):
        found = np.flatnonzero(joined[start : start + BLOCK])
        cell = start + found // steps.size
        part = slice(done, done + found.size)
        edges[0, part] = number[cell]
        edges[1, part] = number[cell + steps[found % steps.size]]
        done = part.stop
    return edges


def external_edges(labels: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Edges between superpixels that touch, by side or corner.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int
        Superpixels from 1; 0 outside the mask. Any number of them: ids are never narrowed.

    Returns
    -------
    edges : ndarray (2, edges) of int32
        Superpixel numbers from 0, both directions, sorted by source then target.
    contacts : ndarray (edges,) of int32
        Number of touching pixel pairs of each edge.
    """
    count = int(labels.max(initial=0))
    sources, targets = [], []
    # Right, below, below right, below left: every touching pair of pixels once.
    for first, second in (
        (labels[:, :-1], labels[:, 1:]),
        (labels[:-1], labels[1:]),
        (labels[:-1, :-1], labels[1:, 1:]),
        (labels[:-1, 1:], labels[1:, :-1]),
    ):
        touching = (first != second) & (first > 0) & (second > 0)
        sources.append(first[touching] - 1)
        targets.append(second[touching] - 1)
    source, target = np.concatenate(sources), np.concatenate(targets)
    ones = np.ones(source.size, np.int32)
    # Compressing the rows adds repeated entries up and sorts by bucket.
    once = coo_array((ones, (source, target)), shape=(count, count)).tocsr()
    contacts = (once + once.T).tocsr().sorted_indices()
    source = np.repeat(np.arange(count, dtype=np.int32), np.diff(contacts.indptr))
    return np.stack([source, contacts.indices.astype(np.int32, copy=False)]), contacts.data


def superpixel_centroids(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Mean row and column of each superpixel; returns (superpixels, 2)."""
    inside = labels > 0
    superpixel = labels[inside] - 1
    size = np.bincount(superpixel)
    means = []
    for axis in (0, 1):
        place = np.arange(labels.shape[axis], dtype=np.float64).reshape((-1, 1) if axis == 0 else (1, -1))
        means.append(np.bincount(superpixel, np.broadcast_to(place, labels.shape)[inside]) / size)
    return np.column_stack(means)


def build_graph(labels: NDArray[np.integer]) -> SuperpixelGraph:
    """Build the internal and the external graph of one segmentation.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int
        Superpixels from 1 without gaps; 0 outside the mask.

    Returns
    -------
    SuperpixelGraph
    """
    external, contacts = external_edges(labels)
    down, right = superpixel_centroids(labels).T
    attributes = np.empty((external.shape[1], 3), np.float32)
    attributes[:, 0] = right[external[1]] - right[external[0]]
    attributes[:, 1] = down[external[0]] - down[external[1]]
    attributes[:, 2] = contacts
    assignment = (labels[labels > 0] - 1).astype(np.int32)
    return SuperpixelGraph(assignment, internal_edges(labels), external, attributes)
