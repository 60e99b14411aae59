"""Files of targets from files of maps: what the table tells, what the GeoPackage holds, and what QGIS will find."""

import sqlite3
from contextlib import closing
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import xarray as xr
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey, write_geotiff, write_netcdf
from geohalo.files.effort import SAMPLES_UNIT, read_effort, write_effort
from geohalo.files.maps import write_map
from geohalo.products.qgis_styles import layer_style
from geohalo.stages.rank_targets import rank_targets, write_targets
from pyproj import CRS
from rio_cogeo import cog_validate

CELL = 500.0
ROWS, COLUMNS = 40, 60
SETTINGS = {"cut": "share", "share": 0.03, "fewest_cells": 4, "most": 50, "ring": 2000.0}
SETTINGS |= {"radius": 1500.0, "largest_area": 1000.0}
#: Names that are dangerous as SQL, XML, HTML or an expression of QGIS.
NAMES = ['O\'Neill "pit"; DROP TABLE targets; --', "<script>alert(1)</script>", "[% 1+1 %] 鉛 & $x$", ""]
ELEMENTS = ["Zn", "Pb", "Ca", "Na"]


@pytest.fixture
def survey():
    mask = np.ones((ROWS, COLUMNS), dtype=bool)
    mask[:, -4:] = False
    x, y = 300_000 + CELL * np.arange(COLUMNS), 7_000_000 - CELL * np.arange(ROWS)
    return Survey(Grid(x, y), mask, CRS(28350).to_wkt())


@pytest.fixture
def files(tmp_path, survey):
    """Write what `write_targets` reads: two anomalies, each with a deposit in it, the first rich in zinc."""
    (tmp_path / "maps").mkdir()
    x, y = np.meshgrid(survey.grid.x, survey.grid.y)
    places = survey.grid.x[[12, 40, 55, 3]], survey.grid.y[[10, 30, 5, 37]]
    first, second = (np.hypot(x - places[0][k], y - places[1][k]) for k in (0, 1))
    score = np.where(survey.mask, 0.1 + 0.8 * np.exp(-first / 3000) + 0.6 * np.exp(-second / 2500), np.nan)
    bands = {
        name: score * factor for name, factor in (("score", 1), ("heldout_score", 0.5), ("probability", 0.9))
    }
    bands["spread"] = np.where(survey.mask, 0.02, np.nan)
    paths = {}
    for name, image in bands.items():
        paths[name] = str(tmp_path / "maps" / f"{name}.tif")
        write_map(survey, image[None].astype(np.float32), paths[name], np.nan, [name])
    paths["applicability"] = str(tmp_path / "maps" / "applicability.tif")
    both = np.stack([score, np.where(survey.mask, x < 325_000, np.nan)]).astype(np.float32)
    write_map(survey, both, paths["applicability"], np.nan, ["dissimilarity", "applicable"])
    values = np.random.default_rng(0).lognormal(3, 0.1, (4, ROWS, COLUMNS))
    values[0] *= np.where(first < 3000, 5.0, 1.0)
    values[2] *= np.where(second < 3000, 0.2, 1.0)
    values = np.where(survey.mask, values, np.nan).astype(np.float32)
    data = survey.dataset(concentration=(("element", "y", "x"), values, {})).assign_coords(element=ELEMENTS)
    paths["elements"] = str(tmp_path / "elements.nc")
    write_netcdf(data, paths["elements"])
    frame = gpd.GeoDataFrame(
        {"deposit": range(4), "name": NAMES, "row": range(4), "inside": [True] * 4},
        geometry=gpd.points_from_xy(*places), crs=28350,
    )  # fmt: skip
    paths["deposits"] = str(tmp_path / "deposits.parquet")
    frame.to_parquet(paths["deposits"])
    sites = gpd.GeoDataFrame(
        {"sample": ["1, 2", "<b>3</b>"], "Zn": [5.0, 6.0], "Zn_censored": [False, True]},
        geometry=gpd.points_from_xy(places[0][:2], places[1][:2]), crs=28350,
    )  # fmt: skip
    paths["samples"] = str(tmp_path / "samples.parquet")
    sites.to_parquet(paths["samples"])
    labels = np.where(survey.mask, np.arange(ROWS)[:, None] // 4 * 15 + np.arange(COLUMNS) // 4 + 1, 0)
    paths["superpixels"] = str(tmp_path / "superpixels.tif")
    write_geotiff(survey, labels[None].astype(np.int32), paths["superpixels"], 0, ["superpixel"])
    paths["pathfinders"] = str(tmp_path / "pathfinders.csv")
    kept = {"element": ELEMENTS, "map": [1, 0.5, 0.5, 0], "consistency": [3, 1, -2, 0], "commodity": False}
    pd.DataFrame(kept).to_csv(paths["pathfinders"], index=False)
    kinds = [("concentration_area", 0, 0.1), ("concentration_area", 1, 0.6), ("success_rate", 0, 0.1)]
    paths["thresholds"] = str(tmp_path / "thresholds.csv")
    pd.DataFrame(kinds, columns=["kind", "class", "score"]).to_csv(paths["thresholds"], index=False)
    return paths


@pytest.fixture
def outputs(tmp_path):
    names = {
        "table": "targets.csv",
        "ground": "target_ground.csv",
        "fingerprints": "fingerprints.csv",
        "map": "maps/targets.tif",
    }
    names |= {"geopackage": "targets.gpkg", "project": "targets.qgs"}
    return {key: str(tmp_path / name) for key, name in names.items()}


@pytest.fixture
def made(files, outputs):
    told = write_targets(files, "here", "clr", SETTINGS, outputs)
    assert told == ("1 targets on 17 km2 of new ground, 2 on known halos, which have 62 % of the best 3 %")
    return outputs


def test_table_tells_what_the_maps_hold(made, files, survey):
    table = pd.read_csv(made["table"])
    with rasterio.open(made["map"]) as file:
        rank = file.read(1)
        assert file.nodata == 0
        assert file.dtypes == ("uint16",)
    assert cog_validate(made["map"], strict=True)[0]
    assert not rank[~survey.mask].any()
    with rasterio.open(files["score"]) as file:
        score = file.read(1)
    # As many new cells as 3 % of all, the best of those beyond the radius; no patch is too small here.
    places = survey.grid.centres().reshape(ROWS, COLUMNS, 2)
    deposits = gpd.read_parquet(files["deposits"]).get_coordinates().to_numpy()
    known = np.linalg.norm(places[:, :, None] - deposits, axis=3).min(axis=2) <= SETTINGS["radius"]
    free = survey.mask & ~known
    assert (rank == 1).sum() == np.ceil(0.03 * survey.mask.sum())
    assert score[rank == 1].min() > score[free & (rank != 1)].max()
    # Known halos among the best 3 % of all ground.
    cut = np.sort(score[survey.mask])[-int(np.ceil(0.03 * survey.mask.sum()))]
    np.testing.assert_array_equal(rank > 1, known & survey.mask & (score >= cut))
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["ground"].tolist() == ["new", "known halo", "known halo"]
    ground = pd.read_csv(made["ground"])
    assert ground["targets"].tolist() == [1, 2]
    assert ground["best_share"][1] == pytest.approx((rank > 1).sum() / np.ceil(0.03 * survey.mask.sum()))
    for target in table.to_dict("records"):
        own = rank == target["rank"]
        assert target["area_km2"] == pytest.approx(own.sum() * 0.25)
        assert target["mean_score"] == pytest.approx(score[own].mean(), rel=1e-5)
        assert target["heldout_score"] == pytest.approx(score[own].mean() / 2, rel=1e-5)
        assert target["spread"] == pytest.approx(0.02)
        row, column = np.argwhere(own & (score == score[own].max()))[0]
        assert (target["x"], target["y"]) == (survey.grid.x[column], survey.grid.y[row])
    assert table["applicable"].tolist() == [1.0, 1.0, 1.0]
    # The edge of the new ground lies at most a cell within the radius.
    assert 1.0 <= table["distance_km"][0] <= 1.5
    assert table["distance_km"].tolist()[1:] == [0.0, 0.0]
    assert table["nearest_deposit"].tolist() == [NAMES[0], *NAMES[:2]]
    np.testing.assert_allclose(table[["lon", "lat"]], [[115.0, -27.1]] * 3, atol=0.3)


def test_elements_of_targets_stand_out_as_they_were_made(made, files, survey):
    prints = pd.read_csv(made["fingerprints"])
    with xr.open_dataset(files["elements"]) as data:
        logarithm = np.log(data["concentration"].to_numpy().astype(float))
    clr = logarithm - logarithm.mean(axis=0)
    with rasterio.open(made["map"]) as file:
        rank = file.read(1)
    places = survey.grid.centres().reshape(ROWS, COLUMNS, 2)
    for number in (1, 2, 3):
        own = rank == number
        away = np.linalg.norm(places[:, :, None] - places[own], axis=3).min(axis=2)
        around = survey.mask & (rank == 0) & (away <= 2000)
        expected = clr[:, own].mean(axis=1) - clr[:, around].mean(axis=1)
        rows = prints[prints["rank"] == number].set_index("element").loc[ELEMENTS]
        np.testing.assert_allclose(rows["contrast"], expected, atol=1e-6)
        np.testing.assert_allclose(rows["z"], expected / clr[:, survey.mask].std(axis=1), atol=1e-5)
    table = pd.read_csv(made["table"])
    assert table.loc[0, "enriched"].startswith("Zn +")
    assert table.loc[2, "depleted"].startswith("Ca -")
    # Sodium does not carry the map: it is in the fingerprints, and not in the table.
    assert not table["enriched"].str.contains("Na").any()
    assert not table["depleted"].str.contains("Na").any()


def test_large_ground_is_split_and_the_largest_area_follows_the_spacing(files, outputs, survey):
    # Samples 1 km apart: a circle of two spacings has 12.6 km2, 50 cells.
    x, y = np.meshgrid(survey.grid.x[::2], survey.grid.y[::2])
    points = gpd.points_from_xy(x.ravel(), y.ravel())
    sites = gpd.GeoDataFrame({"sample": np.arange(x.size).astype(str)}, geometry=points, crs=28350)
    sites.to_parquet(files["samples"])
    write_targets(files, "here", "clr", SETTINGS | {"largest_area": None, "share": 0.1}, outputs)
    table = pd.read_csv(outputs["table"])
    assert 10 < table["area_km2"].max() <= 50 * 0.25
    write_targets(files, "here", "clr", SETTINGS | {"largest_area": 3.0, "share": 0.1}, outputs)
    table = pd.read_csv(outputs["table"])
    assert table["area_km2"].max() <= 3
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    # One site has no spacing, and no limit follows from it.
    sites.iloc[:1].to_parquet(files["samples"])
    write_targets(files, "here", "clr", SETTINGS | {"largest_area": None, "share": 0.1}, outputs)
    assert pd.read_csv(outputs["table"])["area_km2"].max() > 50 * 0.25


def test_geopackage_has_its_layers_in_order_and_text_unharmed(made, files):
    names = pyogrio.list_layers(made["geopackage"])[:, 0].tolist()
    assert names == ["targets", "deposits", "samples", "superpixels", "layer_styles"]
    targets = gpd.read_file(made["geopackage"], layer="targets")
    assert targets.crs.to_epsg() == 28350
    assert targets.is_valid.all()
    np.testing.assert_allclose(targets.area / 1e6, targets["area_km2"])
    table = pd.read_csv(made["table"])
    pd.testing.assert_frame_equal(pd.DataFrame(targets.drop(columns="geometry")), table, check_dtype=False)
    deposits = gpd.read_file(made["geopackage"], layer="deposits")
    assert deposits["name"].tolist() == NAMES
    samples = gpd.read_file(made["geopackage"], layer="samples")
    assert samples["sample"].tolist() == ["1, 2", "<b>3</b>"]
    assert list(samples) == ["sample", "Zn", "geometry"]
    superpixels = gpd.read_file(made["geopackage"], layer="superpixels")
    listed = {int(one) for text in table["superpixels"] for one in str(text).split()}
    assert set(superpixels["superpixel"]) == listed
    assert (superpixels.area == 16 * CELL**2).all()


def test_styles_are_where_qgis_looks_for_them(made):
    styles = pyogrio.read_dataframe(made["geopackage"], layer="layer_styles").set_index("f_table_name")
    assert styles.index.tolist() == ["targets", "deposits", "samples", "superpixels"]
    with closing(sqlite3.connect(made["geopackage"])) as database:
        geometry = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        columns = [row[1] for row in database.execute("PRAGMA table_info(layer_styles)")]
    assert kinds == dict.fromkeys(geometry, "features") | {"layer_styles": "attributes"}
    assert columns == [
        "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
        "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
    ]  # fmt: skip
    for layer, style in styles.iterrows():
        assert style["f_geometry_column"] == geometry[layer]
        # QGIS asks for the empty schema, not for none.
        assert style["f_table_schema"] == style["f_table_catalog"] == ""
        assert style["useAsDefault"]
        assert style["styleQML"] == layer_style(layer)
        assert ElementTree.fromstring(style["styleQML"]).tag == "qgis"


def test_project_names_files_that_are_there(made, tmp_path):
    root = ElementTree.parse(made["project"]).getroot()
    sources = [one.findtext("datasource") for one in root.findall("projectlayers/maplayer")]
    layers = pyogrio.list_layers(made["geopackage"])[:, 0]
    assert sources[:4] == [f"./targets.gpkg|layername={name}" for name in layers[:4]]
    # Maps of classes are not written with the targets.
    known = [one for one in sources[4:] if not one.endswith("_classes.tif")]
    assert len(known) == 5
    assert all((tmp_path / one).exists() for one in known)


def test_the_highest_class_can_be_the_cut(files, outputs):
    write_targets(files, "here", "clr", SETTINGS | {"cut": "concentration_area"}, outputs)
    with rasterio.open(outputs["map"]) as image, rasterio.open(files["score"]) as file:
        rank, score = image.read(1), file.read(1)
    assert score[rank > 0].min() >= 0.6
    # Only patches of too few cells are left out.
    assert (score[rank == 0] >= 0.6).sum() < 4
    assert pd.read_csv(outputs["table"])["ground"].unique().tolist() == ["known halo"]


def test_a_survey_without_targets_has_all_files(files, outputs):
    assert (
        write_targets(files, "here", "clr", SETTINGS | {"fewest_cells": 10_000}, outputs)
        == "0 targets on 0 km2 of new ground, 0 on known halos, which have 62 % of the best 3 %"
    )
    table = pd.read_csv(outputs["table"])
    assert table.empty
    assert {"rank", "nearest_deposit", "enriched", "lon"} <= set(table)
    assert len(gpd.read_file(outputs["geopackage"], layer="targets")) == 0
    assert len(gpd.read_file(outputs["geopackage"], layer="deposits")) == 4


def test_of_very_many_samples_those_near_targets_are_kept(files, outputs, monkeypatch, survey):
    monkeypatch.setattr("geohalo.files.targets.MOST_SAMPLES", 10)
    generator = np.random.default_rng(1)
    x = generator.uniform(survey.grid.x[0], survey.grid.x[-5], 400)
    y = generator.uniform(survey.grid.y[-1], survey.grid.y[0], 400)
    frame = gpd.GeoDataFrame(
        {"sample": np.arange(400).astype(str)}, geometry=gpd.points_from_xy(x, y), crs=28350
    )
    frame.to_parquet(files["samples"])
    write_targets(files, "here", "clr", SETTINGS, outputs)
    kept = gpd.read_file(outputs["geopackage"], layer="samples")
    targets = gpd.read_file(outputs["geopackage"], layer="targets").union_all()
    near = frame.distance(targets)
    assert 0 < len(kept) < 400
    assert set(frame.loc[near == 0, "sample"]) <= set(kept["sample"])
    assert near[frame["sample"].isin(kept["sample"])].max() <= SETTINGS["ring"] + CELL


def test_grids_come_without_samples(files, outputs):
    write_targets({k: v for k, v in files.items() if k != "samples"}, "here", "none", SETTINGS, outputs)
    assert "samples" not in pyogrio.list_layers(outputs["geopackage"])[:, 0]


def test_classes_are_cut_before_the_targets_that_may_follow_them(files, outputs, tmp_path, survey):
    del files["thresholds"]
    files["deposit_ranks"] = str(tmp_path / "deposit_ranks.csv")
    ranks = [("fusion", "held_out", 0.99), ("fusion", "inner", 0.1), ("spectrum", "held_out", 0.2)]
    pd.DataFrame(ranks, columns=["variant", "split", "rank"]).to_csv(files["deposit_ranks"], index=False)
    outputs["thresholds"] = str(tmp_path / "thresholds.csv")
    kinds = {"concentration_area": "anomaly_classes", "success_rate": "success_classes"}
    outputs |= {kind: str(tmp_path / "maps" / f"{name}.tif") for kind, name in kinds.items()}
    settings = SETTINGS | {"classes": 3, "found": [1.0], "cut": "concentration_area"}
    classes, targets = rank_targets(files, "here", "fusion", "clr", settings, outputs)
    table = pd.read_csv(outputs["thresholds"])
    with rasterio.open(files["score"]) as file:
        score = file.read(1)
    for kind in kinds:
        cuts = table[(table["kind"] == kind) & (table["class"] > 0)]["score"].to_numpy()
        with rasterio.open(outputs[kind]) as file:
            found = file.read(1)
        expected = np.searchsorted(cuts.astype(np.float32), score[survey.mask], side="right")
        np.testing.assert_array_equal(found[survey.mask], expected)
    # The deposit ranks above 99 % of the cells in the map that did not know it.
    assert (found[survey.mask] == 1).mean() == pytest.approx(0.01, abs=1 / survey.mask.sum())
    assert "(100%)" in classes
    highest = table[table["kind"] == "concentration_area"]["score"].max()
    with rasterio.open(outputs["map"]) as file:
        rank = file.read(1)
    assert score[rank > 0].min() >= highest - 1e-6
    assert targets.endswith("% of the best 3 %")
    root = ElementTree.parse(outputs["project"]).getroot()
    sources = [one.findtext("datasource") for one in root.findall("projectlayers/maplayer")]
    assert all((tmp_path / one).exists() for one in sources if not one.startswith("./targets.gpkg"))


def test_effort_is_told_of_each_target_and_changes_no_rank(files, outputs, survey, tmp_path):
    write_targets(files, "here", "clr", SETTINGS, outputs)
    before = pd.read_csv(outputs["table"])
    x = np.broadcast_to(survey.grid.x, (ROWS, COLUMNS))
    amount = (x - x.min()) / 1000.0
    amount[:, :2] = np.nan
    files["effort"] = str(tmp_path / "maps" / "effort.tif")
    write_effort(survey, amount[survey.mask], "holes per km²", "holes.gpkg", files["effort"])
    write_targets(files, "here", "clr", SETTINGS, outputs)
    table = pd.read_csv(outputs["table"])
    added = ["effort", "effort_percentile"]
    pd.testing.assert_frame_equal(table.drop(columns=added), before)
    assert list(table)[list(table).index("applicable") + 1 :][:2] == added
    with rasterio.open(outputs["map"]) as image, rasterio.open(files["effort"]) as effort:
        rank, both = image.read(1), effort.read()
    for target in table.to_dict("records"):
        own = rank == target["rank"]
        np.testing.assert_allclose([target[name] for name in added], both[:, own].mean(axis=1), rtol=1e-5)
    targets = gpd.read_file(outputs["geopackage"], layer="targets")
    assert set(added) <= set(targets)
    root = ElementTree.parse(outputs["project"]).getroot()
    assert "./maps/effort.tif" in [
        one.findtext("datasource") for one in root.findall("projectlayers/maplayer")
    ]


def test_the_density_of_samples_is_written_with_the_targets(files, outputs, tmp_path):
    del files["thresholds"]
    files["deposit_ranks"] = str(tmp_path / "deposit_ranks.csv")
    ranks = [("fusion", "held_out", 0.99)]
    pd.DataFrame(ranks, columns=["variant", "split", "rank"]).to_csv(files["deposit_ranks"], index=False)
    outputs |= {"thresholds": str(tmp_path / "thresholds.csv"), "effort": str(tmp_path / "maps/effort.tif")}
    kinds = {"concentration_area": "anomaly_classes", "success_rate": "success_classes"}
    outputs |= {kind: str(tmp_path / "maps" / f"{name}.tif") for kind, name in kinds.items()}
    rank_targets(files, "here", "fusion", "clr", SETTINGS | {"classes": 3, "found": [1.0]}, outputs)
    assert read_effort(outputs["effort"]).unit == SAMPLES_UNIT
    assert pd.read_csv(outputs["table"])["effort"].gt(0).all()
