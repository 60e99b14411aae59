"""Normalisation over some superpixels, against PyTorch's batch normalisation and the gradient by autograd."""

import torch
import torch.nn.functional as F  # noqa: N812
from geohalo.network.normalisation import normalised

EPSILON = 1e-3


def case():
    """Features of 9 superpixels, 2 members and 4 channels; the members count other superpixels."""
    draw = torch.Generator().manual_seed(2)
    x, weight, bias = (
        torch.randn(shape, generator=draw, dtype=torch.float64).requires_grad_()
        for shape in ((9, 2, 4), (2, 4), (2, 4))
    )
    counted = torch.zeros(9, 2, dtype=torch.float64)
    counted[:5, 0] = counted[3:, 1] = 1
    return x, weight, bias, counted


def test_what_counts_is_normalised_as_torch_does_alone():
    x, weight, bias, counted = case()
    found, mean, variance = normalised(x, weight, bias, counted, EPSILON)
    for member in range(2):
        rows = counted[:, member] > 0
        own = x[rows, member]
        expected = F.batch_norm(own, None, None, weight[member], bias[member], training=True, eps=EPSILON)
        torch.testing.assert_close(found[rows, member], expected)
        torch.testing.assert_close(mean[member], own.mean(0))
        torch.testing.assert_close(variance[member], own.var(0, unbiased=False))
        outside = (x[~rows, member] - own.mean(0)) / (own.var(0, unbiased=False) + EPSILON).sqrt()
        torch.testing.assert_close(found[~rows, member], outside * weight[member] + bias[member])


def test_gradients_are_those_of_small_steps():
    x, weight, bias, counted = case()
    assert torch.autograd.gradcheck(lambda *each: normalised(*each, counted, EPSILON)[0], (x, weight, bias))


def test_a_member_that_counts_nothing_stays_finite():
    x, weight, bias, counted = case()
    counted[:, 1] = 0
    found, mean, variance = normalised(x, weight, bias, counted, EPSILON)
    assert (mean[1] == 0).all()
    assert (variance[1] == 0).all()
    found.sum().backward()
    assert all(torch.isfinite(each.grad).all() for each in (x, weight, bias))
