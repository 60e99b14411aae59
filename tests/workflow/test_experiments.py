"""`ablation` and `sweep` on the reduced demo: what they train, what they leave alone, and what their tables hold."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from geohalo.evidence.folds import SCHEMES
from PIL import Image
from workflow_runs import (
    CONTROLS,
    METRICS,
    ROOT,
    SCORED,
    SMALL,
    SPLITS,
    assert_comparisons_follow,
    assert_evidence_rows,
    planned,
    read_evidence,
    snakemake,
)

pytestmark = pytest.mark.workflow

MEASURING = {"compare_variants", "plot_ablation", "ablation"}
SWEEPING = {"compare_scales", "plot_sweep", "sweep"}
COLUMNS = ["survey", "variant", "scales", "split", "metric", "estimate", "low", "high", "n"]


@pytest.fixture(scope="module")
def compared(demo, tmp_path_factory):
    """Return a copy of the complete run in which both comparisons were made."""
    folder = tmp_path_factory.mktemp("compared") / "run"
    shutil.copytree(demo, folder)
    result = snakemake(folder, "ablation", "sweep")
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture(scope="module")
def results(compared):
    return compared / "results" / "small"


@pytest.fixture
def changed(tmp_path):
    """Return a function that tells the jobs of a target with changed settings."""

    def jobs(folder, target: str, settings: dict) -> dict[str, int]:
        overlay = tmp_path / "changed.yaml"
        overlay.write_text(yaml.safe_dump(settings))
        return planned(folder, target, configs=(SMALL, overlay))

    return jobs


def test_ablation_of_another_folder_plans_every_stage_once(tmp_path):
    jobs = planned(tmp_path, "ablation")
    assert jobs["segment_superpixels"] == jobs["build_graph"] == 2
    # Two variants, and permuted labels.
    assert jobs["train"] == 3
    assert jobs["make_folds"] == jobs["score_controls"] == jobs["compare_variants"] == 1
    assert not {"evaluate", "map_anomalies", "compare_scales"} & set(jobs)


def test_ablation_after_a_run_trains_the_other_variants_alone(demo):
    """Neither the first variant nor permuted labels are learned again."""
    assert planned(demo, "ablation") == dict.fromkeys(["train", *MEASURING], 1)


def test_sweep_after_a_run_trains_the_other_settings_alone(demo):
    """One setting is that of the run, and the other is one of its two counts: nothing is segmented again."""
    assert planned(demo, "sweep") == dict.fromkeys(["train", *SWEEPING], 1)


def test_one_count_more_trains_only_that_one(compared, changed):
    jobs = changed(compared, "sweep", {"experiments": {"n_segments": [[30], [30, 90], [45]]}})
    assert jobs == dict.fromkeys(["segment_superpixels", "build_graph", "train", *SWEEPING], 1)


def test_a_set_of_known_counts_needs_no_segmentation(compared, changed):
    jobs = changed(compared, "sweep", {"experiments": {"n_segments": [[30], [30, 90], [90]]}})
    assert jobs == dict.fromkeys(["train", *SWEEPING], 1)


def test_the_order_of_counts_makes_no_other_setting(compared, changed):
    settings = {"experiments": {"n_segments": [[90, 30], [30]]}, "superpixels": {"n_segments": [90, 30]}}
    assert set(changed(compared, "sweep", settings)) <= SWEEPING


def test_comparisons_leave_the_run_as_it_was(demo, compared, results):
    # The report takes in what these commands have made.
    assert planned(compared) == {"report": 1}
    assert planned(compared, "ablation", "sweep") == {}
    for name in ("metrics.csv", "comparisons.csv", "calibration.csv", "verdict.md", "figures/metrics.png"):
        assert (results / name).read_bytes() == (demo / "results" / "small" / name).read_bytes()


def test_ablation_has_every_variant_control_split_and_interval(results):
    table = read_evidence(results / "ablation.csv")
    assert list(table.columns) == COLUMNS
    assert_evidence_rows(table, {"fusion", "spatial"} | CONTROLS)
    capture = table[table["metric"] == "capture"]
    assert (capture["low"] <= capture["estimate"]).all()
    assert (capture["estimate"] <= capture["high"]).all()
    # Permuted labels are learned by the network, which has scales; the other controls have none.
    learned = table["variant"].isin({"fusion", "spatial", "shuffle"})
    assert set(table.loc[learned, "scales"]) == {"30-90"}
    assert set(table.loc[~learned, "scales"]) == {""}


def test_the_first_variant_is_compared_with_its_branch_and_with_controls(results):
    comparisons = read_evidence(results / "ablation_comparisons.csv")
    assert_comparisons_follow(comparisons, read_evidence(results / "ablation.csv"), groups=6)
    assert set(comparisons["against"]) == {"spatial"} | SCORED
    # What is left out of `all` changes no difference, only how many there are to correct for.
    key, corrected = ["against", "split", "metric"], ["p_holm"]
    run = read_evidence(results / "comparisons.csv").set_index(key)
    shared = comparisons.set_index(key).loc[run.index]
    pd.testing.assert_frame_equal(shared.drop(columns=corrected), run.drop(columns=corrected))
    assert (shared["p_holm"] >= run["p_holm"]).all()


def test_tables_agree_where_they_measure_the_same_run(results):
    key = ["variant", "scales", "split", "metric"]
    metrics, ablation, sweep = (
        read_evidence(results / f"{name}.csv").set_index(key) for name in ("metrics", "ablation", "sweep")
    )
    pd.testing.assert_frame_equal(ablation.loc[metrics.index], metrics)
    shared = sweep.index.intersection(ablation.index)
    assert len(shared) == len(SPLITS) * len(METRICS)
    pd.testing.assert_frame_equal(sweep.loc[shared], ablation.loc[shared])


def test_sweep_has_every_setting(results):
    table = read_evidence(results / "sweep.csv")
    assert list(table.columns) == COLUMNS
    assert set(table["variant"]) == {"fusion"}
    assert set(table["scales"].astype(str)) == {"30", "30-90"}
    for _, setting in table.groupby("scales"):
        assert_evidence_rows(setting, {"fusion"})
    capture = table[(table["metric"] == "capture") & (table["split"] == "held_out")]
    assert capture["estimate"].nunique() == 2


def test_only_the_run_that_makes_the_map_has_members_that_hold_out_nothing(results):
    measured = set(SCHEMES) - {"final"}
    runs = {("spatial", "30-90"): measured, ("fusion", "30"): measured, ("fusion", "30-90"): set(SCHEMES)}
    for (variant, scales), expected in runs.items():
        with xr.open_dataset(results / "runs" / variant / scales / "heldout.nc") as data:
            schemes = {name.removeprefix("score_") for name in data if name.startswith("score_")}
            assert data["score_inner"].dims == ("fold_inner", "y", "x")
            assert data["score_inner"].shape == data["score_held_out"].shape
        history = pd.read_csv(results / "runs" / variant / scales / "history.csv")
        assert schemes == set(history["scheme"]) == expected


def test_inner_members_know_neither_the_outer_fold_nor_its_partner(results):
    folds = pd.read_csv(results / "folds" / "inner.csv")
    deposits = pd.read_csv(results / "folds" / "deposits.csv")
    count, known = deposits["fold"].max() + 1, deposits[deposits["group"] >= 0]
    shift = (known["fold"] - known["inner_fold"]) % count
    assert shift.nunique() == 1
    for fold, rows in folds.groupby("fold"):
        without = known[known["fold"].isin([fold, (fold + shift.iloc[0]) % count])]
        training = rows[rows["use"] == "train"]
        for place in without[["x", "y"]].to_numpy():
            assert np.hypot(training["x"] - place[0], training["y"] - place[1]).min() > 8000
        validated = rows.loc[(rows["use"] == "test") & (rows["label"] == 1), "deposit"]
        assert set(validated) <= set(known.loc[known["inner_fold"] == fold, "deposit"])


@pytest.mark.parametrize("name", ["ablation", "sweep"])
def test_figures_are_pictures_that_name_what_was_chosen(results, name):
    with Image.open(results / "figures" / f"{name}.png") as picture:
        assert picture.width >= 800
        assert "the inner split prefers" in picture.text["Title"]
        assert "12 deposits in 6 groups" in picture.text["Title"]


def test_the_figure_of_differences_names_the_variant_and_counts_the_others(results):
    with Image.open(results / "figures" / "ablation_differences.png") as picture:
        title = " ".join(picture.text["Title"].split())
    assert title.startswith("small: by decoys outranked, fusion is ")
    assert f"of {1 + len(SCORED)} other methods" in title
    assert title.endswith("12 deposits in 6 groups")


def test_the_workflow_trains_the_schemes_of_the_library():
    text = (ROOT / "rules" / "common.smk").read_text()
    (line,) = re.findall(r"^SCHEMES = (.+)$", text, re.MULTILINE)
    # The random split stands there with the keys of the config by which it is left out.
    named = dict.fromkeys(re.findall(r'"(\w+)"', line))
    assert [name for name in named if name != "evaluation"] == list(SCHEMES)
