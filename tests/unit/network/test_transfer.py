"""Members trained on one survey and applied to another."""

from dataclasses import replace

import numpy as np
import pytest
from geohalo.network.run import Settings
from geohalo.network.transfer import predict_elsewhere
from geohalo.superpixels.graph import build_graph

SETTINGS = {"device": "cpu", "epochs": 3}
ENCODED = {"encoding": 4, "contrast": True}


def flipped(survey):
    """The same survey with north in the south: values and graphs of the mirrored images."""
    values, _, images = survey
    mask = images[0] > 0
    cube = np.full((*mask.shape, values.shape[1]), np.nan, np.float32)
    cube[mask] = values
    order = np.zeros(mask.shape, int)
    order[mask] = np.arange(mask.sum())
    graphs = [build_graph(image[::-1]).arrays() for image in images]
    return (cube[::-1][mask[::-1]], graphs), order[::-1][mask[::-1]]


@pytest.mark.parametrize("variant", ["fusion", "spectrum", "internal", "external"])
@pytest.mark.parametrize("options", [{}, ENCODED])
def test_a_mirrored_survey_gets_the_mirrored_map(survey, draw_members, train, variant, options):
    values, graphs, _ = survey
    result = train(values, graphs, draw_members(len(values)), variant=variant, options=options)
    settings = Settings(variant=variant, options=options, **SETTINGS)
    same = predict_elsewhere(result, settings, (values, graphs), (values, graphs))
    np.testing.assert_allclose(same, result.score, atol=1e-6)
    mirrored, order = flipped(survey)
    found = predict_elsewhere(result, settings, (values, graphs), mirrored)
    np.testing.assert_allclose(found, result.score[..., order], atol=1e-5)
    assert np.ptp(result.score) > 0.01


def test_chosen_members_each_keep_their_temperature(survey, draw_members, train):
    values, graphs, _ = survey
    result = train(values, graphs, draw_members(len(values)))
    warm = replace(result, temperature=np.array([1.0, 2.0, 4.0]))
    found = predict_elsewhere(
        warm, Settings(**SETTINGS), (values, graphs), (values, graphs), chosen=np.array([2, 1])
    )
    logit = np.log(result.score / (1 - result.score))
    expected = 1 / (1 + np.exp(-logit[[2, 1]] / np.array([4.0, 2.0])[:, None, None]))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_quantiles_of_the_encoding_are_those_of_the_trained_survey(survey, draw_members, train):
    """Values above all that training saw are one and the same to it; by quantiles of their own they would differ."""
    values, graphs, _ = survey
    options = {"encoding": 4}
    result = train(values, graphs, draw_members(len(values)), variant="internal", options=options)
    settings = Settings(variant="internal", options=options, **SETTINGS)
    far, flat = (
        predict_elsewhere(result, settings, (values, graphs), (other, graphs))
        for other in (values + 100, np.full_like(values, 1000))
    )
    np.testing.assert_allclose(far, flat, atol=1e-6)
    assert np.abs(far - result.score).max() > 1e-3


def test_another_number_of_elements_or_scales_is_refused(survey, draw_members, train):
    values, graphs, _ = survey
    result = train(values, graphs, draw_members(len(values)))
    settings = Settings(**SETTINGS)
    for other in ((values[:, 1:], graphs), (values, graphs[:1])):
        with pytest.raises(ValueError, match="trained on 11 elements and 2 scales, but the other survey has"):
            predict_elsewhere(result, settings, (values, graphs), other)
