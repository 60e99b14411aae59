"""Sparse matrices that do not learn, multiplied with features that do."""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor


def product(matrix: Tensor, features: Tensor, out: Tensor | None = None) -> Tensor:
    """Multiply a matrix in compressed rows (rows, columns) with features (columns, channels).

    ``matrix @ features`` of PyTorch fills a result with zeros and copies it before it multiplies, which takes longer
    than the product where a row has few entries. Here the result is written once, into ``out`` (rows, channels) if it
    is given.
    """
    if out is None:
        out = features.new_empty(matrix.shape[0], features.shape[1])
    return out.addmm_(matrix, features, beta=0)


class _Product(torch.autograd.Function):
    """Matrix times features, with the transposed matrix kept at hand for the gradient."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, features: Tensor) -> Tensor:
        ctx.save_for_backward(transposed)
        return product(matrix, features)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, None, Tensor]:
        (transposed,) = ctx.saved_tensors
        return None, None, product(transposed, gradient.contiguous())


class SparseMatrix:
    """A constant matrix in compressed rows.

    Parameters
    ----------
    matrix : Tensor (rows, columns)
        Sparse, any layout.
    """

    def __init__(self, matrix: Tensor):
        self.matrix = matrix.to_sparse_csr()

    @cached_property
    def transposed(self) -> Tensor:
        """The transposed matrix, made when a gradient or a transposition first asks for it."""
        return self.matrix.to_sparse_coo().t().to_sparse_csr()

    @classmethod
    def from_entries(
        cls, rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]
    ) -> "SparseMatrix":
        """Build a matrix from its entries; repeated ones add up."""
        return cls(torch.sparse_coo_tensor(torch.stack([rows, columns]), values, shape).coalesce())

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.matrix.shape[0], self.matrix.shape[1]

    def __matmul__(self, features: Tensor) -> Tensor:
        """Multiply with features (columns, ...); trailing dimensions are carried along."""
        flat = features.reshape(features.shape[0], -1)
        learns = flat.requires_grad
        found = _Product.apply(self.matrix, self.transposed, flat) if learns else product(self.matrix, flat)
        return found.reshape(-1, *features.shape[1:])

    def after(self, other: "SparseMatrix") -> "SparseMatrix":
        """Return the matrix product self @ other as a sparse matrix."""
        return SparseMatrix(torch.sparse.mm(self.matrix, other.matrix))

    def entries(self) -> tuple[Tensor, Tensor, Tensor]:
        """Rows, columns and values."""
        counts = torch.diff(self.matrix.crow_indices())
        rows = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
        return rows, self.matrix.col_indices().long(), self.matrix.values()

    def to(self, device: torch.device) -> "SparseMatrix":
        """Copy to a device."""
        return SparseMatrix(self.matrix.to(device))


def selection(rows: Tensor, n_columns: int) -> SparseMatrix:
    """Matrix that picks ``rows`` of what it is multiplied with."""
    ones = torch.ones(rows.numel(), device=rows.device)
    return SparseMatrix.from_entries(
        torch.arange(rows.numel(), device=rows.device), rows, ones, (rows.numel(), n_columns)
    )


def adjacency(edges: np.ndarray | Tensor, n_nodes: int) -> SparseMatrix:
    """Plain adjacency of a graph given by edges (2, edges) in both directions."""
    index = torch.as_tensor(edges).long()
    ones = torch.ones(index.shape[1], device=index.device)
    return SparseMatrix.from_entries(index[1], index[0], ones, (n_nodes, n_nodes))
