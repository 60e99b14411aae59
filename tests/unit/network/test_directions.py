"""Learned attention by direction: bearings by hand, attention against PyTorch Geometric, and what training finds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.definition import TwoBranch, hetero_data
from geohalo.network.directions import BINS, attention_by_direction, bearings, relative_attention
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, initial_members
from geohalo.network.labelled import external_of_map
from geohalo.network.members import Members
from geohalo.network.prediction import superpixel_means
from geohalo.network.presets import PRESETS
from geohalo.network.run import Settings, train_and_predict
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.superpixels.graph import build_graph

PRESET = PRESETS["attention"]
CPU = torch.device("cpu")
ELEMENTS = 6


def square_labels(rows, columns, size=3):
    y, x = np.mgrid[: rows * size, : columns * size]
    return (y // size) * columns + x // size + 1


def ragged_labels(rows, columns, count, seed=0):
    """Cells of the nearest of some random points."""
    points = np.random.default_rng(seed).uniform(0, [rows, columns], (count, 2))
    cells = np.indices((rows, columns)).reshape(2, -1).T[:, None]
    nearest = ((cells - points) ** 2).sum(-1).argmin(1)
    return np.unique(nearest, return_inverse=True)[1].reshape(rows, columns) + 1


def scene(labels, seeds=(0, 1), variant="external", preset=PRESET):
    graph = build_graph(labels).arrays()
    values = np.random.default_rng(0).normal(size=(labels.size, ELEMENTS)).astype(np.float32)
    scale = ScaleGraph.from_arrays(graph, CPU)
    encode = Encoding.of(torch.as_tensor(values), [scale], preset)
    return graph, values, scale, encode, initial_members(list(seeds), ELEMENTS, 1, preset, variant, 2)


def attention_of(state, graphs, encode, preset=PRESET, variant="external"):
    return attention_by_direction(Trained(state, encode.values, graphs, encode, preset, variant))


def column(table, name):
    """Values of a column by bearing."""
    return dict(zip(table["bearing"].tolist(), table[name].tolist(), strict=True))


def test_bearing_is_where_the_first_superpixel_lies_for_the_second():
    """First superpixel north of the second: the distance from it leads southwards."""
    steps = {0: (0, -1), 45: (-1, -1), 90: (-1, 0), 180: (0, 1), 270: (1, 0), 315: (1, -1)}
    found = bearings(torch.tensor(list(steps.values()), dtype=torch.float32))
    np.testing.assert_allclose(found.numpy(), list(steps))
    assert 0 <= float(bearings(torch.tensor([[1e-9, -1.0]]))[0]) < 360


@pytest.mark.parametrize(
    ("rows", "columns", "expected"), [(1, 2, {90.0: 1, 270.0: 1}), (2, 1, {0.0: 1, 180.0: 1})]
)
def test_two_superpixels_see_each_other_where_they_lie(rows, columns, expected):
    _, _, scale, encode, state = scene(square_labels(rows, columns))
    edges = column(attention_of(state, [scale], encode), "edges")
    assert {bearing: n for bearing, n in edges.items() if n} == expected


@pytest.mark.parametrize(("bearing", "weight"), [(90, (-1, 0)), (270, (1, 0)), (0, (0, -1)), (180, (0, 1))])
def test_a_network_made_to_prefer_one_direction_shows_in_its_bin(bearing, weight):
    """Attention of direction alone, exp(leaky ReLU) by hand for every superpixel and neighbour."""
    labels = square_labels(4, 5)
    _, _, scale, encode, state = scene(labels)
    conv, channels = "external.0.conv_1", PRESET.external[0]
    for name in ("lin_l.weight", "lin_l.bias", "lin_r.weight", "lin_r.bias", "lin_edge.weight"):
        state[f"{conv}.{name}"].zero_()
    state[f"{conv}.lin_edge.weight"][..., 0] = weight[0]
    state[f"{conv}.lin_edge.weight"][..., 1] = weight[1]
    state[f"{conv}.att"].fill_(1.5 / channels)
    table = attention_of(state, [scale], encode)

    expected: dict[float, list[float]] = {}
    for y in range(4):
        for x in range(5):
            near = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
            near = [(dy, dx) for dy, dx in near if 0 <= y + dy < 4 and 0 <= x + dx < 5]
            score = {}
            for dy, dx in near:
                towards = float(np.degrees(np.arctan2(dx, -dy)) % 360)
                cosine = np.cos(np.radians(towards - bearing))
                score[towards] = np.exp(1.5 * (cosine if cosine > 0 else 0.2 * cosine))
            total = 1 + sum(score.values())
            for towards, value in score.items():
                expected.setdefault(towards, []).append(value / total * (len(near) + 1))
    attention = column(table, "attention")
    for towards, each in expected.items():
        assert attention[towards] == pytest.approx(np.mean(each), rel=1e-5)
    assert np.nanargmax(table["attention"]) * (360 / BINS) == bearing
    assert {b for b, a in attention.items() if not np.isnan(a)} == set(expected)
    np.testing.assert_allclose(table["spread"][table["edges"] > 0], 0, atol=1e-7)


def test_without_preference_everything_is_one():
    """A network whose attention vector is zero attends evenly, whatever the shapes."""
    _, _, scale, encode, state = scene(ragged_labels(20, 24, 30))
    state["external.0.conv_1.att"].zero_()
    table = attention_of(state, [scale], encode)
    there = table["edges"] > 0
    assert there.all()
    assert table["edges"].sum() == scale.edges.shape[1]
    np.testing.assert_allclose(table["attention"], 1, rtol=1e-5)


def test_attention_is_that_of_the_definition():
    """GATv2Conv's own attention weights on the whole map, times the number of neighbours and itself."""
    graph, values, scale, encode, state = scene(ragged_labels(20, 24, 30), seeds=(3, 4))
    for name, value in state.items():
        if name.endswith("running_mean"):
            value.normal_()
    engine = Engine(state, PRESET, ("external",))
    means = superpixel_means(engine, 0, scale, encode)
    found = relative_attention(engine, 0, external_of_map(scale, 2), means)
    for member in range(2):
        network = TwoBranch(ELEMENTS, 1, PRESET, "external").eval()
        network.load_state_dict({name: value[member] for name, value in state.items()})
        data = hetero_data(graph)
        touches = data["superpixel", "touches", "superpixel"]
        with torch.no_grad():
            inside = data["pixel", "inside", "pixel"].edge_index
            own, _ = network.internal[0](torch.as_tensor(values), inside, data["pixel"].superpixel)
            torch.testing.assert_close(means[:, member], own, rtol=1e-4, atol=1e-5)
            branch = network.external[0]
            x = branch.norm_0(own, data["superpixel"].counted)
            _, (edges, weights) = branch.conv_1(
                x, touches.edge_index, touches.edge_attr, return_attention_weights=True
            )
        number = touches.edge_index.shape[1]
        assert torch.equal(edges[:, :number], touches.edge_index)
        shares = torch.bincount(edges[1])
        expected = weights[:number, 0] * shares[edges[1, :number]]
        torch.testing.assert_close(found[:, member], expected, rtol=1e-4, atol=1e-5)


def test_mean_and_spread_are_taken_over_members():
    _, _, scale, encode, state = scene(ragged_labels(20, 24, 30), seeds=(1, 2, 3))
    table = attention_of(state, [scale], encode)
    each = []
    for member in range(3):
        one = {name: value[member : member + 1] for name, value in state.items()}
        each.append(attention_of(one, [scale], encode)["attention"])
    np.testing.assert_allclose(table["attention"], np.mean(each, axis=0))
    np.testing.assert_allclose(table["spread"], np.std(each, axis=0), atol=1e-9)
    assert table["spread"].max() > 1e-3


def test_scales_follow_each_other():
    _, _, fine, encode, _ = scene(square_labels(6, 6, 2))
    coarse = ScaleGraph.from_arrays(build_graph(square_labels(3, 3, 4)).arrays(), CPU)
    state = initial_members([0], ELEMENTS, 2, PRESET, "fusion", 2)
    table = attention_of(state, [fine, coarse], encode, variant="fusion")
    assert table["scale"].tolist() == [0] * BINS + [1] * BINS
    sums = [table["edges"][table["scale"] == k].sum() for k in (0, 1)]
    assert sums == [fine.edges.shape[1], coarse.edges.shape[1]]


@pytest.mark.parametrize(
    ("preset", "variant"), [(PRESETS["default"], "fusion"), (PRESET, "spectrum"), (PRESET, "internal")]
)
def test_networks_without_attention_are_told(preset, variant):
    _, _, scale, encode, state = scene(square_labels(2, 2), variant=variant, preset=preset)
    with pytest.raises(ValueError, match="no attention"):
        attention_of(state, [scale], encode, preset, variant)


@pytest.mark.parametrize(("bearing", "step"), [(90, (0, 1)), (0, (-1, 0))])
def test_training_finds_where_the_label_comes_from(bearing, step):
    """The label of a superpixel is the sign of the value of its neighbour on one side: that is where to look."""
    rows = columns = 14
    labels = square_labels(rows, columns, 2)
    rng = np.random.default_rng(0)
    field = rng.normal(size=(rows, columns))
    truth = np.roll(field, (-step[0], -step[1]), (0, 1)) > 0
    inside = np.zeros((rows, columns), bool)
    inside[1:-1, 1:-1] = True
    values = rng.normal(size=(labels.size, ELEMENTS)).astype(np.float32) * 0.1
    values[:, 0] = field.ravel()[labels.ravel() - 1]
    graph = build_graph(labels).arrays()
    first = np.unique(labels.ravel(), return_index=True)[1].reshape(rows, columns)
    cells, target = first[inside], truth[inside].astype(np.int64)
    members = Members(
        np.arange(2), *(np.tile(a, (2, 1)) for a in (cells, target)), np.zeros((2, labels.size), bool)
    )
    options = {"learning_rate": 0.01, "input_dropout": 0.0, "dropout": 0.1}
    # The branch by itself, and not as a correction to a linear term that is kept small.
    options |= {"pathfinders": 0, "linear": False, "weight_decay": 0.01, "epsilon": 1e-5}
    settings = Settings("attention", "external", options, epochs=150, device="cpu")
    state = train_and_predict(values, [graph], members, settings, report=lambda line: None).state
    scale = ScaleGraph.from_arrays(graph, CPU)
    encode = Encoding.of(torch.as_tensor(values), [scale], PRESET)
    recipe = replace(PRESET, **options)
    found = column(attention_of(state, [scale], encode, recipe), "attention")
    there = {b: a for b, a in found.items() if not np.isnan(a)}
    assert set(there) == {0, 45, 90, 135, 180, 225, 270, 315}
    others = [a for b, a in there.items() if b != bearing]
    assert there[bearing] > 2
    assert there[bearing] > 1.3 * max(others)
