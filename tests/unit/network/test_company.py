"""What a member learns is its own: other members beside it, before it or after it change nothing but rounding."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.members import Members
from geohalo.network.parts import network_parts, published_weights
from geohalo.network.presets import PRESETS, VARIANTS, branches_in
from geohalo.network.run import Settings, train_and_predict
from geohalo.pathfinders import group_consistency, strongest

#: Rounding of float32 sums in another order; what is dropped at random would change scores by 0.01 and more.
ROUNDING = 1e-5
#: Branches that learn something of their own within a few epochs.
LIVELY = {"weight_decay": 0.0, "learning_rate": 0.005, "linear": False}
BRANCHES = branches_in("fusion", covariates=False, linear=True)


@pytest.fixture(scope="module")
def company(wide_survey):
    """Six members of unlike numbers of cells and regions, two of them with validation: as of several schemes."""
    values = wide_survey[0]
    rng = np.random.default_rng(4)
    truth = values[:, 2] - values[:, 5] + rng.normal(size=len(values)) > 0
    rows = []
    for member in range(6):
        number = 90 - 8 * member
        cells = rng.choice(len(values), 90 + 40, replace=False)
        own, watched = cells[:90], cells[90:]
        labels = truth[own].astype(int)
        groups = np.where(labels == 1, rng.integers(0, 5, 90), -1)
        own[number:], labels[number:], groups[number:] = own[0], -1, -1
        seen = np.where(member < 2, truth[watched].astype(int), -1)
        held_out = np.zeros(len(values), bool)
        held_out[rng.integers(len(values) - 60) :][:40] = True
        held_out[cells] = False
        rows.append((own, labels, groups, held_out, watched, seen, np.where(seen == 1, watched % 4, -1)))
    cells, labels, groups, held_out, *watched = map(np.stack, zip(*rows, strict=True))
    names = ("validation_cells", "validation_labels", "validation_groups")
    seeds = np.array([0, 1, 2, 0, 1, 2])
    return Members(seeds, cells, labels, held_out, groups, **dict(zip(names, watched, strict=True)))


def run(survey, members, fold=None, **settings):
    chosen = Settings(**{"device": "cpu", "epochs": 8} | settings)
    return train_and_predict(*survey[:2], members, chosen, fold, lambda _: None)


def trimmed(members):
    """Without the fillers that only longer members need."""
    used = int((members.labels >= 0).sum(1).max())
    names = ("cells", "labels", "groups")
    return replace(members, **{name: getattr(members, name)[:, :used] for name in names})


def unwatched(members):
    return replace(members, validation_cells=None, validation_labels=None, validation_groups=None)


@pytest.mark.parametrize("options", [{}, {"encoding": 3, "contrast": True}])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_member_scores_the_same_in_any_company_and_order(wide_survey, company, variant, options):
    """Dropout and all: together, in another order, some of them, and alone."""
    members = unwatched(company)
    whole = run(wide_survey, members, variant=variant, options=options)
    assert np.ptp(whole.score, axis=0).max() > 1e-3  # members differ
    for some in ([5, 0, 3, 1, 4, 2], [4, 1], [3]):
        part = run(wide_survey, trimmed(members[np.array(some)]), variant=variant, options=options)
        np.testing.assert_allclose(part.score, whole.score[some], atol=ROUNDING)
        np.testing.assert_allclose(part.history["loss"], whole.history["loss"][some], rtol=1e-4)


def test_the_streams_of_dropout_are_what_makes_it_so(wide_survey, company):
    """The test above can fail: a member with the random numbers of another one scores otherwise."""
    members = unwatched(company)[:1]
    own = run(wide_survey, members, variant="spectrum")
    other = run(wide_survey, replace(members, seeds=members.seeds + 1), variant="spectrum")
    assert np.abs(own.score - other.score).max() > 100 * ROUNDING


@pytest.mark.parametrize("variant", ["internal", "spectrum"])
def test_early_stopping_is_each_members_own(wide_survey, company, variant):
    """Epochs, temperature, weights of branches and scores of validated members, whoever trains on beside them.

    Without the external branch, whose normalisation enlarges rounding until the best of two like epochs is another.
    """
    members = replace(company, validation_labels=np.tile(company.validation_labels[:1], (6, 1)))
    members = replace(
        members,
        validation_cells=np.tile(company.validation_cells[:1], (6, 1)),
        validation_groups=np.tile(company.validation_groups[:1], (6, 1)),
    )
    settings = {"variant": variant, "patience": 3, "epochs": 20, "options": LIVELY}
    whole = run(wide_survey, members, **settings)
    assert len(set(whole.best_epoch)) > 1
    for some in ([2], [5, 1], [4, 3, 2, 1, 0]):
        part = run(wide_survey, trimmed(members[np.array(some)]), **settings)
        assert part.best_epoch.tolist() == whole.best_epoch[some].tolist()
        np.testing.assert_allclose(part.temperature, whole.temperature[some], rtol=5e-3)
        np.testing.assert_allclose(part.factors, whole.factors[some], atol=5e-3)
        np.testing.assert_allclose(part.score, whole.score[some], atol=1e-3)
    # A member's history ends where it stopped.
    ends = np.isfinite(whole.history["loss"]).sum(1)
    assert ends.tolist() == np.minimum(20, whole.best_epoch + 3).tolist()


def test_other_schemes_change_nothing(wide_survey, company):
    """Members of folds 0 and 1 with what their validated members tell; then others of no fold beside them."""
    fold = np.array([0, 1, 0, 1, -1, -2])
    alone = run(wide_survey, trimmed(company[:4]), fold[:4])
    beside = run(wide_survey, company, fold)
    np.testing.assert_allclose(beside.score[:4], alone.score, atol=ROUNDING)
    np.testing.assert_allclose(beside.factors[:4], alone.factors, atol=ROUNDING)


def test_validated_members_hand_on_the_weights_of_branches(wide_survey, company):
    """The mean of the fold, of all folds to those of none, and nothing to those that may not know."""
    fold = np.array([0, 1, 0, 1, -1, -2])
    options = LIVELY | {"linear": True}
    result = run(wide_survey, company, fold, epochs=20, options=options)
    parts = network_parts(BRANCHES, 2)
    given = torch.tensor(published_weights(2, BRANCHES)).log()
    found = result.factors[:2]
    assert found.shape == (2, len(parts))
    assert np.abs(found[:, :-1] - 1).max() > 0.05
    # Scales of a branch have one factor.
    assert (found[:, [0, 2]] == found[:, [1, 3]]).all()
    expected = [np.ones(6), np.ones(6), found[0], found[1], found.mean(0), np.ones(6)]
    for member, factors in enumerate(expected):
        weights = given + torch.as_tensor(factors, dtype=torch.float32).log()
        torch.testing.assert_close(result.state["prior"][member], weights)


@pytest.mark.parametrize("label", [0, 1])
def test_validation_cells_of_one_class_tell_nothing_of_branches(wide_survey, company, label):
    seen = np.where(company.validation_labels >= 0, label, -1)
    result = run(wide_survey, replace(company, validation_labels=seen), np.array([0, 1, 0, 1, -1, -2]))
    assert (result.factors == 1).all()
    assert (result.temperature == 1).all()


@pytest.mark.parametrize("preset", ["default", "reference"])
def test_only_validated_fusion_looks_at_validation(wide_survey, company, preset):
    options = {"fusion": "published"} if preset == "default" else {}
    result = run(wide_survey, company, preset=preset, options=options, epochs=2)
    assert (result.factors == 1).all()


@pytest.mark.parametrize("sought", [(), (6, 0)])
@pytest.mark.parametrize("most", [1, 4, 50])
def test_elements_kept_are_the_strongest_of_a_members_own_cells(wide_survey, company, most, sought):
    """With more asked for than there are, all."""
    values = wide_survey[0]
    members = unwatched(company)
    options = {"pathfinders": most}
    result = run(wide_survey, members, variant="spectrum", epochs=1, options=options, sought=sought)
    for member in range(6):
        own = members.labels[member] >= 0
        drawn = (getattr(members, name)[member][own] for name in ("cells", "labels", "groups"))
        cells, labels, groups = drawn
        consistency = group_consistency(values[cells].astype(float), labels, groups, sought)
        np.testing.assert_array_equal(result.consistency[member], consistency)
        kept = result.state["gate"][member].nonzero().ravel().tolist()
        assert kept == sorted(strongest(consistency, most))
        assert (result.state["linear.weight"][member] != 0).nonzero().ravel().tolist() == kept
    if most == 4 and not sought:
        assert len({tuple(row.tolist()) for row in result.state["gate"]}) > 1


def test_without_pathfinders_all_elements_are_kept(wide_survey, company):
    result = run(wide_survey, unwatched(company), variant="spectrum", epochs=1, options={"pathfinders": 0})
    assert "gate" not in result.state
    assert (result.state["linear.weight"] != 0).all()


@pytest.mark.parametrize("variant", ["fusion", "linear"])
def test_what_is_held_out_changes_no_gate_and_no_linear_term(wide_survey, company, variant):
    """Other values in all cells that a member does not learn from, and other labels of what it only watches."""
    values, graphs, _ = wide_survey
    member = company[:1]
    changed = values.copy()
    changed[np.setdiff1d(np.arange(len(values)), member.cells[0])] += 7
    other = replace(member, validation_labels=1 - member.validation_labels)
    first = run((values, graphs), member, variant=variant, epochs=1)
    second = run((changed, graphs), other, variant=variant, epochs=1)
    for name in ("gate", "linear.weight", "linear.bias"):
        assert torch.equal(first.state[name], second.state[name])
    np.testing.assert_array_equal(first.consistency, second.consistency)


def test_the_linear_variant_is_its_linear_term(wide_survey, company):
    """That of any other variant, with nothing to train."""
    members = unwatched(company)
    result = run(wide_survey, members, variant="linear")
    fused = run(wide_survey, members, variant="fusion", epochs=1)
    assert set(result.state) == {"gate", "prior", "linear.weight", "linear.bias"}
    for name in ("gate", "linear.weight", "linear.bias"):
        assert torch.equal(result.state[name], fused.state[name])
    logit = (
        result.state["linear.weight"] @ torch.as_tensor(wide_survey[0]).t()
        + result.state["linear.bias"][:, None]
    )
    np.testing.assert_allclose(result.score[:, 0], logit.sigmoid().numpy(), rtol=1e-5, atol=1e-6)
    assert result.history["loss"].shape == (6, 1)
    for member in range(6):
        own = members.labels[member] >= 0
        margin = logit[member, members.cells[member][own]] * (2 * members.labels[member][own] - 1)
        weights = weights_by_hand(members.labels[member][own], members.groups[member][own])
        loss = (torch.nn.functional.softplus(-margin) * torch.as_tensor(weights)).sum()
        assert result.history["loss"][member, 0] == pytest.approx(float(loss), rel=1e-4)


def weights_by_hand(labels, groups):
    """Classes weigh alike, and in the halo groups do; all together 1."""
    names, sizes = np.unique(groups[labels == 1], return_counts=True)
    size = dict(zip(names, sizes, strict=True))
    background = (labels == 0).sum()
    return np.array(
        [
            0.5 / background if label == 0 else 0.5 / (len(names) * size[group])
            for label, group in zip(labels, groups, strict=True)
        ]
    )


def test_the_linear_variant_with_validation_and_patience(wide_survey, company):
    result = run(wide_survey, company, np.array([0, 1, 0, 1, -1, -2]), variant="linear", patience=2)
    assert (result.best_epoch == 1).all()
    assert np.isfinite(result.score).all()
    assert result.history["validation_auc"][:2, 0].min() > 0.5


def test_a_single_group(wide_survey, company):
    """Nothing to agree with: the background's deviation stands for that of the groups."""
    groups = np.where(company.labels == 1, 3, -1)
    result = run(wide_survey, unwatched(replace(company, groups=groups)), epochs=2)
    assert np.isfinite(result.score).all()
    assert (result.state["gate"].sum(1) == PRESETS["default"].pathfinders).all()
