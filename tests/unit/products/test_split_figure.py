"""Splits side by side: every number in the row of its method and with the mark of its split."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import split_comparison

CAPTURE = {"fusion": 0.84, "spatial": 0.88, "logistic": 0.78}
SHIFT = {"held_out": 0.0, "leave_one_group_out": -0.02, "checkerboard": -0.1, "inner": -0.3, "random": 0.1}


@pytest.fixture
def metrics():
    rows = [
        (method, split, metric, value + shift - less, 10)
        for method, value in CAPTURE.items()
        for split, shift in SHIFT.items()
        for metric, less in (("capture", 0.0), ("above_decoys", 0.2), ("roc_auc", 0.6))
    ]
    table = pd.DataFrame(rows, columns=["variant", "split", "metric", "estimate", "n"])
    table.loc[(table["metric"] == "above_decoys") & (table["split"] == "random"), "estimate"] = np.nan
    return table.assign(survey="s", scales="", low=table["estimate"] - 0.1, high=table["estimate"] + 0.05)


def points(axes, label):
    """Return {row: x} of the marks with a label, rows being the nearest tick."""
    ticks = {
        tick: text.get_text() for tick, text in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    }
    marks = [line for line in axes.lines if line.get_label() == label]
    near = [min(ticks, key=lambda tick: abs(tick - line.get_ydata()[0])) for line in marks]
    values = [tuple(round(float(x), 6) for x in line.get_xdata()) for line in marks]
    return dict(zip(near, values, strict=True))


def test_every_split_but_the_inner_one_is_in_the_row_of_its_method(metrics):
    figure = split_comparison("survey", metrics)
    capture, above = figure.axes
    labels = [text.get_text() for text in capture.get_yticklabels()]
    assert labels == ["spatial branch", "fusion", "logistic regression"]
    values = dict(zip(capture.get_yticks(), (0.88, 0.84, 0.78), strict=True))
    for split, shift in SHIFT.items():
        shown = {} if split == "inner" else {y: (round(value + shift, 6),) for y, value in values.items()}
        assert points(capture, split) == shown
        less = {} if split == "random" else {y: (round(x - 0.2, 6),) for y, (x,) in shown.items()}
        assert points(above, split) == less
    spans = {y: (round(value - 0.2, 6), round(value - 0.05, 6)) for y, value in values.items()}
    assert points(capture, "checkerboard interval") == spans
    assert points(capture, "random interval") == {}
    assert capture.get_xlim() == above.get_xlim()
    assert capture.get_xlim()[0] < 0.38
    # Splits of one method stand one below the other, all nearer to their own row than to the next.
    heights = np.array([line.get_ydata()[0] for line in capture.lines if line.get_label() in SHIFT])
    for y in values:
        near = heights[np.abs(heights - y) < 0.5]
        assert len(np.unique(near.round(6))) == len(near) == 4
    assert len(heights) == 4 * len(values)


def test_title_gives_the_capture_of_the_first_variant_in_every_split(metrics):
    assert split_comparison("survey", metrics).get_suptitle().replace("\n", " ") == (
        "survey: capture of fusion is 0.84 (0.64 of decoys outranked) with groups of deposits in folds, "
        "0.82 (0.62 of decoys outranked) with one group at a time, "
        "0.74 (0.54 of decoys outranked) with squares of a checkerboard, 0.94 with random cells (optimistic)"
    )


def test_looks_of_splits_differ_by_more_than_colour(metrics):
    capture = split_comparison("survey", metrics).axes[0]
    looks = {
        (line.get_label(), line.get_marker(), line.get_markerfacecolor() == "white")
        for line in capture.lines
        if line.get_label() in SHIFT
    }
    assert len({look[1:] for look in looks}) == len(looks) == 4


def test_crosses_of_decoys_stand_beside_the_capture_of_their_split(metrics):
    held = metrics[(metrics["metric"] == "capture") & metrics["split"].isin(["held_out", "checkerboard"])]
    decoys = held.assign(metric="decoy_capture", estimate=np.where(held["split"] == "held_out", 0.2, 0.75))
    figure = split_comparison("survey", pd.concat([metrics, decoys]))
    capture, above = figure.axes
    for split, value in (("held_out", 0.2), ("checkerboard", 0.75)):
        assert points(capture, f"{split} decoys") == {y: (value,) for y in capture.get_yticks()}
        places = [
            sorted(line.get_ydata()[0] for line in capture.lines if line.get_label() == label)
            for label in (split, f"{split} decoys")
        ]
        assert places[0] == places[1]
    assert not [line for line in above.lines if "decoys" in line.get_label()]
    assert capture.get_xlim()[0] == pytest.approx(0.17)
    assert "decoys" in [text.get_text() for text in figure.legends[0].get_texts()]
    caption = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert "Crosses: capture of decoys" in caption
    assert "Crosses" not in " ".join(text.get_text() for text in split_comparison("survey", metrics).texts)


def test_without_decoys_there_is_one_panel_and_only_splits_that_there_are_in_the_legend(metrics):
    table = metrics[
        (metrics["metric"] != "above_decoys") & metrics["split"].isin(["held_out", "checkerboard"])
    ]
    figure = split_comparison("survey", table)
    assert len(figure.axes) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "groups of deposits in folds", "squares of a checkerboard", "chance",
    ]  # fmt: skip
