"""Labels as a raster of classes on a cube of bands that are no concentrations: the whole workflow, K = 3 and 2."""

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from geohalo.files.folds import read_folds
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter
from workflow_runs import planned, snakemake, write_config

pytestmark = pytest.mark.workflow

UTM = "EPSG:32648"
ROWS, COLUMNS, CELL = 36, 48, 100.0
BANDS = [f"{400 + 25 * k}nm" for k in range(12)]
CONFIG = {
    "survey": "cube",
    "grids": {"file": "cube.tif", "unit": "none"},
    "cube": {"transform": "none"},
    "superpixels": {"n_segments": [150]},
    "labels": {
        "raster": {"file": "labels.tif"},
        "group_distance": 1200,
        "buffer": 100,
        "folds": 3,
        "positives": 40,
    },
    "network": {"seeds": 1, "epochs": 15},
    "evaluation": {"bootstrap": 100, "controls": ["logistic", "shuffle", "deposit_distance"]},
}
MASKS = {name: f"{name}.tif" for name in ("train", "validation", "test")}


def write_tiff(path, image, corner=(0, 0), **about):
    """Write bands (bands, rows, columns) whose upper left corner is so many rows and columns into the grid."""
    row, column = corner
    transform = from_origin(500_000 + CELL * column, 4_000_000 - CELL * row, CELL, CELL)
    names = about.pop("names", None)
    about = {"crs": UTM, "transform": transform, "dtype": image.dtype, "driver": "GTiff"} | about
    count, height, width = image.shape
    with rasterio.open(path, "w", count=count, height=height, width=width, **about) as file:
        file.write(image)
        if names:
            file.descriptions = names


def scene():
    """Return a cube (bands, rows, columns) with a corner outside, true classes, and labelled cells.

    Three kinds of ground, each with a spectrum of its own; values lie on both sides of zero.
    """
    generator = np.random.default_rng(5)
    field = gaussian_filter(generator.normal(size=(3, ROWS, COLUMNS)), (0, 2, 2))
    truth = field.argmax(axis=0) + 1
    spectra = generator.normal(size=(3, len(BANDS)))
    cube = np.moveaxis(spectra[truth - 1], -1, 0) + generator.normal(size=(len(BANDS), ROWS, COLUMNS))
    cube[:, :6, :8] = np.nan
    labelled = np.where(generator.random((ROWS, COLUMNS)) < 0.3, truth, 0).astype(np.uint8)
    labelled[:6, :8] = 0
    return cube.astype(np.float32), truth, labelled


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a folder with cube, labels and masks; the labels leave out the westernmost two columns of the grid."""
    folder = tmp_path_factory.mktemp("data")
    cube, _, labelled = scene()
    write_tiff(folder / "cube.tif", cube, names=BANDS, nodata=np.nan)
    write_tiff(folder / "labels.tif", labelled[None, :, 2:], corner=(0, 2))
    write_tiff(folder / "two.tif", np.minimum(labelled, 2)[None])
    column = np.indices(labelled.shape)[1]
    for name, where in {
        "train": column < 20,
        "validation": (column >= 22) & (column < 32),
        "test": column >= 34,
    }.items():
        write_tiff(folder / f"{name}.tif", where[None].astype(np.uint8))
    return folder


def config_of(data, raster=None, **sections):
    labels = CONFIG["labels"] | ({"raster": raster} if raster else {})
    return CONFIG | {"data": {"folder": str(data)}, "labels": labels} | sections


def run(folder, config, *arguments):
    result = snakemake(folder, *arguments, configs=(write_config(folder / "cube.yaml", config),))
    assert result.returncode == 0, result.stdout
    return folder / "results" / "cube"


def bands(path):
    with rasterio.open(path) as file:
        return file.read(), file.descriptions


@pytest.fixture(scope="module")
def three_classes(data, tmp_path_factory):
    """Return the results of a complete run with blocks."""
    return run(tmp_path_factory.mktemp("blocks"), config_of(data))


@pytest.fixture(scope="module")
def two_classes(data, tmp_path_factory):
    """Return the results of a run with two classes and the user's masks."""
    config = config_of(data, {"file": "two.tif", **MASKS})
    targets = [
        f"results/cube/{name}"
        for name in ("maps/classes.tif", "figures/class_map.png", "figures/confusion.png")
    ]
    return run(tmp_path_factory.mktemp("masks"), config, *targets)


def test_bands_labels_and_blocks(three_classes):
    cube, _, labelled = scene()
    elements = xr.load_dataset(three_classes / "elements.nc")
    assert elements["element"].to_numpy().tolist() == BANDS
    assert elements["concentration"].attrs["units"] == "1"
    np.testing.assert_allclose(elements["concentration"], cube, rtol=1e-6)
    inside = np.isfinite(cube[0])
    flat = cube[:, inside]
    standard = (flat - flat.mean(axis=1, keepdims=True)) / flat.std(axis=1, keepdims=True)
    values = xr.load_dataset(three_classes / "cube.nc")["cube"].to_numpy()[:, inside]
    np.testing.assert_allclose(values, np.clip(standard, -5, 5), atol=1e-4)
    # The raster of labels does not reach the first two columns.
    labelled[:, :2] = 0
    found, names = bands(three_classes / "labels.tif")
    np.testing.assert_array_equal(found, labelled[None])
    assert names == ("class",)
    schemes = ("held_out", "inner", "random", "final")
    folds = {scheme: read_folds(str(three_classes / "folds"), scheme, inside) for scheme in schemes}
    assert [folds[scheme].n_folds for scheme in schemes] == [3, 3, 3, 1]
    held_out = folds["held_out"]
    np.testing.assert_array_equal(labelled[inside][held_out.cells["cell"]], held_out.cells["label"] + 1)
    drawn = held_out.cells.query("use == 'train'").groupby(["fold", "draw", "label"]).size()
    assert drawn.eq(40).all()
    for fold in range(3):
        assert held_out.held_out_region[fold][held_out.test(fold)["cell"]].all()
        assert not held_out.held_out_region[fold][held_out.train(fold, 0)[0]].any()


def test_scores_have_a_class_each(three_classes):
    for run_of, leading in (("fusion/150", ()), ("controls", ("method",))):
        scores = xr.load_dataset(three_classes / "runs" / run_of / "heldout.nc")
        for scheme, folds in (("held_out", 3), ("inner", 3), ("random", 3), ("final", 1)):
            score = scores[f"score_{scheme}"]
            assert score.dims == (*leading, f"fold_{scheme}", "class", "y", "x")
            assert score.sizes["class"] == 3
            assert score.sizes[f"fold_{scheme}"] == folds
            total = score.sum("class", skipna=False).to_numpy()
            np.testing.assert_allclose(total[np.isfinite(total)], 1, rtol=1e-4)


def test_permuted_classes_are_a_run_of_the_held_out_scheme_alone(three_classes):
    runs = three_classes / "runs"
    with xr.open_dataset(runs / "shuffle" / "150" / "heldout.nc") as data:
        assert {name for name in data if str(name).startswith("score")} == {"score_held_out"}
        shuffled = data["score_held_out"].load()
    with xr.open_dataset(runs / "fusion" / "150" / "heldout.nc") as data:
        true = data["score_held_out"].load()
    assert shuffled.dims == true.dims
    assert shuffled.shape == true.shape
    assert not np.allclose(shuffled, true, equal_nan=True)
    with xr.open_dataset(runs / "controls" / "heldout.nc") as data:
        assert data["method"].to_numpy().tolist() == ["logistic"]


def test_evidence_of_three_classes(three_classes):
    metrics = pd.read_csv(three_classes / "metrics.csv")
    # Nothing that needs deposits, or the places of samples.
    assert set(metrics["variant"]) == {"fusion", "shuffle", "logistic"}
    splits = metrics.groupby("variant")["split"].agg(set)
    assert splits["fusion"] == splits["logistic"] == {"held_out", "inner", "random"}
    assert splits["shuffle"] == {"held_out"}
    names = [f"{kind}_class_{k}" for kind in ("recall", "f1") for k in (1, 2, 3)]
    assert set(metrics["metric"]) == {"overall_accuracy", "average_accuracy", "kappa", *names}
    held_out = metrics[metrics["split"] == "held_out"].set_index(["variant", "metric"])["estimate"]
    for variant in ("fusion", "logistic"):
        assert held_out[variant, "average_accuracy"] > 0.5
        assert held_out[variant, "average_accuracy"] > held_out["shuffle", "average_accuracy"]
    # Labels that mean nothing teach nothing: a third of the cells of each class is right by luck.
    assert held_out["shuffle", "average_accuracy"] == pytest.approx(1 / 3, abs=0.15)
    # The table of pairs holds what the metrics say.
    pairs = pd.read_csv(three_classes / "confusion.csv").query("split == 'held_out'")
    assert set(pairs["variant"]) == {"fusion", "shuffle", "logistic"}
    for variant, part in pairs.groupby("variant"):
        matrix = part.pivot_table(index="true", columns="predicted", values="cells").to_numpy()
        assert held_out[variant, "overall_accuracy"] == pytest.approx(np.trace(matrix) / matrix.sum())
        assert matrix.sum() == held_cells(three_classes)


def held_cells(results):
    return (bands(results / "labels.tif")[0][0] > 0).sum()


def test_maps_of_three_classes(three_classes):
    truth, inside = scene()[1], np.isfinite(scene()[0][0])
    (classes,), _ = bands(three_classes / "maps" / "classes.tif")
    score, names = bands(three_classes / "maps" / "score.tif")
    assert names == ("class 1", "class 2", "class 3")
    np.testing.assert_array_equal(classes[inside], score[:, inside].argmax(axis=0) + 1)
    assert (classes[~inside] == 0).all()
    assert np.isnan(score[:, ~inside]).all()
    assert (classes == truth)[inside].mean() > 0.5
    assert bands(three_classes / "maps" / "spread.tif")[0].shape == score.shape
    figures = {file.stem for file in (three_classes / "figures").glob("*.png")}
    assert figures == {"elements", "superpixels", "folds", "class_map", "confusion", "metrics", "history"}


def test_two_classes_with_masks(two_classes):
    inside = np.isfinite(scene()[0][0])
    labelled = np.minimum(scene()[2], 2)
    (found, part), names = bands(two_classes / "labels.tif")
    assert names == ("class", "part")
    np.testing.assert_array_equal(found, labelled)
    folds = {
        scheme: read_folds(str(two_classes / "folds"), scheme, inside)
        for scheme in ("held_out", "inner", "random")
    }
    assert [one.n_folds for one in folds.values()] == [1, 1, 0]
    for scheme, code in (("held_out", 3), ("inner", 2)):
        expected = np.flatnonzero(part[inside] == code)
        np.testing.assert_array_equal(folds[scheme].test(0)["cell"], expected)
        assert not folds[scheme].held_out_region.any()
        assert (part[inside][folds[scheme].train(0, 0)[0]] == 1).all()
    scores = xr.load_dataset(two_classes / "runs" / "fusion" / "150" / "heldout.nc")
    assert scores["score_held_out"].dims == ("fold_held_out", "y", "x")
    assert "score_random" not in scores
    metrics = pd.read_csv(two_classes / "metrics.csv")
    assert set(metrics["split"]) == {"held_out", "inner"}
    held_out = metrics.query("split == 'held_out'").set_index(["variant", "metric"])["estimate"]
    assert held_out["fusion", "roc_auc"] > 0.6
    (score,), names = bands(two_classes / "maps" / "score.tif")
    assert names == ("class 2",)
    (classes,), _ = bands(two_classes / "maps" / "classes.tif")
    np.testing.assert_array_equal(classes[inside], np.where(score[inside] >= 0.5, 2, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"raster": {"file": "elsewhere.tif"}}, "elsewhere.tif does not exist"),
        ({"raster": {"file": "two.tif", "train": "train.tif"}}, "key 'labels.raster.test' is missing"),
        ({"raster": {"file": "cube.tif"}}, "12 bands; a raster of labels has one"),
        ({"buffer": 15000}, "each lies within labels.buffer = 15000 m of a held-out labelled cell"),
    ],
)
def test_one_message_for_labels_that_cannot_be(change, message, data, tmp_path):
    config = config_of(data, labels=CONFIG["labels"] | change)
    file = write_config(tmp_path / "cube.yaml", config)
    result = snakemake(tmp_path, "results/cube/folds/held_out.csv", configs=(file,))
    assert result.returncode != 0
    assert result.stdout.count(message) == 1
    assert "Traceback" not in result.stdout


def test_plan_leaves_out_what_needs_deposits(data, tmp_path):
    jobs = planned(tmp_path, configs=(write_config(tmp_path / "cube.yaml", config_of(data)),))
    assert {"read_labels", "make_class_folds", "map_classes", "plot_classes"} <= set(jobs)
    assert not {"clean_deposits", "make_folds", "map_anomalies", "plot_anomalies"} & set(jobs)
