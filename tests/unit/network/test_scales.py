"""Superpixels taken out of a scale, against brute force on random label images."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from geohalo.network.scales import HOPS, ScaleGraph, ranges
from geohalo.superpixels.graph import build_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

CPU = torch.device("cpu")


@st.composite
def label_images(draw):
    """Labels from 1 without gaps, 0 outside the mask; superpixels need not be connected."""
    shape = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    image = draw(hnp.arrays(int, shape, elements=st.integers(0, 6)))
    image.flat[draw(st.integers(0, image.size - 1))] = 3  # at least one cell
    inside = image > 0
    out = np.zeros_like(image)
    out[inside] = np.unique(image[inside], return_inverse=True)[1] + 1
    return out


def internal_matrix(graph):
    """Internal adjacency without loops, (pixels, pixels)."""
    n = len(graph["assignment"])
    out = np.zeros((n, n))
    out[tuple(graph["internal_edges"])] = 1
    return out


def normalised(matrix):
    with_loops = matrix + np.eye(len(matrix))
    root = with_loops.sum(1) ** -0.5
    return root[:, None] * with_loops * root


def external_matrix(graph):
    n = graph["assignment"].max() + 1
    out = np.zeros((n, n))
    out[tuple(graph["external_edges"])] = 1
    return out


def some_of(data, n):
    chosen = data.draw(st.sets(st.integers(0, n - 1), min_size=1))
    return torch.tensor(sorted(chosen))


def assert_block(block, graph, superpixels):
    """Compare a block with the pixels of its superpixels, their numbers, and the sub-matrix of the internal graph."""
    pixels = block.pixels.numpy()
    expected = np.concatenate([np.flatnonzero(graph["assignment"] == s) for s in superpixels])
    np.testing.assert_array_equal(pixels, expected)
    np.testing.assert_array_equal(block.superpixels, superpixels)
    np.testing.assert_array_equal(block.superpixels[block.local], graph["assignment"][pixels])
    matrix = internal_matrix(graph)
    np.testing.assert_array_equal(block.neighbours.matrix.to_dense(), matrix[np.ix_(pixels, pixels)])
    np.testing.assert_allclose(
        block.propagation().matrix.to_dense(), normalised(matrix)[np.ix_(pixels, pixels)], rtol=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(label_images(), st.data())
def test_block(image, data):
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    assert scale.n_superpixels == image.max()
    superpixels = some_of(data, scale.n_superpixels)
    assert_block(scale.block(superpixels), graph, superpixels.numpy())


@settings(max_examples=40, deadline=None)
@given(label_images(), st.integers(1, 20))
def test_blocks_are_all_superpixels_in_order_and_no_larger_than_asked(image, largest):
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    seen = []
    for block in scale.blocks(largest):
        assert len(block.pixels) <= largest or len(block.superpixels) == 1
        assert_block(block, graph, block.superpixels.numpy())
        seen += block.superpixels.tolist()
    assert seen == list(range(scale.n_superpixels))


@settings(max_examples=30, deadline=None)
@given(label_images(), st.integers(0, 4), st.data())
def test_propagation_against_scipy(image, hops, data):
    """D^-1/2 (A + I) D^-1/2 to the power of the hops, in a block as on the whole map."""
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    power = sp.linalg.matrix_power(sp.csr_array(normalised(internal_matrix(graph))), hops).toarray()
    features = np.random.default_rng(0).normal(size=(len(power), 2, 3)).astype(np.float32)
    block = scale.block(some_of(data, scale.n_superpixels))
    expected = np.einsum("pq,qmc->pmc", power, features)[block.pixels.numpy()]
    given_features = torch.as_tensor(features[block.pixels.numpy()])
    before = given_features.clone()
    np.testing.assert_allclose(block.propagate(given_features, hops), expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(given_features, before)  # what was given stays as it is
    assert HOPS == 3


@settings(max_examples=40, deadline=None)
@given(label_images(), st.integers(0, 4), st.data())
def test_within_is_a_breadth_first_search(image, hops, data):
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    start = some_of(data, scale.n_superpixels)
    matrix, near = external_matrix(graph), set(start.tolist())
    for _ in range(hops):
        near |= {int(b) for a in near for b in np.flatnonzero(matrix[a])}
    assert scale.within(start, hops).tolist() == sorted(near)


@settings(max_examples=30, deadline=None)
@given(label_images(), st.data())
def test_touched(image, data):
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    region = data.draw(hnp.arrays(bool, (3, len(graph["assignment"]))))
    expected = np.zeros((scale.n_superpixels, 3), bool)
    for one in range(3):
        expected[graph["assignment"][region[one]], one] = True
    np.testing.assert_array_equal(scale.touched(torch.as_tensor(region)), expected)


@settings(max_examples=40, deadline=None)
@given(label_images(), st.data())
def test_subgraph(image, data):
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    kept = some_of(data, scale.n_superpixels)
    part = scale.subgraph(kept)
    expected = external_matrix(graph)[np.ix_(kept, kept)]
    np.testing.assert_array_equal(part.adjacency.matrix.to_dense(), expected)
    back = kept[part.edges]
    whole = {
        tuple(e): a for e, a in zip(graph["external_edges"].T, graph["external_attributes"], strict=True)
    }
    assert back.shape[1] == expected.sum()
    for edge, attributes in zip(back.t().tolist(), part.attributes, strict=True):
        np.testing.assert_array_equal(attributes, whole[tuple(edge)])


@settings(max_examples=30, deadline=None)
@given(label_images(), st.data())
def test_means(image, data):
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    values = torch.randn(len(graph["assignment"]), 2, 3)
    block = scale.block(some_of(data, scale.n_superpixels))
    means = block.means(values[block.pixels])
    for mean, superpixel in zip(means, block.superpixels, strict=True):
        there = torch.as_tensor(graph["assignment"] == int(superpixel))
        torch.testing.assert_close(mean, values[there].mean(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [([5, 0, 9], [2, 0, 3], [5, 6, 9, 10, 11]), ([], [], []), ([4], [1], [4])],
)
def test_ranges(start, length, expected):
    assert ranges(torch.tensor(start).long(), torch.tensor(length).long()).tolist() == expected


@pytest.mark.parametrize(("columns", "kind"), [(90, torch.int8), (200, torch.int16), (33_000, torch.int32)])
def test_wide_superpixels_have_longer_steps(columns, kind):
    graph = build_graph(np.ones((2, columns), int)).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    assert scale.step.dtype == kind
    block = scale.block(torch.tensor([0]))
    rows, found, _ = block.neighbours.entries()
    np.testing.assert_array_equal(torch.stack([rows, found]), graph["internal_edges"])


@settings(max_examples=30, deadline=None)
@given(label_images(), st.integers(1, 5))
def test_edges_laid_out_in_blocks(image, size):
    graph = build_graph(image).arrays()
    whole = ScaleGraph.from_arrays(graph, CPU)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geohalo.network.scales.BLOCK", size)
        blocks = ScaleGraph.from_arrays(graph, CPU)
    for name, value in vars(whole).items():
        assert torch.equal(vars(blocks)[name], value), name


@settings(max_examples=30, deadline=None)
@given(label_images())
def test_external_edges(image):
    graph = build_graph(image).arrays()
    scale = ScaleGraph.from_arrays(graph, CPU)
    np.testing.assert_array_equal(scale.edges, graph["external_edges"])
    np.testing.assert_array_equal(scale.adjacency.matrix.to_dense(), external_matrix(graph))
