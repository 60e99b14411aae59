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
from torch_geometric.nn import GATv2Conv, GCNConv, GraphConv, MeanAggregation, SGConv

from geohalo.network.parts import DIRECTIONS, edge_directions, part_weights, published_weights, running_rate
from geohalo.network.presets import Preset, branches_in


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
        - **inputs:** pixel features (pixels, features), internal edges (2, edges), superpixel of each pixel (pixels,)
        - **outputs:** superpixel means of H (superpixels, channels), logits (pixels, classes)
    """

    def __init__(self, n_elements: int, preset: Preset, n_classes: int):
        super().__init__()
        first, second = preset.internal
        self.conv_1 = SGConv(preset.features(n_elements), first, K=3)
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

    Running averages are plain means over the first steps, so that they do not lag behind in short trainings.

    Shapes:
        - **inputs:** features (superpixels, channels), superpixels counted (superpixels,) of bool
        - **outputs:** features (superpixels, channels)
    """

    def forward(self, x: Tensor, counted: Tensor) -> Tensor:  # type: ignore[override]
        """Normalise; in training, over the superpixels counted."""
        if not self.training:
            return super().forward(x)
        self.momentum = running_rate(int(self.num_batches_tracked) + 1)  # type: ignore[arg-type]
        super().forward(x[counted])  # keeps the running averages
        variance, mean = torch.var_mean(x[counted], 0, correction=0)
        return (x - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias


class ExternalBranch(nn.Module):
    """Graph convolution over superpixels that touch.

    Normalisation, GCNConv, ReLU, normalisation, GraphConv, ReLU, normalisation, head. (The third normalisation is the
    one that the published parameter count of 581,878 implies.) With ``preset.attention`` the first convolution weighs
    the neighbours by learned attention (GATv2Conv, Brody et al. 2022, How Attentive are Graph Attention Networks?)
    that sees the direction and the distance of each.

    Shapes:
        - **inputs:** superpixel features (superpixels, channels), external edges (2, edges), superpixels that the
          normalisation counts (superpixels,) of bool, directions of the edges (edges, `DIRECTIONS`)
        - **outputs:** logits (superpixels, classes)
    """

    def __init__(self, preset: Preset, n_classes: int):
        super().__init__()
        incoming, (first, second) = preset.internal[0], preset.external
        self.norm_0 = SuperpixelNorm(incoming, preset.epsilon)
        self.conv_1 = (
            GATv2Conv(incoming, first, edge_dim=DIRECTIONS, fill_value=0.0)
            if preset.attention
            else GCNConv(incoming, first)
        )
        self.norm_1 = SuperpixelNorm(first, preset.epsilon)
        self.conv_2 = GraphConv(first, second)
        self.norm_2 = SuperpixelNorm(second, preset.epsilon)
        self.head = head(second, preset, n_classes)

    def forward(self, x: Tensor, edge_index: Tensor, counted: Tensor, directions: Tensor) -> Tensor:
        """Return the superpixel logits."""
        x = self.norm_0(x, counted)
        if isinstance(self.conv_1, GATv2Conv):
            x = self.conv_1(x, edge_index, directions).relu()
        else:
            x = self.conv_1(x, edge_index).relu()
        x = self.conv_2(self.norm_1(x, counted), edge_index).relu()
        return self.head(self.norm_2(x, counted))


class SpectrumBranch(nn.Module):
    """1-D convolutions along the elements of one pixel, put in the order ``order`` (a buffer; as they are at first).

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
        self.order: Tensor
        self.register_buffer("order", torch.arange(n_elements))

    def forward(self, x: Tensor) -> Tensor:
        """Return the pixel logits."""
        x = x[:, self.order].unsqueeze(1)
        for conv in self.convs:
            x = conv(x).relu()
        return self.head(x.flatten(1))


class CovariateBranch(nn.Module):
    """A classifier of the covariates of one pixel.

    Shapes:
        - **inputs:** pixel values (pixels, columns), the covariates last
        - **outputs:** logits (pixels, classes)
    """

    def __init__(self, n_covariates: int, preset: Preset, n_classes: int):
        super().__init__()
        self.n_covariates = n_covariates
        self.head = head(n_covariates, preset, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the pixel logits."""
        return self.head(x[:, -self.n_covariates :])


class LinearTerm(nn.Module):
    """Logits that are linear in the values: 0 for background, ``values @ weight + bias`` for halo.

    It is fitted before training (`geohalo.network.linear_term`), and its buffers do not change in training.

    Shapes:
        - **inputs:** pixel values (pixels, elements)
        - **outputs:** logits (pixels, 2)
    """

    def __init__(self, n_elements: int):
        super().__init__()
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("weight", torch.zeros(n_elements))
        self.register_buffer("bias", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Return the pixel logits."""
        halo = x @ self.weight + self.bias
        return torch.stack([torch.zeros_like(halo), halo], dim=1)


class TwoBranch(nn.Module):
    """Internal and external branch of each scale, spectrum branch, and their fusion.

    Fusion is 0.5 (0.5 external + 0.5 internal) + 0.5 spectrum (published); the spatial half is averaged over the
    scales. A variant keeps the branches that it names and averages what it has. With ``preset.fusion`` "learned" the
    weights are softmax(ln published + ``fusion``), which start from the published ones.

    With covariates, which are the last columns of the values, the graph branches see both, the spectrum branch the
    elements alone, and a branch of their own the covariates. The spatial part, it and the spectrum weigh a third each.

    With ``preset.pathfinders`` all branches see the values times ``gate``: 1 for the columns that are kept, else 0.
    With ``preset.linear`` a linear term is added to the fused logits. Both are for two classes.

    Parameters
    ----------
    n_elements : int
    n_scales : int
        Number of superpixel counts.
    preset : Preset
    variant : str
        One of `VARIANTS`.
    n_classes : int
    n_covariates : int
    """

    def __init__(
        self,
        n_elements: int,
        n_scales: int,
        preset: Preset,
        variant: str,
        n_classes: int = 2,
        n_covariates: int = 0,
    ):
        super().__init__()
        two = n_classes == 2
        branches = branches_in(variant, n_covariates > 0, preset.linear and two)
        n_columns = n_elements + n_covariates
        scales = n_scales if {"internal", "external"} & set(branches) else 0
        # The external branch reads the hidden layer of the internal one, so that variant "external" has both.
        self.internal = nn.ModuleList(InternalBranch(n_columns, preset, n_classes) for _ in range(scales))
        self.external = nn.ModuleList(
            ExternalBranch(preset, n_classes) for _ in range(scales if "external" in branches else 0)
        )
        self.spectrum = SpectrumBranch(n_elements, preset, n_classes) if "spectrum" in branches else None
        own = "covariates" in branches
        self.covariates = CovariateBranch(n_covariates, preset, n_classes) if own else None
        self.linear = LinearTerm(n_columns) if "linear" in branches else None
        self.branches, self.copies = branches, 1 + preset.contrast
        self.gate: Tensor | None
        self.register_buffer("gate", torch.ones(n_columns) if preset.pathfinders and two else None)
        self.prior: Tensor
        self.register_buffer("prior", torch.tensor(published_weights(scales, branches)).log())
        self.fusion = nn.Parameter(torch.zeros_like(self.prior)) if preset.fusion == "learned" else None

    def forward(self, x: Tensor, graphs: Sequence[HeteroData], features: Tensor | None = None) -> Tensor:
        """Return the logits (pixels, classes) of all pixels; arguments as in `parts`."""
        return torch.einsum("b,bpk->pk", self.weights(), self.parts(x, graphs, features))

    def weights(self) -> Tensor:
        """Weight of each part in the fused logits."""
        return part_weights(self.prior, self.fusion)

    def parts(self, x: Tensor, graphs: Sequence[HeteroData], features: Tensor | None = None) -> Tensor:
        """Return the logits (parts, pixels, classes) of `network_parts`.

        Parameters
        ----------
        x : Tensor (pixels, columns)
            Elements, then covariates.
        graphs : sequence of HeteroData
            See `hetero_data`; one for each scale.
        features : Tensor (pixels, features), optional
            What the graph branch sees of the pixels, where it is not ``x`` (`encoding`).
        """
        internal, external = [], []
        seen = x if features is None else features
        if self.gate is not None and len(self.internal):
            # The features of an element lie side by side, those of its contrast behind those of all values.
            bins = seen.shape[1] // (x.shape[1] * self.copies)
            seen = seen * self.gate.repeat(self.copies).repeat_interleave(bins)
        for scale, graph in enumerate(graphs if len(self.internal) else []):
            parts = self._spatial(scale, seen, graph)
            internal.append(parts[0])
            external += parts[1:]
        logits = (internal if "internal" in self.branches else []) + external
        if self.spectrum is not None:
            logits.append(self.spectrum(x if self.gate is None else x * self.gate))
        if self.covariates is not None:
            logits.append(self.covariates(x if self.gate is None else x * self.gate))
        if self.linear is not None:
            logits.append(self.linear(x))
        return torch.stack(logits)

    def _spatial(self, scale: int, x: Tensor, graph: HeteroData) -> list[Tensor]:
        superpixel = graph["pixel"].superpixel
        means, internal = self.internal[scale](x, graph["pixel", "inside", "pixel"].edge_index, superpixel)
        if "external" not in self.branches:
            return [internal]
        touches = graph["superpixel", "touches", "superpixel"]
        external = self.external[scale](
            means, touches.edge_index, graph["superpixel"].counted, touches.edge_attr
        )
        return [internal, external[superpixel]]


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
    touches = data["superpixel", "touches", "superpixel"]
    touches.edge_index = torch.as_tensor(graph["external_edges"]).long()
    touches.edge_attr = edge_directions(torch.as_tensor(graph["external_attributes"]))
    return data
