"""Consistency over groups of deposits, against numbers worked out by hand."""

import numpy as np
import pytest
from geohalo.pathfinders import group_consistency, strongest

LABEL = np.array([1, 1, 1, 1, 0, 0])
GROUP = np.array([4, 4, 4, 9, -1, -1])


def test_worked_example():
    values = np.array(
        [
            [1.0, 0.0, 3.0],
            [3.0, 0.0, 3.0],
            [2.0, 3.0, 3.0],
            [4.0, -5.0, 3.0],
            [1.0, 1.0, 0.0],
            [-1.0, -1.0, 0.0],
        ]
    )
    # Groups differ from background by (2, 4), (1, -5) and (3, 3): means 3, -2, 3, standard errors over two groups
    # 1, 3, 0, whose median is 1.
    assert group_consistency(values, LABEL, GROUP) == pytest.approx([3 / 2, -2 / 4, 3 / 1])


def test_cells_of_a_group_do_not_count_but_the_group_does():
    generator = np.random.default_rng(0)
    values = generator.normal(size=(6, 5))
    once = group_consistency(values, LABEL, GROUP)
    again = np.concatenate([values, values[3:4], values[3:4]])
    label, group = np.append(LABEL, [1, 1]), np.append(GROUP, [9, 9])
    assert group_consistency(again, label, group) == pytest.approx(once)


def test_sign_scale_and_unlabelled_cells():
    generator = np.random.default_rng(1)
    values = generator.normal(size=(6, 4))
    expected = group_consistency(values, LABEL, GROUP)
    assert group_consistency(-values, LABEL, GROUP) == pytest.approx(-expected)
    assert group_consistency(10 * values, LABEL, GROUP) == pytest.approx(expected)
    filled = np.concatenate([values, np.full((3, 4), 99.0)])
    label, group = np.append(LABEL, [-1] * 3), np.append(GROUP, [-1] * 3)
    assert group_consistency(filled, label, group) == pytest.approx(expected)


def test_one_group_is_measured_by_the_background():
    values = np.array([[5.0, 7.0], [7.0, 7.0], [1.0, 7.0], [-1.0, 7.0]])
    # The halo differs by 6 from a background with standard deviation 1, to which the median of 1 and 0 is added; the
    # second element does not vary.
    assert group_consistency(values, np.array([1, 1, 0, 0]), np.array([0, 0, -1, -1])) == pytest.approx(
        [4, 0]
    )


def test_sought_elements_have_groups_of_their_own():
    values = np.array([[1.0, 0.0], [3.0, 0.0], [2.0, 3.0], [4.0, -5.0], [1.0, 1.0], [-1.0, -1.0]])
    # Differences by group (2, 4) and (1, -5). With eight groups more, of (0, 2): means 6 / 10 and (-4 + 16) / 10,
    # standard deviations sqrt(2) and sqrt(18) over sqrt(10) groups, and the median of both.
    errors = np.sqrt(np.array([2.0, 18.0]) / 10)
    expected = np.array([0.6, 1.2]) / (errors + errors.mean())
    assert group_consistency(values, LABEL, GROUP, sought=[1]) == pytest.approx(expected)


def test_a_class_without_cells_is_an_error():
    with pytest.raises(ValueError, match="halo cells and background"):
        group_consistency(np.ones((2, 3)), np.array([1, 1]), np.array([0, 1]))


def test_strongest_elements_first():
    assert strongest(np.array([0.5, -3.0, 2.0, 2.0, 0.1])).tolist() == [1, 2, 3]
    assert strongest(np.array([0.5, -3.0]), 5).tolist() == [1, 0]
