"""Where the table of targets goes, and that its page is well used and readable in print."""

import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import target_map
from geohalo.products.map_ground import MapGround
from geohalo.products.pages import LEAST_PRINTED, printed_scale
from geohalo.products.target_figure import target_boxes, target_layout
from geohalo.products.targets import KNOWN, NEW
from matplotlib.text import Text
from matplotlib.transforms import Bbox

#: Rows and columns of surveys, from much wider than tall to much taller than wide.
SHAPES = [(12, 60), (24, 52), (34, 40), (40, 40), (50, 30), (80, 20)]
WARNED = "\n".join(
    [
        "The map is below chance here: held-out deposits outrank 0.45 (0.30 to 0.60) of the decoys, where 0.5 is "
        "chance. Do not follow its high ground.",
        "No basis for a map: the deposits form 4 groups, where 5 are the least. What is learned is what these few "
        "places have in common.",
    ]
)


@cache
def draw(shape, new=14, known=5, cells=(1, 2)):
    """Draw a survey of 2 km cells with targets of so many rows and columns spread over it."""
    rows, columns = shape
    x, y = 500_000 + 2000.0 * np.arange(columns), 6_000_000 - 2000.0 * np.arange(rows)
    rank, number = np.zeros(shape, dtype=np.uint16), new + known
    across = max(1, round(np.sqrt(number * columns / rows)))
    down = -(-number // across)
    for n in range(number):
        row, column = n // across * rows // down, n % across * columns // across
        rank[row : row + cells[0], column : column + cells[1]] = n + 1
    middle = [np.argwhere(rank == n + 1).mean(axis=0).round().astype(int) for n in range(number)]
    targets = pd.DataFrame(
        {
            "rank": np.arange(1, number + 1),
            "ground": [NEW] * new + [KNOWN] * known,
            "area_km2": 1234.0,
            "peak_score": 0.93,
            "mean_score": 0.81,
            "nearest_deposit": "Lillefjeldklumpen Skjerp Mine",
            "distance_km": 123.45,
            "enriched": "Zn +1.94, Pb +0.50, Cu +0.30, As +0.20",
            "depleted": "Ca -0.75, Mn -0.44, Rb -0.30",
            "x": [x[column] for _, column in middle],
            "y": [y[row] for row, _ in middle],
        }
    )
    mask, score = np.ones(shape, dtype=bool), np.linspace(0, 1, rows * columns).reshape(shape)
    areas = pd.DataFrame({"ground": [NEW, KNOWN], "share": 0.05, "best_share": [0.7, 0.3], "targets": known})
    deposits = pd.DataFrame({"x": [x.mean()], "y": [y.mean()], "name": ["Alpha"]})
    ground = MapGround("survey", x, y, mask, "EPSG:2157")
    figure = target_map(ground, score, rank, targets, deposits, areas, WARNED)
    figure.draw_without_rendering()
    return figure


def labelled(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def covered(figure):
    """Return the share of the page inside the margins that maps, bars, texts, legend and table cover."""
    renderer = figure.canvas.get_renderer()
    boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
    boxes += [text.get_window_extent(renderer) for text in figure.texts]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    width, height = (int(side) for side in figure.bbox.size)
    page = np.zeros((height, width), dtype=bool)
    for box in boxes:
        left, bottom, right, top = (round(max(edge, 0)) for edge in box.extents)
        page[bottom:top, left:right] = True
    return page.mean()


def printed_texts(figure):
    return [one for one in figure.findobj(Text) if one.get_text().strip() and one.get_visible()]


@pytest.mark.parametrize(
    ("size", "rows", "below", "sides"),
    [
        ((250, 120), 16, True, (8.01, 11.68)),
        ((151, 100), 1, True, (8.01, 11.68)),
        ((100, 100), 16, False, (11.68, 8.01)),
        ((100, 100), 8, True, (8.01, 11.68)),
        ((100, 151), 16, False, (11.68, 8.01)),
        ((100, 201), 1, False, (11.68, 8.01)),
        ((100, 151), 0, True, (8.01, 11.68)),
    ],
)
def test_table_is_below_a_wide_map_and_beside_others(size, rows, below, sides):
    layout = target_layout(size, rows)
    assert layout.below == below
    assert (layout.form is None) == (rows == 0)
    assert layout.highest == pytest.approx(sides[1], abs=0.01)
    assert layout.room.widest + layout.room.right_margin <= sides[0] + 0.01


@pytest.mark.parametrize("shape", SHAPES)
def test_table_stands_where_the_layout_says(shape):
    figure = draw(shape)
    (map_box, table_box) = (axes.get_position() for axes in (figure.axes[0], labelled(figure, "table")))
    if shape[1] > 1.2 * shape[0]:
        assert table_box.y1 < map_box.y0
        assert table_box.x0 < map_box.x0
    else:
        assert table_box.x0 > map_box.x1
        assert table_box.y1 > map_box.y0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("number", [(14, 5), (6, 2)])
def test_no_page_is_mostly_blank_and_all_text_is_readable_in_print(shape, number):
    figure = draw(shape, *number)
    assert covered(figure) > (0.7 if sum(number) > 16 else 0.55)
    scale = printed_scale(*figure.get_size_inches())
    assert min(one.get_fontsize() for one in printed_texts(figure)) * scale >= LEAST_PRINTED - 0.01
    # The map has not been squeezed for it.
    box = figure.axes[0].get_position()
    width, height = box.size * figure.get_size_inches()
    assert max(width, height) > 4.0


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_leaves_the_page_and_no_cells_of_the_table_meet(shape):
    figure = draw(shape)
    renderer = figure.canvas.get_renderer()
    page = figure.bbox.padded(1)
    boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
    alone = [one.get_window_extent(renderer) for one in (*figure.texts, *figure.legends)]
    boxes += alone
    assert [box for box in boxes if not (page.contains(*box.min) and page.contains(*box.max))] == []
    # Maps, bars, texts, legend and table lie apart.
    frames = [axes.get_window_extent(renderer) for axes in figure.axes]
    pairs = itertools.combinations([*frames, *alone], 2)
    common = [shared for a, b in pairs if (shared := Bbox.intersection(a, b)) is not None]
    assert [box for box in common if min(box.size) > 2] == []
    cells = [(one.get_text(), one.get_window_extent(renderer)) for one in labelled(figure, "table").texts]
    meeting = [
        (a, b)
        for (a, first), (b, second) in itertools.combinations(cells, 2)
        if (common := Bbox.intersection(first, second)) is not None and min(common.size) > 1
    ]
    assert meeting == []


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (
            (24, 52),
            {"Up,\nlog-ratio", "Down,\nlog-ratio", "Zn +1.94, Pb +0.50, Cu +0.30", "Ca −0.75, Mn −0.44"},
        ),
        ((50, 30), {"up: Zn +1.94, Pb +0.50, Cu +0.30", "down: Ca −0.75, Mn −0.44, Rb −0.30"}),
    ],
)
def test_table_names_elements_and_where_the_peak_is(shape, told):
    figure = draw(shape)
    listed = [one.get_text() for one in labelled(figure, "table").texts]
    assert told | {"Easting\n(m)", "Northing\n(m)", "123.5"} <= set(listed)
    # Of the first target, whose two cells are in the north-western corner.
    assert listed.count("6000000") >= 1
    assert listed.count("500000") >= 1


def test_contrasts_that_round_to_nothing_are_not_told():
    rank = np.zeros((24, 52), dtype=np.uint16)
    rank[3:9, 3:9] = 1
    targets = pd.DataFrame(
        [[1, NEW, 144.0, 0.9, 0.8, "", np.nan, "Zn +1.94, Ba +0.00", "Co -0.00", 510e3, 5990e3]],
        columns=["rank", "ground", "area_km2", "peak_score", "mean_score", "nearest_deposit", "distance_km",
                 "enriched", "depleted", "x", "y"],
    )  # fmt: skip
    x, y = 500_000 + 2000.0 * np.arange(52), 6_000_000 - 2000.0 * np.arange(24)
    none = pd.DataFrame({"x": [], "y": []})
    ground = MapGround("survey", x, y, rank >= 0)
    figure = target_map(ground, np.ones(rank.shape), rank, targets, none)
    listed = [one.get_text() for one in labelled(figure, "table").texts]
    assert "Zn +1.94" in listed
    assert not any("0.00" in one for one in listed)


def test_boxes_of_targets_in_km(square):
    rank = np.zeros(square.mask.shape, dtype=np.uint16)
    rank[0, 0], rank[2:4, 5:8] = 2, 1
    ground = square.ground
    boxes = target_boxes(ground, rank, np.array([2, 1]))
    np.testing.assert_allclose(boxes, [[499, 5999, 501, 6001], [509, 5993, 515, 5997]])
    assert target_boxes(ground, rank, np.array([], dtype=int)).shape == (0, 4)


@pytest.mark.parametrize(("cells", "moved"), [((1, 1), 12), ((9, 9), 0)])
def test_numbers_stand_beside_targets_that_they_would_hide(cells, moved):
    figure = draw((40, 100), new=12, known=0, cells=cells)
    axes = figure.axes[0]
    peaks = np.array([[float(text.get_text()), *text.get_position()] for text in axes.texts])
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2]
    assert len(peaks) == 12
    assert len(lines) == moved
    # All of them on the map.
    panel = axes.get_window_extent()
    for text in axes.texts:
        x, y = axes.transData.transform(text.get_position())
        assert panel.x0 < x < panel.x1
        assert panel.y0 < y < panel.y1
