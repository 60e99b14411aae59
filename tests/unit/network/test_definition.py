"""The network as published: sizes, parameter counts, and the defects of the published code that it must not have."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from geohalo.network.definition import ExternalBranch, LinearTerm, SuperpixelNorm, TwoBranch, hetero_data
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.members import Members
from geohalo.network.parts import (
    DIRECTIONS,
    edge_directions,
    edge_distances,
    network_parts,
    part_weights,
    published_weights,
)
from geohalo.network.prediction import predict_logits
from geohalo.network.presets import PRESETS, VARIANTS, branches_in, lean_kernels, published_kernels
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.superpixels.graph import build_graph
from geohalo.superpixels.segmentation import segment
from torch_geometric.nn import GATv2Conv, GCNConv

REFERENCE = PRESETS["reference"]
#: The published network has no linear term.
NOT_THERE = ("reference", "linear")


def count(variant, preset="reference", elements=39):
    return sum(p.numel() for p in TwoBranch(elements, 1, PRESETS[preset], variant).parameters())


def test_published_parameter_count():
    assert count("fusion") == 581_878


def test_parameter_count_by_hand():
    """The spectrum branch: weights and biases of four convolutions and two linear layers."""
    convolutions = (10 * 128 + 128) + (128 * 10 * 256 + 256) + (256 * 11 * 64 + 64) + (64 * 11 * 32 + 32)
    assert count("spectrum") == convolutions + (32 * 16 + 16) + (16 * 2 + 2)


def test_variants_share_out_the_parameters():
    """Spatial and spectrum make up fusion; variant external keeps the internal layers that feed it."""
    assert count("spatial") + count("spectrum") == count("fusion")
    assert count("external") == count("spatial")
    assert count("internal") == 39 * 128 + 128 + 128 * 64 + 64 + 64 * 16 + 16 + 16 * 2 + 2


def test_published_recipe():
    """The settings of the published experiment, as method.md states them."""
    recipe = (REFERENCE.epochs, REFERENCE.learning_rate, REFERENCE.l1_internal, REFERENCE.weight_decay)
    assert recipe == (150, 1e-3, 1e-4, 0.0)
    assert (REFERENCE.clip_external, REFERENCE.clip_internal) == (2.0, 3.0)
    assert (REFERENCE.internal, REFERENCE.external, REFERENCE.spectrum) == (
        (128, 64),
        (128, 64),
        (128, 256, 64, 32),
    )
    added = ("encoding", "contrast", "attention", "label_smoothing", "group_weights", "variance_penalty")
    added += ("input_dropout", "pathfinders", "linear", "separate_losses")
    assert not any(getattr(REFERENCE, name) for name in added)
    assert (REFERENCE.fusion, REFERENCE.epsilon) == ("published", 1e-5)


def test_published_kernels():
    assert published_kernels(39) == [(10, 1), (10, 1), (11, 1), (11, 1)]


@pytest.mark.parametrize("elements", [5, 6, 20, 39, 53, 60])
def test_kernels_reduce_the_spectrum_to_one_position(elements):
    for kernels in (published_kernels(elements), lean_kernels(elements)):
        positions = elements
        for size, stride in kernels:
            assert 1 <= size <= positions
            positions = (positions - size) // stride + 1
        assert positions == 1


@pytest.mark.parametrize("elements", [2, 3, 4])
def test_too_few_elements_for_the_published_branch(elements):
    with pytest.raises(ValueError, match="at least 5 elements"):
        published_kernels(elements)
    assert lean_kernels(elements)[-1][0] >= 1


@pytest.mark.parametrize("elements", [39, 53])
def test_lean_spectrum_branch_costs_less_than_half_a_megaflop(elements):
    preset, positions, operations, channels = PRESETS["default"], elements, 0, 1
    for (size, stride), out in zip(preset.kernels(elements), preset.spectrum, strict=True):
        positions = (positions - size) // stride + 1
        operations += 2 * positions * size * channels * out
        channels = out
    assert operations < 0.5e6


def reordered(graph, order):
    """The same graph with its pixels stored in another order."""
    place = np.argsort(order)
    edges = place[graph["internal_edges"]]
    edges = edges[:, np.lexsort(edges[::-1])]
    return graph | {"assignment": graph["assignment"][order], "internal_edges": edges}


@pytest.mark.parametrize(
    ("preset", "variant"),
    [
        (preset, name)
        for preset in ("reference", "attention")
        for name in VARIANTS
        if (preset, name) != NOT_THERE and name != "covariates"
    ],
)
def test_defect_1_storage_order_of_pixels_changes_no_logit(survey, preset, variant):
    """Pixels in another order get the very logits that they had, in the definition and in the engine."""
    values, graphs, _ = survey
    recipe = PRESETS[preset]
    order = np.random.default_rng(1).permutation(len(values))
    state = initial_members([0], values.shape[1], 2, recipe, variant)
    logits = []
    for x, arrays in ((values, graphs), (values[order], [reordered(graph, order) for graph in graphs])):
        network = TwoBranch(values.shape[1], 2, recipe, variant).eval()
        network.load_state_dict({name: stacked[0] for name, stacked in state.items()})
        x = torch.as_tensor(x)
        scales = [ScaleGraph.from_arrays(graph, torch.device("cpu")) for graph in arrays]
        with torch.no_grad():
            plain = network(x, [hetero_data(graph) for graph in arrays])
        streamed = predict_logits(Trained(state, x, scales, Encoding(x), recipe, variant))[0].t()
        logits.append((plain, streamed))
    for before, after in zip(*logits, strict=True):
        torch.testing.assert_close(after, before[order], rtol=1e-5, atol=1e-6)


def test_defect_2_no_softmax_before_the_loss(survey):
    """Logits = 0.5 (0.5 external + 0.5 internal) + 0.5 spectrum: logits, and not probabilities that sum to 1."""
    values, graphs, _ = survey
    torch.manual_seed(0)
    network = TwoBranch(values.shape[1], 1, REFERENCE, "fusion").eval()
    x, graph = torch.as_tensor(values), hetero_data(graphs[0])
    touches = graph["superpixel", "touches", "superpixel"]
    with torch.no_grad():
        means, internal = network.internal[0](
            x, graph["pixel", "inside", "pixel"].edge_index, graph["pixel"].superpixel
        )
        external = network.external[0](
            means, touches.edge_index, graph["superpixel"].counted, touches.edge_attr
        )
        expected = 0.5 * (
            0.5 * external[graph["pixel"].superpixel] + 0.5 * internal
        ) + 0.5 * network.spectrum(x)
        logits = network(x, [graph])
    torch.testing.assert_close(logits, expected)
    assert not torch.allclose(logits.sum(-1), torch.ones(len(values)), atol=0.1)


def test_defect_3_test_cells_choose_no_epoch(survey, draw_members, train):
    """Members carry no test cells. The weights kept are those after the last epoch of a fixed number of them."""
    known = {field.name for field in fields(Members)}
    assert known == {
        *("seeds", "cells", "labels", "held_out", "groups", "epochs", "temperature"),
        *("factors", "validation_cells", "validation_labels", "validation_groups"),
    }
    values, graphs, _ = survey
    members = draw_members(len(values), 1)
    short, whole = (train(values, graphs, members, "reference", epochs=epochs) for epochs in (3, 5))
    assert whole.best_epoch.tolist() == [5]
    np.testing.assert_allclose(whole.history["loss"][:, :3], short.history["loss"], rtol=1e-6)
    assert not torch.equal(whole.state["spectrum.head.1.weight"], short.state["spectrum.head.1.weight"])


def test_defect_4_more_than_255_superpixels_lose_no_external_edge():
    """External edges among 400 superpixels, in the graph and in the network's matrix, against brute force."""
    y, x = np.mgrid[:40, :40]
    labels = (y // 2) * 20 + x // 2 + 1
    expected = {
        (labels[i, j] - 1, labels[k, m] - 1)
        for i in range(40)
        for j in range(40)
        for k in range(max(0, i - 1), min(40, i + 2))
        for m in range(max(0, j - 1), min(40, j + 2))
        if labels[i, j] != labels[k, m]
    }
    arrays = build_graph(labels).arrays()
    assert set(map(tuple, arrays["external_edges"].T.tolist())) == expected
    scale = ScaleGraph.from_arrays(arrays, torch.device("cpu"))
    rows, columns, entries = scale.adjacency.entries()
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
    assert (entries == 1).all()
    assert set(map(tuple, hetero_data(arrays).edge_index_dict.popitem()[1].t().tolist())) == expected


@pytest.mark.parametrize(("elements", "rows", "columns"), [(7, 5, 9), (39, 8, 6), (60, 4, 4)])
def test_defect_5_any_number_of_elements_and_pixels(elements, rows, columns):
    """Nothing assumes 39 elements or the published number of pixels."""
    labels = (np.arange(rows * columns).reshape(rows, columns) // 4) + 1
    values = np.random.default_rng(0).normal(size=(rows * columns, elements)).astype(np.float32)
    network = TwoBranch(elements, 1, REFERENCE, "fusion").eval()
    logits = network(torch.as_tensor(values), [hetero_data(build_graph(labels).arrays())])
    assert logits.shape == (rows * columns, 2)
    assert torch.isfinite(logits).all()


def test_defect_6_superpixels_follow_the_cube():
    """The segmentation takes the cube: a border in its last band alone is a border between superpixels."""
    values = np.random.default_rng(0).normal(size=(20 * 20, 6)) * 0.01
    right = np.tile(np.arange(20) >= 9, 20)
    values[right, -1] += 5
    labels = segment(values, np.ones((20, 20), bool), 16, 0.1).ravel()
    assert not set(labels[right]) & set(labels[~right])


def test_published_weights_by_hand():
    """Half for the spectrum; the other half shared by internal and external, and by the scales."""
    published = branches_in("fusion", covariates=False, linear=False)
    assert published == VARIANTS["geochemistry"]
    assert published_weights(1, published) == [0.25, 0.25, 0.5]
    assert published_weights(2, published) == [0.125, 0.125, 0.125, 0.125, 0.5]
    assert published_weights(2, VARIANTS["spatial"]) == [0.25] * 4
    assert published_weights(2, VARIANTS["internal"]) == [0.5, 0.5]
    assert published_weights(0, VARIANTS["spectrum"]) == [1.0]
    # The branches are corrections to a linear term, which counts in full.
    assert published_weights(1, (*published, "linear")) == [0.25, 0.25, 0.5, 1.0]
    # With covariates a third each.
    third = 1 / 3
    assert published_weights(1, VARIANTS["fusion"]) == [third / 2, third / 2, third, third]
    assert published_weights(0, branches_in("covariates", covariates=True, linear=True)) == [1.0, 1.0]
    assert published_weights(2, (*VARIANTS["internal"], "linear")) == [0.5, 0.5, 1.0]
    assert published_weights(0, ("linear",)) == [1.0]


def test_parts_by_hand():
    """In the order of their weights."""
    assert network_parts(branches_in("fusion", covariates=True, linear=True), 2) == [
        ("internal", 0),
        ("internal", 1),
        ("external", 0),
        ("external", 1),
        ("spectrum", 0),
        ("covariates", 0),
        ("linear", 0),
    ]
    assert network_parts(("linear",), 0) == [("linear", 0)]


def test_learned_weights_by_hand():
    """Softmax of their logarithms and what was learned, times the sum of those given."""
    prior = torch.tensor([0.5, 0.5, 1.0]).log()
    torch.testing.assert_close(part_weights(prior, None), torch.tensor([0.5, 0.5, 1.0]))
    torch.testing.assert_close(part_weights(prior, torch.zeros(3)), torch.tensor([0.5, 0.5, 1.0]))
    learned = torch.tensor([3.0, 1.0, 1.0]).log()  # 3/2, 1/2 and 1 of 3 in all, which are 2
    torch.testing.assert_close(part_weights(prior, learned), torch.tensor([1.0, 1 / 3, 2 / 3]))


def test_linear_term_by_hand():
    term = LinearTerm(2)
    term.weight.copy_(torch.tensor([2.0, -1.0]))
    term.bias.fill_(0.5)
    found = term(torch.tensor([[1.0, 3.0], [0.0, 0.0]]))
    torch.testing.assert_close(found, torch.tensor([[0.0, -0.5], [0.0, 0.5]]))
    assert not list(term.parameters())  # nothing of it is trained


def test_a_gate_in_the_definition(survey):
    """An element that is not kept reaches no branch; the linear term has weights of its own."""
    values, graphs, _ = survey
    data, x = [hetero_data(graph) for graph in graphs], torch.as_tensor(values)
    other = x.clone()
    other[:, 3] += 1
    torch.manual_seed(0)
    network = TwoBranch(values.shape[1], 2, PRESETS["default"], "fusion").eval()
    network.gate[3] = 0
    with torch.no_grad():
        before, after = network.parts(x, data), network.parts(other, data)
        assert torch.equal(before, after)
        network.gate[3], network.linear.weight[3] = 1, 2.0
        before, after = network.parts(x, data), network.parts(other, data)
    assert all(not torch.allclose(one, two) for one, two in zip(before, after, strict=True))
    torch.testing.assert_close(after[-1][:, 1] - before[-1][:, 1], torch.full((len(x),), 2.0))


def test_directions_by_hand():
    """East at distance 2, north at 4, south-west at 4 root 2 (in cells); the median distance is 4."""
    attributes = torch.tensor([[2.0, 0, 9], [0, 4, 1], [-4, -4, 1]])
    half = 0.5**0.5
    expected = [
        [1, 0, 1, 0, np.log(0.5)],
        [0, 1, -1, 0, 0],
        [-half, -half, 0, 1, np.log(2**0.5)],
    ]
    assert DIRECTIONS == 5
    torch.testing.assert_close(
        edge_directions(attributes), torch.tensor(expected, dtype=torch.float32), atol=1e-6, rtol=1e-6
    )
    some = edge_directions(attributes[:1], edge_distances(attributes).median())
    torch.testing.assert_close(some, torch.tensor(expected[:1], dtype=torch.float32), atol=1e-6, rtol=1e-6)
    assert edge_directions(torch.empty(0, 3)).shape == (0, 5)


def test_attention_takes_the_place_of_the_first_convolution():
    plain, attending = (ExternalBranch(PRESETS[name], 2).conv_1 for name in ("default", "attention"))
    assert isinstance(plain, GCNConv)
    assert isinstance(attending, GATv2Conv)
    assert attending.edge_dim == DIRECTIONS


def test_norm_counts_some_superpixels_and_changes_all():
    """Against torch's own batch normalisation of the superpixels counted; averages of the first steps are means."""
    torch.manual_seed(0)
    x, counted = torch.randn(9, 4) * 3 + 1, torch.arange(9) < 5
    norm, plain = SuperpixelNorm(4), torch.nn.BatchNorm1d(4, momentum=None)  # None: mean over the steps
    for shift in (2.0, -1.0, 0.0):
        out = norm(x + shift, counted)
        torch.testing.assert_close(out[:5], plain(x[:5] + shift))
    torch.testing.assert_close(norm.running_mean, plain.running_mean)
    torch.testing.assert_close(norm.running_var, plain.running_var)
    expected = (x[5:] - x[:5].mean(0)) / (x[:5].var(0, correction=0) + norm.eps).sqrt()
    torch.testing.assert_close(out[5:], expected)
    torch.testing.assert_close(norm.eval()(x, counted), plain.eval()(x))


def test_learned_fusion_starts_at_the_published_weights(survey):
    values, graphs, _ = survey
    data = [hetero_data(graph) for graph in graphs]
    torch.manual_seed(0)
    published = TwoBranch(values.shape[1], 2, PRESETS["default"], "fusion").eval()
    learned = TwoBranch(values.shape[1], 2, replace(PRESETS["default"], fusion="learned"), "fusion").eval()
    learned.load_state_dict(published.state_dict(), strict=False)
    x = torch.as_tensor(values)
    with torch.no_grad():
        torch.testing.assert_close(learned(x, data), published(x, data))
        learned.fusion[-2] += (
            20  # all weight to the spectrum branch: that of the branches, and the linear term's
        )
        torch.testing.assert_close(learned(x, data), 2 * learned.spectrum(x))
