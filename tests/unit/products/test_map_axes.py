import itertools
import math

import numpy as np
import pytest
from geohalo.products import map_axes, pages, styles
from geohalo.products.map_ground import MapGround
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.transforms import Bbox


def test_ground_measures_in_km_to_the_outer_edges(square):
    ground = square.ground
    assert ground.cell == (2.0, 2.0)
    assert ground.size == (80.0, 80.0)
    assert ground.extent == (499.0, 579.0, 5921.0, 6001.0)
    assert ground.area == square.mask.sum() * 4.0


def test_ground_tells_points_in_the_drawn_rectangle(square):
    ground = square.ground
    points = np.array(
        [[499_001, 6_000_000], [498_999, 6_000_000], [540_000, 5_921_001], [540_000, 5_920_999]]
    )
    assert ground.inside(points).tolist() == [True, False, True, False]


def test_a_strip_is_padded_and_its_cells_stay_where_they_are():
    strip = MapGround(
        "survey", 500.0 + 1000 * np.arange(100), 500.0 - 1000 * np.arange(5), np.ones((5, 100), bool)
    )
    assert strip.extent == (0.0, 100.0, -4.0, 1.0)
    assert strip.frame == (0.0, 100.0, -14.0, 11.0)
    page = map_axes.MapPage(strip, "title")
    assert page.raster(page.panels[0], np.ones((5, 100))).get_extent() == [0.0, 100.0, -4.0, 1.0]
    assert page.panels[0].get_ylim() == (-14.0, 11.0)


def test_ground_refuses_parts_that_do_not_fit(square):
    with pytest.raises(ValueError, match="mask has shape"):
        MapGround("survey", square.x[1:], square.y, square.mask)
    with pytest.raises(ValueError, match="layer has shape"):
        square.ground.masked(square.layer[1:])
    with pytest.raises(ValueError, match="2 x 2"):
        MapGround("survey", square.x[:1], square.y, square.mask[:, :1])


@pytest.mark.parametrize(("longest", "length"), [(49.9, 20), (50, 50), (99, 50), (0.3, 0.2), (1, 1), (7, 5)])
def test_scale_bar_is_the_longest_round_length(longest, length):
    assert map_axes.scale_length(longest) == pytest.approx(length)


@given(st.floats(1e-3, 1e5))
def test_scale_bar_fits_and_is_no_shorter_than_it_must(longest):
    length = map_axes.scale_length(longest)
    assert longest / 2.5 * (1 - 1e-6) <= length <= longest * (1 + 1e-6)


@given(st.integers(2, 12), st.floats(0.1, 6))
def test_panels_fit_on_the_page(panels, aspect):
    columns, width = map_axes.panel_columns(panels, aspect, 0.6)
    assert 1 <= columns <= panels
    used = columns * width + (columns - 1) * map_axes.GAP
    assert used <= pages.WIDTH - 2 * pages.MARGIN + 1e-9
    assert width * aspect <= map_axes.TALLEST_MAP + 1e-9
    # No row stays empty.
    assert math.ceil(panels / columns) * columns - panels < columns


@given(st.integers(2, 12), st.floats(0.1, 6))
def test_rows_of_panels_leave_room_for_the_rest_of_a_sheet(panels, aspect):
    columns, width = map_axes.panel_columns(panels, aspect, 0.6)
    rows = math.ceil(panels / columns)
    assert rows * (width * aspect + 0.6) <= max(map_axes.HIGHEST_PANELS, rows * 0.9) + 1e-9


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [
        (7.48, 10.9, 1),
        (10.9, 7.48, 1),
        (3, 2, 1),
        (8, 5, 1),
        (8, 10.9, 7.48 / 8),
        (14.96, 7.48, 10.9 / 14.96),
        (14.96, 10.9, 7.48 / 10.9),
    ],
)
def test_a_page_shrinks_to_the_sheet_whichever_way_it_is_turned(width, height, scale):
    assert pages.printed_scale(width, height) == pytest.approx(scale)


def test_the_largest_page_has_text_of_seven_points_in_print():
    sides = pages.largest_page()
    assert sides == pytest.approx((8.014, 11.679), abs=1e-3)
    assert pages.printed_scale(*sides) * styles.SMALL_SIZE == pytest.approx(7)


def legend_page(square, panels, entries):
    ground = square.ground
    page = map_axes.MapPage(ground, "title", titles=[f"panel {number}" for number in range(panels)])
    for axes in page.panels:
        page.colour_bar(axes, page.raster(axes, square.layer))
    lowest = page.bottom
    figure = page.finish_map([map_axes.area_patch("red", f"area {number}") for number in range(entries)])
    figure.draw_without_rendering()
    return page, figure, figure.get_figheight() - lowest


@pytest.mark.parametrize(("panels", "entries", "fills"), [(5, 7, True), (6, 7, False), (5, 30, False)])
def test_legend_and_scale_bar_fill_a_last_row_that_has_room(square, panels, entries, fills):
    page, figure, below = legend_page(square, panels, entries)
    last = page.panels[-1].get_position()
    bar = next(axes for axes in figure.axes if axes.get_label() == "scale bar").get_position()
    legend = figure.legends[0].get_window_extent().transformed(figure.transFigure.inverted())
    assert len(figure.legends) == 1
    assert len(figure.legends[0].get_texts()) == entries
    if not fills:
        assert max(bar.y1, legend.y1) < last.y0
        assert below > map_axes.SCALE_HEIGHT
        return
    assert below == pytest.approx(pages.MARGIN)
    for box in (bar, legend):
        assert box.x0 > last.x1
        assert last.y0 - 1e-6 <= box.y0 < box.y1 <= last.y1 + 1e-6
    assert legend.y0 > bar.y1


def test_single_map_has_the_shape_of_the_survey_and_axes_in_km(scene):
    ground = MapGround("survey", scene.x, scene.y, scene.mask, "EPSG:2157")
    page = map_axes.MapPage(ground, "title")
    image = page.raster(page.panels[0], scene.layer)
    page.colour_bar(page.panels[0], image, "label")
    figure = page.finish_map([])
    axes = page.panels[0]
    box = axes.get_position()
    width, height = figure.get_size_inches()
    assert box.height * height / (box.width * width) == pytest.approx(ground.size[1] / ground.size[0])
    assert axes.get_xlabel() == "Easting (km, EPSG:2157)"
    assert axes.get_ylabel() == "Northing (km)"
    assert axes.get_xlim() == ground.extent[:2]
    assert axes.get_ylim() == ground.extent[2:]


def test_cells_outside_stay_the_ground_colour(square):
    page = map_axes.MapPage(square.ground, "title")
    image = page.raster(page.panels[0], square.layer)
    shown = image.get_array()
    np.testing.assert_array_equal(np.ma.getmaskarray(shown), ~square.mask)
    np.testing.assert_array_equal(shown.compressed(), square.layer[square.mask])
    assert page.panels[0].get_facecolor() == to_rgba(styles.colour("outside"))


def test_scale_bar_has_the_length_that_it_names(scene):
    ground = scene.ground
    page = map_axes.MapPage(ground, "title")
    figure = page.finish_map([])
    bar = next(axes for axes in figure.axes if axes.get_label() == "scale bar")
    told = float(bar.texts[0].get_text().removesuffix(" km"))
    drawn = np.ptp(bar.transData.transform(bar.lines[0].get_xydata())[:, 0])
    ends = page.panels[0].transData.transform([[ground.extent[0], 0], [ground.extent[0] + told, 0]])
    assert drawn == pytest.approx(np.ptp(ends[:, 0]))
    assert "N" in [text.get_text() for text in bar.texts]


@pytest.mark.parametrize("panels", [0, 1, 2, 7])
@pytest.mark.parametrize("shape", [(24, 52), (50, 30), (40, 40), (4, 90), (90, 4)])
def test_nothing_leaves_the_page_and_no_two_parts_overlap(shape, panels):
    rows, columns = shape
    mask = np.ones(shape, dtype=bool)
    ground = MapGround(
        "survey", 1000.0 * np.arange(columns), 1000.0 * np.arange(rows)[::-1], mask, "EPSG:2157"
    )
    titles = [
        f"Panel {number} with a rather long title that needs more than one line" for number in range(panels)
    ]
    page = map_axes.MapPage(ground, "A title " * 20, "A subtitle " * 30, titles)
    for axes in page.panels:
        page.colour_bar(axes, page.raster(axes, np.ones(shape)), "" if panels > 1 else "Label of a bar")
    handles = [map_axes.area_patch("red", f"area {number}") for number in range(9)]
    figure = page.finish_map(handles, "A caption " * 40)
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    boxes = {f"text {n}": text.get_window_extent(renderer) for n, text in enumerate(figure.texts)}
    boxes |= {f"axes {n}": axes.get_tightbbox(renderer) for n, axes in enumerate(figure.axes)}
    boxes["legend"] = figure.legends[0].get_window_extent(renderer)
    inside = figure.bbox.padded(1)
    outside = [
        name for name, box in boxes.items() if not (inside.contains(*box.min) and inside.contains(*box.max))
    ]
    assert outside == []
    overlapping = [
        (a, b)
        for a, b in itertools.combinations(boxes, 2)
        if (common := Bbox.intersection(boxes[a], boxes[b])) is not None and min(common.size) > 2
    ]
    assert overlapping == []
