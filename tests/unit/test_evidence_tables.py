"""The tables that `evaluate` writes, from files: which runs are measured in which splits, and what is in them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.evidence.class_folds import draw_class_folds
from geohalo.evidence.class_metrics import class_metrics, judged_cells
from geohalo.evidence.folds import draw_folds
from geohalo.files.cells import Survey, write_netcdf
from geohalo.files.folds import write_folds
from geohalo.files.scores import write_scores
from geohalo.stages.make_class_folds import DEPOSITS
from geohalo.stages.make_folds import make_folds
from geohalo.stages.shared.evidence import measure_elsewhere, measure_runs
from metric_tables import metric_table
from pyproj import CRS

LABELS = {
    "radius": 2500.0, "background_distance": 4000.0, "group_distance": 5000.0, "buffer": 9000.0,
    "folds": 3, "positives": 40, "background": 100, "decoys": 2,
    "block": 30000.0, "extra_splits": ["leave_one_group_out"], "seed": 0,
}  # fmt: skip
SPLITS = ["held_out", "inner", "leave_one_group_out", "random"]
PLACES = np.array([[8, 9], [50, 8], [10, 50], [51, 52], [30, 10], [31, 50]]) * 1000.0
SIDE = 60


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write a survey, its folds, and the scores of two runs and two controls; return the folder and the arguments."""
    folder = tmp_path_factory.mktemp("survey")
    axis, generator = np.arange(SIDE) * 1000.0 + 500, np.random.default_rng(0)
    survey = Survey(Grid(axis, axis[::-1]), np.ones((SIDE, SIDE), dtype=bool), CRS(32648).to_wkt())
    write_netcdf(survey.dataset(), str(folder / "elements.nc"))
    points = gpd.points_from_xy(*PLACES.T, crs=32648)
    about = {"deposit": range(6), "name": "", "row": range(2, 8), "inside": True}
    gpd.GeoDataFrame(about, geometry=points).to_parquet(folder / "deposits.parquet")
    samples = gpd.points_from_xy(*generator.uniform(0, SIDE * 1000, (2, 300)), crs=32648)
    gpd.GeoDataFrame(geometry=samples).to_parquet(folder / "samples.parquet")
    (folder / "folds").mkdir()
    make_folds(
        str(folder / "elements.nc"), str(folder / "deposits.parquet"), LABELS, 1, str(folder / "folds")
    )
    drawn = {split: draw_folds(split, survey.cells, PLACES, LABELS, 1) for split in SPLITS}

    def scores(splits, leading=()):
        return {
            split: tuple(
                generator.uniform(size=(2, *leading, drawn[split].n_folds, SIDE**2)).astype(np.float32)
            )
            for split in splits
        }

    controls = ["logistic", "sampling_density"]
    made = {"fusion": scores(SPLITS), "shuffle": scores(["held_out"])}
    for name, each in made.items():
        write_scores(survey, each, str(folder / f"{name}.nc"))
    write_scores(survey, scores(SPLITS, (2,)), str(folder / "controls.nc"), controls)
    runs = [(name, "10-20", str(folder / f"{name}.nc"), None) for name in made]
    runs += [(name, "", str(folder / "controls.nc"), name) for name in controls]
    return folder, runs, survey, drawn, made


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["Alpha", "", "Gamma", "", "", "Zeta"], r"It holds out: (Alpha|Gamma|Zeta)"),
        ([""] * 6, r"deposits\.$"),
    ],
)
def test_a_fold_that_cannot_be_names_its_deposits(files, tmp_path, names, told):
    deposits = gpd.read_parquet(files[0] / "deposits.parquet")
    deposits.assign(name=names).to_parquet(tmp_path / "deposits.parquet")
    labels = LABELS | {"buffer": 1e6}
    with pytest.raises(InputError, match=r"which holds out deposit\(s\) [0-5].*" + told):
        make_folds(
            str(files[0] / "elements.nc"), str(tmp_path / "deposits.parquet"), labels, 1, str(tmp_path)
        )
    assert [file.name for file in tmp_path.iterdir()] == ["deposits.parquet"]


@pytest.fixture(scope="module")
def tables(files):
    return measured(*files[:2])


def measured(folder, runs, samples="samples.parquet", splits=SPLITS):
    path = str(folder / samples) if samples else None
    arguments = {"survey_name": "a", "splits": splits, "labels": LABELS, "bootstrap": 200}
    return measure_runs(runs, str(folder / "elements.nc"), path, str(folder / "folds"), **arguments)


def test_every_run_is_measured_in_the_splits_that_its_file_holds(tables):
    for name in ("metrics", "deposit_ranks", "success_rate"):
        table = tables[name]
        found = {
            variant: list(part["split"].unique()) for variant, part in table.groupby("variant", sort=False)
        }
        everywhere = dict.fromkeys(["fusion", "logistic", "sampling_density"], SPLITS)
        assert found == everywhere | {"shuffle": ["held_out"]}
        assert set(table["survey"]) == {"a"}
    assert not tables["metrics"].duplicated(["variant", "split", "metric"]).any()
    scales = tables["metrics"].groupby("variant")["scales"].unique()
    assert scales["fusion"] == ["10-20"]
    assert scales["logistic"] == [""]


def test_metrics_are_those_of_the_library(files, tables):
    _, _, survey, drawn, made = files
    samples = gpd.read_parquet(files[0] / "samples.parquet").get_coordinates().to_numpy()
    for split in SPLITS:
        expected = metric_table(
            made["fusion"][split][0], drawn[split], survey.cells, PLACES, LABELS, 200, 0, samples=samples
        )
        table = tables["metrics"]
        found = table[(table["variant"] == "fusion") & (table["split"] == split)].reset_index(drop=True)
        pd.testing.assert_frame_equal(found[expected.columns], expected)
        assert found.set_index("metric")["estimate"].drop("contrast_t").notna().sum() == (
            14 if split == "random" else 17
        )


def test_a_map_from_elsewhere_stands_in_for_those_of_all_folds(files, tmp_path):
    folder, _, survey, drawn, _ = files
    methods = ["spectrum", "best_element"]
    mean = np.random.default_rng(1).uniform(size=(2, 1, SIDE**2)).astype(np.float32)
    path = str(tmp_path / "scores.nc")
    write_scores(survey, {"transfer": (mean, mean)}, path, methods)
    samples = str(folder / "samples.parquet")
    given = (str(folder / "elements.nc"), samples, str(folder / "folds"), LABELS, 200)
    table = measure_elsewhere(path, *given)
    where = gpd.read_parquet(samples).get_coordinates().to_numpy()
    for number, method in enumerate(methods):
        maps = np.repeat(mean[number], 3, axis=0)
        given = (maps, drawn["held_out"], survey.cells, PLACES, LABELS, 200, 0)
        # Of a single element there is no probability to judge.
        expected = metric_table(*given, method == "spectrum", samples=where)
        found = table[table["variant"] == method].reset_index(drop=True)
        pd.testing.assert_frame_equal(found[expected.columns], expected)
        measured = found.set_index("metric")["estimate"]
        assert np.isfinite(measured["capture"])
        assert np.isfinite(measured["brier"]) == (method == "spectrum")


def test_probabilities_alone_have_a_calibration_curve(tables):
    curve = tables["calibration"]
    assert set(curve["variant"]) == {"fusion", "shuffle", "logistic"}
    rows = curve[(curve["variant"] == "fusion") & (curve["split"] == "held_out")]
    assert (
        rows["n"].sum()
        == tables["metrics"]
        .query("variant == 'fusion' and split == 'held_out' and metric == 'brier'")["n"]
        .item()
    )
    assert list(curve.columns) == [
        "survey", "variant", "scales", "split",
        "bin_low", "bin_high", "predicted", "observed", "low", "high", "n",
    ]  # fmt: skip


def test_comparisons_are_of_the_first_run_with_every_other(tables):
    pairs, ranks = tables["comparisons"], tables["deposit_ranks"]
    assert list(pairs.columns) == [
        "survey", "variant", "against", "split", "metric",
        "difference", "low", "high", "p", "p_holm", "detectable", "groups",
    ]  # fmt: skip
    assert set(pairs["split"]) == {"held_out", "inner", "leave_one_group_out"}
    # Shuffled labels are judged by themselves.
    for split in ("held_out", "inner"):
        assert set(pairs.loc[pairs["split"] == split, "against"]) == {"logistic", "sampling_density"}
    means = ranks[ranks["split"] == "held_out"].groupby("variant")["capture"].mean()
    row = (
        pairs[(pairs["split"] == "held_out") & (pairs["metric"] == "capture")]
        .set_index("against")
        .loc["logistic"]
    )
    assert row["difference"] == pytest.approx(means["fusion"] - means["logistic"])
    assert row["groups"] == 6


def test_without_samples_the_protocol_of_the_benchmark_is_left_empty(files):
    metrics = measured(*files[:2], samples=None, splits=["held_out"])["metrics"]
    rows = metrics[metrics["metric"] == "opengad_auc"]
    assert len(rows) == 4
    assert rows[["estimate", "low", "high"]].isna().all(axis=None)


def test_runs_of_one_variant_on_several_scales_are_not_compared(files):
    folder, runs, *_ = files
    twice = [runs[0], ("fusion", "10", runs[0][2], None)]
    tables = measured(folder, twice, splits=["held_out"])
    assert tables["comparisons"].empty
    assert tables["metrics"].groupby("scales").size().to_dict() == {"10": 18, "10-20": 18}


def test_classes_have_metrics_and_confusion_alone(files, tmp_path):
    survey, generator = files[2], np.random.default_rng(1)
    classes = generator.integers(0, 4, SIDE**2)
    labels = {"group_distance": 10_000.0, "buffer": 1500.0, "folds": 3, "positives": 20, "seed": 0}
    (tmp_path / "folds").mkdir()
    pd.DataFrame(columns=DEPOSITS).to_csv(tmp_path / "folds" / "deposits.csv", index=False)
    drawn = {
        split: draw_class_folds(split, survey.cells, classes, labels, 1) for split in ("held_out", "random")
    }
    scores = {}
    for split, folds in drawn.items():
        write_folds(folds, survey, *(str(tmp_path / "folds" / f"{split}.{kind}") for kind in ("csv", "tif")))
        raw = generator.uniform(size=(folds.n_folds, 3, SIDE**2)).astype(np.float32)
        scores[split] = raw / raw.sum(axis=1, keepdims=True), raw
    write_scores(survey, scores, str(tmp_path / "run.nc"))
    runs = [("fusion", "10", str(tmp_path / "run.nc"), None)]
    arguments = {"survey_name": "a", "splits": [*drawn], "labels": LABELS, "bootstrap": 200}
    tables = measure_runs(runs, str(files[0] / "elements.nc"), None, str(tmp_path / "folds"), **arguments)
    assert set(tables) == {"metrics", "confusion"}
    for split, folds in drawn.items():
        expected = class_metrics(judged_cells(scores[split][0], folds), 3, 200, 0)
        table = tables["metrics"]
        found = table[table["split"] == split].reset_index(drop=True)[expected.columns]
        pd.testing.assert_frame_equal(found, expected)
    assert tables["confusion"].groupby("split")["cells"].sum().to_dict() == {
        split: (folds.cells["use"] == "test").sum() for split, folds in drawn.items()
    }
