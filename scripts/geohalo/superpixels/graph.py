"""Internal graph (pixels) and external graph (superpixels) of one segmentation.

Pixels are the cells inside the mask in row-major order, superpixels are numbered from 0. All edges are stored in both
directions, sorted, without loops. Everything is vectorised: time and memory are linear in the number of cells.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, eye_array

#: Hops of the simplified graph convolution (SGConv) over the internal graph: K = 3 in the published network.
HOPS = 3


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
    propagated : ndarray (pixels, elements) of float32
        The cube's values after `HOPS` steps of `propagation_matrix`: the constant part of the first SGConv.
    """

    assignment: NDArray[np.int32]
    internal_edges: NDArray[np.int32]
    external_edges: NDArray[np.int32]
    external_attributes: NDArray[np.float32]
    propagated: NDArray[np.float32]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, for storage."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _neighbour_pairs(image: NDArray[np.integer], down: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of all cells and of their neighbours ``down`` rows and ``right`` columns on, flat."""
    rows, columns = image.shape
    first = image[: rows - down, max(0, -right) : columns - max(0, right)]
    second = image[down:, max(0, right) : columns - max(0, -right)]
    return first.ravel(), second.ravel()


def _both_ways(first: np.ndarray, second: np.ndarray) -> NDArray[np.int32]:
    """Stack edges with their reverse, sorted by source then target."""
    edges = np.stack([np.concatenate([first, second]), np.concatenate([second, first])])
    return edges[:, np.lexsort((edges[1], edges[0]))].astype(np.int32)


def internal_edges(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Edges between 4-neighbour pixels of the same superpixel.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int
        Superpixels from 1; 0 outside the mask.

    Returns
    -------
    ndarray (2, edges) of int32
        Pixel numbers (row-major order inside the mask), both directions.
    """
    number = np.cumsum(labels.ravel() > 0).reshape(labels.shape) - 1
    pairs = []
    for down, right in ((0, 1), (1, 0)):
        first, second = _neighbour_pairs(labels, down, right)
        same = (first == second) & (first > 0)
        pairs.append([pixel[same] for pixel in _neighbour_pairs(number, down, right)])
    return _both_ways(*(np.concatenate(side) for side in zip(*pairs, strict=True)))


def external_edges(labels: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Edges between superpixels that touch, by side or corner.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int
        Superpixels from 1; 0 outside the mask. Any number of them: ids are never narrowed.

    Returns
    -------
    edges : ndarray (2, edges) of int32
        Superpixel numbers from 0, both directions.
    contacts : ndarray (edges,) of int64
        Number of touching pixel pairs of each edge.
    """
    count = int(labels.max()) + 1
    keys = []
    wide = labels.astype(np.int64)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        first, second = _neighbour_pairs(wide, down, right)
        touching = (first != second) & (first > 0) & (second > 0)
        first, second = first[touching], second[touching]
        keys.append(np.minimum(first, second) * count + np.maximum(first, second))
    unique, contacts = np.unique(np.concatenate(keys), return_counts=True)
    low, high = unique // count - 1, unique % count - 1
    order = np.lexsort((np.concatenate([high, low]), np.concatenate([low, high])))
    return _both_ways(low, high), np.concatenate([contacts, contacts])[order]


def propagation_matrix(edges: NDArray[np.integer], n_nodes: int) -> csr_array:
    """Symmetrically normalised adjacency with self-loops, D^-1/2 (A + I) D^-1/2 (Kipf & Welling 2017, eq. 2).

    Parameters
    ----------
    edges : ndarray (2, edges) of int
        Both directions, no loops.
    n_nodes : int

    Returns
    -------
    csr_array (n_nodes, n_nodes) of float32
    """
    ones = np.ones(edges.shape[1], np.float32)
    adjacency = csr_array((ones, (edges[0], edges[1])), shape=(n_nodes, n_nodes)) + eye_array(
        n_nodes, dtype=np.float32
    )
    scale = diags_array((adjacency.sum(axis=1) ** -0.5).astype(np.float32))
    return (scale @ adjacency @ scale).tocsr()


def superpixel_centroids(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Mean row and column of each superpixel; returns (superpixels, 2)."""
    rows, columns = np.nonzero(labels)
    superpixel = labels[rows, columns] - 1
    size = np.bincount(superpixel)
    return np.column_stack([np.bincount(superpixel, rows) / size, np.bincount(superpixel, columns) / size])


def build_graph(labels: NDArray[np.integer], values: NDArray[np.floating]) -> SuperpixelGraph:
    """Build the internal and the external graph of one segmentation.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int
        Superpixels from 1 without gaps; 0 outside the mask.
    values : ndarray (pixels, elements)
        Standardised cube inside the mask, row-major order.

    Returns
    -------
    SuperpixelGraph

    Raises
    ------
    ValueError
        If the number of labelled pixels differs from the rows of ``values``.
    """
    assignment = (labels[labels > 0] - 1).astype(np.int32)
    if assignment.size != len(values):
        raise ValueError(f"{assignment.size} labelled pixels but {len(values)} rows of values")
    internal = internal_edges(labels)
    external, contacts = external_edges(labels)
    centroid = superpixel_centroids(labels)
    down, right = (centroid[external[1]] - centroid[external[0]]).T
    propagation = propagation_matrix(internal, len(values))
    propagated = values.astype(np.float32)
    for _ in range(HOPS):
        propagated = propagation @ propagated
    return SuperpixelGraph(
        assignment,
        internal,
        external,
        np.column_stack([right, -down, contacts]).astype(np.float32),
        propagated,
    )
