"""Metrics of classes: worked confusion matrices, the library's numbers against scikit-learn, and intervals."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.class_folds import draw_class_folds
from geohalo.evidence.class_metrics import (
    class_metrics,
    confusion_rates,
    confusion_table,
    judged_cells,
    predicted_class,
    weighted_auc,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, f1_score, roc_auc_score

#: True class by row: 6 + 2 + 0, 1 + 3 + 0, 1 + 1 + 2 cells.
WORKED = np.array([[6, 2, 0], [1, 3, 0], [1, 1, 2]])


def cells_of(matrix, blocks=4, fold=0):
    """Return a table of test cells with this confusion matrix, dealt to blocks in turn."""
    true, predicted = (index.ravel() for index in np.indices(matrix.shape))
    count = matrix.ravel()
    label, given_class = np.repeat(true, count), np.repeat(predicted, count)
    group = np.arange(len(label)) % blocks
    return pd.DataFrame({"fold": fold, "group": group, "label": label, "predicted": given_class})


def estimates(table, n_classes, n_bootstrap=200):
    return class_metrics(table, n_classes, n_bootstrap, seed=0).set_index("metric")


def test_worked_confusion_matrix():
    table = cells_of(WORKED)
    found = estimates(table, 3)
    assert found.index.tolist() == [
        *("overall_accuracy", "average_accuracy", "kappa"),
        *(f"recall_class_{k}" for k in (1, 2, 3)),
        *(f"f1_class_{k}" for k in (1, 2, 3)),
    ]
    chance = (8 * 8 + 4 * 6 + 4 * 2) / 16**2
    expected = {
        "overall_accuracy": 11 / 16,
        "average_accuracy": (6 / 8 + 3 / 4 + 2 / 4) / 3,
        "kappa": (11 / 16 - chance) / (1 - chance),
        "recall_class_1": 6 / 8,
        "recall_class_2": 3 / 4,
        "recall_class_3": 2 / 4,
        "f1_class_1": 12 / 16,
        "f1_class_2": 6 / 10,
        "f1_class_3": 4 / 6,
    }
    for name, value in expected.items():
        assert found.loc[name, "estimate"] == pytest.approx(value), name
    assert found["n"].tolist() == [16, 16, 16, 8, 4, 4, 8, 4, 4]
    assert (found["low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["high"]).all()
    counted = confusion_table(table, 3)
    np.testing.assert_array_equal(counted["cells"].to_numpy().reshape(3, 3), WORKED)
    assert counted.loc[1].tolist() == [1, 2, 2]


def test_perfect_and_constant_maps():
    perfect = estimates(cells_of(np.diag([5, 4])).assign(score=[0.0] * 5 + [1.0] * 4), 2)
    assert (perfect["estimate"] == 1).all()
    assert (perfect["low"] == 1).all()
    constant = estimates(cells_of(np.array([[0, 5], [0, 4]])).assign(score=0.7), 2)
    assert constant.loc["average_accuracy", "estimate"] == 0.5
    assert constant.loc["kappa", "estimate"] == pytest.approx(0)
    assert constant.loc["recall_class_1", "estimate"] == constant.loc["f1_class_1", "estimate"] == 0
    assert constant.loc["roc_auc", "estimate"] == 0.5


def test_no_interval_from_a_single_block():
    found = estimates(cells_of(WORKED, blocks=1), 3)
    assert found[["low", "high"]].isna().all(axis=None)
    assert found["estimate"].notna().all()


def test_intervals_resample_whole_blocks():
    """Two blocks, one all right and one all wrong: a draw is 0, 1/2 or 1, with probabilities 1/4, 1/2, 1/4."""
    table = pd.DataFrame({"fold": 0, "group": [0] * 4 + [1] * 4, "label": [0, 1] * 4})
    table["predicted"] = np.where(table["group"] == 0, table["label"], 1 - table["label"])
    found = estimates(table.assign(score=table["predicted"].astype(float)), 2, n_bootstrap=1000)
    for metric, low, high in (("overall_accuracy", 0, 1), ("kappa", -1, 1), ("roc_auc", 0, 1)):
        assert found.loc[metric, ["low", "high"]].tolist() == [low, high], metric
    assert found.loc["overall_accuracy", "estimate"] == 0.5


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5).flatmap(lambda k: st.lists(st.integers(0, 6), min_size=k * k, max_size=k * k)))
def test_rates_of_a_confusion_matrix_are_those_of_scikit_learn(counts):
    k = round(len(counts) ** 0.5)
    matrix = np.array(counts).reshape(k, k)
    if matrix.sum() < 2:
        return
    table = cells_of(matrix)
    label, predicted = table["label"], table["predicted"]
    found = confusion_rates(np.array([counts]))
    assert found["overall_accuracy"][0] == pytest.approx((label == predicted).mean())
    if np.unique(table[["label", "predicted"]]).size > 1:
        assert found["kappa"][0] == pytest.approx(cohen_kappa_score(label, predicted))
        if set(predicted) <= set(label):
            assert found["average_accuracy"][0] == pytest.approx(balanced_accuracy_score(label, predicted))
    f1 = f1_score(label, predicted, labels=range(k), average=None, zero_division=np.nan)
    np.testing.assert_allclose(found["f1"][0], f1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 60), st.integers(2, 6))
def test_weighted_auc_is_that_of_the_repeated_cells(seed, n, n_blocks):
    generator = np.random.default_rng(seed)
    label, block = generator.integers(0, 2, n), generator.integers(0, n_blocks, n)
    score = generator.integers(0, 8, n) / 8
    weights = generator.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=5)
    found = weighted_auc(label, score, block, weights)
    for weight, value in zip(weights, found, strict=True):
        repeated = np.repeat(np.arange(n), weight[block])
        if len(set(label[repeated])) < 2:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(roc_auc_score(label[repeated], score[repeated]))


def test_predicted_class():
    assert predicted_class(np.array([0.2, 0.5, 0.9])).tolist() == [0, 1, 1]
    assert predicted_class(np.array([[0.5, 0.2], [0.3, 0.3], [0.2, 0.5]])).tolist() == [0, 2]


def folds_of(n_classes):
    y, x = np.indices((12, 12))
    cells = np.column_stack([x.ravel(), -y.ravel()]).astype(float)
    classes = np.random.default_rng(0).integers(0, n_classes + 1, 144)
    labels = {"group_distance": 3.0, "buffer": 0.5, "folds": 3, "positives": 5, "seed": 0}
    return classes, {one: draw_class_folds(one, cells, classes, labels, 1) for one in ("held_out", "final")}


@pytest.mark.parametrize("n_classes", [2, 3])
def test_each_cell_is_judged_in_the_map_of_its_own_fold(n_classes):
    classes, folds = folds_of(n_classes)
    held_out = folds["held_out"]
    # The map of each fold is right for its own test cells and wrong elsewhere.
    wrong = np.where(classes > 0, classes % n_classes, 0)
    maps = np.stack([wrong] * 3)
    for fold in range(3):
        cell = held_out.test(fold)["cell"]
        maps[fold, cell] = classes[cell] - 1
    scores = np.moveaxis(np.eye(n_classes)[maps], -1, 1)
    table = judged_cells(scores[:, 1] if n_classes == 2 else scores, held_out)
    assert len(table) == (classes > 0).sum()
    assert (table["label"] == table["predicted"]).all()
    assert ("score" in table) == (n_classes == 2)


def test_scores_that_do_not_fit():
    _, folds = folds_of(2)
    with pytest.raises(ValueError, match="not probabilities"):
        judged_cells(np.full((3, 144), 1.5), folds["held_out"])
    with pytest.raises(ValueError, match="not probabilities"):
        judged_cells(np.full((3, 144), np.nan), folds["held_out"])
    with pytest.raises(ValueError, match="expected"):
        judged_cells(np.full((2, 144), 0.5), folds["held_out"])
    with pytest.raises(ValueError, match="tests no cell"):
        judged_cells(np.full((1, 144), 0.5), folds["final"])
