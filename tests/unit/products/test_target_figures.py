"""Figures of targets and of the C-A curve: what is drawn is what the tables hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from geohalo.products.concentration_area import concentration_area_curve, fit_lines
from geohalo.products.figures import concentration_area_plot, target_map
from geohalo.products.targets import KNOWN, NEW, find_targets
from geohalo.products.thresholds import threshold_table
from matplotlib.colors import to_hex


@pytest.fixture
def targets(scene):
    """Return two ranked targets of a scene with one deposit's name full of markup."""
    middle = scene.mask.shape[1] // 2
    layer = scene.layer.astype(np.float32)
    layer[scene.mask.shape[0] // 2, middle - 6 : middle - 2] = 0.85
    high = layer >= 0.8
    known = high & (np.indices(high.shape)[1] < middle - 2) & (layer == np.float32(0.85))
    found = find_targets(layer, (high & ~known, high & known), 2, 50, 10**6)
    table = found.table.assign(
        area_km2=found.table["cells"] * 4.0,
        x=scene.x[found.table["column"]],
        y=scene.y[found.table["row"]],
        nearest_deposit='<script>alert("$x$")</script>',
        distance_km=np.where(found.table["ground"] == KNOWN, 0.0, 3.25),
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
    areas = pd.DataFrame({"ground": [NEW, KNOWN], "share": 0.05, "best_share": [0.7, 0.3], "targets": 1})
    figure = target_map(
        replace(scene.ground, crs="EPSG:2157"),
        scene.layer,
        rank,
        table,
        scene.deposits,
        areas=areas,
        warned="Beware.",
    )
    figure.draw_without_rendering()
    assert figure.get_suptitle().replace("\n", " ").startswith("survey: 1 target on new ground, ")
    told = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert "Beware. Of the best 5 % of the survey, 30 % lie on halos of known deposits" in told
    labels = ("target on new ground", "target on a known halo")
    drawn = {one.get_label(): one for one in figure.axes[0].collections if one.get_label() in labels}
    rings = [ring for lines in drawn.values() for ring in lines.get_paths()]
    # The rings enclose the cells: shoelace formula, holes turn the other way.
    ends = [(ring.vertices[:-1].T, ring.vertices[1:].T) for ring in rings]
    area = abs(sum(np.sum(x1 * y2 - x2 * y1) / 2 for (x1, y1), (x2, y2) in ends))
    assert area == pytest.approx(table["area_km2"].sum())
    assert words(figure.axes[0]) == [str(one) for one in table["rank"]]
    listed = words(labelled(figure, "table"))
    assert {"inside", "Zn +1.94, Pb +0.50, Cu +0.30", "Ca −0.75"} <= set(listed)
    assert {f"{table['x'][0]:.0f}", f"{table['y'][0]:.0f}"} <= set(listed)
    assert len(table) == 2
    assert list(drawn) == list(labels)
    assert [to_hex(lines.get_color()[0]) for lines in drawn.values()] == ["#000000", "#ffffff"]
    parts = [one for one in listed if one in ("On new ground", "On known halos")]
    assert parts == ["On new ground", "On known halos"]
    assert listed.index("3.2") < listed.index("On known halos") < listed.index("inside")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "3 deposits",
        *labels,
        "too far from a sample",
    ]


def test_no_more_than_twelve_new_rows_and_four_known_ones_and_their_numbers(square):
    layer = np.zeros(square.mask.shape, dtype=np.float32)
    layer[6:34:3, 6:34:3] = np.linspace(0.6, 0.9, 100).reshape(10, 10)
    score = np.where(square.mask, layer, np.nan)
    ground = (score >= 0.5, np.zeros(score.shape, dtype=bool))
    found = find_targets(score, ground, 1, 1000, 10**6)
    table = found.table.assign(area_km2=4.0, nearest_deposit="", distance_km=np.nan, enriched="", depleted="")
    table = table.assign(x=square.x[table["column"]], y=square.y[table["row"]])
    assert len(table) > 30
    figure = target_map(square.ground, layer, found.rank, table, square.deposits.iloc[:0])
    assert words(figure.axes[0]) == [str(rank) for rank in range(1, 13)]
    listed = words(labelled(figure, "table"))
    assert [one for one in listed if one.isdigit()].count("13") == 0
    assert listed.count("none known") == 12
    half = table.assign(distance_km=1.0, ground=np.where(table["rank"] <= 20, NEW, KNOWN))
    figure = target_map(square.ground, layer, found.rank, half, square.deposits)
    listed = words(labelled(figure, "table"))
    assert "On new ground, the first 12 of 20" in listed
    assert f"On known halos, the first 4 of {len(table) - 20}" in listed
    assert listed.count("1.0") == 16
    assert words(figure.axes[0]) == [str(rank) for rank in (*range(1, 13), *range(21, 25))]


def test_a_map_without_targets_is_drawn(square):
    nowhere = np.zeros(square.mask.shape, dtype=bool)
    found = find_targets(square.layer.astype(np.float32), (nowhere, nowhere), 1, 10, 100)
    table = found.table.assign(
        area_km2=[], nearest_deposit=[], distance_km=[], enriched=[], depleted=[], x=[], y=[]
    )
    figure = target_map(square.ground, square.layer, found.rank, table, square.deposits)
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
