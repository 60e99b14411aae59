"""Whole runs: order of members, what validated members hand on, several classes, repeatability."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.errors import InputError
from geohalo.network import run as module
from geohalo.network.members import HISTORY, Members, Outcome
from geohalo.network.presets import PRESETS, VARIANTS
from geohalo.network.run import UNINFORMED, Settings, train_and_predict

STILL = replace(PRESETS["default"], dropout=0.0, input_dropout=0.0)


def assert_same(first, second):
    np.testing.assert_array_equal(first.score, second.score)
    np.testing.assert_array_equal(first.best_epoch, second.best_epoch)
    np.testing.assert_array_equal(first.temperature, second.temperature)
    for name in HISTORY:
        np.testing.assert_array_equal(first.history[name], second.history[name])
    assert all(torch.equal(first.state[name], second.state[name]) for name in first.state)


@pytest.mark.parametrize("preset", ["default", "attention", "reference"])
def test_same_seed_same_result_bit_for_bit(survey, draw_members, train, preset):
    values, graphs, _ = survey
    members = draw_members(len(values))
    runs = []
    for disturbance in (1, 2):
        torch.manual_seed(disturbance)  # what was drawn before must not matter
        runs.append(train(values, graphs, members, preset, epochs=4))
    assert_same(*runs)


def test_another_seed_another_result(survey, draw_members, train):
    values, graphs, _ = survey
    members = draw_members(len(values), 1)
    first, second = (train(values, graphs, replace(members, seeds=np.array([seed]))) for seed in (0, 1))
    assert np.abs(first.score - second.score).max() > 1e-3


@pytest.mark.slow
def test_threads_do_not_change_the_result(survey, draw_members, train):
    """Many labels on few pixels add up in one order, whatever the number of threads (atomic sums would differ)."""
    values, graphs, _ = survey
    members = draw_members(len(values), 24)
    torch.set_num_threads(2)
    try:
        runs = [train(values, graphs, members, "attention", "spatial", 1) for _ in range(2)]
    finally:
        torch.set_num_threads(1)
    assert not torch.are_deterministic_algorithms_enabled()
    assert_same(*runs)


@pytest.mark.parametrize("options", [{}, {"attention": True}, {"encoding": 4, "contrast": True}])
def test_members_do_not_touch_each_other(wide_survey, draw_members, train, options):
    """A member trained alone ends where it ends in company (without disturbances, whose draws are shared).

    Rounding differs: channels that are almost constant over the superpixels counted are divided by next to nothing.
    """
    values, graphs, _ = wide_survey
    members = draw_members(len(values), labelled=100)
    preset = replace(STILL, **options)
    together = train(values, graphs, members, preset, epochs=5)
    alone = train(values, graphs, members[1:2], preset, epochs=5)
    np.testing.assert_allclose(alone.history["loss"][0], together.history["loss"][1], rtol=1e-5)
    np.testing.assert_allclose(alone.score[0], together.score[1], atol=5e-3)


def test_members_in_parts_cover_all(survey, draw_members, train, monkeypatch):
    """With memory for two members at a time, every member is trained, and in order."""
    values, graphs, _ = survey
    members = draw_members(len(values), 5)
    together = train(values, graphs, members, STILL)
    monkeypatch.setattr(module, "members_at_once", lambda *_: 2)
    parts = train(values, graphs, members, STILL)
    np.testing.assert_allclose(parts.score, together.score, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(parts.history["loss"], together.history["loss"], rtol=1e-4)
    for name, value in together.state.items():
        assert parts.state[name].shape == value.shape


def with_validation(members, which, n=10):
    """Give some members ``n`` validation cells, and the others fillers."""
    cells = (members.cells[:, :n] + 1) % members.held_out.shape[1]
    labels = np.tile(np.arange(n) % 2, (len(members), 1))
    labels[~np.isin(np.arange(len(members)), which)] = -1
    return replace(members, validation_cells=cells, validation_labels=labels)


def test_validated_members_come_first_and_results_in_the_order_given(survey, draw_members, train):
    values, graphs, _ = survey
    members = with_validation(draw_members(len(values), 5), [1, 3])
    lines = []
    chosen = Settings(variant="spectrum", epochs=4, device="cpu")
    result = train_and_predict(values, graphs, members, chosen, np.zeros(5), lines.append)
    assert [line.split(",")[0] for line in lines if "members of" in line] == [
        "2 members of spectrum",
        "3 members of spectrum",
    ]
    known = np.isfinite(result.history["validation_auc"][:, -1])
    assert known.tolist() == [False, True, False, True, False]


def test_members_with_ground_of_their_own_train_one_by_one_in_two_threads(survey, draw_members, monkeypatch):
    """Where one at a time is best, two of them go side by side, however few there are; else all go together."""
    values, graphs, _ = survey
    members, lines = draw_members(len(values), 4), []
    for size in (1, 3, 4):
        monkeypatch.setattr(module, "members_at_once", lambda *given, size=size: size)
        train_and_predict(values, graphs, members, Settings(epochs=1, device="cpu"), report=lines.append)
    assert [line for line in lines if "members of" in line] == [
        "4 members of fusion, 1 at once, 2 such parts side by side, on cpu",
        "4 members of fusion, 2 at once, 2 such parts side by side, on cpu",
        "4 members of fusion, 4 at once, on cpu",
    ]


def test_each_result_belongs_to_its_member(survey, draw_members, train):
    """Validated or not, a member of an interleaved run has the weights that it has alone."""
    values, graphs, _ = survey
    members = draw_members(len(values), 4)
    slow = replace(
        STILL, learning_rate=3e-4
    )  # Adam's first steps turn rounding of tiny gradients into whole steps
    slow = replace(slow, fusion="published")  # what the validated ones tell of branches is for the others
    mixed = train(values, graphs, with_validation(members, [1, 2]), slow, "spatial", 3)
    for member in range(4):
        alone = train(values, graphs, members[member : member + 1], slow, "spatial", 3)
        name = "internal.0.conv_1.lin.weight"
        torch.testing.assert_close(mixed.state[name][member], alone.state[name][0], rtol=1e-3, atol=1e-5)
        logit = np.log(mixed.score[member] / (1 - mixed.score[member])) * mixed.temperature[member]
        np.testing.assert_allclose(1 / (1 + np.exp(-logit)), alone.score[0], rtol=1e-3, atol=1e-5)


def test_members_without_validation_learn_from_their_fold(survey, draw_members, train):
    """Epochs (arithmetic mean) and temperature (geometric mean) of the fold, or of all folds; untold keep theirs."""
    values, graphs, _ = survey
    fold = np.array([0, 0, 1, 0, 1, -1, UNINFORMED])
    truth = (values[:, 3] + np.random.default_rng(0).normal(size=len(values)) > 0).astype(int)
    members = draw_members(len(values), 7, 60)
    watched = np.stack([np.setdiff1d(np.arange(len(values)), cells) for cells in members.cells])
    labels = np.where(np.arange(7)[:, None] < 3, truth[watched], -1)
    members = replace(
        members, labels=truth[members.cells], validation_cells=watched, validation_labels=labels
    )
    recipe = replace(PRESETS["default"], weight_decay=1e-3)  # so that no temperature is at its bound
    result = train(values, graphs, members, recipe, "spectrum", 30, fold, patience=4)
    epochs, temperature = result.best_epoch, result.temperature
    assert len(set(temperature[:3])) == 3
    assert len(set(epochs[:3])) > 1
    assert epochs[3] == max(1, np.rint(epochs[:2].mean()))
    assert epochs[4] == epochs[2]
    assert epochs[5] == max(1, np.rint(epochs[:3].mean()))
    assert temperature[3] == pytest.approx(np.sqrt(temperature[0] * temperature[1]))
    assert temperature[4] == pytest.approx(temperature[2])
    assert temperature[5] == pytest.approx(np.exp(np.log(temperature[:3]).mean()))
    assert (epochs[6], temperature[6]) == (30, 1)
    # The history of a member ends where its training does; what there is none of is NaN.
    lengths = np.isfinite(result.history["loss"]).sum(1)
    assert (lengths[:3] == np.minimum(epochs[:3] + 4, 30)).all()
    assert (lengths[3:] == epochs[3:]).all()


def test_without_patience_members_keep_the_epochs_that_they_have(survey, draw_members, train):
    values, graphs, _ = survey
    members = with_validation(draw_members(len(values), 2), [0])
    members = replace(members, epochs=np.array([2, 4]))
    assert train(values, graphs, members, "default", "spectrum", 9).best_epoch.tolist() == [2, 4]


def test_no_validation_no_temperature(survey, draw_members, train):
    values, graphs, _ = survey
    result = train(values, graphs, draw_members(len(values), 2), patience=2, epochs=4)
    assert result.temperature.tolist() == [1, 1]
    assert result.best_epoch.tolist() == [4, 4]  # nothing to stop early by


@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("variant", [name for name in VARIANTS if name not in ("linear", "covariates")])
def test_several_classes(survey, draw_members, train, n_classes, variant):
    values, graphs, _ = survey
    members = draw_members(len(values), 2, n_classes=n_classes)
    result = train(values, graphs, members, variant=variant)
    assert result.score.shape == (2, n_classes, len(values))
    np.testing.assert_allclose(result.score.sum(1), 1, rtol=1e-5)
    assert np.isfinite(result.history["loss"]).all()
    # What is for two classes is not there.
    assert not {"gate", "linear.weight"} & set(result.state)
    assert not result.consistency.any()
    with pytest.raises(InputError, match="more than two classes"):
        train(values, graphs, members, variant="linear")


def test_three_classes_are_learned(survey, draw_members, train):
    """Classes by the largest of three elements; validation of all three gives an area and a temperature."""
    values, graphs, _ = survey
    truth = values[:, :3].argmax(1)
    members = draw_members(len(values), 1, 120)
    rest = np.setdiff1d(np.arange(len(values)), members.cells)[None]
    members = replace(
        members, labels=truth[members.cells], validation_cells=rest, validation_labels=truth[rest]
    )
    result = train(values, graphs, members, "default", "spectrum", 150)
    assert (result.score[0].argmax(0) == truth).mean() > 0.75
    assert result.history["validation_auc"][0, -1] > 0.8
    assert result.temperature[0] != 1


def test_two_classes_have_one_score(survey, draw_members, train):
    values, graphs, _ = survey
    result = train(values, graphs, draw_members(len(values), 2))
    assert result.score.shape == (2, 1, len(values))
    assert result.score.dtype == np.float32


def test_fillers_change_nothing(survey, draw_members, train):
    """Members with fewer cells are filled up with label -1."""
    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    filled = replace(
        members,
        cells=np.concatenate([members.cells, members.cells[:, :5]], axis=1),
        labels=np.concatenate([members.labels, np.full((2, 5), -1)], axis=1),
    )
    plain, other = (train(values, graphs, one, STILL) for one in (members, filled))
    np.testing.assert_allclose(other.score, plain.score, rtol=1e-4, atol=1e-6)


def test_validation_columns_that_no_member_uses_are_left_out(draw_members):
    members = with_validation(draw_members(100, 3), [0, 1])
    members.validation_labels[0, 4:] = -1
    members.validation_labels[1, 6:] = -1
    trimmed = members.validated()
    assert trimmed.validation_labels.shape == trimmed.validation_cells.shape == (3, 6)
    np.testing.assert_array_equal(trimmed.validation_labels, members.validation_labels[:, :6])
    assert members[2:].validated().validation_cells is None
    assert Members(*(getattr(members, n) for n in ("seeds", "cells", "labels", "held_out"))).validated()


def test_members_are_cut_and_picked(draw_members):
    members = replace(draw_members(50, 4), temperature=np.arange(4.0))
    assert len(members[1:3]) == 2
    np.testing.assert_array_equal(members[np.array([True, False, False, True])].temperature, [0, 3])
    assert members[:1].groups is None


def test_results_are_joined_in_order():
    def result(values, epochs):
        column = np.array(values, float)
        history = {name: np.repeat(column[:, None], epochs, 1) for name in HISTORY}
        state = {"weight": torch.as_tensor(column)}
        numbers = column.astype(int), column, column[:, None], column[:, None]
        return Outcome(state, history, *numbers)

    joined = Outcome.joined([result([1, 3], 2), result([0, 2], 4)], np.array([1, 3, 0, 2]))
    assert joined.temperature.tolist() == [0, 1, 2, 3]
    assert joined.factors.ravel().tolist() == joined.consistency.ravel().tolist() == [0, 1, 2, 3]
    assert joined.state["weight"].tolist() == joined.best_epoch.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(joined.history["loss"][:2], [[0, 0, 0, 0], [1, 1, np.nan, np.nan]])


def test_options_change_the_preset():
    recipe = Settings(preset="reference", options={"dropout": 0.1}, epochs=7).recipe()
    assert recipe == replace(PRESETS["reference"], dropout=0.1, epochs=7)
    assert Settings().recipe() == PRESETS["default"]


def test_several_classes_decay_less():
    """Unless another decay is asked for, or the preset has less."""
    assert Settings().recipe(3) == replace(PRESETS["default"], weight_decay=0.01)
    assert Settings(options={"weight_decay": 0.2}).recipe(3).weight_decay == 0.2
    assert Settings(preset="reference").recipe(3) == PRESETS["reference"]
