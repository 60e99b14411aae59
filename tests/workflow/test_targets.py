"""Maps, classes and targets of the reduced demo: what their files hold, and that they agree with each other."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import xarray as xr
from geohalo.evidence.recalibration import fit_recalibration
from geohalo.evidence.sample_density import sample_density
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.scores import read_mean
from geohalo.products.map_elements import carrying_elements
from rio_cogeo import cog_validate
from workflow_runs import SETTINGS, SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

MAPS = ["score", "spread", "heldout_score", "fold", "probability"]
MAPS += ["applicability", "anomaly_classes", "success_classes", "targets", "effort"]


@pytest.fixture(scope="module")
def results(demo):
    return demo / "results" / "small"


@pytest.fixture(scope="module")
def survey(results):
    with xr.open_dataset(results / "cube.nc") as data:
        return Survey.of(data)


def read(results, name: str, band: int = 1) -> np.ndarray:
    with rasterio.open(results / "maps" / f"{name}.tif") as file:
        return file.read(band)


@pytest.mark.parametrize("name", MAPS)
def test_maps_are_cloud_optimised(results, survey, name):
    path = str(results / "maps" / f"{name}.tif")
    assert cog_validate(path, strict=True) == (True, [], [])
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 32648
        assert file.nodata is not None
        assert all(file.descriptions)
        for band in file.indexes:
            valid, told = file.read_masks(band) > 0, file.tags(band)
            # Where there is no target, there is nothing to show.
            expected = file.read(band) > 0 if name == "targets" else survey.mask
            np.testing.assert_array_equal(valid, expected)
            assert told["long_name"]
            mean = file.read(band)[valid].astype(float).mean()
            assert float(told["STATISTICS_MEAN"]) == pytest.approx(mean, rel=1e-6)


def test_probability_is_what_held_out_cells_say_of_the_score(results, survey):
    folds = read_folds(str(results / "folds"), "held_out", survey.mask)
    scores = xr.load_dataset(results / "runs" / "fusion" / "30-90" / "heldout.nc")[
        "score_held_out"
    ].to_numpy()
    tests = pd.concat([folds.test(fold) for fold in range(folds.n_folds)])
    tested = scores[:, survey.mask][tests["fold"], tests["cell"]]
    fitted = fit_recalibration(tests["label"].to_numpy(), tested, tests["group"].to_numpy())
    assert fitted.groups == 6
    expected = fitted.probability(read(results, "score")[survey.mask])
    np.testing.assert_allclose(read(results, "probability")[survey.mask], expected, atol=1e-6)


def test_training_cells_are_like_themselves(results, survey):
    index, applicable = (read(results, "applicability", band)[survey.mask] for band in (1, 2))
    drawn = read_folds(str(results / "folds"), "final", survey.mask).cells["cell"].unique()
    np.testing.assert_allclose(index[drawn], 0, atol=1e-5)
    assert index.min() >= 0
    assert set(np.unique(applicable)) <= {0, 1}
    assert applicable[drawn].all()
    # One threshold parts the two.
    assert index[applicable == 1].max() < index[applicable == 0].min(initial=np.inf)


@pytest.mark.parametrize(
    ("kind", "name"), [("concentration_area", "anomaly_classes"), ("success_rate", "success_classes")]
)
def test_classes_are_those_of_the_table(results, survey, kind, name):
    table = pd.read_csv(results / "thresholds.csv").query(f"kind == '{kind}'")
    image, score = read(results, name)[survey.mask], read(results, "score")[survey.mask]
    assert len(table) == 5
    ranks = pd.read_csv(results / "deposit_ranks.csv").query("variant == 'fusion' and split == 'held_out'")
    for row in table.to_dict("records"):
        assert (image >= row["class"]).mean() == pytest.approx(row["area_share"])
        assert (image >= row["class"]).sum() == row["area_km2"]
        found = (1 - ranks["rank"] <= row["area_share"] + 1e-9).sum()
        assert (row["deposits"], row["found"]) == (found, pytest.approx(found / len(ranks)))
        if row["class"]:
            assert score[image >= row["class"]].min() >= row["score"] - 1e-6
            assert score[image < row["class"]].max() < row["score"]
    if kind == "success_rate":
        shares = np.sort(SETTINGS["targets"]["found"])
        assert (table["found"].to_numpy()[:0:-1] >= shares - 1e-9).all()


def test_targets_are_the_best_new_ground_and_known_halos_come_last(results, survey):
    table = pd.read_csv(results / "targets.csv", keep_default_na=False)
    rank, score = read(results, "targets"), read(results, "score")
    new = table[table["ground"] == "new"]
    fresh, known = (rank > 0) & (rank <= len(new)), rank > len(new)
    assert not rank[~survey.mask].any()
    share = SETTINGS["targets"]["share"]
    # What is left out of the best ground are patches that are too small and flanks of what is too large.
    assert 0.3 * share < fresh.sum() / survey.mask.sum() <= share + 1e-3
    deposits = gpd.read_parquet(results / "deposits.parquet").get_coordinates().to_numpy()
    away = np.linalg.norm(survey.grid.centres()[:, None] - deposits, axis=2).min(axis=1).reshape(rank.shape)
    assert away[fresh].min() > SETTINGS["labels"]["radius"] >= away[known].max(initial=0)
    ground = pd.read_csv(results / "target_ground.csv")
    assert ground["ground"].tolist() == ["new", "known halo"]
    assert ground["best_share"].sum() == pytest.approx(1)
    assert score[fresh].min() >= ground["score"][0] - 1e-6
    assert sorted(np.unique(rank[rank > 0])) == table["rank"].tolist()
    assert table["area_km2"].sum() == (rank > 0).sum()
    for part in (new, table[table["ground"] == "known halo"]):
        assert (np.diff(part["priority"].astype(float)) <= 0).all()
    assert table["area_km2"].min() >= SETTINGS["targets"]["fewest_cells"]
    for column, name in (("mean_score", "score"), ("heldout_score", "heldout_score"), ("spread", "spread")):
        means = [read(results, name)[rank == k].mean() for k in table["rank"]]
        np.testing.assert_allclose(table[column], means, rtol=1e-4)


def test_fingerprints_are_of_every_target_and_element(results):
    prints, table = pd.read_csv(results / "fingerprints.csv"), pd.read_csv(results / "targets.csv")
    wide = prints.pivot(index="rank", columns="element", values="contrast")
    assert wide.shape == (len(table), 39)
    np.testing.assert_allclose(wide.sum(axis=1), 0, atol=1e-5)
    carrying = carrying_elements(pd.read_csv(results / "pathfinders.csv"))
    for target in table.to_dict("records"):
        own = wide.loc[target["rank"], carrying]
        told = [*str(target["enriched"]).split(", "), *str(target["depleted"]).split(", ")]
        named = {name: float(value) for name, value in (one.split() for one in told if " " in one)}
        assert set(named) <= set(carrying)
        assert named == pytest.approx({name: own[name] for name in named}, abs=0.006)
        strongest = own.abs().idxmax()
        assert named[strongest] == pytest.approx(own[strongest], abs=0.006)


def test_geopackage_opens_with_its_styles(results):
    path = results / "targets.gpkg"
    layers = pyogrio.list_layers(path)[:, 0].tolist()
    assert layers == ["targets", "deposits", "samples", "superpixels", "layer_styles"]
    targets = gpd.read_file(path, layer="targets")
    np.testing.assert_allclose(targets.area / 1e6, targets["area_km2"])
    deposits = gpd.read_parquet(results / "deposits.parquet")
    away = [deposits.distance(shape).min() / 1e3 for shape in targets.geometry]
    np.testing.assert_allclose(targets["distance_km"], away, atol=1e-9)
    styles = gpd.read_file(path, layer="layer_styles")
    assert styles["f_table_name"].tolist() == layers[:-1]
    assert styles["useAsDefault"].all()
    assert len(gpd.read_file(path, layer="samples")) == len(gpd.read_parquet(results / "samples.parquet"))


def test_effort_is_the_density_of_samples_and_told_of_each_target(results, survey):
    places = gpd.read_parquet(results / "samples.parquet").get_coordinates().to_numpy()
    effort, percentile = (read(results, "effort", band)[survey.mask] for band in (1, 2))
    density = sample_density(places, survey.cells, survey.grid.cell)
    np.testing.assert_allclose(effort, density, rtol=1e-6)
    np.testing.assert_allclose(percentile, [100 * np.mean(density < one) for one in density], atol=1e-4)
    # The control of the same name orders the cells alike.
    scores = read_mean(str(results / "runs/controls/heldout.nc"), "held_out", survey, "sampling_density")[0]
    order = np.argsort(scores, kind="stable")
    assert np.all(np.diff(effort[order]) >= -1e-6 * effort.max())
    table, rank = pd.read_csv(results / "targets.csv"), read(results, "targets")
    for target in table.to_dict("records"):
        own = rank == target["rank"]
        assert target["effort"] == pytest.approx(read(results, "effort")[own].mean(), rel=1e-4)
        assert target["effort_percentile"] == pytest.approx(read(results, "effort", 2)[own].mean(), rel=1e-4)
    assert (results / "figures" / "effort.png").stat().st_size > 10_000
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "Exploration effort (samples per km²) is" in page
    assert "Score and effort" in page


def test_a_layer_of_effort_is_read_before_anything_is_trained(tmp_path):
    holes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([450_000], [3_860_000]), crs=32648)
    holes.to_file(tmp_path / "holes.gpkg")
    assert "read_effort" not in planned(tmp_path)
    section = {"data": {"folder": "."}, "effort": {"file": "holes.gpkg"}}
    config = write_config(tmp_path / "effort.yaml", section)
    plain, named = planned(tmp_path), planned(tmp_path, configs=(SMALL, config))
    assert named == plain | {"read_effort": 1}
    result = snakemake(tmp_path, configs=(SMALL, config))
    assert result.returncode != 0
    assert "holes.gpkg: a density is that within a radius; set effort.radius in metres" in result.stdout
    assert not (tmp_path / "results/small/runs/fusion").exists()


def test_logs_tell_what_was_found(demo):
    logs = demo / "logs" / "small"
    assert "logit(score), by the test cells of 6 held-out groups" in (logs / "map_anomalies.log").read_text()
    assert "in the area of applicability" in (logs / "measure_applicability.log").read_text()
    assert "targets on " in (logs / "rank_targets.log").read_text()
