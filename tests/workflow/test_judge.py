"""`snakemake judge`: our own exported map gives our own numbers, and nothing else changes."""

import shutil

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from geohalo.evidence.evaluate import measure
from geohalo.evidence.judged import judged_places
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.scores import read_mean
from workflow_runs import SETTINGS, SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow
#: Tables of the survey, and those of the judged map that have the same rows.
ALIKE = {"metrics": "judged", "deposit_ranks": "judged_ranks", "success_rate": "judged_success"}


@pytest.fixture(scope="module")
def finished(demo, tmp_path_factory):
    """Return a copy of the finished run, and its survey."""
    folder = tmp_path_factory.mktemp("judge")
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    with xr.open_dataset(folder / "results/small/elements.nc") as data:
        return folder, Survey.of(data)


def judge(folder, section, *arguments):
    config = write_config(folder / "judge.yaml", {"data": {"folder": "."}, "judge": section})
    return snakemake(folder, "judge", *arguments, configs=(SMALL, config))


def rows_of(path, variant):
    """Return the held-out rows of a method as text, digit by digit."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table = table[(table["variant"] == variant) & (table["split"] == "held_out")]
    return table.drop(columns=["variant", "scales"]).reset_index(drop=True)


def export(folder, survey, scores, name):
    """Write scores (cells,) as another program would."""
    x, y = survey.cells.T
    pd.DataFrame({"x": x, "y": y, "score": scores}).to_csv(folder / name, index=False)
    return name


def test_a_control_that_is_exported_gives_its_own_numbers_to_the_digit(finished):
    """Sampling density has one map for all folds: as a table it must have the rows of metrics.csv."""
    folder, survey = finished
    results = folder / "results/small"
    alone = read_mean(str(results / "runs/controls/heldout.nc"), "held_out", survey, "sampling_density")[0]
    name = export(folder, survey, alone.astype(float), "density.csv")
    result = judge(folder, {"file": name, "name": "exported", "crs": survey.crs})
    assert result.returncode == 0, result.stdout
    for ours, theirs in ALIKE.items():
        own, other = results / f"{ours}.csv", results / f"{theirs}.csv"
        exported = rows_of(other, "exported")
        assert len(exported) > 10
        pd.testing.assert_frame_equal(rows_of(own, "sampling_density"), exported)
        # The survey's own methods have the numbers that they have in the survey's own tables.
        for method in ("fusion", "logistic"):
            pd.testing.assert_frame_equal(rows_of(own, method), rows_of(other, method))
    pairs = pd.read_csv(results / "judged_comparisons.csv")
    assert (pairs.loc[pairs["against"] == "sampling_density", "difference"] == 0).all()
    text = (results / "judged.md").read_text()
    assert "**Whether this map was made with these deposits.**" in text
    assert "which covers all of the ground" in text
    for figure in ("judged", "judged_success"):
        assert (results / "figures" / f"{figure}.png").stat().st_size > 10_000


def test_our_own_map_gives_the_numbers_of_its_scores_to_the_digit(finished):
    folder, survey = finished
    results = folder / "results/small"
    shutil.copy(results / "maps/score.tif", folder / "score.tif")
    result = judge(folder, {"file": "score.tif", "name": "own map"})
    assert result.returncode == 0, result.stdout
    with rasterio.open(results / "maps/judged.tif") as file, rasterio.open(results / "maps/score.tif") as own:
        np.testing.assert_array_equal(file.read(1), own.read(1).astype(np.float64))
        assert file.crs == own.crs
        assert file.transform == own.transform
        score = own.read(1)[survey.mask]
    folds = read_folds(str(results / "folds"), "held_out", survey.mask)
    places = pd.read_csv(results / "folds/deposits.csv")[["x", "y"]].to_numpy()
    labels, bootstrap = SETTINGS["labels"], SETTINGS["evaluation"]["bootstrap"]
    where = judged_places(folds, survey.cells, places, labels, bootstrap, labels["seed"])
    expected = measure(np.broadcast_to(score, folds.held_out_region.shape), where, False).metrics
    numbers = ["estimate", "low", "high"]
    found = rows_of(results / "judged.csv", "own map").set_index("metric")[numbers]
    known = expected[expected["metric"] != "opengad_auc"].set_index("metric")  # which needs the samples
    for metric, row in found.replace("", "nan").astype(float).loc[known.index].iterrows():
        np.testing.assert_array_equal(row.to_numpy(), known.loc[metric, numbers].to_numpy(dtype=float))


def test_deposits_that_were_learned_from_are_left_out(finished):
    folder, survey = finished
    results = folder / "results/small"
    deposits = pd.read_csv(results / "folds/deposits.csv")
    deposits.loc[deposits["group"] == 0, ["x", "y"]].head(1).to_csv(folder / "learned.csv", index=False)
    scores = np.random.default_rng(0).permutation(len(survey.cells)).astype(float)
    name = export(folder, survey, scores, "shuffled.csv")
    result = judge(folder, {"file": name, "name": "shuffled", "crs": survey.crs, "trained_on": "learned.csv"})
    assert result.returncode == 0, result.stdout
    roles = pd.read_csv(results / "judged_deposits.csv")
    assert set(roles.loc[roles["group"] == 0, "role"]) <= {"trained on", "beside trained on"}
    assert (roles.loc[roles["group"] > 0, "role"] == "evidence").all()
    ranks = pd.read_csv(results / "judged_ranks.csv")
    assert set(ranks["deposit"]) == set(roles.loc[roles["role"] == "evidence", "deposit"])
    assert "**Whether the list of `judge.trained_on` is complete.**" in (results / "judged.md").read_text()


def test_the_report_shows_what_was_judged(finished):
    folder, _ = finished
    result = snakemake(folder, "results/small/report.html", configs=(SMALL, folder / "judge.yaml"))
    assert result.returncode == 0, result.stdout
    page = (folder / "results/small/report.html").read_text(encoding="utf-8")
    for words in ("A map made elsewhere", "What cannot be known", "table-judged"):
        assert words in page


def test_a_mistake_in_the_map_is_told_before_anything_is_trained(tmp_path):
    (tmp_path / "map.csv").write_text("x,y,value\n1,2,3\n2,3,4\n")
    result = judge(tmp_path, {"file": "map.csv", "crs": "EPSG:32648"})
    assert result.returncode != 0
    assert "map.csv: there is no column 'score' (judge.score)" in result.stdout
    assert not (tmp_path / "results/small/runs/fusion").exists()


def test_names_that_snakemake_would_read_otherwise_are_told(tmp_path):
    (tmp_path / "map{1}.csv").write_text("x,y,score\n1,2,3\n")
    result = judge(tmp_path, {"file": "map{1}.csv", "crs": "EPSG:32648"}, "--dry-run")
    assert result.returncode != 0
    assert "map{1}.csv: Snakemake gives the characters {}<> a meaning of their own" in result.stdout


def test_without_a_map_the_command_says_what_is_missing(tmp_path):
    result = snakemake(tmp_path, "judge", "--dry-run")
    assert result.returncode != 0
    assert "snakemake judge: the config names no map. Give its file in a section 'judge'" in result.stdout


def test_naming_a_map_changes_nothing_in_the_default_target(tmp_path):
    (tmp_path / "map.csv").write_text("x,y,score\n1,2,3\n")
    section = {"data": {"folder": "."}, "judge": {"file": "map.csv"}}
    config = write_config(tmp_path / "judge.yaml", section)
    plain, named = planned(tmp_path), planned(tmp_path, configs=(SMALL, config))
    assert plain == named
    more = planned(tmp_path, "judge", configs=(SMALL, config))
    assert [more[name] for name in ("read_judged", "judge_map", "plot_judged")] == [1, 1, 1]
    assert more["train"] == plain["train"]
