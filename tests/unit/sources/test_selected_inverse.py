"""The diagonal of an inverse against the dense one."""

import numpy as np
import pytest
from geohalo.sources.selected_inverse import _closed, inverse_diagonal
from numpy.testing import assert_allclose
from scipy.sparse import block_array, csc_array, eye_array, random_array
from scipy.sparse.linalg import splu

SYMMETRIC = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}


def test_it_is_the_diagonal_of_the_dense_inverse():
    """Of a matrix with pivots of both signs, as cells and samples have."""
    random = np.random.default_rng(0)
    half, beside = (
        random_array((60, 60), density=0.04, rng=random),
        random_array((60, 25), density=0.04, rng=random),
    )
    matrix = block_array([[half @ half.T + eye_array(60), beside], [beside.T, -eye_array(25)]], format="csc")
    found = inverse_diagonal(splu(matrix, **SYMMETRIC))
    assert_allclose(found, np.linalg.inv(matrix.toarray()).diagonal(), rtol=1e-9)


def test_entries_that_are_0_by_chance_count():
    """Rows 2 and 3 meet in the first column, and what they get from it takes away what they had."""
    matrix = np.array([[1.0, 0.5, 0.5, 0.0], [0.5, 2, 0.25, 0.3], [0.5, 0.25, 3, 0.4], [0.0, 0.3, 0.4, 4]])
    factor = splu(csc_array(matrix), **SYMMETRIC | {"permc_spec": "NATURAL"})
    assert (factor.L.toarray() != 0).sum() < 10 == 4 + 6
    assert_allclose(inverse_diagonal(factor), np.linalg.inv(matrix).diagonal(), rtol=1e-12)
    lower = _closed(csc_array(np.array([[0.0, 0, 0], [1, 0, 0], [1, 0, 0]])))
    assert lower.nnz == 3


def test_a_factor_with_pivots_is_refused():
    factor = splu(csc_array(np.array([[0.0, 1.0], [1.0, 0.0]])), permc_spec="NATURAL")
    with pytest.raises(ValueError, match="without pivots"):
        inverse_diagonal(factor)
