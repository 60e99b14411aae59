"""Graphs against a brute-force construction, and propagation against closed forms."""

import numpy as np
import pytest
from geohalo.superpixels.graph import (
    HOPS,
    build_graph,
    external_edges,
    internal_edges,
    propagation_matrix,
    superpixel_centroids,
)
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
    if not labels.any():
        return
    edges = internal_edges(labels)
    assert len(set(zip(*edges.tolist(), strict=True))) == edges.shape[1]
    assert set(zip(*edges.tolist(), strict=True)) == brute_internal(labels)
    edges, contacts = external_edges(labels)
    assert dict(zip(zip(*edges.tolist(), strict=True), contacts.tolist(), strict=True)) == brute_external(
        labels
    )


def test_more_than_255_superpixels_lose_no_edge():
    """A chessboard of 400 one-cell superpixels: ids beyond 8 and 16 bits keep all their neighbours."""
    labels = np.arange(1, 401, dtype=np.int32).reshape(20, 20)
    edges, contacts = external_edges(labels)
    assert edges.shape[1] == 2 * (2 * 19 * 20 + 2 * 19 * 19)
    assert (contacts == 1).all()
    far, _ = external_edges(labels + 70_000)
    np.testing.assert_array_equal(far, edges + 70_000)


def test_propagation_of_a_pair():
    """Two joined nodes share equally: every entry of the matrix is 1/2."""
    matrix = propagation_matrix(np.array([[0, 1], [1, 0]]), 2).toarray()
    np.testing.assert_allclose(matrix, 0.5)


def test_propagation_has_the_root_of_the_degree_as_fixed_point():
    """D^-1/2 (A + I) D^-1/2 leaves the vector of root degrees unchanged."""
    labels = np.array([[1, 1, 1, 2], [1, 2, 2, 2]])
    edges = internal_edges(labels)
    matrix = propagation_matrix(edges, 8)
    root = np.sqrt(np.bincount(edges[0], minlength=8) + 1)
    np.testing.assert_allclose(matrix @ root, root, rtol=1e-6)


def test_propagation_stays_inside_the_superpixel():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.repeat(np.arange(1, 7).reshape(2, 3), 4, 0), 4, 1)
    values = rng.normal(size=(labels.size, 3)).astype(np.float32)
    changed = values.copy()
    changed[labels.ravel() == 2] += 100
    before, after = build_graph(labels, values).propagated, build_graph(labels, changed).propagated
    same = (before == after).all(axis=1)
    np.testing.assert_array_equal(same, labels.ravel() != 2)


def test_propagated_equals_dense_powers():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, (6, 7)).astype(np.int32)
    values = rng.normal(size=(np.count_nonzero(labels), 5))
    dense = np.eye(len(values))
    for a, b in brute_internal(labels):
        dense[a, b] = 1
    scale = np.diag(dense.sum(1) ** -0.5)
    expected = np.linalg.matrix_power(scale @ dense @ scale, HOPS) @ values
    np.testing.assert_allclose(build_graph(labels, values).propagated, expected, rtol=1e-5, atol=1e-6)


def test_attributes_point_from_first_to_second():
    """Left and right halves of a 2 x 6 image: centroids 3 cells apart, eastward; 2 + 2 contacts (sides and corners)."""
    graph = build_graph(np.array([[1, 1, 1, 2, 2, 2]] * 2), np.zeros((12, 1)))
    np.testing.assert_array_equal(graph.external_edges, [[0, 1], [1, 0]])
    np.testing.assert_allclose(graph.external_attributes, [[3, 0, 4], [-3, 0, 4]])
    north = build_graph(np.array([[1], [2]]), np.zeros((2, 1)))
    np.testing.assert_allclose(north.external_attributes[:, :2], [[0, -1], [0, 1]])


def test_centroids():
    np.testing.assert_allclose(superpixel_centroids(np.array([[1, 1, 0], [1, 1, 2]])), [[0.5, 0.5], [1, 2]])


def test_pixels_and_values_must_agree():
    with pytest.raises(ValueError, match="3 labelled pixels but 4 rows"):
        build_graph(np.array([[1, 1, 2, 0]]), np.zeros((4, 2)))
