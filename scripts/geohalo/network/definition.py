"""The two-branch network, layer for layer, in PyTorch Geometric's own layers.

This is the definition: one member, the whole map, no short cuts. `engine` computes the same numbers for many members
at once and far faster; tests hold the two together. Parameters have the same names in both, so that a trained member
can be loaded here.

Xu & Zuo (2024), doi 10.1007/s11004-024-10158-1; the spatial branch follows Jia et al. (2024), IEEE TNNLS 35(1).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData
from torch_geometric.nn import GCNConv, GraphConv, MeanAggregation, SGConv

from geohalo.network.presets import VARIANTS, Preset


def head(channels: int, preset: Preset, n_classes: int) -> nn.Sequential:
    """Classifier: dropout, a hidden layer, logits."""
    return nn.Sequential(
        nn.Dropout(preset.dropout),
        nn.Linear(channels, preset.hidden),
        nn.ReLU(),
        nn.Linear(preset.hidden, n_classes),
    )


class InternalBranch(nn.Module):
    r"""Graph convolution over the pixels of each superpixel.

    .. math:: H = \mathrm{ReLU}(\hat A^3 X W_1), \qquad G = \mathrm{ReLU}(\hat A^3 H W_2)

    Shapes:
        - **inputs:** pixel values (pixels, elements), internal edges (2, edges), superpixel of each pixel (pixels,)
        - **outputs:** superpixel means of H (superpixels, channels), logits (pixels, classes)
    """

    def __init__(self, n_elements: int, preset: Preset, n_classes: int):
        super().__init__()
        first, second = preset.internal
        self.conv_1 = SGConv(n_elements, first, K=3)
        self.conv_2 = SGConv(first, second, K=3)
        self.head = head(second, preset, n_classes)
        self.mean = MeanAggregation()

    def forward(self, x: Tensor, edge_index: Tensor, superpixel: Tensor) -> tuple[Tensor, Tensor]:
        """Return the superpixel means and the pixel logits."""
        hidden = self.conv_1(x, edge_index).relu()
        logits = self.head(self.conv_2(hidden, edge_index).relu())
        return self.mean(hidden, superpixel), logits


class SuperpixelNorm(nn.BatchNorm1d):
    """Batch normalisation with statistics over some of the superpixels, applied to all of them.

    Shapes:
        - **inputs:** features (superpixels, channels), superpixels counted (superpixels,) of bool
        - **outputs:** features (superpixels, channels)
    """

    def forward(self, x: Tensor, counted: Tensor) -> Tensor:  # type: ignore[override]
        """Normalise; in training, over the superpixels counted."""
        if not self.training:
            return super().forward(x)
        super().forward(x[counted])  # keeps the running averages
        variance, mean = torch.var_mean(x[counted], 0, correction=0)
        return (x - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias


class ExternalBranch(nn.Module):
    """Graph convolution over superpixels that touch.

    Normalisation, GCNConv, ReLU, normalisation, GraphConv, ReLU, normalisation, head. (The third normalisation is the
    one that the published parameter count of 581,878 implies.)

    Shapes:
        - **inputs:** superpixel features (superpixels, channels), external edges (2, edges), superpixels that the
          normalisation counts (superpixels,) of bool
        - **outputs:** logits (superpixels, classes)
    """

    def __init__(self, preset: Preset, n_classes: int):
        super().__init__()
        incoming, (first, second) = preset.internal[0], preset.external
        self.norm_0 = SuperpixelNorm(incoming)
        self.conv_1 = GCNConv(incoming, first)
        self.norm_1 = SuperpixelNorm(first)
        self.conv_2 = GraphConv(first, second)
        self.norm_2 = SuperpixelNorm(second)
        self.head = head(second, preset, n_classes)

    def forward(self, x: Tensor, edge_index: Tensor, counted: Tensor) -> Tensor:
        """Return the superpixel logits."""
        x = self.conv_1(self.norm_0(x, counted), edge_index).relu()
        x = self.conv_2(self.norm_1(x, counted), edge_index).relu()
        return self.head(self.norm_2(x, counted))


class SpectrumBranch(nn.Module):
    """1-D convolutions along the elements of one pixel.

    Shapes:
        - **inputs:** pixel values (pixels, elements)
        - **outputs:** logits (pixels, classes)
    """

    def __init__(self, n_elements: int, preset: Preset, n_classes: int):
        super().__init__()
        channels = (1, *preset.spectrum)
        self.convs = nn.ModuleList(
            nn.Conv1d(channels[k], channels[k + 1], size, stride)
            for k, (size, stride) in enumerate(preset.kernels(n_elements))
        )
        self.head = head(channels[-1], preset, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the pixel logits."""
        x = x.unsqueeze(1)
        for conv in self.convs:
            x = conv(x).relu()
        return self.head(x.flatten(1))


class TwoBranch(nn.Module):
    """Internal and external branch of each scale, spectrum branch, and their fusion.

    Fusion is 0.5 (0.5 external + 0.5 internal) + 0.5 spectrum (published); the spatial half is averaged over the
    scales. A variant keeps the branches that it names and averages what it has.

    Parameters
    ----------
    n_elements : int
    n_scales : int
        Number of superpixel counts.
    preset : Preset
    variant : str
        One of `VARIANTS`.
    n_classes : int
    """

    def __init__(self, n_elements: int, n_scales: int, preset: Preset, variant: str, n_classes: int = 2):
        super().__init__()
        branches = VARIANTS[variant]
        scales = n_scales if variant != "spectrum" else 0
        # The external branch reads the hidden layer of the internal one, so that variant "external" has both.
        self.internal = nn.ModuleList(InternalBranch(n_elements, preset, n_classes) for _ in range(scales))
        self.external = nn.ModuleList(
            ExternalBranch(preset, n_classes) for _ in range(scales if "external" in branches else 0)
        )
        self.spectrum = SpectrumBranch(n_elements, preset, n_classes) if "spectrum" in branches else None
        self.branches = branches

    def forward(self, x: Tensor, graphs: Sequence[HeteroData]) -> Tensor:
        """Return the logits (pixels, classes) of all pixels, given their values (pixels, elements)."""
        parts = []
        spatial = [self._spatial(k, x, graph) for k, graph in enumerate(graphs)] if len(self.internal) else []
        if spatial:
            parts.append(torch.stack(spatial).mean(0))
        if self.spectrum is not None:
            parts.append(self.spectrum(x))
        return torch.stack(parts).mean(0)

    def _spatial(self, scale: int, x: Tensor, graph: HeteroData) -> Tensor:
        superpixel = graph["pixel"].superpixel
        means, internal = self.internal[scale](x, graph["pixel", "inside", "pixel"].edge_index, superpixel)
        parts = [internal] if "internal" in self.branches else []
        if "external" in self.branches:
            edges = graph["superpixel", "touches", "superpixel"].edge_index
            external = self.external[scale](means, edges, graph["superpixel"].counted)
            parts.append(external[superpixel])
        return torch.stack(parts).mean(0)


def hetero_data(graph: dict, labelled: Tensor | None = None) -> HeteroData:
    """Wrap the arrays of one scale (see `geohalo.superpixels.graph.SuperpixelGraph`) for `TwoBranch`.

    Normalisation counts the superpixels of the pixels ``labelled`` (labels,) of int64, or all of them.
    """
    data = HeteroData()
    data["pixel"].superpixel = torch.as_tensor(graph["assignment"]).long()
    counted = torch.zeros(int(data["pixel"].superpixel.max()) + 1, dtype=torch.bool)
    counted[data["pixel"].superpixel if labelled is None else data["pixel"].superpixel[labelled]] = True
    data["superpixel"].counted = counted
    data["pixel", "inside", "pixel"].edge_index = torch.as_tensor(graph["internal_edges"]).long()
    data["superpixel", "touches", "superpixel"].edge_index = torch.as_tensor(graph["external_edges"]).long()
    return data
