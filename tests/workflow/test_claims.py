"""`claims`, on surveys as small as they get: what its Snakefile plans, what it writes, and when it declines."""

import json

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.claims import MEASURES
from PIL import Image
from workflow_runs import CLAIMS, ROOT, SMALL, TABLES, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

TINY = {
    "claims": {"seeds": 2, "strengths": [1], "samples": 500, "deposits": 12},
    "labels": {"positives": 40, "background": 120},
    "network": {"epochs": 3},
    "evaluation": {"controls": ["logistic", "sampling_density"]},
}
METHODS = {"fusion", "spectrum", "spatial", "internal", "external", "linear", "logistic", "sampling_density"}
CONDITIONS = {("none", 0.0), ("anthropogenic", 1.0), ("overburden", 1.0), ("laboratory", 1.0)}


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    return write_config(tmp_path_factory.mktemp("overlay") / "tiny.yaml", TINY)


@pytest.fixture(scope="module")
def run(tmp_path_factory, overlay):
    folder = tmp_path_factory.mktemp("claims")
    result = snakemake(folder, "claims", configs=(SMALL, overlay), snakefile=CLAIMS)
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture(scope="module")
def results(run):
    return run / "results" / "small"


def test_the_full_size_is_an_overlay_of_the_demo(tmp_path):
    configs = (ROOT / "config" / "config.yaml", ROOT / "config" / "claims-full.yaml")
    jobs = planned(tmp_path, "claims", configs=configs, snakefile=CLAIMS)
    assert jobs["alternative_scores"] == 10 * (1 + 3 * 3)
    assert jobs["measure_claims"] == 10


def test_every_condition_seed_method_and_measure_has_a_value(results):
    table = pd.read_csv(results / "claims.csv", keep_default_na=False, na_values={"value": ""})
    assert list(table.columns) == ["survey", "fault", "strength", "seed", "method", "metric", "value"]
    assert set(zip(table["fault"], table["strength"], strict=True)) == CONDITIONS
    assert set(table["method"]) == METHODS
    assert set(table["metric"]) == set(MEASURES)
    assert set(table["seed"]) == {101, 102}
    assert len(table) == 4 * 2 * len(METHODS) * len(MEASURES)
    shares = table.loc[table["metric"] != "false_alarm_km2", "value"].dropna()
    assert shares.between(0, 1).all()
    assert table.loc[table["metric"] == "recall", "value"].notna().all()


def test_conditions_of_a_seed_share_places_folds_and_truth(results):
    """A control that sees sample sites alone is none the wiser for a fault."""
    table = pd.read_csv(results / "claims.csv")
    blind = table[table["method"] == "sampling_density"].groupby(["seed", "metric"])["value"]
    assert (blind.nunique(dropna=False) == 1).all()
    seeing = table[(table["method"] == "logistic") & (table["metric"] == "capture")].groupby("seed")["value"]
    assert (seeing.nunique() == 4).all()
    folds = {file.read_bytes() for file in results.glob("alternatives/scores/*/folds/held_out.csv")}
    assert len(folds) == 2


def test_alternatives_are_trained_on_held_out_folds_alone(results):
    settings = [json.loads(file.read_text()) for file in results.glob("alternatives/scores/*/settings.json")]
    assert len(settings) == 8
    assert {tuple(one["schemes"]) for one in settings} == {("held_out",)}
    assert {one["members"] for one in settings} == {1}


def test_summary_and_verdicts_agree_with_the_table(results):
    table, summary, verdicts = (
        pd.read_csv(results / f"{name}.csv") for name in ("claims", "claims_summary", "claims_verdicts")
    )
    keys = ["fault", "strength", "method", "metric"]
    expected = table.groupby(keys)["value"].mean()
    assert np.allclose(summary.set_index(keys)["mean"].loc[expected.index], expected, equal_nan=True)
    assert len(verdicts) == 18
    assert set(verdicts["verdict"]) <= {"holds", "does not hold", "cannot be told"}
    part = verdicts.query("method == 'fusion' and against == 'spectrum' and metric == 'recall'").iloc[0]
    wide = table[table["metric"] == "recall"].pivot_table(index="seed", columns="method", values="value")
    assert part["difference"] == pytest.approx((wide["fusion"] - wide["spectrum"]).mean())
    assert part["n"] == 2


def test_text_and_figure_say_which_claims_hold(results):
    text = (results / "claims.md").read_text(encoding="utf-8")
    assert "# Do the three claims hold? (small)" in text
    assert "8 simulated surveys of 500 samples and 12 deposits: 2 seeds" in text
    with Image.open(results / "figures" / "claims.png") as picture:
        assert picture.width >= 800
        assert picture.text["Title"].startswith("small: “superpixels help”")


def test_nothing_is_left_to_do_and_another_area_trains_nothing_again(run, overlay, tmp_path):
    assert planned(run, "claims", configs=(SMALL, overlay), snakefile=CLAIMS) == {}
    other = write_config(tmp_path / "area.yaml", TINY | {"claims": TINY["claims"] | {"area": 0.05}})
    jobs = planned(run, "claims", configs=(SMALL, other), snakefile=CLAIMS)
    assert jobs == {"measure_claims": 2, "collect_claims": 1, "plot_claims": 1, "claims": 1}


def test_a_survey_without_truth_is_declined_in_one_message(tmp_path):
    config = write_config(
        tmp_path / "mine.yaml", {"survey": "mine", "data": {"folder": str(tmp_path)}, **TABLES}
    )
    for name in ("samples.csv", "deposits.csv"):
        (tmp_path / name).write_text("x,y\n")
    result = snakemake(tmp_path / "run", "claims", configs=(config,), snakefile=CLAIMS)
    assert result.returncode != 0
    assert (
        "only a simulated survey has, and this config has no section 'simulate'. Run it without --configfile."
        in result.stdout
    )
    assert "most recent call last" not in result.stdout


def test_the_main_snakefile_names_the_command(tmp_path):
    result = snakemake(tmp_path, "--dry-run", "claims")
    assert result.returncode != 0
    assert f"snakemake --snakefile {CLAIMS} claims --cores all" in result.stdout
    assert "most recent call last" not in result.stdout


def test_several_surveys_each_put_the_claims_to_the_test(tmp_path):
    surveys = [f"config/bench/simulated-{name}.yaml" for name in ("gold", "nickel")]
    config = write_config(tmp_path / "two.yaml", {"surveys": surveys})
    jobs = planned(tmp_path, "claims", configs=(config,), snakefile=CLAIMS)
    assert jobs["simulated_gold_measure_claims"] == jobs["simulated_nickel_measure_claims"] == 6
