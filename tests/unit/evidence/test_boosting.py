"""Gradient boosting: the very numbers of scikit-learn, whose trees it grows."""

import numpy as np
import pytest
from geohalo.evidence import boosting
from geohalo.evidence.boosting import bin_thresholds, bins, boosted_scores
from sklearn.ensemble import HistGradientBoostingClassifier

M = 400
#: What an upgrade of scikit-learn must leave as it is, or geohalo.evidence.boosting follow.
ADVICE = (
    "scikit-learn keeps its boosted trees differently: change _by_comparisons and _branch in "
    "scripts/geohalo/evidence/boosting.py to read them. Until then scores come from the library, three times slower."
)


def model(**options):
    settings = {
        "max_iter": 40,
        "max_depth": 3,
        "min_samples_leaf": 20,
        "l2_regularization": 1.0,
        "max_bins": 31,
        "early_stopping": False,
        "class_weight": "balanced",
        "random_state": 0,
    }
    return HistGradientBoostingClassifier(**(settings | options))


def training(kind, classes=2, seed=0):
    """Return values (M, 6) and labels of which later ones are rarer."""
    generator = np.random.default_rng(seed)
    label = generator.choice(classes, M, p=np.arange(classes, 0, -1) / (classes * (classes + 1) / 2))
    values = generator.normal(size=(M, 6))
    values[np.arange(M), label] += 1
    if kind == "censored":  # half of the values at one limit, the rest rounded
        values = np.maximum(np.round(values, 1), np.median(values, axis=0))
    if kind == "few":  # fewer values than bins; one column does not vary
        values = np.round(values)
        values[:, 3] = 1
    return values.astype(np.float32), label


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", ["plain", "censored", "few"])
@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_the_librarys(kind, classes, seed):
    values, label = training(kind, classes, seed)
    generator = np.random.default_rng(99)
    elsewhere = np.concatenate([values, generator.normal(size=(500, 6)).astype(np.float32) * 2])
    known = model().fit(values, label).predict_proba(elsewhere)
    found = boosted_scores(values, label, model())(elsewhere)
    np.testing.assert_allclose(found, known[:, 1] if classes == 2 else known.T, rtol=0, atol=1e-12)
    assert np.ptp(found) > 0.5


@pytest.mark.parametrize("classes", [2, 3])
def test_the_library_scores_bins_where_its_trees_cannot_be_read(classes, monkeypatch):
    values, label = training("plain", classes)
    first = boosted_scores(values, label, model())(values)

    def unreadable(*_):
        raise AttributeError("_predictors")

    monkeypatch.setattr(boosting, "_branch", unreadable)
    np.testing.assert_allclose(boosted_scores(values, label, model())(values), first, rtol=0, atol=1e-12)


def test_trees_of_this_version_can_be_read():
    values, label = training("plain")
    fitted = model().fit(values, label)
    thresholds = [np.arange(31.0)] * 6
    try:
        boosting._by_comparisons(fitted, thresholds)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        pytest.fail(f"{ADVICE} ({error!r})")


def test_bins_of_equal_weight_by_hand():
    """Weights 2, 1, 1, 1, 1 in three bins: 2 each. The first value fills a bin, and so does each pair after it.

    Where a bin is exactly full, its limit lies halfway to the next value.
    """
    column, weight = np.array([5.0, 1, 2, 4, 3]), np.array([1.0, 2, 1, 1, 1])
    np.testing.assert_allclose(bin_thresholds(column, weight, 3), [1.5, 3.5])
    # With four bins of 1.5: 1.5 lies within the first value, 3 fills up the second, 4.5 lies within the fourth.
    np.testing.assert_allclose(bin_thresholds(column, weight, 4), [1, 2.5, 4])
    numbers = bins(column[:, None].astype(np.float32), [np.array([1, 2.5, 4])])
    np.testing.assert_array_equal(numbers[:, 0], [3, 0, 1, 2, 2])


def test_a_bin_without_a_training_cell_is_none():
    """A value with two thirds of the weight: of three bins the first limit lies on it, the second halfway to the next.

    No cell lies between the two, and the lower one stays. Up to as many values as bins, each value has its own.
    """
    column, weight = np.array([1.0, 1, 2, 3]), np.array([2.5, 1.5, 1, 1])
    np.testing.assert_allclose(bin_thresholds(column, weight, 3), [1.5, 2.5])
    repeated = np.array([1.0, 1, 2, 3, 4]), np.array([2.5, 1.5, 1, 0.5, 0.5])
    np.testing.assert_allclose(bin_thresholds(*repeated, 3), [1])


def test_limits_between_float32_values_tell_them_apart_as_exactly():
    """Two neighbouring float32 values: their middle is a limit that float32 cannot hold."""
    low = np.float32(0.1)
    high = np.nextafter(low, np.float32(1))
    values = np.where(np.arange(80) < 40, low, high)[:, None].astype(np.float32)
    label = (np.arange(80) >= 40).astype(int)
    found = boosted_scores(values, label, model())(values)
    known = model().fit(values, label).predict_proba(values)[:, 1]
    np.testing.assert_allclose(found, known, rtol=0, atol=1e-12)
    assert found[0] < 0.1 < 0.9 < found[-1]
