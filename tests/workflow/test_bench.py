"""The bench over two small simulated surveys: every method in every survey, and what is pooled."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.pooling import POOLED, SPLITS
from PIL import Image
from workflow_runs import ROOT, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

LIGHT = {
    "grid": {"cell": 1500, "max_distance": 2500},
    "superpixels": {"n_segments": [20, 60]},
    "labels": {"folds": 3, "buffer": 8000, "positives": 40, "background": 120},
    "network": {"variants": ["fusion"], "seeds": 1, "epochs": 2},
    "experiments": {"variants": ["fusion", "linear"]},
    "evaluation": {
        "controls": ["logistic", "logistic_context", "pathfinder_index", "commodity_index"],
        "bootstrap": 100,
    },
}
NAMES = {"first": 8, "second": 9}
METHODS = ["fusion", "linear", "logistic", "logistic_context", "pathfinder_index", "commodity_index"]


def write_surveys(folder):
    for name, seed in NAMES.items():
        own = {"survey": name, "simulate": {"seed": seed, "samples": 500, "deposits": 10}}
        write_config(folder / f"{name}.yaml", own)
    return write_config(folder / "many.yaml", {"surveys": [f"{name}.yaml" for name in NAMES], **LIGHT})


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    result = snakemake(folder, "bench", configs=(write_surveys(folder),))
    assert result.returncode == 0, result.stdout
    return folder / "results"


def test_every_method_has_a_value_in_every_survey(bench):
    values = pd.read_csv(bench / "bench.csv")
    assert set(values["kind"]) == {"simulated"}
    keys = ["survey", "split", "metric", "method"]
    rows = {
        (name, split, metric, method)
        for name in NAMES
        for split in SPLITS
        for metric in POOLED
        for method in METHODS
    }
    assert set(values[keys].itertuples(index=False, name=None)) == rows
    assert len(values) == len(rows)
    for name in NAMES:
        own = values[values["survey"] == name].set_index(["split", "metric", "method"])["estimate"]
        metrics = pd.read_csv(bench / name / "ablation.csv")
        metrics = metrics[metrics["split"].isin(SPLITS) & metrics["metric"].isin(POOLED)]
        expected = metrics.set_index(["split", "metric", "variant"])["estimate"]
        expected.index.names = own.index.names
        pd.testing.assert_series_equal(own.sort_index(), expected.sort_index())


def test_pooled_values_are_those_of_both_surveys(bench):
    values, pooled = (
        pd.read_csv(
            bench / f"{name}.csv", keep_default_na=False, na_values={"low": "", "high": "", "tau": ""}
        )
        for name in ("bench", "bench_pooled")
    )
    assert (pooled["surveys"] == 2).all()
    assert len(pooled) == len(SPLITS) * len(POOLED) * (len(METHODS) + len(METHODS) * (len(METHODS) - 1) // 2)
    wide = values.pivot(index=["split", "metric", "survey"], columns="method", values="estimate")
    for row in pooled.itertuples():
        own = wide.loc[row.split, row.metric]
        expected = own[row.method] - (own[row.against] if row.against else 0)
        assert row.mean == pytest.approx(expected.mean())
        assert expected.min() - 1e-9 <= row.estimate <= expected.max() + 1e-9
        assert np.isnan(row.low) or row.low <= row.estimate <= row.high


def test_figure_and_text(bench):
    with Image.open(bench / "bench.png") as picture:
        assert picture.width >= 800
        assert "2 simulated surveys: share of decoys outranked" in picture.text["Title"]
    text = (bench / "bench.md").read_text(encoding="utf-8")
    assert text.startswith("### Simulated surveys, held-out deposits")
    assert "| fusion | " in text


def test_one_survey_is_told_what_the_bench_needs(tmp_path):
    result = snakemake(tmp_path, "--dry-run", "bench")
    assert result.returncode == 1
    assert "methods are compared over several surveys" in " ".join(result.stdout.split())


def test_the_shipped_bench_lists_real_and_simulated_surveys(survey_data, tmp_path):
    place = write_config(tmp_path / "data.yaml", {"data": {"folder": str(survey_data)}})
    jobs = planned(tmp_path, "bench", configs=(ROOT / "config" / "bench.yaml", place))
    trained = {rule: number for rule, number in jobs.items() if rule.endswith("_train")}
    assert set(trained.values()) == {7}  # six variants and shuffled labels, each once
    assert len(trained) >= 8
    assert jobs["kola_c_score_controls"] == jobs["simulated_gold_score_controls"] == jobs["pool_bench"] == 1
    assert "kola_c_report" not in jobs
