"""Graphs against a brute-force construction and closed forms."""

import numpy as np
import pytest
from geohalo.superpixels import graph as graph_module
from geohalo.superpixels.graph import build_graph, external_edges, internal_edges, superpixel_centroids
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

images = arrays(np.int32, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 5))


def brute_internal(labels):
    number = {tuple(cell): k for k, cell in enumerate(np.argwhere(labels > 0))}
    return {
        (number[a], number[b])
        for a in number
        for b in number
        if labels[a] == labels[b] and abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1
    }


def brute_external(labels):
    found = {}
    cells = [tuple(cell) for cell in np.argwhere(labels > 0)]
    for a in cells:
        for b in cells:
            if labels[a] != labels[b] and max(abs(a[0] - b[0]), abs(a[1] - b[1])) == 1:
                key = (labels[a] - 1, labels[b] - 1)
                found[key] = found.get(key, 0) + 1
    return found


@given(images)
@settings(max_examples=150, deadline=None)
def test_edges_equal_brute_force(labels):
    """The same edges, each once, sorted by source then target."""
    edges = internal_edges(labels)
    assert list(zip(*edges.tolist(), strict=True)) == sorted(brute_internal(labels))
    edges, contacts = external_edges(labels)
    found = brute_external(labels)
    assert list(zip(*edges.tolist(), strict=True)) == sorted(found)
    assert contacts.tolist() == [found[edge] for edge in sorted(found)]


@given(images, st.integers(1, 20))
@settings(max_examples=50, deadline=None)
def test_internal_edges_do_not_depend_on_the_block(labels, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_module, "BLOCK", block)
        in_blocks = internal_edges(labels)
    np.testing.assert_array_equal(in_blocks, internal_edges(labels))


@given(images)
@settings(max_examples=50, deadline=None)
def test_edges_turn_with_the_map(labels):
    """Half a turn reverses the numbers of the pixels and keeps the superpixels."""
    last = np.count_nonzero(labels) - 1
    turned = (last - internal_edges(labels[::-1, ::-1]))[:, ::-1]
    np.testing.assert_array_equal(turned, internal_edges(labels))
    for here, there in zip(external_edges(labels), external_edges(labels[::-1, ::-1]), strict=True):
        np.testing.assert_array_equal(here, there)


def test_edges_are_stored_in_32_bits():
    graph = build_graph(np.array([[1, 1, 2], [1, 2, 2]]))
    assert graph.assignment.dtype == graph.internal_edges.dtype == graph.external_edges.dtype == np.int32
    assert graph.external_attributes.dtype == np.float32
    np.testing.assert_array_equal(graph.assignment, [0, 0, 1, 0, 1, 1])


def test_more_than_255_superpixels_lose_no_edge():
    """A chessboard of 400 one-cell superpixels: ids beyond 8 and 16 bits keep all their neighbours."""
    labels = np.arange(1, 401, dtype=np.int32).reshape(20, 20)
    edges, contacts = external_edges(labels)
    assert edges.shape[1] == 2 * (2 * 19 * 20 + 2 * 19 * 19)
    assert (contacts == 1).all()
    far, _ = external_edges(labels + 70_000)
    np.testing.assert_array_equal(far, edges + 70_000)


def test_attributes_point_from_first_to_second():
    """Left and right halves of a 2 x 6 image: centroids 3 cells apart, eastward; 2 + 2 contacts (sides and corners)."""
    graph = build_graph(np.array([[1, 1, 1, 2, 2, 2]] * 2))
    np.testing.assert_array_equal(graph.external_edges, [[0, 1], [1, 0]])
    np.testing.assert_allclose(graph.external_attributes, [[3, 0, 4], [-3, 0, 4]])
    north = build_graph(np.array([[1], [2]]))
    np.testing.assert_allclose(north.external_attributes[:, :2], [[0, -1], [0, 1]])


def test_centroids():
    np.testing.assert_allclose(superpixel_centroids(np.array([[1, 1, 0], [1, 1, 2]])), [[0.5, 0.5], [1, 2]])
