"""Options of presets that act on what branches see in training, and the weights of the branches."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, branches_of, initial_members
from geohalo.network.labelled import labelled_logits, labelled_scale, seen_features, seen_spectra
from geohalo.network.masks import Masks
from geohalo.network.parts import part_weights
from geohalo.network.presets import PRESETS

STILL = {"dropout": 0.0, "input_dropout": 0.0}
PLAIN = replace(PRESETS["default"], encoding=0, contrast=False, fusion="published", pathfinders=0, **STILL)
CPU = torch.device("cpu")


def engine_of(preset, members=2, elements=11, variant="fusion", step=0):
    """Engine in a step of training, or in evaluation where there is no step."""
    seeds = torch.arange(members)
    state = initial_members(seeds.tolist(), elements, 2, preset, variant)
    return Engine(state, preset, branches_of(state, variant), None if step is None else Masks(seeds, step))


def labelled_of(survey, scales, preset):
    """Spectra (cells, members, elements) and scales of the same labelled cells."""
    values = torch.as_tensor(survey[0])
    cells = torch.arange(0, 40).view(2, 20)
    nothing = torch.zeros(2, len(values), dtype=torch.bool)
    encode = Encoding.of(values, scales, preset)
    return values[cells.t()], [labelled_scale(scale, encode, cells, nothing, preset) for scale in scales]


def logits_of(survey, scales, preset, variant="fusion", step=0, gate=None):
    """Logits of the same labelled cells by the same weights."""
    spectra, labelled = labelled_of(survey, scales, preset)
    engine = engine_of(preset, 2, spectra.shape[2], variant, step)
    if gate is not None:
        engine.state["gate"].copy_(gate)
    with torch.no_grad():
        return labelled_logits(engine, spectra, labelled if variant != "spectrum" else []).fused()


@pytest.mark.parametrize("option", ["dropout", "input_dropout"])
@pytest.mark.parametrize("variant", ["fusion", "spatial", "spectrum"])
def test_disturbances_act_in_training_alone(survey, scales, option, variant):
    disturbed = replace(PLAIN, **{option: 0.4})
    first, second = (logits_of(survey, scales, disturbed, variant, step) for step in (0, 1))
    assert not torch.allclose(first, second)
    assert torch.equal(first, logits_of(survey, scales, disturbed, variant, 0))
    calm, plain = (logits_of(survey, scales, p, variant, None) for p in (disturbed, PLAIN))
    assert torch.equal(calm, plain)


@pytest.mark.parametrize("bins", [1, 4])
def test_input_dropout_drops_all_bins_of_an_input_for_all_members(survey, scales, bins):
    preset = replace(PLAIN, input_dropout=0.25, encoding=bins if bins > 1 else 0)
    _, labelled = labelled_of(survey, scales, preset)
    for scale in labelled:
        filled = replace(scale, features=torch.full_like(scale.features, 2.0))
        steps = [seen_features(engine_of(preset, step=step), filled) for step in range(8)]
        for seen in steps:
            by_input = seen[:, :-1].unflatten(1, (-1, bins))
            assert torch.equal(by_input, by_input[..., :1].expand_as(by_input))
            torch.testing.assert_close(by_input.unique(), torch.tensor([0.0, 2 / 0.75]))
            assert (seen[:, -1] == 2).all()  # the column of the bias
        every = torch.stack(steps)[..., :-1]
        assert (every == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
        # A pixel is dropped by its number on the map, whichever members' field it lies in.
        some = torch.arange(0, len(scale.pixels), 3)
        part = replace(scale, pixels=scale.pixels[some], features=filled.features[some])
        assert torch.equal(seen_features(engine_of(preset, members=5, step=3), part), steps[3][some])


def test_input_dropout_of_spectra_is_each_members_own():
    preset = replace(PLAIN, input_dropout=0.25)
    x = torch.full((500, 3, 6), 2.0)
    seen = seen_spectra(engine_of(preset, members=3), x)
    torch.testing.assert_close(seen.unique(), torch.tensor([0.0, 2 / 0.75]))
    for member in range(3):
        assert (seen[:, member] == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert not torch.equal(seen[:, 0], seen[:, 1])
    assert torch.equal(seen_spectra(engine_of(preset, members=2), x[:, :2]), seen[:, :2])


@pytest.mark.parametrize("variant", ["fusion", "spatial", "spectrum"])
def test_an_element_that_is_not_kept_does_not_reach_the_logits(survey, scales, variant):
    """In the whole network, its bins and contrasts too: other values of it change no logit, of that member alone."""
    values, *rest = survey
    gate = torch.ones(2, values.shape[1])
    gate[0, 3] = 0
    preset = replace(PLAIN, contrast=True, encoding=3, pathfinders=4)
    changed = values.copy()
    changed[:, 3] = changed[::-1, 3]
    plain, other = (
        logits_of((cube, *rest), scales, preset, variant, gate=gate) for cube in (values, changed)
    )
    torch.testing.assert_close(other[:, 0], plain[:, 0])
    assert not torch.allclose(other[:, 1], plain[:, 1])


@pytest.mark.parametrize(("bins", "contrast"), [(0, False), (3, False), (0, True), (3, True)])
def test_a_gate_keeps_the_weights_of_an_elements_bins_and_contrasts(bins, contrast):
    elements, preset = 11, replace(PLAIN, pathfinders=4, encoding=bins, contrast=contrast)
    engine = engine_of(preset, 5, elements)
    whole = engine.first_weight(0)
    assert torch.equal(whole[..., :-1], engine.state["internal.0.conv_1.lin.weight"])
    engine.state["gate"].copy_(
        (torch.rand(5, elements, generator=torch.Generator().manual_seed(0)) < 0.4).float()
    )
    weight = engine.first_weight(0)
    by_input = (weight / whole)[..., :-1].view(5, -1, 1 + contrast, elements, max(1, bins))
    assert torch.equal(by_input, engine.state["gate"].view(5, 1, 1, elements, 1).expand_as(by_input))
    assert torch.equal(weight[..., -1], whole[..., -1])  # the bias stays


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
    weights = part_weights(result.state["prior"], result.state["fusion"])
    # The branches have 1 and the linear term 1.
    torch.testing.assert_close(weights.sum(1), torch.full((2,), 2.0))
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
        {"group_weights": False},
        {"variance_penalty": 1.0},
        {"input_dropout": 0.2},
        {"dropout": 0.2},
        {"pathfinders": 3},
        {"linear": False},
        {"epsilon": 1e-5},
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
