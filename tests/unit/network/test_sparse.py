"""Constant sparse matrices against dense ones."""

import numpy as np
import pytest
import torch
from geohalo.network.sparse import SparseMatrix, adjacency, product, selection


def test_products_and_their_gradients():
    dense = torch.tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    matrix = SparseMatrix(dense.to_sparse())
    features = torch.randn(3, 4, 5, requires_grad=True)
    out = matrix @ features
    torch.testing.assert_close(out, torch.einsum("rc,cmk->rmk", dense, features))
    out.square().sum().backward()
    torch.testing.assert_close(features.grad, torch.einsum("rc,rmk->cmk", dense, 2 * out.detach()))
    torch.testing.assert_close(matrix.transposed.to_dense(), dense.t())
    both = matrix.after(SparseMatrix(dense.t().to_sparse()))
    torch.testing.assert_close(both.matrix.to_dense(), dense @ dense.t())


@pytest.mark.parametrize("dense", [[[0.0, 2.0], [0.0, 0.0], [1.0, 3.0]], [[0.0, 0.0]]])
def test_a_product_does_not_see_what_was_in_its_place(dense):
    """Also where a row, or the matrix, has no entry."""
    matrix, features = torch.tensor(dense), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    out = torch.full((len(matrix), 3), torch.nan)
    assert product(matrix.to_sparse_csr(), features, out) is out
    assert out.tolist() == (matrix @ features).tolist() == product(matrix.to_sparse_csr(), features).tolist()


def test_entries_come_back():
    rows, columns, values = SparseMatrix(torch.tensor([[0.0, 2.0], [1.0, 3.0]])).entries()
    assert [rows.tolist(), columns.tolist(), values.tolist()] == [[0, 1, 1], [1, 0, 1], [2, 1, 3]]


def test_repeated_entries_add_up():
    one = torch.tensor([1.0, 4.0, 2.0])
    matrix = SparseMatrix.from_entries(torch.tensor([0, 1, 0]), torch.tensor([1, 0, 1]), one, (2, 2))
    assert matrix.matrix.to_dense().tolist() == [[0, 3], [4, 0]]
    assert matrix.shape == (2, 2)


def test_adjacency():
    edges = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])
    np.testing.assert_allclose(adjacency(edges, 3).matrix.to_dense(), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])


def test_selection():
    picked = selection(torch.tensor([2, 0, 2]), 3) @ torch.tensor([[1.0], [3.0], [5.0]])
    torch.testing.assert_close(picked, torch.tensor([[5.0], [1.0], [5.0]]))


def test_a_graph_without_edges():
    nothing = adjacency(np.empty((2, 0), int), 4) @ torch.ones(4, 2)
    assert torch.equal(nothing, torch.zeros(4, 2))
