"""The network as published: sizes, parameter counts, and the defects of the published code that it must not have."""

import inspect

import numpy as np
import pytest
import torch
from geohalo.network import training
from geohalo.network.definition import TwoBranch, hetero_data
from geohalo.network.presets import PRESETS, VARIANTS, lean_kernels, published_kernels

REFERENCE = PRESETS["reference"]


def count(variant, preset="reference", elements=39):
    return sum(p.numel() for p in TwoBranch(elements, 1, PRESETS[preset], variant).parameters())


def test_published_parameter_count():
    assert count("fusion") == 581_878


def test_parameter_count_by_hand():
    """The spectrum branch: weights and biases of four convolutions and two linear layers."""
    convolutions = (10 * 128 + 128) + (128 * 10 * 256 + 256) + (256 * 11 * 64 + 64) + (64 * 11 * 32 + 32)
    assert count("spectrum") == convolutions + (32 * 16 + 16) + (16 * 2 + 2)


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


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_storage_order_of_pixels_changes_no_logit(survey, preset, variant):
    """Pixels in another order, with edges renumbered, get the very logits that they had (published defect 1)."""
    values, graphs, _ = survey
    torch.manual_seed(0)
    network = TwoBranch(values.shape[1], 2, PRESETS[preset], variant).eval()
    order = np.random.default_rng(1).permutation(len(values))
    place = np.argsort(order)
    moved = [
        graph | {"assignment": graph["assignment"][order], "internal_edges": place[graph["internal_edges"]]}
        for graph in graphs
    ]
    with torch.no_grad():
        plain = network(torch.as_tensor(values), [hetero_data(graph) for graph in graphs])
        other = network(torch.as_tensor(values[order]), [hetero_data(graph) for graph in moved])
    torch.testing.assert_close(other, plain[order], rtol=1e-5, atol=1e-6)


def test_fusion_is_the_published_mean_of_branches(survey):
    """Logits = 0.5 (0.5 external + 0.5 internal) + 0.5 spectrum, logits and not probabilities (published defect 2)."""
    values, graphs, _ = survey
    torch.manual_seed(0)
    network = TwoBranch(values.shape[1], 1, REFERENCE, "fusion").eval()
    x, graph = torch.as_tensor(values), hetero_data(graphs[0])
    with torch.no_grad():
        means, internal = network.internal[0](
            x, graph["pixel", "inside", "pixel"].edge_index, graph["pixel"].superpixel
        )
        edges = graph["superpixel", "touches", "superpixel"].edge_index
        external = network.external[0](means, edges, graph["superpixel"].counted)
        expected = 0.5 * (
            0.5 * external[graph["pixel"].superpixel] + 0.5 * internal
        ) + 0.5 * network.spectrum(x)
        logits = network(x, [graph])
    torch.testing.assert_close(logits, expected)
    assert not torch.allclose(logits.sum(-1), torch.ones(len(values)))


def test_training_never_receives_a_test_cell():
    """No epoch is chosen on test cells (published defect 3): members carry training cells, and epochs are fixed."""
    assert set(inspect.signature(training.Members).parameters) == {"seeds", "cells", "labels", "held_out"}


@pytest.mark.parametrize(("elements", "rows", "columns"), [(7, 5, 9), (39, 8, 6), (60, 4, 4)])
def test_any_number_of_elements_and_pixels(elements, rows, columns):
    """Nothing assumes 39 elements or the published number of pixels (published defect 5)."""
    from geohalo.superpixels.graph import build_graph

    labels = (np.arange(rows * columns).reshape(rows, columns) // 4) + 1
    values = np.random.default_rng(0).normal(size=(rows * columns, elements)).astype(np.float32)
    network = TwoBranch(elements, 1, REFERENCE, "fusion").eval()
    logits = network(torch.as_tensor(values), [hetero_data(build_graph(labels, values).arrays())])
    assert logits.shape == (rows * columns, 2)
    assert torch.isfinite(logits).all()
