"""Losses by hand, against torch's own and against scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from geohalo.network.losses import (
    Labels,
    area_under_curve,
    class_weights,
    cross_entropy,
    group_variance,
    group_weights,
    mean_area_under_curve,
    member_losses,
    positive_unlabelled,
)
from geohalo.network.presets import PRESETS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import roc_auc_score

PLAIN = replace(
    PRESETS["default"], loss="cross_entropy", label_smoothing=0.0, group_weights=False, variance_penalty=0.0
)


def labels_of(labels, groups=None, n_classes=2, alike=False):
    labels = torch.tensor(labels)
    groups = torch.full_like(labels, -1) if groups is None else torch.tensor(groups)
    return Labels.of(labels, groups, n_classes, alike)


def test_class_weights_balance_and_ignore_fillers():
    labels = torch.tensor([[0, 0, 0, 1, -1], [1, 1, 1, 1, 1], [-1, -1, -1, -1, -1]])
    expected = torch.tensor([[1 / 6, 1 / 6, 1 / 6, 1 / 2, 0], [0.2] * 5, [0] * 5])
    torch.testing.assert_close(class_weights(labels, 2), expected)


def test_class_weights_of_four_classes():
    weights = class_weights(torch.tensor([[0, 3, 3, 1, 2, 2, 2, 2]]), 4)
    expected = torch.tensor([[1, 0.5, 0.5, 1, 0.25, 0.25, 0.25, 0.25]]) / 4
    torch.testing.assert_close(weights, expected)


def test_groups_of_deposits_weigh_alike():
    """Positives of group 0 (three cells) and 1 (one) share a half equally; background and fillers stay."""
    labels = torch.tensor([[1, 1, 1, 1, 0, 0, -1]])
    groups = torch.tensor([[0, 0, 0, 1, -1, -1, 0]])
    weight = group_weights(labels, groups, class_weights(labels, 2))
    expected = torch.tensor([[1 / 12, 1 / 12, 1 / 12, 1 / 4, 1 / 4, 1 / 4, 0]])
    torch.testing.assert_close(weight, expected)


def test_cells_without_a_group_keep_their_share():
    """Of four positives two have no group: these keep an eighth each, the groups share the other quarter."""
    labels = torch.tensor([[1, 1, 1, 1, 0]])
    groups = torch.tensor([[5, 7, -1, -1, -1]])
    weight = group_weights(labels, groups, class_weights(labels, 2))
    torch.testing.assert_close(weight, torch.tensor([[1 / 8, 1 / 8, 1 / 8, 1 / 8, 1 / 2]]))


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(np.int64, (3, 12), elements=st.integers(-1, 2)),
    hnp.arrays(np.int64, (3, 12), elements=st.integers(-1, 3)),
)
def test_group_weights_keep_the_total_of_each_class(labels, groups):
    labels, groups = torch.as_tensor(labels), torch.as_tensor(groups)
    before = class_weights(labels, 3)
    after = group_weights(labels, groups, before)
    for label in range(3):
        there = labels == label
        torch.testing.assert_close((after * there).sum(1), (before * there).sum(1))
        for row in range(3):
            cells = there[row] & (groups[row] >= 0)
            totals = [after[row, cells & (groups[row] == g)].sum() for g in groups[row, cells].unique()]
            assert all(total.item() == pytest.approx(totals[0].item(), rel=1e-5) for total in totals)
    assert not after[labels < 0].any()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_cross_entropy_and_smoothing_against_torch(smoothing, n_classes):
    torch.manual_seed(0)
    logits, label = torch.randn(9, 3, n_classes), torch.randint(0, n_classes, (9, 3))
    each = cross_entropy(logits, label, smoothing)
    for m in range(3):
        loss = torch.nn.CrossEntropyLoss(reduction="none", label_smoothing=smoothing)
        torch.testing.assert_close(each[:, m], loss(logits[:, m], label[:, m]))


def test_member_loss_is_torch_balanced_cross_entropy():
    torch.manual_seed(0)
    labels = [[0, 0, 0, 1, 1, -1], [1, 0, 0, 0, 0, 0]]
    logits = torch.randn(6, 2, 2)
    losses = member_losses(logits, labels_of(labels), torch.ones(6, 2), PLAIN)
    for m, row in enumerate(torch.tensor(labels)):
        there = row >= 0
        balance = 1 / torch.bincount(row[there]).float()
        expected = F.cross_entropy(logits[there, m], row[there], weight=balance)
        torch.testing.assert_close(losses[m], expected)


def test_label_smoothing_reaches_the_member_loss():
    """Logits (2, 0) and label 0, one member: (1 - s/2) of -log p and s/2 of -log (1 - p)."""
    logits = torch.tensor([[[2.0, 0.0]], [[0.0, 2.0]]])
    labels = labels_of([[0, 1]])
    right, wrong = np.log1p(np.exp(-2)), np.log1p(np.exp(2))
    smooth = member_losses(logits, labels, torch.ones(2, 1), replace(PLAIN, label_smoothing=0.2))
    assert smooth.item() == pytest.approx(0.9 * right + 0.1 * wrong, rel=1e-6)


def test_cells_that_are_not_usable_do_not_count():
    torch.manual_seed(0)
    logits = torch.randn(4, 1, 2)
    usable = torch.tensor([[1.0], [0], [1], [1]])
    labels = labels_of([[0, 0, 1, 1]])
    loss = member_losses(logits, labels, usable, PLAIN)
    other = logits.clone()
    other[1] += 5
    torch.testing.assert_close(member_losses(other, labels, usable, PLAIN), loss)
    expected = cross_entropy(logits, labels.label)[[0, 2, 3], 0] * torch.tensor([1.0, 1, 1])
    torch.testing.assert_close(loss[0], expected.mean())


@pytest.mark.parametrize("clamped", [False, True])
def test_positive_unlabelled_by_hand(clamped):
    """Prior 0.5; margins of two positives and two unlabelled cells.

    Unclamped: positives 0 and 0, unlabelled 0 and 1. Clamped: positives far on the positive side, so that the share of
    positives among the unlabelled explains more than all of their risk, and it counts 0.
    """
    positive, unlabelled = (
        (torch.tensor([4.0, 6.0]), torch.tensor([-3.0, -5.0]))
        if clamped
        else (
            torch.tensor([0.0, 0.0]),
            torch.tensor([0.0, 1.0]),
        )
    )
    margin = torch.cat([positive, unlabelled])
    logits = torch.stack([torch.zeros(4), margin], -1).unsqueeze(1)
    labels = labels_of([[1, 1, 0, 0]])
    risk = positive_unlabelled(logits, labels.label, labels.weight, prior=0.5)

    def softplus(x):
        return np.log1p(np.exp(x))

    as_positive = np.mean([softplus(-m) for m in positive.tolist()])
    negative = np.mean([softplus(m) for m in unlabelled.tolist()]) - 0.5 * np.mean(
        [softplus(m) for m in positive.tolist()]
    )
    assert (negative < 0) == clamped
    assert risk.item() == pytest.approx(0.5 * as_positive + max(0, negative), rel=1e-5)
    through = member_losses(
        logits, labels, torch.ones(4, 1), replace(PLAIN, loss="positive_unlabelled", prior=0.5)
    )
    torch.testing.assert_close(through, risk)


def test_positive_unlabelled_is_unbiased_for_the_supervised_risk():
    """With unlabelled ground drawn at the prior, pi R+ + R_u- - pi R_p- is the risk on fully labelled cells."""
    rng = np.random.default_rng(0)
    prior, n = 0.3, 40_000
    positive, negative = rng.normal(0.5, 1, n), rng.normal(-0.5, 1, n)
    unlabelled = np.where(rng.random(n) < prior, rng.permutation(positive), negative)
    margin = torch.as_tensor(np.concatenate([positive, unlabelled]))
    logits = torch.stack([torch.zeros_like(margin), margin], -1).unsqueeze(1)
    label = torch.cat([torch.ones(n), torch.zeros(n)]).long().unsqueeze(1)
    risk = positive_unlabelled(logits, label, torch.ones(2 * n, 1), prior).item()
    supervised = prior * np.log1p(np.exp(-positive)).mean() + (1 - prior) * np.log1p(np.exp(negative)).mean()
    assert risk == pytest.approx(supervised, abs=0.01)


def test_variance_over_groups_by_hand():
    """Losses of groups: 0 has the mean of two cells, 1 has one cell; background and other members do not count."""
    torch.manual_seed(0)
    logits = torch.randn(5, 2, 2)
    labels = labels_of([[1, 1, 1, 0, -1], [1, 1, 0, 0, 0]], [[0, 0, 1, -1, 1], [3, 3, -1, -1, -1]])
    each = cross_entropy(logits, labels.label)
    first, second = each[:2, 0].mean(), each[2, 0]
    variance = group_variance(logits, labels, torch.ones(5, 2))
    torch.testing.assert_close(variance[0], torch.stack([first, second]).var(correction=0))
    assert variance[1].item() == pytest.approx(0, abs=1e-12)  # one group does not vary
    penalised = member_losses(logits, labels, torch.ones(5, 2), replace(PLAIN, variance_penalty=3.0))
    plain = member_losses(logits, labels, torch.ones(5, 2), PLAIN)
    torch.testing.assert_close(penalised, plain + 3 * variance)


def test_no_groups_no_variance():
    labels = labels_of([[1, 0, 1]])
    assert group_variance(torch.randn(3, 1, 2), labels, torch.ones(3, 1)).tolist() == [0]


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(np.float32, (14, 2), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])),
    hnp.arrays(bool, (14, 2)),
    hnp.arrays(bool, (14, 2)),
)
def test_area_under_curve_against_sklearn_with_ties(score, positive, counted):
    areas = area_under_curve(*(torch.as_tensor(a) for a in (score, positive, counted)))
    for m in range(2):
        there = counted[:, m]
        if len(np.unique(positive[there, m])) == 2:
            expected = roc_auc_score(positive[there, m], score[there, m])
            assert areas[m].item() == pytest.approx(expected, abs=1e-6)
        else:
            assert torch.isnan(areas[m])


def test_area_of_several_classes_is_the_mean_of_each_against_the_rest():
    torch.manual_seed(0)
    logits = torch.randn(30, 1, 3)
    label = torch.randint(0, 3, (1, 30))
    area = mean_area_under_curve(logits, Labels.of(label, torch.full_like(label, -1), 3, False))
    expected = roc_auc_score(label[0], logits[:, 0].softmax(-1), multi_class="ovr", average="macro")
    assert area.item() == pytest.approx(expected, abs=1e-6)


def test_area_of_two_classes_is_that_of_the_second():
    torch.manual_seed(0)
    logits, label = torch.randn(30, 1, 2), torch.randint(0, 2, (1, 30))
    area = mean_area_under_curve(logits, Labels.of(label, torch.full_like(label, -1), 2, False))
    assert area.item() == pytest.approx(roc_auc_score(label[0], logits[:, 0, 1] - logits[:, 0, 0]), abs=1e-6)
