"""Comparisons of variants and of superpixel settings: every number in its place, and the choice named honestly."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import ablation_plot, sweep_plot
from matplotlib.colors import to_hex

VARIANTS = {"fusion": 0.84, "spatial": 0.88, "logistic": 0.78, "sampling_density": 0.53}
INNER = {"fusion": 0.83, "spatial": 0.80, "logistic": 0.85, "sampling_density": 0.50}
SETTINGS = {"100-300-900": 0.80, "900": 0.86, "300": 0.82, "100-300": 0.84}


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


def marks(axes, label):
    """Return {row: values} of the lines with a label; rows are the nearest tick."""
    ticks = [text.get_text() for text in axes.get_yticklabels()]
    return {
        ticks[round(float(line.get_ydata()[0]))]: [round(float(x), 6) for x in line.get_xdata()]
        for line in axes.lines
        if line.get_label() == label
    }


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def title_of(figure):
    return figure.get_suptitle().replace("\n", " ")


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
    text = " ".join(one.get_text() for one in figure.texts).replace("\n", " ")
    assert "No inner split could be made here" in text


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
    text = " ".join(one.get_text() for one in figure.texts).replace("\n", " ")
    assert "Choose by the inner split, report the held-out one" in text


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
