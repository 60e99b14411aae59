import numpy as np
import pandas as pd
import pytest
from geohalo.products import deposit_marks, map_axes
from geohalo.products.deposit_marks import spread_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


def overlaps(a, b):
    return bool((a[:2] < b[2:] - 1e-12).all() and (b[:2] < a[2:] - 1e-12).all())


@settings(deadline=None)
@given(
    arrays(float, st.tuples(st.integers(1, 15), st.just(2)), elements=st.floats(0, 3)), st.floats(0.1, 1.5)
)
def test_names_cover_neither_each_other_nor_a_symbol_nor_the_edge(points, width):
    symbol = 0.12
    boxes = deposit_marks.place_names(points, np.tile([width, 0.12], (len(points), 1)), (3.0, 3.0), symbol)
    stars = np.hstack([points - symbol / 2, points + symbol / 2])
    placed = boxes[np.isfinite(boxes[:, 0])]
    assert (placed >= 0).all()
    assert (placed <= 3.0).all()
    np.testing.assert_allclose(placed[:, 2] - placed[:, 0], width)
    for index, box in enumerate(placed):
        assert not any(overlaps(box, star) for star in stars)
        assert not any(overlaps(box, other) for other in placed[index + 1 :])


def test_a_lone_name_stands_to_the_right_of_its_symbol_and_to_the_left_at_the_edge():
    size = np.array([[0.5, 0.1]])
    middle = deposit_marks.place_names(np.array([[1.0, 1.0]]), size, (3, 3), 0.1)
    np.testing.assert_allclose(middle, [[1.08, 0.95, 1.58, 1.05]])
    edge = deposit_marks.place_names(np.array([[2.8, 1.0]]), size, (3, 3), 0.1)
    np.testing.assert_allclose(edge, [[2.22, 0.95, 2.72, 1.05]])


def test_a_name_without_room_is_left_out_and_counted(square):
    page = map_axes.MapPage(square.ground, "title")
    crowd = pd.DataFrame(
        {"x": [540_000.0] * 15, "y": [5_960_000.0] * 15, "name": [f"{'name' * 6} {n}" for n in range(15)]}
    )
    missing = deposit_marks.draw_names(page, page.panels[0], crowd)
    assert len(page.panels[0].texts) == 15 - missing
    assert 0 < len(page.panels[0].texts) <= 15


@pytest.mark.parametrize(("number", "names"), [(0, 0), (1, 1), (15, 15), (16, 0)])
def test_names_only_where_they_are_few(square, number, names):
    page = map_axes.MapPage(square.ground, "title")
    column = np.arange(number)
    table = pd.DataFrame(
        {"x": 510_000.0 + 4000 * column, "y": 5_930_000.0 + 4000 * column, "name": [f"n{n}" for n in column]}
    )
    assert deposit_marks.draw_names(page, page.panels[0], table) == 0
    assert [text.get_text() for text in page.panels[0].texts] == [f"n{n}" for n in range(names)]


def test_names_are_shown_as_they_stand(square):
    page = map_axes.MapPage(square.ground, "title")
    table = pd.DataFrame(
        {"x": [520_000.0, 550_000.0], "y": [5_960_000.0] * 2, "name": ["$\\alpha_1$", "Mt_Isa $5"]}
    )
    deposit_marks.draw_names(page, page.panels[0], table)
    texts = [text._preprocess_math(text.get_text()) for text in page.panels[0].texts]
    assert texts == [("$\\alpha_1$", False), ("Mt_Isa $5", False)]


def test_deposits_outside_are_not_used():
    table = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]})
    assert len(deposit_marks.used_deposits(table)) == 2
    assert deposit_marks.used_deposits(table.assign(inside=[False, True])).index.tolist() == [1]


def test_stars_stand_at_the_deposits_in_km(square):
    page = map_axes.MapPage(square.ground, "title")
    mark = deposit_marks.draw_deposits(page.panels[0], square.deposits)
    np.testing.assert_allclose(page.panels[0].lines[0].get_xydata() * 1e3, square.deposits[["x", "y"]])
    assert mark.get_label() == "4 deposits"


def test_labels_move_aside_for_earlier_ones_and_no_further_than_they_must():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [50.0, 0.0], [0.0, 1.0]])
    moves = spread_labels(points, np.full((4, 2), 10.0))
    assert moves[[0, 2]].tolist() == [[0, 0], [0, 0]]
    centres = points + moves
    apart = np.abs(centres[:, None] - centres).max(axis=2)[np.triu_indices(4, 1)]
    assert apart.min() >= 10
    assert 0 < np.hypot(*moves.T).max() <= 18
    # A star stands on the first point.
    assert np.abs(spread_labels(points[:1], np.full((1, 2), 10.0), np.array([[-4, -4, 4, 4]]))).max() >= 9
    assert spread_labels(np.empty((0, 2)), np.empty((0, 2))).shape == (0, 2)
