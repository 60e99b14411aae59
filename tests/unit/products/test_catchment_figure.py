"""The figure of catchments: every sample has a mark, boundaries lie between increments, large terrains are thinned."""

import numpy as np
from geohalo.catchments.catchment import delineated
from geohalo.catchments.quality import DOUBTS
from geohalo.catchments.snapping import Snapped
from geohalo.cube.grid import Grid
from geohalo.products.catchment_figure import MARKS, MOST_LINES, Relief, catchment_map
from matplotlib.collections import LineCollection
from terrains import NORTH, WEST, WORKED, arrows, drained, rough

GRID = Grid(WEST + 100.0 * (np.arange(4) + 0.5), NORTH - 100.0 * (np.arange(3) + 0.5))


def relief(terrain, label, channel=8.0):
    frame = terrain.frame
    x = frame.west + frame.width * (np.arange(frame.columns) + 0.5)
    y = frame.north - frame.height * (np.arange(frame.rows) + 0.5)
    return Relief(x, y, label, terrain.heights, terrain.upstream, channel)


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
        x, NORTH - 10.0 * np.arange(side), label, rough((side, 1), 1) * np.ones((1, side)), upstream, 100
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
    whole = Relief(x, y, label, None, np.ones((100, 200), dtype=np.int32), 5)
    part = whole.part(np.array([[x[100], y[50]], [np.nan, np.nan]]))
    # Three cells around columns 80 to 100 and rows 40 to 59.
    assert (part.x[0], part.x[-1]) == (x[77], x[103])
    assert (part.y[0], part.y[-1]) == (y[37], y[62])
