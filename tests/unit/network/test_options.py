"""Options of presets that act on what branches see in training, and the weights of the branches."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, initial_members
from geohalo.network.labelled import labelled_logits, labelled_scale
from geohalo.network.presets import PRESETS, VARIANTS

STILL = {"dropout": 0.0, "input_dropout": 0.0, "element_dropout": 0.0, "noise": 0.0}
PLAIN = replace(PRESETS["default"], encoding=0, contrast=False, fusion="published", **STILL)
CPU = torch.device("cpu")


def engine_of(preset, members=2, elements=11, variant="fusion", training=True):
    return Engine(
        initial_members(list(range(members)), elements, 2, preset, variant),
        preset,
        VARIANTS[variant],
        training,
    )


def logits_of(survey, scales, preset, variant="fusion", training=True, seed=0):
    """Logits of the same labelled cells by the same weights."""
    values = torch.as_tensor(survey[0])
    cells = torch.arange(0, 40).view(2, 20)
    nothing = torch.zeros(2, len(values), dtype=torch.bool)
    engine = engine_of(preset, 2, values.shape[1], variant, training)
    encode = Encoding.of(values, scales, preset)
    labelled = [labelled_scale(scale, encode, cells, nothing, preset) for scale in scales]
    torch.manual_seed(seed)
    with torch.no_grad():
        return labelled_logits(engine, values[cells.t()], labelled if variant != "spectrum" else []).fused()


@pytest.mark.parametrize("option", ["dropout", "input_dropout", "element_dropout", "noise"])
@pytest.mark.parametrize("variant", ["fusion", "spatial", "spectrum"])
def test_disturbances_act_in_training_alone(survey, scales, option, variant):
    disturbed = replace(PLAIN, **{option: 0.4})
    first, second = (logits_of(survey, scales, disturbed, variant, seed=seed) for seed in (0, 1))
    assert not torch.allclose(first, second)
    assert torch.equal(first, logits_of(survey, scales, disturbed, variant, seed=0))
    calm, plain = (logits_of(survey, scales, p, variant, training=False) for p in (disturbed, PLAIN))
    assert torch.equal(calm, plain)


def test_noise_has_the_deviation_asked_for():
    x = torch.ones(200, 3, 40)
    torch.manual_seed(0)
    noise = engine_of(replace(PLAIN, noise=0.3)).disturbed(x) - x
    assert noise.std().item() == pytest.approx(0.3, rel=0.03)
    assert noise.mean().item() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("bins", [1, 4])
def test_input_dropout_drops_all_bins_of_an_input(bins):
    torch.manual_seed(0)
    x = torch.full((500, 6 * bins), 2.0)
    seen = engine_of(replace(PLAIN, input_dropout=0.25)).disturbed(x, bins).view(500, 6, bins)
    assert torch.equal(seen, seen[..., :1].expand_as(seen))
    assert (seen == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    torch.testing.assert_close(seen[seen > 0].unique(), torch.tensor([2 / 0.75]))


def test_element_dropout_takes_whole_elements_from_a_member():
    """The same elements from the graph branch (with all their bins and contrasts) and from the spectrum."""
    elements, bins = 11, 3
    preset = replace(PLAIN, element_dropout=0.4, encoding=bins, contrast=True)
    engine = engine_of(preset, 40, elements)
    torch.manual_seed(0)
    kept = engine.kept_elements(40, elements, CPU)
    assert kept.shape == (40, elements)
    torch.testing.assert_close(kept.unique(), torch.tensor([0, 1 / 0.6]))
    assert (kept == 0).float().mean().item() == pytest.approx(0.4, abs=0.08)
    assert len(torch.unique(kept, dim=0)) > 30  # members lose elements of their own
    weight, whole = engine.first_weight(0, kept), engine.first_weight(0)
    by_input = (weight / whole)[..., :-1].view(40, -1, 2, elements, bins)
    expected = kept.view(40, 1, 1, elements, 1).expand_as(by_input)
    torch.testing.assert_close(by_input, expected)
    assert torch.equal(weight[..., -1], whole[..., -1])  # the bias stays


def test_a_dropped_element_does_not_reach_the_logits(survey, scales, monkeypatch):
    """In the whole network: with element 3 dropped, other values of it change no logit."""
    values, *rest = survey
    kept = torch.ones(2, values.shape[1])
    kept[:, 3] = 0
    monkeypatch.setattr(Engine, "kept_elements", lambda *_: kept)
    preset = replace(PLAIN, contrast=True)
    changed = values.copy()
    changed[:, 3] = changed[::-1, 3]
    plain, other = (logits_of((cube, *rest), scales, preset) for cube in (values, changed))
    torch.testing.assert_close(other, plain)
    kept[:, 3] = 1
    plain, other = (logits_of((cube, *rest), scales, preset) for cube in (values, changed))
    assert not torch.allclose(other, plain)


def test_no_element_dropout_no_draw():
    assert engine_of(PLAIN).kept_elements(2, 11, CPU) is None
    calm = engine_of(replace(PLAIN, element_dropout=0.5), training=False)
    assert calm.kept_elements(2, 11, CPU) is None


@pytest.mark.parametrize("option", [{"encoding": 4}, {"contrast": True}, {"attention": True}])
def test_what_the_spatial_branch_sees_leaves_the_spectrum_branch_as_it_is(survey, scales, option):
    preset = replace(PLAIN, **option)
    assert not torch.allclose(
        logits_of(survey, scales, preset, "spatial"), logits_of(survey, scales, PLAIN, "spatial")
    )
    spectrum = [logits_of(survey, scales, p, "spectrum") for p in (preset, PLAIN)]
    assert torch.equal(*spectrum)


@pytest.mark.parametrize("variant", ["fusion", "spatial", "internal"])
def test_learned_fusion_starts_published_and_moves(survey, draw_members, train, variant):
    values, graphs, _ = survey
    learned = replace(PLAIN, fusion="learned")
    torch.testing.assert_close(
        engine_of(learned, variant=variant).weights(), engine_of(PLAIN, variant=variant).weights()
    )
    members = draw_members(len(values), 2)
    result = train(values, graphs, members, learned, variant, epochs=5)
    weights = (result.state["prior"] + result.state["fusion"]).softmax(1)
    torch.testing.assert_close(weights.sum(1), torch.ones(2))
    assert (result.state["fusion"].abs().amax(1) > 1e-3).all()
    assert not torch.equal(result.state["fusion"][0], result.state["fusion"][1])
    assert "fusion" not in train(values, graphs, members, PLAIN, variant, epochs=1).state


def test_number_of_features_by_hand():
    assert PLAIN.features(39) == 39
    assert replace(PLAIN, contrast=True).features(39) == 78
    assert replace(PLAIN, encoding=8).features(39) == 312
    assert replace(PLAIN, encoding=8, contrast=True).features(39) == 624


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": 4},
        {"contrast": True},
        {"attention": True},
        {"loss": "positive_unlabelled"},
        {"label_smoothing": 0.2},
        {"group_weights": True},
        {"variance_penalty": 1.0},
        {"input_dropout": 0.2},
        {"element_dropout": 0.2},
        {"noise": 0.2},
        {"fusion": "learned"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_each_option_reaches_training(survey, draw_members, train, options):
    """An option that nothing reads would leave the map as it is."""
    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    groups = np.where(members.labels == 1, np.arange(24) // 9, -1)
    members = replace(members, groups=groups)
    plain, other = (train(values, graphs, members, replace(PLAIN, **o)) for o in ({}, options))
    assert np.abs(other.score - plain.score).max() > 1e-4
    assert np.isfinite(other.history["loss"]).all()
