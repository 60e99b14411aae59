"""The forest plot: differences, what they mean, and the plain answer in the title."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import difference_plot
from geohalo.products.styles import colour
from matplotlib.colors import to_hex

#: Against: difference and corrected p in capture, then in decoys outranked.
AGAINST = {
    "spectrum": (0.02, 0.9, 0.04, 1.0),
    "spatial": (-0.03, 0.8, -0.12, 0.01),
    "random_forest": (0.06, 0.3, 0.08, 0.2),
    "logistic": (0.09, 0.04, 0.15, 0.03),
    "sampling_density": (0.30, 0.0005, 0.35, 0.0004),
    "shuffle": (0.33, 0.049, 0.36, 0.051),
}
VERDICTS = {
    "capture": ["open", "open", "open", "better", "better", "better"],
    "above_decoys": ["open", "worse", "open", "better", "better", "open"],
}


@pytest.fixture
def comparisons():
    rows = []
    for against, (capture, p, above, p_above) in AGAINST.items():
        rows.append((against, "capture", capture, p, 0.05))
        rows.append((against, "above_decoys", above, p_above, 0.1))
    table = pd.DataFrame(rows, columns=["against", "metric", "difference", "p_holm", "detectable"])
    table = table.assign(
        low=table["difference"] - 0.02, high=table["difference"] + 0.01, p=table["p_holm"] / 2
    )
    other = table.assign(split="inner", difference=-0.9)
    return pd.concat([table.assign(split="held_out"), other]).assign(survey="s", variant="fusion", groups=14)


@pytest.fixture
def metrics():
    rows = [
        ("fusion", "held_out", "capture", 0.82, 0.71, 0.91, 25),
        ("fusion", "held_out", "decoy_capture", 0.45, 0.4, 0.5, 20),
        ("fusion", "held_out", "above_decoys", 0.85, 0.72, 0.97, 20),
        ("fusion", "random", "capture", 0.97, 0.95, 0.99, 25),
        ("logistic", "held_out", "capture", 0.73, 0.6, 0.8, 25),
    ]
    return pd.DataFrame(rows, columns=["variant", "split", "metric", "estimate", "low", "high", "n"])


def heights(figure):
    """Return {label of the row: its height} of a figure."""
    axes = figure.axes[0]
    return {text.get_text(): y for text, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)}


def drawn(axes, label):
    return {
        float(line.get_ydata()[0]): tuple(round(float(x), 6) for x in line.get_xdata())
        for line in axes.lines
        if line.get_label() == label
    }


def title_of(figure):
    return figure.get_suptitle().replace("\n", " ")


def text_of(figure):
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


LABELS = {
    "spatial branch": "spatial",
    "spectrum branch": "spectrum",
    "random forest": "random_forest",
    "logistic regression": "logistic",
    "sampling density": "sampling_density",
    "shuffled labels": "shuffle",
}


def test_rows_stand_in_groups_with_the_strongest_rival_first(comparisons, metrics):
    figure = difference_plot("survey", comparisons, metrics)
    assert list(heights(figure)) == ["0.5, what guessing gives", *LABELS]
    headings = [text.get_text() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert [one for one in headings if one[0].isalpha()] == [
        "Against chance", "Its own branches", "Other methods with labels", "Places alone",
        "Labels that mean nothing",
    ]  # fmt: skip


@pytest.mark.parametrize(("panel", "metric"), list(enumerate(VERDICTS)))
def test_differences_intervals_p_and_what_could_be_detected_are_in_their_rows(
    comparisons, metrics, panel, metric
):
    figure = difference_plot("survey", comparisons, metrics)
    axes, at = figure.axes[panel], heights(figure)
    y_of = {LABELS[label]: y for label, y in at.items() if label in LABELS}
    expected = {"better": {}, "worse": {}, "open": {}}
    for (against, numbers), verdict in zip(AGAINST.items(), VERDICTS[metric], strict=True):
        expected[verdict][y_of[against]] = (numbers[2 * panel],)
    own = (0.32, 0.35)[panel]
    expected["better"][at["0.5, what guessing gives"]] = (own,)
    assert {verdict: drawn(axes, verdict) for verdict in expected} == expected
    spans = {
        y_of[one]: (round(n[2 * panel] - 0.02, 6), round(n[2 * panel] + 0.01, 6))
        for one, n in AGAINST.items()
    }
    spans[at["0.5, what guessing gives"]] = ((0.21, 0.41), (0.22, 0.47))[panel]
    assert drawn(axes, "interval") == spans
    reach = (0.05, 0.1)[panel]
    bands = {
        bar.get_y() + bar.get_height() / 2: (bar.get_x(), bar.get_x() + bar.get_width())
        for bar in axes.patches
    }
    assert bands == {y: pytest.approx((-reach, reach)) for y in y_of.values()}
    written = {text.xy[1]: text.get_text() for text in axes.texts if text.xy[1] in y_of.values()}
    told = {"capture": ["0.90", "0.80", "0.30", "0.040", "< 0.001", "0.049"]}
    told["above_decoys"] = ["1.00", "0.010", "0.20", "0.030", "< 0.001", "0.051"]
    assert written == dict(zip([y_of[one] for one in AGAINST], told[metric], strict=True))
    low, high = axes.get_xlim()
    assert low < -reach
    assert high > 0.41


def test_colour_is_for_what_is_told_apart_and_never_alone(comparisons, metrics):
    axes = difference_plot("survey", comparisons, metrics).axes[1]
    looks = {
        line.get_label(): (line.get_marker(), to_hex(line.get_color()), line.get_markerfacecolor() != "white")
        for line in axes.lines
        if line.get_label() in ("better", "worse", "open")
    }
    assert looks == {
        "better": ("o", colour("sample"), True),
        "worse": ("s", colour("deposit"), True),
        "open": ("o", colour("note"), False),
    }


def test_legend_names_what_is_drawn(comparisons, metrics):
    figure = difference_plot("survey", comparisons, metrics)
    names = ["clearly better (p < 0.05)", "clearly worse", "no clear difference"]
    names += ["too small to be detected (80 % power)", "capture of decoys"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == names
    few = comparisons.assign(p_holm=1.0, detectable=np.nan)
    alone = difference_plot("survey", few, metrics[metrics["metric"] != "decoy_capture"])
    # Chance alone is told apart, by the interval.
    assert [text.get_text() for text in alone.legends[0].get_texts()] == [names[0], names[2]]


def test_headings_count_what_is_told_apart_below_them(comparisons, metrics):
    figure = difference_plot("survey", comparisons, metrics)
    counts = [
        [text.get_text() for text in axes.texts if text.get_text().startswith("better")]
        for axes in figure.axes
    ]
    assert counts == [
        ["better than 0, worse than 0 of 2", "better than 1, worse than 0 of 2",
         "better than 1, worse than 0 of 1", "better than 1, worse than 0 of 1"],
        ["better than 0, worse than 1 of 2", "better than 1, worse than 0 of 2",
         "better than 1, worse than 0 of 1", "better than 0, worse than 0 of 1"],
    ]  # fmt: skip


def test_title_is_the_plain_answer_by_decoys(comparisons, metrics):
    figure = difference_plot("survey", comparisons, metrics)
    assert title_of(figure) == (
        "survey: by decoys outranked, fusion is above chance, better than 2 of 6 other methods and worse than 1; "
        "from 3 it does not clearly differ. 25 deposits in 14 groups"
    )
    told = text_of(figure)
    assert "capture 0.82 (95 % interval 0.71–0.91), that of decoys 0.45" in told
    assert "share of decoys outranked 0.85 (95 % interval 0.72–0.97)" in told
    assert "The smallest p that 14 groups can give is 0.00012, or 0.00073 after the correction" in told
    assert drawn(figure.axes[0], "decoys") == {1.0: (-0.05,)}
    assert drawn(figure.axes[1], "decoys") == {}


def test_without_decoys_the_answer_is_by_capture(comparisons, metrics):
    lost = comparisons["metric"] == "above_decoys"
    comparisons.loc[lost, ["difference", "low", "high", "p_holm", "detectable"]] = np.nan
    figure = difference_plot("survey", comparisons, metrics[metrics["metric"] == "capture"])
    assert len(figure.axes) == 1
    assert title_of(figure) == (
        "survey: by capture, fusion is above chance, better than 3 of 6 other methods and worse than none; "
        "from 3 it does not clearly differ. 25 deposits in 14 groups"
    )


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.4, 0.7, "not clearly different from"), (0.2, 0.45, "below"), (np.nan, np.nan, "not clearly")],
)
def test_chance_is_judged_by_the_interval_alone(comparisons, metrics, low, high, told):
    where = metrics["metric"] == "above_decoys"
    metrics.loc[where, ["estimate", "low", "high"]] = [(0.2 + 0.45) / 2 if high == 0.45 else 0.55, low, high]
    assert f"fusion is {told}" in title_of(difference_plot("survey", comparisons, metrics))
    nothing = title_of(difference_plot("survey", comparisons.assign(p_holm=0.5), metrics))
    link = ", but not clearly different from any" if told == "below" else " chance, nor from any"
    assert f"{link} of 6 other methods. 25 deposits" in nothing


def test_too_few_groups_are_said_to_tell_nothing_apart(comparisons, metrics):
    figure = difference_plot("survey", comparisons.assign(groups=4, p_holm=1.0, detectable=np.nan), metrics)
    assert (
        "The smallest p that 4 groups can give is 0.12, or 0.75 after the correction for 6 comparisons: "
        in (text_of(figure))
    )
    assert "too few groups to tell any two methods apart" in text_of(figure)
    assert "fusion is above chance, but not clearly different from any of 6 other methods." in title_of(
        figure
    )
    assert not figure.axes[0].patches


def test_nothing_to_compare_leaves_the_row_of_chance(comparisons, metrics):
    figure = difference_plot("survey", comparisons.iloc[:0], metrics)
    assert list(heights(figure)) == ["0.5, what guessing gives"]
    assert title_of(figure) == "survey: by decoys outranked, fusion is above chance. 25 deposits"


def test_a_map_of_one_branch_has_other_variants_and_no_branches(comparisons, metrics):
    table = comparisons.replace({"against": {"spectrum": "fusion"}}).assign(variant="spectrum")
    figure = difference_plot("survey", table, metrics.replace({"variant": {"fusion": "spectrum"}}))
    written = [text.get_text() for text in figure.axes[0].texts]
    assert "Other variants" in written
    assert "Its own branches" not in written
    assert "spectrum branch is better" in figure.axes[0].get_xlabel()


def test_a_map_made_elsewhere_is_not_said_to_be_held_out(comparisons, metrics):
    foreign = difference_plot(
        "survey",
        comparisons.assign(variant="vendor"),
        metrics.replace({"variant": {"fusion": "vendor"}}),
        foreign=True,
    )
    shown = " ".join(" ".join(text.get_text() for text in foreign.texts).split())
    assert "Vendor itself, of which nobody can see whether it knew the deposits: capture 0.82" in shown
    assert "held out:" not in shown
    assert {axes.get_xlabel() for axes in foreign.axes} == {"Difference: above 0, this map is better"}
    own = difference_plot("survey", comparisons, metrics)
    assert "Fusion itself, held out: capture 0.82" in " ".join(
        " ".join(one.get_text() for one in own.texts).split()
    )
