"""The reduced demo, from nothing to all outputs: what the files hold, and what agrees between stages."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import torch
import xarray as xr
from geohalo.evidence.controls import LABEL_FREE, PROBABILITY_CONTROLS
from geohalo.evidence.metrics import percentile_rank
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.network.definition import TwoBranch
from geohalo.network.presets import PRESETS
from geohalo.products.styles import style
from geohalo.superpixels.graph import build_graph
from PIL import Image
from workflow_runs import (
    CONTROLS,
    SCORED,
    SETTINGS,
    SPLITS,
    assert_comparisons_follow,
    assert_evidence_rows,
    read_evidence,
)

pytestmark = pytest.mark.workflow

MAPS = ["samples", "elements", "superpixels", "folds", "anomaly_map", "heldout_map", "truth"]
FIGURES = [*MAPS, "success_rate", "metrics", "differences", "calibration", "history", "targets"]
FIGURES += ["concentration_area"]


@pytest.fixture(scope="module")
def results(demo):
    return demo / "results" / "small"


@pytest.fixture(scope="module")
def metrics(results):
    return read_evidence(results / "metrics.csv")


@pytest.fixture(scope="module")
def held_out(metrics):
    """Return estimate, low, high and n of a metric of the map's variant, held out."""
    return metrics.query("variant == 'fusion' and split == 'held_out'").set_index("metric")


@pytest.fixture(scope="module")
def survey(results):
    with xr.open_dataset(results / "cube.nc") as data:
        return Survey.of(data)


def test_samples_are_clean(results):
    frame = gpd.read_parquet(results / "samples.parquet")
    report = pd.read_csv(results / "samples_report.csv")
    elements = report.loc[report["kept"], "element"].tolist()
    assert len(elements) == 39
    assert frame.crs.to_epsg() == 32648
    assert (frame[elements].stack().dropna() > 0).all()
    # Silicon is given as SiO2 in percent: a quarter to a third of a rock, in ppm of the element.
    assert 2e5 < frame["Si"].median() < 4e5


def test_cube_is_standardised_clr(results, survey):
    elements = xr.load_dataset(results / "elements.nc")
    cube = xr.load_dataset(results / "cube.nc")
    assert cube["cube"].dims == ("element", "y", "x")
    assert cube["cube"].dtype == np.float32
    assert cube["element"].to_numpy().tolist() == elements["element"].to_numpy().tolist()
    inside = cube["cube"].to_numpy()[:, survey.mask]
    assert np.isfinite(inside).all()
    assert np.isnan(cube["cube"].to_numpy()[:, ~survey.mask]).all()
    ppm = elements["concentration"].to_numpy()[:, survey.mask].astype(float)
    clr = np.log(ppm) - np.log(ppm).mean(axis=0)
    expected = np.clip((clr - clr.mean(1, keepdims=True)) / clr.std(1, keepdims=True), -5, 5)
    np.testing.assert_allclose(inside, expected, atol=2e-3)


def test_cube_opens_in_gdal_with_its_crs(results):
    with rasterio.open(f"netcdf:{results / 'cube.nc'}:cube") as file:
        assert file.crs.to_epsg() == 32648
        assert file.count == 39
        assert file.transform.a == 1000


def test_graphs_belong_to_the_superpixels(results, survey):
    for count in (30, 90):
        with rasterio.open(results / "superpixels" / f"{count}.tif") as file:
            labels = file.read(1)
            assert file.nodata == 0
            assert file.crs.to_epsg() == 32648
        np.testing.assert_array_equal(labels > 0, survey.mask)
        stored = np.load(results / "graph" / f"{count}.npz")
        for name, array in build_graph(labels).arrays().items():
            np.testing.assert_array_equal(stored[name], array)


def test_folds_on_disk_hold_deposits_out(results, survey):
    folds = read_folds(str(results / "folds"), "held_out", survey.mask)
    deposits = pd.read_csv(results / "folds" / "deposits.csv")
    cells = survey.cells
    for fold in range(folds.n_folds):
        held_out = deposits.loc[deposits["fold"] == fold, ["x", "y"]].to_numpy()
        assert len(held_out)
        distance = np.min([np.hypot(*(cells - place).T) for place in held_out], axis=0)
        rows = folds.cells[folds.cells["fold"] == fold]
        training = rows.loc[rows["use"] == "train", "cell"].to_numpy()
        assert distance[training].min() > 8000
        region, near = folds.held_out_region[fold], distance <= 8000
        assert region[near].all()
        # What else is held out lies around decoys, which are no deposits.
        decoys = folds.decoys(fold)["cell"].to_numpy()
        assert region[decoys].all()
        assert not near[decoys].all()
        apart = np.linalg.norm(cells[region & ~near][:, None] - cells[decoys], axis=2).min(axis=1)
        assert apart.max() <= 8000
    assert deposits.groupby("group")["fold"].nunique().max() == 1


def test_scores_are_probabilities_of_every_fold(results, survey):
    scores = xr.load_dataset(results / "runs" / "fusion" / "30-90" / "heldout.nc")
    assert scores["score_held_out"].shape[0] == scores["score_inner"].shape[0] == 3
    assert scores["score_final"].shape[0] == 1
    for name in ("held_out", "inner", "random", "final"):
        inside = scores[f"score_{name}"].to_numpy()[:, survey.mask]
        assert ((inside > 0) & (inside < 1)).all()
        assert (scores[f"spread_{name}"].to_numpy()[:, survey.mask] >= 0).all()
    assert scores["spread_held_out"].max() > 0


def test_members_load_into_the_definition_without_unpickling_code(results):
    state = torch.load(results / "runs" / "fusion" / "30-90" / "members.pt", weights_only=True)
    # Three held-out folds, three inner ones, three random ones and the final one, two seeds each.
    assert {len(values) for values in state.values()} == {20}
    network = TwoBranch(39, 2, PRESETS["default"], "fusion")
    network.load_state_dict({name: values[0] for name, values in state.items()})


def test_history_falls(results):
    history = pd.read_csv(results / "runs" / "fusion" / "30-90" / "history.csv")
    mean = history.groupby("epoch")["loss"].mean()
    assert len(mean) == 8
    assert mean.iloc[-1] < mean.iloc[0]
    assert history.groupby("member").ngroups == 20


def test_metrics_follow_from_the_scores(results, survey, metrics, held_out):
    """Capture in the table equals the mean percentile rank worked out here from scores, folds and deposits."""
    assert_evidence_rows(metrics, {"fusion"} | CONTROLS)
    scores = xr.load_dataset(results / "runs" / "fusion" / "30-90" / "heldout.nc")[
        "score_held_out"
    ].to_numpy()
    deposits = pd.read_csv(results / "folds" / "deposits.csv")
    captures = []
    for _, deposit in deposits[deposits["group"] >= 0].iterrows():
        rank = percentile_rank(scores[int(deposit["fold"])][survey.mask])
        near = np.hypot(*(survey.cells - [deposit["x"], deposit["y"]]).T) <= 3000
        captures.append(rank[near].mean())
    row = held_out.loc["capture"]
    assert row["estimate"] == pytest.approx(np.mean(captures), abs=1e-6)
    assert row["low"] <= row["estimate"] <= row["high"]
    assert row["n"] == len(captures)


def test_ranks_of_deposits_come_to_the_metrics(results, metrics):
    ranks = pd.read_csv(results / "deposit_ranks.csv")
    found = ranks.groupby(["variant", "split"])[["capture", "above_decoys", "rank"]].mean()
    for metric, column in (
        ("capture", "capture"),
        ("above_decoys", "above_decoys"),
        ("success_area", "rank"),
    ):
        rows = metrics[metrics["metric"] == metric].set_index(["variant", "split"])
        np.testing.assert_allclose(rows["estimate"], found.loc[rows.index, column], rtol=1e-9)
    curves = pd.read_csv(results / "success_rate.csv")
    assert set(zip(curves["variant"], curves["split"], strict=True)) == set(found.index)


def test_comparisons_follow_from_the_metrics(results, metrics):
    assert_comparisons_follow(read_evidence(results / "comparisons.csv"), metrics, groups=6)


def test_calibration_counts_every_test_cell(results, survey, metrics, held_out):
    """Each curve holds the cells of its split; the network's is worked out here from scores and folds."""
    table = pd.read_csv(results / "calibration.csv", keep_default_na=False)
    counted = table.groupby(["variant", "split"])["n"].sum()
    everywhere = {(name, split) for name in ("fusion", *PROBABILITY_CONTROLS) for split in SPLITS}
    assert set(counted.index) == everywhere | {("shuffle", "held_out")}
    cells = metrics[metrics["metric"] == "brier"].set_index(["variant", "split"])["n"]
    assert counted.to_dict() == cells[counted.index].to_dict()

    folds = read_folds(str(results / "folds"), "held_out", survey.mask)
    scores = xr.load_dataset(results / "runs" / "fusion" / "30-90" / "heldout.nc")["score_held_out"]
    maps = scores.to_numpy()[:, survey.mask]
    tests = [folds.test(fold) for fold in range(folds.n_folds)]
    score = np.concatenate([maps[fold, test["cell"]] for fold, test in enumerate(tests)])
    halo = np.concatenate([test["label"] for test in tests]) == 1
    # Halo and background weigh alike.
    weight = np.where(halo, 1 / halo.sum(), 1 / (~halo).sum()) / 2
    assert held_out.loc["brier", "estimate"] == pytest.approx((weight * (score - halo) ** 2).sum(), rel=1e-6)
    curve = table.query("variant == 'fusion' and split == 'held_out'")
    assert len(curve) > 1
    for row in curve.itertuples():
        inside = (score >= row.bin_low) & (score < row.bin_high)
        assert row.n == inside.sum()
        assert row.predicted == pytest.approx(np.average(score[inside], weights=weight[inside]), rel=1e-6)
        assert row.observed == pytest.approx(np.average(halo[inside], weights=weight[inside]), rel=1e-6)


def test_verdict_says_what_the_tables_hold(demo, results, held_out):
    text = (results / "verdict.md").read_text(encoding="utf-8")
    assert text.startswith("# What held-out deposits say of fusion\n")
    assert "Each of 12 deposits in 6 groups was ranked in a map made without its group." in text
    told = {
        name: "{estimate:.2f} ({low:.2f} to {high:.2f})".format(**held_out.loc[name])
        for name in ("capture", "decoy_capture", "above_decoys", "opengad_auc")
    }
    assert f"**Capture {told['capture']}**" in text
    assert f"have capture {told['decoy_capture']}." in text
    assert f"**Deposits outrank {told['above_decoys']} of the decoys**" in text
    assert f"protocol of the open benchmark: {told['opengad_auc']}." in text
    # Every other method is beaten, not told apart, or better, by the difference in the table.
    about = style()["methods"]
    rows = read_evidence(results / "comparisons.csv").query(
        "split == 'held_out' and metric == 'above_decoys'"
    )
    told_apart = rows["p_holm"] < 0.05
    better = rows["difference"] > 0
    for verb, part in (
        ("beats", rows[told_apart & better]),
        ("loses to", rows[told_apart & ~better]),
        ("does not clearly differ from", rows[~told_apart]),
    ):
        named = [f"{about[row.against][0]} ({row.difference:+.2f})" for row in part.itertuples()]
        assert f"- {verb} {', '.join(named) or 'none'}.\n" in text
    assert f"Against {len(SCORED)} other methods" in text
    log = (demo / "logs" / "small" / "evaluate.log").read_text(encoding="utf-8")
    assert text in log


@pytest.mark.parametrize("name", ["metrics", "deposit_ranks"])
def test_targets_are_cut_by_the_evidence_of_all(results, name):
    """The map's own variant is measured twice: before its targets, and beside all others."""
    alone, beside = (read_evidence(folder / f"{name}.csv") for folder in (results / "map_evidence", results))
    assert set(alone["variant"]) == {"fusion"}
    assert set(beside["variant"]) > {"fusion"}
    pd.testing.assert_frame_equal(alone, beside[beside["variant"] == "fusion"].reset_index(drop=True))


def test_a_random_split_flatters(metrics):
    """The optimistic number stands beside the held-out one, and distance to training deposits shows why."""
    tables = {
        metric: part.pivot(index="variant", columns="split", values="estimate")
        for metric, part in metrics.groupby("metric")
    }
    assert tables["capture"].loc["deposit_distance", "random"] > 0.9
    assert tables["capture"].loc["deposit_distance", "held_out"] < 0.75
    # What sees no labels makes one map: the split makes no difference to it.
    for metric in ("capture", "success_area", "opengad_auc"):
        blind = tables[metric].loc[list(LABEL_FREE)]
        np.testing.assert_allclose(blind["random"], blind["held_out"], rtol=1e-9)


def test_decoys_show_what_holding_out_is_worth(results, metrics):
    """A score that knows no element, only where background was learned, captures decoys as it captures deposits."""
    absence = metrics[metrics["variant"] == "background_absence"]
    table = absence.pivot(index="metric", columns="split", values="estimate")
    for split in ("held_out", "inner"):
        assert table.loc["capture", split] > 0.9
        assert table.loc["decoy_capture", split] > 0.85
        assert table.loc["above_decoys", split] < 0.8
    decoys = pd.read_csv(results / "folds" / "held_out.csv").query("use == 'decoy'")
    n = metrics.query("metric == 'above_decoys' and split == 'held_out'")["n"].unique()
    assert n == [len(decoys.groupby(["fold", "deposit"]))]
    random = metrics.query(
        "split == 'random' and metric in ('above_decoys', 'decoy_capture', 'leave_pair_out_auc')"
    )
    assert random["estimate"].isna().all()


def test_maps_have_crs_and_nodata(results, survey):
    for name in ("score", "spread", "heldout_score"):
        with rasterio.open(results / "maps" / f"{name}.tif") as file:
            image = file.read(1)
            assert file.crs.to_epsg() == 32648
            assert np.isnan(file.nodata)
            assert file.descriptions == (name,)
        np.testing.assert_array_equal(np.isfinite(image), survey.mask)


def test_held_out_map_ranks_halos_in_the_map_that_did_not_know_them(results, survey):
    scores = xr.load_dataset(results / "runs" / "fusion" / "30-90" / "heldout.nc")
    scores = scores["score_held_out"].to_numpy()[:, survey.mask]
    with rasterio.open(results / "maps" / "fold.tif") as file:
        fold = file.read(1)[survey.mask]
    with rasterio.open(results / "maps" / "heldout_score.tif") as file:
        image = file.read(1)[survey.mask]
    ranks = np.stack([percentile_rank(score) for score in scores])
    assert (image > ranks.min(axis=0) - 1e-6).all()
    assert (image < ranks.max(axis=0) + 1e-6).all()
    deposits = pd.read_csv(results / "folds" / "deposits.csv").query("fold >= 0")
    away = np.linalg.norm(survey.cells[:, None] - deposits[["x", "y"]].to_numpy(), axis=2)
    halo = away.min(axis=1) <= SETTINGS["labels"]["radius"]
    assert halo.sum() > 20
    own = ranks[fold[halo], np.flatnonzero(halo)]
    np.testing.assert_allclose(image[halo], own, atol=1e-6)


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_are_pictures(results, figure):
    with Image.open(results / "figures" / f"{figure}.png") as picture:
        assert picture.width >= 800
        assert len(picture.convert("RGB").resize((64, 64)).getcolors(64 * 64)) > 20
        assert picture.text["Title"].startswith("small")


def test_logs_and_benchmarks_are_kept(demo):
    for rule in ("clean_samples", "train_fusion_30-90", "train_shuffle_30-90", "evaluate"):
        assert (demo / "logs" / "small" / f"{rule}.log").exists()
        assert (demo / "benchmarks" / "small" / f"{rule}.jsonl").exists()
