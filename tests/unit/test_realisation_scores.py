"""Scores of several realisations put together, and what is told of them."""

import numpy as np
import pandas as pd
import pytest
from geohalo.alternatives import alternative
from geohalo.errors import InputError
from geohalo.settings import check_settings
from geohalo.stages.average_realisations import pooled
from geohalo.stages.measure_realisations import realisations_sentence


def test_spreads_of_groups_add_up_to_that_of_all_members():
    members = np.random.default_rng(0).normal(size=(3, 5, 7)) * np.arange(1, 8)
    found = pooled(members.mean(axis=1), members.std(axis=1))
    np.testing.assert_allclose(found["score"], members.mean(axis=(0, 1)))
    np.testing.assert_allclose(found["spread"], members.std(axis=(0, 1)))
    np.testing.assert_allclose(found["between"], members.mean(axis=1).std(axis=0))


def test_the_sentence_has_mean_and_range():
    table = pd.DataFrame(
        {
            "realisation": ["interpolated", "mean", "1", "2", "1"],
            "metric": ["capture", "capture", "capture", "capture", "roc_auc"],
            "estimate": [0.8, 0.78, 0.7, 0.76, 0.1],
        }
    )
    assert realisations_sentence(table) == (
        "Held-out capture of the interpolated map 0.80; of 2 realisations 0.73 (0.70 to 0.76), of their mean 0.78"
    )


@pytest.mark.parametrize(
    ("interpolation", "allowed"),
    [
        ({"method": "kriging"}, True),
        ({"method": "best"}, True),
        ({"method": "best", "candidates": ["idw", "kriging"]}, True),
        ({"method": "best", "candidates": ["idw", "smooth"]}, False),
        ({"method": "idw"}, False),
        ({}, False),
    ],
)
def test_realisations_need_kriging(interpolation, allowed):
    config = {"survey": "a", "simulate": {}, "interpolation": {"realisations": 3, **interpolation}}
    if allowed:
        assert check_settings(config)["interpolation"]["realisations"] == 3
        return
    with pytest.raises(
        InputError, match=r"interpolation\.realisations.*needs elements that are kriged"
    ) as error:
        check_settings(config, "mine.yaml")
    assert str(error.value).startswith("mine.yaml: ")
    assert ("candidates" in str(error.value)) == ("candidates" in interpolation)


def test_other_workflows_of_a_survey_need_no_realisations():
    """A consensus may grid by a method that has none."""
    config = {"survey": "a", "simulate": {}, "interpolation": {"realisations": 3, "method": "kriging"}}
    other = alternative(check_settings(config), {"interpolation.method": "idw"})
    assert other["interpolation"]["method"] == "idw"
    assert other["interpolation"]["realisations"] == 0
