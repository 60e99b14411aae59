"""Initial parameters of `definition.TwoBranch`, to the bit, without PyTorch Geometric.

Its import takes seconds, and a training needs nothing else of it. The modules here hold parameters under the same
names, and draw them in the same order with the same numbers; a test compares every variant with the definition.
"""

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor, nn

from geohalo.network.parts import DIRECTIONS, head, published_weights
from geohalo.network.presets import VARIANTS, Preset


class _Linear(nn.Module):
    """Weights and bias of PyTorch Geometric's `Linear`, which its layers draw twice: alone and as part of a layer."""

    def __init__(self, incoming: int, outgoing: int, bias: bool = True, glorot: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outgoing, incoming))
        self.bias = nn.Parameter(torch.empty(outgoing)) if bias else None
        self.glorot = glorot
        self.draw()

    def draw(self) -> None:
        """Draw all numbers."""
        outgoing, incoming = self.weight.shape
        # Glorot's bound, or Kaiming's for a leaky ReLU with a slope of sqrt(5), whose square rounds to more than 5.
        bound = sqrt(6 / (incoming + outgoing if self.glorot else (1 + sqrt(5) ** 2) * incoming))
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -1 / sqrt(incoming), 1 / sqrt(incoming))


class _Layer(nn.Module):
    """A layer of named linear parts, in their order; ``bias`` and ``att`` are its own parameters, where it has them."""

    def __init__(self, bias: int = 0, att: int = 0, **linear: _Linear):
        super().__init__()
        if att:
            self.att = nn.Parameter(torch.empty(1, 1, att))
        if bias:
            self.bias = nn.Parameter(torch.zeros(bias))
        for name, part in linear.items():
            self.add_module(name, part)
        for part in linear.values():
            part.draw()
        if att:
            bound = sqrt(6 / (1 + att))
            nn.init.uniform_(self.att, -bound, bound)


def _internal(n_elements: int, preset: Preset, n_classes: int) -> nn.Module:
    first, second = preset.internal
    branch = nn.Module()
    branch.conv_1 = _Layer(lin=_Linear(preset.features(n_elements), first))
    branch.conv_2 = _Layer(lin=_Linear(first, second))
    branch.head = head(second, preset, n_classes)
    return branch


def _external(preset: Preset, n_classes: int) -> nn.Module:
    incoming, (first, second) = preset.internal[0], preset.external
    branch = nn.Module()
    branch.norm_0 = nn.BatchNorm1d(incoming)
    if preset.attention:
        left, right = (_Linear(incoming, first, glorot=True) for _ in range(2))
        edge = _Linear(DIRECTIONS, first, bias=False, glorot=True)
        branch.conv_1 = _Layer(bias=first, att=first, lin_l=left, lin_r=right, lin_edge=edge)
    else:
        branch.conv_1 = _Layer(bias=first, lin=_Linear(incoming, first, bias=False, glorot=True))
    branch.norm_1 = nn.BatchNorm1d(first)
    branch.conv_2 = _Layer(lin_rel=_Linear(first, second), lin_root=_Linear(first, second, bias=False))
    branch.norm_2 = nn.BatchNorm1d(second)
    branch.head = head(second, preset, n_classes)
    return branch


def _spectrum(n_elements: int, preset: Preset, n_classes: int) -> nn.Module:
    branch = nn.Module()
    channels = (1, *preset.spectrum)
    branch.convs = nn.ModuleList(
        nn.Conv1d(channels[k], channels[k + 1], size, stride)
        for k, (size, stride) in enumerate(preset.kernels(n_elements))
    )
    branch.head = head(channels[-1], preset, n_classes)
    branch.register_buffer("order", torch.arange(n_elements))
    return branch


def _branches(variant: str, linear: bool) -> Sequence[str]:
    return (*VARIANTS[variant], *(("linear",) if linear else ()))


def initial_state(
    n_elements: int, n_scales: int, preset: Preset, variant: str, n_classes: int = 2
) -> dict[str, Tensor]:
    """Return what `definition.TwoBranch` of these sizes has for a state, drawn from torch's random numbers."""
    two = n_classes == 2
    branches = _branches(variant, preset.linear and two)
    scales = n_scales if {"internal", "external"} & set(branches) else 0
    network = nn.Module()
    network.internal = nn.ModuleList(_internal(n_elements, preset, n_classes) for _ in range(scales))
    outer = scales if "external" in branches else 0
    network.external = nn.ModuleList(_external(preset, n_classes) for _ in range(outer))
    if "spectrum" in branches:
        network.spectrum = _spectrum(n_elements, preset, n_classes)
    if "linear" in branches:
        network.linear = nn.Module()
        network.linear.register_buffer("weight", torch.zeros(n_elements))
        network.linear.register_buffer("bias", torch.zeros(()))
    network.register_buffer("gate", torch.ones(n_elements) if preset.pathfinders and two else None)
    network.register_buffer("prior", torch.tensor(published_weights(scales, branches)).log())
    if preset.fusion == "learned":
        network.fusion = nn.Parameter(torch.zeros_like(network.prior))
    return network.state_dict()
