"""The figure of catchments: every sample has a mark, boundaries lie between increments, large terrains are thinned."""

from dataclasses import replace

import numpy as np
import pytest
from geohalo.catchments.catchment import delineated
from geohalo.catchments.quality import DOUBTS
from geohalo.catchments.snapping import Snapped
from geohalo.cube.grid import Grid
from geohalo.products.catchment_figure import MARKS, catchment_map
from geohalo.products.catchment_relief import MOST_LINES, Relief
from matplotlib.collections import LineCollection
from matplotlib.text import Text
from terrains import NORTH, WEST, WORKED, arrows, drained, rough

GRID = Grid(WEST + 100.0 * (np.arange(4) + 0.5), NORTH - 100.0 * (np.arange(3) + 0.5))


def relief(terrain, label, channel=8.0):
    frame = terrain.frame
    x = frame.west + frame.width * (np.arange(frame.columns) + 0.5)
    y = frame.north - frame.height * (np.arange(frame.rows) + 0.5)
    return Relief(x, y, label, terrain.heights, terrain.upstream, channel, frame.cell_area)


def worked(heights=None):
    terrain = drained(arrows(WORKED), heights=heights)
    cells = np.array([5, 9, 11])
    _, label = delineated(terrain, Snapped(cells, np.zeros(3)), GRID)
    return relief(terrain, label), terrain.frame.centres(cells)


def none(number):
    return {doubt.name: np.zeros(number, dtype=bool) for doubt in DOUBTS}


def test_marks_differ_in_shape_and_colour():
    assert list(MARKS) == [doubt.name for doubt in DOUBTS]
    shapes = [shape for shape, _ in MARKS.values()]
    assert len({*shapes, "o"}) == len(MARKS) + 1


def test_the_legend_counts_samples_by_their_first_doubt():
    below, places = worked()
    doubts = none(3)
    doubts["leaves"][:] = [True, False, True]
    doubts["flat"][:] = [True, True, False]
    figure = catchment_map("survey", below, places, doubts, "EPSG:32630")
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    texts += [
        text.get_text() for axes in figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()
    ]
    joined = " ".join(" ".join(texts).split())
    assert "catchment leaves the terrain (2)" in joined
    assert "on a lake or flat (1)" in joined
    assert "sample (" not in joined


def told(figure):
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    texts = [*figure.texts, *(text for legend in legends for text in legend.get_texts())]
    return " ".join(" ".join(text.get_text() for text in texts).split())


def test_what_is_not_on_the_map_is_not_explained():
    below, places = worked()
    doubts, several = none(3), "A sample with several doubts"
    clean = told(catchment_map("survey", below, places, doubts))
    assert "0 of them doubtful" in clean
    assert "without a doubt" not in clean
    assert several not in clean
    assert "paler" not in clean  # all ground drains to a sample
    doubts["leaves"][0] = doubts["flat"][1] = True
    one = told(catchment_map("survey", below, places, doubts))
    assert "1 without a doubt; " in one
    assert several not in one
    doubts["flat"][0] = True
    assert several in told(catchment_map("survey", below, places, doubts))
    label = below.label.copy()
    label[0] = -1
    rest = told(catchment_map("survey", replace(below, label=label), places, doubts))
    assert "paler: ground that drains to no sample" in rest


def test_boundaries_lie_between_increments():
    below, places = worked()
    figure = catchment_map("survey", below, places, none(3))
    (lines,) = [one for axes in figure.axes for one in axes.collections if isinstance(one, LineCollection)]
    segments = {tuple(map(tuple, np.round(one, 6))) for one in lines.get_segments()}
    # 12 cells in three increments: 0 0 0 2 | 1 0 1 2 | 1 1 2 2 have 5 upright edges and 4 level ones.
    west, north = WEST / 1e3, NORTH / 1e3
    upright = [(0, 3), (1, 1), (1, 2), (1, 3), (2, 2)]
    level = [(1, 0), (1, 2), (2, 1), (2, 2)]
    expected = {
        (
            (round(west + 0.1 * c, 6), round(north - 0.1 * r, 6)),
            (round(west + 0.1 * c, 6), round(north - 0.1 * (r + 1), 6)),
        )
        for r, c in upright
    }
    expected |= {
        (
            (round(west + 0.1 * c, 6), round(north - 0.1 * r, 6)),
            (round(west + 0.1 * (c + 1), 6), round(north - 0.1 * r, 6)),
        )
        for r, c in level
    }
    assert segments == expected


def test_a_relief_has_heights_in_metres():
    below, places = worked(heights=rough((3, 4), 1))
    figure = catchment_map("survey", below, places, none(3))
    assert "Height (m)" in [axes.get_ylabel() for axes in figure.axes]


def test_a_large_terrain_is_thinned_and_keeps_its_channels():
    side = 2 * MOST_LINES + 50
    upstream = np.ones((side, side), dtype=np.int32)
    upstream[:, 1001] = 500
    label = np.zeros((side, side), dtype=np.int32)
    label[:, 1001] = 1
    x = WEST + 10.0 * np.arange(side)
    whole = Relief(
        x,
        NORTH - 10.0 * np.arange(side),
        label,
        rough((side, 1), 1) * np.ones((1, side)),
        upstream,
        100,
        100.0,
    )
    part = whole.part(np.array([[WEST, NORTH], [WEST + 100, NORTH - 100]]))
    assert max(part.label.shape) <= MOST_LINES
    assert part.heights.shape == part.label.shape == (part.y.size, part.x.size)
    assert ((part.upstream >= 100).sum(axis=1) == 1).all()
    column = int(np.flatnonzero(part.upstream[0] == 500)[0])
    assert (part.label[:, column] == 1).all()
    # The middle of the cells that it stands for.
    assert abs(part.x[column] - x[1001]) <= 10


def test_only_ground_around_catchments_and_samples_is_drawn():
    label = np.full((100, 200), -1, dtype=np.int32)
    label[40:60, 80:90] = 0
    x, y = WEST + 10.0 * np.arange(200), NORTH - 10.0 * np.arange(100)
    whole = Relief(x, y, label, None, np.ones((100, 200), dtype=np.int32), 5, 100.0)
    part = whole.part(np.array([[x[100], y[50]], [np.nan, np.nan]]))
    # Three cells around columns 80 to 100 and rows 40 to 59.
    assert (part.x[0], part.x[-1]) == (x[77], x[103])
    assert (part.y[0], part.y[-1]) == (y[37], y[62])


def test_channels_leave_the_relief_to_be_seen():
    random = np.random.default_rng(0)
    side = 200
    upstream = np.ones((side, side), dtype=np.int32)
    # Every second row is a channel of 0.2 km2 (20 cells of 0.01 km2), and one is a river of 300 km2.
    upstream[::2] = 20
    upstream[50] = 30_000
    upstream[80:84] = 150
    label = np.zeros((side, side), dtype=np.int32)
    x, y = WEST + 100.0 * np.arange(side), NORTH - 100.0 * np.arange(side)
    below = Relief(x, y, label, random.random((side, side)).astype(np.float32), upstream, 10.0, 1e4)
    assert below.channel_area == 0.1
    # At 0.2 km2 half of the ground would be channel, and from 0.5 km2 on five rows (2.5 %) are.
    assert below.shown_channel() == 0.5
    assert below.drains(0.5).sum() == 5 * side
    figure = catchment_map("survey", below, np.array([[x[9], y[9]]]), none(1))
    texts = words(figure)
    assert "channel, with 0.5 km² upstream or more" in texts
    assert "Smaller channels, from 0.1 km², are left out." in texts


def test_few_channels_are_drawn_as_the_config_says():
    below, places = worked(heights=rough((3, 4), 1))
    # A fourth of 12 cells: of a map as small as this no relief would be seen anyway.
    assert below.shown_channel() == below.channel_area == 0.08
    texts = words(catchment_map("survey", below, places, none(3)))
    assert "channel, with 0.08 km² upstream or more" in texts
    assert "are left out" not in texts


def words(figure):
    """Return all text of a figure with single blanks."""
    return " ".join(" ".join(text.get_text() for text in figure.findobj(Text)).split())


def drawn_at(figure, marker):
    """Return the places of the samples with a mark, in km."""
    axes = figure.axes[0]
    (line,) = [line for line in axes.lines if line.get_marker() == marker]
    return np.column_stack(line.get_data())


def test_samples_beyond_the_terrain_are_drawn():
    side = 100
    x, y = WEST + 100.0 * np.arange(side), NORTH - 100.0 * np.arange(side)
    label = np.zeros((side, side), dtype=np.int32)
    below = Relief(x, y, label, rough((side, side), 1), np.ones_like(label), 5.0, 1e4)
    # On the terrain; a kilometre west of it; a hundred kilometres north of it; without coordinates.
    places = np.array([[x[50], y[50]], [WEST - 1050, y[20]], [x[30], NORTH + 100_000], [np.nan, np.nan]])
    doubts = none(4)
    doubts["outside"][1:] = True
    figure = catchment_map("survey", below, places, doubts)
    west, east, south, north = (*figure.axes[0].get_xlim(), *figure.axes[0].get_ylim())
    # Reaches beyond the terrain in the west and in the north, there no farther than 15 % of its side.
    assert west < (WEST - 1050) / 1e3 < west + 0.5
    assert north == pytest.approx((NORTH + 50) / 1e3 + 1.5 + 0.3, abs=0.15)
    assert (east, south) == pytest.approx(((x[-1] + 50) / 1e3, (y[-1] - 50) / 1e3))
    shown = drawn_at(figure, "x")
    np.testing.assert_allclose(shown, [[(WEST - 1050) / 1e3, y[20] / 1e3], [x[30] / 1e3, north]])
    texts = words(figure)
    assert "beyond the terrain (3)" in texts
    assert "At the edge of the map: 1 sample farther away." in texts
    assert "Not on the map: 1 sample without coordinates." in texts


def test_the_map_ends_with_the_terrain_where_no_sample_lies_beyond():
    side = 60
    x, y = WEST + 100.0 * np.arange(side), NORTH - 100.0 * np.arange(side)
    label = np.zeros((side, side), dtype=np.int32)
    below = Relief(x, y, label, None, np.ones_like(label), 5.0, 1e4)
    part = below.part(np.array([[x[3], y[3]]]))
    assert part.label.shape == (side, side)
    np.testing.assert_array_equal(part.x, x)
    texts = words(catchment_map("survey", below, np.array([[x[3], y[3]]]), none(1)))
    assert "beyond the terrain" not in texts
    assert "edge of the map" not in texts
