"""`snakemake consensus` on the reduced demo: stages are shared, tables and map agree, and mistakes are told at once."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
import yaml
from PIL import Image
from workflow_runs import SMALL, planned, snakemake

pytestmark = pytest.mark.workflow

CHOICES = {"grid.cell": ["x1", "x1.5"], "labels.seed": [0, 1]}
STAGES = ("alternative_elements", "alternative_cube", "alternative_scores")


def overlay(folder, choices, **keys):
    """Write a config that is laid over that of the reduced demo; returns both."""
    folder.mkdir(exist_ok=True)
    file = folder / "consensus.yaml"
    file.write_text(yaml.safe_dump({"consensus": {"choices": choices} | keys, "network": {"epochs": 4}}))
    return SMALL, file


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Return the folder of a run of four workflows, and its configs."""
    folder = tmp_path_factory.mktemp("consensus")
    configs = overlay(folder, CHOICES)
    result = snakemake(folder, "consensus", configs=configs)
    assert result.returncode == 0, result.stdout
    return folder, configs


@pytest.fixture(scope="module")
def results(compared):
    return compared[0] / "results" / "small"


def test_stages_are_shared(tmp_path):
    """Two cell sizes make two grids and two cubes, and with two seeds four sets of folds."""
    jobs = planned(tmp_path, "consensus", configs=overlay(tmp_path / "few", CHOICES))
    assert [jobs[stage] for stage in STAGES] == [2, 2, 4]
    assert not {"train", "score_controls", "evaluate"} & set(jobs)
    many = CHOICES | {"cube.transform": ["clr", "log"], "superpixels.n_segments": ["x1", [20]]}
    jobs = planned(tmp_path, "consensus", configs=overlay(tmp_path / "many", many))
    assert [jobs[stage] for stage in STAGES] == [2, 8, 16]
    jobs = planned(tmp_path, "consensus", configs=overlay(tmp_path / "budget", many, workflows=6))
    assert jobs["alternative_scores"] == 6


def test_nothing_is_left_to_do_and_another_value_runs_alone(compared, tmp_path):
    folder, configs = compared
    assert planned(folder, "consensus", configs=configs) == {}
    jobs = planned(folder, "consensus", configs=overlay(tmp_path, CHOICES | {"labels.seed": [0, 1, 2]}))
    measuring = dict.fromkeys(["measure_consensus", "plot_consensus", "consensus"], 1)
    assert jobs == {"alternative_scores": 2} | measuring


def test_table_has_every_workflow_and_its_folders(results):
    table = pd.read_csv(results / "consensus.csv")
    keys = ["elements", "cubes", "scores"]
    columns = ["survey", "workflow", "grid.cell", "labels.seed", "capture", "above_decoys", *keys]
    assert list(table.columns) == columns
    assert list(table["workflow"]) == [1, 2, 3, 4]
    assert set(zip(table["grid.cell"], table["labels.seed"], strict=True)) == {
        (1000, 0), (1000, 1), (1500, 0), (1500, 1),
    }  # fmt: skip
    assert table["scores"].nunique() == 4
    assert (table.groupby("grid.cell")["elements"].nunique() == 1).all()
    assert table["capture"].between(0, 1).all()
    for row in table.to_dict("records"):
        told = {
            stage: json.loads((results / "alternatives" / stage / row[stage] / "settings.json").read_text())
            for stage in keys
        }
        assert told["elements"]["grid"]["cell"] == row["grid.cell"]
        assert told["cubes"]["elements"] == row["elements"]
        assert told["scores"]["cubes"] == row["cubes"]
        assert told["scores"]["labels"]["seed"] == row["labels.seed"]
        with xr.open_dataset(results / "alternatives" / "scores" / row["scores"] / "fusion.nc") as data:
            assert {name for name in data if name.startswith("score_")} == {"score_held_out", "score_final"}
            assert float(data["x"][1] - data["x"][0]) == row["grid.cell"]


def test_an_alternative_without_a_change_is_the_run_itself(demo, results):
    """The grid and the cube of the config's own values are those that `all` makes."""
    table = pd.read_csv(results / "consensus.csv").set_index(["grid.cell", "labels.seed"])
    own = table.loc[(1000, 0)]
    of_run = demo / "results" / "small"
    for file, alternative in (
        ("elements.nc", results / "alternatives" / "elements" / own["elements"] / "elements.nc"),
        ("cube.nc", results / "alternatives" / "cubes" / own["cubes"] / "cube.nc"),
    ):
        with xr.open_dataset(of_run / file) as one, xr.open_dataset(alternative) as other:
            xr.testing.assert_identical(one.load(), other.load())
    drawn = pd.read_csv(of_run / "folds" / "held_out.csv")
    alone = pd.read_csv(results / "alternatives" / "scores" / own["scores"] / "folds" / "held_out.csv")
    # One member in place of two; the draws of a member do not depend on how many there are.
    pd.testing.assert_frame_equal(drawn[drawn["draw"] < 1].reset_index(drop=True), alone)


def test_choices_explain_what_the_table_holds(results):
    table, effects = (pd.read_csv(results / f"consensus{name}.csv") for name in ("", "_choices"))
    assert set(effects["result"]) == {"capture", "above_decoys", "map"}
    capture = effects[effects["result"] == "capture"]
    for choice in CHOICES:
        rows = capture[capture["choice"] == choice].set_index("level")
        # In a complete table, means that count the other choice alike are plain means.
        means = table.groupby(choice)["capture"].mean()
        np.testing.assert_allclose(rows["mean"], means)
        assert (rows["low"] < rows["mean"]).all()
    for _, part in effects.groupby("result"):
        shares = part.groupby("choice")["share"].first()
        assert shares.sum() == pytest.approx(1)


def test_map_is_on_the_grid_of_the_survey(results):
    with (
        rasterio.open(results / "maps" / "agreement.tif") as file,
        xr.open_dataset(results / "elements.nc") as data,
    ):
        assert file.descriptions == ("agreement", "mean_rank", "sd_rank")
        assert (file.height, file.width) == data["mask"].shape
        agreement, rank, spread = file.read()
        mask = data["mask"].to_numpy().astype(bool)
    assert np.isnan(agreement[~mask]).all()
    known = mask & np.isfinite(agreement)
    assert known.sum() > 0.95 * mask.sum()
    assert set(np.unique(np.round(agreement[known] * 12))) <= {0, 3, 4, 6, 8, 9, 12}
    assert np.nanmean(agreement) == pytest.approx(0.1, abs=0.03)
    assert np.nanmean(rank) == pytest.approx(0.5, abs=0.03)
    assert (spread[known] >= 0).all()
    with Image.open(results / "figures" / "consensus.png") as picture:
        assert picture.width >= 800
        assert "small, 4 workflows: " in picture.text["Title"]


def test_a_deleted_folder_is_made_again(compared, results, tmp_path):
    folder, configs = compared
    shutil.copytree(folder, tmp_path / "copy")
    table = pd.read_csv(results / "consensus.csv")
    shutil.rmtree(tmp_path / "copy" / "results" / "small" / "alternatives" / "scores" / table["scores"][0])
    (tmp_path / "copy" / "results" / "small" / "consensus.csv").unlink()
    jobs = planned(tmp_path / "copy", "consensus", configs=configs)
    assert jobs["alternative_scores"] == jobs["measure_consensus"] == 1
    assert not {"alternative_elements", "alternative_cube"} & set(jobs)


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (
            {"grid.sell": [500, 1000]},
            "config key consensus.choices: unknown key 'grid.sell'; did you mean 'cell'?",
        ),
        (
            {"cube.transform": ["clr", 5]},
            "config key consensus.choices: key 'cube.transform': 5 is not one of",
        ),
    ],
)
def test_mistakes_in_the_choices_are_told_at_once(tmp_path, choices, told):
    result = snakemake(tmp_path, "--dry-run", configs=overlay(tmp_path, choices))
    assert result.returncode != 0
    assert told in result.stdout
    assert "Traceback" not in result.stdout


def test_consensus_needs_deposits(tmp_path):
    config = {"survey": "c", "data": {"folder": str(tmp_path)}, "grids": {"file": "a.tif", "unit": "none"}}
    config |= {"cube": {"transform": "none"}, "labels": {"raster": {"file": "b.tif"}}}
    for name in ("a.tif", "b.tif"):
        (tmp_path / name).touch()
    file = tmp_path / "classes.yaml"
    file.write_text(yaml.safe_dump(config))
    result = snakemake(tmp_path, "consensus", "--dry-run", configs=(file,))
    assert result.returncode != 0
    assert "It needs a survey with the section 'deposits'" in result.stdout
