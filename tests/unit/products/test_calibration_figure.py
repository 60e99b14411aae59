"""The calibration curve: every bin in its place, and the headline counts what the intervals say."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import calibration_plot


def bins(variant, predicted, observed, low, high, split="held_out"):
    count = len(predicted)
    edges = np.arange(count) / 10
    table = {"variant": variant, "split": split, "bin_low": edges, "bin_high": edges + 0.1, "n": [30, 20, 10]}
    return pd.DataFrame(
        {**table, "predicted": predicted, "observed": observed, "low": low, "high": high, "survey": "s"}
    )


@pytest.fixture
def calibration():
    # The interval holds the score, lies below it (too high), and above it (too low).
    main = bins("spatial", [0.05, 0.15, 0.25], [0.06, 0.02, 0.6], [0.0, 0.0, 0.4], [0.1, 0.1, 0.8])
    forest = bins("random_forest", [0.04, 0.14, 0.24], [0.1, 0.2, 0.3], [0.0, 0.1, 0.2], [0.2, 0.3, 0.4])
    random = bins("spatial", [0.05, 0.15, 0.25], [0.9] * 3, [0.8] * 3, [1.0] * 3, "random")
    return pd.concat([forest, main, random])


@pytest.fixture
def metrics():
    rows = [("spatial", "held_out", 0.21), ("random_forest", "held_out", 0.18), ("spatial", "random", 0.05)]
    table = pd.DataFrame(rows, columns=["variant", "split", "estimate"])
    return table.assign(metric="brier", low=np.nan, high=np.nan)


def lines(axes, label):
    return [line.get_xydata().tolist() for line in axes.lines if line.get_label() == label]


def test_curves_intervals_and_counts_are_those_of_the_held_out_bins(calibration, metrics):
    axes, counts = calibration_plot("survey", calibration, metrics).axes
    assert lines(axes, "spatial") == [[[0.05, 0.06], [0.15, 0.02], [0.25, 0.6]]]
    assert lines(axes, "random_forest") == [[[0.04, 0.1], [0.14, 0.2], [0.24, 0.3]]]
    assert lines(axes, "interval") == [
        [[0.05, 0.0], [0.05, 0.1]], [[0.15, 0.0], [0.15, 0.1]], [[0.25, 0.4], [0.25, 0.8]],
    ]  # fmt: skip
    assert lines(axes, "diagonal") == [[[0, 0], [1, 1]]]
    bars = [(round(bar.get_x(), 6), round(bar.get_width(), 6), bar.get_height()) for bar in counts.patches]
    assert bars == [(0.0, 0.1, 30), (0.1, 0.1, 20), (0.2, 0.1, 10)]
    width = {line.get_label(): line.get_linewidth() for line in axes.lines}
    assert width["spatial"] > width["random_forest"]


def test_legend_has_the_brier_scores_with_the_main_variant_first(calibration, metrics):
    legend = calibration_plot("survey", calibration, metrics).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "0.21 spatial branch", "0.18 random forest", "perfect calibration",
    ]  # fmt: skip
    assert legend.get_title().get_text() == "Brier score, 0.25 for 0.5 everywhere"


def test_headline_counts_bins_that_agree_and_tells_the_direction_of_the_others(calibration, metrics):
    title = calibration_plot("survey", calibration, metrics).get_suptitle().replace("\n", " ")
    assert title == (
        "survey: held-out Brier score of spatial branch is 0.21 (0.25 for 0.5 everywhere, halo and background "
        "counted as equally common); its score is within the interval of what was found in 1 of 3 bins, "
        "too high in 1, too low in 1"
    )


def test_one_group_has_no_interval_and_the_headline_says_so(calibration, metrics):
    figure = calibration_plot("survey", calibration.assign(low=np.nan, high=np.nan), metrics)
    assert "too few groups for intervals" in figure.get_suptitle().replace("\n", " ")
    assert lines(figure.axes[0], "interval") == []


def test_without_any_probability_the_figure_says_so(calibration, metrics):
    figure = calibration_plot("survey", calibration.iloc[:0], metrics)
    assert figure.get_suptitle() == "survey: no held-out score is a probability"
    assert not figure.axes[1].patches
