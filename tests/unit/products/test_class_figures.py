"""Figures of classes: what they show is what they were given, and the titles say it."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products import styles
from geohalo.products.class_figures import class_colours
from geohalo.products.figures import class_comparison, class_folds_map, class_map, confusion_plot
from geohalo.products.map_ground import MapGround
from matplotlib.colors import to_rgb

#: Rows are true classes: 8 + 2 + 0, 3 + 1 + 0 and 0 + 0 + 6 cells.
COUNTS = np.array([[8, 2, 0], [3, 1, 0], [0, 0, 6]])


def tidy(variant, split, **values):
    low = {"low": 0.7, "high": 0.9} if split == "held_out" else {"low": np.nan, "high": np.nan}
    rows = [{"metric": name, "estimate": value, **low} for name, value in values.items()]
    return pd.DataFrame(rows).assign(variant=variant, split=split, scales="")


@pytest.fixture
def metrics():
    """Return average accuracy and kappa of a variant and a control for three classes."""
    recalls = {f"recall_class_{k}": 0.5 for k in (1, 2, 3)}
    return pd.concat(
        [
            tidy("fusion", "held_out", average_accuracy=0.8, kappa=0.75, **recalls),
            tidy("fusion", "inner", average_accuracy=0.6, kappa=0.55, **recalls),
            tidy("fusion", "random", average_accuracy=0.97, kappa=0.95, **recalls),
            tidy("logistic", "held_out", average_accuracy=0.7, kappa=-0.1, **recalls),
        ]
    )


@pytest.fixture
def labelled(scene):
    """Return classes 1 to 3 in columns, and labels of every third cell."""
    rows, columns = np.indices(scene.mask.shape)
    classes = np.where(scene.mask, 1 + columns % 3, 0)
    return classes, np.where((rows + columns) % 3 == 0, classes, 0)


def panels(figure):
    return [axes for axes in figure.axes if axes.images]


def words(figure):
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def colour_at(image, value):
    return image.cmap(image.norm(value))[:3]


def test_class_map_shows_prediction_and_labels(scene, labelled, metrics):
    classes, labels = labelled
    figure = class_map(scene.ground, classes, labels, metrics, "fusion")
    predicted, given = (axes.images[0] for axes in panels(figure))
    np.testing.assert_array_equal(predicted.get_array().filled(0), classes)
    np.testing.assert_array_equal(given.get_array().filled(0), labels)
    for image in (predicted, given):
        for number, hue in enumerate(class_colours(3), 1):
            assert colour_at(image, number) == pytest.approx(to_rgb(hue))
    title = figure.get_suptitle().replace("\n", " ")
    assert "held-out average accuracy 0.80 (95 % interval 0.70–0.90) over 3 classes" in title
    assert "Chance is 0.33. Random split: 0.97 (optimistic" in words(figure)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[:3] == [f"class {k} ({(labels[scene.mask] == k).sum():,} labelled)" for k in (1, 2, 3)]


def test_class_map_says_that_masks_may_leak(square, metrics):
    classes = np.where(square.mask, 1 + np.indices(square.mask.shape)[0] % 2, 0)
    held_out = metrics[metrics["split"] != "random"]
    figure = class_map(square.ground, classes, classes, held_out, "fusion", masked=True)
    assert "mask given with the labels: optimistic where it lies beside the training mask" in words(figure)
    assert "Random split" not in words(figure)


def test_every_class_has_a_colour_of_its_own():
    assert len(styles.style()["classes"]) >= 8
    for count in (2, 8, 9, 40):
        assert len(set(class_colours(count))) == count
    assert class_colours(3) == styles.style()["classes"][:3]


def test_small_labelled_cells_stay_visible(metrics):
    x, y = 1000.0 * np.arange(900), -1000.0 * np.arange(600)
    classes = np.ones((600, 900), dtype=int)
    labels = np.zeros_like(classes)
    labels[300, 400], labels[10, 20] = 1, 2
    figure = class_map(MapGround("s", x, y, classes > 0), classes, labels, metrics, "fusion")
    marks = [one.get_offsets().tolist() for one in panels(figure)[1].collections if len(one.get_offsets())]
    assert marks == [[[400.0, -300.0]], [[20.0, -10.0]]]


def test_folds_tell_training_and_test_cells(scene):
    region = np.where(scene.mask, 1, 0)[None].repeat(2, axis=0)
    inside = np.argwhere(scene.mask)
    for fold, code in ((0, 5), (1, 7)):
        region[fold][tuple(inside[:4].T)] = code
        region[fold][tuple(inside[10:16].T)] = 3
        region[fold][tuple(inside[20:22].T)] = 2
    figure = class_folds_map(scene.ground, region)
    titles = [axes.get_title(loc="left") for axes in panels(figure)]
    assert titles == ["Fold 1: 6 training, 4 test cells", "Fold 2: 6 training, 4 test cells"]
    hues = dict(styles.style()["fold_codes"])
    for axes in panels(figure):
        image = axes.images[0]
        layer = image.get_array()
        for cells, label in (
            (inside[:4], "test halo"),
            (inside[10:16], "training halo"),
            (inside[20:22], "held-out region"),
        ):
            for row, column in cells:
                assert colour_at(image, layer[row, column]) == pytest.approx(to_rgb(hues[label]))


def test_confusion_matrix_has_shares_and_counts():
    true, predicted = np.indices(COUNTS.shape) + 1
    table = pd.DataFrame({"true": true.ravel(), "predicted": predicted.ravel(), "cells": COUNTS.ravel()})
    other = table.assign(cells=1)
    confusion = pd.concat(
        [
            table.assign(variant="fusion", split="held_out"),
            other.assign(variant="fusion", split="random"),
            other.assign(variant="logistic", split="held_out"),
        ]
    )
    figure = confusion_plot("survey", confusion, "fusion")
    axes = panels(figure)[0]
    np.testing.assert_allclose(axes.images[0].get_array(), COUNTS / COUNTS.sum(axis=1, keepdims=True))
    assert axes.images[0].get_clim() == (0, 1)
    assert [text.get_text() for text in axes.texts[:5]] == [
        "80 %\n8",
        "20 %\n2",
        "0 %\n0",
        "75 %\n3",
        "25 %\n1",
    ]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "class 1 (n = 10)",
        "class 2 (n = 4)",
        "class 3 (n = 6)",
    ]
    title = figure.get_suptitle().replace("\n", " ")
    assert "fusion gives 75 % of held-out cells their own class; weakest is class 2 at 25 %" in title


def test_comparison_has_a_row_for_each_method_and_its_chance(metrics):
    figure = class_comparison("survey", metrics)
    accuracy, kappa = (axes for axes in figure.axes if axes.get_title(loc="left"))
    assert [label.get_text() for label in accuracy.get_yticklabels()] == ["fusion", "logistic regression"]
    for axes, chance, values in ((accuracy, 1 / 3, [0.8, 0.7]), (kappa, 0, [0.75, -0.1])):
        assert axes.lines[0].get_xdata()[0] == pytest.approx(chance)
        drawn = [line.get_xdata()[0] for line in axes.lines if line.get_label() == "held_out"]
        assert drawn == values
        assert [line for line in axes.lines if line.get_label() == "inner"] == []
        assert axes.get_xlim()[0] <= min(chance, *values)
    title = figure.get_suptitle().replace("\n", " ")
    assert "fusion has an average accuracy of 0.80 (95 % interval 0.70–0.90)" in title
