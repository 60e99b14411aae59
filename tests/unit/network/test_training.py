"""Training of stacked members against torch's own, early stopping, history."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from geohalo.errors import InputError
from geohalo.network.checkpoint import Checkpoint
from geohalo.network.definition import TwoBranch, hetero_data
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.fourier import layers_by_frequency
from geohalo.network.linear_term import fit_linear_term
from geohalo.network.members import HISTORY
from geohalo.network.memory import spectrum_apart
from geohalo.network.presets import PRESETS
from geohalo.network.scales import ScaleGraph
from geohalo.network.training import Training, choose_device, clip_members, repeatable

CPU = torch.device("cpu")
STILL = {"dropout": 0.0, "input_dropout": 0.0}
DEFAULT = PRESETS["default"]
RECIPES = PRESETS | {
    "encoded": replace(DEFAULT, encoding=4, contrast=True, clip_internal=0.05),
    "separate": replace(DEFAULT, separate_losses=True),
    "together": replace(DEFAULT, separate_losses=False),
    "separate, learned": replace(DEFAULT, separate_losses=True, fusion="learned"),
    "smoothed": replace(DEFAULT, label_smoothing=0.2, clip_external=0.05, l1_internal=1e-3),
}


def plain_loss(logits, label, recipe):
    """Balanced over classes, in torch's own functions."""
    if recipe.loss == "positive_unlabelled":
        margin = logits[:, 1] - logits[:, 0]
        positive, ground = margin[label == 1], margin[label == 0]
        negative = F.softplus(ground).mean() - recipe.prior * F.softplus(positive).mean()
        return recipe.prior * F.softplus(-positive).mean() + F.relu(negative)
    each = F.cross_entropy(logits, label, reduction="none", label_smoothing=recipe.label_smoothing)
    weight = (1 / torch.bincount(label).float())[label]
    return (each * weight).sum() / weight.sum()


def plain_training(survey, recipe, cells, label, seed):
    """Train one member with the definition, autograd, torch's Adam and clipping; returns losses and scores."""
    x = torch.as_tensor(survey[0])
    labelled = cells if recipe.normalisation == "labelled" else None
    data = [hetero_data(graph, labelled) for graph in survey[1]]
    scales = [ScaleGraph.from_arrays(graph, CPU) for graph in survey[1]]
    features = Encoding.of(x, scales, recipe)(torch.arange(len(x)))
    torch.manual_seed(seed)
    network = TwoBranch(x.shape[1], 2, recipe, "fusion").train()
    if recipe.linear:
        # Halo cells without a group are one group.
        fit = fit_linear_term(survey[0][cells], label.numpy(), np.zeros(len(label)), recipe.pathfinders)
        network.gate.copy_(torch.as_tensor(fit.kept))
        network.linear.weight.copy_(torch.as_tensor(fit.weight))
        network.linear.bias.fill_(fit.bias)
    optimiser = torch.optim.Adam(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    losses = []
    for _ in range(recipe.epochs):
        optimiser.zero_grad()
        parts = network.parts(x, data, features)[:, cells]
        fused = torch.einsum("b,bpk->pk", network.weights(), parts)
        own = parts[:-1] + parts[-1] if recipe.linear else parts
        if recipe.separate_losses:
            loss = sum(plain_loss(part, label, recipe) for part in own)
            if recipe.fusion == "learned":
                fused = torch.einsum("b,bpk->pk", network.weights(), parts.detach())
                loss = loss + plain_loss(fused, label, recipe)
        else:
            loss = plain_loss(fused, label, recipe)
        loss = loss + recipe.l1_internal * sum(p.abs().sum() for p in network.internal.parameters())
        loss.backward()
        for branch, largest in (
            (network.internal, recipe.clip_internal),
            (network.external, recipe.clip_external),
        ):
            if largest:
                torch.nn.utils.clip_grad_norm_(branch.parameters(), largest)
        optimiser.step()
        number = len(own) + (recipe.fusion == "learned") if recipe.separate_losses else 1
        losses.append(loss.item() / number)
    with torch.no_grad():
        score = network.eval()(x, data, features).softmax(-1)[:, 1]
    return losses, score.numpy()


@pytest.mark.parametrize("preset", RECIPES)
def test_training_equals_torch_one_member_at_a_time(wide_survey, draw_members, train, preset):
    """Several epochs of stacked members end where the definition ends with torch's own Adam, loss and clipping."""
    recipe = replace(RECIPES[preset], epochs=4, **STILL)
    members = draw_members(len(wide_survey[0]), 2, 100)
    result = train(*wide_survey[:2], members, recipe, epochs=None)
    for member in range(2):
        losses, score = plain_training(
            wide_survey,
            recipe,
            torch.as_tensor(members.cells[member]),
            torch.as_tensor(members.labels[member]),
            int(members.seeds[member]),
        )
        np.testing.assert_allclose(result.history["loss"][member], losses, rtol=2e-4)
        np.testing.assert_allclose(result.score[member, 0], score, atol=5e-3)


@pytest.mark.slow
def test_the_published_network_at_39_elements_equals_torch(wide_survey, draw_members, train, monkeypatch):
    """Convolutions by frequencies, members one after another in two threads: what large surveys train with."""
    values = np.random.default_rng(5).normal(size=(len(wide_survey[0]), 39)).astype(np.float32)
    survey = (values, *wide_survey[1:])
    recipe = replace(PRESETS["reference"], epochs=3, **STILL)
    members = draw_members(len(values), 2, 240)
    assert spectrum_apart(CPU, 240, 39, recipe)
    assert any(layers_by_frequency(240, 39, recipe.spectrum, recipe.kernels(39)))
    torch.set_num_threads(2)
    try:
        result = train(*survey[:2], members, recipe, epochs=None)
    finally:
        torch.set_num_threads(1)
    for member in range(2):
        drawn = (torch.as_tensor(getattr(members, name)[member]) for name in ("cells", "labels"))
        losses, score = plain_training(survey, recipe, *drawn, int(members.seeds[member]))
        np.testing.assert_allclose(result.history["loss"][member], losses, rtol=1e-4)
        np.testing.assert_allclose(result.score[member, 0], score, atol=2e-3)


def test_it_learns(survey, train, draw_members):
    """Labels that follow one element are learned: training loss falls well below ln 2 and the map ranks by it."""
    values, graphs, _ = survey
    order = np.argsort(values[:, 3])
    members = replace(
        draw_members(len(values), 1, 80),
        cells=np.concatenate([order[:40], order[-40:]])[None],
        labels=np.repeat([[0, 1]], 40).reshape(1, -1),
    )
    result = train(values, graphs, members, "default", "spectrum", 150)
    assert result.history["loss"][0, -1] < 0.35
    assert np.corrcoef(result.score[0, 0], values[:, 3])[0, 1] > 0.75


def test_clipping_is_per_member():
    gradients = [torch.tensor([[3.0, 0.0], [0.3, 0.0]]), torch.tensor([[4.0], [0.4]])]
    clip_members(gradients, 1.0)
    torch.testing.assert_close(gradients[0], torch.tensor([[0.6, 0.0], [0.3, 0.0]]), rtol=1e-5, atol=0)
    torch.testing.assert_close(gradients[1], torch.tensor([[0.8], [0.4]]), rtol=1e-5, atol=0)


def test_device():
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match=r"network\.device is 'cuda'"):
            choose_device("cuda")


@pytest.mark.parametrize("before", [False, True])
def test_determinism_is_set_and_set_back(before):
    torch.use_deterministic_algorithms(before)
    try:
        with repeatable():
            assert torch.are_deterministic_algorithms_enabled()
        assert torch.are_deterministic_algorithms_enabled() == before
    finally:
        torch.use_deterministic_algorithms(False)


def training_of(survey, members, epochs=6, patience=None, variant="spectrum"):
    values = torch.as_tensor(survey[0])
    recipe = replace(DEFAULT, epochs=epochs, encoding=0, contrast=False)
    scales = [ScaleGraph.from_arrays(graph, CPU) for graph in survey[1]]
    state = initial_members([int(s) for s in members.seeds], values.shape[1], 2, recipe, variant)
    return Training(state, values, scales, Encoding(values), members, recipe, variant, patience)


def validated(members, n=12, labels=(0, 1)):
    """Give members validation cells: those that follow their labelled ones."""
    cells = (members.cells[:, :n] + 1) % members.held_out.shape[1]
    return replace(
        members, validation_cells=cells, validation_labels=np.tile(np.resize(labels, n), (len(members), 1))
    )


def follow(training, curves):
    """Train with validation areas (epochs, members) in place of those measured; returns weights after each epoch."""
    after = []

    def watch():
        after.append({name: p.detach().clone() for name, p in training.state.items()})
        row = torch.zeros(4, curves.shape[1])
        row[3] = torch.as_tensor(curves[len(after) - 1])
        return row

    training._watch = watch
    return training.run(lambda *_: None, Checkpoint(), ""), after


def test_early_stopping_keeps_each_members_best_epoch(survey, draw_members):
    """Means of three epochs rise until epoch 4 for the first member and fall from epoch 1 on for the second."""
    curves = np.array([[0.5, 0.9], [0.6, 0.8], [0.7, 0.7], [0.9, 0.6], *[[0.3, 0.5]] * 20])
    training = training_of(survey, validated(draw_members(len(survey[0]), 2)), epochs=20, patience=3)
    kept, after = follow(training, curves)
    assert training.best_epoch.tolist() == [4, 1]
    assert len(after) == 7  # three epochs after the latest best one
    assert np.isfinite(training.table()["loss"]).sum(1).tolist() == [7, 4]  # each three after its own
    for name, value in kept.items():
        assert torch.equal(value[0], after[3][name][0]), name
        assert torch.equal(value[1], after[0][name][1]), name
    assert training.table()["loss"].shape == (2, 7)


def test_without_patience_the_last_epoch_is_kept(survey, draw_members):
    curves = np.linspace(0.9, 0.1, 6)[:, None]
    training = training_of(survey, validated(draw_members(len(survey[0]), 1)))
    kept, after = follow(training, curves)
    assert training.best_epoch.tolist() == [6]
    assert all(torch.equal(value, after[-1][name]) for name, value in kept.items())


def test_validation_of_one_class_does_not_choose_an_epoch(survey, draw_members):
    """Its area under the curve is not known: the member keeps the weights of the last epoch, not the first ones."""
    members = validated(draw_members(len(survey[0]), 2))
    members.validation_labels[1] = 0
    training = training_of(survey, members, epochs=5, patience=50)
    kept = training.run(lambda *_: None, Checkpoint(), "")
    assert training.best_epoch[1] == 5
    assert np.isnan(training.table()["validation_auc"][1]).all()
    assert all(torch.equal(kept[name][1], value[1]) for name, value in training.state.items())
    training = training_of(survey, members, epochs=9, patience=1)
    training.run(lambda *_: None, Checkpoint(), "")
    assert np.isfinite(training.table()["loss"]).sum(1).tolist() == [training.best_epoch[0] + 1, 9]
    members.validation_labels[:] = 0
    training = training_of(survey, members, epochs=5, patience=2)
    training.run(lambda *_: None, Checkpoint(), "")
    assert len(training.history) == 5  # nobody can get better: nobody stops


def test_members_may_have_epochs_of_their_own(survey, draw_members):
    """Each ends where it would end alone with that number of epochs."""
    members = draw_members(len(survey[0]), 2)

    def ended(*epochs):
        training = training_of(survey, replace(members, epochs=np.array(epochs)))
        torch.manual_seed(0)
        kept = training.run(lambda *_: None, Checkpoint(), "")
        assert training.best_epoch.tolist() == list(epochs)
        return kept

    mixed, short, whole = ended(2, 5), ended(2, 2), ended(5, 5)
    assert all(torch.equal(mixed[name][0], value[0]) for name, value in short.items())
    assert all(torch.equal(mixed[name][1], value[1]) for name, value in whole.items())


def test_history_without_validation(survey, draw_members):
    members = draw_members(len(survey[0]), 3)
    training = training_of(survey, members, epochs=4, variant="fusion")
    seen = []
    training.run(lambda *line: seen.append(line), Checkpoint(), "")
    table = training.table()
    assert tuple(table) == HISTORY
    assert all(values.shape == (3, 4) for values in table.values())
    assert np.isfinite(table["loss"]).all()
    assert all(np.isnan(table[name]).all() for name in HISTORY[1:])
    assert [(epoch, total) for epoch, total, _ in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    np.testing.assert_allclose([loss for *_, loss in seen], table["loss"].mean(0), rtol=1e-6)


def test_history_of_validation_is_what_scikit_learn_says(survey, draw_members, train):
    """Losses and areas of the last epoch, in evaluation mode, from the map that the member predicts."""
    from sklearn.metrics import log_loss, roc_auc_score

    values, graphs, _ = survey
    members = validated(draw_members(len(values), 2))
    result = train(values, graphs, members, "default", "fusion", 7)
    looked_at = [epoch in (1, 6, 7) for epoch in range(1, 8)]  # every fifth from the first on, and the last
    assert np.isfinite(result.history["loss"]).all()
    for name in HISTORY[1:]:
        assert (np.isfinite(result.history[name]) == looked_at).all(), name
    for m in range(2):
        logit = np.log(result.score[m, 0] / (1 - result.score[m, 0])) * result.temperature[m]
        score = 1 / (1 + np.exp(-logit.astype(float)))
        for name, cells, labels in (
            ("training", members.cells[m], members.labels[m]),
            ("validation", members.validation_cells[m], members.validation_labels[m]),
        ):
            weight = (1 / np.bincount(labels))[labels]
            assert result.history[f"{name}_auc"][m, -1] == pytest.approx(
                roc_auc_score(labels, score[cells]), abs=1e-4
            )
            loss = log_loss(labels, score[cells], sample_weight=weight)
            assert result.history[f"{name}_loss"][m, -1] == pytest.approx(loss, abs=2e-3)
