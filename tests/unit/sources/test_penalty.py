"""The penalty and its inverse against dense matrices."""

import numpy as np
import pytest
from geohalo.sources.penalty import coarse_cells, penalty, sparse_penalty
from networks import dense_penalty
from numpy.testing import assert_allclose, assert_array_equal

SHAPE = (6, 8)


@pytest.mark.parametrize("kind", ["first", "second"])
def test_it_solves_with_the_dense_penalty(kind):
    ours, dense = penalty(SHAPE, kind, 50.0), dense_penalty(SHAPE, kind, 50.0)
    inverse = np.linalg.pinv(dense, hermitian=True)
    maps = np.random.default_rng(0).normal(size=(48, 5))
    # Up to a condition of 1e4.
    assert_allclose(ours.solve(maps), inverse @ maps, rtol=1e-8, atol=1e-8 * np.abs(inverse).max())
    assert_allclose(ours.diagonal(), inverse.diagonal(), rtol=1e-8)


@pytest.mark.parametrize("kind", ["first", "second"])
def test_what_is_added_for_fast_transforms_is_further_ground(kind):
    """A grid of 7 x 11 cells is solved on as many cells as are fast."""
    ours = penalty((7, 11), kind)
    larger = ours.inverse.shape
    inverse = np.linalg.pinv(dense_penalty(larger, kind, 1.0), hermitian=True)
    inside = np.zeros(larger, dtype=bool)
    inside[:7, :11] = True
    part = inverse[np.ix_(inside.ravel(), inside.ravel())]
    maps = np.random.default_rng(1).normal(size=(77, 2))
    assert_allclose(ours.solve(maps), part @ maps, rtol=1e-8, atol=1e-8)
    assert_allclose(ours.diagonal(), part.diagonal(), rtol=1e-8)


@pytest.mark.parametrize("kind", ["first", "second"])
def test_the_matrix_of_neighbouring_cells_is_the_penalty(kind):
    """Dense by edges; and 7 x 11 cells, solved on as many as are fast, leave only the mean."""
    matrix, place = sparse_penalty(SHAPE, kind, 50.0)
    assert_allclose(matrix.toarray(), dense_penalty(SHAPE, kind, 50.0), atol=1e-15)
    assert_array_equal(place, np.arange(48))
    ours, (matrix, place) = penalty((7, 11), kind, 50.0), sparse_penalty((7, 11), kind, 50.0)
    inverse = np.linalg.pinv(matrix.toarray(), hermitian=True)
    maps = np.random.default_rng(1).normal(size=(77, 2))
    expected = inverse[np.ix_(place, place)] @ maps
    assert_allclose(ours.solve(maps), expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())
    assert sparse_penalty((1, 4), "first")[0].toarray().diagonal().tolist() == [1, 2, 2, 1]


@pytest.mark.parametrize("kind", ["first", "second"])
def test_a_smooth_map_has_the_same_penalty_on_a_grid_of_any_cell_size(kind):
    """Of cos(pi x / 1000) on 1 x 1 km: the integrals of (slope)^2 and of (second derivative)^2 are known."""
    exact = {"first": (np.pi / 1000) ** 2 / 2 * 1e6, "second": (np.pi / 1000) ** 4 / 2 * 1e6}[kind]
    for side in (50, 100):
        cell = 1000 / side
        x = (np.arange(side) + 0.5) * cell
        wave = np.tile(np.cos(np.pi * x / 1000), (side, 1)).reshape(-1, 1)
        # The inverse takes the wave to itself over the penalty per square.
        over = (wave * penalty((side, side), kind, cell).solve(wave)).sum() / (wave**2).sum()
        assert_allclose((wave**2).sum() / over, exact, rtol=2e-3)  # second order in pi / side


def test_blocks_of_cells():
    shape, columns = coarse_cells((3, 5), 2)
    assert shape == (2, 3)
    assert_array_equal(columns.reshape(3, 5), [[0, 0, 1, 1, 2], [0, 0, 1, 1, 2], [3, 3, 4, 4, 5]])
