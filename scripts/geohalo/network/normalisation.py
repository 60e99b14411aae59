"""Batch normalisation over some of the superpixels, with its gradient in a few passes."""

from typing import Any

import torch
from torch import Tensor


class _Normalised(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, counted: Tensor, epsilon: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        count = counted.sum(0).clamp(min=1).unsqueeze(-1)
        mean = torch.einsum("nmc,nm->mc", x, counted) / count
        centred = x - mean
        variance = torch.einsum("nmc,nm->mc", centred.square(), counted) / count
        rate = (variance + epsilon).rsqrt()
        ctx.save_for_backward(centred, rate, weight, counted, count)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias, centred, rate * weight), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        above = gradients[0]
        centred, rate, weight, counted, count = ctx.saved_tensors
        slope, total = rate * weight, above.sum(0)
        along = (above * centred).sum(0)
        # What a superpixel that counts changes in the mean and the variance of all.
        shared = torch.addcmul(slope * total, centred, slope * rate.square() * along)
        below = shared.mul_((-counted / count.t()).unsqueeze(-1)).addcmul_(above, slope)
        return below, along * rate, total, None, None


def normalised(
    x: Tensor, weight: Tensor, bias: Tensor, counted: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise superpixel features by the mean and variance of some of the superpixels.

    Parameters
    ----------
    x : Tensor (superpixels, members, channels)
    weight, bias : Tensor (members, channels)
    counted : Tensor (superpixels, members)
        1 for superpixels that the statistics are taken over, else 0.
    epsilon : float
        Added to the variance.

    Returns
    -------
    features : Tensor (superpixels, members, channels)
    mean, variance : Tensor (members, channels)
        Without gradient.
    """
    return _Normalised.apply(x, weight, bias, counted, epsilon)
