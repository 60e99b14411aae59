"""Which superpixels a target draws on: shares, directions, and how far the network sees."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from geohalo.network import neighbours as module
from geohalo.network.attribution import attributions
from geohalo.network.labelled import external_of_map
from geohalo.network.neighbours import neighbour_attributions, neighbour_table
from geohalo.network.path import Explained
from geohalo.network.secants import Step, external_step
from geohalo.network.superpixel_steps import path_means
from geohalo.superpixels.graph import build_graph

STEPS = 4


def targets(trained, rank):
    return neighbour_attributions(trained, torch.as_tensor(rank), STEPS)


@pytest.fixture
def two(wide_survey):
    """Return the ranks of two targets in the map of 14 x 40 cells, one of them split over superpixels."""
    rank = np.zeros((14, 40), np.int64)
    rank[2:6, 3:9] = 1
    rank[10, 30:32] = 2
    return rank.ravel()


@pytest.mark.parametrize("preset", ["default", "attention"])
def test_superpixels_add_up_to_what_the_external_branch_adds(
    random_network, scale_graphs, wide_survey, two, preset
):
    trained = random_network(wide_survey[0], scale_graphs(wide_survey[1]), preset)
    trained = replace(trained, temperature=torch.tensor([0.5, 2.0]))
    found = targets(trained, two)
    external = dict(attributions(trained, STEPS))["external"].sum(1).numpy()
    for number in (1, 2):
        total = found["attribution"][found["rank"] == number].sum()
        assert total == pytest.approx(external[two == number].mean(), rel=1e-4, abs=1e-5)
        for scale in (0, 1):
            own = (found["rank"] == number) & (found["scale"] == scale)
            assert found["cells"][own].sum() == (two == number).sum()


@pytest.mark.parametrize("preset", ["default", "attention"])
def test_the_gradient_says_what_each_superpixel_adds(random_network, scale_graphs, wide_survey, two, preset):
    """Each superpixel's change as a part of its own, on the whole map, one member."""
    trained = random_network(wide_survey[0], scale_graphs(wide_survey[1]), preset, seeds=(1,))
    graphs, encode = trained.graphs, trained.encode
    found = targets(trained, two)
    explained = Explained.of(trained, STEPS)
    for scale, graph in enumerate(graphs):
        count = graph.n_superpixels
        means = path_means(explained, scale, graph, encode, torch.arange(count))
        total = torch.zeros(count, count)
        for start, end in pairwise(means):
            each = torch.eye(count)[:, None, :, None] * (end - start).unsqueeze(2)
            step = Step(torch.stack([start, end], 2), each)
            total += external_step(explained.engine, scale, external_of_map(graph, 1), step)[1][:, 0]
        total *= explained.share("external", scale)
        cells = graph.superpixel[torch.as_tensor(two == 1)].long()
        expected = total[cells].mean(0)
        own = (found["rank"] == 1) & (found["scale"] == scale)
        reached = torch.as_tensor(found["superpixel"][own])
        torch.testing.assert_close(
            torch.as_tensor(found["attribution"][own]).float(), expected[reached], rtol=1e-3, atol=1e-6
        )
        assert expected[torch.isin(torch.arange(count), reached, invert=True)].abs().max() < 1e-7


def test_targets_one_by_one_say_what_they_say_together(
    random_network, scale_graphs, wide_survey, two, monkeypatch
):
    trained = random_network(wide_survey[0], scale_graphs(wide_survey[1]))
    together = targets(trained, two)
    monkeypatch.setattr(module, "superpixels_at_once", lambda *given: 1)
    apart = targets(trained, two)
    for name, values in together.items():
        np.testing.assert_allclose(apart[name], values, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("variant", "ranked"), [("spectrum", True), ("internal", True), ("fusion", False)])
def test_without_neighbours_or_targets_there_are_no_rows(
    random_network, scale_graphs, wide_survey, two, variant, ranked
):
    graphs = scale_graphs(wide_survey[1])
    trained = random_network(wide_survey[0], graphs, variant=variant)
    found = targets(trained, two if ranked else np.zeros_like(two))
    assert {name: len(values) for name, values in found.items()} == dict.fromkeys(found, 0)
    table = neighbour_table(
        found, two, [graph.superpixel.numpy() for graph in graphs], np.zeros((len(two), 2))
    )
    assert all(len(values) == 0 for values in table.values())
    assert set(table) - set(found) == {"weight", "direction", "distance_km"}


def test_shares_directions_and_distances_by_hand():
    """Five superpixels of 2 x 2 cells in a cross, the target in the middle one; cells of 500 m."""
    labels = np.zeros((6, 6), int)
    for number, (row, column) in enumerate([(0, 2), (2, 0), (2, 2), (2, 4), (4, 2)], 1):
        labels[row : row + 2, column : column + 2] = number
    inside = labels > 0
    y, x = np.nonzero(inside)
    cells = np.column_stack([x * 500.0, -y * 500.0])
    superpixel = labels[inside] - 1
    rank = np.where(superpixel == 2, 1, 0)
    columns = {
        "rank": np.ones(5, int),
        "scale": np.zeros(5, int),
        "superpixel": np.arange(5),
        "attribution": np.array([0.2, -0.4, 0.8, 0.0, 0.6]),
    }
    table = neighbour_table(columns, rank, [superpixel], cells)
    np.testing.assert_allclose(table["weight"], [0.1, 0.2, 0.4, 0.0, 0.3])
    np.testing.assert_allclose(table["distance_km"], [1, 1, 0, 1, 1])
    np.testing.assert_allclose(table["direction"][[0, 1, 3, 4]], [0, 270, 90, 180], atol=1e-9)


@pytest.mark.parametrize(("steps", "reached"), [(2, 25), (1, 9)])
def test_a_network_sees_as_far_as_it_has_steps(random_network, scale_graphs, steps, reached):
    """5 x 5 superpixels, the target in the middle; without the neighbours' weight of GraphConv one step less."""
    y, x = np.mgrid[:10, :10]
    labels = y // 2 * 5 + x // 2 + 1
    values = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    trained = random_network(values, scale_graphs([build_graph(labels).arrays()]), variant="external")
    if steps == 1:
        trained.state["external.0.conv_2.lin_rel.weight"].zero_()
    found = targets(trained, (labels.ravel() == 13).astype(int))
    assert len(found["superpixel"]) == reached
    assert np.abs(found["superpixel"] // 5 - 2).max() == np.abs(found["superpixel"] % 5 - 2).max() == steps
    assert found["superpixel"][found["cells"] > 0].tolist() == [12]
