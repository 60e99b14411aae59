"""Attribution to elements: it adds up, it is integrated gradients, and it is what a linear network makes it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from geohalo.network import path as path_module
from geohalo.network import superpixel_steps
from geohalo.network.attribution import STEPS, attributions, logit_differences
from geohalo.network.definition import TwoBranch, hetero_data
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.prediction import predict_logits
from geohalo.network.presets import PRESETS, VARIANTS, branches_in
from geohalo.network.trained import Trained
from geohalo.superpixels.graph import build_graph
from hypothesis import given, settings
from hypothesis import strategies as st

OPTIONS = {"plain": {}, "both": {"encoding": 3, "contrast": True}}


def summed(trained, steps=STEPS):
    return sum(part for _, part in attributions(trained, steps))


def assert_adds_up(trained, steps=STEPS):
    """Completeness to 1e-5 of the largest logit, whatever the number of steps."""
    start, end = logit_differences(trained).t()
    total = summed(trained, steps).sum(1)
    scale = float(torch.stack([start, end]).abs().max())
    torch.testing.assert_close(total, end - start, rtol=1e-4, atol=1e-5 * max(1, scale))
    assert (end - start).abs().max() > 0.01


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(
    "preset", ["default", pytest.param("reference", marks=pytest.mark.slow), "attention", "learned_fusion"]
)
@pytest.mark.parametrize(
    ("variant", "covariates"), [*((name, 0) for name in VARIANTS), ("fusion", 3), ("covariates", 9)]
)
def test_elements_and_branches_add_up_to_the_change_of_the_logit(
    random_network, scale_graphs, wide_survey, preset, variant, covariates, options, steps
):
    if (preset, variant) == ("reference", "linear"):
        pytest.skip("the published network has no linear term")
    trained = random_network(
        wide_survey[0],
        scale_graphs(wide_survey[1]),
        preset,
        variant,
        covariates=covariates,
        **OPTIONS[options],
    )
    assert_adds_up(replace(trained, temperature=torch.tensor([0.5, 3.0])), steps)
    found = [branch for branch, _ in attributions(trained)]
    assert found == list(branches_in(variant, covariates > 0, preset != "reference"))
    assert ("covariates" in found) == (covariates > 0)


@given(
    shape=st.tuples(st.integers(2, 9), st.integers(2, 9)),
    points=st.integers(1, 12),
    spread=st.sampled_from([0.1, 1.0, 5.0]),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_it_adds_up_on_any_layout(random_network, scale_graphs, shape, points, spread, seed):
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, shape, (points, 2))
    cells = np.indices(shape).reshape(2, -1).T[:, None]
    nearest = ((cells - places) ** 2).sum(-1).argmin(1)
    labels = np.unique(nearest, return_inverse=True)[1].reshape(shape) + 1
    values = (rng.normal(size=(labels.size, 6)) * spread).astype(np.float32)
    preset = ["default", "attention"][seed % 2]
    trained = random_network(values, scale_graphs([build_graph(labels).arrays()]), preset, seed=seed)
    start, end = logit_differences(trained).t()
    torch.testing.assert_close(summed(trained, steps=2).sum(1), end - start, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["default", "attention"])
@pytest.mark.parametrize(
    ("variant", "covariates"),
    [*((name, 0) for name in ("internal", "external", "spectrum", "fusion")), ("fusion", 4)],
)
def test_it_is_what_captum_says_of_the_definition(
    random_network, scale_graphs, survey, preset, variant, covariates
):
    """Integrated gradients of one cell of the plain network, by the values of all cells, added up over the cells."""
    values, arrays, _ = survey
    trained = random_network(values, scale_graphs(arrays), preset, variant, seeds=(4,), covariates=covariates)
    elements = values.shape[1] - covariates
    plain = TwoBranch(elements, 2, PRESETS[preset], variant, 2, covariates).eval()
    plain.load_state_dict({name: value[0] for name, value in trained.state.items()})
    graphs = [hetero_data(graph) for graph in arrays]

    def logit(batch, cell):
        logits = torch.stack([plain(one, graphs)[cell] for one in batch])
        return logits[:, 1] - logits[:, 0]

    steps = 100
    ours = summed(trained, steps=steps)
    for cell in (0, 83):
        found = IntegratedGradients(logit).attribute(
            trained.values[None],
            additional_forward_args=cell,
            n_steps=steps,
            method="gausslegendre",
            internal_batch_size=steps,
        )
        expected = found[0].sum(0).detach().float()
        assert expected.abs().max() > 0.02
        torch.testing.assert_close(ours[cell], expected, rtol=0.02, atol=0.01 * float(expected.abs().max()))


@pytest.mark.parametrize("variant", ["internal", "external", "spectrum"])
def test_of_a_linear_network_it_is_weight_times_value(random_network, scale_graphs, survey, variant):
    """Where nothing is negative every ReLU is open, and an element adds what it adds alone, whatever the others are."""
    values, graphs = np.abs(survey[0]), scale_graphs(survey[1])
    trained = random_network(values, graphs, variant=variant)
    x, encode = trained.values, trained.encode
    for name, value in trained.state.items():
        if name.endswith("running_mean"):
            value.zero_()
        elif "head.3" not in name:
            value.abs_()
    found = summed(trained, steps=1)
    nothing, everything = logit_differences(trained).t()
    rounding = 1e-5 * float(everything.abs().max())
    for element in range(values.shape[1]):
        alone = torch.zeros_like(x)
        alone[:, element] = x[:, element]
        logits = predict_logits(replace(trained, values=alone, encode=replace(encode, values=alone)))
        expected = (logits[:, 1] - logits[:, 0]).mean(0) - nothing
        torch.testing.assert_close(found[:, element], expected, rtol=1e-3, atol=rounding)
    assert found.abs().max() > 1e3 * rounding


@pytest.mark.parametrize("preset", ["default", "attention"])
def test_permuted_elements_have_permuted_attributions(random_network, scale_graphs, survey, preset):
    values, graphs = survey[0], scale_graphs(survey[1])
    trained = random_network(values, graphs, preset)
    place = torch.randperm(values.shape[1], generator=torch.Generator().manual_seed(1))
    state = {name: value.clone() for name, value in trained.state.items()}
    for name in state:
        if name.endswith("conv_1.lin.weight") and name.startswith("internal"):
            state[name] = state[name][:, :, place]
    for name in ("gate", "linear.weight"):
        state[name] = state[name][:, place]
    state["spectrum.order"] = torch.argsort(place)[state["spectrum.order"]]
    x = trained.values[:, place]
    encode = Encoding.of(x, graphs, PRESETS[preset])
    other = attributions(replace(trained, state=state, values=x, encode=encode))
    for (branch, found), (_, expected) in zip(other, attributions(trained), strict=True):
        torch.testing.assert_close(found, expected[:, place], rtol=1e-4, atol=1e-5, msg=branch)


@pytest.mark.parametrize("preset", ["default", "attention"])
def test_an_element_that_says_nothing_gets_nothing(random_network, scale_graphs, survey, preset):
    values, graphs = survey[0].copy(), scale_graphs(survey[1])
    values[:, 3] = 0  # at its mean everywhere
    trained = random_network(values, graphs, preset)
    for name, value in trained.state.items():
        if name.startswith("internal") and name.endswith("conv_1.lin.weight"):
            value[:, :, 5] = 0  # not looked at
    for branch, found in attributions(trained):
        assert (found[:, 3] == 0).all()
        assert (found[:, 5] == 0).all() == (branch not in ("spectrum", "linear"))
        assert (found[:, [0, 1, 2, 4]].abs().amax(0) > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("options", ["plain", "both"])
@pytest.mark.parametrize("preset", ["default", "attention"])
def test_blocks_and_regions_say_what_the_whole_map_says(
    random_network, scale_graphs, wide_survey, monkeypatch, preset, options
):
    trained = random_network(wide_survey[0], scale_graphs(wide_survey[1]), preset, **OPTIONS[options])
    whole = dict(attributions(trained))
    monkeypatch.setattr("geohalo.network.attribution.BLOCK_BYTES", 1)
    monkeypatch.setattr(superpixel_steps, "BLOCK_BYTES", 1)
    monkeypatch.setattr(superpixel_steps, "REGION_BYTES", 1)
    regions = []
    around = superpixel_steps.Region.around
    monkeypatch.setattr(
        superpixel_steps.Region, "around", lambda *given: regions.append(given) or around(*given)
    )
    for branch, found in attributions(trained):
        torch.testing.assert_close(found, whole[branch], rtol=1e-4, atol=1e-5, msg=branch)
    # Every superpixel is a region of its own.
    assert len(regions) == sum(graph.n_superpixels for graph in trained.graphs)
    assert path_module.BLOCK_BYTES > 1


def test_more_steps_change_less_and_less(random_network, scale_graphs, wide_survey):
    trained = random_network(wide_survey[0], scale_graphs(wide_survey[1]))
    found = [summed(trained, steps=steps) for steps in (1, 4, 16, 256)]
    away = [float((one - found[-1]).norm() / found[-1].norm()) for one in found[:-1]]
    assert away[0] > 2 * away[1] > 4 * away[2]
    assert away[2] < 0.005


def test_members_are_averaged_and_temperature_divides(random_network, scale_graphs, survey):
    values, graphs = survey[0], scale_graphs(survey[1])
    trained = random_network(values, graphs, seeds=(1, 2, 3))
    temperature = torch.tensor([1.0, 2.0, 4.0])
    each = []
    for member in range(3):
        alone = {name: value[member : member + 1] for name, value in trained.state.items()}
        each.append(summed(replace(trained, state=alone)) / temperature[member])
    torch.testing.assert_close(
        summed(replace(trained, temperature=temperature)), torch.stack(each).mean(0), rtol=1e-4, atol=1e-6
    )


def test_ends_of_the_line_are_the_network_s_own(random_network, scale_graphs, survey):
    values, graphs = survey[0], scale_graphs(survey[1])
    trained = random_network(values, graphs, encoding=4, contrast=True)
    x, encode = trained.values, trained.encode
    start, end = logit_differences(trained).t()
    at_mean = replace(encode, values=torch.zeros_like(x), means=torch.zeros_like(encode.means))
    for expected, (seen, features) in ((start, (torch.zeros_like(x), at_mean)), (end, (x, encode))):
        logits = predict_logits(replace(trained, values=seen, encode=features))
        torch.testing.assert_close(expected, (logits[:, 1] - logits[:, 0]).mean(0))


@pytest.mark.parametrize("options", OPTIONS)
def test_the_linear_term_adds_its_own_and_the_branches_nothing_for_what_is_not_kept(
    random_network, scale_graphs, survey, options
):
    values, graphs = survey[0], scale_graphs(survey[1])
    trained = random_network(values, graphs, seeds=(3,), **OPTIONS[options])
    found = dict(attributions(replace(trained, temperature=torch.tensor([2.0]))))
    assert list(found) == ["internal", "external", "spectrum", "linear"]
    weight = trained.state["linear.weight"][0]
    torch.testing.assert_close(found["linear"], trained.values * weight / 2)
    assert not trained.state["gate"][0, 0]
    for branch in ("internal", "external", "spectrum"):
        assert not found[branch][:, 0].any()
        assert found[branch][:, 1:].abs().amax(0).gt(0).all()


def test_three_classes_are_refused(scale_graphs, survey):
    values, graphs = survey[0], scale_graphs(survey[1])
    state = initial_members([0], values.shape[1], 2, PRESETS["default"], "fusion", 3)
    encode = Encoding.of(torch.as_tensor(values), graphs, PRESETS["default"])
    three = Trained(state, torch.as_tensor(values), graphs, encode, PRESETS["default"], "fusion")
    with pytest.raises(ValueError, match="two classes; this network has 3"):
        next(attributions(three))
