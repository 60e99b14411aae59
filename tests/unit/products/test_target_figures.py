"""Figures of targets and of the C-A curve: what is drawn is what the tables hold."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.concentration_area import concentration_area_curve, fit_lines
from geohalo.products.figures import concentration_area_plot, target_map
from geohalo.products.targets import find_targets
from geohalo.products.thresholds import threshold_table
from matplotlib.colors import to_hex


@pytest.fixture
def targets(scene):
    """Return two ranked targets of a scene with one deposit's name full of markup."""
    middle = scene.mask.shape[1] // 2
    layer = scene.layer.astype(np.float32)
    layer[scene.mask.shape[0] // 2, middle - 6 : middle - 2] = 0.85
    found = find_targets(layer, 0.8, 2, 50)
    table = found.table.assign(
        area_km2=found.table["cells"] * 4.0,
        x=scene.x[found.table["column"]],
        y=scene.y[found.table["row"]],
        nearest_deposit='<script>alert("$x$")</script>',
        distance_km=np.where(found.table["rank"] == 1, 0.0, 3.25),
        enriched="Zn +1.94, Pb +0.50, Cu +0.30, As +0.20",
        depleted="Ca -0.75",
    )
    return found.rank, table


def words(axes):
    return [text.get_text() for text in axes.texts]


def labelled(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def test_targets_are_outlined_numbered_and_listed(scene, targets):
    rank, table = targets
    figure = target_map(*scene.grid, scene.layer, rank, table, scene.deposits, crs="EPSG:2157")
    figure.draw_without_rendering()
    assert f"{len(table)} target" in figure.get_suptitle()
    labels = ("target without a known deposit", "target around one")
    drawn = {one.get_label(): one for one in figure.axes[0].collections if one.get_label() in labels}
    rings = [ring for lines in drawn.values() for ring in lines.get_paths()]
    # The rings enclose the cells: shoelace formula, holes turn the other way.
    ends = [(ring.vertices[:-1].T, ring.vertices[1:].T) for ring in rings]
    area = abs(sum(np.sum(x1 * y2 - x2 * y1) / 2 for (x1, y1), (x2, y2) in ends))
    assert area == pytest.approx(table["area_km2"].sum())
    assert words(figure.axes[0]) == [str(one) for one in table["rank"]]
    listed = words(labelled(figure, "table"))
    assert {"inside", "up: Zn +1.94, Pb +0.50, Cu +0.30", "down: Ca −0.75"} <= set(listed)
    assert len(table) == 2
    assert list(drawn) == list(labels)
    assert [to_hex(lines.get_color()[0]) for lines in drawn.values()] == ["#000000", "#ffffff"]
    # The one with a deposit inside is the first in rank and the last in the table.
    parts = [one for one in listed if one in ("Without a known deposit inside", "Around known deposits")]
    assert parts == ["Without a known deposit inside", "Around known deposits"]
    assert listed.index("3.2") < listed.index("Around known deposits") < listed.index("inside")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "3 deposits",
        *labels,
        "too far from a sample",
    ]


def test_no_more_than_sixteen_rows_and_thirty_numbers(square):
    layer = np.zeros(square.mask.shape, dtype=np.float32)
    layer[6:34:3, 6:34:3] = np.linspace(0.6, 0.9, 100).reshape(10, 10)
    found = find_targets(np.where(square.mask, layer, np.nan), 0.5, 1, 1000)
    table = found.table.assign(area_km2=4.0, nearest_deposit="", distance_km=np.nan, enriched="", depleted="")
    table = table.assign(x=square.x[table["column"]], y=square.y[table["row"]])
    assert len(table) > 30
    figure = target_map(*square.grid, layer, found.rank, table, square.deposits.iloc[:0])
    assert len(words(figure.axes[0])) == 30
    listed = words(labelled(figure, "table"))
    assert [one for one in listed if one.isdigit()].count("17") == 0
    assert listed.count("none known") == 16
    figure = target_map(*square.grid, layer, found.rank, table.assign(distance_km=1.0), square.deposits)
    listed = words(labelled(figure, "table"))
    assert f"Without a known deposit inside, the first 8 of {len(table)}" in listed
    assert listed.count("1.0") == 8


def test_a_map_without_targets_is_drawn(square):
    found = find_targets(square.layer.astype(np.float32), 2.0, 1, 10)
    table = found.table.assign(
        area_km2=[], nearest_deposit=[], distance_km=[], enriched=[], depleted=[], x=[], y=[]
    )
    figure = target_map(*square.grid, square.layer, found.rank, table, square.deposits)
    assert figure.get_suptitle() == "survey: no targets"


def test_curve_and_lines_are_drawn_as_the_table_tells():
    score = np.random.default_rng(0).beta(2, 5, 5000).astype(np.float32)
    curve = concentration_area_curve(score)
    lines = fit_lines(*curve, 4)
    rank = np.array([0.99, 0.9, 0.5])
    table = threshold_table("concentration_area", score, lines.thresholds, rank, 1000.0, lines)
    figure = concentration_area_plot("$urvey", *curve, table)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    drawn = {line.get_label(): line for line in axes.lines}
    np.testing.assert_array_equal(drawn["map"].get_xydata(), np.column_stack(curve))
    fitted = [line for label, line in drawn.items() if "score" in label]
    assert len(fitted) == 4
    for line, row in zip(fitted, table.to_dict("records"), strict=True):
        (x1, y1), (x2, y2) = np.log10(line.get_xydata())
        assert (y2 - y1) / (x2 - x1) == pytest.approx(row["slope"])
        assert y1 == pytest.approx(row["intercept"] + row["slope"] * x1)
    dashed = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert dashed == pytest.approx(lines.thresholds)
    assert "100 % of held-out deposits" in fitted[0].get_label()
    assert isinstance(table, pd.DataFrame)
