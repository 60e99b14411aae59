"""Figure and text of the claims: every number in its panel, and the verdicts as the rule gives them."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.claim_surveys import conditions
from geohalo.evidence.claim_verdicts import judge_claims
from geohalo.evidence.claims import MEASURES, summarise
from geohalo.products.claims_figure import PANELS, claims_plot
from geohalo.products.claims_text import claims_text
from geohalo.products.styles import colour, method_style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

SECTION = {"seeds": 3, "first_seed": 101, "strengths": [1, 2], "samples": 1500, "deposits": 20, "area": 0.1}
LEVEL = {
    "fusion": 0.6,
    "spatial": 0.5,
    "spectrum": 0.4,
    "logistic": 0.3,
    "random_forest": 0.2,
    "background_absence": 0.9,
}


def value(method, metric, fault, strength, seed):
    """Fusion is best and loses with strength; seeds differ a little, and each method by an amount of its own."""
    level = LEVEL[method] - 0.05 * strength
    level = 0.7 - level if metric == "false_alarm" else level
    return level + 0.01 * (seed - 102) * (1 + (method == "fusion"))


@pytest.fixture
def table():
    rows = [
        ("s", fault, strength, seed, method, metric, value(method, metric, fault, strength, seed))
        for method in LEVEL
        for metric in MEASURES
        for fault, strength in conditions(SECTION["strengths"])
        for seed in (101, 102, 103)
    ]
    return pd.DataFrame(rows, columns=["survey", "fault", "strength", "seed", "method", "metric", "value"])


@pytest.fixture
def figure(table):
    return claims_plot("s", summarise(table), judge_claims(table), 0.1)


def lines(axes):
    return {str(line.get_label()): line for line in axes.lines}


def test_a_panel_for_each_fault_and_measure_has_every_method(figure):
    assert len(figure.axes) == 9
    for number, axes in enumerate(figure.axes):
        fault, metric = ("anthropogenic", "overburden", "laboratory")[number // 3], list(PANELS)[number % 3]
        assert set(LEVEL) <= set(lines(axes))
        for method in LEVEL:
            line = lines(axes)[method]
            expected = [value(method, metric, fault, strength, 102) for strength in (0, 1, 2)]
            assert line.get_ydata() == pytest.approx(expected)
            assert line.get_xdata() == pytest.approx([0, 1, 2], abs=0.1)
            if method in ("fusion", "spatial", "spectrum"):
                assert line.get_color() == method_style(method)[1]
        chance = axes.lines[0]
        assert list(chance.get_ydata()) == [0.1, 0.1]
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1", "2"]
    assert [axes.get_title(loc="left").split("\n")[1] for axes in figure.axes[:3]] == [
        "(more is better)", "(fewer is better)", "(more is better)",
    ]  # fmt: skip


def test_bars_are_the_intervals_of_the_variants(figure, table):
    axes = figure.axes[0]
    summary = summarise(table).set_index(["fault", "strength", "method", "metric"])
    bars = {to_hex(one.get_color()[0]): one for one in axes.collections}
    assert set(bars) == {method_style(method)[1] for method in ("fusion", "spatial", "spectrum")}
    segments = bars[method_style("fusion")[1]].get_segments()
    row = summary.loc[("anthropogenic", 2.0, "fusion", "recall")]
    assert segments[2][:, 1] == pytest.approx([row["low"], row["high"]])


def test_the_best_control_of_a_panel_is_named(figure):
    named = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert named == [["logistic regression"]] * 9
    # What sees places alone stays above it here, dotted and without a name.
    dotted = lines(figure.axes[0])["background_absence"]
    assert dotted.get_linestyle() == ":"
    assert min(dotted.get_ydata()) > max(lines(figure.axes[0])["logistic"].get_ydata())
    faint = {
        line.get_color() for axes in figure.axes for line in axes.lines if line.get_label() == "random_forest"
    }
    assert faint == {colour("faint")}


def test_the_title_is_the_verdict_on_each_claim(figure):
    title = figure.get_suptitle().replace("\n", " ")
    assert "“superpixels help” holds" in title
    assert "“fusion beats each branch” holds" in title
    assert "“maps point at deposits” cannot be told" in title


def test_the_figure_can_be_drawn_and_drawing_changes_nothing(figure, table):
    FigureCanvasAgg(figure).draw()
    again = claims_plot("s", summarise(table), judge_claims(table), 0.1)
    FigureCanvasAgg(again).draw()
    assert (np.asarray(figure.canvas.buffer_rgba()) == np.asarray(again.canvas.buffer_rgba())).all()


def test_missing_numbers_and_controls_are_left_out(table):
    some = table[table["method"].isin(["fusion", "spatial", "spectrum"])].copy()
    some.loc[some["metric"] == "recall_weak", "value"] = np.nan
    figure = claims_plot("s", summarise(some), judge_claims(some), 0.1)
    assert [len(axes.lines) for axes in figure.axes[:3]] == [4, 4, 1]
    assert not {"controls", "controls that see places, no elements"} & {
        text.get_text() for text in figure.legends[0].get_texts()
    }


def test_text_has_verdicts_rule_and_numbers(table):
    verdicts = judge_claims(table)
    text = claims_text("s", SECTION, table, verdicts)
    assert text.index("**Holds**: of 8 parts, 8 hold, 0 do not, and 0 cannot be told.") < text.index(
        "## The rule"
    )
    assert "21 simulated surveys of 1500 samples and 20 deposits: 3 seeds" in text
    assert "at strength 1 and 2." in text
    assert "the best 10 % of a map" in text
    three = claims_text("s", SECTION | {"strengths": [0.5, 1, 2]}, table, verdicts)
    assert "at strength 0.5, 1 and 2." in three
    assert "## 1. Superpixels: holds" in text
    part = verdicts[(verdicts["claim"] == "superpixels") & (verdicts["metric"] == "false_alarm")].iloc[0]
    assert part["difference"] == pytest.approx(-0.2)
    assert "| fusion less spectrum branch | false alarms | below 0 | −0.200 | −0.225 to −0.175 |" in text
    assert "p is from sign flips over 3 seeds; the smallest possible is 0.25." in text
    assert "| logistic regression | 0.24 |" in text


def test_text_says_what_cannot_be_told(table):
    table["value"] = np.where(table["seed"] == 101, 1 - table["value"], table["value"])
    text = claims_text("s", SECTION, table, judge_claims(table))
    assert "## 2. Fusion: cannot be told" in text
    assert "**Cannot be told**: of 8 parts, 0 hold, 0 do not, and 8 cannot be told." in text


def test_one_seed_has_no_interval_and_no_verdict(table):
    one = table[table["seed"] == 102]
    text = claims_text("s", SECTION, one, judge_claims(one))
    assert "| none | 1 | 1 | **cannot be told** |" in text


def test_text_names_what_speaks_against_a_claim(table):
    worse = (table["method"] == "spatial") & (table["metric"] == "recall")
    table.loc[worse, "value"] -= 0.3
    text = claims_text("s", SECTION, table, judge_claims(table))
    told = (
        "of 8 parts, 7 hold, 1 does not, and 0 cannot be told. Against it: halos found, spatial branch less"
    )
    assert f"**Does not hold**: {told} spectrum branch: −0.200." in text
    assert "## 1. Superpixels: does not hold" in text
