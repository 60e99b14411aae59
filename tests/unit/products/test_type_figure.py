"""Types of deposit side by side: every number in the row of its type and with the mark of its split."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import type_comparison
from geohalo.products.type_figure import MOST_TYPES

CAPTURE = {"vein": 0.8, "skarn": 0.6, "porphyry": 0.7}
SIZES = {"vein": (9, 4), "skarn": (1, 1), "porphyry": (5, 2)}
SHIFT = {"held_out": 0.0, "type": -0.2, "random": 0.1}


def table_of(capture, sizes, methods=("fusion", "logistic")):
    rows = [
        (
            method,
            split,
            kind,
            metric,
            value + shift - less - (0.05 if method != "fusion" else 0),
            *sizes[kind],
        )
        for method in methods
        for split, shift in SHIFT.items()
        for kind, value in capture.items()
        for metric, less in (("capture", 0.0), ("above_decoys", 0.1), ("found_5", 0.5))
    ]
    columns = ["variant", "split", "type", "metric", "estimate", "n", "groups"]
    table = pd.DataFrame(rows, columns=columns).assign(survey="s", scales="")
    many = table["groups"] > 1
    table["low"] = np.where(many, table["estimate"] - 0.1, np.nan)
    table["high"] = np.where(many, table["estimate"] + 0.05, np.nan)
    return table


@pytest.fixture
def evidence():
    return table_of(CAPTURE, SIZES)


def points(axes, label):
    """Return {type: x} of the marks with a label, by the nearest tick."""
    names = {
        tick: text.get_text() for tick, text in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    }
    found = {}
    for line in axes.lines:
        if line.get_label() == label:
            tick = min(names, key=lambda one: abs(one - line.get_ydata()[0]))
            found[names[tick].split("\n")[0]] = [round(float(x), 6) for x in line.get_xdata()]
    return found


def test_every_type_has_its_row_with_all_splits_and_the_other_methods(evidence):
    capture, above = type_comparison("survey", evidence).axes
    labels = [text.get_text() for text in capture.get_yticklabels()]
    assert labels == [
        "vein\n(9 deposits, 4 groups)",
        "porphyry\n(5 deposits, 2 groups)",
        "skarn\n(1 deposit, 1 group)",
    ]
    for split in ("held_out", "type"):
        assert points(capture, split) == {
            kind: [round(value + SHIFT[split], 6)] for kind, value in CAPTURE.items()
        }
    assert points(capture, "random") == points(capture, "type random") == {}
    assert points(capture, "other") == {kind: [round(value - 0.05, 6)] for kind, value in CAPTURE.items()}
    # One group has no interval.
    assert points(capture, "held_out interval") == {"vein": [0.7, 0.85], "porphyry": [0.6, 0.75]}
    heights = sorted(line.get_ydata()[0] for line in above.lines if line.get_label() in SHIFT)
    assert len(set(heights)) == 6


def test_title_and_legend_say_what_is_drawn(evidence):
    figure = type_comparison("survey", evidence)
    title = "survey: held-out capture by fusion is 0.80 of vein, 0.70 of porphyry, 0.60 of skarn"
    assert " ".join(figure.get_suptitle().split()) == title
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [
        "groups of deposits in folds",
        "other types of deposit",
        "other methods, groups of deposits in folds",
        "chance",
    ]


def test_without_decoys_there_is_one_panel_and_without_other_methods_no_dot(evidence):
    alone = evidence[(evidence["variant"] == "fusion") & (evidence["metric"] != "above_decoys")]
    figure = type_comparison("survey", alone)
    (axes,) = figure.axes
    assert points(axes, "other") == {}
    assert "other methods" not in " ".join(text.get_text() for text in figure.legends[0].get_texts())


def test_of_many_types_those_with_the_most_deposits_are_drawn():
    names = {f"type {k} $x$": (0.5 + k / 100) for k in range(MOST_TYPES + 4)}
    table = table_of(names, {name: (k + 1, 2) for k, name in enumerate(names)})
    figure = type_comparison("survey", table)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert len(labels) == MOST_TYPES
    assert labels[0].startswith(f"type {MOST_TYPES + 3} ")
    said = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert f"Types with the most deposits, {MOST_TYPES} of {MOST_TYPES + 4}." in said


def test_where_no_type_is_known_the_figure_says_so(evidence):
    figure = type_comparison("survey", evidence.head(0).astype(object))
    assert figure.get_suptitle() == "survey: no type was judged"
    assert figure.axes == []
