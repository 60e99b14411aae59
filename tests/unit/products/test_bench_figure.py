"""The figure and the text of the bench, on tables whose content is known."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.pooling import POOLED, bench_tables
from geohalo.products.bench_figure import MEASURES, bench_figure, ranked, verdict
from geohalo.products.bench_text import bench_text

METHODS = {"fusion": 0.1, "linear": 0.05, "logistic": -0.1, "random_forest": 0.2, "sampling_density": -0.2}
KINDS = {"north": "real", "south": "real", "far-east": "real", "made up": "simulated"}


@pytest.fixture(scope="module")
def tables():
    generator = np.random.default_rng(0)
    parts = []
    for number, name in enumerate(KINDS):
        size = 6 + 4 * number
        base = generator.uniform(0.3, 0.7, size)
        for split in ("held_out", "inner"):
            for method, gain in METHODS.items():
                if method == "sampling_density" and KINDS[name] == "simulated":
                    continue
                values = np.clip(base + gain + generator.normal(scale=0.05, size=size), 0, 1)
                about = {"survey": name, "variant": method, "split": split, "deposit": range(size)}
                parts.append(
                    pd.DataFrame(about).assign(group=np.arange(size) // 2, **dict.fromkeys(POOLED, values))
                )
    return bench_tables(pd.concat(parts), KINDS, 200, 0)


def test_every_pooled_measure_can_be_drawn(tables):
    assert {name: chance for name, (_, chance) in MEASURES.items()} == POOLED
    for metric in MEASURES:
        assert bench_figure(*tables, metric).get_suptitle()


def test_methods_stand_by_their_mean_over_real_surveys(tables):
    figure = bench_figure(*tables)
    shares, apart = figure.axes
    values, pooled = tables
    held = pooled[(pooled["split"] == "held_out") & (pooled["metric"] == "above_decoys")]
    means = held[(held["kind"] == "real") & (held["against"] == "")].set_index("method")["mean"]
    assert ranked(held) == list(means.sort_values(ascending=False).index)
    labels = [text.get_text() for text in shares.get_yticklabels()]
    assert labels == [
        "random forest", "fusion", "linear term alone", "logistic regression", "sampling density",
    ]  # fmt: skip
    assert shares.get_yticklabels()[1].get_fontweight() == "bold"
    drawn = [line for line in shares.lines if line.get_label() == "north"]
    own = values[(values["survey"] == "north") & (values["split"] == "held_out")]
    own = own[own["metric"] == "above_decoys"].set_index("method")["estimate"]
    assert sorted(line.get_xdata()[0] for line in drawn) == pytest.approx(sorted(own))
    chance = [line for line in shares.lines if line.get_label() == "chance"]
    assert [line.get_xdata()[0] for line in chance] == [0.5]
    assert [line.get_label() for line in apart.lines].count("random_forest") == 2  # both kinds of surveys


def test_simulated_surveys_are_hollow_and_counts_are_told(tables):
    figure = bench_figure(*tables)
    lines = figure.axes[0].lines
    faces = {one: {line.get_markerfacecolor() for line in lines if line.get_label() == one} for one in KINDS}
    assert faces["made up"] == {"white"}
    assert "white" not in faces["north"] | faces["south"] | faces["far-east"]
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told[:4] == [
        "north: 6 deposits in 3 groups",
        "south: 10 deposits in 5 groups",
        "far-east: 14 deposits in 7 groups",
        "made up: 18 deposits in 9 groups",
    ]
    assert "3 real surveys: share of decoys outranked 0.6" in figure.get_suptitle()


def ranks(name, methods, decoys=True):
    """Ranks of six deposits in three groups, the same for every method but for its place in the list."""
    parts = []
    for number, method in enumerate(methods):
        shares = np.array([0.2, 0.4, 0.5, 0.6, 0.7, 0.9]) - 0.1 * number
        about = {"survey": name, "variant": method, "split": "held_out", "deposit": range(6)}
        numbers = dict.fromkeys(POOLED, shares) | {"above_decoys": shares if decoys else np.nan}
        parts.append(pd.DataFrame(about).assign(group=[0, 0, 1, 1, 2, 2], **numbers))
    return pd.concat(parts)


def test_without_decoys_methods_are_compared_by_capture():
    values, pooled = bench_tables(ranks("north", ["fusion", "logistic"], False), {"north": "real"}, 200, 0)
    assert "1 real survey: capture 0.55 by fusion" in bench_figure(values, pooled).get_suptitle()
    lines = bench_text(values, pooled).splitlines()
    assert lines[2] == (
        "| Method | capture, mean | north (6 in 3) | fusion less it (95 %) | found in 5 % | found in 10 % |"
    )
    assert lines[5] == "| logistic regression | 0.45 | 0.45 | +0.10 | 0.45 | 0.45 |"


def test_the_default_is_the_same_in_every_kind_of_surveys():
    # In the simulated survey another method comes first.
    both = pd.concat([ranks("north", ["fusion", "logistic"]), ranks("made up", ["logistic", "fusion"])])
    values, pooled = bench_tables(both, {"north": "real", "made up": "simulated"}, 200, 0)
    pairs = pooled[(pooled["against"] != "") & (pooled["metric"] == "above_decoys")]
    assert pairs[["kind", "method", "against"]].to_numpy().tolist() == [
        ["real", "fusion", "logistic"],
        ["simulated", "fusion", "logistic"],
    ]
    assert pairs["estimate"].tolist() == pytest.approx([0.1, -0.1])
    drawn = [line.get_label() for line in bench_figure(values, pooled).axes[1].lines]
    assert drawn.count("logistic") == 2
    assert bench_text(values, pooled).count("fusion less it") == 2


def test_an_interval_says_better_worse_or_nothing():
    assert verdict((0.2, 0.1, 0.3)) == "better"
    assert verdict((-0.2, -0.3, -0.1)) == "worse"
    assert verdict((0.2, -0.1, 0.5)) == verdict((0.2, np.nan, np.nan)) == "open"


def test_one_simulated_survey_alone_can_be_drawn(tables):
    values, pooled = (one[one["kind"] == "simulated"] for one in tables)
    figure = bench_figure(values, pooled)
    assert figure.get_suptitle().startswith("1 simulated survey: share of decoys outranked 0.6")
    assert "better than 0 and worse than 0 of 3 other methods" in " ".join(figure.get_suptitle().split())


def test_text_has_the_numbers(tables):
    values, pooled = tables
    text = bench_text(values, pooled)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "### Real surveys, held-out deposits",
        "### Real surveys, inner split, for choosing",
        "### Simulated surveys, held-out deposits",
        "### Simulated surveys, inner split, for choosing",
    ]
    rows = [line.split(" | ") for line in text.split("###")[1].splitlines() if line.startswith("| ")]
    assert rows[0][2:5] == ["north (6 in 3)", "south (10 in 5)", "far-east (14 in 7)"]
    assert {len(row) for row in rows} == {9}
    held = pooled[(pooled["kind"] == "real") & (pooled["split"] == "held_out")]
    row = next(row for row in rows if row[0] == "| logistic regression")
    own = held[(held["method"] == "logistic") & (held["against"] == "")].set_index("metric")
    assert row[1] == f"{own.loc['above_decoys', 'mean']:.2f}"
    pair = held[(held["against"] == "logistic") & (held["method"] == "fusion")].set_index("metric")
    numbers = pair.loc["above_decoys", ["estimate", "low", "high"]]
    assert row[5] == "{:+.2f} ({:+.2f} to {:+.2f})".format(*numbers)
    # One survey has no interval, and a method that it lacks no row.
    simulated = text.split("###")[3]
    assert "sampling density" not in simulated
    assert " to " not in simulated
