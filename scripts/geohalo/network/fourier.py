"""Convolutions along the spectrum by the convolution theorem.

A convolution without padding is part of the circular one over as many positions, and that one is a product for each
frequency. With Gauss's three real products for a complex one, 39 elements and the published kernels, a pixel
takes 44 products of a matrix in place of 210 in the second layer, and 31 in place of 121 in the third: the same
numbers to rounding, for half the time.

Features have the shape (positions, pixels, channels): the pixels of one frequency lie together.
"""

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

#: A layer goes by frequencies where that takes at most this share of its multiplications, transforms included. A
#: branch takes half the time with layers of 0.27 and 0.35 (39 elements), as long either way with one of 0.36 (25
#: elements), and longer with one of 0.40 (20 elements).
LARGEST_SHARE = 0.355

#: ... and for no fewer pixels than this, whatever the layer: the weights are transformed too, in every step.
FEWEST_PIXELS = 200

#: Pixels that a layer takes at a time, at most: 13 MB of features at all frequencies in the widest published layer.
PIXELS_AT_ONCE = 300


@dataclass(frozen=True)
class Bilinear:
    """A convolution as products of transformed features with transformed weights.

    Attributes
    ----------
    features : Tensor (products, positions)
    weights : Tensor (products, kernel)
    back : Tensor (positions left, products)
    """

    features: Tensor
    weights: Tensor
    back: Tensor


@cache
def bilinear(positions: int, kernel: int) -> Bilinear:
    """Transforms of ``y[t] = sum over j of x[t + j] w[j]``, for all ``t`` at which the kernel fits.

    The convolution theorem, with Gauss's three real products for a complex one (Blahut 2010, Fast Algorithms for
    Signal Processing).
    """
    where = torch.arange(positions, dtype=torch.float64)
    left = positions - kernel + 1
    features, weights, back = [], [], []
    for frequency in range(positions // 2 + 1):
        angle = 2 * math.pi * frequency / positions * where
        cosine, sine = angle.cos(), angle.sin()
        if frequency == 0 or 2 * frequency == positions:
            features += [cosine]
            weights += [cosine]
            back += [cosine / positions]
            continue
        # (a - ib)(c + id), a and b of the features, c and d of the weights: ac + bd and, by Gauss, i times
        # (a + b)(d - c) + ac - bd.
        features += [cosine, sine, cosine + sine]
        weights += [cosine, sine, sine - cosine]
        back += [(cosine - sine) * 2 / positions, (cosine + sine) * 2 / positions, -sine * 2 / positions]
    return Bilinear(
        torch.stack(features).float(),
        torch.stack(weights)[:, :kernel].float().contiguous(),
        torch.stack(back, 1)[:left].float().contiguous(),
    )


def multiplications(positions: int, kernel: int, incoming: int, outgoing: int) -> tuple[int, int]:
    """Multiplications for a pixel of a layer as it is, and by frequencies."""
    left = positions - kernel + 1
    products = positions // 2 + 1 + 2 * ((positions - 1) // 2)
    transforms = positions * incoming + left * outgoing
    return left * kernel * incoming * outgoing, products * (incoming * outgoing + transforms)


def layers_by_frequency(
    pixels: int, elements: int, channels: tuple[int, ...], kernels: list[tuple[int, int]]
) -> list[bool]:
    """Tell which layers of a branch go by frequencies, from the channels put out and (kernel size, stride) of each."""
    if pixels < FEWEST_PIXELS:
        return [False] * len(channels)
    found, positions = [], elements
    for (size, stride), incoming, outgoing in zip(kernels, (1, *channels), channels, strict=False):
        plain, fast = multiplications(positions, size, incoming, outgoing)
        found.append(stride == 1 and fast <= LARGEST_SHARE * plain)
        positions = (positions - size) // stride + 1
    return found


def product(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply ``a`` (rows, n) with the transpose of ``b`` (columns, n), and add the bias (columns,).

    By oneDNN where PyTorch has it: MKL leaves AVX-512 unused on processors that are not Intel's, for a third of the
    rate.
    """
    if torch.backends.mkldnn.is_available():
        return torch.ops.mkldnn._linear_pointwise(a, b, bias, "none", [], "")
    return F.linear(a, b, bias)


def at_once(pixels: int) -> list[slice]:
    """Cut the pixels into runs of like length, of `PIXELS_AT_ONCE` at most."""
    parts = -(-pixels // PIXELS_AT_ONCE)
    edges = [pixels * k // parts for k in range(parts + 1)]
    return [slice(low, high) for low, high in pairwise(edges)]


def transformed(matrix: Tensor, x: Tensor) -> Tensor:
    """Multiply a matrix (rows, n) with features (n, pixels, channels): (rows, pixels, channels)."""
    # Dense: over a view that skips some of what it lies in, oneDNN takes eighty times as long.
    return product(matrix, x.contiguous().flatten(1).t()).view(len(matrix), *x.shape[1:])


class _ByFrequency(torch.autograd.Function):
    """ReLU of a convolution, some pixels at a time.

    From features (positions, pixels, incoming), weight (outgoing, incoming, kernel) and bias (outgoing,) to features
    (positions left, pixels, outgoing).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        positions, pixels, _ = x.shape
        outgoing, _, kernel = weight.shape
        transform = bilinear(positions, kernel)
        weights = transformed(transform.weights, weight.permute(2, 0, 1))
        out = x.new_empty(positions - kernel + 1, pixels, outgoing)
        kept = []
        for some in at_once(pixels):
            features = transformed(transform.features, x[:, some])
            products = features.new_empty(*features.shape[:2], outgoing)
            for k in range(len(features)):
                # What is added at frequency 0 is added everywhere.
                products[k] = product(features[k], weights[k], bias * positions if k == 0 else None)
            out[:, some] = transformed(transform.back, products)
            if any(ctx.needs_input_grad):
                kept.append(features)
        ctx.save_for_backward(weights, out.relu_(), *kept)
        ctx.transform = transform
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weights, out, *kept = ctx.saved_tensors
        transform: Bilinear = ctx.transform
        gradient = torch.where(out > 0, gradients[0], 0)
        of_weights = torch.zeros_like(weights)
        of_x = out.new_empty(transform.features.shape[1], out.shape[1], weights.shape[2])
        for some, features in zip(at_once(out.shape[1]), kept, strict=True):
            products = transformed(transform.back.t(), gradient[:, some])
            of_features = torch.empty_like(features)
            for k in range(len(features)):
                of_features[k] = product(products[k], weights[k].t())
                of_weights[k] += product(products[k].t(), features[k].t())
            of_x[:, some] = transformed(transform.features.t(), of_features)
        of_weight = transformed(transform.weights.t(), of_weights)
        return of_x, of_weight.permute(1, 2, 0), gradient.sum((0, 1))


def convolutions(
    x: Tensor, layers: list[tuple[Tensor, Tensor]], strides: list[int], by_frequencies: list[bool]
) -> Tensor:
    """Convolutions along the spectrum of one member, each with ReLU.

    Parameters
    ----------
    x : Tensor (pixels, elements)
    layers : list of (weight (outgoing, incoming, kernel), bias (outgoing,))
    strides : list of int
    by_frequencies : list of bool
        See `layers_by_frequency`; the other layers are products with their windows.

    Returns
    -------
    Tensor (pixels, channels * positions), as `torch.nn.functional.conv1d` would give it, flattened.
    """
    x = x.t().unsqueeze(-1)
    for (weight, bias), stride, fast in zip(layers, strides, by_frequencies, strict=True):
        if fast:
            x = _ByFrequency.apply(x, weight, bias)
        else:
            windows = x.unfold(0, weight.shape[2], stride).flatten(2)
            x = F.linear(windows, weight.flatten(1), bias).relu_()
    return x.permute(1, 2, 0).flatten(1)
