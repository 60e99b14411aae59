"""Cuts by the ground that held-out deposits took, and the table of all cuts."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.concentration_area import Lines
from geohalo.products.thresholds import classes_of, share_cuts, success_cuts, threshold_table

#: A hundred cells with the scores 0.01, 0.02, ... 1.00, in no order.
SCORE = np.random.default_rng(0).permutation(np.arange(1, 101) / 100).astype(np.float32)
#: Four deposits, found in the best 5, 10, 30 and 80 % of the area.
RANK = np.array([0.95, 0.2, 0.9, 0.7])


def test_cuts_take_the_area_that_held_out_deposits_took():
    cuts = success_cuts(SCORE, RANK, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose([(cut <= SCORE).sum() for cut in cuts], [5, 10, 30, 80])
    np.testing.assert_allclose(cuts, [0.96, 0.91, 0.71, 0.21], rtol=1e-6)
    # Two of three is not found by half of them.
    assert (success_cuts(SCORE, RANK[:3], [0.5])[0] <= SCORE).sum() == 10


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.333, 1.0])
def test_a_share_takes_so_many_of_the_best_cells(share):
    cut = share_cuts(SCORE, np.array([share]))[0]
    assert (cut <= SCORE).sum() == max(1, np.ceil(share * 100))


def test_classes_count_the_thresholds_that_are_reached():
    classes = classes_of(np.array([0.1, 0.3, 0.5, 0.9]), np.array([0.3, 0.6]))
    assert classes.tolist() == [0, 1, 1, 2]
    assert classes.dtype == np.uint8


def test_table_tells_ground_and_deposits_from_each_class_upwards():
    lines = Lines(np.array([0.71, 0.91]), np.array([-1.0, -2.0, -3.0]), np.array([0.0, 0.1, 0.2]))
    thresholds = np.array([SCORE[SCORE >= 0.705].min(), SCORE[SCORE >= 0.905].min()], dtype=float)
    table = threshold_table("concentration_area", SCORE, thresholds, RANK, 2000.0, lines)
    assert table["class"].tolist() == [0, 1, 2]
    assert table["score"].tolist() == pytest.approx([0.01, 0.71, 0.91])
    assert table["area_share"].tolist() == pytest.approx([1.0, 0.3, 0.1])
    assert table["area_km2"].tolist() == pytest.approx([400, 120, 40])
    assert table["deposits"].tolist() == [4, 3, 2]
    assert table["found"].tolist() == [1.0, 0.75, 0.5]
    assert table["slope"].tolist() == [-1, -2, -3]


def test_areas_of_the_table_are_those_of_the_classes():
    score = np.random.default_rng(1).random(5000).astype(np.float32)
    thresholds = np.sort(np.random.default_rng(2).random(4))
    table = threshold_table("success_rate", score, thresholds, RANK, 100.0)
    classes = classes_of(score, thresholds)
    assert table["area_share"].tolist() == pytest.approx([(classes >= k).mean() for k in range(5)])
    assert table["slope"].isna().all()


def test_without_deposits_nothing_is_said_of_them():
    table = threshold_table("concentration_area", SCORE, np.array([0.5]), np.empty(0), 100.0)
    assert table["deposits"].tolist() == [0, 0]
    assert table["found"].isna().all()
    assert isinstance(table, pd.DataFrame)
