"""What figures of estimates in rows share: marks with intervals, panels side by side, the axis of a share."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.estimate_rows import (
    CHANCE,
    Mark,
    chance_symbol,
    draw_chance,
    estimates,
    prepare,
    share_limits,
    side_by_side,
)
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import colour
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

RED = "#aa0000"


@pytest.fixture
def axes():
    return Figure().add_subplot()


def parts(axes):
    return {line.get_label(): line for line in axes.lines}


def test_mark_and_interval_stand_where_the_numbers_are(axes):
    Mark("s", 6, RED, width=1.5).draw(axes, 3.0, (0.7, 0.5, 0.8), "held_out", "its interval", (2, 5))
    drawn = parts(axes)
    assert set(drawn) == {"held_out", "its interval"}
    np.testing.assert_array_equal(drawn["held_out"].get_xydata(), [[0.7, 3.0]])
    np.testing.assert_array_equal(drawn["its interval"].get_xydata(), [[0.5, 3.0], [0.8, 3.0]])
    assert (drawn["its interval"].get_zorder(), drawn["held_out"].get_zorder()) == (2, 5)
    assert drawn["its interval"].get_linewidth() == 1.5
    assert drawn["held_out"].get_linestyle() == "None"


@pytest.mark.parametrize("values", [(0.7, np.nan, 0.8), (0.7, 0.5, np.nan), (0.7, 0.5, np.inf)])
def test_interval_without_both_ends_is_left_out(axes, values):
    Mark("o", 6, RED, width=1.5).draw(axes, 0, values, "mark")
    assert set(parts(axes)) == {"mark"}


def test_mark_without_width_has_no_interval(axes):
    Mark("o", 5, RED, filled=False).draw(axes, 0, (0.7, 0.5, 0.8), "mark")
    assert set(parts(axes)) == {"mark"}


@pytest.mark.parametrize(("filled", "face"), [(True, RED), (False, "#ffffff")])
@pytest.mark.parametrize("width", [0.0, 1.3])
def test_legend_shows_what_is_drawn(axes, filled, face, width):
    mark = Mark("^", 4.5, RED, filled, width, "projecting")
    mark.draw(axes, 0, (0.7, 0.5, 0.8), "mark")
    drawn, symbol = parts(axes)["mark"], mark.symbol("in words")
    assert symbol.get_label() == "in words"
    for line in (drawn, symbol):
        assert (line.get_marker(), line.get_markersize()) == ("^", 4.5)
        assert to_hex(line.get_markerfacecolor()) == face
        assert to_hex(line.get_markeredgecolor()) == RED
    assert symbol.get_linestyle() == ("-" if width else "None")
    assert symbol.get_linewidth() == width
    ends = [line.get_solid_capstyle() for name, line in parts(axes).items() if name == "interval"]
    assert ends == (["projecting"] if width else [])


def test_estimates_are_read_as_numbers():
    table = pd.DataFrame({"estimate": ["0.5"], "low": [np.nan], "high": [1]})
    (row,) = table.itertuples()
    estimate, low, high = estimates(row)
    assert (estimate, high) == (0.5, 1.0)
    assert np.isnan(low)


def test_rows_have_no_lines_along_them(axes):
    prepare(axes, rows=True)
    axes.figure.draw_without_rendering()
    assert all(line.get_visible() for line in axes.get_xgridlines())
    assert not any(line.get_visible() for line in axes.get_ygridlines())
    prepare(axes)
    assert all(line.get_visible() for line in axes.get_ygridlines())


def test_chance_is_drawn_as_the_legend_says(axes):
    draw_chance(axes, CHANCE)
    (line,) = axes.lines
    assert list(line.get_xdata()) == [0.5, 0.5]
    for one in (line, chance_symbol()):
        assert (to_hex(one.get_color()), one.get_linestyle()) == (to_hex(colour("chance")), "--")
        assert one.get_label() == "chance"


@pytest.mark.parametrize(("number", "right_margin"), [(1, 0.0), (2, 0.0), (3, 0.5)])
def test_panels_fill_the_width_with_gaps_between(number, right_margin):
    page = Page(WIDTH, "A title")
    panels = side_by_side(page, number, left=2.0, top=1.0, height=1.5, gap=0.3, right_margin=right_margin)
    places = np.array([page.place(axes) for axes in panels])
    assert len(panels) == number
    assert places[0, 0] == 2.0
    np.testing.assert_allclose(places[:, 1], 1.0)
    np.testing.assert_allclose(places[:, 2:], [[places[0, 2], 1.5]] * number)
    ends = places[:, 0] + places[:, 2] + right_margin
    np.testing.assert_allclose(places[1:, 0] - ends[:-1], 0.3)
    assert ends[-1] == pytest.approx(WIDTH - MARGIN)


def test_no_panel_is_no_mistake():
    assert side_by_side(Page(WIDTH, "A title"), 0, 2.0, 1.0, 1.5, 0.3) == []


@pytest.mark.parametrize(
    ("values", "low"),
    [([0.6, 0.9], 0.37), ([0.2, np.nan, 0.9], 0.17), ([np.nan], 0.37), ([], 0.37), ([0.01], 0.0)],
)
def test_axis_of_a_share_starts_below_the_lowest(values, low):
    assert share_limits(values) == (pytest.approx(low), 1.02)
