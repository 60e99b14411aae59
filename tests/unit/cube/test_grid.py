"""The grid of a survey and its mask."""

import numpy as np
import pytest
from geohalo.cube.grid import _cells_near, sampled_mask, survey_grid
from geohalo.errors import InputError


def test_edges_on_whole_multiples():
    grid = survey_grid(np.array([[1200.0, 5300.0], [3900.0, 6100.0]]), cell=1000, max_distance=500)
    np.testing.assert_array_equal(grid.x, [500, 1500, 2500, 3500, 4500])
    np.testing.assert_array_equal(grid.y, [6500, 5500, 4500])
    assert grid.shape == (3, 5)
    assert grid.cell == 1000


def test_centres_are_in_row_major_order():
    grid = survey_grid(np.array([[0.0, 0.0], [2000.0, 1000.0]]), cell=1000, max_distance=500)
    mask = np.zeros(grid.shape, bool)
    mask[1, 2] = mask[0, 1] = True
    np.testing.assert_array_equal(grid.centres(mask), [[grid.x[1], grid.y[0]], [grid.x[2], grid.y[1]]])
    assert len(grid.centres()) == np.prod(grid.shape)


def test_cells_near_are_those_of_the_squares_around():
    samples = np.random.default_rng(0).normal(0, 9_000, (60, 2)) - [50_000, 3_000]
    squares = {
        (column + across, row + up)
        for column, row in np.floor(samples / 2_500).astype(int)
        for across in (-1, 0, 1)
        for up in (-1, 0, 1)
    }
    assert _cells_near(samples, 1_000, 2_500) == len(squares) * 9


def test_mask_is_a_disc_around_each_sample():
    samples = np.array([[0.0, 0.0], [9000.0, 4000.0]])
    grid = survey_grid(samples, cell=500, max_distance=2000)
    mask = sampled_mask(grid, samples, 2000)
    x, y = np.meshgrid(grid.x, grid.y)
    expected = np.min([np.hypot(x - a, y - b) for a, b in samples], axis=0) <= 2000
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("cell", [0.1, 1e7])
def test_mistyped_cell_size(cell):
    samples = np.array([[1000.0, 1000.0], [100_000.0, 90_000.0]])
    with pytest.raises(InputError, match=r"grid\.cell"):
        survey_grid(samples, cell, max_distance=100)


@pytest.mark.parametrize(("cell", "memory"), [(3e-6, "6.67e+06 TB"), (0.1, "6 GB"), (1e-300, "inf TB")])
def test_a_grid_that_no_machine_holds_is_named_before_it_is_laid(cell, memory):
    samples = np.array([[0.0, 0.0], [5000.0, 3000.0]])
    with pytest.raises(InputError, match=r"config key grid.cell: .* Give a larger cell size") as told:
        survey_grid(samples, cell, max_distance=1e-9)
    assert f"{cell:g} m cells" in str(told.value)
    assert f"take {memory} of memory for every element" in str(told.value)
