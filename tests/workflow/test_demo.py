"""The reduced demo, from nothing to all outputs: what the files hold, and what agrees between stages."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import torch
import xarray as xr
from _cells import Survey
from _folds import read_folds
from geohalo.evidence.metrics import percentile_rank
from geohalo.network.definition import TwoBranch
from geohalo.network.presets import PRESETS
from geohalo.superpixels.graph import build_graph
from PIL import Image

pytestmark = pytest.mark.workflow

MAPS = ["samples", "elements", "superpixels", "folds", "anomaly_map", "heldout_map", "truth"]
FIGURES = [*MAPS, "success_rate", "metrics", "history"]


@pytest.fixture(scope="module")
def results(demo):
    return demo / "results" / "small"


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


def test_metrics_follow_from_the_scores(results, survey):
    """Capture in the table equals the mean percentile rank worked out here from scores, folds and deposits."""
    metrics = pd.read_csv(results / "metrics.csv")
    assert set(metrics["variant"]) == {
        "fusion",
        "logistic",
        "random_forest",
        "sampling_density",
        "deposit_distance",
        "background_absence",
    }
    assert set(metrics["split"]) == {"held_out", "inner", "random"}
    assert len(metrics) == 6 * 3 * 14
    scores = xr.load_dataset(results / "runs" / "fusion" / "30-90" / "heldout.nc")[
        "score_held_out"
    ].to_numpy()
    deposits = pd.read_csv(results / "folds" / "deposits.csv")
    captures = []
    for _, deposit in deposits[deposits["group"] >= 0].iterrows():
        rank = percentile_rank(scores[int(deposit["fold"])][survey.mask])
        near = np.hypot(*(survey.cells - [deposit["x"], deposit["y"]]).T) <= 3000
        captures.append(rank[near].mean())
    row = metrics.query("variant == 'fusion' and split == 'held_out' and metric == 'capture'").iloc[0]
    assert row["estimate"] == pytest.approx(np.mean(captures), abs=1e-6)
    assert row["low"] <= row["estimate"] <= row["high"]
    assert row["n"] == len(captures)


def test_a_random_split_flatters(results):
    """The optimistic number stands beside the held-out one, and distance to training deposits shows why."""
    metrics = (
        pd.read_csv(results / "metrics.csv")
        .query("metric == 'capture'")
        .pivot(index="variant", columns="split", values="estimate")
    )
    assert metrics.loc["deposit_distance", "random"] > 0.9
    assert metrics.loc["deposit_distance", "held_out"] < 0.75
    # Sampling density knows no labels: the split makes no difference to it.
    assert metrics.loc["sampling_density", "random"] == pytest.approx(
        metrics.loc["sampling_density", "held_out"]
    )


def test_decoys_show_what_holding_out_is_worth(results):
    """A score that knows no element, only where background was learned, captures decoys as it captures deposits."""
    metrics = pd.read_csv(results / "metrics.csv")
    absence = metrics[metrics["variant"] == "background_absence"]
    table = absence.pivot(index="metric", columns="split", values="estimate")
    for split in ("held_out", "inner"):
        assert table.loc["capture", split] > 0.9
        assert table.loc["decoy_capture", split] > 0.85
        assert table.loc["above_decoys", split] < 0.8
    decoys = pd.read_csv(results / "folds" / "held_out.csv").query("use == 'decoy'")
    n = metrics.query("metric == 'above_decoys' and split == 'held_out'")["n"].unique()
    assert n == [len(decoys.groupby(["fold", "deposit"]))]
    random = metrics.query("split == 'random' and metric in ('above_decoys', 'decoy_capture')")
    assert random["estimate"].isna().all()


def test_maps_have_crs_and_nodata(results, survey):
    for name in ("score", "spread", "heldout_score"):
        with rasterio.open(results / "maps" / f"{name}.tif") as file:
            image = file.read(1)
            assert file.crs.to_epsg() == 32648
            assert np.isnan(file.nodata)
            assert file.descriptions == (name,)
        np.testing.assert_array_equal(np.isfinite(image), survey.mask)


def test_held_out_map_takes_each_cell_from_its_fold(results, survey):
    scores = xr.load_dataset(results / "runs" / "fusion" / "30-90" / "heldout.nc")[
        "score_held_out"
    ].to_numpy()
    with rasterio.open(results / "maps" / "fold.tif") as file:
        fold = file.read(1)
    with rasterio.open(results / "maps" / "heldout_score.tif") as file:
        image = file.read(1)
    expected = np.take_along_axis(scores, np.where(fold < 0, 0, fold)[None].astype(int), axis=0)[0]
    np.testing.assert_array_equal(image[survey.mask], expected[survey.mask])


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_are_pictures(results, figure):
    with Image.open(results / "figures" / f"{figure}.png") as picture:
        assert picture.width >= 800
        assert len(picture.convert("RGB").resize((64, 64)).getcolors(64 * 64)) > 20


def test_logs_and_benchmarks_are_kept(demo):
    for rule in ("clean_samples", "train_fusion_30-90", "evaluate"):
        assert (demo / "logs" / "small" / f"{rule}.log").exists()
        assert (demo / "benchmarks" / "small" / f"{rule}.jsonl").exists()
