"""The compiled loop against sums worked by hand, and where its result is kept."""

import numpy as np
import pytest
from geohalo.cube import first_present as module
from geohalo.cube.first_present import first_present, table

NAN = np.nan


def estimate(weight, index, values, neighbours, cells=1):
    """Return the estimates (cells, elements) and which cells lack some."""
    values = np.array(values)
    result, left = np.full((cells, values.shape[1]), -9.0), np.zeros(cells, dtype=bool)
    rows, columns = np.arange(cells), np.arange(values.shape[1])
    first_present(
        np.array(weight, dtype=float), np.array(index), table(values), neighbours, rows, columns, result, left
    )
    return result, left


def test_each_element_takes_the_first_that_have_it():
    """Two of four samples: elements 0 and 1 have the first two, 2 lacks the nearest, 3 has one alone."""
    values = [[1, 4, NAN, NAN], [2, 8, 3, NAN], [9, 9, 6, 5], [9, 9, 9, NAN]]
    result, left = estimate([[4, 2, 1, 1]], [[0, 1, 2, 3]], values, 2)
    np.testing.assert_allclose(result, [[8 / 6, 32 / 6, 12 / 3, NAN]], rtol=1e-15)
    assert left.tolist() == [True]


def test_rows_and_columns_say_where_estimates_go():
    result, left = np.full((3, 4), -9.0), np.zeros(3, dtype=bool)
    near = np.array([[1.0, 1.0], [3.0, 1.0]]), np.array([[0, 1], [1, 0]])
    values = table(np.array([[1.0, 10.0], [3.0, 30.0]]))
    first_present(*near, values, 2, np.array([2, 0]), np.array([3, 1]), result, left)
    np.testing.assert_array_equal(result, [[-9, 25, -9, 2.5], [-9] * 4, [-9, 20, -9, 2]])
    assert not left.any()


def test_an_infinite_weight_leaves_the_cell_to_others():
    """A cell at a sample is left where the element has a value there, and nowhere else."""
    result, left = estimate([[np.inf, 2, 1, 1]], [[0, 1, 2, 3]], [[1, NAN], [2, 3], [5, 6], [7, 7]], 2)
    np.testing.assert_array_equal(result, [[NAN, 4]])
    assert left.tolist() == [True]


@pytest.mark.parametrize("elements", [1, 7, 8, 9])
def test_a_table_has_whole_groups_of_columns(elements):
    values = np.arange(3.0 * elements).reshape(3, elements)
    wider = table(values)
    assert wider.shape == (3, 8 if elements <= 8 else 16)
    np.testing.assert_array_equal(wider[:, :elements], values)
    assert np.isnan(wider[:, elements:]).all()


def test_where_no_file_may_be_written_it_is_compiled_again(monkeypatch):
    calls = []

    def njit(types, **options):
        calls.append(options.get("cache", False))
        if calls[-1]:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: (types, function)

    monkeypatch.setattr(module.numba, "njit", njit)
    assert module._compiled(len) == (module.TYPES, len)
    assert calls == [True, False]
