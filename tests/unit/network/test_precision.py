"""Mixed precision: the convolutions along the spectrum in bfloat16, all else in float32."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.presets import PRESETS, VARIANTS
from sklearn.metrics import roc_auc_score

STILL = {"dropout": 0.0, "input_dropout": 0.0}
OPTIONS = {
    "default": {},
    "attention": {"attention": True},
    "encoded": {"encoding": 4, "contrast": True, "fusion": "learned"},
    "map": {"normalisation": "map"},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_mixed_precision_stays_close(wide_survey, draw_members, train, variant, options):
    """Losses differ by 1 % at first and 8 % after three steps, scores by 0.05 (bfloat16 has 8 bits of mantissa).

    Without a spectrum branch nothing changes. Not the scores of the external branch beside it: its normalisation
    divides channels that are almost constant over the labelled superpixels by next to nothing, and so enlarges any
    rounding.
    """
    values, graphs, _ = wide_survey
    recipe = replace(PRESETS["default"], **STILL, **OPTIONS[options])
    members = draw_members(len(values), 2, 100)
    full, mixed = (
        train(values, graphs, members, recipe, variant, precision=precision)
        for precision in ("float32", "mixed")
    )
    assert mixed.score.dtype == np.float32
    assert all(p.dtype == full.state[name].dtype for name, p in mixed.state.items())
    if "spectrum" not in VARIANTS[variant]:
        np.testing.assert_array_equal(mixed.score, full.score)
        return
    if "external" not in VARIANTS[variant]:
        np.testing.assert_allclose(mixed.score, full.score, atol=0.05)
    np.testing.assert_allclose(mixed.history["loss"][:, 0], full.history["loss"][:, 0], rtol=0.01)
    np.testing.assert_allclose(mixed.history["loss"], full.history["loss"], rtol=0.08)
    assert not np.array_equal(mixed.score, full.score)  # it is not full precision by another name


def test_mixed_precision_learns_what_full_precision_learns(survey, draw_members, train):
    """Labels that follow one element: the area under the curve on all other cells is the same to 0.03."""
    values, graphs, _ = survey
    truth = (values[:, 3] > 0).astype(int)
    members = draw_members(len(values), 2, 80)
    members = replace(members, labels=truth[members.cells])
    areas = []
    for precision in ("float32", "mixed"):
        result = train(values, graphs, members, "default", "fusion", 60, precision=precision)
        rest = [np.setdiff1d(np.arange(len(values)), cells) for cells in members.cells]
        areas.append([roc_auc_score(truth[r], result.score[m, 0, r]) for m, r in enumerate(rest)])
    assert np.min(areas) > 0.75
    np.testing.assert_allclose(*areas, atol=0.03)


def test_mixed_precision_with_validation(survey, draw_members, train):
    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    labels = np.tile(np.arange(10) % 2, (2, 1))
    members = replace(members, validation_cells=members.cells[:, :10], validation_labels=labels)
    result = train(values, graphs, members, patience=2, epochs=4, precision="mixed")
    assert np.isfinite(result.history["validation_loss"]).all()


def test_what_is_repeatable_in_full_precision_is_in_mixed(survey, draw_members, train):
    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    first, second = (train(values, graphs, members, precision="mixed") for _ in range(2))
    assert torch.equal(first.state["spectrum.head.1.weight"], second.state["spectrum.head.1.weight"])
    np.testing.assert_array_equal(first.score, second.score)
