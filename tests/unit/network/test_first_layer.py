"""The blocked first layer against the plain computation: the numbers, and the gradient by autograd and differences."""

from dataclasses import replace

import pytest
import torch
from geohalo.network import first_layer as module
from geohalo.network.encoding import Encoding
from geohalo.network.first_layer import first_layer
from geohalo.network.labelled import labelled_scale
from geohalo.network.presets import PRESETS
from geohalo.network.scales import ScaleGraph

MEMBERS, CHANNELS = 3, 32
PRESET = replace(PRESETS["default"], internal=(CHANNELS, 16), encoding=0, contrast=False)
CPU = torch.device("cpu")


def prepared(survey, monkeypatch, pixels_in_a_block, cells=None, near=True):
    """One scale with blocks of about so many pixels, the whole map's A^3, and the members' labelled cells."""
    values, graphs, _ = survey
    monkeypatch.setitem(module.BLOCK_BYTES, "cpu", 4 * MEMBERS * CHANNELS * pixels_in_a_block)
    graph = ScaleGraph.from_arrays(graphs[0], CPU)
    torch.manual_seed(0)
    if cells is None:
        cells = torch.stack([torch.randperm(len(values))[:20] for _ in range(MEMBERS)])
    nothing = torch.zeros(MEMBERS, len(values), dtype=torch.bool)
    scale = labelled_scale(graph, Encoding(torch.as_tensor(values)), cells, nothing, PRESET, near)
    everything = graph.block(torch.arange(graph.n_superpixels))
    matrix = torch.empty(len(values), len(values))
    matrix[everything.pixels[:, None], everything.pixels] = everything.propagation().matrix.to_dense()
    return scale, graph, torch.linalg.matrix_power(matrix, 3), cells, torch.as_tensor(values)


def plain(weight, values, graph, power, cells):
    """Means over all superpixels, and rows of A^3 H at the members' cells, by dense matrices."""
    hidden = (torch.einsum("pq,qf,mcf->pmc", power, values, weight[..., :-1]) + weight[..., -1]).relu()
    which = torch.nn.functional.one_hot(graph.superpixel.long()).to(hidden.dtype)
    means = torch.einsum("ps,pmc->smc", which / which.sum(0), hidden)
    around = torch.einsum("pq,qmc->pmc", power, hidden)
    return means, torch.stack([around[cells[m], m] for m in range(len(cells))], dim=1)


@pytest.mark.parametrize("pixels", [1, 7, 30, 10_000])
def test_any_block_size_equals_the_plain_computation(survey, monkeypatch, pixels):
    scale, graph, power, cells, values = prepared(survey, monkeypatch, pixels)
    assert (len(scale.blocks) == 1) == (pixels == 10_000)
    weight = torch.randn(MEMBERS, CHANNELS, values.shape[1] + 1)
    theirs = weight.clone().requires_grad_()
    mine = weight.clone().requires_grad_()
    means, near = first_layer(mine, scale.features, scale.blocks)
    expected_means, expected_near = plain(theirs, values, graph, power, cells)
    field = graph.within(torch.unique(graph.superpixel[cells].long()), 2)
    torch.testing.assert_close(means, expected_means[field], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(near[scale.pairs], expected_near, rtol=1e-4, atol=1e-5)
    (means.square().sum() + near.sin().sum()).backward()
    (expected_means[field].square().sum() + expected_near.sin().sum()).backward()
    torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-3, atol=1e-3)


def test_superpixel_of_each_pair(survey, monkeypatch):
    """Place of each labelled cell's superpixel among those that hold any, which lie in the field."""
    scale, graph, _, cells, _ = prepared(survey, monkeypatch, 30)
    field = graph.within(torch.unique(graph.superpixel[cells].long()), 2)
    assert torch.equal(
        field[scale.external.wanted.last][scale.superpixel], graph.superpixel[cells].long().t()
    )


def test_gradient_by_differences(survey, monkeypatch):
    """torch.autograd.gradcheck in double precision."""
    scale, _, _, _, values = prepared(survey, monkeypatch, 25)
    blocks = [
        replace(
            block,
            mean=block.mean.double(),
            mean_transposed=block.mean_transposed.double(),
            near=None if block.near is None else block.near.double(),
            near_transposed=None if block.near is None else block.near_transposed.double(),
        )
        for block in scale.blocks
    ]
    assert len(blocks) > 1
    torch.manual_seed(1)
    narrow = torch.zeros(MEMBERS, CHANNELS, values.shape[1] + 1, dtype=torch.float64)
    some = torch.randn(MEMBERS, 2, 3, dtype=torch.float64, requires_grad=True)

    def of_some(part):
        weight = narrow.clone()
        weight[:, :2, :3] = part
        return first_layer(weight, scale.features.double(), blocks)

    assert torch.autograd.gradcheck(of_some, some, eps=1e-6, atol=1e-6)


def test_without_the_neighbourhood(survey, monkeypatch):
    """A variant without the internal branch reads means alone, and has their gradient."""
    scale, graph, power, cells, values = prepared(survey, monkeypatch, 30, near=False)
    weight = torch.randn(MEMBERS, CHANNELS, values.shape[1] + 1, requires_grad=True)
    means, near = first_layer(weight, scale.features, scale.blocks)
    assert near.shape == (0, CHANNELS)
    means.square().sum().backward()
    theirs = weight.detach().clone().requires_grad_()
    field = graph.within(torch.unique(graph.superpixel[cells].long()), 2)
    plain(theirs, values, graph, power, cells)[0][field].square().sum().backward()
    torch.testing.assert_close(weight.grad, theirs.grad, rtol=1e-3, atol=1e-3)


def test_a_cell_labelled_twice_counts_twice(survey, monkeypatch):
    """Members share cells, and a member may repeat one (fillers do)."""
    cells = torch.tensor([[5, 5, 9, 40], [5, 9, 9, 9], [40, 100, 5, 5]])
    scale, graph, power, cells, values = prepared(survey, monkeypatch, 20, cells)
    weight = torch.randn(MEMBERS, CHANNELS, values.shape[1] + 1)
    _, near = first_layer(weight, scale.features, scale.blocks)
    expected = plain(weight, values, graph, power, cells)[1]
    torch.testing.assert_close(near[scale.pairs], expected, rtol=1e-4, atol=1e-5)
