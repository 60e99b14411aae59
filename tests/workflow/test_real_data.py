"""The two real surveys, every stage, with a coarse network: what the READMEs of the data say must come out."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from geohalo.files.cells import Survey
from PIL import Image
from workflow_runs import (
    ROOT,
    assert_comparisons_follow,
    assert_evidence_rows,
    read_evidence,
    snakemake,
    write_config,
)

pytestmark = [pytest.mark.workflow, pytest.mark.real_data]

CONTROLS = {"logistic", "superpixel_contrast", "sampling_density", "deposit_distance"}
FIGURES = {"samples", "elements", "superpixels", "folds", "anomaly_map", "heldout_map"}
FIGURES |= {"success_rate", "metrics", "differences", "calibration", "history"}
FIGURES |= {"targets", "concentration_area", "attribution", "fingerprints", "pathfinders", "effort"}


def complete_run(survey, data, folder):
    """Run one survey's own config with the reduced network laid over it; returns its results."""
    place = write_config(folder / "data.yaml", {"data": {"folder": str(data)}})
    configs = (ROOT / "config" / "surveys" / f"{survey}.yaml", ROOT / "config" / "test" / "real.yaml", place)
    result = snakemake(folder, configs=configs)
    assert result.returncode == 0, result.stdout
    return folder / "results" / survey


@pytest.fixture(scope="module")
def ireland(survey_data, tmp_path_factory):
    return complete_run("ireland-midlands", survey_data, tmp_path_factory.mktemp("ireland"))


@pytest.fixture(scope="module")
def gswa(survey_data, tmp_path_factory):
    return complete_run("gswa-sed1", survey_data, tmp_path_factory.mktemp("gswa"))


def assert_complete(results, epsg, **groups):
    """Every method, split and metric, every comparison, every map and every figure is there."""
    metrics = read_evidence(results / "metrics.csv")
    assert_evidence_rows(metrics, {"fusion"} | CONTROLS)
    names = ["capture", "roc_auc", "success_area", "pa_crossing", "opengad_auc"]
    shares = metrics[metrics["metric"].isin(names)]
    assert shares["estimate"].between(0, 1).all()
    assert_comparisons_follow(read_evidence(results / "comparisons.csv"), metrics, **groups)
    calibration = pd.read_csv(results / "calibration.csv")
    assert set(calibration["variant"]) == {"fusion", "logistic"}
    cells = metrics[metrics["metric"] == "brier"].set_index(["variant", "split"])["n"]
    counted = calibration.groupby(["variant", "split"])["n"].sum()
    assert counted.to_dict() == cells[counted.index].to_dict()
    with xr.open_dataset(results / "cube.nc") as data:
        survey = Survey.of(data)
    for name in ("score", "spread", "heldout_score"):
        with rasterio.open(results / "maps" / f"{name}.tif") as file:
            assert file.crs.to_epsg() == epsg
            assert np.isnan(file.nodata)
            assert file.transform.a == 1000
            np.testing.assert_array_equal(np.isfinite(file.read(1)), survey.mask)
    assert {file.stem for file in (results / "figures").glob("*.png")} == FIGURES
    for figure in FIGURES:
        with Image.open(results / "figures" / f"{figure}.png") as picture:
            assert picture.width >= 800


def held_out_capture(results, variant):
    """Return estimate, low and high."""
    metrics = pd.read_csv(results / "metrics.csv")
    row = metrics.query("variant == @variant and split == 'held_out' and metric == 'capture'").iloc[0]
    return row["estimate"], float(row["low"]), float(row["high"])


def assert_chance_level(results, groups):
    """Sampling density says nothing about the ground, so that its capture is that of chance.

    The percentile rank of a place drawn at random is uniform on 0 to 1: mean 0.5, standard deviation 1 / sqrt(12). The
    deposits of a group share their ground, so that the capture is a mean of about as many draws as there are groups,
    and two standard errors are allowed: 0.20 for eight groups, 0.29 for four.
    """
    estimate, low, high = held_out_capture(results, "sampling_density")
    assert low <= estimate <= high
    assert low <= 0.5 <= high
    assert abs(estimate - 0.5) <= 2 / np.sqrt(12 * groups)


def test_ireland_samples(ireland):
    report = pd.read_csv(ireland / "samples_report.csv", keep_default_na=False).set_index("element")
    kept = report["kept"].astype(str) == "True"
    assert len(report) == 53
    assert kept.sum() == 49
    assert set(report.index[~kept]) == {"B", "Ta", "Pd", "Pt"}
    assert report.loc[~kept, "reason"].str.contains("censored").all()
    frame = gpd.read_parquet(ireland / "samples.parquet")
    assert len(frame) == 4278
    assert frame.crs.to_epsg() == 2157
    # Iron is given in percent: one to a few percent of a soil.
    assert 1e4 < frame["Fe"].median() < 5e4
    assert frame["Cu"].median() < 100


def test_ireland_deposits(ireland):
    deposits = pd.read_csv(ireland / "folds" / "deposits.csv")
    assert len(deposits) == 10
    assert deposits["inside"].all()
    assert deposits["group"].nunique() == 8
    assert set(deposits["fold"]) == {0, 1, 2, 3}
    assert deposits.groupby("group")["fold"].nunique().max() == 1


def test_ireland_is_complete(ireland):
    assert_complete(ireland, 2157, groups=8)


def test_ireland_sampling_density_is_chance(ireland):
    assert_chance_level(ireland, groups=8)


def test_ireland_distance_to_training_deposits_gains_by_the_random_split(ireland):
    metrics = pd.read_csv(ireland / "metrics.csv").query("metric == 'capture'")
    capture = metrics.set_index(["variant", "split"])["estimate"]
    assert capture["deposit_distance", "random"] > 0.9
    assert capture["deposit_distance", "held_out"] < capture["deposit_distance", "random"] - 0.15


def test_gswa_samples(gswa, survey_data):
    frame = gpd.read_parquet(gswa / "samples.parquet")
    assert len(frame) == 613
    assert frame.crs.to_epsg() == 28350
    # Only reports of the weak leach are kept: every row of the file that a place stands for is one of them.
    table = pd.read_csv(survey_data / "gswa-sed1" / "samples.csv", low_memory=False)
    rows = frame["sample"].str.split(";").explode().astype(int) - 2
    reports = table["WAMEX_A_NO"].iloc[rows].astype(int)
    assert set(reports) <= {93974, 94616, 95016, 96359, 96360}
    # The other family has a median of 1200 to 2300 ppm iron.
    assert frame["Fe"].median() < 10


def test_gswa_deposits_off_the_surveyed_ground_are_no_evidence(gswa):
    deposits = pd.read_csv(gswa / "folds" / "deposits.csv")
    assert len(deposits) == 32
    inside = deposits["inside"]
    # Thirty-two lie in the bounding box of all samples, but some far from those of the one family.
    assert inside.sum() == 23
    assert (deposits.loc[~inside, ["group", "fold"]] == -1).all(axis=None)
    held_out = deposits[deposits["group"] >= 0]
    metrics = pd.read_csv(gswa / "metrics.csv")
    assert set(metrics.query("split == 'held_out' and metric == 'capture'")["n"]) == {len(held_out)}
    assert set(held_out["fold"]) == {0, 1, 2, 3}


def test_gswa_is_complete(gswa):
    assert_complete(gswa, 28350, groups=4, with_decoys=3)


def test_gswa_is_told_to_be_too_small(gswa):
    """Three of four groups leave room for decoys, and flips of their signs give no p below 2 / 2^3."""
    text = (gswa / "verdict.md").read_text(encoding="utf-8")
    warnings, numbers = text.split("Each of 23 deposits in 4 groups")
    told = "with 3 groups of deposits that have decoys no difference, however large, has a p below 0.25."
    assert f"**The survey is too small to tell methods apart**: {told}" in warnings
    assert "- beats none.\n- loses to none.\n" in numbers


def test_gswa_sampling_density_is_chance(gswa):
    assert_chance_level(gswa, groups=4)
