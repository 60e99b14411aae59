import numpy as np
import pandas as pd
import pytest
from geohalo.products import evidence_figures, styles
from geohalo.products.figures import metric_comparison, success_rate
from matplotlib.colors import to_hex

VALUES = {"fusion": 0.84, "spatial": 0.88, "random_forest": 0.78, "shuffle": 0.49}
#: Rows of the comparison, by method: headings take the others.
ROWS = {"spatial": 1, "fusion": 2, "random_forest": 4, "shuffle": 6}


@pytest.fixture
def metrics():
    rows = []
    for variant, value in VALUES.items():
        for split, shift in (("held_out", 0.0), ("random", 0.11)):
            for metric, less in (("capture", 0.0), ("roc_auc", 0.02), ("success_area", 0.01), ("f1", 0.3)):
                estimate = value + shift - less
                rows.append(
                    ("survey", variant, "", split, metric, estimate, estimate - 0.1, estimate + 0.05, 10)
                )
    columns = ["survey", "variant", "scales", "split", "metric", "estimate", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def curves():
    frames = [
        pd.DataFrame(
            {"method": method, "split": split, "area": [0, 0.05, 0.1, 0.5, 1], "found": [0, 0.25, 0.5, 1, 1]}
        )
        for method in VALUES
        for split in ("held_out", "random")
    ]
    return pd.concat(frames, ignore_index=True)


def legend(owner):
    return [text.get_text() for text in owner.get_legend().get_texts()]


def test_success_legend_ranks_methods_by_area_with_the_optimistic_number_apart(curves, metrics):
    figure = success_rate("survey", curves, metrics)
    assert legend(figure.axes[0]) == [
        "0.87 spatial branch",
        "0.83 fusion",
        "0.77 random forest",
        "0.48 shuffled labels",
        "0.94 fusion, random split (optimistic)",
        "0.50 chance",
    ]
    assert (
        figure.get_suptitle() == "survey: fusion finds 50 % of held-out deposits in the best 10 % of the area"
    )


def test_success_curves_are_the_staircases_given_in_distinct_styles(curves, metrics):
    axes = success_rate("survey", curves, metrics).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    fusion = lines["0.83 fusion"]
    assert fusion.get_drawstyle() == "steps-post"
    np.testing.assert_array_equal(fusion.get_xdata(), [0, 0.05, 0.1, 0.5, 1])
    np.testing.assert_array_equal(fusion.get_ydata(), [0, 0.25, 0.5, 1, 1])
    assert (
        fusion.get_linewidth()
        > lines["0.87 spatial branch"].get_linewidth()
        > lines["0.77 random forest"].get_linewidth()
    )
    looks = {(to_hex(line.get_color()), line.get_linestyle()) for line in axes.lines}
    assert len(looks) == len(axes.lines)
    assert lines["0.94 fusion, random split (optimistic)"].get_linestyle() == "--"
    np.testing.assert_array_equal(lines["chance"].get_xydata(), [[0, 0], [1, 1]])


def test_area_is_summed_from_the_steps_when_no_metric_tells_it(curves, metrics):
    figure = success_rate("survey", curves[curves["method"] == "fusion"], metrics.iloc[:0])
    # 0.25 * 0.05 + 0.5 * 0.4 + 1 * 0.5
    assert legend(figure.axes[0])[0] == "0.71 fusion"


def test_with_many_controls_all_but_a_few_are_grey(curves, metrics):
    others = [
        "logistic",
        "gradient_boosting",
        "mahalanobis",
        "best_element",
        "sampling_density",
        "autoencoder",
    ]
    more = pd.concat([curves[curves["method"] == "shuffle"].assign(method=one) for one in others])
    areas = dict(zip(others, (0.6, 0.9, 0.7, 0.65, 0.55, 0.5), strict=True))
    told = metrics[(metrics["metric"] == "success_area") & (metrics["variant"] == "shuffle")]
    table = pd.concat([metrics, *(told.assign(variant=one, estimate=areas[one]) for one in others)])
    axes = success_rate("survey", pd.concat([curves, more]), table).axes[0]
    hues = {line.get_label(): to_hex(line.get_color()) for line in axes.lines}
    grey = {label for label, hue in hues.items() if hue == styles.colour("faint")} - {"0.48 shuffled labels"}
    # Gradient boosting finds most of the controls that are not always shown.
    assert grey == {
        "0.70 Mahalanobis distance", "0.65 best single element", "0.60 logistic regression", "0.50 auto-encoder",
    }  # fmt: skip
    assert hues["0.90 gradient boosting"] == styles.method_style("gradient_boosting")[1]
    assert legend(axes)[:4] == [
        "0.90 gradient boosting", "0.87 spatial branch", "0.83 fusion", "0.77 random forest",
    ]  # fmt: skip
    widths = {line.get_label(): line.get_linewidth() for line in axes.lines}
    assert max(widths[label] for label in grey) < widths["0.83 fusion"]


def test_success_rate_without_variant_or_random_split_draws_what_there_is(curves, metrics):
    only = curves[(curves["method"] == "random_forest") & (curves["split"] == "held_out")]
    assert legend(success_rate("survey", only, metrics).axes[0]) == ["0.77 random forest", "0.50 chance"]


def test_comparison_shows_every_estimate_interval_and_optimistic_value(metrics):
    figure = metric_comparison("survey", metrics)
    capture, roc_auc = figure.axes
    assert (capture.get_title(loc="left"), roc_auc.get_title(loc="left")) == ("Capture", "ROC AUC")
    labels = [text.get_text() for text in capture.get_yticklabels()]
    assert labels == ["spatial branch", "fusion", "random forest", "shuffled labels"]
    for axes, less in ((capture, 0.0), (roc_auc, 0.02)):
        held = [line for line in axes.lines if line.get_label() == "held_out"]
        random = [line for line in axes.lines if line.get_label() == "random"]
        intervals = [line for line in axes.lines if line.get_label() == "interval"]
        for row, value in ((row, VALUES[method]) for method, row in ROWS.items()):
            points = {(round(float(line.get_xdata()[0]), 6), float(line.get_ydata()[0])) for line in held}
            assert (round(value - less, 6), row) in points
            points = {(round(float(line.get_xdata()[0]), 6), float(line.get_ydata()[0])) for line in random}
            assert (round(value - less + 0.11, 6), row) in points
            spans = {tuple(np.round([*line.get_xdata(), line.get_ydata()[0]], 6)) for line in intervals}
            assert tuple(np.round([value - less - 0.1, value - less + 0.05, row], 6)) in spans
        assert all(line.get_markerfacecolor() == "white" for line in random)
        low, high = axes.get_xlim()
        assert low < 0.37
        assert high >= 1


def test_comparison_has_symbols_of_what_is_drawn_alone(metrics):
    def told(table):
        return [text.get_text() for text in metric_comparison("survey", table).legends[0].get_texts()]

    assert told(metrics) == ["held-out deposits, 95 % interval", "random split (optimistic)", "chance"]
    held = metrics[metrics["split"] == "held_out"]
    assert told(held) == ["held-out deposits, 95 % interval", "chance"]
    assert {axes.get_xlabel() for axes in metric_comparison("survey", held).axes} == {
        "0.5 is chance, 1 is best"
    }


def test_comparison_headline_names_main_variant_and_best_control(metrics):
    title = metric_comparison("survey", metrics).get_suptitle().replace("\n", " ")
    assert title == (
        "survey: fusion captures held-out deposits at 0.84 (95 % interval 0.74–0.89); "
        "best control: random forest at 0.78"
    )


def test_comparison_survives_missing_values(metrics):
    metrics.loc[metrics["variant"] == "shuffle", ["low", "high"]] = np.nan
    metrics.loc[(metrics["variant"] == "random_forest") & (metrics["split"] == "held_out"), "estimate"] = (
        np.nan
    )
    metrics["scales"] = None
    figure = metric_comparison("survey", metrics[metrics["metric"] != "roc_auc"])
    assert "best control: shuffled labels at 0.49" in figure.get_suptitle().replace("\n", " ")
    assert sum(line.get_label() == "interval" for line in figure.axes[0].lines) == 3
    assert not [line for line in figure.axes[1].lines if line.get_label() == "held_out"]


def test_comparison_with_decoys_shows_what_holding_out_is_worth(metrics):
    held = metrics[(metrics["metric"] == "capture") & (metrics["split"] == "held_out")]
    above = held.assign(metric="above_decoys", estimate=held["estimate"] - 0.2, low=0.4, high=0.9, n=44)
    absent = held.iloc[:1].assign(variant="background_absence", estimate=0.98)
    decoys = held.assign(metric="decoy_capture", estimate=0.53, n=44)
    control = [
        absent,
        absent.assign(metric="above_decoys", estimate=0.6, n=44),
        absent.assign(metric="decoy_capture", estimate=0.97, n=44),
    ]
    figure = metric_comparison("survey", pd.concat([metrics, above, decoys, *control]))
    # The control that only remembers where background was captures most, and is not called the best.
    assert figure.get_suptitle().replace("\n", " ") == (
        "survey: held-out deposits outrank 0.64 (95 % interval 0.40–0.90) of decoys by fusion; "
        "best control: distance from training background at 0.60"
    )
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "Capture",
        "Share of decoys outranked",
    ]
    rows = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    marks = [line for line in figure.axes[0].lines if line.get_label() == "decoys"]
    names = dict(zip(figure.axes[0].get_yticks(), rows, strict=True))
    at = {names[line.get_ydata()[0]]: float(line.get_xdata()[0]) for line in marks}
    assert at == {
        "spatial branch": 0.53, "fusion": 0.53, "random forest": 0.53, "shuffled labels": 0.53,
        "distance from training background": 0.97,
    }  # fmt: skip
    assert not [line for line in figure.axes[1].lines if line.get_label() in ("decoys", "random")]
    points = {float(line.get_xdata()[0]) for line in figure.axes[1].lines if line.get_label() == "held_out"}
    assert {round(point, 6) for point in points} == {0.68, 0.64, 0.58, 0.29, 0.6}
    assert "44 decoys are places without a deposit" in " ".join(
        text.get_text() for text in figure.texts
    ).replace("\n", " ")


def test_scales_are_named_only_where_a_variant_has_several(metrics):
    metrics.loc[metrics["variant"] == "fusion", "scales"] = "100-300"
    other = metrics[metrics["variant"] == "fusion"].assign(scales="900", estimate=0.7)
    spatial = metrics["variant"] == "spatial"
    metrics.loc[spatial, "scales"] = "100-300"
    figure = metric_comparison("survey", pd.concat([metrics, other]))
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["spatial branch", "fusion 100-300", "fusion 900", "random forest", "shuffled labels"]


def test_main_variant_is_the_first_one_of_the_network():
    assert evidence_figures.main_variant(pd.Series(["logistic", "spatial", "fusion"])) == "spatial"
    assert evidence_figures.main_variant(pd.Series(["fusion", "spatial"])) == "fusion"
    assert evidence_figures.main_variant(pd.Series(["logistic", "spatial"])) == "spatial"
    assert evidence_figures.main_variant(pd.Series(["logistic", "shuffle"])) == "logistic"


def test_the_inner_split_is_not_shown_as_evidence(curves, metrics):
    def inner(table):
        return table[table["split"] == "held_out"].assign(split="inner")

    more = metrics.assign(estimate=0.01, low=0.0, high=0.02)
    compared = metric_comparison("survey", pd.concat([inner(more), metrics]))
    alone = metric_comparison("survey", metrics)
    for one, other in zip(compared.axes, alone.axes, strict=True):
        assert one.get_xlim() == other.get_xlim()
        assert [line.get_xydata().tolist() for line in one.lines] == [
            line.get_xydata().tolist() for line in other.lines
        ]
    ranked = success_rate("survey", pd.concat([inner(curves), curves]), pd.concat([inner(more), metrics]))
    assert legend(ranked.axes[0]) == legend(success_rate("survey", curves, metrics).axes[0])


def test_unknown_method_keeps_its_own_name():
    assert styles.method_style("my_own")[0] == "my own"
    assert not styles.is_variant("my_own")


def test_success_rates_of_a_map_made_elsewhere_are_about_that_map(curves, metrics):
    """It stands in the title and keeps its look among any number of controls, and nothing says that it was held out."""
    vendor = curves[curves["method"] == "fusion"].assign(method="vendor")
    more = [vendor.assign(method=f"control {k}") for k in range(8)]
    figure = success_rate("survey", pd.concat([vendor, curves, *more]), metrics, foreign="vendor")
    shown = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert "vendor finds" in shown
    assert "of the deposits in the best 10 % of the area" in shown
    assert "Nobody can see whether vendor was made with these deposits" in shown
    mine = next(line for line in figure.axes[0].lines if str(line.get_label()).endswith(" vendor"))
    assert mine.get_linewidth() == max(line.get_linewidth() for line in figure.axes[0].lines)


def test_the_best_control_keeps_its_colour_beside_a_map_made_elsewhere(curves, metrics):
    """The map has a look of its own and takes nobody's place, however well it does."""

    def coloured(foreign):
        table = pd.concat([held, *more, *([best.assign(method="vendor")] if foreign else [])])
        lines = success_rate("survey", table, metrics, foreign=foreign).axes[0].lines
        # Those without a colour are thinner.
        wide = [line for line in lines if line.get_linewidth() > 0.6]
        return {str(line.get_label()).split(" ", 1)[-1] for line in wide} - {"vendor"}

    held = curves[curves["split"] == "held_out"]
    best = pd.DataFrame({"method": "best", "split": "held_out", "area": [0.0, 1e-3, 1], "found": [0.0, 1, 1]})
    more = [held[held["method"] == "fusion"].assign(method=f"control {k}") for k in range(8)]
    assert coloured("vendor") == coloured(None)
