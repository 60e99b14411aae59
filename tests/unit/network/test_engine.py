"""Stacked members against one member at a time in PyTorch Geometric's own layers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network import first_layer
from geohalo.network.definition import TwoBranch, hetero_data
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, External, branches_of, initial_members, is_trained, kept_features
from geohalo.network.labelled import external_of_map, labelled_logits, labelled_scale
from geohalo.network.masks import Masks
from geohalo.network.prediction import predict_logits
from geohalo.network.presets import PRESETS, VARIANTS
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from torch_geometric.nn import GATv2Conv

CPU = torch.device("cpu")
STILL = {"dropout": 0.0, "input_dropout": 0.0}
DEFAULT = PRESETS["default"]
#: All presets, and options together that presets have one by one.
RECIPES = PRESETS | {
    "encoded": replace(DEFAULT, encoding=4, contrast=True),
    "encoded attention": replace(DEFAULT, attention=True, encoding=3, contrast=False, fusion="learned"),
    "attention over the map": replace(PRESETS["reference"], attention=True, contrast=True),
}
#: Every recipe with every variant that it has.
CASES = [
    (name, variant)
    for name in RECIPES
    for variant in VARIANTS
    if variant not in ("geochemistry", "covariates") and (variant != "linear" or RECIPES[name].linear)
]
#: How many of the last columns are covariates, in variants that have a branch of these: in one of them all are.
WITH_COVARIATES = [("default", "fusion", 3), ("encoded attention", "fusion", 3), ("reference", "fusion", 2)]
WITH_COVARIATES += [("default", "covariates", 11), ("reference", "covariates", 11)]


def prepared(survey, recipe, variant, seeds=(5, 6), n_classes=2, covariates=0):
    """Return values, scales, the fitted encoding, and parameters with statistics unlike their initial values.

    Each member keeps every other element of its own, and has a linear term, where the recipe asks for them.
    """
    values = torch.as_tensor(survey[0])
    spatial = {"internal", "external"} & set(VARIANTS[variant])
    scales = [ScaleGraph.from_arrays(graph, CPU) for graph in survey[1]] if spatial else []
    sizes = (values.shape[1] - covariates, 2, recipe, variant, n_classes, covariates)
    state = initial_members(list(seeds), *sizes)
    torch.manual_seed(3)
    for name in state:
        if name.endswith("running_var"):
            state[name] = torch.rand_like(state[name]) + 0.5
        if name.endswith("running_mean") or name == "fusion" or name.startswith("linear."):
            state[name] = torch.randn_like(state[name])
        if name == "gate":
            state[name] = (
                (torch.arange(state[name].shape[1]) + torch.arange(len(seeds))[:, None]) % 2
            ).float()
            state[name][:, 2] = 0  # no member keeps this one
    return values, scales, Encoding.of(values, scales, recipe), state


def definition(state, member, survey, recipe, variant, n_classes=2, covariates=0):
    elements = survey[0].shape[1] - covariates
    network = TwoBranch(elements, 2, recipe, variant, n_classes, covariates)
    network.load_state_dict({name: values[member] for name, values in state.items()})
    return network


def features_of(encode, values, variant):
    return None if variant in ("spectrum", "linear", "covariates") else encode(torch.arange(len(values)))


@pytest.mark.parametrize(
    ("preset", "variant", "covariates"), [*((*case, 0) for case in CASES), *WITH_COVARIATES]
)
def test_prediction_equals_the_definition(survey, preset, variant, covariates):
    recipe = RECIPES[preset]
    values, scales, encode, state = prepared(survey, recipe, variant, covariates=covariates)
    assert ("covariates.head.1.weight" in state) == (covariates > 0)
    stacked = predict_logits(Trained(state, values, scales, encode, recipe, variant))
    data = [hetero_data(graph) for graph in survey[1]]
    for member in range(2):
        network = definition(state, member, survey, recipe, variant, covariates=covariates).eval()
        with torch.no_grad():
            plain = network(values, data, features_of(encode, values, variant))
        torch.testing.assert_close(stacked[member].t(), plain, rtol=1e-4, atol=1e-6)


def assert_step_equals_the_definition(
    survey, recipe, variant, cells, n_classes=2, rounding=5e-4, covariates=0
):
    """Logits of labelled pixels, gradients of all parameters and running statistics, with nothing held out.

    Gradients may differ by ``rounding`` of the largest one: normalisation over few superpixels divides by
    small numbers.
    (Against the definition in double precision, both differ by up to 1e-3.)
    """
    values, scales, encode, state = prepared(
        survey, recipe, variant, n_classes=n_classes, covariates=covariates
    )
    start = {name: p.clone() for name, p in state.items()}
    for name in filter(is_trained, state):
        state[name].requires_grad_()
    nothing = torch.zeros(len(cells), len(values), dtype=torch.bool)
    near = "internal" in VARIANTS[variant]
    columns = kept_features(state, recipe)
    labelled = [labelled_scale(scale, encode, cells, nothing, recipe, near, columns) for scale in scales]
    engine = Engine(state, recipe, branches_of(state, variant), Masks(torch.tensor([5, 6]), 0))
    found = labelled_logits(engine, values[cells.t()], labelled)
    logits = found.fused()
    assert (found.usable == 1).all()
    if any(map(is_trained, state)):
        logits.square().sum().backward()
    for member in range(len(cells)):
        network = definition(start, member, survey, recipe, variant, n_classes, covariates).train()
        counted = cells[member] if recipe.normalisation == "labelled" else None
        data = [hetero_data(graph, counted) for graph in survey[1]]
        plain = network(values, data, features_of(encode, values, variant))[cells[member]]
        torch.testing.assert_close(logits[:, member], plain, rtol=1e-4, atol=1e-5)
        if not list(network.parameters()):
            continue
        plain.square().sum().backward()
        largest = max(p.grad.abs().max().item() for p in network.parameters() if p.grad is not None)
        for name, parameter in network.named_parameters():
            mine = state[name].grad
            if parameter.grad is None:
                assert mine is None or not mine.any(), name
            else:
                close = {
                    "rtol": 1e-3,
                    "atol": rounding * largest,
                    "msg": lambda text, name=name: f"{name}: {text}",
                }
                torch.testing.assert_close(mine[member], parameter.grad, **close)
        for name, buffer in network.named_buffers():
            if "running" in name:
                close = {"rtol": 1e-3, "atol": 2e-5 * buffer.abs().max().item()}
                torch.testing.assert_close(
                    state[name][member], buffer, **close, msg=lambda text, name=name: f"{name}: {text}"
                )
    return labelled


@pytest.mark.parametrize(
    ("preset", "variant", "covariates"), [*((*case, 0) for case in CASES), *WITH_COVARIATES]
)
def test_training_step_equals_the_definition(survey, preset, variant, covariates, monkeypatch):
    """In several blocks of the first layer."""
    monkeypatch.setitem(first_layer.BLOCK_BYTES, "cpu", 20_000)
    torch.manual_seed(1)
    cells = torch.stack([torch.randperm(len(survey[0]))[:24] for _ in range(2)])
    recipe = replace(RECIPES[preset], **STILL)
    labelled = assert_step_equals_the_definition(survey, recipe, variant, cells, covariates=covariates)
    assert all(len(scale.blocks) > 1 for scale in labelled)


@pytest.mark.parametrize("preset", ["default", "encoded", "encoded attention"])
@pytest.mark.parametrize("variant", ["fusion", "external"])
def test_a_step_on_a_small_receptive_field_equals_the_whole_map(wide_survey, preset, variant):
    """Labels in one corner: the field is a part of the map, and nothing of the step depends on where it ends."""
    columns = np.indices((14, 40))[1].ravel()
    rng = np.random.default_rng(0)
    cells = torch.as_tensor(np.stack([rng.choice(np.flatnonzero(columns < 8), 64) for _ in range(2)]))
    recipe = replace(RECIPES[preset], **STILL)
    labelled = assert_step_equals_the_definition(wide_survey, recipe, variant, cells, rounding=3e-3)
    assert all(len(scale.features) < 0.75 * len(columns) for scale in labelled)


@pytest.mark.parametrize("n_classes", [3, 4])
def test_a_step_with_several_classes_equals_the_definition(survey, n_classes):
    torch.manual_seed(1)
    cells = torch.stack([torch.randperm(len(survey[0]))[:24] for _ in range(2)])
    assert_step_equals_the_definition(survey, replace(DEFAULT, **STILL), "fusion", cells, n_classes)


def attending(members=2, channels=6, seed=0):
    """A random external graph with attention of a few members, and what the definition would hold."""
    torch.manual_seed(seed)
    convs = [GATv2Conv(channels, channels, edge_dim=5, fill_value=0.0) for _ in range(members)]
    for conv in convs:
        torch.nn.init.normal_(conv.bias)
    state = {f"conv.{n}": torch.stack([c.state_dict()[n] for c in convs]) for n in convs[0].state_dict()}
    both = torch.triu(torch.rand(9, 9) < 0.4, 1)
    edges = (both | both.t()).nonzero().t()
    directions, x = torch.randn(edges.shape[1], 5), torch.randn(9, members, channels)
    return convs, Engine(state, DEFAULT, ()), edges, directions, x


def external_of(edges, directions, present):
    nothing = torch.empty(0)
    return External(torch.arange(len(present)), None, edges, directions, nothing, present, nothing)


def test_attention_is_gatv2():
    convs, engine, edges, directions, x = attending()
    out, along = engine.attention("conv", external_of(edges, directions, torch.ones(9, 2)), x)
    for m, conv in enumerate(convs):
        expected, (index, attention) = conv(x[:, m], edges, directions, return_attention_weights=True)
        torch.testing.assert_close(out[:, m], expected, rtol=1e-4, atol=1e-5)
        without_loops = attention[index[0] != index[1], 0]
        torch.testing.assert_close(along[:, m], without_loops, rtol=1e-4, atol=1e-6)
        itself = torch.empty(9).index_put(
            (index[0][index[0] == index[1]],), attention[index[0] == index[1], 0]
        )
        total = itself.index_add(0, edges[1], along[:, m])
        torch.testing.assert_close(total, torch.ones(9))


def test_attention_ignores_superpixels_that_are_cut():
    """For the member that they are cut for; the rest share the attention as PyG does on the graph without them."""
    convs, engine, edges, directions, x = attending()
    present = torch.ones(9, 2)
    present[[2, 5], 0] = 0
    out, along = engine.attention("conv", external_of(edges, directions, present), x)
    kept = ~torch.isin(edges[0], torch.tensor([2, 5]))
    assert not along[~kept, 0].any()
    assert along[~kept, 1].all()
    torch.testing.assert_close(
        out[:, 0], convs[0](x[:, 0], edges[:, kept], directions[kept]), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(out[:, 1], convs[1](x[:, 1], edges, directions), rtol=1e-4, atol=1e-5)
    moved = x.clone()
    moved[[2, 5], 0] += 10
    other, _ = engine.attention("conv", external_of(edges, directions, present), moved)
    there = [s for s in range(9) if s not in (2, 5)]
    assert torch.equal(other[there], out[there])


def test_attention_of_large_scores_stays_finite():
    _, engine, edges, directions, x = attending()
    out, along = engine.attention("conv", external_of(edges, directions, torch.ones(9, 2)), x * 1e4)
    assert torch.isfinite(out).all()
    assert torch.isfinite(along).all()


def test_whole_external_cuts_nothing(scales):
    graph = external_of_map(scales[0], 3)
    degree = scales[0].adjacency.matrix.to_dense().sum(1)
    torch.testing.assert_close(graph.scaling, ((degree + 1) ** -0.5).unsqueeze(1).expand(-1, 3))
    assert graph.present.min() == graph.counted.min() == 1


def test_members_start_as_the_definition_does():
    """A seed is a draw of initial weights: the same as torch draws for the definition, whatever the company."""
    stacked = initial_members([4, 9, 4], 11, 2, DEFAULT, "fusion")
    torch.manual_seed(9)
    alone = TwoBranch(11, 2, DEFAULT, "fusion").state_dict()
    assert all(torch.equal(stacked[name][1], value) for name, value in alone.items())
    assert all(torch.equal(values[0], values[2]) for values in stacked.values())


def test_what_is_trained():
    state = initial_members([0], 11, 1, replace(DEFAULT, fusion="learned"), "fusion")
    parameters = dict(TwoBranch(11, 1, replace(DEFAULT, fusion="learned"), "fusion").named_parameters())
    assert set(filter(is_trained, state)) == set(parameters)


def test_features_that_no_member_keeps_are_left_out(survey):
    """Bins and contrast of an element stay or go with it; the weights of what stays are the same."""
    recipe = replace(PRESETS["default"], encoding=3, contrast=True, pathfinders=4)
    values, _, _, state = prepared(survey, recipe, "fusion")
    elements = values.shape[1]
    state["gate"].zero_()
    state["gate"][0, 1] = state["gate"][1, 4] = 1
    kept = kept_features(state, recipe)
    expected = [
        copy * 3 * elements + 3 * element + k for copy in (0, 1) for element in (1, 4) for k in range(3)
    ]
    assert kept.tolist() == expected
    engine = Engine(state, recipe, branches_of(state, "fusion"))
    full, some = engine.first_weight(0), engine.first_weight(0, kept)
    torch.testing.assert_close(some, full[:, :, [*expected, -1]], rtol=0, atol=0)
    assert not full[:, :, sorted(set(range(full.shape[2] - 1)) - set(expected))].any()
    del state["gate"]
    assert kept_features(state, recipe) is None
