"""Losses of stacked members: one number for each, from the logits of its labelled cells."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geohalo.network.presets import Preset


@dataclass(frozen=True)
class Labels:
    """Labelled cells as the losses need them, each (cells, members).

    Attributes
    ----------
    label : Tensor of int64
        Class; 0 for fillers.
    weight : Tensor
        Classes weigh alike and a member's weights add up to 1; 0 for fillers.
    group : Tensor of int64
        Group of deposits, numbered from 0 within the member; -1 for cells without one.
    """

    label: Tensor
    weight: Tensor
    group: Tensor

    @classmethod
    def of(cls, labels: Tensor, groups: Tensor, n_classes: int, alike: bool) -> "Labels":
        """Read labels and groups (members, cells); ``alike`` weighs the groups of a class equally."""
        weight = class_weights(labels, n_classes)
        if alike:
            weight = group_weights(labels, groups, weight)
        return cls(labels.clamp(min=0).t().contiguous(), weight.t().contiguous(), groups.t().contiguous())

    def part(self, some: slice) -> "Labels":
        """Return the labels of some of the members."""
        return Labels(self.label[:, some].contiguous(), self.weight[:, some], self.group[:, some])


def class_weights(labels: Tensor, n_classes: int) -> Tensor:
    """Weight of each labelled cell, (members, cells): classes weigh alike, a member's sum is 1, fillers are 0."""
    one_hot = F.one_hot(labels.clamp(min=0), n_classes) * (labels >= 0).unsqueeze(-1)
    count = one_hot.sum(1, keepdim=True)
    present = (count > 0).sum(-1, keepdim=True).clamp(min=1)
    return (one_hot / (count.clamp(min=1) * present)).sum(-1)


def group_weights(labels: Tensor, groups: Tensor, weight: Tensor) -> Tensor:
    """Share the weight of all cells with a group equally among the groups of their class; (members, cells)."""
    key = torch.where(groups >= 0, labels.clamp(min=0) * (groups.max() + 1) + groups, -1)
    out = weight.clone()
    for row, one in enumerate(key):
        for label in labels[row].unique():
            there = (labels[row] == label) & (one >= 0) & (label >= 0)
            if there.any():
                _, which, count = one[there].unique(return_inverse=True, return_counts=True)
                out[row, there] = weight[row, there].sum() / (len(count) * count[which])
    return out


def member_losses(logits: Tensor, labels: Labels, usable: Tensor, preset: Preset) -> Tensor:
    """Loss of each member, (members,), from logits (cells, members, classes); cells not ``usable`` do not count."""
    weight = labels.weight * usable
    if preset.loss == "positive_unlabelled":
        loss = positive_unlabelled(logits, labels.label, weight, preset.prior)
    else:
        loss = (cross_entropy(logits, labels.label, preset.label_smoothing) * weight).sum(0)
        loss = loss / weight.sum(0).clamp(min=1e-6)
    if preset.variance_penalty:
        loss = loss + preset.variance_penalty * group_variance(logits, labels, usable)
    return loss


def cross_entropy(logits: Tensor, label: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy (cells, members), on logits (cells, members, classes)."""
    each = F.cross_entropy(logits.flatten(0, 1), label.flatten(), reduction="none", label_smoothing=smoothing)
    return each.view_as(label)


def positive_unlabelled(logits: Tensor, label: Tensor, weight: Tensor, prior: float) -> Tensor:
    r"""Non-negative positive-unlabelled risk of each member (Kiryo et al. 2017, NeurIPS, eq. 6).

    .. math:: \pi R_p^+ + \max(0,\; R_u^- - \pi R_p^-)

    with the logistic loss. Class 1 is positive; background cells are taken as unlabelled ground, of which a share
    ``prior`` (pi) is positive.
    """
    margin = logits[..., 1] - logits[..., 0]
    positive, unlabelled = weight * (label == 1), weight * (label == 0)

    def mean(value: Tensor, counted: Tensor) -> Tensor:
        return (value * counted).sum(0) / counted.sum(0).clamp(min=1e-12)

    as_positive, as_negative = F.softplus(-margin), F.softplus(margin)
    negative = mean(as_negative, unlabelled) - prior * mean(as_negative, positive)
    return prior * mean(as_positive, positive) + negative.clamp(min=0)


def group_variance(logits: Tensor, labels: Labels, usable: Tensor) -> Tensor:
    """Variance over groups of the cross-entropy of their cells, (members,) (Krueger et al. 2021, V-REx, eq. 8)."""
    each = cross_entropy(logits, labels.label)
    counted = ((labels.group >= 0) & (labels.weight > 0) & (usable > 0)).float()
    index = labels.group.clamp(min=0)
    shape = (int(labels.group.max().clamp(min=0)) + 1, logits.shape[1])
    count = logits.new_zeros(shape).scatter_add(0, index, counted)
    mean = logits.new_zeros(shape).scatter_add(0, index, each * counted) / count.clamp(min=1)
    there = (count > 0).float()
    groups = there.sum(0).clamp(min=1)
    centre = (mean * there).sum(0) / groups
    return ((mean - centre).square() * there).sum(0) / groups


def area_under_curve(score: Tensor, positive: Tensor, counted: Tensor) -> Tensor:
    """Area under the ROC curve of each member, (members,), from (cells, members); NaN where a class is missing."""
    out = torch.full(score.shape[1:], torch.nan)
    for member in range(score.shape[1]):
        there = counted[:, member] > 0
        value, truth = score[there, member], positive[there, member]
        above, below = value[truth], value[~truth].sort().values
        if len(above) and len(below):
            lower = torch.searchsorted(below, above) + torch.searchsorted(below, above, right=True)
            out[member] = lower.double().mean() / (2 * len(below))
    return out


def mean_area_under_curve(logits: Tensor, labels: Labels) -> Tensor:
    """Area under the ROC curve, each class against the rest and averaged over classes; (members,)."""
    score = logits.softmax(-1)
    classes = range(1, 2) if logits.shape[-1] == 2 else range(logits.shape[-1])
    areas = [area_under_curve(score[..., k], labels.label == k, labels.weight) for k in classes]
    return torch.stack(areas).nanmean(0)
