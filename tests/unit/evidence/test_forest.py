"""Random forests: the trees of scikit-learn's classifier, and how many each fold's mean rests on."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence import classifiers, forest
from geohalo.evidence.class_weights import balanced_weights
from geohalo.evidence.classifiers import learned_scores
from geohalo.evidence.folds import Folds
from geohalo.evidence.forest import forest_scores, grown_trees
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

M, BANDS = 300, 9


def training(classes=2, seed=0):
    """Return values (M, BANDS) and labels; later classes are rarer, and each raises a value of its own."""
    generator = np.random.default_rng(seed)
    label = generator.choice(classes, M, p=np.arange(classes, 0, -1) / (classes * (classes + 1) / 2))
    values = generator.normal(size=(M, BANDS)).astype(np.float32)
    values[np.arange(M), label] += 1.5
    return values, label


class AsClassifier(DecisionTreeClassifier):
    """The classifier's tree for the targets that the forest gives to a tree of regression."""

    def fit(self, values, target, drawn, check_input):
        label = target.argmax(axis=1) if target.ndim == 2 else target.astype(int)
        return super().fit(values, label, drawn, check_input=check_input)


def test_classes_weigh_alike():
    weight = balanced_weights(np.array([0, 0, 0, 1, 2, 2]))
    np.testing.assert_allclose(weight, [2 / 3, 2 / 3, 2 / 3, 2, 1, 1])


@pytest.mark.parametrize("classes", [2, 3])
def test_a_tree_of_regression_is_the_classifiers_tree(classes, monkeypatch):
    """Splits of equal gain may be told apart by rounding, so that one tree in a hundred may differ."""
    values, label = training(classes)
    trees = grown_trees(values, label, 100, 3, state=5)
    monkeypatch.setattr(forest, "DecisionTreeRegressor", AsClassifier)
    others = grown_trees(values, label, 100, 3, state=5)
    assert len(trees) == len(others) == 100
    same = 0
    for tree, other in zip(trees, others, strict=True):
        share = other.value[:, 0] / other.value[:, 0].sum(axis=1, keepdims=True)
        found = tree.value[:, 0, 0] if classes == 2 else tree.value[:, :, 0]
        same += (
            tree.node_count == other.node_count
            and np.array_equal(tree.feature, other.feature)
            and np.array_equal(tree.threshold, other.threshold)
            and np.allclose(found, share[:, 1] if classes == 2 else share, atol=1e-12)
        )
    assert same >= 99
    assert {tree.feature[0] for tree in trees} == set(range(BANDS))


def test_cells_are_drawn_so_that_classes_weigh_alike():
    """The share of halo at the root is that of the draw: 1/2 on average, with a deviation of 1 / (2 sqrt(M))."""
    values, _ = training()
    label = (np.arange(M) < 30).astype(int)
    trees = grown_trees(values, label, 400, 3, state=1)
    share = np.array([tree.value[0, 0, 0] for tree in trees])
    deviation = 0.5 / np.sqrt(M)
    assert share.mean() == pytest.approx(0.5, abs=4 * deviation / 20)
    assert share.std() == pytest.approx(deviation, rel=0.15)
    assert min(tree.n_node_samples[tree.children_left < 0].min() for tree in trees) >= 3


@pytest.mark.parametrize("classes", [2, 3])
def test_scores_are_those_of_the_librarys_forest(classes):
    """Two forests of 300 trees of the library differ by as much as one of them and ours."""
    values, label = training(classes)
    elsewhere = np.random.default_rng(9).normal(size=(500, BANDS)).astype(np.float32) * 1.5
    library = [
        RandomForestClassifier(300, min_samples_leaf=3, class_weight="balanced", random_state=state)
        .fit(values, label)
        .predict_proba(elsewhere)
        for state in (0, 1)
    ]
    ours = forest_scores(grown_trees(values, label, 300, 3, state=2), elsewhere)
    ours = np.stack([1 - ours, ours], axis=1) if classes == 2 else ours.T
    noise = (library[0] - library[1]).std()
    assert (ours - library[0]).std() < 1.3 * noise
    np.testing.assert_allclose((ours - library[0]).mean(axis=0), 0, atol=0.3 * noise)
    np.testing.assert_allclose(ours.sum(axis=1), 1)


def test_threads_and_parts_change_nothing(monkeypatch):
    values, label = training(3)
    trees = grown_trees(values, label, 60, 3, state=7)
    scores = forest_scores(trees, values)
    assert scores.shape == (3, M)
    by_threads = grown_trees(values, label, 60, 3, state=7, n_jobs=3)
    np.testing.assert_array_equal(forest_scores(by_threads, values, n_jobs=4), scores)
    monkeypatch.setattr("geohalo.evidence.chunks.in_chunks.__defaults__", (70,))
    np.testing.assert_array_equal(forest_scores(trees, values), scores)
    other = grown_trees(values, label, 60, 3, state=8)
    assert (forest_scores(other, values) != scores).any()


def final_folds(draws):
    """Return one fold whose draws are parts of the training cells."""
    cells = [
        pd.DataFrame({"fold": 0, "draw": draw, "cell": np.arange(draw % 2, M, 2), "label": 0, "group": -1})
        for draw in range(draws)
    ]
    table = pd.concat(cells, ignore_index=True)
    table["label"] = training()[1][table["cell"]]
    nothing = np.full(2, -1)
    return Folds("final", 1, np.array([0, 1]), nothing, np.zeros((1, M), bool), table, np.empty(0))


@pytest.mark.parametrize("draws", [1, 3])
def test_each_draw_has_300_trees(draws, monkeypatch):
    """With fewer, where a deposit ranks among few decoys changes from seed to seed."""
    grown = []

    def counted(*arguments):
        grown.append(grown_trees(*arguments))
        return grown[-1]

    monkeypatch.setattr(classifiers, "grown_trees", counted)
    values, _ = training()
    mean, spread = learned_scores("random_forest", values, final_folds(draws), 0, 1)
    counts = [len(one) for one in grown]
    assert counts == [300] * draws
    # The mean is that over all trees, and the spread the deviation of the draws' forests.
    scores = np.array([forest_scores(one, values) for one in grown])
    every = forest_scores([tree for one in grown for tree in one], values)
    np.testing.assert_allclose(mean[0], every, atol=1e-6)
    np.testing.assert_allclose(spread[0], scores.std(axis=0), atol=1e-6)
