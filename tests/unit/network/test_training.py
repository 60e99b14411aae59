"""Stacked members against one member at a time in PyTorch Geometric's own layers, and what training must not see."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.definition import TwoBranch, hetero_data
from geohalo.network.engine import (
    Engine,
    ScaleGraph,
    initial_members,
    is_trained,
    labelled_scale,
    training_logits,
)
from geohalo.network.presets import PRESETS, VARIANTS
from geohalo.network.sparse import SparseMatrix, adjacency, averaging, normalised_adjacency, selection
from geohalo.network.training import (
    Members,
    choose_device,
    class_weights,
    clip_members,
    member_bytes,
    predict,
    train_and_predict,
)

CPU = torch.device("cpu")
NO_DROPOUT = {name: replace(preset, dropout=0.0, input_dropout=0.0) for name, preset in PRESETS.items()}


def members_of(n_cells, n_members=3, labelled=24, seed=0):
    rng = np.random.default_rng(seed)
    cells = np.stack([rng.choice(n_cells, labelled, replace=False) for _ in range(n_members)])
    labels = np.tile(np.arange(labelled) % 3 == 0, (n_members, 1)).astype(int)
    return Members(np.arange(n_members), cells, labels, np.zeros((n_members, n_cells), bool))


def counted_data(graphs, preset, cells):
    """Graphs of one member for the definition: the default normalises over labelled superpixels alone."""
    labelled = torch.as_tensor(cells) if PRESETS[preset].normalisation == "labelled" else None
    return [hetero_data(graph, labelled) for graph in graphs]


def part_of(state, member):
    return {name: values[member] for name, values in state.items()}


@pytest.fixture
def scales(survey):
    return [ScaleGraph.from_arrays(graph, CPU) for graph in survey[1]]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_prediction_equals_the_definition(survey, scales, preset, variant):
    values, graphs, _ = survey
    x, recipe = torch.as_tensor(values), PRESETS[preset]
    state = initial_members([5, 6], values.shape[1], 2, recipe, variant)
    for name in state:
        if name.endswith("running_var"):
            state[name] = torch.rand_like(state[name]) + 0.5
    stacked = predict(state, x, scales, recipe, variant)
    for member in range(2):
        network = TwoBranch(values.shape[1], 2, recipe, variant).eval()
        network.load_state_dict(part_of(state, member))
        with torch.no_grad():
            plain = network(x, [hetero_data(graph) for graph in graphs]).softmax(-1)
        torch.testing.assert_close(stacked[:, member], plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_training_step_equals_the_definition(survey, scales, preset, variant):
    """Logits of labelled pixels and gradients of all parameters, with nothing held out, per member."""
    values, graphs, _ = survey
    x, recipe = torch.as_tensor(values), NO_DROPOUT[preset]
    members = members_of(len(values), 2)
    state = initial_members([5, 6], values.shape[1], 2, recipe, variant)
    start = {name: p.clone() for name, p in state.items()}
    for name in filter(is_trained, state):
        state[name].requires_grad_()
    cells = torch.as_tensor(members.cells)
    held_out = torch.as_tensor(members.held_out)
    labelled = [labelled_scale(scale, cells, held_out, preset == "reference") for scale in scales]
    logits, usable = training_logits(Engine(state, recipe, VARIANTS[variant], True), x[cells.t()], labelled)
    assert (usable == 1).all()
    logits.square().sum().backward()
    for member in range(2):
        network = TwoBranch(values.shape[1], 2, recipe, variant).train()
        network.load_state_dict(part_of(start, member))
        plain = network(x, counted_data(graphs, preset, cells[member]))[cells[member]]
        torch.testing.assert_close(logits[:, member], plain, rtol=1e-4, atol=1e-5)
        plain.square().sum().backward()
        for name, parameter in network.named_parameters():
            mine = state[name].grad
            if parameter.grad is None:
                assert mine is None, name
            else:
                torch.testing.assert_close(mine[member], parameter.grad, rtol=1e-3, atol=1e-4, msg=name)
        for name, buffer in network.named_buffers():
            if "running" in name:
                torch.testing.assert_close(state[name][member], buffer, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize("preset", PRESETS)
def test_training_equals_torch_one_member_at_a_time(survey, preset):
    """Several epochs of stacked members end where the definition ends with torch's own Adam, loss and clipping."""
    values, graphs, _ = survey
    recipe = replace(NO_DROPOUT[preset], epochs=4)
    members = members_of(len(values), 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, preset, recipe)
        result = train_and_predict(
            values, graphs, members, preset, "fusion", device="cpu", report=lambda _: None
        )
    x = torch.as_tensor(values)
    for member in range(2):
        data = counted_data(graphs, preset, members.cells[member])
        torch.manual_seed(int(members.seeds[member]))
        network = TwoBranch(values.shape[1], 2, recipe, "fusion").train()
        optimiser = torch.optim.Adam(
            network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        label = torch.as_tensor(members.labels[member])
        balance = 1 / torch.bincount(label).float()
        for epoch in range(recipe.epochs):
            optimiser.zero_grad()
            logits = network(x, data)[torch.as_tensor(members.cells[member])]
            loss = torch.nn.functional.cross_entropy(logits, label, weight=balance)
            loss = loss + recipe.l1_internal * sum(p.abs().sum() for p in network.internal.parameters())
            loss.backward()
            for branch, largest in (
                (network.internal, recipe.clip_internal),
                (network.external, recipe.clip_external),
            ):
                if largest:
                    torch.nn.utils.clip_grad_norm_(branch.parameters(), largest)
            optimiser.step()
            assert result.history[member, epoch] == pytest.approx(float(loss.detach()), rel=1e-4)
        network.eval()
        with torch.no_grad():
            score = network(x, data).softmax(-1)[:, 1].numpy()
        np.testing.assert_allclose(result.score[member], score, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("variant", ["fusion", "spatial", "external"])
def test_nothing_of_the_held_out_region_reaches_training(survey, variant):
    """Other values in the held-out region leave the trained weights as they are, bit for bit."""
    from geohalo.superpixels.graph import build_graph

    values, _, images = survey
    region = np.zeros(images[0].shape, bool)
    region[4:9, 5:11] = True
    region = region[images[0] > 0]
    free = np.flatnonzero(~region)
    members = members_of(len(values), 2)
    cells = free[np.random.default_rng(2).integers(0, len(free), members.cells.shape)]
    members = Members(members.seeds, cells, members.labels, np.tile(region, (2, 1)))
    changed = values.copy()
    changed[region] += 50
    states = []
    for cube in (values, changed):
        scales = [build_graph(image, cube).arrays() for image in images]
        states.append(
            train_and_predict(cube, scales, members, "default", variant, 3, "cpu", lambda _: None).state
        )
    for name in states[0]:
        assert torch.equal(states[0][name], states[1][name]), name


def test_without_the_cut_the_region_would_reach_training(survey):
    """The test above can fail: with no region declared, the same change alters the weights."""
    from geohalo.superpixels.graph import build_graph

    values, _, images = survey
    members = members_of(len(values), 2)
    untouched = np.setdiff1d(np.arange(len(values)), members.cells)
    changed = values.copy()
    changed[untouched] += 50
    states = [
        train_and_predict(
            cube,
            [build_graph(image, cube).arrays() for image in images],
            members,
            "default",
            "spatial",
            2,
            "cpu",
            lambda _: None,
        ).state
        for cube in (values, changed)
    ]
    assert any(not torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_training_sees_its_receptive_field_alone(survey):
    """Beyond two superpixels from the labels the map may change without any effect on the default's weights."""
    from geohalo.superpixels.graph import build_graph

    values, _, images = survey
    column = np.nonzero(images[0])[1]
    near = np.flatnonzero(column < 6)
    rng = np.random.default_rng(3)
    members = members_of(len(values), 2)
    members = Members(members.seeds, rng.choice(near, members.cells.shape), members.labels, members.held_out)
    states = []
    # Superpixels are 3 cells wide: labels reach the second, their field the fourth, that is column 11.
    for first in (None, 12, 9):
        cube = values.copy()
        if first is not None:
            cube[column >= first] += 50
        graph = build_graph(images[0], cube).arrays()
        states.append(
            train_and_predict(cube, [graph], members, "default", "spatial", 3, "cpu", lambda _: None).state
        )
    trained = [name for name in states[0] if "num_batches" not in name]
    assert all(torch.equal(states[0][name], states[1][name]) for name in trained)
    assert not all(torch.equal(states[0][name], states[2][name]) for name in trained)


def test_same_seed_same_result_bit_for_bit(survey):
    values, graphs, _ = survey
    members = members_of(len(values))
    first, second = (
        train_and_predict(values, graphs, members, "default", "fusion", 5, "cpu", lambda _: None)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.score, second.score)
    np.testing.assert_array_equal(first.history, second.history)


def test_threads_do_not_change_the_result(survey):
    """Many labels on few pixels add up in one order, whatever the number of threads (atomic sums would differ)."""
    values, graphs, _ = survey
    wide = Members(
        *(np.tile(part, (12, 1) if part.ndim == 2 else 12) for part in vars(members_of(len(values))).values())
    )
    torch.set_num_threads(2)
    try:
        runs = [
            train_and_predict(values, graphs, wide, "default", "fusion", 4, "cpu", lambda _: None)
            for _ in range(3)
        ]
    finally:
        torch.set_num_threads(1)
    assert not torch.are_deterministic_algorithms_enabled()
    for run in runs[1:]:
        np.testing.assert_array_equal(run.history, runs[0].history)
        np.testing.assert_array_equal(run.score, runs[0].score)


def test_members_do_not_touch_each_other(survey, monkeypatch):
    """A member trained alone ends where it ends in company (without dropout, whose draws are shared)."""
    values, graphs, _ = survey
    monkeypatch.setitem(PRESETS, "default", NO_DROPOUT["default"])
    members = members_of(len(values))
    together = train_and_predict(values, graphs, members, "default", "fusion", 5, "cpu", lambda _: None)
    alone = train_and_predict(values, graphs, members[1:2], "default", "fusion", 5, "cpu", lambda _: None)
    np.testing.assert_allclose(alone.score[0], together.score[1], rtol=1e-4, atol=1e-6)


def test_it_learns(survey):
    """Labels that follow one element are learned: training loss falls well below ln 2 and the map ranks by it."""
    values, graphs, _ = survey
    order = np.argsort(values[:, 3])
    cells = np.concatenate([order[:40], order[-40:]])[None]
    members = Members(
        np.array([0]), cells, np.repeat([[0, 1]], 40).reshape(1, -1), np.zeros((1, len(values)), bool)
    )
    result = train_and_predict(values, graphs, members, "default", "spectrum", 150, "cpu", lambda _: None)
    assert result.history[0, -1] < 0.3
    assert np.corrcoef(result.score[0], values[:, 3])[0, 1] > 0.8


def test_class_weights_balance_and_ignore_fillers():
    labels = torch.tensor([[0, 0, 0, 1, -1], [1, 1, 1, 1, 1]])
    expected = torch.tensor([[1 / 6, 1 / 6, 1 / 6, 1 / 2, 0], [0.2] * 5])
    torch.testing.assert_close(class_weights(labels, 2), expected)


def test_clipping_is_per_member():
    gradients = [torch.tensor([[3.0, 0.0], [0.3, 0.0]]), torch.tensor([[4.0], [0.4]])]
    clip_members(gradients, 1.0)
    torch.testing.assert_close(gradients[0], torch.tensor([[0.6, 0.0], [0.3, 0.0]]), rtol=1e-5, atol=0)
    torch.testing.assert_close(gradients[1], torch.tensor([[0.8], [0.4]]), rtol=1e-5, atol=0)


def test_sparse_matrices():
    dense = torch.tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    matrix = SparseMatrix(dense.to_sparse())
    features = torch.randn(3, 4, 5, requires_grad=True)
    out = matrix @ features
    torch.testing.assert_close(out, torch.einsum("rc,cmk->rmk", dense, features))
    out.square().sum().backward()
    torch.testing.assert_close(features.grad, torch.einsum("rc,rmk->cmk", dense, 2 * out.detach()))
    torch.testing.assert_close(matrix.transpose().matrix.to_dense(), dense.t())
    product = matrix.after(SparseMatrix(dense.t().to_sparse()))
    torch.testing.assert_close(product.matrix.to_dense(), dense @ dense.t())


def test_graph_matrices():
    edges = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])
    root = 1 / np.sqrt([2, 3, 2])
    expected = root[:, None] * (np.eye(3) + np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])) * root
    np.testing.assert_allclose(normalised_adjacency(edges, 3).matrix.to_dense(), expected, rtol=1e-6)
    np.testing.assert_allclose(adjacency(edges, 3).matrix.to_dense(), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    mean = averaging(torch.tensor([0, 0, 1]), 3) @ torch.tensor([[1.0], [3.0], [5.0]])
    torch.testing.assert_close(mean, torch.tensor([[2.0], [5.0], [0.0]]))
    picked = selection(torch.tensor([2, 0]), 3) @ torch.tensor([[1.0], [3.0], [5.0]])
    torch.testing.assert_close(picked, torch.tensor([[5.0], [1.0]]))


def test_memory_of_a_member_by_hand():
    """Three float32 copies: 1,000 pixels x 32 channels x 2 scales, and 8 labelled pixels through the convolutions."""
    preset = PRESETS["default"]
    # 39 elements: 18 positions of 16 channels, 7 of 32, 1 of 32.
    spectrum = 8 * (18 * 16 + 7 * 32 + 1 * 32)
    assert member_bytes(1000, 39, 8, 2, "fusion", preset) == 12 * (1000 * 32 * 2 + spectrum)
    assert member_bytes(1000, 39, 8, 2, "spatial", preset) == 12 * 1000 * 32 * 2
    assert member_bytes(1000, 39, 8, 0, "spectrum", preset) == 12 * spectrum


def test_members_in_parts_cover_all(survey, monkeypatch):
    """With memory for one member at a time, every member is trained, and in order."""
    values, graphs, _ = survey
    monkeypatch.setitem(PRESETS, "default", NO_DROPOUT["default"])
    members = members_of(len(values))
    together = train_and_predict(values, graphs, members, "default", "fusion", 3, "cpu", lambda _: None)
    monkeypatch.setattr("geohalo.network.training.MEMORY", 1)
    parts = train_and_predict(values, graphs, members, "default", "fusion", 3, "cpu", lambda _: None)
    np.testing.assert_allclose(parts.score, together.score, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts.history, together.history, rtol=1e-4)


def test_device():
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match=r"network\.device is 'cuda'"):
            choose_device("cuda")
