"""Convolutions along the spectrum as products of matrices, one for each position that the kernel stops at.

What a kernel sees at one position lies side by side in memory, so that all pixels of a position are a matrix as they
are: nothing is copied, and a narrow layer takes a third of the time of PyTorch's convolution, gradients included.

Features have the shape (members, pixels, positions, channels).
"""

from typing import Any

import torch
from torch import Tensor

#: Numbers that the kernel of a narrow layer sees at one position, at most.
WIDEST = 256


def are_narrow(channels: tuple[int, ...], kernels: list[tuple[int, int]]) -> bool:
    """Tell whether all layers of a branch are narrow, from the channels put out and (kernel size, stride) of each."""
    seen = (size * incoming for (size, _), incoming in zip(kernels, (1, *channels), strict=False))
    return max(seen) <= WIDEST


def _windows(features: Tensor, size: int, stride: int, first: int = 0, every: int = 1) -> Tensor:
    """View what a kernel sees at every so many positions: (positions left, pixels, size * channels) of one member."""
    pixels, positions, channels = features.shape
    left = ((positions - size) // stride - first) // every + 1
    start = features.storage_offset() + first * stride * channels
    steps = (every * stride * channels, positions * channels, 1)
    return features.as_strided((left, pixels, size * channels), steps, start)


class _Layers(torch.autograd.Function):
    """Convolutions without padding, each with a bias and ReLU, one member after another in the processor's cache."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernels: list[tuple[int, int]], *layers: Tensor) -> Tensor:
        kept, last = [], []
        for member, one in enumerate(x.unbind(1)):
            features = one.contiguous().unsqueeze(-1)
            kept.append(features)
            for (size, stride), weight, bias in zip(kernels, layers[::2], layers[1::2], strict=True):
                seen = _windows(features, size, stride)
                features = features.new_empty(len(features), len(seen), weight.shape[2])
                torch.bmm(seen, weight[member].expand(len(seen), -1, -1), out=features.transpose(0, 1))
                features.add_(bias[member]).relu_()
                kept.append(features)
            last.append(features.transpose(1, 2).flatten(1))
        ctx.save_for_backward(*layers[::2], *kept)
        ctx.kernels = kernels
        return torch.stack(last, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        kernels, number = ctx.kernels, len(ctx.kernels)
        weights, kept = ctx.saved_tensors[:number], ctx.saved_tensors[number:]
        of_weights = [torch.empty_like(weight) for weight in weights]
        of_biases = [weight.new_empty(weight.shape[0], weight.shape[2]) for weight in weights]
        for member, last in enumerate(gradients[0].unbind(1)):
            features = kept[member * (number + 1) : (member + 1) * (number + 1)]
            _, positions, channels = features[-1].shape
            above = last.unflatten(1, (channels, positions)).transpose(1, 2).contiguous()
            for k in reversed(range(number)):
                above = torch.ops.aten.threshold_backward(above, features[k + 1], 0)
                by_position, seen = above.transpose(0, 1), _windows(features[k], *kernels[k])
                of_weights[k][member] = torch.bmm(seen.transpose(1, 2), by_position).sum(0)
                of_biases[k][member] = above.sum((0, 1))
                if k:
                    above = _back(by_position, weights[k][member], features[k].shape, *kernels[k])
        layers = [each for layer in zip(of_weights, of_biases, strict=True) for each in layer]
        return None, None, *layers


def _back(above: Tensor, weight: Tensor, shape: tuple[int, ...], size: int, stride: int) -> Tensor:
    """Gradient of what a layer sees, from that of what it puts out, (positions left, pixels, outgoing)."""
    below = above.new_zeros(shape)
    # Positions so far apart that their windows share nothing are added at once.
    apart = min(-(-size // stride), len(above))
    for first in range(apart):
        some = above[first::apart]
        _windows(below, size, stride, first, apart).baddbmm_(some, weight.t().expand(len(some), -1, -1))
    return below


def convolved(x: Tensor, layers: list[tuple[Tensor, Tensor]], kernels: list[tuple[int, int]]) -> Tensor:
    """Apply layers of convolution without padding, bias and ReLU to the spectra of all members.

    Parameters
    ----------
    x : Tensor (pixels, members, positions)
    layers : list of (Tensor (members, outgoing, incoming, size), Tensor (members, outgoing))
        Weight and bias, as `torch.nn.functional.conv1d` has them for each member.
    kernels : list of (int, int)
        Size and stride of each layer.

    Returns
    -------
    Tensor (pixels, members, channels * positions left)
    """
    flat: list[Tensor] = []
    for weight, bias in layers:
        flat += [weight.permute(0, 3, 2, 1).flatten(1, 2), bias]
    return _Layers.apply(x, kernels, *flat)
