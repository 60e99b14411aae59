"""Percentiles and their classes: worked examples, and what holds of any map."""

import numpy as np
import pytest
from geohalo.products.percentiles import (
    LIMITS,
    class_labels,
    class_scores,
    limit_labels,
    percentile_class,
    percentiles,
    rank_colours,
)


def test_percentiles_of_a_small_map():
    values = np.array([[4.0, np.nan], [1.0, 2.0], [2.0, np.nan]])
    # Two equal values share the middle of the two places that they take.
    np.testing.assert_allclose(percentiles(values), [[87.5, np.nan], [12.5, 50.0], [50.0, np.nan]])
    assert np.isnan(percentiles(np.full((2, 2), np.nan))).all()


def test_classes_hold_the_shares_of_ground_that_their_names_say():
    score = 0.35 + 0.2 * np.random.default_rng(1).permutation(10_000).reshape(100, 100) / 10_000
    classes = percentile_class(score)
    np.testing.assert_array_equal(np.bincount(classes.ravel()), [5000, 2500, 1500, 500, 300, 200])
    # However narrow the scores lie: any rising function of them has the same classes.
    np.testing.assert_array_equal(percentile_class(np.exp(50 * score)), classes)
    assert score[classes == 5].min() > score[classes == 4].max()
    assert percentile_class(np.array([np.nan, 1.0])).tolist() == [-1, 1]


def test_limits_are_told_with_the_scores_there():
    score = np.linspace(0.0, 1.0, 101)
    np.testing.assert_allclose(class_scores(score), np.array(LIMITS) / 100)
    assert class_labels(score)[-2:] == ["95–98 %, score 0.95–0.98", "98–100 %, score 0.98–1.00"]
    assert limit_labels(score)[3] == "90 % (0.90)"
    assert limit_labels(score, brief=True) == ["0", "50", "75", "90", "95", "98", "100"]
    # Scores that lie close are told to more digits.
    assert class_labels(0.4 + score / 100)[-1] == "98–100 %, score 0.4098–0.4100"


def test_colours_can_be_told_apart_and_rise_in_lightness():
    hues = [tuple(int(hue[k : k + 2], 16) for k in (1, 3, 5)) for hue in rank_colours()]
    assert len(hues) == len(LIMITS) - 1
    lightness = np.array([0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in hues])
    assert np.diff(lightness).min() > 15


@pytest.mark.parametrize("value", [0.3, -2.0])
def test_a_map_of_one_value_is_the_middle_of_itself(value):
    assert percentiles(np.full((3, 3), value)).tolist() == [[50.0] * 3] * 3
