"""Comparisons of variants and of superpixel settings: every number in its place, and the choice named honestly."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import ablation_plot, sweep_plot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

VARIANTS = {"fusion": 0.84, "spatial": 0.88, "logistic": 0.78, "sampling_density": 0.53}
INNER = {"fusion": 0.83, "spatial": 0.80, "logistic": 0.85, "sampling_density": 0.50}
SETTINGS = {"100-300-900": 0.80, "900": 0.86, "300": 0.82, "100-300": 0.84}
#: Share of decoys outranked and capture of decoys; the inner split prefers another one than by capture.
ABOVE = {"fusion": 0.62, "spatial": 0.71, "logistic": 0.76, "sampling_density": 0.52}
INNER_ABOVE = {"fusion": 0.60, "spatial": 0.66, "logistic": 0.79, "sampling_density": 0.49}
DECOYS = {"fusion": 0.70, "spatial": 0.55, "logistic": 0.52, "sampling_density": 0.30}
KEYS = {
    "spatial branch": "spatial",
    "fusion": "fusion",
    "logistic regression": "logistic",
    "sampling density": "sampling_density",
}
CROSS = "decoys: how much the hold-out itself produces"


def rows(values, split, column, metric="capture"):
    table = pd.DataFrame({column: list(values), "estimate": list(values.values())})
    about = {"split": split, "metric": metric, "n": 10, "survey": "s"}
    return table.assign(low=table["estimate"] - 0.1, high=table["estimate"] + 0.05, **about)


@pytest.fixture
def ablation():
    random = {name: value + 0.1 for name, value in VARIANTS.items()}
    parts = [rows(VARIANTS, "held_out", "variant"), rows(INNER, "inner", "variant")]
    other = rows({name: 0.1 for name in VARIANTS}, "held_out", "variant", "kappa")
    return pd.concat([*parts, rows(random, "random", "variant"), other]).assign(scales="30-90")


@pytest.fixture
def sweep():
    inner = {name: value - 0.1 * (name == "900") for name, value in SETTINGS.items()}
    parts = [rows(SETTINGS, "held_out", "scales"), rows(inner, "inner", "scales")]
    return pd.concat([*parts, rows(SETTINGS, "random", "scales")]).assign(variant="fusion")


def decoy_rows(above, inner, decoys, column):
    """Rows of the decoy metrics as `measure` gives them: NaN in the random split."""
    lost = dict.fromkeys(above, np.nan)
    parts = [
        rows(values, split, column, metric)
        for metric, of_splits in (
            ("above_decoys", (above, inner, lost)),
            ("decoy_capture", (decoys, {name: 0.9 for name in decoys}, lost)),
        )
        for split, values in zip(("held_out", "inner", "random"), of_splits, strict=True)
    ]
    return pd.concat(parts).assign(n=40)


@pytest.fixture
def ablation_decoys(ablation):
    return pd.concat([ablation, decoy_rows(ABOVE, INNER_ABOVE, DECOYS, "variant").assign(scales="30-90")])


@pytest.fixture
def sweep_decoys(sweep):
    inner = {name: 0.7 + 0.1 * (name == "300") for name in SETTINGS}
    above = {name: value - 0.2 for name, value in SETTINGS.items()}
    decoys = {name: value - 0.3 for name, value in SETTINGS.items()}
    return pd.concat([sweep, decoy_rows(above, inner, decoys, "scales").assign(variant="fusion")])


def marks(axes, label):
    """Return {row: values} of the lines with a label; rows are the nearest tick."""
    ticks = [text.get_text() for text in axes.get_yticklabels()]
    return {ticks[row]: values for row, values in by_row(axes, label).items()}


def by_row(axes, label):
    """Return {number of the row, headings not counted: values} of the lines with a label."""
    return {
        row_of(axes, line): [round(float(x), 6) for x in line.get_xdata()]
        for line in axes.lines
        if line.get_label() == label
    }


def row_of(axes, line):
    """Return the number of the tick nearest to a mark."""
    return int(np.abs(axes.get_yticks() - line.get_ydata()[0]).argmin())


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def title_of(figure):
    return figure.get_suptitle().replace("\n", " ")


def text_of(figure):
    return " ".join(one.get_text() for one in figure.texts).replace("\n", " ")


def picture(figure):
    FigureCanvasAgg(figure).draw()
    return np.asarray(figure.canvas.buffer_rgba())


def heights(axes, label):
    """Return {row: how far below its middle} of the marks with a label."""
    lines = [line for line in axes.lines if line.get_label() == label]
    rows = [row_of(axes, line) for line in lines]
    below = [
        float(line.get_ydata()[0]) - axes.get_yticks()[row] for line, row in zip(lines, rows, strict=True)
    ]
    return {row: round(number, 6) for row, number in zip(rows, below, strict=True)}


def test_ablation_shows_every_split_of_every_method_and_nothing_of_other_metrics(ablation):
    axes = ablation_plot("survey", ablation, 8).axes[0]
    names = ["spatial branch", "fusion", "logistic regression", "sampling density"]
    assert [text.get_text() for text in axes.get_yticklabels()] == names
    keys = dict(zip(names, ["spatial", "fusion", "logistic", "sampling_density"], strict=True))
    assert marks(axes, "held_out") == {name: [VARIANTS[key]] for name, key in keys.items()}
    assert marks(axes, "inner") == {name: [INNER[key]] for name, key in keys.items()}
    assert marks(axes, "random") == {name: [round(VARIANTS[key] + 0.1, 6)] for name, key in keys.items()}
    spans = {
        name: [round(VARIANTS[key] - 0.1, 6), round(VARIANTS[key] + 0.05, 6)] for name, key in keys.items()
    }
    assert marks(axes, "held_out interval") == spans
    assert "random interval" not in {line.get_label() for line in axes.lines}
    assert axes.get_xlim()[0] < 0.4
    # Held-out marks lead: larger, and in a stronger colour than what stands beside them.
    size = {line.get_label(): line.get_markersize() for line in axes.lines}
    assert size["held_out"] > max(size["inner"], size["random"])
    assert [line.get_xdata()[0] for line in axes.lines[:1]] == [0.5]  # chance


def test_ablation_title_names_the_choice_of_the_inner_split_among_variants_alone(ablation):
    figure = ablation_plot("survey", ablation, 8)
    assert title_of(figure) == (
        "survey: of 2 variants, the inner split prefers fusion, whose held-out capture is "
        "0.84 (95 % interval 0.74–0.89); 10 deposits in 8 groups"
    )
    assert legend(figure) == [
        "held out, 95 % interval: report this",
        "inner split, 95 % interval: choose by this",
        "random split (optimistic)",
        "chance",
    ]


def test_without_an_inner_split_nothing_is_preferred(ablation):
    figure = ablation_plot("survey", ablation[ablation["split"] != "inner"], 1)
    assert title_of(figure) == "survey: held-out capture is 0.84 to 0.88; 10 deposits in 1 group"
    assert not [text for text in legend(figure) if "inner" in text]
    assert "No inner split could be made here" in text_of(figure)


def test_missing_estimates_leave_their_row_empty(ablation):
    lost = (ablation["variant"] == "spatial") & (ablation["split"] == "held_out")
    ablation.loc[lost, ["estimate", "low", "high"]] = np.nan
    axes = ablation_plot("survey", ablation, 8).axes[0]
    assert "spatial branch" not in marks(axes, "held_out interval")
    assert marks(axes, "inner")["spatial branch"] == [0.80]


def test_sweep_is_ordered_by_number_of_superpixels_and_marks_the_setting_in_use(sweep):
    figure = sweep_plot("survey", sweep, 8, "100-300-900")
    axes = figure.axes[0]
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["300", "100 + 300", "900", "100 + 300 + 900, in use"]
    assert [text.get_fontweight() for text in axes.get_yticklabels()] == ["normal"] * 3 + ["bold"]
    assert marks(axes, "held_out") == {"300": [0.82], "100 + 300": [0.84], "900": [0.86], labels[3]: [0.8]}
    assert marks(axes, "inner")["900"] == [0.76]
    assert marks(axes, "random") == {}
    assert title_of(figure) == (
        "survey: of 4 settings, the inner split prefers 100 + 300 superpixels, whose held-out capture is "
        "0.84 (95 % interval 0.74–0.89); 10 deposits in 8 groups"
    )
    assert "Choose by the inner split, report the held-out one" in text_of(figure)


def test_splits_differ_in_shape_or_colour(sweep):
    axes = sweep_plot("survey", sweep, 8, "900").axes[0]
    looks = {
        (line.get_label(), line.get_marker(), to_hex(line.get_color()))
        for line in axes.lines
        if line.get_label() in ("held_out", "inner")
    }
    assert len({marker for _, marker, _ in looks}) == 2
    assert len({hue for _, _, hue in looks}) == 2


def test_classes_are_compared_by_their_accuracy(ablation):
    classes = ablation.replace({"metric": {"capture": "average_accuracy"}})
    figure = ablation_plot("survey", classes, 12)
    assert title_of(figure).endswith(
        "whose held-out accuracy is 0.84 (95 % interval 0.74–0.89); 10 test cells in 12 blocks"
    )
    assert "chance" not in legend(figure)
    assert figure.axes[0].get_xlabel().startswith("Average accuracy")


def test_decoys_get_a_panel_of_their_own_that_shares_the_rows(ablation_decoys):
    figure = ablation_plot("survey", ablation_decoys, 8)
    left, right = figure.axes
    assert [text.get_text() for text in left.get_yticklabels()] == list(KEYS)
    assert [text.get_text() for text in right.get_yticklabels()] == [""] * 4
    assert left.get_ylim() == right.get_ylim()
    assert left.get_xlim() == right.get_xlim()
    assert left.get_xlim()[0] == pytest.approx(0.27)  # the lowest mark is a decoys' capture of 0.3
    assert left.get_xlabel().replace("\n", " ") == "Capture: mean percentile rank of deposits, 1 is best"
    assert right.get_xlabel() == "Share of decoys outranked, 1 is best"
    for axes in (left, right):
        chance = axes.lines[0]
        assert (list(chance.get_xdata()), chance.get_linestyle()) == ([0.5, 0.5], "--")
        # Two variants, a learner and a control of places, a heading above each.
        assert np.ptp(axes.get_yticks()[:2]) == 1
        borders = [float(line.get_ydata()[0]) for line in axes.lines if line.get_label() == "border"]
        first, second, third, fourth = axes.get_yticks()
        assert first < second < borders[0] < third < borders[1] < fourth
    assert [text.get_text() for text in left.texts] == [
        "The network", "Other methods with labels", "Places alone",
    ]  # fmt: skip
    assert legend(figure) == [
        "held out, 95 % interval: report this",
        "inner split, 95 % interval: choose by this",
        "random split (optimistic)",
        CROSS,
        "chance",
    ]


def test_both_panels_hold_their_numbers_and_none_of_the_other(ablation_decoys):
    left, right = ablation_plot("survey", ablation_decoys, 8).axes
    for axes, held, inner in ((left, VARIANTS, INNER), (right, ABOVE, INNER_ABOVE)):
        for label, values in (("held_out", held), ("inner", inner)):
            number = dict(enumerate(values[key] for key in KEYS.values()))
            assert by_row(axes, label) == {row: [value] for row, value in number.items()}
            spans = {row: [round(v - 0.1, 6), round(v + 0.05, 6)] for row, v in number.items()}
            assert by_row(axes, f"{label} interval") == spans
    assert marks(left, "decoys") == {name: [DECOYS[key]] for name, key in KEYS.items()}
    assert marks(left, "random") == {name: [round(VARIANTS[key] + 0.1, 6)] for name, key in KEYS.items()}
    drawn = {line.get_label() for line in right.lines}
    assert not drawn & {"random", "decoys", "decoys interval"}
    assert "decoys interval" not in {line.get_label() for line in left.lines}
    # The cross is grey, also of variants, and stands apart from what has an interval.
    crosses = [line for line in left.lines if line.get_label() == "decoys"]
    assert {(line.get_marker(), to_hex(line.get_color())) for line in crosses} == {("x", "#555555")}
    assert len(crosses) == 4
    apart = [heights(left, label)[0] for label in ("decoys", "held_out", "inner")]
    assert apart == [-0.22, 0.0, 0.24]


def test_the_inner_split_of_the_right_panel_chooses_among_variants(ablation_decoys):
    figure = ablation_plot("survey", ablation_decoys, 8)
    # By capture the inner split prefers fusion; of all rows, logistic outranks most decoys.
    assert title_of(figure) == (
        "survey: of 2 variants, the inner split prefers spatial branch, whose held-out capture is "
        "0.88 (95 % interval 0.78–0.93), with 0.71 (95 % interval 0.61–0.76) of decoys outranked; "
        "10 deposits in 8 groups"
    )
    assert "Decoys are places without a known deposit, held out in the same way" in text_of(figure)
    assert "Choose by the inner split of the right panel, report the held-out one" in text_of(figure)


def test_sweep_chooses_by_decoys_too_and_shows_no_random_split(sweep_decoys):
    figure = sweep_plot("survey", sweep_decoys, 8, "900")
    left, right = figure.axes
    labels = [text.get_text() for text in left.get_yticklabels()]
    assert labels == ["300", "100 + 300", "900, in use", "100 + 300 + 900"]
    assert [text.get_fontweight() for text in left.get_yticklabels()] == ["normal"] * 2 + ["bold", "normal"]
    assert by_row(left, "held_out") == {0: [0.82], 1: [0.84], 2: [0.86], 3: [0.80]}
    assert by_row(left, "decoys") == {0: [0.52], 1: [0.54], 2: [0.56], 3: [0.50]}
    assert by_row(right, "held_out") == {0: [0.62], 1: [0.64], 2: [0.66], 3: [0.60]}
    assert by_row(right, "inner") == {0: [0.8], 1: [0.7], 2: [0.7], 3: [0.7]}
    assert by_row(left, "random") == {}
    # By inner capture it would be 100 + 300.
    assert title_of(figure) == (
        "survey: of 4 settings, the inner split prefers 300 superpixels, whose held-out capture is "
        "0.82 (95 % interval 0.72–0.87), with 0.62 (95 % interval 0.52–0.67) of decoys outranked; "
        "10 deposits in 8 groups"
    )
    assert "Capture and share of decoys outranked of fusion by superpixels asked for." in text_of(figure)
    assert legend(figure)[2:] == [CROSS, "chance"]


@pytest.mark.parametrize("lost", ["all", "one variant"])
def test_inner_split_without_decoys_for_all_variants_chooses_by_capture(ablation_decoys, lost):
    where = (ablation_decoys["metric"] == "above_decoys") & (ablation_decoys["split"] == "inner")
    if lost == "one variant":
        where &= ablation_decoys["variant"] == "fusion"
    ablation_decoys.loc[where, ["estimate", "low", "high"]] = np.nan
    figure = ablation_plot("survey", ablation_decoys, 8)
    left, right = figure.axes
    assert len(by_row(left, "inner")) == 4
    assert set(by_row(right, "inner")) == (set() if lost == "all" else {0, 2, 3})
    assert len(by_row(right, "held_out")) == 4
    assert title_of(figure) == (
        "survey: of 2 variants, the inner split prefers fusion, whose held-out capture is "
        "0.84 (95 % interval 0.74–0.89), with 0.62 (95 % interval 0.52–0.67) of decoys outranked; "
        "10 deposits in 8 groups"
    )
    assert "Choose by the inner split of the left panel" in text_of(figure)


def test_a_control_without_decoys_does_not_change_how_variants_are_chosen(ablation_decoys):
    where = (ablation_decoys["metric"] == "above_decoys") & (ablation_decoys["variant"] == "logistic")
    ablation_decoys.loc[where, "estimate"] = np.nan
    figure = ablation_plot("survey", ablation_decoys, 8)
    assert "the inner split prefers spatial branch" in title_of(figure)
    assert set(by_row(figure.axes[1], "held_out")) == {0, 1, 3}


def test_held_out_decoys_that_are_missing_are_not_told(ablation_decoys):
    where = (ablation_decoys["metric"] == "above_decoys") & (ablation_decoys["split"] == "held_out")
    figure = ablation_plot("survey", ablation_decoys[~where], 8)
    assert by_row(figure.axes[1], "held_out") == {}
    assert title_of(figure) == (
        "survey: of 2 variants, the inner split prefers spatial branch, whose held-out capture is "
        "0.88 (95 % interval 0.78–0.93); 10 deposits in 8 groups"
    )


def test_decoys_without_an_inner_split_give_two_ranges(ablation_decoys):
    figure = ablation_plot("survey", ablation_decoys[ablation_decoys["split"] != "inner"], 8)
    assert title_of(figure) == (
        "survey: held-out capture is 0.84 to 0.88, with 0.62 to 0.71 of decoys outranked; "
        "10 deposits in 8 groups"
    )
    assert "No inner split could be made here" in text_of(figure)
    assert "Decoys are places" in text_of(figure)


@pytest.mark.parametrize("draw", ["ablation", "sweep"])
def test_decoys_without_a_number_leave_the_figure_as_it_is_without_them(ablation, sweep, draw):
    column, table = ("variant", ablation) if draw == "ablation" else ("scales", sweep)
    lost = dict.fromkeys(table[column].unique(), np.nan)
    about = {"scales": "30-90"} if draw == "ablation" else {"variant": "fusion"}
    more = pd.concat([table, decoy_rows(lost, lost, lost, column).assign(**about)])
    plots = [
        ablation_plot("survey", one, 8) if draw == "ablation" else sweep_plot("survey", one, 8, "900")
        for one in (table, more)
    ]
    assert [len(figure.axes) for figure in plots] == [1, 1]
    assert CROSS not in legend(plots[1])
    assert "ecoys" not in title_of(plots[1]) + text_of(plots[1])
    np.testing.assert_array_equal(*[picture(figure) for figure in plots])


def test_classes_have_one_panel(ablation_decoys):
    classes = ablation_decoys.replace({"metric": {"capture": "average_accuracy"}})
    figure = ablation_plot("survey", classes, 12)
    assert len(figure.axes) == 1
    assert "the inner split prefers fusion, whose held-out accuracy is 0.84" in title_of(figure)


@pytest.mark.parametrize("draw", ["ablation", "sweep"])
def test_nothing_leaves_the_page_or_lies_over_another_text(ablation_decoys, sweep_decoys, draw):
    names = {"spatial": "external", "logistic": "background_absence", "sampling_density": "deposit_distance"}
    figure = (
        ablation_plot("a survey with a long name", ablation_decoys.replace({"variant": names}), 8)
        if draw == "ablation"
        else sweep_plot("a survey with a long name", sweep_decoys, 8, "100-300-900")
    )
    picture(figure)
    left, right = figure.axes
    parts = [*figure.texts, *figure.legends, left.xaxis.label, right.xaxis.label]
    ticks = [text for axes in (left, right) for text in axes.get_xticklabels()]
    parts += [text for text in ticks if left.get_xlim()[0] <= text.get_position()[0] <= left.get_xlim()[1]]
    parts += left.get_yticklabels()
    boxes = [part.get_window_extent() for part in parts]
    width, height = figure.get_size_inches() * figure.dpi
    assert all(b.x0 >= 0 and b.y0 >= 0 and b.x1 <= width and b.y1 <= height for b in boxes)
    over = [(one, two) for i, one in enumerate(boxes) for two in boxes[i + 1 :] if one.overlaps(two)]
    assert over == []
    assert left.get_position().x1 < right.get_position().x0 < right.get_position().x1 < 1
